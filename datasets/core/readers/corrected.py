"""A typed table written again where somebody chose other kinds than its file has."""

from pathlib import Path

import polars as pl

from datasets.core.corrections import SET_ASIDE, Choice, Corrections
from datasets.core.readers.types import chosen, cleaned, does_not_fit, is_open, which_order
from datasets.core.table import HELD, Column, col, group_rows
from datasets.core.target import label_texts


def corrected(table: Path, columns: list[Column], corrections: Corrections) -> list[Column]:
    """Give the columns the kinds chosen for them; the table is written again if a type changes.

    Raises
    ------
    DataProblem
        For a kind that does not fit the cells.
    """
    kinds = corrections.kinds
    scan = pl.scan_parquet(table, glob=False)
    schema = scan.collect_schema()
    changed = {
        column.name: _cast(scan.select(col(column.name)).collect().to_series(), kinds[column.name])
        for column in columns
        if column.name in kinds and not _has_kind(schema[column.name], kinds[column.name])
    }
    if changed:
        kept = scan.select(col(name) for name in schema if name not in changed)
        fresh = table.with_suffix(".corrected")
        pl.concat([kept, pl.LazyFrame(changed)], how="horizontal", strict=True).select(map(col, schema)).sink_parquet(
            fresh, row_group_size=group_rows(len(columns)), **HELD
        )
        fresh.replace(table)
    return [Column(column.name, corrections.kind(column.name) or column.kind) for column in columns]


def _has_kind(dtype: pl.DataType, kind: Choice) -> bool:
    if kind in SET_ASIDE:
        return True
    if kind in ("category", "text"):
        return dtype == pl.String
    if kind == "boolean":
        return dtype == pl.Boolean
    return dtype.is_numeric() if kind == "number" else dtype.is_temporal()


def _cast(cells: pl.Series, kind: Choice) -> pl.Series:
    """The column read again from its texts, in the first way that fits all of them."""
    name = cells.name
    frame = pl.DataFrame({"x": label_texts(cells)}).select(cleaned(pl.col("x")))
    misfit = frame
    readings = chosen(name, kind, frame["x"])
    if is_open(readings):
        raise which_order(name)
    for reading in readings:
        typed = frame.select(reading.cast(pl.col("x"))).to_series()
        misfit = frame.filter(typed.is_null()).drop_nulls()
        if misfit.is_empty():
            return typed.alias(name)
    raise does_not_fit(name, kind, misfit.to_series())
