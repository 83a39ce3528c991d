"""A table as the readers leave it: one typed Parquet file, and what each column is."""

import difflib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq

from datasets.core.corrections import Kind
from datasets.core.errors import DataProblem, shown
from datasets.core.findings import Finding
from datasets.core.limits import Limits

# Words that mean "no value" in a CSV cell: pandas' list and the question mark.
MISSING_WORDS = (
    *("?", "NA", "N/A", "n/a", "#N/A", "#NA", "<NA>", "NULL", "null", "None"),
    *("NaN", "nan", "-NaN", "-nan", "1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN"),
)

# the typed table is read several times and kept for a while only: packed fast rather than small
HELD: dict[str, Any] = {"compression": "lz4"}
CELLS_A_BATCH = 8_000_000
HELD_BYTES = 64 * 2**20  # of a row group


@dataclass(frozen=True)
class Column:
    """A column's name and kind."""

    name: str
    kind: Kind

    def as_dict(self) -> dict[str, str]:
        """The column as JSON-able fields."""
        return {"name": self.name, "kind": self.kind}


@dataclass(frozen=True)
class Table:
    """What a reader says of the Parquet file it wrote."""

    rows: int
    columns: list[Column]
    findings: list[Finding]
    head: dict[str, Any] | None = None  # Heading.as_dict(), where the format leaves it open where the table begins


def col(name: str) -> pl.Expr:
    """The column of exactly this name: to Polars itself, "*" and "^...$" mean several."""
    return pl.col(f"^{re.escape(name)}$") if name == "*" or (name[:1], name[-1:]) == ("^", "$") else pl.col(name)


def cell_too_long(name: str, length: int, limits: Limits) -> DataProblem:
    """The refusal of a cell over the limit."""
    return DataProblem(
        "CELL_TOO_LONG",
        f"A cell in column '{shown(name)}' has {length:,} bytes; at most {limits.cell:,} are read.",
        413,
        where=f"column {shown(name)}",
        limit=limits.cell,
        found=length,
        next="Shorten the cell, or leave the column out.",
    )


def not_finite(name: str, count: int) -> Finding:
    """The finding of infinite numbers in a column."""
    message = f"{count:,} value{'s' * (count > 1)} in '{shown(name)}' not finite, treated as missing."
    return Finding("D102", "look", name, message, {"cells": count})


def group_rows(columns: int) -> int:
    """Rows of a row group in the files written, by the number of columns."""
    return max(128, min(32_768, CELLS_A_BATCH // 4 // max(1, columns)))


def held_rows(path: Path, columns: int, *, groups: int = 1) -> int:
    """Rows of so many row groups: 32,768 each, fewer where the table is wide or, as with pictures, its cells are large."""
    metadata = pq.read_metadata(path)
    size = sum(metadata.row_group(place).total_byte_size for place in range(metadata.num_row_groups))
    by_bytes = HELD_BYTES * int(metadata.num_rows) // max(1, size)
    return int(groups * max(1, min(group_rows(columns), by_bytes)))


def row_count(path: Path) -> int:
    """Rows of a Parquet file, from its footer."""
    return int(pq.read_metadata(path).num_rows)


def require_columns(path: Path, names: list[str]) -> pl.Schema:
    """The table's schema; DataProblem if a name is not in it."""
    schema = pl.scan_parquet(path).collect_schema()
    for name in names:
        if name not in schema:
            raise no_such_column(name, list(schema))
    return schema


def no_such_column(name: str, names: list[str]) -> DataProblem:
    """The refusal of a column that is not there, with the nearest names."""
    lower = {each.lower(): each for each in names}
    nearest = difflib.get_close_matches(name.lower(), list(lower), n=1)
    hint = f"Did you mean '{shown(lower[nearest[0]])}'?" if nearest else "Name one of these columns."
    listed = ", ".join(shown(each, 40) for each in names[:12]) + (", …" if len(names) > 12 else "")
    return DataProblem(
        "NO_SUCH_COLUMN",
        f"There is no column '{shown(name)}'; the columns are {listed}.",
        found=shown(name),
        next=hint,
    )
