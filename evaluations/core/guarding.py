"""Guard measures and slices on sealed rows: what had to hold beside the measure, scored where the verdict is made."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlstart_web.kit.say import say
from evaluations.core.intervals import Array
from evaluations.core.metrics import METRICS, Metric

FEWEST = 10  # rows that a slice needs
MET, NOT_MET, OPEN = say("met"), say("not met"), say("cannot tell")
DECIDED = ("accuracy", "balanced_accuracy", "macro_f1", "f1", "precision", "recall")  # read what a model answers
TWO_KINDS = ("roc_auc", "average_precision", "recall", "f1", "balanced_accuracy")  # need a true yes and a true no
Ends = Callable[[Metric, Array, Array, Array | None], tuple[float, float, bool]]


@dataclass(frozen=True)
class Model:
    """A declared model on the sealed rows: what it says of them, from where on it says yes, and their slices."""

    guess: Array
    threshold: float
    rows_of: Callable[[str, str], NDArray[np.bool_] | None]  # column and value -> which rows, None where it knows none


def holds(low: float, high: float, level: float, greater_is_better: bool) -> str:
    """Whether a whole interval reaches a level, misses it, or neither."""
    worst, best = (low, high) if greater_is_better else (-high, -low)
    wanted = level if greater_is_better else -level
    return MET if worst >= wanted else NOT_MET if best < wanted else OPEN


def judged(
    metric: str,
    guards: Sequence[Mapping[str, Any]],
    slices: Sequence[Mapping[str, Any]],
    y: Array,
    groups: Array | None,
    models: Mapping[str, Model],
    *,
    task: str,
    ends: Ends,
) -> list[dict[str, Any]]:
    """What was locked beside the measure, guard measures first, each with how every declared model does on these rows.

    Parameters
    ----------
    metric : str
        The locked measure, which slices are read in.
    guards, slices : sequences of mappings
        `{metric, level}` and `{column, value, level}`, as locked.
    y, groups : ndarray of shape (n,)
        Labels, and units of dependent rows or None.
    models : mapping
        "simple" and "deep", as declared.
    ends : callable
        (metric, y, prediction, groups) -> low, high, whether approximate: the interval that decides.

    Returns
    -------
    list of dict
        Never rows: a score, its interval, the number of rows and whether it holds; of a slice only from 10 rows on.
    """
    found = []
    for asked in [*guards, *({"metric": metric, **part} for part in slices)]:
        found.append(
            dict(asked) | {name: _side(asked, model, y, groups, task=task, ends=ends) for name, model in models.items()}
        )
    return found


def _side(
    asked: Mapping[str, Any], model: Model, y: Array, groups: Array | None, *, task: str, ends: Ends
) -> dict[str, Any]:
    metric = METRICS[asked["metric"]]
    if task not in metric.tasks:
        return _unknown(say("this measure does not fit the answers of this data"))
    rows = np.ones(len(y), dtype=bool)
    if "column" in asked:
        known = model.rows_of(asked["column"], asked["value"])
        if known is None:
            return _unknown(say("no such value among the slices of this data"))
        rows = known
        if rows.sum() < FEWEST:
            return _unknown(say("fewer than {least} sealed rows are in it", least=FEWEST))
    y, guess, groups = y[rows], model.guess[rows], None if groups is None else groups[rows]
    if task == "binary" and metric.name in TWO_KINDS and len(np.unique(y)) < 2:
        return _unknown(say("all of these rows have the same answer"))
    if task == "binary" and metric.name in DECIDED:
        yes = (guess[:, 1] >= model.threshold).astype(np.float64)
        if metric.name == "precision" and not yes.any():
            return _unknown(say("the model never says yes here"))
        guess = np.column_stack([1 - yes, yes])
    score = metric.score(y, guess)
    low, high, approximate = ends(metric, y, guess, groups)
    if not (isfinite(score) and isfinite(low) and isfinite(high)):
        return _unknown(say("no range can be drawn from these rows"))
    said = {"score": score, "low": low, "high": high, "n": len(y), "threshold": model.threshold}
    state = OPEN if approximate else holds(low, high, asked["level"], metric.greater_is_better)
    return said | {
        "state": state,
        "why": say("its range is only approximate after looks at these rows") if approximate else "",
    }


def _unknown(why: str) -> dict[str, Any]:
    return {"score": None, "state": OPEN, "why": why}


def failed(found: Sequence[Mapping[str, Any]]) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Each guard with the model that does not meet it."""
    for guard in found:
        for name in ("simple", "deep"):
            if guard.get(name) and guard[name]["state"] == NOT_MET:
                yield guard, name
