"""Whole numbers that may be codes, where more and less mean nothing."""

import re
from collections.abc import Container, Iterator, Mapping
from itertools import pairwise
from math import gcd
from pathlib import Path
from typing import Any

import polars as pl

from datasets.core.errors import shown
from datasets.core.findings import Finding
from datasets.core.table import col

MOST_VALUES, ROWS_A_VALUE = 32, 10
FEWEST_VALUES = 4
FILLED = 0.5  # of the range: codes leave gaps, counts and grades hardly any
EVEN = 2.0  # the commonest value over the rarest: counts thin out towards their end, months do not
CALLED_CODES = {
    *("code", "codes", "zip", "zipcode", "postcode", "postal", "plz", "kind", "type", "category", "class", "cluster"),
    *("region", "district", "sector", "month", "weekday", "channel", "store", "shop", "branch", "department", "dept"),
}


def numeric_codes(path: Path, profile: Mapping[str, Any], *, settled: Container[str] = ()) -> Iterator[Finding]:
    """Whole numbers that repeat and are called a code, leave large gaps, or come equally often.

    Parameters
    ----------
    path : Path
        Typed Parquet file.
    profile : mapping
        As `profile_table` gives it.
    settled : container of str
        Columns whose kind somebody chose.
    """
    schema = pl.scan_parquet(path, glob=False).collect_schema()
    for column in profile["columns"]:
        name = column["name"]
        rows = profile["rows"] - column["missing"]
        if column["kind"] != "number" or name in settled or not schema[name].is_integer():
            continue
        if not FEWEST_VALUES <= column["distinct"] <= rows / ROWS_A_VALUE:
            continue
        if why := _why(path, name, column):
            message = f"Column '{shown(name)}' holds {column['distinct']:,} different whole numbers {why}. "
            message += "If they are codes, make it a category."
            yield Finding("D111", "tip", name, message, {"distinct": column["distinct"]})


def _why(path: Path, name: str, column: Mapping[str, Any]) -> str:
    words = re.sub(r"([a-z])([A-Z])", r"\1 \2", name).lower()
    if CALLED_CODES & set(re.split(r"[^a-z]+", words)):
        return "and is called like a code"
    if column["distinct"] > MOST_VALUES:
        return ""
    counts = pl.scan_parquet(path, glob=False).select(col(name).alias("x")).drop_nulls().group_by("x").len().collect()
    values = counts["x"].sort().to_list()
    steps = [after - before for before, after in pairwise(values)]
    places = (values[-1] - values[0]) // gcd(*steps) + 1
    if len(values) < FILLED * places and not _grows(values):
        return "with gaps between them"
    rows = counts["len"].to_numpy()
    spread = rows.max() / rows.min()
    return "that come almost equally often" if spread <= EVEN and steps == [1] * len(steps) else ""


def _grows(values: list[int]) -> bool:
    """Whether each is a large step above the one before, as sizes and doses are: 1, 2, 5, 10, 20, 50."""
    positive = [value for value in values if value > 0]
    return len(positive) >= len(values) - 1 and all(b >= 1.5 * a for a, b in pairwise(positive))
