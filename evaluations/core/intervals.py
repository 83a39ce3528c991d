"""Intervals of a score: closed forms where they keep their promise, resampling where there is none (STATISTICS 1.5).

Array arguments are numpy arrays; every function returns (low, high) unless it says otherwise.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import special  # scipy.stats would cost the web process half a second and 50 MB

Array = NDArray[np.float64]
Interval = tuple[float, float]
WeightedScore = Callable[[Array], float]

DRAWS = 1999
EXACT_ROWS = 10_000  # up to here the percentile bootstrap with all draws; above, the normal form with fewer
WORK = 20_000_000  # rows times draws that one bootstrap may touch
FEWEST_DRAWS = 199
AT_ONCE = 2**15  # units drawn, which stay near the processor


def normal_quantile(alpha: float) -> float:
    """The two-sided normal quantile: 1.959964 at alpha = 0.05."""
    return float(special.ndtri(1 - alpha / 2))


def wilson(k: float, n: float, alpha: float = 0.05) -> Interval:
    """Score interval of a share of k among n; (0, 1) without rows (Wilson 1927)."""
    if n <= 0:
        return 0.0, 1.0
    z, p = normal_quantile(alpha), k / n
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * float(np.sqrt(p * (1 - p) / n + z * z / (4 * n * n)))
    return (0.0 if k == 0 else max(0.0, centre - half)), (1.0 if k == n else min(1.0, centre + half))


def clopper_pearson(k: float, n: float, alpha: float = 0.05) -> Interval:
    """Exact interval of a share of k among n, never short of its level (Clopper & Pearson 1934)."""
    if n <= 0:
        return 0.0, 1.0
    low = 0.0 if k <= 0 else float(special.betaincinv(k, n - k + 1, alpha / 2))
    high = 1.0 if k >= n else float(special.betaincinv(k + 1, n - k, 1 - alpha / 2))
    return low, high


def hoeffding(p: float, n: float, alpha: float = 0.05) -> Interval:
    """Interval of a mean of n independent values in [0, 1], whatever their distribution (Hoeffding 1963)."""
    half = float(np.sqrt(np.log(2 / alpha) / (2 * n))) if n > 0 else 1.0
    return max(0.0, p - half), min(1.0, p + half)


def delong(y: Array, scores: Sequence[Array]) -> tuple[Array, Array]:
    """Areas under the ROC curve and their covariance, by placement values with mid-ranks (Sun & Xu 2014).

    Parameters
    ----------
    y : ndarray of shape (n,)
        1 or True for positives.
    scores : sequence of ndarrays of shape (n,)
        One per model.

    Returns
    -------
    areas : ndarray of shape (n_models,)
    covariance : ndarray of shape (n_models, n_models)
    """
    positive = np.asarray(y).astype(bool)
    m, n = int(positive.sum()), int((~positive).sum())
    if m == 0 or n == 0:  # nothing to order: no better than chance
        return np.full(len(scores), 0.5), np.zeros((len(scores), len(scores)))
    above, below = [], []
    for score in scores:
        p, q = np.asarray(score)[positive], np.asarray(score)[~positive]
        ranks = _midranks(np.concatenate([p, q]))
        above.append((ranks[:m] - _midranks(p)) / n)
        below.append(1 - (ranks[m:] - _midranks(q)) / m)
    areas = np.array([v.mean() for v in above])
    covariance = np.zeros((len(areas), len(areas)))
    for values, rows in ((above, m), (below, n)):
        if rows > 1:
            covariance += np.atleast_2d(np.cov(np.array(values))) / rows
    return areas, covariance


def _midranks(values: Array) -> Array:
    """Ranks from 1; equal values share their mean."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(counts) - (counts - 1) / 2)[place], dtype=np.float64)


def auc(y: Array, score: Array, alpha: float = 0.05) -> Interval:
    """DeLong's interval on the logit scale; Hoeffding's under 10 rows of a class and at 0 or 1."""
    positives = int(np.sum(y))
    fewer = min(positives, len(y) - positives)
    if fewer == 0:
        return 0.0, 1.0
    areas, covariance = delong(y, [score])
    area, se = float(areas[0]), float(np.sqrt(covariance[0, 0]))
    if fewer < 10 or area in (0.0, 1.0) or se == 0:
        return hoeffding(area, fewer, alpha)
    return delong_logit(area, se, alpha)


def delong_logit(area: float, se: float, alpha: float = 0.05) -> Interval:
    """An area and its DeLong standard error, taken to the logit scale and back."""
    centre, half = special.logit(area), normal_quantile(alpha) * se / (area * (1 - area))
    return float(special.expit(centre - half)), float(special.expit(centre + half))


def f1_from_counts(tp: float, fp: float, fn: float, alpha: float = 0.05) -> Interval:
    """Wilson's interval on J = tp / (tp + fp + fn), then F1 = 2J / (1 + J)."""
    low, high = wilson(tp, tp + fp + fn, alpha)
    return 2 * low / (1 + low), 2 * high / (1 + high)


def log_t(errors: Array, alpha: float = 0.05) -> Interval:
    """t-interval of a mean of non-negative errors on the log scale."""
    n, mean = len(errors), float(np.mean(errors))
    if n < 2 or mean == 0:
        return mean, (mean if n > 1 else float("inf"))
    h = float(special.stdtrit(n - 1, 1 - alpha / 2) * np.std(errors, ddof=1) / np.sqrt(n) / mean)
    return mean * float(np.exp(-h)), mean * float(np.exp(h))


def resample(
    scorers: Sequence[WeightedScore],
    n: int,
    *,
    strata: Array | None = None,
    groups: Array | None = None,
    draws: int = DRAWS,
    seed: int = 0,
) -> Array:
    """Bootstrap draws of scores that can be computed from row weights.

    Parameters
    ----------
    scorers : sequence of callables
        Each takes the row weights, shape (n,), and gives a score; all see the same draw, so differences are paired.
    n : int
        Number of rows.
    strata : ndarray of shape (n,), optional
        Classes; each keeps its number of rows in every draw. Ignored with groups.
    groups : ndarray of shape (n,), optional
        Whole groups are drawn, since rows of one group aren't independent.
    draws : int, default=1999
        At most this many; fewer (never under 199) when draws * n would pass 20 million.

    Returns
    -------
    ndarray of shape (n_draws, n_scorers)
    """
    rng = np.random.default_rng(seed)
    draws = int(min(draws, max(FEWEST_DRAWS, WORK // max(n, 1))))
    if groups is not None:
        member = np.unique(groups, return_inverse=True)[1]
        units = [np.arange(int(member.max()) + 1)]
    else:
        member = None
        units = [np.arange(n)] if strata is None else [np.flatnonzero(strata == s) for s in np.unique(strata)]
    out = np.empty((draws, len(scorers)))
    for i, counts in enumerate(_counts(rng, units, draws)):
        weights = (counts if member is None else counts[member]).astype(np.float64)
        out[i] = [scorer(weights) for scorer in scorers]
    return out


def _counts(rng: np.random.Generator, units: Sequence[NDArray[np.int64]], draws: int) -> Iterator[NDArray[np.int64]]:
    """How often each unit is drawn, draw by draw; of units all alike, many draws at once."""
    size = sum(len(u) for u in units)
    if len(units) > 1:
        for _ in range(draws):
            drawn = np.concatenate([u[rng.integers(0, len(u), len(u))] for u in units])
            yield np.bincount(drawn, minlength=size)
        return
    step = max(1, AT_ONCE // size)
    for start in range(0, draws, step):
        rows = min(step, draws - start)
        drawn = rng.integers(0, size, (rows, size)) + size * np.arange(rows)[:, None]
        yield from np.bincount(drawn.ravel(), minlength=rows * size).reshape(rows, size)


def bootstrap(
    scorer: WeightedScore,
    n: int,
    *,
    alpha: float = 0.05,
    strata: Array | None = None,
    groups: Array | None = None,
    seed: int = 0,
) -> Interval:
    """Stratified percentile bootstrap of 1999 draws up to 10,000 rows; above, score +/- z times their spread."""
    values = resample([scorer], n, strata=strata, groups=groups, seed=seed)[:, 0]
    return of_draws(values, scorer(np.ones(n)), alpha)


def of_draws(values: Array, score: float, alpha: float = 0.05) -> Interval:
    """The percentiles of 1999 draws; of fewer, the score +/- z times their spread.

    With many rows the two agree, and a spread needs far fewer draws than an outer percentile.
    """
    if len(values) == DRAWS:
        low, high = np.quantile(values, [alpha / 2, 1 - alpha / 2])
        return float(low), float(high)
    half = normal_quantile(alpha) * float(values.std(ddof=1))
    return score - half, score + half
