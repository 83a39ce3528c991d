"""Canonical rows: the same values always give the same bytes, whatever the file, the order of its rows or its columns.

The bytes of a row are the columns' names and types, sorted by name and each with its length before it, then the values
in that order, parted by commas: whole numbers decimal, other numbers as Python's repr of a float64 with -0 as 0, true
or false, times in ISO 8601 (UTC), words with their length in bytes before them, pictures and sounds as the hash of
their pixels or samples, and nothing at all for a missing value.
Only words could hold a comma or be empty, and they carry their length, so no two rows share their bytes.
"""

import hashlib
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from datasets.core.media import content_key
from datasets.core.stages import Progress, nothing
from datasets.core.table import col, held_rows, row_count

_END = b"\0"  # no cell holds it: the readers refuse it
_BLOCK = 65_536
_DAY, _SECOND = 86_400_000_000, 1_000_000
_CLOCKS = pl.Series([f"T{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}" for second in range(86_400)])


def canonical_keys(
    path: Path, columns: Sequence[str], secret: bytes, progress: Progress = nothing
) -> NDArray[np.uint64]:
    """One keyed 64-bit hash a row, over the row's canonical bytes.

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
        BLAKE2b with a digest of 8 bytes, read big-endian, in row order.
    """
    names = sorted(columns)
    keys = np.empty(row_count(path), np.uint64)
    start = 0
    for frame in batches(path, names):
        rows = _bytes(frame).split(_END)[:-1]
        # names and types come first in every row, so they are hashed once
        begun = hashlib.blake2b(header(frame.schema), key=secret, digest_size=8)
        digests = bytearray()
        for row in rows:
            hashed = begun.copy()
            hashed.update(row)
            digests += hashed.digest()
        keys[start : start + len(rows)] = np.frombuffer(digests, ">u8")
        start += len(rows)
        progress(start / len(keys))
    return keys


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
            self._digest.update(series.is_not_null().cast(pl.UInt8).to_numpy().data)
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
                self._digest.update(_fixed(series).to_numpy().data)


def _fixed(series: pl.Series) -> pl.Series:
    if series.dtype.is_float():
        series = series.cast(pl.Float64).fill_nan(None).fill_null(0.0)
        zero = series == 0
        return series.set(zero, 0.0) if zero.any() else series  # a negative zero too
    if series.dtype == pl.Boolean:
        return series.cast(pl.UInt8).fill_null(0)
    if series.dtype.is_temporal():
        series = series.cast(pl.Datetime("us")).to_physical()
    return series.cast(pl.Int64).fill_null(0)


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


def _bytes(frame: pl.DataFrame) -> bytes:
    """The values of each row, rows ended by a NUL; Polars' CSV writer does the formatting."""
    cells: list[pl.Series] = []
    for place, series in enumerate(frame):
        if series.dtype == pl.String:
            cells.append(series.str.len_bytes().alias(f"{place} length"))
        elif series.dtype == pl.Binary:
            keys = [None if cell is None else content_key(cell).hex() for cell in series]
            series = pl.Series(keys, dtype=pl.String)
        elif series.dtype.is_float():
            series = _repr(series)
        elif series.dtype.is_temporal():
            series = _iso(series)
        cells.append(series.alias(f"{place}"))
    buffer = io.BytesIO()
    pl.DataFrame(cells).write_csv(buffer, include_header=False, quote_style="never", line_terminator=_END.decode())
    return buffer.getvalue()


def _repr(numbers: pl.Series) -> pl.Series:
    """Numbers that the writer formats as Python's repr does; as texts where it would not (small ones)."""
    numbers = numbers.fill_nan(None)
    small = numbers.abs() < 1e-4
    if not small.any():
        return numbers
    zero = numbers == 0
    numbers = numbers.set(zero, 0.0)  # a negative zero too
    odd = (small & ~zero).fill_null(False)
    if not odd.any():
        return numbers
    texts = numbers.cast(pl.String)
    places = odd.arg_true()
    return texts.scatter(places, [repr(value) for value in numbers.gather(places).to_list()])


def _iso(times: pl.Series) -> pl.Series:
    """Times in ISO 8601, fractions of a second only where there are any; put together from the few days there are."""
    if times.dtype == pl.Date:
        return _days(times.to_physical())
    micros = times.cast(pl.Datetime("us")).to_physical()
    rest = micros % _DAY
    texts = _days(micros // _DAY) + _CLOCKS.gather(rest // _SECOND)
    odd = (rest % _SECOND != 0).fill_null(False)
    if not odd.any():
        return texts
    places = odd.arg_true()
    return texts.scatter(places, [value.isoformat() for value in times.gather(places).to_list()])


def _days(days: pl.Series) -> pl.Series:
    known = days.drop_nulls().unique().sort()
    if known.is_empty():
        return days.cast(pl.String)
    texts = known.cast(pl.Int32).cast(pl.Date).dt.to_string("iso:strict")
    return texts.gather(known.search_sorted(days)).set(days.is_null(), None)
