"""How well a reviewer's scores foresaw what became of the ideas: shares with their ranges, nothing of a few."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evaluations.core.intervals import Interval, auc, wilson

LEAST = 5  # outcomes, before anything is said of them
BANDS = ((4, 5), (3, 3), (1, 2))


@dataclass(frozen=True)
class Band:
    """Ideas that were scored from `low` to `high`, and how many of them worked out; None while there are fewer than five."""

    low: int
    high: int
    n: int
    worked: int | None = None
    interval: Interval | None = None

    @property
    def share(self) -> float | None:
        return None if self.worked is None else self.worked / self.n


@dataclass(frozen=True)
class Foresight:
    """Scores of one criterion beside outcomes. `order`: how often an idea that worked out had the higher score of two."""

    n: int
    bands: tuple[Band, ...]
    order: float | None = None
    interval: Interval | None = None


def foresight(pairs: Sequence[tuple[int, bool]]) -> Foresight:
    """From (score given at first, whether it worked out) of each idea.

    Notes
    -----
    Shares by Wilson (1927). Order by the area under the ROC curve, equal scores counting half, with the interval of
    `intervals.auc`; only where five worked out and five did not.
    """
    bands = []
    for low, high in BANDS:
        worked = [did for score, did in pairs if low <= score <= high]
        n, k = len(worked), sum(worked)
        bands.append(Band(low, high, n, k, wilson(k, n)) if n >= LEAST else Band(low, high, n))
    y = np.array([did for _, did in pairs], dtype=np.float64)
    if min(y.sum(), len(y) - y.sum()) < LEAST:
        return Foresight(len(pairs), tuple(bands))
    scores = np.array([score for score, _ in pairs], dtype=np.float64)
    above = scores[y == 1][:, None] - scores[y == 0][None, :]
    order = float(np.mean((above > 0) + 0.5 * (above == 0)))
    return Foresight(len(pairs), tuple(bands), order, auc(y, scores))
