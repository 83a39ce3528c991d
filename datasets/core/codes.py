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
from datasets.core.table import col, in_blocks
from dlstart_web.kit.say import say

MOST_VALUES, ROWS_A_VALUE = 32, 10
FEWEST_VALUES = 4
FILLED = 0.5  # of the range: codes leave gaps, counts and grades hardly any
YEARS = (1800, 2200)
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
    scan = pl.scan_parquet(path, glob=False)
    schema = scan.collect_schema()
    distinct: dict[str, int] = {}
    for column in profile["columns"]:
        name = column["name"]
        rows = profile["rows"] - column["missing"]
        if column["kind"] != "number" or name in settled or not schema[name].is_integer():
            continue
        if FEWEST_VALUES <= column["distinct"] <= rows / ROWS_A_VALUE:
            distinct[name] = column["distinct"]
    reasons = {name: say("and is called like a code") for name in distinct if _is_called_a_code(name)}
    others = [name for name in distinct if name not in reasons and distinct[name] <= MOST_VALUES]
    for block in in_blocks(others, profile["rows"]):
        for cells in scan.select(map(col, block)).collect():
            reasons[cells.name] = _why(cells.drop_nulls())
    for name, count in distinct.items():
        if why := reasons.get(name):
            message = say(
                "Column '{name}' holds {count:,} different whole numbers {why}. If they are codes, make it a category.",
                name=shown(name),
                count=count,
                why=why,
            )
            yield Finding("D111", "tip", name, message, {"distinct": count})


def _is_called_a_code(name: str) -> bool:
    words = re.sub(r"([a-z])([A-Z])", r"\1 \2", name).lower()
    return bool(CALLED_CODES & set(re.split(r"[^a-z]+", words)))


def _why(cells: pl.Series) -> str:
    counts = cells.rename("x").value_counts().sort("x")
    values, often = counts["x"].to_list(), counts["count"].to_list()
    if len(cells) - max(often) < ROWS_A_VALUE * len(values):
        return ""  # nearly always the same, as the area of a pool that few houses have
    steps = [after - before for before, after in pairwise(values)]
    places = (values[-1] - values[0]) // gcd(*steps) + 1
    if len(values) < FILLED * places and not _grows(values):
        return say("with gaps between them")
    even = (
        max(often) <= EVEN * min(often)
        and steps == [1] * len(steps)
        and not (YEARS[0] <= values[0] and values[-1] <= YEARS[1])
    )
    return say("that come almost equally often") if even else ""


def _grows(values: list[int]) -> bool:
    """Whether each is a large step above the one before, as sizes and doses are: 1, 2, 5, 10, 20, 50."""
    positive = [value for value in values if value > 0]
    return len(positive) >= len(values) - 1 and all(b >= 1.5 * a for a, b in pairwise(positive))
