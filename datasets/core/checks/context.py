"""What the checks look at: labels of all rows, and a fixed sample of the features for what needs several passes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from datasets.core.corrections import Kind
from datasets.core.errors import DataProblem, shown
from datasets.core.readers.types import kind_of
from datasets.core.table import col, require_columns
from datasets.core.target import coded
from dlstart_web.kit.say import say

SAMPLE_ROWS = 200_000
SAMPLE_CELLS = 20_000_000  # a very wide table is sampled more thinly


@dataclass(frozen=True)
class Context:
    """One table seen with one target.

    Parameters
    ----------
    path : Path
    schema : Schema
    target, task : str
    group, time : str or None
    features : list of str
        All columns but the target, the group, those dropped and the media.
    media : list of str
        Columns of pictures or sounds.
    y : ndarray of shape (n_rows,)
        Class codes, -1 where the label is missing; or numbers, NaN where missing.
    classes : list of str
        Labels in the order of their codes; empty for a number.
    sample : DataFrame
        Features of the sampled rows that have a label.
    sample_rows : ndarray of int
        Their row numbers, ascending.
    kinds : mapping of str to Kind
        Those that are known: see `kind`.
    merged : dict of str to str
        Spellings of labels and the label each is read as.
    looked_at : dict of code to int
        Rows that a check looked at, noted by those that take fewer than the sample holds: see `sampled`.
    columns_looked_at : dict of code to (int, int)
        Number columns that a check looked at, and how many there are.
    """

    path: Path
    schema: pl.Schema
    target: str
    task: str
    group: str | None
    time: str | None
    features: list[str]
    media: list[str]
    y: np.ndarray
    classes: list[str]
    sample: pl.DataFrame
    sample_rows: NDArray[np.int64]
    kinds: Mapping[str, Kind]
    merged: Mapping[str, str]
    looked_at: dict[str, int] = field(default_factory=dict)
    columns_looked_at: dict[str, tuple[int, int]] = field(default_factory=dict)

    def kind(self, name: str) -> Kind:
        """What a feature is, as people were shown it; by its cells where nobody was."""
        if name in self.kinds:
            return self.kinds[name]
        cells = self.sample[name] if name in self.sample.columns else None
        return kind_of(self.schema[name], cells)

    @property
    def labelled(self) -> NDArray[np.bool_]:
        """Which rows have a label."""
        return ~np.isnan(self.y) if self.task == "regression" else self.y >= 0

    @property
    def sample_y(self) -> np.ndarray:
        """Labels of the sampled rows."""
        return self.y[self.sample_rows]

    def columns(self, names: Sequence[str]) -> list[pl.Expr]:
        """These columns, for `sample.select`."""
        return [col(name) for name in names]


def look_at(
    path: Path,
    *,
    target: str,
    task: str,
    group: str | None,
    time: str | None,
    drop: Sequence[str],
    kinds: Mapping[str, Kind],
    merged: Mapping[str, str],
) -> Context:
    """Read what the checks need; DataProblem if a column is not there or the target has no value."""
    schema = require_columns(path, [name for name in (target, group, time, *drop) if name])
    media = [name for name, dtype in schema.items() if dtype == pl.Binary]
    features = [name for name in schema if name not in {target, group, *drop, *media}]
    scan = pl.scan_parquet(path, glob=False)
    labels = scan.select(col(target)).collect().to_series()
    if labels.null_count() == len(labels):
        raise DataProblem(
            "NO_LABELS",
            say("Column '{target}' has no value in any of {labels:,} rows.", target=shown(target), labels=len(labels)),
            where=say("column {target}", target=shown(target)),
            found=0,
            next=say("Choose the column that holds the labels."),
        )
    y: np.ndarray
    classes: list[str] = []
    if task == "regression":
        y = labels.cast(pl.Float64, strict=False).fill_null(float("nan")).to_numpy()
    else:
        names, codes = coded(labels, merged)
        classes, y = names.to_list(), codes.fill_null(-1).to_numpy()
    labelled = np.flatnonzero(labels.is_not_null().to_numpy())
    wanted = min(SAMPLE_ROWS, SAMPLE_CELLS // max(1, len(features)))
    if len(labelled) > wanted:
        labelled = np.sort(np.random.default_rng(0).choice(labelled, wanted, replace=False))
    chosen = np.zeros(len(labels), bool)
    chosen[labelled] = True
    marks = pl.LazyFrame({"\0chosen": chosen})
    cells = [scan.select(map(col, features))] if features else []
    sample = (
        pl.concat([*cells, marks], how="horizontal", strict=True)
        .filter(pl.col("\0chosen"))
        .drop("\0chosen")
        .collect(engine="streaming")
    )
    return Context(
        path, schema, target, task, group, time, features, media, y, classes, sample, labelled, kinds, merged
    )
