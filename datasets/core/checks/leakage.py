"""One column that gives the label away."""

from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.stats import rankdata, spearmanr

from datasets.core.checks.context import Context
from datasets.core.errors import shown
from datasets.core.findings import Finding
from dlstart_web.kit.say import say

STOP_AUC, STOP_LOWER, Z = 0.95, 0.90, 3.09
STOP_AUC_OF_A_NUMBER_FOR_SEVERAL = 0.995
STOP_SPEARMAN = 0.98
FOLDS, BINS = 5, 256


def gives_label_away(look: Context, features: Sequence[str]) -> Iterator[Finding]:
    """Test each column by itself.

    Two classes: the AUC of a number, in either direction, or of the out-of-fold share of the class for each word.
    Several classes: the mean over the classes, each against the rest, of the out-of-fold shares for each word or each
    narrow range of a number; a number must come closer to certainty, since an honest measure often tells classes
    apart. A number to predict: Spearman's correlation with it.
    """
    y = look.sample_y
    folds = folds_of(len(y))
    for name in features:
        cells = look.sample[name]
        if cells.null_count() == len(cells):
            continue
        if look.task == "regression":
            strength, passes = _for_a_number(cells, y, folds)
            word = "correlation"
        elif look.task == "binary" and (cells.dtype.is_numeric() or cells.dtype.is_temporal()):
            known = cells.is_not_null().to_numpy()
            strength, lower = auc_bound(numbers(cells)[known], y[known] == y.max())
            passes, word = strength >= STOP_AUC and lower > STOP_LOWER, "AUC"
        else:
            strength, lower = _for_classes(_codes(cells), y, folds)
            exact = len(look.classes) > 2 and (cells.dtype.is_numeric() or cells.dtype.is_temporal())
            threshold = STOP_AUC_OF_A_NUMBER_FOR_SEVERAL if exact else STOP_AUC
            passes, word = strength >= threshold and lower > STOP_LOWER, "AUC"
        if passes:
            message = say(
                "Column '{name}' alone predicts the label ({word} {strength}). "
                "Was it known before the label was? If not, leave it out.",
                name=shown(name),
                word=word,
                strength=_below_one(strength),
            )
            yield Finding("D201", "stop", name, message, {word.lower(): round(strength, 4), "rows": len(y)})


def auc_bound(values: np.ndarray, positive: NDArray[np.bool_]) -> tuple[float, float]:
    """AUC in the better direction and its lower bound, 3.09 standard errors below."""
    area = _auc(values, positive)
    return _with_bound(max(area, 1 - area), positive)


def _with_bound(area: float, positive: NDArray[np.bool_]) -> tuple[float, float]:
    fewest = min(int(positive.sum()), int((~positive).sum()))
    if fewest == 0:
        return 0.5, 0.0
    return area, area - Z * float(np.sqrt(max(area * (1 - area), 1e-6) / fewest))


def _auc(values: np.ndarray, positive: NDArray[np.bool_]) -> float:
    m = int(positive.sum())
    n = len(positive) - m
    if m == 0 or n == 0:
        return 0.5
    return float((rankdata(values)[positive].sum() - m * (m + 1) / 2) / (m * n))


def numbers(cells: pl.Series) -> np.ndarray:
    """Numbers or times as floats, NaN where missing."""
    physical = cells.to_physical() if cells.dtype.is_temporal() else cells
    return physical.cast(pl.Float64).to_numpy()


def _codes(cells: pl.Series) -> NDArray[np.int64]:
    """Words as codes; numbers as their rank's bin where there are many; missing as a code of its own."""
    ranks = cells.rank("dense").fill_null(0).to_numpy().astype(np.int64)
    return _number_codes(ranks) if cells.dtype.is_numeric() or cells.dtype.is_temporal() else ranks


def _number_codes(ranks: np.ndarray) -> NDArray[np.int64]:
    """Dense ranks of numbers as codes, 256 ranges where there are more; 0 stands for a missing one."""
    ranks = ranks.astype(np.int64)
    if ranks.max() > BINS:
        return np.where(ranks == 0, BINS, (ranks - 1) * BINS // ranks.max())
    return ranks


def folds_of(rows: int) -> NDArray[np.int64]:
    """One of five folds a row, always the same."""
    return np.random.default_rng(1).permutation(rows) % FOLDS


def _out_of_fold_means(codes: NDArray[np.int64], y: np.ndarray, folds: NDArray[np.int64]) -> np.ndarray:
    """For each row the mean of y over its code's rows in the other folds; over all of these where there are none."""
    width = int(codes.max()) + 1
    cell = folds * width + codes
    sums = np.bincount(cell, y, minlength=FOLDS * width).reshape(FOLDS, width)
    counts = np.bincount(cell, minlength=FOLDS * width).reshape(FOLDS, width)
    sums, counts = sums.sum(0) - sums, counts.sum(0) - counts
    base = sums.sum(1) / np.maximum(counts.sum(1), 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        means = np.where(counts > 0, sums / counts, base[:, None])
    chosen: np.ndarray = means[folds, codes]
    return chosen


def _for_classes(codes: NDArray[np.int64], y: np.ndarray, folds: NDArray[np.int64]) -> tuple[float, float]:
    """AUC of out-of-fold class shares and its lower bound; with several classes their mean by rows."""
    present, counts = np.unique(y, return_counts=True)
    if len(present) == 2:
        positive = y == present[1]
        return _with_bound(_auc(_out_of_fold_means(codes, positive.astype(float), folds), positive), positive)
    areas, lowers = [], []
    for code in present:
        positive = y == code
        area, lower = _with_bound(_auc(_out_of_fold_means(codes, positive.astype(float), folds), positive), positive)
        areas.append(area)
        lowers.append(lower)
    return float(np.average(areas, weights=counts)), float(np.average(lowers, weights=counts))


def _for_a_number(cells: pl.Series, y: np.ndarray, folds: NDArray[np.int64]) -> tuple[float, bool]:
    if cells.dtype.is_numeric() or cells.dtype.is_temporal():
        known = cells.is_not_null().to_numpy()
        values, y = numbers(cells)[known], y[known]
    else:
        values = _out_of_fold_means(_codes(cells), y, folds)
    if len(y) < 10 or np.ptp(values) == 0 or np.ptp(y) == 0:
        return 0.0, False
    strength = abs(float(spearmanr(values, y).statistic))
    return strength, strength >= STOP_SPEARMAN


def _below_one(value: float) -> str:
    return "1" if value > 0.9995 else f"{value:.3f}"
