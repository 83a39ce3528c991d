"""Whether the parts can be told apart by their features: adversarial validation (STATISTICS 3.2)."""

from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from datasets.core.checks.leakage import auc_bound
from datasets.core.checks.quick import quick_chances, quick_matrix, rows_for
from datasets.core.errors import shown
from datasets.core.findings import Finding, Severity
from datasets.core.table import col

MOST_ROWS, FEWEST_UNITS = 10_000, 30
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
    fold_of = (np.random.default_rng(5).permutation(len(names)) % FOLDS)[unit_of]
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
    kind: str,
) -> list[Finding]:
    """Compare train with the sealed parts on a sample of the rows; nothing here sees a label.

    Parameters
    ----------
    table : Path
        Typed Parquet file.
    features : list of str
    used : ndarray of bool of shape (n_rows,)
        Rows that were divided.
    parts, units : ndarray of shape (n_used,)
        The part and the unit of each of them.
    kind : {"random", "group", "time"}
        For a split by time the answer is how different the future is, and no alarm.
    """
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
    telling = _most_telling(x, is_test, features)
    if kind == "time":
        message = (
            f"How different the future is: a quick model tells the latest rows from train with an AUC of {area:.2f} "
        )
        message += f"(0.5: not at all), most by '{shown(telling)}'."
        return [Finding("D303", "tip", telling, message, {"auc": round(area, 4)})]
    if area <= 0.5 + max(LEAST, Z * spread):
        return []
    severity: Severity = "stop" if area > STOP else "look"
    message = f"The sealed rows differ from train: a quick model tells them apart with an AUC of {area:.2f}, most by "
    message += f"'{shown(telling)}'. A score on them says less about rows like those in train."
    return [Finding("D302", severity, telling, message, {"auc": round(area, 4), "rows": len(sides)})]


def _most_telling(x: NDArray[np.float32], is_test: NDArray[np.bool_], features: list[str]) -> str:
    areas = []
    for values in x.T:
        known = ~np.isnan(values)
        areas.append(auc_bound(values[known], is_test[known])[0] if known.any() else 0.5)
    return features[int(np.argmax(areas))]
