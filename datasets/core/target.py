"""The target column: which rows have a label, what the labels are, and whether they can be divided."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from datasets.core.errors import DataProblem, shown
from datasets.core.findings import Finding
from datasets.core.limits import Limits
from datasets.core.split import Design, deciles


def used_rows(
    table: Path, target: pl.Series, design: Design, findings: list[Finding], limits: Limits
) -> NDArray[np.bool_]:
    """Which rows can be divided: those with a label, and with a time where they are cut by time."""
    used = target.is_not_null().to_numpy().copy()
    if not used.any():
        raise DataProblem(
            "NO_LABELS",
            f"Column '{shown(design.target)}' has no value in any of {len(used):,} rows.",
            found=0,
            next="Choose the column that holds the labels.",
        )
    if design.kind == "time" and design.time:
        timed = pl.read_parquet(table, columns=[design.time], glob=False).to_series().is_not_null().to_numpy()
        if lost := int((used & ~timed).sum()):
            message = f"{lost:,} rows without a time, kept out of all parts."
            findings.append(Finding("D110", "look", design.time, message, {"rows": lost}))
        used &= timed
    if (rows := int(used.sum())) < limits.least_rows:
        raise DataProblem(
            "TOO_FEW_ROWS",
            f"{rows} row{'s' * (rows != 1)} can be used; at least {limits.least_rows} are needed to split.",
            limit=limits.least_rows,
            found=rows,
            next="Add labelled rows.",
        )
    return used


@dataclass(frozen=True)
class Labels:
    """Labels of the rows that are used.

    Parameters
    ----------
    values : ndarray of shape (n_rows,)
        Codes of the classes, in the order of their names; or numbers.
    names : list of str
        The classes in order; empty for a number.
    """

    values: np.ndarray
    names: list[str]

    def strata(self) -> NDArray[np.int64]:
        """Class codes; for a number, its decile."""
        return self.values.astype(np.int64) if self.names else deciles(self.values)

    def take(self, rows: NDArray[np.int64]) -> np.ndarray:
        """Labels of some rows: texts for classes, float64 for a number."""
        chosen: np.ndarray = np.array(self.names)[self.values[rows]] if self.names else self.values[rows]
        return chosen

    def series(self, rows: NDArray[np.int64]) -> pl.Series:
        """As `take`, for a table."""
        return pl.Series(self.names).gather(self.values[rows]) if self.names else pl.Series(self.values[rows])


def label_texts(target: pl.Series, merged: Mapping[str, str] | None = None) -> pl.Series:
    """Labels of classes as texts: whole numbers without a point, true and false; merged spellings as their label."""
    texts = _texts(target)
    return texts.replace(list(merged), list(merged.values())) if merged else texts


def _texts(target: pl.Series) -> pl.Series:
    if target.dtype.is_float() and bool((target.drop_nulls() % 1 == 0).all()):
        target = target.cast(pl.Int64, strict=False)
    if target.dtype.is_temporal():
        return target.dt.to_string("iso:strict")
    return target.cast(pl.String)


def labels_of(target: pl.Series, design: Design, limits: Limits) -> Labels:
    """The labels of classes by their texts, or numbers; DataProblem if they are not what the task wants."""
    if design.task == "regression":
        if not target.dtype.is_numeric():
            example = shown(target[0], 40)
            raise DataProblem(
                "TARGET_NOT_A_NUMBER",
                f"Column '{shown(design.target)}' holds '{example}'; a number is to be predicted and this is none.",
                where=f"column {shown(design.target)}",
                found=example,
                next="Choose classes as the task, or another target.",
            )
        return Labels(target.cast(pl.Float64).to_numpy(), [])
    texts = label_texts(target, design.merged)
    names = texts.unique().sort()
    longest = max(names.str.len_bytes().to_list())
    if longest > limits.label:
        raise DataProblem(
            "LABEL_TOO_LONG",
            f"A label in column '{shown(design.target)}' has {longest:,} bytes; at most {limits.label:,} are read.",
            limit=limits.label,
            found=longest,
            next="Choose the column that holds the classes.",
        )
    distinct = len(names)
    allowed = min(limits.classes, len(texts) // 2)
    if distinct > allowed:
        raise DataProblem(
            "TOO_MANY_CLASSES",
            f"Column '{shown(design.target)}' has {distinct:,} classes in {len(texts):,} rows: is this an id?",
            limit=allowed,
            found=distinct,
            next=f"At most {allowed:,} classes are read here; choose another target, or predict a number.",
        )
    codes = texts.replace_strict(names, np.arange(distinct, dtype=np.int32))
    return Labels(codes.to_numpy(), names.to_list())


def class_counts(labels: Labels, design: Design, limits: Limits) -> dict[str, int] | None:
    """Rows of each class, by name; None for a number; DataProblem if a class is too small or there is only one."""
    if design.task == "regression":
        if np.ptp(labels.values) == 0:
            raise DataProblem(
                "ONE_CLASS",
                f"Column '{shown(design.target)}' is {labels.values[0]:g} in every row.",
                found=1,
                next="Choose a target that differs between rows.",
            )
        return None
    sizes = np.bincount(labels.values, minlength=len(labels.names))
    counts = {name: int(size) for name, size in zip(labels.names, sizes, strict=True)}
    for name, size in counts.items():
        if size < limits.least_class_rows:
            raise DataProblem(
                "CLASS_TOO_SMALL",
                f"Class '{shown(name)}' has {size} row{'s' * (size != 1)}; each class needs at least "
                f"{limits.least_class_rows}.",
                where=f"class {shown(name)}",
                limit=limits.least_class_rows,
                found=size,
                next="Add rows of it, or take its rows out of the file.",
            )
    if len(counts) == 1:
        raise DataProblem(
            "ONE_CLASS",
            f"Column '{shown(design.target)}' is '{shown(labels.names[0])}' in every row.",
            found=1,
            next="Choose a target that differs between rows.",
        )
    if design.task == "binary" and len(counts) != 2:
        listed = ", ".join(shown(name, 40) for name in list(counts)[:5])
        raise DataProblem(
            "NOT_TWO_CLASSES",
            f"Column '{shown(design.target)}' has {len(counts)} classes ({listed}); a yes-or-no target has 2.",
            limit=2,
            found=len(counts),
            next="Choose one of several classes as the task.",
        )
    return counts
