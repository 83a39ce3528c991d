"""Would more data help? Power laws through a measured curve of error by train rows, and what they say of more rows.

The error is 1 minus the score in unit form, always on the same validation rows; no test row takes part. Forms and bars:
STATISTICS 4; the laws after Hestness et al. 2017, Figueroa et al. 2012 and Viering & Loog 2022.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dlstart_web.kit.say import say
from evaluations.core.intervals import wilson

Array = NDArray[np.float64]

SIZES, REPEATS, SLOW_REPEATS = 9, 6, 3
DRAWS = 300
SHARES = {"pow3": 0.5, "pow2": 0.25, "pow4": 0.25}  # a n^-b + c; the same with c = 0; a (n + d)^-b + c
EXPONENTS = np.geomspace(0.05, 2.0, 36)
QUANTILES = {0.8: 1.2816, 0.9: 1.6449}
REACH, SURE_REACH = 8.0, 4.0  # times the data: as far as a forecast goes, and as far as it has an interval
GRID = 61
TRAIN_SHARE = 0.6  # of the labelled rows; only train rows help


@dataclass(frozen=True)
class Measured:
    """A measured curve.

    Attributes
    ----------
    sizes : ndarray of shape (n_sizes,)
        Train rows, rising.
    errors : ndarray of shape (n_sizes, n_repeats)
        Error in [0, 1], lower is better.
    n_validation : int
        Validation rows behind every error.
    """

    sizes: Array
    errors: Array
    n_validation: int

    @property
    def mean(self) -> Array:
        return np.asarray(self.errors.mean(axis=1))

    @property
    def standard_error(self) -> Array:
        return np.asarray(self.errors.std(axis=1, ddof=1) / np.sqrt(self.errors.shape[1]))


@dataclass(frozen=True)
class Band:
    """The forecast error at some sizes, with its interval."""

    median: Array
    low: Array
    high: Array


@dataclass(frozen=True)
class RowsNeeded:
    """Train rows until the error is low enough; None where not within 8 times the data."""

    optimistic: float | None
    likely: float | None
    pessimistic: float | None


def curve_sizes(n_train: int, n_classes: int) -> list[int]:
    """Nine sizes, geometric, from max(30, 8 per class) to all of train; fewer where train is small."""
    first = min(n_train, max(30, 8 * n_classes))
    return sorted({round(float(size)) for size in np.geomspace(first, n_train, SIZES)})


def stratified_rows(y: Array, size: int, *, is_number: bool, random_state: int) -> NDArray[np.intp]:
    """Some rows, in random order, with the class shares of all (at least one of each class)."""
    rng = np.random.default_rng(random_state)
    order = rng.permutation(len(y))
    if is_number or size >= len(y):
        return order[:size]
    place, of_class = np.empty(len(y)), np.bincount(y.astype(int))
    for code in np.flatnonzero(of_class):
        rows = order[y[order] == code]
        place[rows] = (np.arange(len(rows)) + rng.random() * (np.arange(len(rows)) > 0)) / len(rows)
    return rng.permutation(np.argsort(place, kind="stable")[:size])


def refusals(curve: Measured) -> list[str]:
    """Why no number may be read from this curve; empty when one may."""
    mean, error = curve.mean, curve.standard_error
    found = []
    if len(curve.sizes) < 5 or curve.sizes[-1] < 4 * curve.sizes[0]:
        found.append(
            say(
                "The curve has {count} sizes from {first:,.0f} to {last:,.0f} rows; "
                "a forecast needs 5 sizes and 4 times the range.",
                count=len(curve.sizes),
                first=curve.sizes[0],
                last=curve.sizes[-1],
            )
        )
    wrong = float(mean[-1]) * curve.n_validation
    if wrong < 10:
        found.append(
            say(
                "With all rows the model is wrong on about {wrong:.0f} validation rows; a forecast needs at least 10.",
                wrong=wrong,
            )
        )
    if np.any(np.diff(mean) > 3 * np.hypot(error[1:], error[:-1]) + 0.01):
        found.append(
            say("Somewhere the error goes up with more rows by more than chance does; such a curve has no law.")
        )
    if mean[0] - mean[-1] <= 2 * np.hypot(error[0], error[-1]):
        found.append(say("From the fewest rows to all of them the error did not fall by more than chance."))
    return found


def fit_law(sizes: Array, errors: Array, weights: Array, form: str) -> Array:
    """Fit one law to each row of `errors` by weighted least squares on a grid of exponents.

    Parameters
    ----------
    sizes, weights : ndarray of shape (n_sizes,)
    errors : ndarray of shape (n_draws, n_sizes)
    form : {"pow2", "pow3", "pow4"}

    Returns
    -------
    ndarray of shape (n_draws, 4)
        a, b, c, d of `a ((n + d) / n_max)^-b + c`; n_max is the largest size.
    """
    best, found = np.full(len(errors), np.inf), np.zeros((len(errors), 4))
    top = errors.min(axis=1)
    shifts = [0.0, sizes[0], 3 * sizes[0], 10 * sizes[0]] if form == "pow4" else [0.0]
    total, weighted = weights.sum(), errors @ weights
    for d in shifts:
        for b in EXPONENTS:
            x = ((sizes + d) / sizes[-1]) ** -b
            xx, x1, xy = (weights * x * x).sum(), (weights * x).sum(), errors @ (weights * x)
            if form == "pow2":
                c = np.zeros(len(errors))
            else:
                c = np.clip((xx * weighted - x1 * xy) / (xx * total - x1 * x1), 0, top)
            a = np.maximum((xy - c * x1) / xx, 0)
            rest = errors - a[:, None] * x - c[:, None]
            squares = (rest * rest) @ weights
            better = squares < best
            best[better] = squares[better]
            found[better] = np.column_stack([a, np.full_like(a, b), c, np.full_like(a, d)])[better]
    return found


def law_at(laws: Array, largest: float, at: Array) -> Array:
    """The error of each law at each size, of shape (n_sizes, n_laws)."""
    a, b, c, d = laws.T
    return np.asarray(a * ((at[:, None] + d) / largest) ** -b + c)


def draw_laws(curve: Measured, random_state: int) -> Array:
    """Some 300 laws: repeats resampled at each size, the 0 to 3 smallest sizes dropped, three forms."""
    rng = np.random.default_rng(random_state)
    k, repeats = curve.errors.shape
    weights = 1 / (curve.standard_error**2 + (0.03 * curve.mean) ** 2 + 1e-8)
    drops = range(min(4, max(1, k - 4)))
    laws = []
    for form, share in SHARES.items():
        count = max(4, int(DRAWS * share / len(drops)))
        for drop in drops:
            picked = rng.integers(0, repeats, (count, k - drop, repeats))
            means = np.take_along_axis(curve.errors[None, drop:], picked, axis=2).mean(axis=2)
            laws.append(fit_law(curve.sizes[drop:], means, weights[drop:], form))
    return np.concatenate(laws)


def forecast(
    curve: Measured, at: Array, *, laws: Array | None = None, level: float = 0.8, on_fresh_rows: bool = False,
    random_state: int = 0,
) -> Band:  # fmt: skip
    """The error at the sizes `at`, as the mixture of laws sees it.

    Parameters
    ----------
    curve : Measured
        At least two repeats.
    at : ndarray of shape (n,)
        Train rows.
    laws : ndarray, optional
        What `draw_laws` found, to spare drawing them again.
    level : {0.8, 0.9}
        Of the interval.
    on_fresh_rows : bool, default=False
        True widens the interval by what validation itself leaves open, to speak of rows nobody scored.
    """
    laws = draw_laws(curve, random_state) if laws is None else laws
    errors = law_at(laws, float(curve.sizes[-1]), np.asarray(at, dtype=np.float64))
    z, n = QUANTILES[level], curve.n_validation
    half = 0.5 / n
    median, low, high = np.quantile(errors, [0.5, (1 - level) / 2, (1 + level) / 2], axis=1)
    spread = np.log((high + half) / (low + half)) / (2 * z)
    noise = z * (0.25 * np.sqrt(np.clip(median * (1 - median), 0, None) / n) + curve.standard_error[-1])
    below = median - ((median + half) * np.exp(-z * spread) - half - noise)
    above = (median + half) * np.exp(z * spread) - half + noise - median
    if on_fresh_rows:
        ends = [wilson(min(1.0, float(each)) * n, n, 1 - level) for each in median]
        width = np.array([(b - a) / 2 for a, b in ends])
        below, above = np.hypot(below, width), np.hypot(above, width)
    return Band(median, np.maximum(0.0, median - below), np.minimum(1.0, median + above))


def rows_needed(curve: Measured, error: float, *, laws: Array | None = None, random_state: int = 0) -> RowsNeeded:
    """Train rows for an error of at most `error`: where the lower, the middle and the upper band get there."""
    grid = float(curve.sizes[-1]) * np.geomspace(1, REACH, GRID)
    band = forecast(curve, grid, laws=laws, random_state=random_state)

    def first(values: Array) -> float | None:
        return float(grid[np.argmax(values <= error)]) if np.any(values <= error) else None

    return RowsNeeded(first(band.low), first(band.median), first(band.high))


def label_cost(needed: float | None, have: float, per_row: float) -> float | None:
    """What labelling the missing rows costs: only train rows help, and the split takes the others."""
    return None if needed is None else max(0.0, needed - have) * per_row / TRAIN_SHARE
