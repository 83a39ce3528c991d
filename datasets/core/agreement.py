"""How far two annotators agree, and the ceiling that puts on any score."""

from dataclasses import dataclass
from math import sqrt

import numpy as np

from dlstart_web.kit.say import say

Z = 1.959964
LIMITS = (
    (0.8, say("very good")),
    (0.6, say("good, not certain")),
    (0.4, say("moderate")),
    (0.2, say("weak")),
    (-1.0, say("hardly above chance")),
)


@dataclass(frozen=True)
class Agreement:
    """Agreement of two annotators.

    Parameters
    ----------
    rows : int
        Labelled by both.
    equal : float
        Share of these rows with the same label.
    kappa, low, high : float
        Cohen's kappa and its 95 % interval.
    ceiling : float
        The accuracy, against one annotator's labels, of a model that always knows the truth: see `ceiling_of`.
    """

    rows: int
    equal: float
    kappa: float
    low: float
    high: float
    ceiling: float

    @property
    def words(self) -> str:
        """The agreement in a word or two."""
        return next(word for least, word in LIMITS if self.kappa >= least)


def agreement(first: np.ndarray, second: np.ndarray) -> Agreement:
    """Cohen's kappa of two annotators.

    Parameters
    ----------
    first, second : ndarray of shape (n_rows,)
        The label each gave; rows labelled by one of them only are to be left out before.

    Returns
    -------
    Agreement

    Notes
    -----
    Cohen (1960), Educational and Psychological Measurement 20:37. Interval: kappa +/- 1.96 large-sample standard errors,
    Fleiss, Cohen and Everitt (1969), Psychological Bulletin 72:323, equation 14; cut to [-1, 1].
    """
    labels, codes = np.unique(np.concatenate([first, second]), return_inverse=True)
    size, rows = len(labels), len(first)
    table = np.bincount(codes[:rows] * size + codes[rows:], minlength=size * size).reshape(size, size) / rows
    one, other = table.sum(1), table.sum(0)
    equal, chance = float(np.trace(table)), float(one @ other)
    if chance >= 1:  # both gave one label throughout
        return Agreement(rows, 1.0, 1.0, 1.0, 1.0, 1.0)
    kappa = (equal - chance) / (1 - chance)
    diagonal = np.diag(table)
    a = float((diagonal * (1 - (one + other) * (1 - kappa)) ** 2).sum())
    b = (1 - kappa) ** 2 * float(((table - np.diag(diagonal)) * (other[:, None] + one[None, :]) ** 2).sum())
    c = (kappa - chance * (1 - kappa)) ** 2
    error = sqrt(max(0.0, a + b - c) / rows) / (1 - chance)
    low, high = max(-1.0, kappa - Z * error), min(1.0, kappa + Z * error)
    return Agreement(rows, equal, kappa, low, high, ceiling_of(equal, size))


def ceiling_of(equal: float, classes: int) -> float:
    """The accuracy of the truth itself against one annotator's labels.

    Two annotators who are each right with probability q, err independently and spread their errors evenly over the
    other k - 1 classes agree in q^2 + (1 - q)^2 / (k - 1) of the rows; this is the q that fits, 1 / k where none does.

    Parameters
    ----------
    equal : float
        Share of rows with the same label.
    classes : int
        k, at least 2.
    """
    k = max(2, classes)
    inside = (equal * k - 1) * (k - 1)
    return 1 / k if inside <= 0 else min(1.0, (1 + sqrt(inside)) / k)
