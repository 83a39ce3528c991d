"""Whether the parts can be told apart by their features: adversarial validation (STATISTICS 3.2)."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from datasets.core.checks.leakage import auc_bound
from datasets.core.checks.quick import quick_chances, quick_matrix, rows_for
from datasets.core.errors import shown
from datasets.core.findings import Finding, Severity
from datasets.core.table import col
from dlstart_web.kit.say import joined, say

MOST_ROWS, MOST_COLUMNS, FEWEST_UNITS = 10_000, 1_000, 30
LEAST, STOP, Z = 0.05, 0.70, 3.0
FOLDS = 5


def told_apart(x: NDArray[np.float32], is_test: NDArray[np.bool_], units: NDArray[np.uint64]) -> tuple[float, float]:
    """Out-of-fold AUC of "is this row a test row", and its spread when the parts are alike.

    Parameters
    ----------
    x : ndarray of shape (n_rows, n_columns)
    is_test : ndarray of bool of shape (n_rows,)
    units : ndarray of uint64 of shape (n_rows,)
        Rows of a unit share their fold, and the spread counts units instead of rows.

    Returns
    -------
    auc, spread : float
        0.5 and infinity where a fold lacks one of the sides.
    """
    names, unit_of = np.unique(units, return_inverse=True)
    side = np.zeros(len(names), bool)
    side[unit_of] = is_test
    # both sides are dealt out in turn: folds of unlike shares of test rows would hide a difference
    dealt = np.random.default_rng(5).permutation(len(names))
    dealt = dealt[np.argsort(side[dealt], kind="stable")]
    fold_of_unit = np.empty(len(names), np.int64)
    fold_of_unit[dealt] = np.arange(len(names)) % FOLDS
    fold_of = fold_of_unit[unit_of]
    said = np.empty(len(x))
    for fold in range(FOLDS):
        here = fold_of == fold
        if not here.any() or here.all() or len(np.unique(is_test[~here])) < 2:
            return 0.5, np.inf
        said[here] = quick_chances(x[~here], is_test[~here], x[here])[:, 1]
    area = auc_bound(said, is_test)[0] if said @ is_test / max(1, is_test.sum()) > said.mean() else 0.5
    n = len(np.unique(unit_of[is_test]))
    m = len(names) - n
    return area, float(np.sqrt((m + n + 1) / (12 * max(1, m) * max(1, n))))


def parts_differ(
    table: Path,
    features: list[str],
    used: NDArray[np.bool_],
    parts: NDArray[np.uint8],
    units: NDArray[np.uint64],
) -> list[Finding]:
    """Compare train with the sealed parts on a sample of the rows and the first 1,000 columns; nothing here sees a label.

    Not for a split by time, where they are meant to differ: see `times.future_differs`.

    Parameters
    ----------
    table : Path
        Typed Parquet file.
    features : list of str
    used : ndarray of bool of shape (n_rows,)
        Rows that were divided.
    parts, units : ndarray of shape (n_used,)
        The part and the unit of each of them.
    """
    features = features[:MOST_COLUMNS]
    wanted = rows_for(len(features), MOST_ROWS)
    sides = np.flatnonzero((parts == 0) | (parts == 2) | (parts == 3))
    if len(sides) > wanted:
        sides = np.sort(np.random.default_rng(6).choice(sides, wanted, replace=False))
    is_test = parts[sides] > 1
    few = min(len(np.unique(units[sides][is_test])), len(np.unique(units[sides][~is_test])))
    if few < FEWEST_UNITS or not features:
        return []
    marks = np.zeros(len(used), bool)
    marks[np.flatnonzero(used)[sides]] = True
    frame = (
        pl.concat(
            [pl.scan_parquet(table, glob=False).select(map(col, features)), pl.LazyFrame({"\0chosen": marks})],
            how="horizontal",
            strict=True,
        )
        .filter(pl.col("\0chosen"))
        .drop("\0chosen")
        .collect(engine="streaming")
    )
    x = quick_matrix(frame)
    area, spread = told_apart(x, is_test, units[sides])
    telling = most_telling(x, is_test, features)
    if area <= 0.5 + max(LEAST, Z * spread):
        return []
    severity: Severity = "stop" if area > STOP else "look"
    message = say(
        "The sealed rows differ from train: a quick model tells them apart with an AUC of {area:.2f}, most by "
        "'{telling}'. A score on them says less about rows like those in train.",
        area=area,
        telling=shown(telling),
    )
    if severity == "stop":
        mend = say("Before the seal another split mends it, or leaving the column out.")
        message = joined(" ", [message, mend])
    return [Finding("D302", severity, telling, message, {"auc": round(area, 4), "rows": len(sides)})]


def most_telling(x: NDArray[np.float32], is_test: NDArray[np.bool_], features: Sequence[str]) -> str:
    """The feature that by itself tells the sides apart best."""
    areas = []
    for values in x.T:
        known = ~np.isnan(values)
        areas.append(auc_bound(values[known], is_test[known])[0] if known.any() else 0.5)
    return features[int(np.argmax(areas))]
