"""Operating points: what happens when the model says yes from a threshold on, and which threshold costs least.

The counts at a few hundred thresholds stand for the rows, so that a page can move the threshold without them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluations.core.intervals import Array, Interval, clopper_pearson
from evaluations.core.payoff import Payoff

POINTS = 200
DRAWS = 999


@dataclass(frozen=True)
class Thresholds:
    """Counts when yes is said from each threshold on: from 0, "always yes", to 1, "always no" unless some p is 1.

    Parameters
    ----------
    t : ndarray of shape (n_points,)
        Thresholds, rising.
    tp, fp : ndarray of shape (n_points,)
        True yes and false alarms at or above each.
    positives, negatives : float
        All rows of each kind.
    """

    t: Array
    tp: Array
    fp: Array
    positives: float
    negatives: float

    @property
    def n(self) -> float:
        return self.positives + self.negatives

    @property
    def found(self) -> Array:
        """Recall at each threshold."""
        return self.tp / max(self.positives, 1)

    @property
    def alarms(self) -> Array:
        """False alarm rate at each threshold."""
        return self.fp / max(self.negatives, 1)

    def at(self, threshold: float) -> int:
        """The point that stands for a threshold: the first one not below it, since rows with p >= threshold get a yes."""
        return min(int(np.searchsorted(self.t, threshold)), len(self.t) - 1)


def thresholds(y: Array, p: Array, limit: int = POINTS) -> Thresholds:
    """Counts at every value of p, or at about `limit` of them, evenly spread over the rows of either class.

    Parameters
    ----------
    y : ndarray of shape (n,)
        1 for yes.
    p : ndarray of shape (n,)
        Probability of yes.
    """
    order = np.argsort(-p, kind="stable")
    ranked = p[order]
    tp, fp = np.cumsum(y[order] == 1), np.cumsum(y[order] != 1)
    ends = np.concatenate([np.flatnonzero(np.diff(ranked)), [len(ranked) - 1]])  # the last row of each value
    if len(ends) > limit - 4:
        spread = tp[ends] / max(tp[-1], 1) + fp[ends] / max(fp[-1], 1)
        wanted = np.searchsorted(spread, np.linspace(0, spread[-1], limit - 4))
        half = max(0, int(np.sum(ranked[ends] >= 0.5)) - 1)  # the last value that is at least 0.5
        ends = ends[np.unique(np.concatenate([np.minimum(wanted, len(ends) - 1), [half]]))]
    ends = ends[::-1]
    t, hits, alarms = ranked[ends], tp[ends].astype(np.float64), fp[ends].astype(np.float64)
    if t[0] > 0:
        t, hits, alarms = np.insert(t, 0, 0.0), np.insert(hits, 0, hits[0]), np.insert(alarms, 0, alarms[0])
    if t[-1] < 1:
        t, hits, alarms = np.append(t, 1.0), np.append(hits, 0.0), np.append(alarms, 0.0)
    return Thresholds(t, hits, alarms, float(tp[-1]), float(fp[-1]))


@dataclass(frozen=True)
class Cheapest:
    """The threshold of highest value, with the range in which it fell over the draws."""

    threshold: float
    low: float
    high: float
    value: float  # a decision, running cost taken off


def cheapest(
    points: Thresholds, payoff: Payoff, *, units: float | None = None, draws: int = DRAWS, seed: int = 0
) -> Cheapest:
    """The threshold of highest value and its 95% bootstrap interval (STATISTICS 6).

    Parameters
    ----------
    units : float, optional
        How many independent units the rows are; as many are drawn. All rows where left out.
    draws, seed : int
        Of the bootstrap. Rows between two thresholds are alike to it, so that it draws counts, not rows.
    """
    values = _values(points.tp, points.fp, points.positives, points.negatives, payoff)
    best = int(np.argmax(values))
    rng = np.random.default_rng(seed)
    tp, fp = np.append(points.tp, 0.0), np.append(points.fp, 0.0)
    cells = np.concatenate([tp[:-1] - tp[1:], fp[:-1] - fp[1:]])
    drawn = rng.multinomial(int(units or points.n), cells / cells.sum(), size=draws).astype(np.float64)
    hits, alarms = np.split(drawn, 2, axis=1)
    hits, alarms = (np.cumsum(part[:, ::-1], axis=1)[:, ::-1] for part in (hits, alarms))
    where = np.argmax(_gains(hits, alarms, payoff, points.positives / max(points.n, 1)), axis=1)
    low, high = np.quantile(points.t[where], [0.025, 0.975], method="nearest")
    return Cheapest(float(points.t[best]), float(low), float(high), float(values[best]))


def _values(tp: Array, fp: Array, positives: float, negatives: float, payoff: Payoff) -> Array:
    found, alarms = tp / max(positives, 1), fp / max(negatives, 1)
    return np.array([payoff.value(a, b) for a, b in zip(found, alarms, strict=True)])


def _gains(tp: Array, fp: Array, payoff: Payoff, share: float) -> Array:
    """What each threshold gains over "always no", up to a factor; rows stand for the prevalence that was named."""
    weight_yes = payoff.prevalence / share if share > 0 else 0.0
    weight_no = (1 - payoff.prevalence) / (1 - share) if share < 1 else 0.0
    yes, no = payoff.gain_hit + payoff.cost_miss, payoff.gain_rest + payoff.cost_alarm
    return weight_yes * yes * tp - weight_no * no * fp


@dataclass(frozen=True)
class Abstain:
    """Risk among the most confident answers: `risk[i]` is the share of errors among the first i + 1."""

    risk: Array
    errors: Array
    aurc: float


def abstain(confidence: Array, wrong: NDArray[np.bool_]) -> Abstain:
    """Selective risk by coverage and its mean over rows, AURC (Geifman & El-Yaniv 2017)."""
    order = np.argsort(-confidence, kind="stable")
    errors = np.cumsum(wrong[order]).astype(np.float64)
    risk = errors / np.arange(1, len(errors) + 1)
    return Abstain(risk, errors, float(risk.mean()))


def upper_risks(errors: Sequence[float], rows: Sequence[float]) -> list[float]:
    """Upper Clopper-Pearson ends (two-sided 95%) of the risk at each coverage."""
    return [clopper_pearson(k, n)[1] for k, n in zip(errors, rows, strict=True)]


def guaranteed_coverage(errors: Sequence[float], rows: Sequence[float], tolerated: float) -> int:
    """How many of the coverages, taken in order, hold the tolerated risk; the first failure ends it, so nothing is corrected.

    Parameters
    ----------
    errors, rows : sequence of float
        At rising coverages, 10%, 20%, ... of the rows, the most confident first.
    """
    kept = 0
    for upper in upper_risks(errors, rows):
        if upper > tolerated:
            break
        kept += 1
    return kept


def chow_confidence(cost_review: float, cost_error: float) -> float:
    """Act from this confidence on, and hand the rest to a person (Chow 1970)."""
    return 1 - cost_review / cost_error if cost_error > 0 else 0.0


def average_precision_interval(points: Thresholds, *, units: float | None = None, seed: int = 0) -> Interval:
    """95% bootstrap interval of the area under precision and recall, relative to the area of these points."""
    tp, fp = np.append(points.tp, 0.0), np.append(points.fp, 0.0)
    cells = np.concatenate([tp[:-1] - tp[1:], fp[:-1] - fp[1:]])
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(int(units or points.n), cells / cells.sum(), size=DRAWS).astype(np.float64)
    hits, alarms = np.split(drawn, 2, axis=1)
    areas = _areas(hits, alarms) - _areas(*np.split(cells[None, :], 2, axis=1))
    low, high = np.quantile(areas, [0.025, 0.975])
    return float(low), float(high)


def _areas(hits: Array, alarms: Array) -> Array:
    """Average precision of counts between thresholds, rising, one row a draw."""
    tp = np.cumsum(hits[:, ::-1], axis=1)
    said = tp + np.cumsum(alarms[:, ::-1], axis=1)
    precision = np.divide(tp, said, out=np.ones_like(tp), where=said > 0)
    total = np.maximum(tp[:, -1:], 1)
    area: Array = (precision * hits[:, ::-1] / total).sum(axis=1)
    return area
