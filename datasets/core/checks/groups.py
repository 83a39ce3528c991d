"""Groups that hold a large share of the rows."""

from collections.abc import Iterator

import polars as pl

from datasets.core.checks.context import Context
from datasets.core.errors import shown
from datasets.core.findings import Finding
from datasets.core.table import col
from dlstart_web.kit.say import say

LARGE = 0.2


def large_groups(look: Context) -> Iterator[Finding]:
    """A group above a fifth of the rows bends the shares of the parts."""
    if look.group is None:
        return
    counts = (
        pl.scan_parquet(look.path, glob=False).group_by(col(look.group).alias("group")).len().drop_nulls().collect()
    )
    for name, rows in counts.filter(pl.col("len") > LARGE * len(look.y)).sort("len", descending=True).iter_rows():
        share = say("{rows:.0%} of {y:,} rows", rows=rows / len(look.y), y=len(look.y))
        message = say("Group '{name}' has {share}; a group is never divided.", name=shown(name), share=share)
        yield Finding("D301", "look", look.group, message, {"group": str(name), "rows": rows})
