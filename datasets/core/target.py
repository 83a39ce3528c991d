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
from dlstart_web.kit.say import say, say_count


def used_rows(
    table: Path, target: pl.Series, design: Design, findings: list[Finding], limits: Limits
) -> NDArray[np.bool_]:
    """Which rows can be divided: those with a label, and with a time where they are cut by time."""
    used = target.is_not_null().to_numpy().copy()
    if not used.any():
        raise DataProblem(
            "NO_LABELS",
            say("Column '{target}' has no value in any of {used:,} rows.", target=shown(design.target), used=len(used)),
            where=say("column {target}", target=shown(design.target)),
            found=0,
            next=say("Choose the column that holds the labels."),
        )
    if design.kind == "time" and design.time:
        timed = pl.read_parquet(table, columns=[design.time], glob=False).to_series().is_not_null().to_numpy()
        if lost := int((used & ~timed).sum()):
            message = say("{lost:,} rows without a time, kept out of all parts.", lost=lost)
            findings.append(Finding("D110", "look", design.time, message, {"rows": lost}))
        used &= timed
    if (rows := int(used.sum())) < limits.least_rows:
        raise DataProblem(
            "TOO_FEW_ROWS",
            say_count(
                rows,
                "{count} row can be used; at least {least} are needed to split.",
                "{count} rows can be used; at least {least} are needed to split.",
                least=limits.least_rows,
            ),
            limit=limits.least_rows,
            found=rows,
            next=say("Add labelled rows."),
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


def coded(target: pl.Series, merged: Mapping[str, str] | None = None) -> tuple[pl.Series, pl.Series]:
    """The classes by their texts, in order, and the place of each row's among them; null where it has none."""
    values = target.drop_nulls().unique()
    texts = label_texts(values, merged)
    names = texts.unique().sort()
    places = texts.replace_strict(names, np.arange(len(names), dtype=np.int32))
    return names, target.replace_strict(values, places, default=None, return_dtype=pl.Int32)


def labels_of(target: pl.Series, design: Design, limits: Limits) -> Labels:
    """The labels of classes by their texts, or numbers; DataProblem if they are not what the task wants."""
    if design.task == "regression":
        if not target.dtype.is_numeric():
            example = shown(target[0], 40)
            raise DataProblem(
                "TARGET_NOT_A_NUMBER",
                say(
                    "Column '{target}' holds '{example}'; a number is to be predicted and this is none.",
                    target=shown(design.target),
                    example=example,
                ),
                where=say("column {target}", target=shown(design.target)),
                found=example,
                next=say("Choose classes as the task, or another target."),
            )
        return Labels(target.cast(pl.Float64).to_numpy(), [])
    names, codes = coded(target, design.merged)
    longest = max(names.str.len_bytes().to_list())
    if longest > limits.label:
        raise DataProblem(
            "LABEL_TOO_LONG",
            say(
                "A label in column '{target}' has {longest:,} bytes; at most {label:,} are read.",
                target=shown(design.target),
                longest=longest,
                label=limits.label,
            ),
            where=say("column {target}", target=shown(design.target)),
            limit=limits.label,
            found=longest,
            next=say("Choose the column that holds the classes."),
        )
    distinct = len(names)
    allowed = min(limits.classes, len(target) // 2)
    if distinct > allowed:
        raise DataProblem(
            "TOO_MANY_CLASSES",
            say(
                "Column '{target}' has {distinct:,} classes in {rows:,} rows: is this an id?",
                target=shown(design.target),
                distinct=distinct,
                rows=len(target),
            ),
            where=say("column {target}", target=shown(design.target)),
            limit=allowed,
            found=distinct,
            next=say(
                "At most {allowed:,} classes are read here; choose another target, or predict a number.",
                allowed=allowed,
            ),
        )
    return Labels(codes.to_numpy(), names.to_list())


def class_counts(labels: Labels, design: Design, limits: Limits) -> dict[str, int] | None:
    """Rows of each class, by name; None for a number; DataProblem if a class is too small or there is only one."""
    if design.task == "regression":
        if np.ptp(labels.values) == 0:
            raise DataProblem(
                "ONE_CLASS",
                say(
                    "Column '{target}' is {values:g} in every row.",
                    target=shown(design.target),
                    values=labels.values[0],
                ),
                where=say("column {target}", target=shown(design.target)),
                found=1,
                next=say("Choose a target that differs between rows."),
            )
        return None
    sizes = np.bincount(labels.values, minlength=len(labels.names))
    counts = {name: int(size) for name, size in zip(labels.names, sizes, strict=True)}
    for name, size in counts.items():
        if size < limits.least_class_rows:
            raise DataProblem(
                "CLASS_TOO_SMALL",
                say_count(
                    size,
                    "Class '{name}' has {count} row; each class needs at least {least}.",
                    "Class '{name}' has {count} rows; each class needs at least {least}.",
                    name=shown(name),
                    least=limits.least_class_rows,
                ),
                where=say("class {name}", name=shown(name)),
                limit=limits.least_class_rows,
                found=size,
                next=say("Add rows of it, or take its rows out of the file."),
            )
    if len(counts) == 1:
        raise DataProblem(
            "ONE_CLASS",
            say(
                "Column '{target}' is '{names}' in every row.",
                target=shown(design.target),
                names=shown(labels.names[0]),
            ),
            where=say("column {target}", target=shown(design.target)),
            found=1,
            next=say("Choose a target that differs between rows."),
        )
    if design.task == "binary" and len(counts) != 2:
        listed = ", ".join(shown(name, 40) for name in list(counts)[:5])
        raise DataProblem(
            "NOT_TWO_CLASSES",
            say(
                "Column '{target}' has {counts} classes ({listed}); a yes-or-no target has 2.",
                target=shown(design.target),
                counts=len(counts),
                listed=listed,
            ),
            where=say("column {target}", target=shown(design.target)),
            limit=2,
            found=len(counts),
            next=say("Choose one of several classes as the task."),
        )
    return counts
