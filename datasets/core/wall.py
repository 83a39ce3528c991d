"""Pictures and sounds of train to look at or hear: some of each class, made small or cut short."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import soundfile
from numpy.typing import NDArray

from datasets.core.figures import in_text
from datasets.core.media import picture, sound
from datasets.core.table import col

PICTURES, SIDE = 48, 96  # of all classes together, and their longest side in pixels
SOUNDS, SECONDS = 24, 5  # of all classes together, and how much of each
LEAST = 2  # of a class, as long as there is room


def media_wall(train: Path, *, column: str, kind: str, target: str, task: str) -> list[tuple[str, bytes]]:
    """Pictures or sounds from all over train with their labels, ordered by class.

    Parameters
    ----------
    train : Path
        The Parquet file of the part.
    column : str
        The column that holds PNGs or FLACs of ours.
    kind : {"picture", "sound"}
        Which of them.
    target : str
        The label; of a number they come from the lowest to the highest.
    task : {"binary", "multiclass", "regression"}

    Returns
    -------
    list of (str, bytes)
        At most 48 labels with a PNG of at most 96 pixels a side, or 24 with a FLAC of at most 5 seconds.
    """
    most, small = (PICTURES, _small) if kind == "picture" else (SOUNDS, _short)
    labels = pl.scan_parquet(train, glob=False).select(col(target)).collect().to_series()
    rows = _chosen(labels, task, most)
    scan = pl.scan_parquet(train, glob=False).select(col(column).alias("cell"), col(target).alias("label"))
    numbered = scan.with_row_index("row").filter(pl.col("row").is_in(rows))
    found = {row: (label, cell) for row, cell, label in numbered.collect(engine="streaming").iter_rows() if cell}
    return [(in_text(found[row][0]), small(found[row][1])) for row in rows if row in found]


def _chosen(labels: pl.Series, task: str, most: int) -> list[int]:
    """Row numbers: the same count from each class, from all over it; of a number from all over its order."""
    if task == "regression":
        order = labels.arg_sort().to_numpy()
        return [int(row) for row in _spread(order, most)]
    classes = sorted(labels.drop_nulls().unique().to_list(), key=str)[: most // LEAST]
    each = most // max(1, len(classes))
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


def _short(cell: bytes) -> bytes:
    samples, rate = sound(cell)
    out = io.BytesIO()
    soundfile.write(out, samples[: SECONDS * rate], rate, format="FLAC", subtype="PCM_16")
    return out.getvalue()
