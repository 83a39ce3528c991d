"""What one wants to know of a table before anything else: rows, kinds, gaps, ranges, commonest values."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import polars as pl

from datasets.core.table import Column, col, require_columns, row_count
from datasets.core.target import label_texts

TOP = 20
COUNTED_EXACTLY = 10_000  # distinct values; above, the number is an estimate within some per cent
CLASSES_OF_A_NUMBER = 20


def profile_table(path: Path, columns: Sequence[Column]) -> dict[str, Any]:
    """Describe each column.

    Parameters
    ----------
    path : Path
        Typed Parquet file.
    columns : sequence of Column

    Returns
    -------
    dict
        `{"rows", "columns": [{"name", "kind", "missing", "distinct", ...}]}`, JSON-able. Numbers and dates have `min`,
        `max` and, numbers, `mean`; categories and booleans have `top`, a list of `[value, rows]`. `distinct` is exact
        up to 10,000 values. Figures have four digits: they are for reading, and no cell of a row that will be sealed
        stands among them to the last digit.
    """
    scan = pl.scan_parquet(path, glob=False)
    wanted: list[pl.Expr] = []
    for place, column in enumerate(columns):
        cell = col(column.name)
        wanted.append(cell.null_count().alias(f"{place} missing"))
        wanted.append(cell.drop_nulls().approx_n_unique().alias(f"{place} distinct"))
        if column.kind in ("number", "date"):
            wanted += [cell.min().alias(f"{place} min"), cell.max().alias(f"{place} max")]
        if column.kind == "number":
            wanted.append(cell.mean().alias(f"{place} mean"))
    found = scan.select(wanted).collect(engine="streaming").row(0, named=True)
    few = [place for place in range(len(columns)) if found[f"{place} distinct"] <= COUNTED_EXACTLY]
    counts = dict(zip(few, _value_counts(scan, [columns[place].name for place in few]), strict=True))
    described = []
    for place, column in enumerate(columns):
        entry: dict[str, Any] = {
            **column.as_dict(),
            "missing": found[f"{place} missing"],
            "distinct": len(counts[place]) if place in counts else found[f"{place} distinct"],
        }
        for figure in ("min", "max", "mean"):
            if f"{place} {figure}" in found:
                entry[figure] = _figure(found[f"{place} {figure}"])
        if place in counts and column.kind in ("category", "boolean"):
            entry["top"] = [[value, rows] for value, rows in counts[place].head(TOP).iter_rows()]
        described.append(entry)
    return {"rows": row_count(path), "columns": described}


def _figure(value: Any) -> Any:
    """A number to four digits, a time in ISO 8601."""
    if isinstance(value, (int, float)):
        return float(f"{value:.3e}")
    return value.isoformat() if hasattr(value, "isoformat") else value


def _value_counts(scan: pl.LazyFrame, names: Sequence[str]) -> list[pl.DataFrame]:
    """Values and their rows, commonest first, equals by value."""
    return pl.collect_all(
        [
            scan.select(col(name).alias("value"))
            .drop_nulls()
            .group_by("value")
            .len()
            .sort("len", "value", descending=[True, False])
            for name in names
        ],
        engine="streaming",
    )


def guess_task(
    path: Path, target: str, merged: Mapping[str, str] | None = None
) -> Literal["binary", "multiclass", "regression"]:
    """What is to be predicted, by the values of the target.

    Two values are yes or no; words are classes; whole numbers are classes when there are at most 20 of them with ten
    rows each on average; all else is a number.
    """
    dtype = require_columns(path, [target])[target]
    values = pl.read_parquet(path, columns=[target], glob=False).to_series().drop_nulls()
    if merged and not dtype.is_numeric():
        values = label_texts(values, merged)
    distinct = values.n_unique()
    if distinct == 2:
        return "binary"
    if not dtype.is_numeric():
        return "multiclass"
    whole = dtype.is_integer() or bool((values % 1 == 0).all())
    return "multiclass" if whole and distinct <= min(CLASSES_OF_A_NUMBER, len(values) / 10) else "regression"
