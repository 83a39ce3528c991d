"""What one wants to know of a table before anything else: rows, kinds, gaps, ranges, commonest values."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import polars as pl

from datasets.core.corrections import Kind
from datasets.core.table import Column, col, in_blocks, require_columns, row_count
from datasets.core.target import label_texts

TOP = 20
FIGURES = ("min", "max", "mean")
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
    rows = row_count(path)
    kinds = {column.name: column.kind for column in columns}
    found = {name: facts for block in in_blocks(list(kinds)) for name, facts in _facts(scan, block, kinds).items()}
    few = [name for name in kinds if found[name]["distinct"] <= COUNTED_EXACTLY]
    for block in in_blocks(few, rows):
        for cells in scan.select(map(col, block)).collect():
            found[cells.name] |= _counts(cells.drop_nulls(), kinds[cells.name])
    return {"rows": rows, "columns": [column.as_dict() | found[column.name] for column in columns]}


def _facts(scan: pl.LazyFrame, names: Sequence[str], kinds: Mapping[str, Kind]) -> dict[str, dict[str, Any]]:
    """What one pass tells of some columns."""
    wanted: list[pl.Expr] = []
    for name in names:
        cell = col(name)
        facts = {"missing": cell.null_count(), "distinct": cell.drop_nulls().approx_n_unique()}
        if kinds[name] in ("number", "date"):
            facts |= {"min": cell.min(), "max": cell.max()}
        if kinds[name] == "number":
            facts["mean"] = cell.mean()
        wanted.append(pl.struct([fact.alias(key) for key, fact in facts.items()]).alias(name))
    row = scan.select(wanted).collect(engine="streaming").row(0, named=True)
    return {
        name: {key: _figure(value) if key in FIGURES else value for key, value in facts.items()}
        for name, facts in row.items()
    }


def _counts(cells: pl.Series, kind: Kind) -> dict[str, Any]:
    """How many values a column has; of categories also the commonest, equals by value."""
    if kind not in ("category", "boolean"):
        return {"distinct": cells.n_unique()}
    counts = cells.rename("value").value_counts().sort("count", "value", descending=[True, False])
    return {"distinct": len(counts), "top": [[value, rows] for value, rows in counts.head(TOP).iter_rows()]}


def _figure(value: Any) -> Any:
    """A number to four digits, a time in ISO 8601."""
    if isinstance(value, (int, float)):
        return float(f"{value:.3e}")
    return value.isoformat() if hasattr(value, "isoformat") else value


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
