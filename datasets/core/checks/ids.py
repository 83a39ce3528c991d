"""Columns that number or name the rows: of no use for new rows, and sometimes a leak."""

import numpy as np
import polars as pl
from scipy.stats import spearmanr

from datasets.core.checks.context import Context
from datasets.core.errors import shown
from datasets.core.findings import Finding
from datasets.core.table import col
from dlstart_web.kit.say import say

DISTINCT_SHARE, LEAST_ROWS = 0.98, 100
ROW_ORDER = 0.999


def id_like(look: Context) -> list[Finding]:
    """Words or whole numbers that hardly repeat, or whole numbers in the order of the rows.

    Numbers with fractions, dates, sentences and the time column are exempt.
    """
    findings = []
    for name in look.features:
        cells = look.sample[name]
        if name == look.time or not (cells.dtype.is_integer() or look.kind(name) == "category"):
            continue
        share = _distinct_share(look, name)
        if share >= DISTINCT_SHARE:
            message = say(
                "Column '{name}' differs in {share:.1%} of rows, like an id; left out of the features.",
                name=shown(name),
                share=share,
            )
            findings.append(Finding("D202", "look", name, message, {"distinct_share": round(share, 4)}))
        elif cells.dtype.is_integer() and (order := _row_order(look, cells)) >= ROW_ORDER:
            message = say(
                "Column '{name}' goes with the order of the rows; left out of the features.", name=shown(name)
            )
            findings.append(Finding("D202", "look", name, message, {"row_order": round(order, 5)}))
    return findings


def _distinct_share(look: Context, name: str) -> float:
    """Distinct values among those not missing, exact; 0 where the sample already repeats too often."""
    cells = look.sample[name].drop_nulls()
    # a sample repeats less often than the whole
    if len(cells) < LEAST_ROWS or cells.n_unique() < DISTINCT_SHARE * len(cells):
        return 0.0
    whole = pl.scan_parquet(look.path, glob=False).select(col(name)).collect().to_series().drop_nulls()
    return float(whole.n_unique() / len(whole))


def _row_order(look: Context, cells: pl.Series) -> float:
    known = cells.is_not_null().to_numpy()
    values = cells.drop_nulls().to_numpy()
    if len(values) < 3 or values.min() == values.max():
        return 0.0
    return abs(float(spearmanr(values, np.asarray(look.sample_rows)[known]).statistic))
