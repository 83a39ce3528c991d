"""Canonical rows: the same values always give the same key, whatever the file, the order of its rows or its columns.

A row is a word of 64 bits a cell, in the order of the columns' names, after as many words as say which cells are
missing, a bit each. Whole numbers stand for themselves, other numbers as float64 with -0 as 0, times as microseconds
since 1970 (UTC); words, pictures and sounds as a keyed hash of their bytes, of their pixels or of their samples.
The columns' names and types, each with its length before it, go into the key.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from datasets.core.media import content_key
from datasets.core.siphash import siphash
from datasets.core.stages import Progress, nothing
from datasets.core.table import col, held_rows, row_count

_BLOCK = 65_536
_REMEMBERED = 65_536  # texts of a column


def canonical_keys(
    path: Path, columns: Sequence[str], secret: bytes, progress: Progress = nothing
) -> NDArray[np.uint64]:
    """One keyed 64-bit hash a row, over the row's canonical words.

    Who has not the secret can neither test a guessed row against a key nor choose rows by the keys they will have.
    That two of 20 million different rows have one key has a chance of 1 in 90,000, and as much again for each column
    of words.

    Parameters
    ----------
    path : Path
        Typed Parquet file, as a reader leaves it.
    columns : sequence of str
        The columns that count; their order does not.
    secret : bytes
        The key, at most 64 bytes.
    progress : callable, optional
        Called with the share of rows done.

    Returns
    -------
    ndarray of uint64 of shape (n_rows,)
        SipHash-2-4 under a key made of the secret and the columns' names and types, in row order.
    """
    names = sorted(columns)
    keys = np.empty(row_count(path), np.uint64)
    begun = hashlib.blake2b(key=secret, digest_size=8, person=b"cell")
    texts = {name: TextHashes(begun) for name in names}
    start = 0
    for frame in batches(path, names):
        key = hashlib.blake2b(header(frame.schema), key=secret, digest_size=16).digest()
        keys[start : start + len(frame)] = siphash(_words(frame, texts), key)
        start += len(frame)
        progress(start / len(keys))
    return keys


def _words(frame: pl.DataFrame, texts: Mapping[str, "TextHashes"]) -> NDArray[np.uint64]:
    """The rows as words, of shape (n_words, n_rows)."""
    masks = -(-frame.width // 64)
    words = np.zeros((masks + frame.width, len(frame)), np.uint64)
    for place, series in enumerate(frame):
        missing = _missing(series)
        if missing is not None:
            words[place // 64] |= missing.astype(np.uint64) << np.uint64(place % 64)
        if series.dtype == pl.Binary:
            series = content_keys(series)
        if series.dtype == pl.String:
            words[masks + place] = texts[frame.columns[place]].of(series).fill_null(0).to_numpy()
        else:
            values = _fixed(series)
            words[masks + place] = values.view(np.uint64) if values.itemsize == 8 else values
    return words


def _missing(series: pl.Series) -> NDArray[np.bool_] | None:
    """Which cells hold no value; None where all do."""
    if series.dtype.is_float():
        missing = np.isnan(series.to_numpy())
        return missing if missing.any() else None
    return series.is_null().to_numpy() if series.null_count() else None


class TextHashes:
    """The hash of each text of a column, some rows at a time; each different text is hashed once while they are few."""

    def __init__(self, begun: "hashlib.blake2b") -> None:
        self._begun = begun  # with a key
        self._size = begun.digest_size
        self._texts = pl.Series(dtype=pl.String)
        self._hashes = pl.Series(dtype=self._whole([]).dtype)

    def of(self, texts: pl.Series) -> pl.Series:
        """The hashes of the next rows; what is missing stays missing."""
        found = self._looked_up(texts)
        missed = found.is_null() & texts.is_not_null()
        if not missed.any():
            return found
        new = texts.filter(missed).unique()
        digests = []
        for text in new.to_list():
            one = self._begun.copy()
            one.update(text.encode())
            digests.append(one.digest())
        self._texts, self._hashes = pl.concat([self._texts, new]), pl.concat([self._hashes, self._whole(digests)])
        found = self._looked_up(texts)
        if len(self._texts) > _REMEMBERED:
            self._texts, self._hashes = self._texts.clear(), self._hashes.clear()
        return found

    def _looked_up(self, texts: pl.Series) -> pl.Series:
        return texts.replace_strict(self._texts, self._hashes, default=None, return_dtype=self._hashes.dtype)

    def _whole(self, digests: Sequence[bytes]) -> pl.Series:
        return pl.Series(np.frombuffer(b"".join(digests), f">u{self._size}").astype(f"u{self._size}"))


def content_keys(cells: pl.Series) -> pl.Series:
    """What pictures and sounds hold, as texts: see `media.content_key`."""
    return pl.Series([None if cell is None else content_key(cell).hex() for cell in cells], dtype=pl.String)


def mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The finaliser of splitmix64: every bit of the result depends on every bit given."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


class Fingerprint:
    """SHA-256 over a table, the same whatever file holds it and however its rows came in.

    First the names and types of the columns, sorted by name; then, for every 65,536 rows, each column: a byte a row
    that is 1 where there is a value, then the values. Whole numbers, and times as microseconds since 1970, take eight
    bytes, little-endian; numbers are float64 with -0 as 0; booleans take one byte; words, pictures and sounds are their
    lengths in bytes as whole numbers, then the bytes of all. Zero and the empty word stand for what is missing.
    """

    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        self._held: pl.DataFrame | None = None

    def update(self, frame: pl.DataFrame) -> None:
        """Take the next rows; the columns are those of the first call, in any order."""
        ordered = frame.select(col(name) for name in sorted(frame.columns))
        if self._held is None:
            self._digest.update(header(ordered.schema))
        else:
            ordered = pl.concat([self._held, ordered])
        whole = len(ordered) - len(ordered) % _BLOCK
        for start in range(0, whole, _BLOCK):
            self._block(ordered.slice(start, _BLOCK))
        self._held = ordered.slice(whole)

    def hexdigest(self) -> str:
        """The digest of all rows taken; nothing may be added after."""
        if self._held is not None and len(self._held):
            self._block(self._held)
        return self._digest.hexdigest()

    def _block(self, frame: pl.DataFrame) -> None:
        for series in frame:
            known = series.is_not_null().to_numpy() if series.null_count() else np.ones(len(series), bool)
            self._digest.update(known.view(np.uint8).data)
            if series.dtype == pl.String:
                texts = series.fill_null("")
                self._digest.update(texts.str.len_bytes().cast(pl.Int64).to_numpy().data)
                self._digest.update(texts.str.join("").item().encode())
            elif series.dtype == pl.Binary:
                cells = series.fill_null(b"")
                self._digest.update(cells.bin.size().cast(pl.Int64).to_numpy().data)
                for cell in cells:
                    self._digest.update(cell)
            else:
                self._digest.update(np.ascontiguousarray(_fixed(series)).data)


def _fixed(series: pl.Series) -> NDArray[Any]:
    """Cells of one width, zero for what is missing: in numpy where it can be, a fraction of the cost for few rows."""
    if series.dtype.is_float():
        values = series.to_numpy().astype(np.float64, copy=False) + 0.0  # a negative zero becomes one of the other kind
        values[np.isnan(values)] = 0.0
        return values
    if series.dtype.is_temporal():
        series = series.cast(pl.Datetime("us")).to_physical()
    if series.null_count():
        series = series.fill_null(0 if series.dtype.is_integer() else False)
    return series.to_numpy().astype(np.uint8 if series.dtype == pl.Boolean else np.int64, copy=False)


def header(schema: pl.Schema) -> bytes:
    """Names and types of the columns, each with its length in bytes before it."""
    parts = []
    for name, dtype in schema.items():
        for text in (name.encode(), type_word(dtype).encode()):
            parts.append(b"%d:%s" % (len(text), text))
    return b"".join(parts) + b"\n"


def batches(path: Path, names: Sequence[str]) -> Iterator[pl.DataFrame]:
    """The named columns of a Parquet file, some rows at a time, in row order."""
    scan = pl.scan_parquet(path, glob=False).select(col(name) for name in names)
    step = held_rows(path, len(names), groups=4)
    for start in range(0, row_count(path), step):
        yield scan.slice(start, step).collect()


def type_word(dtype: pl.DataType) -> str:
    """What a column's values are, in the word that stands in its bytes."""
    if dtype.is_integer():
        return "integer"
    if dtype.is_float():
        return "number"
    if dtype == pl.Boolean:
        return "boolean"
    if dtype == pl.Binary:
        return "medium"
    return "time" if dtype.is_temporal() else "words"
