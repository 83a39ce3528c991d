"""Pictures of train to look at: some of each class, made small."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from datasets.core.figures import in_text
from datasets.core.media import picture
from datasets.core.table import col

PICTURES, SIDE = 48, 96  # of all classes together, and their longest side in pixels
LEAST = 2  # of a class, as long as there is room


def picture_wall(train: Path, *, column: str, target: str, task: str) -> list[tuple[str, bytes]]:
    """Pictures from all over train with their labels, ordered by class.

    Parameters
    ----------
    train : Path
        The Parquet file of the part.
    column : str
        The column that holds PNGs of ours.
    target : str
        The label; of a number the pictures come from the lowest to the highest.
    task : {"binary", "multiclass", "regression"}

    Returns
    -------
    list of (str, bytes)
        At most 48 labels with a PNG of at most 96 pixels a side.
    """
    labels = pl.scan_parquet(train, glob=False).select(col(target)).collect().to_series()
    rows = _chosen(labels, task)
    scan = pl.scan_parquet(train, glob=False).select(col(column).alias("cell"), col(target).alias("label"))
    numbered = scan.with_row_index("row").filter(pl.col("row").is_in(rows))
    found = {row: (label, cell) for row, cell, label in numbered.collect(engine="streaming").iter_rows() if cell}
    return [(in_text(found[row][0]), _small(found[row][1])) for row in rows if row in found]


def _chosen(labels: pl.Series, task: str) -> list[int]:
    """Row numbers: the same count from each class, from all over it; of a number from all over its order."""
    if task == "regression":
        order = labels.arg_sort().to_numpy()
        return [int(row) for row in _spread(order, PICTURES)]
    classes = sorted(labels.drop_nulls().unique().to_list(), key=str)[: PICTURES // LEAST]
    each = PICTURES // max(1, len(classes))
    return [int(row) for name in classes for row in _spread((labels == name).arg_true().to_numpy(), each)]


def _spread(rows: NDArray[Any], count: int) -> NDArray[Any]:
    """At most `count` of the rows, at even distances."""
    places: NDArray[Any] = rows[np.unique(np.linspace(0, len(rows) - 1, min(count, len(rows))).round().astype(int))]
    return places


def _small(cell: bytes) -> bytes:
    image = picture(cell)
    image.thumbnail((SIDE, SIDE))
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
