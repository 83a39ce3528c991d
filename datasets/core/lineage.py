"""Rows that were seen before: the same rows in another file, with other columns beside them, in another order or writing.

Two tables are compared on the columns that both have, by a keyed hash of each row's cells (STATISTICS 3.1). Nothing is
kept for it: the hashes are made again from the features that lie in the store. Only of data that was removed a keyed
hash of each cell stays, in place of the rows.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from datasets.core import canonical

Keys = NDArray[np.uint64]
Hashed = tuple[bool, tuple[str, ...]]  # a way to hash rows: whole or by cell, over these columns
Places = NDArray[np.intp]
Masks = NDArray[np.uint8]  # a bit a part: 1 train, 2 validation, 4 checkpoint, 8 final, 16 retired, 32 fresh

BITS = {"train": 1, "validation": 2, "checkpoint": 4, "final": 8, "retired": 16, "fresh": 32}
OPEN, SEALED = 1 | 2, 4 | 8 | 16 | 32
SAME_FROM = 0.1  # share of rows from which two tables are of one lineage
FIGURES = 9
_BIT = "\0bit"  # a name that no column can have


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
    kept : Path or None
        Of a version that was removed: the file in which `keep` left what is known of it.
    """

    name: str
    files: Mapping[str, Path]
    features: Sequence[str]
    rule: str = "random"
    pooled: bool = False
    looked: bool = False
    opened: bool = False
    kept: Path | None = None

    def as_dict(self) -> dict[str, Any]:
        """The same as JSON-able fields."""
        files = {part: str(path) for part, path in self.files.items()}
        return vars(self) | {"files": files, "features": [*self.features], "kept": self.kept and str(self.kept)}

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> "Past":
        """What `as_dict` made."""
        files = {part: Path(path) for part, path in fields["files"].items()}
        return cls(**{**fields, "files": files, "kept": fields["kept"] and Path(fields["kept"])})


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
        texts = canonical.content_keys(series)
    else:
        texts = series.cast(pl.String).str.normalize("NFC").str.strip_chars()
    return texts.fill_null("")


def bit_of(part: str) -> int:
    """The bit of a part; fresh sets are numbered ("fresh-1") and share one."""
    return BITS[part.partition("-")[0]]


def known_rows(table: Path, columns: Sequence[str], past: Past, key: bytes) -> Masks:
    """The parts of a past version that each row of a table lies in, whatever else the two share; 0 where it is in none.

    Unlike `recognise` it also counts rows that were divided one by one: a row like one of them is not fresh.
    """
    common = shares_columns(columns, past.features)
    if not common or not (past.files or past.kept):
        return np.zeros(pq.read_metadata(table).num_rows, np.uint8)
    mine = _cell_keys(table, common, key) if past.kept else row_keys(table, common, key)
    theirs, bits = keys_of(past, key, common)
    masks = np.zeros(len(mine), np.uint8)
    for bit in BITS.values():
        masks[np.isin(mine, theirs[(bits & bit) > 0])] |= bit
    return masks


def shares_columns(columns: Sequence[str], features: Sequence[str]) -> list[str]:
    """The columns two tables have in common, if these are half of the columns of one of them; else none."""
    common = sorted(set(columns) & set(features))
    return common if common and 2 * len(common) >= min(len(set(columns)), len(features)) else []


def recognise(
    table: Path, columns: Sequence[str], past: Past, key: bytes, hashed: dict[Hashed, Keys] | None = None
) -> Match | None:
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
    hashed : dict, optional
        The table's rows as they were hashed for other past versions; what is made here is added.

    Returns
    -------
    Match or None
        None where the two share too few columns, or nothing is left of the past one.
    """
    common = shares_columns(columns, past.features)
    is_whole = len(common) == len(past.features)
    if not common or not (past.files or past.kept):
        return None
    hashed = {} if hashed is None else hashed
    way = (past.kept is None, tuple(common))
    if way not in hashed:
        hashed[way] = _cell_keys(table, common, key) if past.kept else row_keys(table, common, key)
    mine = hashed[way]
    theirs, bits = keys_of(past, key, common)
    whole = theirs if is_whole else keys_of(past, key)[0]
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


def keep(past: Past, key: bytes, file: Path) -> None:
    """Leave a hash of 32 bits of each cell, and the bit of each row's part, in a file before the rows are destroyed."""
    schema = pa.schema([*((name, pa.uint32()) for name in past.features), (_BIT, pa.uint8())])
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for part, path in past.files.items():
            for frame in canonical.batches(path, past.features):
                cells = [*_cells(frame, key), pl.repeat(bit_of(part), len(frame), dtype=pl.UInt8, eager=True)]
                writer.write_table(pa.table([each.to_arrow() for each in cells], schema=schema))


def _cells(frame: pl.DataFrame, key: bytes) -> Iterator[pl.Series]:
    """The hash of each cell, in the column's own name; each different value is hashed once."""
    for series in frame:
        begun = hashlib.blake2b(series.name.encode() + b"\0", key=key, digest_size=4)
        yield canonical.TextHashes(begun).of(_alike(series))


def _cell_keys(path: Path, columns: Sequence[str], key: bytes) -> Keys:
    """One hash a row, made of those of its cells."""
    frames = canonical.batches(path, sorted(columns))
    return np.concatenate([_folded(_cells(frame, key)) for frame in frames] or [np.empty(0, np.uint64)])


def _folded(cells: Iterable[pl.Series]) -> Keys:
    keys: Keys = np.zeros((), np.uint64)
    for series in cells:
        keys = canonical.mixed(keys + series.cast(pl.UInt64).to_numpy())
    return keys


def places(table: Path, columns: Sequence[str], old: Path, features: Sequence[str], key: bytes) -> Places:
    """Where each row of a table lies in an older one, compared on the columns that both have.

    Parameters
    ----------
    table, old : Path
        Parquet files.
    columns, features : sequence of str
        Their columns.
    key : bytes
        The installation's.

    Returns
    -------
    ndarray of intp of shape (n_rows,)
        -1 for a row that is not in the older table, or that stands for several different rows there.
    """
    common = shares_columns(columns, features)
    if not common:
        return np.full(pq.read_metadata(table).num_rows, -1, np.intp)
    mine, theirs = row_keys(table, common, key), row_keys(old, common, key)
    whole = row_keys(old, features, key) if len(common) < len(features) else theirs
    order = np.lexsort((whole, theirs))
    first = np.searchsorted(theirs, mine, sorter=order).clip(0, len(order) - 1)
    last = np.searchsorted(theirs, mine, side="right", sorter=order) - 1
    found = order[first]
    return np.where((theirs[found] == mine) & (whole[found] == whole[order[last]]), found, -1)


def keys_of(past: Past, key: bytes, columns: Sequence[str] | None = None) -> tuple[Keys, Masks]:
    """The hash of each row of a past version, over all of its columns or these, and the bit of its part."""
    if past.kept:
        frames = canonical.batches(past.kept, [*sorted(columns or past.features), _BIT])
        kept = [(_folded(list(frame)[:-1]), frame[_BIT].to_numpy()) for frame in frames]
        return np.concatenate([keys for keys, _ in kept]), np.concatenate([bits for _, bits in kept])
    found = [(bit_of(part), row_keys(path, columns or past.features, key)) for part, path in past.files.items()]
    bits = [np.full(len(keys), bit, np.uint8) for bit, keys in found]
    return np.concatenate([keys for _, keys in found]), np.concatenate(bits)


def _divided(whole: Keys, bits: Masks) -> NDArray[np.bool_]:
    """Rows whose very features lie both in an open and in a sealed part, because they were divided one by one."""
    both = np.intersect1d(whole[(bits & OPEN) > 0], whole[(bits & SEALED) > 0])
    return np.isin(whole, both)
