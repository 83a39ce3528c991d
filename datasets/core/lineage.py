"""Rows that were seen before: the same rows in another file, with other columns beside them, in another order or writing.

Two tables are compared on the columns that both have, by a keyed hash of each row's cells (STATISTICS 3.1). Nothing is
kept for it: the hashes are made again from the features that lie in the store. Only of data that was removed the hashes
over all of its columns stay, in place of the rows.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from datasets.core import canonical
from datasets.core.media import content_key

Keys = NDArray[np.uint64]
Masks = NDArray[np.uint8]  # a bit a part: 1 train, 2 validation, 4 checkpoint, 8 final, 16 retired

BITS = {"train": 1, "validation": 2, "checkpoint": 4, "final": 8, "retired": 16}
OPEN, SEALED = 1 | 2, 4 | 8 | 16
SAME_FROM = 0.1  # share of rows from which two tables are of one lineage
FIGURES = 9


@dataclass(frozen=True)
class Past:
    """A sealed version whose rows may be met again.

    Parameters
    ----------
    name : str
        What tells it from others, such as its id.
    files : mapping of str to Path
        A Parquet file for each of its parts.
    features : sequence of str
        The columns that all of these files have.
    rule : str
        How its rows were divided: "random", "group" or "time".
    pooled, looked, opened : bool
        Whether checkpoint and final were one set; whether looks were answered on it; whether its final was opened.
    kept : tuple of ndarray of uint64 and ndarray of uint8, or None
        Of a version that was removed: what `keys_of` made of it. Its rows are known where all of its columns come.
    """

    name: str
    files: Mapping[str, Path]
    features: Sequence[str]
    rule: str = "random"
    pooled: bool = False
    looked: bool = False
    opened: bool = False
    kept: tuple[Keys, Masks] | None = None


@dataclass(frozen=True)
class Match:
    """What a table has in common with a past version.

    Parameters
    ----------
    overlap : float
        Rows found again, of the rows of the smaller table.
    sealed : int
        Rows of the table that lie in a sealed part there.
    masks : ndarray of uint8 of shape (n_rows,)
        The parts each row was found in; 0 where it was not, or where rows like it were divided one by one.
    """

    overlap: float
    sealed: int
    masks: Masks


def row_keys(path: Path, columns: Sequence[str], key: bytes) -> Keys:
    """One keyed 64-bit hash a row that does not depend on how the cells were written.

    Numbers count to nine significant figures, whole ones exactly and whether or not a point follows; words in NFC
    without blanks round them; an empty word is a missing value; days are their midnight; pictures and sounds are their
    pixels or samples. Types do not count.

    Parameters
    ----------
    path : Path
        Parquet file.
    columns : sequence of str
        The columns that count; their order does not.
    key : bytes
        At most 64 bytes.

    Returns
    -------
    ndarray of uint64 of shape (n_rows,)
    """
    names = sorted(columns)
    begun = hashlib.blake2b("\0".join(names).encode() + b"\0\0", key=key, digest_size=8)
    digests = bytearray()
    for frame in canonical.batches(path, names):
        rows = frame.select(pl.concat_str([_alike(series) for series in frame], separator="\0")).to_series()
        for row in rows.to_list():
            hashed = begun.copy()
            hashed.update(row.encode())
            digests += hashed.digest()
    return np.frombuffer(digests, ">u8").astype(np.uint64)


def _alike(series: pl.Series) -> pl.Series:
    """Cells as texts that are the same for the same values."""
    kind = series.dtype
    if kind.is_integer():
        texts = series.cast(pl.String)
    elif kind.is_numeric():
        numbers = series.cast(pl.Float64).fill_nan(None)
        numbers = numbers.set(numbers == 0, 0.0)  # a negative zero too
        whole = (numbers.floor() == numbers) & (numbers.abs() < 2.0**53)
        texts = numbers.zip_with(whole.fill_null(True), numbers.round_sig_figs(FIGURES))
        texts = texts.cast(pl.String).str.strip_suffix(".0")
    elif kind in (pl.Date, pl.Datetime):
        texts = series.cast(pl.Datetime("us")).to_physical().cast(pl.String)
    elif kind == pl.Binary:
        texts = pl.Series([None if cell is None else content_key(cell).hex() for cell in series], dtype=pl.String)
    else:
        texts = series.cast(pl.String).str.normalize("NFC").str.strip_chars()
    return texts.fill_null("")


def shares_columns(columns: Sequence[str], features: Sequence[str]) -> list[str]:
    """The columns two tables have in common, if these are half of the columns of one of them; else none."""
    common = sorted(set(columns) & set(features))
    return common if common and 2 * len(common) >= min(len(set(columns)), len(features)) else []


def recognise(table: Path, columns: Sequence[str], past: Past, key: bytes) -> Match | None:
    """Find the rows of a past version in a table.

    A hash that stands for several different rows of the past version, as it may where only some columns are common,
    is no evidence that the tables are related; it counts for the parts, though: such rows cannot be told from sealed ones.

    Parameters
    ----------
    table : Path
        Typed Parquet file.
    columns : sequence of str
        Its columns that may be compared.
    past : Past
    key : bytes
        The installation's.

    Returns
    -------
    Match or None
        None where the two share too few columns, or nothing is left of the past one.
    """
    common = shares_columns(columns, past.features)
    is_whole = len(common) == len(past.features)
    if not common or not (past.files or (past.kept and is_whole)):
        return None
    mine = row_keys(table, common, key)
    theirs, bits = past.kept or keys_of(past, key, common)
    whole = theirs
    if not is_whole:
        whole = np.concatenate([row_keys(path, past.features, key) for path in past.files.values()])
    bits = np.where(_divided(whole, bits), 0, bits).astype(np.uint8)

    order = np.lexsort((whole, theirs))
    theirs, whole, bits = theirs[order], whole[order], bits[order]
    starts = np.flatnonzero(np.r_[True, theirs[1:] != theirs[:-1]]) if len(theirs) else np.empty(0, np.intp)
    if not len(starts):
        return Match(0.0, 0, np.zeros(len(mine), np.uint8))
    unique = theirs[starts]
    masks = np.bitwise_or.reduceat(bits, starts)
    ends = np.r_[starts[1:], len(theirs)] - 1
    tells = whole[starts] == whole[ends]

    place = np.searchsorted(unique, mine).clip(0, len(unique) - 1)
    again = unique[place] == mine
    rows = min(len(mine), len(theirs))
    masks = np.where(again, masks[place], 0).astype(np.uint8)
    return Match(
        overlap=float(min((again & tells[place]).sum(), rows) / max(1, rows)),
        sealed=int(((masks & SEALED) > 0).sum()),
        masks=masks,
    )


def keys_of(past: Past, key: bytes, columns: Sequence[str] | None = None) -> tuple[Keys, Masks]:
    """The hash of each row of a past version, over all of its columns or these, and the bit of its part."""
    found = [(BITS[part], row_keys(path, columns or past.features, key)) for part, path in past.files.items()]
    bits = [np.full(len(keys), bit, np.uint8) for bit, keys in found]
    return np.concatenate([keys for _, keys in found]), np.concatenate(bits)


def _divided(whole: Keys, bits: Masks) -> NDArray[np.bool_]:
    """Rows whose very features lie both in an open and in a sealed part, because they were divided one by one."""
    both = np.intersect1d(whole[(bits & OPEN) > 0], whole[(bits & SEALED) > 0])
    return np.isin(whole, both)
