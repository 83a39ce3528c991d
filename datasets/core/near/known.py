"""Rows of a later table that are nearly copies of known ones: by the texts and pictures that unite rows before a division."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from datasets.core.near.pictures import near_pictures
from datasets.core.near.texts import Links
from datasets.core.near.unite import MOST_PICTURES, MOST_ROWS, links_of_texts, small_copies, unite
from datasets.core.split import Assignments
from datasets.core.table import row_count

Rows = NDArray[np.integer[Any]]


def near_known(
    table: Path, rows: Rows, known: Sequence[Path], *, texts: Sequence[str], pictures: Sequence[str]
) -> NDArray[np.bool_]:
    """Whether each of some rows of a table has nearly the text, or a picture, of a known row.

    Parameters
    ----------
    table : Path
        Typed Parquet file.
    rows : ndarray of int of shape (n_rows,)
        In ascending order.
    known : sequence of Path
        Parquet files of rows that are known, with these columns.
    texts, pictures : sequence of str
        Columns; the texts of a row are read together.

    Returns
    -------
    ndarray of bool of shape (n_rows,)

    Notes
    -----
    Of very many known rows as many are compared as `unite` would; sets that it lets fall apart count as different.
    """
    near = np.zeros(len(rows), bool)
    if not (len(rows) and known):
        return near
    if texts:
        mine = _texts(table, texts)[rows]
        theirs = pl.concat([_texts(path, texts) for path in known]).unique(maintain_order=True)
        theirs = theirs[_some(len(theirs), MOST_ROWS - len(mine))]
        near |= _joined(links_of_texts(pl.concat([theirs, mine])), len(theirs), len(mine))
    for name in pictures:
        mine_small = small_copies(table, name, rows)
        lengths = [row_count(path) for path in known]
        chosen, starts = _some(sum(lengths), MOST_PICTURES - len(mine_small)), np.cumsum([0, *lengths])
        small = [
            copy
            for path, start, end in zip(known, starts, starts[1:], strict=False)
            for copy in small_copies(path, name, chosen[(chosen >= start) & (chosen < end)] - start)
        ]
        order = np.arange(len(small) + len(mine_small)).astype(np.uint64)  # known pictures are the centres
        near |= _joined(near_pictures(np.stack(small + mine_small), order), len(small), len(mine_small))
    return near


def _texts(path: Path, names: Sequence[str]) -> pl.DataFrame:
    return pl.read_parquet(path, columns=[*names], glob=False).select(pl.col(*names).cast(pl.String))


def _some(count: int, most: int) -> NDArray[np.int64]:
    """All places, or as many as may be compared, in ascending order."""
    if count <= most:
        return np.arange(count)
    return np.sort(np.random.default_rng(0).permutation(count)[: max(0, most)])


def _joined(links: Links, known: int, mine: int) -> NDArray[np.bool_]:
    """Which of the last rows are linked to one of the first."""
    names = np.arange(known + mine).astype(np.uint64)
    keys, _, _ = unite(names, links, np.zeros(len(names), np.int64), Assignments.empty())
    return np.isin(keys[known:], keys[:known])
