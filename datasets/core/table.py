"""A table as the readers leave it: one typed Parquet file, and what each column is."""

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq

from datasets.core.corrections import Kind
from datasets.core.errors import DataProblem, shown
from datasets.core.findings import Finding
from datasets.core.limits import Limits
from dlstart_web.kit.say import say, say_count

# Words that mean "no value" in a CSV cell: pandas' list and the question mark.
MISSING_WORDS = (
    *("?", "NA", "N/A", "n/a", "#N/A", "#NA", "<NA>", "NULL", "null", "None"),
    *("NaN", "nan", "-NaN", "-nan", "1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN"),
)

# the typed table is read several times and kept for a while only: packed fast rather than small
HELD: dict[str, Any] = {"compression": "lz4"}
CELLS_A_BATCH = 8_000_000
COLUMNS_AT_ONCE = 250  # the work for one plan grows faster than its columns
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
    orders: dict[str, str] = field(default_factory=dict)  # by column: which of day and month comes first in its cells


def col(name: str) -> pl.Expr:
    """The column of exactly this name: to Polars itself, "*" and "^...$" mean several."""
    return pl.col(f"^{re.escape(name)}$") if name == "*" or (name[:1], name[-1:]) == ("^", "$") else pl.col(name)


def cell_too_long(name: str, length: int, limits: Limits) -> DataProblem:
    """The refusal of a cell over the limit."""
    return DataProblem(
        "CELL_TOO_LONG",
        say(
            "A cell in column '{name}' has {length:,} bytes; at most {cell:,} are read.",
            name=shown(name),
            length=length,
            cell=limits.cell,
        ),
        413,
        where=say("column {name}", name=shown(name)),
        limit=limits.cell,
        found=length,
        next=say("Shorten the cell, or leave the column out."),
    )


def not_finite(name: str, count: int) -> Finding:
    """The finding of infinite numbers in a column."""
    message = say_count(
        count,
        "{count:,} value in '{name}' not finite, treated as missing.",
        "{count:,} values in '{name}' not finite, treated as missing.",
        name=shown(name),
    )
    return Finding("D102", "look", name, message, {"cells": count})


def in_blocks(names: Sequence[str], rows: int = 0) -> Iterator[Sequence[str]]:
    """So many columns that one plan takes them well and, where they are held in memory, that so many rows of them fit."""
    size = max(1, min(COLUMNS_AT_ONCE, CELLS_A_BATCH // max(1, rows)))
    return (names[start : start + size] for start in range(0, len(names), size))


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


def missing_counts(path: Path, names: Sequence[str]) -> dict[str, int]:
    """Cells without a value in each of these columns, from the footer of the Parquet file that a reader wrote."""
    footer = pq.read_metadata(path)
    places = {name: place for place, name in enumerate(footer.schema.names)}
    groups = [footer.row_group(place) for place in range(footer.num_row_groups)]
    return {name: sum(group.column(places[name]).statistics.null_count for group in groups) for name in names}


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
    hint = (
        say("Did you mean '{lower}'?", lower=shown(lower[nearest[0]])) if nearest else say("Name one of these columns.")
    )
    listed = ", ".join(shown(each, 40) for each in names[:12]) + (", …" if len(names) > 12 else "")
    return DataProblem(
        "NO_SUCH_COLUMN",
        say("There is no column '{name}'; the columns are {listed}.", name=shown(name), listed=listed),
        found=shown(name),
        next=hint,
    )
