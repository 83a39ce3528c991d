"""The files of the parts: one pass over the table writes them all, and their fingerprints are made on the way."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from datasets.core import canonical
from datasets.core.split import PARTS, RETIRED, Parts
from datasets.core.table import held_rows
from datasets.core.target import Labels

_PLAIN = pl.CompatLevel.oldest()
# read by every program, in half the time of zstd; a tenth larger
_PACKED: dict[str, Any] = {"compression": "snappy", "write_statistics": False}


def write_parts(
    table: Path,
    *,
    features: Sequence[str],
    target: str,
    used: NDArray[np.bool_],
    labels: Labels,
    parts: Parts,
    orders: Mapping[int, NDArray[np.int64]],
    out: Path,
) -> dict[str, str]:
    """Write every part, rows as they come or, of a sealed part, in the order given; the labels of those are left out.

    Parameters
    ----------
    table : Path
        Typed Parquet file.
    features : sequence of str
    target : str
    used : ndarray of bool of shape (n_rows,)
        Rows that were divided.
    labels : Labels
    parts : ndarray of uint8 of shape (n_used,)
    orders : dict of code to ndarray of int
        Of each sealed part, and of what is retired, the rows among the used ones in the order they are written in.
    out : Path
        An existing folder.

    Returns
    -------
    dict of part to str
        `canonical.Fingerprint` over the rows with their labels, in the order written.
    """
    rows = held_rows(table, len(features))
    schema = pl.read_parquet_schema(table)
    empty = pl.DataFrame(schema={name: schema[name] for name in features})
    label = labels.series(np.empty(0, np.int64)).alias(target)
    names = dict(enumerate(PARTS)) | ({RETIRED: "retired"} if len(orders[RETIRED]) else {})
    stretch = np.zeros(len(parts), np.int32)
    for order in orders.values():
        stretch[order] = np.arange(len(order)) // (4 * rows)
    with TemporaryDirectory(dir=out, prefix="sealing-") as scratch:
        files = {
            code: _PartFile(out / f"{name}.parquet", empty if code in orders else empty.with_columns(label), rows)
            for code, name in names.items()
        }
        sealed = {code: _Sealed(Path(scratch) / str(code), empty, order, 4 * rows) for code, order in orders.items()}
        row = start = 0
        for frame in canonical.batches(table, features):
            counts = used[row : row + len(frame)]
            row += len(frame)
            mine = frame if counts.all() else frame.filter(counts)
            part = parts[start : start + len(mine)]
            for code, file in files.items():
                chosen = start + np.flatnonzero(part == code)
                if code in orders:
                    sealed[code].add(mine.filter(part == code), stretch[chosen])
                else:
                    file.add(mine.filter(part == code), labels.series(chosen).alias(target))
            start += len(mine)
        for code, held in sealed.items():
            for chosen, frame in held.in_order():
                files[code].add(frame, labels.series(chosen).alias(target))
        fingerprints = {code: file.close() for code, file in files.items()}
    return {name: fingerprints[code] for code, name in enumerate(PARTS)}


class _PartFile:
    """Rows on their way into a Parquet file, in whole row groups; the fingerprint takes the labels, the file may not."""

    def __init__(self, path: Path, empty: pl.DataFrame, rows: int) -> None:
        words = [name for name, dtype in empty.schema.items() if dtype == pl.String]
        self._writer = pq.ParquetWriter(path, _arrow(empty).schema, use_dictionary=words, **_PACKED)
        self._held = empty
        self._rows = rows
        self._fingerprint = canonical.Fingerprint()

    def add(self, frame: pl.DataFrame, labels: pl.Series) -> None:
        """Take the next rows."""
        if not len(frame):
            return
        whole = frame.with_columns(labels)
        self._fingerprint.update(whole)
        self._held = pl.concat([self._held, frame if self._held.width == frame.width else whole])
        self._write(len(self._held) - len(self._held) % self._rows)

    def close(self) -> str:
        """End the file; the fingerprint of its rows."""
        self._write(len(self._held))
        self._writer.close()
        return self._fingerprint.hexdigest()

    def _write(self, rows: int) -> None:
        if rows:
            self._writer.write_table(_arrow(self._held.head(rows)), row_group_size=self._rows)
            self._held = self._held.slice(rows)


class _Sealed:
    """The rows of a sealed part on their way into their order: a scratch file for each stretch of it."""

    def __init__(self, folder: Path, empty: pl.DataFrame, order: NDArray[np.int64], rows: int) -> None:
        self._order, self._rows = order, rows
        self._files = [folder / str(start) for start in range(0, len(order), rows)]
        folder.mkdir()
        self._writers = [pa.ipc.new_stream(str(file), _arrow(empty).schema) for file in self._files]

    def add(self, frame: pl.DataFrame, stretches: NDArray[np.int32]) -> None:
        """Take the next rows as the table has them, each for one stretch."""
        by_stretch = np.argsort(stretches, kind="stable")
        frame = frame[by_stretch]
        bounds = np.searchsorted(stretches[by_stretch], np.arange(len(self._writers) + 1))
        for writer, begin, end in zip(self._writers, bounds[:-1], bounds[1:], strict=True):
            writer.write_table(_arrow(frame.slice(begin, end - begin)))

    def in_order(self) -> Iterator[tuple[NDArray[np.int64], pl.DataFrame]]:
        """The rows of the table and what they hold, a stretch at a time."""
        for place, (writer, file) in enumerate(zip(self._writers, self._files, strict=True)):
            writer.close()
            rows = self._order[place * self._rows : (place + 1) * self._rows]
            came = np.empty(len(rows), np.int64)
            came[np.argsort(rows)] = np.arange(len(rows))
            with pa.OSFile(str(file)) as source, pa.ipc.open_stream(source) as reader:
                frame = pl.DataFrame(reader.read_all())
            file.unlink()
            yield rows, frame[came]


def _arrow(frame: pl.DataFrame) -> pa.Table:
    return frame.to_arrow(compat_level=_PLAIN)
