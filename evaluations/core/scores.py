"""Single scores as functions: of row weights (for resampling), of rows in [0, 1] (for finite-sample bounds), of counts.

Shapes as in `evaluations.core.metrics`.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluations.core.errors import EvaluationProblem
from evaluations.core.intervals import Array, WeightedScore

Mask = NDArray[np.bool_]

LOG_CLIP = 0.01
LOG_RANGE = float(-np.log(LOG_CLIP))  # 4.6052


@dataclass(frozen=True)
class Rows:
    """A score as a weighted mean of per-row values in [0, 1]; rows of weight 0 take no part."""

    values: Array
    weights: Array


def need(scale: float | None) -> float:
    if scale is None:
        raise EvaluationProblem("This error measure needs the scale that was frozen with the criterion.")
    return scale


def dot(a: Array, b: Array) -> float:
    """Without BLAS, whose threads cost far more than they bring when many short products follow one another."""
    return float((a * b).sum())


def mean(row: Rows) -> float:
    return dot(row.values, row.weights)


def by_unit(values: Array, groups: Array | None) -> Array:
    if groups is None:
        return values
    return np.bincount(np.unique(groups, return_inverse=True)[1], values).astype(np.float64)


def units(row: Rows, groups: Array | None) -> float:
    """n of the bound: the number of rows if all weigh the same, else 1 / sum of squared unit weights."""
    weights = by_unit(row.weights, groups)
    total = dot(weights, weights)
    return round(1 / total, 6) if total > 0 else 0.0


def standard_error(row: Rows, classes: Array | None, groups: Array | None) -> float:
    """Of a weighted mean of independent units; around the class means where each class has a fixed weight."""
    centre: Array = np.full(len(row.values), mean(row))
    if classes is not None:
        codes = classes.astype(int)
        total = np.bincount(codes, row.weights)
        centre = (np.bincount(codes, row.weights * row.values) / np.where(total > 0, total, 1))[codes]
    parts = by_unit(row.weights * (row.values - centre), groups)
    taking_part = int(np.sum(by_unit(row.weights, groups) > 0))
    if taking_part < 2:
        return 0.0
    return float(np.sqrt(dot(parts, parts) * taking_part / (taking_part - 1)))


def labels(prediction: Array) -> NDArray[np.intp]:
    return np.asarray(prediction.argmax(axis=1), dtype=np.intp)


def among_first(y: Array, prediction: Array, k: int) -> Mask:
    """Whether a row's own class is among its k likeliest; of equal chances the class that comes first counts as likelier."""
    first = np.argsort(-prediction, axis=1, kind="stable")[:, :k]
    return np.asarray((first == y.astype(int)[:, None]).any(axis=1))


def normalised(y: Array, prediction: Array, low: float, high: float = 1.0) -> Array:
    """The probability each row's own class was given, clipped."""
    own = prediction[np.arange(len(y)), y.astype(int)] / prediction.sum(axis=1)
    return np.asarray(np.clip(own, low, high), dtype=np.float64)


def share(mask: Mask) -> Array:
    total = int(mask.sum())
    return mask / total if total else np.zeros(len(mask))


def hit_rows(select: Callable[[Array, Array], Mask]) -> Callable[[Array, Array, float | None], Rows]:
    def rows(y: Array, prediction: Array, scale: float | None) -> Rows:
        return Rows((labels(prediction) == y).astype(np.float64), share(select(y, prediction)))

    return rows


def hit_counts(select: Callable[[Array, Array], Mask]) -> Callable[[Array, Array], tuple[float, float]]:
    def counts(y: Array, prediction: Array) -> tuple[float, float]:
        chosen = select(y, prediction)
        return float(np.sum((labels(prediction) == y) & chosen)), float(np.sum(chosen))

    return counts


def top5(y: Array, prediction: Array) -> Array:
    return np.asarray(among_first(y, prediction, 5), dtype=np.float64)


def top5_rows(y: Array, prediction: Array, scale: float | None) -> Rows:
    return Rows(top5(y, prediction), np.full(len(y), 1 / len(y)))


def top5_counts(y: Array, prediction: Array) -> tuple[float, float]:
    return float(top5(y, prediction).sum()), float(len(y))


def everyone(y: Array, prediction: Array) -> Mask:
    return np.ones(len(y), dtype=bool)


def positives(y: Array, prediction: Array) -> Mask:
    return np.asarray(y == 1)


def called_positive(y: Array, prediction: Array) -> Mask:
    return np.asarray(labels(prediction) == 1)


def balanced_rows(y: Array, prediction: Array, scale: float | None) -> Rows:
    codes = y.astype(int)
    sizes = np.bincount(codes)
    return Rows((labels(prediction) == y).astype(np.float64), 1 / (sizes[codes] * np.sum(sizes > 0)))


def brier(y: Array, prediction: Array) -> Array:
    """Half the squared distance to the right answer: 0 to 1, and the usual Brier score for two classes."""
    probabilities = prediction / prediction.sum(axis=1, keepdims=True)
    own = probabilities[np.arange(len(y)), y.astype(int)]
    return np.asarray(((probabilities**2).sum(axis=1) - 2 * own + 1) / 2, dtype=np.float64)


def brier_rows(y: Array, prediction: Array, scale: float | None) -> Rows:
    return Rows(1 - brier(y, prediction), np.full(len(y), 1 / len(y)))


def log_rows(y: Array, prediction: Array, scale: float | None) -> Rows:
    losses = -np.log(normalised(y, prediction, LOG_CLIP, 1 - LOG_CLIP))
    return Rows(1 - losses / LOG_RANGE, np.full(len(y), 1 / len(y)))


def squared_rows(y: Array, prediction: Array, scale: float | None) -> Rows:
    return Rows(1 - np.minimum((y - prediction) ** 2, need(scale)) / need(scale), np.full(len(y), 1 / len(y)))


def absolute_rows(y: Array, prediction: Array, scale: float | None) -> Rows:
    limit = float(np.sqrt(need(scale)))
    return Rows(1 - np.minimum(np.abs(y - prediction), limit) / limit, np.full(len(y), 1 / len(y)))


def binary_counts(y: Array, prediction: Array) -> tuple[float, float, float]:
    called, positive = labels(prediction) == 1, y == 1
    return float(np.sum(called & positive)), float(np.sum(called & ~positive)), float(np.sum(~called & positive))


def row_mean(
    values: Callable[[Array, Array], Array], finish: Callable[[float], float] = float
) -> Callable[[Array, Array], WeightedScore]:
    def weighted(y: Array, prediction: Array) -> WeightedScore:
        rows = values(y, prediction)
        return lambda weights: finish(dot(weights, rows) / float(weights.sum()))

    return weighted


def from_confusion(finish: Callable[[Array], float]) -> Callable[[Array, Array], WeightedScore]:
    """Scores that depend only on the table of true classes (rows) against predicted ones (columns)."""

    def weighted(y: Array, prediction: Array) -> WeightedScore:
        k = prediction.shape[1]
        cell = y.astype(int) * k + labels(prediction)
        return lambda weights: finish(np.bincount(cell, weights, k * k).reshape(k, k).astype(np.float64))

    return weighted


def ratio(a: float, b: float) -> float:
    return float(a / b) if b > 0 else 0.0


def balanced(table: Array) -> float:
    total = table.sum(axis=1)
    present = total > 0
    return float(np.mean(np.diag(table)[present] / total[present]))


def macro_f1(table: Array) -> float:
    total = table.sum(axis=0) + table.sum(axis=1)
    present = total > 0
    return float(np.mean(2 * np.diag(table)[present] / total[present]))


def f1(table: Array) -> float:
    return ratio(2 * table[1, 1], table[1].sum() + table[:, 1].sum())


def by_score(y: Array, prediction: Array) -> Callable[[Array], tuple[Array, Array]]:
    """Weights of positives and of negatives at each distinct score, highest first."""
    place = np.unique(-prediction[:, 1], return_inverse=True)[1]
    size, positive = int(place.max()) + 1, y == 1

    def split(weights: Array) -> tuple[Array, Array]:
        of_positives = np.bincount(place, weights * positive, size).astype(np.float64)
        return of_positives, np.bincount(place, weights * ~positive, size).astype(np.float64)

    return split


def auc(y: Array, prediction: Array) -> WeightedScore:
    """Of each positive the negatives below it, equal ones by half; places are found once, for thousands of draws."""
    positives, negatives = np.flatnonzero(y == 1), np.flatnonzero(y != 1)
    negatives = negatives[np.argsort(prediction[negatives, 1])]
    scores, ordered = prediction[positives, 1], prediction[negatives, 1]
    below, reached = np.searchsorted(ordered, scores), np.searchsorted(ordered, scores, side="right")

    def area(weights: Array) -> float:
        positive, passed = weights[positives], np.concatenate([[0.0], np.cumsum(weights[negatives])])
        total = positive.sum() * passed[-1]
        return dot(positive, passed[below] + passed[reached]) / (2 * float(total)) if total > 0 else 0.5

    return area


def average_precision(y: Array, prediction: Array) -> WeightedScore:
    split = by_score(y, prediction)

    def area(weights: Array) -> float:
        positive, negative = split(weights)
        found, called = np.cumsum(positive), np.cumsum(positive + negative)
        return ratio(dot(positive, found / np.where(called > 0, called, 1)), float(positive.sum()))

    return area


def r2(y: Array, prediction: Array) -> WeightedScore:
    errors, centred = (y - prediction) ** 2, y - y.mean()
    squares = centred**2

    def explained(weights: Array) -> float:
        spread = dot(weights, squares) - dot(weights, centred) ** 2 / float(weights.sum())
        return 1 - ratio(dot(weights, errors), spread)

    return explained


def hit(y: Array, prediction: Array) -> Array:
    return np.asarray(labels(prediction) == y, dtype=np.float64)


def log_loss(y: Array, prediction: Array) -> Array:
    return np.asarray(-np.log(normalised(y, prediction, 1e-7)), dtype=np.float64)
