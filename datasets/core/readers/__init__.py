"""One file a format: bytes in, one typed Parquet file out, or a DataProblem."""

from collections.abc import Callable
from pathlib import Path

from datasets.core.corrections import Corrections
from datasets.core.errors import NOTHING_STORED, DataProblem
from datasets.core.limits import Limits
from datasets.core.readers.arff import read_arff
from datasets.core.readers.csv import read_csv
from datasets.core.readers.media import read_archive
from datasets.core.readers.packed import read_gzip
from datasets.core.readers.parquet import read_parquet
from datasets.core.readers.sniff import sniff
from datasets.core.table import Column, Table
from dlstart_web.kit.say import joined, say, say_count

__all__ = ["Column", "Table", "read_table"]

_READERS = {
    "csv": read_csv,
    "parquet": read_parquet,
    "arff": read_arff,
    "gzip": read_gzip,
    "zip": read_archive,
}


def read_table(
    source: Path,
    *,
    file_name: str,
    out: Path,
    limits: Limits,
    corrections: Corrections | None = None,
    progress: Callable[[float], None] | None = None,
) -> Table:
    """Read an upload, whatever its name says, and write it as one typed Parquet file in row order.

    Parameters
    ----------
    source : Path
        The uploaded bytes.
    file_name : str
        The name it came with; used in words only.
    out : Path
        The Parquet file to write. Whole numbers are Int64, others Float64, words String (NFC, no blanks around them),
        dates Date or Datetime in UTC, pictures and sounds Binary; missing, infinite and not-a-number cells are null.
    limits : Limits
    corrections : Corrections, optional
        What somebody said about how the file is to be read.
    progress : callable, optional
        Called with the share of the work done, from 0 to 1.

    Returns
    -------
    Table

    Raises
    ------
    DataProblem
        With status 415 for another kind of file, 413 for one over a limit, 422 for a fault in the content. Then `out`
        is not there.
    """
    try:
        _refuse_size(source, limits)
        table = _READERS[sniff(source, file_name)](
            source,
            out=out,
            limits=limits,
            corrections=corrections or Corrections(),
            progress=progress or (lambda share: None),
        )
        if table.rows < limits.least_rows:
            raise too_few_rows(table.rows, limits)
    except BaseException as error:
        out.unlink(missing_ok=True)
        if isinstance(error, DataProblem):
            error.next = joined(" ", [error.next, NOTHING_STORED]) if error.next else NOTHING_STORED
        raise
    return table


def too_few_rows(rows: int, limits: Limits) -> DataProblem:
    """The refusal of a table too short to be divided."""
    return DataProblem(
        "TOO_FEW_ROWS",
        say_count(
            rows,
            "The file has {count} row; at least {least} are needed to split it.",
            "The file has {count} rows; at least {least} are needed to split it.",
            least=limits.least_rows,
        ),
        limit=limits.least_rows,
        found=rows,
        next=say("Add rows."),
    )


def _refuse_size(source: Path, limits: Limits) -> None:
    size = source.stat().st_size
    if size > limits.upload:
        raise DataProblem(
            "TOO_LARGE",
            say("The file has {size:,} bytes; at most {upload:,} are read.", size=size, upload=limits.upload),
            413,
            limit=limits.upload,
            found=size,
            next=say("Send fewer rows or columns, or Parquet, which is smaller."),
        )
