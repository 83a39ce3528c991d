"""A fast model over any columns, for checks that ask what could be learned."""

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from datasets.core.readers.types import kind_of
from datasets.core.threads import one_thread

MOST_CELLS = 1_000_000
_SETTINGS = {"max_iter": 40, "max_leaf_nodes": 7, "early_stopping": False, "random_state": 0}


def rows_for(columns: int, most: int) -> int:
    """How many rows to learn from, so that a wide table does not take longer."""
    return max(500, min(most, MOST_CELLS // max(1, columns)))


def quick_matrix(frame: pl.DataFrame) -> NDArray[np.float32]:
    """Columns as numbers: times as they run, words as the rank of their letters, texts as their length."""
    columns = []
    for cells in frame:
        if cells.dtype == pl.String:
            cells = cells.str.len_chars() if kind_of(cells.dtype, cells) == "text" else cells.rank("dense")
        elif cells.dtype.is_temporal():
            cells = cells.to_physical()
        columns.append(cells.cast(pl.Float64, strict=False).to_numpy().astype(np.float32))
    return np.column_stack(columns) if columns else np.empty((len(frame), 0), np.float32)


def quick_chances(x: NDArray[np.float32], y: np.ndarray, of: NDArray[np.float32]) -> np.ndarray:
    """Class chances of the rows `of` after learning y from x: 40 rounds of trees with 7 leaves (STATISTICS 3.2)."""
    x, of = _without_gaps_alone(x, of)
    with one_thread():
        chances: np.ndarray = HistGradientBoostingClassifier(**_SETTINGS).fit(x, y).predict_proba(of)
    return chances


def quick_numbers(x: NDArray[np.float32], y: np.ndarray, of: NDArray[np.float32]) -> np.ndarray:
    """The same for a number."""
    x, of = _without_gaps_alone(x, of)
    with one_thread():
        predicted: np.ndarray = HistGradientBoostingRegressor(**_SETTINGS).fit(x, y).predict(of)
    return predicted


def _without_gaps_alone(x: NDArray[np.float32], of: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
    """A column without a value among the rows to learn from says nothing, and scikit-learn stops at it: all zeros."""
    empty = np.isnan(x).all(axis=0)
    return np.where(empty, np.float32(0), x), np.where(empty, np.float32(0), of)
