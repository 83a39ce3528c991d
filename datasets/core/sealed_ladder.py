"""What a look at the sealed checkpoint set may say, what it costs, and how far it can be trusted (the sealed ladder)."""

from dataclasses import dataclass
from typing import Literal

Form = Literal["kl", "hoeffding", "f1", "approximate"]


@dataclass(frozen=True)
class SealedScore:
    """What the scorer hands to the ladder: computed inside the vault, never shown.

    Parameters
    ----------
    value : float
        Score of the new model in [0, 1], higher is better (the per-row form of its metric).
    difference : float
        ``value`` minus the score of the team's best so far on the same rows (minus the floor at its first look).
    standard_error : float
        Paired standard error of ``difference``.
    n : float
        Independent units in the bound: the metric's own number of rows, classes' effective rows or groups.
    form : {"kl", "hoeffding", "f1", "approximate"}
        Which interval the metric has; "approximate" means no finite-sample one.
    """

    value: float
    difference: float
    standard_error: float
    n: float
    form: Form
