"""What one looks at before a model does: how the values of each column lie in train and validation, and by class.

Worked out once, when a version is sealed, from its open parts alone: no row of a sealed part is ever read for it.
"""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from datasets.core.canonical import batches
from datasets.core.panels import OTHERS
from datasets.core.table import Column, col, row_count

ROWS = 50_000  # of each part; of more, every k-th
COLUMNS = 60  # the label and the first features
BINS, VALUES, CLASSES = 20, 12, 6
SHOWN_ROWS, SHOWN_COLUMNS, SHOWN_LETTERS = 20, 30, 80
WRITTEN = ("number", "category", "boolean", "text", "date", "id")  # kinds whose cells are words or numbers


def look_over(train: Path, validation: Path, *, columns: Sequence[Column], target: str, task: str) -> dict[str, Any]:
    """Figures of the open parts, JSON-able and small.

    Parameters
    ----------
    train, validation : Path
        The Parquet files of the open parts, with their labels.
    columns : sequence of Column
        Label and features, with their kinds.
    target : str
    task : {"binary", "multiclass", "regression"}

    Returns
    -------
    dict
        `{"rows": {part: rows used}, "every": {part: k}, "columns": [...], "left_out": columns not drawn, "sample"}`. A
        column has `name`, `kind`, `missing` ({part: rows}), `shape` ("bins": `x` holds edges, the outermost bins all
        that lies beyond; "values": `x` holds values; "none"), `parts` and `classes` ({name: rows for each x}, classes
        in train), `middle` ({name: median}) for bins, `unit` ("characters" or "time" where it is not the column's own).
        `sample` is `{"columns": names, "rows": [[text]]}`, of train.
    """
    paths = {"train": train, "validation": validation}
    every = {part: max(1, math.ceil(row_count(path) / ROWS)) for part, path in paths.items()}
    chosen = sorted(columns, key=lambda column: column.name != target)[:COLUMNS]
    cells = [_cell(column) for column in chosen]
    frames = {part: _read(path, [column.name for column in chosen], cells, every[part]) for part, path in paths.items()}
    labels = None if task == "regression" else _labels(frames["train"][target])
    return {
        "rows": {part: len(frame) for part, frame in frames.items()},
        "every": every,
        "columns": [
            _column(column, {part: frame[column.name] for part, frame in frames.items()}, labels) for column in chosen
        ],
        "left_out": len(columns) - len(chosen),
        "sample": _sample(train, chosen),
    }


def _read(path: Path, names: Sequence[str], cells: Sequence[pl.Expr], every: int) -> pl.DataFrame:
    """Every k-th row, a batch of the file in memory at a time."""
    pieces, start = [], 0
    for frame in batches(path, names):
        pieces.append(frame.gather_every(every, -start % every).select(cells))
        start += len(frame)
    return pl.concat(pieces)


def _labels(labels: pl.Series) -> dict[str, NDArray[np.bool_]]:
    """Which rows are of the commonest classes; of more than six, the rest together."""
    common = labels.drop_nulls().value_counts(sort=True)[labels.name].to_list()
    own = common if len(common) <= CLASSES else common[: CLASSES - 1]
    of_class = {name: (labels == name).fill_null(False).to_numpy() for name in sorted(own)}
    if len(own) < len(common):
        of_class[OTHERS] = (~labels.is_in(own)).fill_null(False).to_numpy()
    return of_class


def _cell(column: Column) -> pl.Expr:
    """What is counted of a column."""
    cell = col(column.name)
    if column.kind == "number":
        return cell.cast(pl.Float64)
    if column.kind == "date":
        return cell.cast(pl.Datetime("us")).cast(pl.Int64).cast(pl.Float64) / 1e3
    if column.kind == "text":
        return cell.cast(pl.String).str.len_chars().cast(pl.Float64)
    if column.kind in ("category", "boolean", "id"):
        return cell.cast(pl.String)
    # pictures are shown, not counted
    return cell.is_null().replace_strict({True: None, False: "there"}, return_dtype=pl.String)


def _column(
    column: Column, values: Mapping[str, pl.Series], labels: dict[str, NDArray[np.bool_]] | None
) -> dict[str, Any]:
    unit = {"date": "time", "text": "characters"}.get(column.kind, "")
    described: dict[str, Any] = {
        **column.as_dict(),
        "unit": unit,
        "missing": {part: series.null_count() for part, series in values.items()},
    }
    groups = dict(values) | {(name,): values["train"].filter(pl.Series(rows)) for name, rows in (labels or {}).items()}
    counted = {name: series.drop_nulls() for name, series in groups.items()}
    if not len(counted["train"]):
        return described | {"shape": "none", "x": [], "parts": {}, "classes": {}, "middle": {}}
    few = counted["train"].n_unique() <= VALUES and unit != "time"
    if counted["train"].dtype == pl.Float64 and not few:
        edges, rows = _bins(counted)
        x: list[Any] = list(edges)
        middle = {_name(name): _rounded(series.median()) for name, series in counted.items() if len(series)}
        shape = "bins"
    else:
        names, rows = _values(counted)
        x = list(names)
        middle, shape = {}, "values"
    return described | {
        "shape": shape,
        "x": x,
        "parts": {name: count for name, count in rows.items() if isinstance(name, str)},
        "classes": {name[0]: count for name, count in rows.items() if isinstance(name, tuple)},
        "middle": middle,
    }


def _name(name: str | tuple[str]) -> str:
    """Of a part as it is, of a class with a mark, since a class may be called train."""
    return name if isinstance(name, str) else f"class {name[0]}"


def _bins(counted: dict[Any, pl.Series]) -> tuple[list[float], dict[Any, list[int]]]:
    """Twenty bins of one width over the middle 99% of train; the outermost take what lies beyond."""
    train = counted["train"]
    low, high = train.quantile(0.005), train.quantile(0.995)
    if low is None or high is None or not low < high:
        low, high = float(train.min()), float(train.max())  # type: ignore[arg-type]
    edges = np.linspace(low, high, BINS + 1)
    rows = {
        name: np.histogram(np.clip(series.to_numpy(), low, high), edges)[0].tolist() for name, series in counted.items()
    }
    return [_rounded(edge) for edge in edges], rows


def _values(counted: dict[Any, pl.Series]) -> tuple[list[str], dict[Any, list[int]]]:
    """The commonest values of train, the rest together; numbers in their order."""
    train = counted["train"]
    common = train.value_counts(sort=True)[train.name].to_list()[:VALUES]
    common.sort()
    rows = {}
    rest = False
    for name, series in counted.items():
        found = dict(series.value_counts().iter_rows())
        rows[name] = [int(found.get(value, 0)) for value in common]
        rows[name].append(len(series) - sum(rows[name]))
        rest = rest or rows[name][-1] > 0
    x = [in_text(value) for value in common]
    if not rest:
        return x, {name: count[:-1] for name, count in rows.items()}
    return [*x, OTHERS], rows


def _sample(train: Path, columns: Sequence[Column]) -> dict[str, Any]:
    """Rows from all over train, as text."""
    shown = [column for column in columns if column.kind in WRITTEN][:SHOWN_COLUMNS]
    every = max(1, row_count(train) // SHOWN_ROWS)
    scan = pl.scan_parquet(train, glob=False).select(col(column.name) for column in shown)
    rows = pl.concat([scan.slice(at * every, 1).collect() for at in range(SHOWN_ROWS)])
    return {
        "columns": [column.name for column in shown],
        "rows": [[in_text(cell) for cell in row] for row in rows.rows()],
    }


def in_text(value: Any) -> str:
    """A cell as the pages write it; long ones are cut."""
    if value is None:
        return "–"
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return text if len(text) <= SHOWN_LETTERS else f"{text[: SHOWN_LETTERS - 1]}…"


def _rounded(value: Any) -> float:
    return float(f"{float(value):.6g}") if abs(float(value)) < 1e9 else float(value)
