"""Near copies become one unit before the rows are divided, so that no part holds a copy of another part's row."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from datasets.core.canonical import batches
from datasets.core.near.pictures import near_pictures, small_copy
from datasets.core.near.texts import Links, near_texts
from datasets.core.split import Assignments, Keys

MOST_ROWS = 200_000  # of different content that are compared with each other
MOST_PICTURES = 60_000  # each is compared with all others
FEWEST_TOO_MANY, SHARE_TOO_MANY = 50, 0.01


def compared(content: Keys, most: int = MOST_ROWS) -> NDArray[np.int64]:
    """One row of each content, of at most so many contents: the same ones whatever the order of the rows."""
    _, firsts = np.unique(content, return_index=True)
    if len(firsts) > most:
        # contents are sorted by key, and so are the parts: a multiple of the key forgets that
        mixed = content[firsts] * np.uint64(0x9E3779B97F4A7C15)
        firsts = firsts[np.sort(np.argpartition(mixed, most)[:most])]
    return firsts.astype(np.int64)


def links_of_texts(texts: pl.DataFrame) -> Links:
    """Pairs of rows whose texts, all columns together, are nearly the same."""
    joined = texts.select(pl.concat_str(pl.all(), separator="\n", ignore_nulls=True)).to_series()
    return near_texts(joined.to_list())


def links_of_pictures(table: Path, name: str, rows: NDArray[np.int64], content: Keys) -> Links:
    """Pairs of rows of a Parquet file whose pictures are nearly the same; `content` has one key for each of `rows`."""
    rows, order = np.sort(rows), content[np.argsort(rows)]
    return rows[near_pictures(np.stack(small_copies(table, name, rows)), order)]


def small_copies(table: Path, name: str, rows: NDArray[np.integer[Any]]) -> list[NDArray[np.uint8]]:
    """Small copies of the pictures of some rows of a Parquet file, the rows in ascending order."""
    start, small = 0, []
    for frame in batches(table, [name]):
        here = rows[(rows >= start) & (rows < start + len(frame))] - start
        small += [small_copy(cell) for cell in frame[name].gather(here).to_list()]
        start += len(frame)
    return small


def unite(content: Keys, links: Links, strata: NDArray[np.int64], stored: Assignments) -> tuple[Keys, int, int]:
    """Give what is linked one key.

    A set of linked contents takes the key of its smallest stored one, so that new rows follow, else its smallest key;
    contents that have a part of their own keep it. Sets above 50 rows and 1 % of their class fall apart again.

    Parameters
    ----------
    content : ndarray of uint64 of shape (n_rows,)
    links : ndarray of int64 of shape (n_pairs, 2)
        Rows whose contents belong together.
    strata : ndarray of int of shape (n_rows,)
    stored : Assignments

    Returns
    -------
    keys : ndarray of uint64 of shape (n_rows,)
    united, dropped : int
        Rows in sets that were kept together, and in sets that were too large for it.
    """
    if not len(links):
        return content, 0, 0
    names, content_of, counts = np.unique(content, return_inverse=True, return_counts=True)
    ends = content_of[links]
    edges = coo_array((np.ones(len(ends), np.int8), (ends[:, 0], ends[:, 1])), shape=(len(names), len(names)))
    sets = connected_components(edges, directed=False)[1]
    members, rows = np.bincount(sets), np.bincount(sets, counts)
    class_rows = np.bincount(strata)
    largest = np.zeros(len(members))
    np.maximum.at(largest, sets[content_of], class_rows[strata])
    limit = np.maximum(FEWEST_TOO_MANY, SHARE_TOO_MANY * largest)
    several = members > 1
    together = several & (rows <= limit)
    known = stored.find(names) != 255
    order = np.lexsort((names, ~known, sets))
    first = order[np.searchsorted(sets[order], np.arange(len(members)))]
    renamed = np.where(together[sets] & ~known, names[first[sets]], names)
    return renamed[content_of], int(rows[together].sum()), int(rows[several & ~together].sum())
