"""One table inside a gzip file or a ZIP archive: unpacked within limits, then read as what it is."""

import gzip
import tempfile
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from datasets.core.corrections import Corrections
from datasets.core.errors import DataProblem, shown
from datasets.core.findings import Finding
from datasets.core.limits import Limits
from datasets.core.readers.archive import Archive, Entry, extracted
from datasets.core.readers.arff import read_arff
from datasets.core.readers.csv import read_csv
from datasets.core.readers.parquet import read_parquet
from datasets.core.readers.sniff import sniff
from datasets.core.readers.spreadsheets import is_office, read_spreadsheet
from datasets.core.table import Table
from dlstart_web.kit.say import say

_SMALL = 2**20  # up to here no ratio is looked at
_READERS = {"csv": read_csv, "arff": read_arff, "parquet": read_parquet, "spreadsheet": read_spreadsheet}


def read_gzip(
    source: Path, *, out: Path, limits: Limits, corrections: Corrections, progress: Callable[[float], None]
) -> Table:
    """Unpack a gzip file beside `out` and read the one table in it; DataProblem as for the table itself."""
    with tempfile.TemporaryDirectory(dir=out.parent, prefix="unpacked-") as scratch:
        table = Path(scratch) / "table"
        _unpack(source, table, limits)
        found = _read_inside(table, say("The file in it"), out, limits, corrections, progress)
    unpacked = Finding("D107", "tip", None, say("The table was packed by gzip and was unpacked."), {"packed": "gzip"})
    return replace(found, findings=[unpacked, *found.findings])


def read_entry(
    archive: Archive,
    entry: Entry,
    *,
    out: Path,
    limits: Limits,
    corrections: Corrections,
    progress: Callable[[float], None] = lambda share: None,
) -> Table:
    """Unpack one entry of a ZIP archive beside `out` and read the table that it is, whatever its name says."""
    with tempfile.TemporaryDirectory(dir=out.parent, prefix="unpacked-") as scratch:
        table = extracted(archive, entry, Path(scratch) / "table")
        return _read_inside(table, entry.name, out, limits, corrections, progress)


def _read_inside(
    table: Path,
    name: str,
    out: Path,
    limits: Limits,
    corrections: Corrections,
    progress: Callable[[float], None],
) -> Table:
    with table.open("rb") as file:
        if file.read(262)[257:] == b"ustar":
            raise _inside(name, say("a tar archive"))
    kind = sniff(table, name)
    if kind == "zip":
        with table.open("rb") as file:
            if not is_office(Archive.open(file, limits)):
                raise _inside(name, say("a ZIP archive"))
        kind = "spreadsheet"
    if kind not in _READERS:
        raise _inside(name, say("a gzip archive"))
    return _READERS[kind](table, out=out, limits=limits, corrections=corrections, progress=progress)


def _inside(name: str, what: str) -> DataProblem:
    return DataProblem(
        "ARCHIVE_INSIDE",
        say(
            "{name} is {what}; one table is read out of an archive, and no archive in it.", name=shown(name), what=what
        ),
        415,
        found=what,
        next=say("Unpack it and send the file in it."),
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
        reason = say("it ends early, as when an upload or a copy stopped") if ended else say("its bytes do not unpack")
        raise DataProblem(
            "ARCHIVE_BROKEN",
            say("This is not a readable gzip file: {reason}.", reason=reason),
            next=say("Pack the file again and send it."),
        ) from error


def _refuse_size(size: int, packed: int, limits: Limits) -> None:
    if size > limits.zip_unpacked:
        raise DataProblem(
            "UNPACKED_TOO_LARGE",
            say(
                "The file unpacks to {size:,} bytes or more; at most {zip_unpacked:,} are read.",
                size=size,
                zip_unpacked=limits.zip_unpacked,
            ),
            413,
            limit=limits.zip_unpacked,
            found=size,
            next=say("Send fewer rows or columns."),
        )
    if size > _SMALL and size > limits.zip_ratio * packed:
        raise DataProblem(
            "UNPACKED_TOO_LARGE",
            say("The file unpacks to more than {zip_ratio} : 1; no honest table does.", zip_ratio=limits.zip_ratio),
            413,
            limit=f"{limits.zip_ratio} : 1",
            found=f"{size / packed:,.0f} : 1",
            next=say("Send the table itself."),
        )
