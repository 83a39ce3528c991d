"""Columns that hold nothing, one thing, or little."""

from collections.abc import Iterator

import polars as pl

from datasets.core.checks.context import Context
from datasets.core.errors import shown
from datasets.core.findings import Finding, Severity
from datasets.core.table import col

TIP_ABOVE, LOOK_ABOVE = 0.2, 0.5


def gaps(look: Context) -> Iterator[Finding]:
    """Empty columns, constant ones, and those with many missing values."""
    scan = pl.scan_parquet(look.path, glob=False)
    wanted = []
    for place, name in enumerate(look.features):
        wanted.append(col(name).null_count().alias(f"{place} missing"))
        # what differs in the sample differs in the whole
        if look.sample[name].drop_nulls().n_unique() <= 1:
            wanted.append((col(name).min() == col(name).max()).alias(f"{place} constant"))
    found = scan.select(wanted or [pl.lit(0)]).collect(engine="streaming").row(0, named=True)
    rows = len(look.y)
    for place, name in enumerate(look.features):
        missing = found[f"{place} missing"]
        evidence = {"rows": missing, "share": round(missing / rows, 4)}
        if missing == rows:
            yield Finding("D105", "look", name, f"Column '{shown(name)}' has no value at all.", evidence)
            continue
        if found.get(f"{place} constant"):
            where = "every row" if not missing else f"each of the {rows - missing:,} rows where it is not missing"
            yield Finding("D104", "tip", name, f"Column '{shown(name)}' has one value in {where}.", evidence)
        if missing > TIP_ABOVE * rows:
            severity: Severity = "look" if missing > LOOK_ABOVE * rows else "tip"
            message = f"Column '{shown(name)}' lacks a value in {missing / rows:.0%} of {rows:,} rows."
            yield Finding("D106", severity, name, message, evidence)
