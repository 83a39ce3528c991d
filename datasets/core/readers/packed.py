"""One table packed by gzip: unpacked within limits, then read as what it is."""

import gzip
import tempfile
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from datasets.core.corrections import Corrections
from datasets.core.errors import DataProblem
from datasets.core.findings import Finding
from datasets.core.limits import Limits
from datasets.core.readers.arff import read_arff
from datasets.core.readers.csv import read_csv
from datasets.core.readers.sniff import sniff
from datasets.core.table import Table

_SMALL = 2**20  # up to here no ratio is looked at
_ALREADY_PACKED = {
    "parquet": "a Parquet file, which is packed already",
    "xlsx": "a spreadsheet, which is packed already",
    "zip": "a ZIP archive",
    "gzip": "a gzip archive",
}
_READERS = {"csv": read_csv, "arff": read_arff}


def read_gzip(
    source: Path, *, out: Path, limits: Limits, corrections: Corrections, progress: Callable[[float], None]
) -> Table:
    """Unpack a gzip file beside `out` and read the one table in it; DataProblem as for the table itself."""
    with tempfile.TemporaryDirectory(dir=out.parent, prefix="unpacked-") as scratch:
        table = Path(scratch) / "table"
        _unpack(source, table, limits)
        with table.open("rb") as file:
            if file.read(262)[257:] == b"ustar":
                raise _inside("a tar archive")
        kind = sniff(table, "The file in it")
        if kind not in _READERS:
            raise _inside(_ALREADY_PACKED[kind])
        found = _READERS[kind](table, out=out, limits=limits, corrections=corrections, progress=progress)
    unpacked = Finding("D107", "tip", None, "The table was packed by gzip and was unpacked.", {"packed": "gzip"})
    return replace(found, findings=[unpacked, *found.findings])


def _inside(what: str) -> DataProblem:
    return DataProblem(
        "ARCHIVE_INSIDE",
        f"The gzip file holds {what}; one CSV, TSV or ARFF file is read from it.",
        415,
        found=what,
        next="Unpack it and send the file in it.",
    )


def _unpack(source: Path, target: Path, limits: Limits) -> None:
    """Write the bytes in a gzip file, counted as they come."""
    packed = source.stat().st_size
    size = 0
    try:
        with gzip.open(source) as read, target.open("wb") as write:
            while block := read.read(2**20):
                size += len(block)
                _refuse_size(size, packed, limits)
                write.write(block)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        ended = isinstance(error, EOFError)
        reason = "it ends early, as when an upload or a copy stopped" if ended else "its bytes do not unpack"
        raise DataProblem(
            "ARCHIVE_BROKEN", f"This is not a readable gzip file: {reason}.", next="Pack the file again and send it."
        ) from error


def _refuse_size(size: int, packed: int, limits: Limits) -> None:
    if size > limits.zip_unpacked:
        raise DataProblem(
            "UNPACKED_TOO_LARGE",
            f"The file unpacks to {size:,} bytes or more; at most {limits.zip_unpacked:,} are read.",
            413,
            limit=limits.zip_unpacked,
            found=size,
            next="Send fewer rows or columns.",
        )
    if size > _SMALL and size > limits.zip_ratio * packed:
        raise DataProblem(
            "UNPACKED_TOO_LARGE",
            f"The file unpacks to more than {limits.zip_ratio} : 1; no honest table does.",
            413,
            limit=f"{limits.zip_ratio} : 1",
            found=f"{size / packed:,.0f} : 1",
            next="Send the table itself.",
        )
