"""Columns that hold nothing, one thing, or little."""

from collections.abc import Iterator

import polars as pl

from datasets.core.checks.context import Context
from datasets.core.errors import shown
from datasets.core.findings import Finding, Severity
from datasets.core.table import col, missing_counts
from dlstart_web.kit.say import say

TIP_ABOVE, LOOK_ABOVE = 0.2, 0.5


def gaps(look: Context) -> Iterator[Finding]:
    """Empty columns, constant ones, and those with many missing values."""
    missing_in = missing_counts(look.path, look.features)
    # what differs in the sample differs in the whole
    alike = [name for name in look.features if look.sample[name].drop_nulls().n_unique() <= 1]
    scan = pl.scan_parquet(look.path, glob=False)
    same = [(col(name).min() == col(name).max()).alias(name) for name in alike]
    constant = scan.select(same).collect(engine="streaming").row(0, named=True) if same else {}
    rows = len(look.y)
    for name in look.features:
        missing = missing_in[name]
        evidence = {"rows": missing, "share": round(missing / rows, 4)}
        if missing == rows:
            yield Finding("D105", "look", name, say("Column '{name}' has no value at all.", name=shown(name)), evidence)
            continue
        if constant.get(name):
            where = (
                say("every row")
                if not missing
                else say("each of the {rows:,} rows where it is not missing", rows=rows - missing)
            )
            yield Finding(
                "D104",
                "tip",
                name,
                say("Column '{name}' has one value in {where}.", name=shown(name), where=where),
                evidence,
            )
        if missing > TIP_ABOVE * rows:
            severity: Severity = "look" if missing > LOOK_ABOVE * rows else "tip"
            message = say(
                "Column '{name}' lacks a value in {missing:.0%} of {rows:,} rows.",
                name=shown(name),
                missing=missing / rows,
                rows=rows,
            )
            yield Finding("D106", severity, name, message, evidence)
