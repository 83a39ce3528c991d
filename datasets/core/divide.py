"""A checked table into four parts: the labels of the sealed ones stay in memory and are never written here."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from datasets.core import canonical
from datasets.core.assign import assign, remember
from datasets.core.checks.parts import parts_differ
from datasets.core.errors import DataProblem, shown
from datasets.core.findings import Finding
from datasets.core.limits import Limits
from datasets.core.lineage import Past
from datasets.core.part_files import write_parts
from datasets.core.parts import PART_WORDS
from datasets.core.readers.types import kind_of
from datasets.core.split import (
    PARTS,
    RETIRED,
    Assignments,
    Design,
    Keys,
    Parts,
)
from datasets.core.stages import Progress, nothing, within
from datasets.core.table import Column, require_columns
from datasets.core.target import Labels, class_counts, labels_of, used_rows
from dlstart_web.kit.say import listed, say

SEALED = ("checkpoint", "final")
_ASSIGNMENTS = "assignments.parquet"


@dataclass(frozen=True)
class Division:
    """What was divided, and the labels that must now be locked away.

    Parameters
    ----------
    rows_used : int
        Rows with a label (and a time, where they are cut by time).
    parts : dict of part to rows
    per_class : dict of class to dict of part to rows, or None for a number
    classes : dict of class to rows, or None
    fingerprints : dict of part to str
        SHA-256 over the values with their labels, in the order written: see `canonical.Fingerprint`.
    labels : dict of "checkpoint" and "final" to ndarray
        In the order of the rows in their files: texts for classes, float64 for a number.
    units : dict of "checkpoint" and "final" to ndarray of int, or None
        The unit of each row, when any unit of a sealed part holds more than one.
    validation_units : ndarray of int, or None
        The same for the rows of validation, whose intervals need it as well.
    features : list of Column
    pooled : bool
    findings : list of Finding
    types : dict of column to str
        What the values of each column of train and validation are, the target among them: `canonical.type_word`.
    retired : int
        Rows that were sealed once, or lie in a gap of a time split, and are used no more.
    sources : dict of "checkpoint" and "final" to list of (version, tier)
        The sealed parts of past versions that some rows of each were in.
    """

    rows_used: int
    parts: dict[str, int]
    per_class: dict[str, dict[str, int]] | None
    classes: dict[str, int] | None
    fingerprints: dict[str, str]
    labels: dict[str, np.ndarray] = field(repr=False)
    units: dict[str, NDArray[np.int64]] | None = field(repr=False)
    features: list[Column]
    pooled: bool
    findings: list[Finding]
    validation_units: NDArray[np.int64] | None = field(default=None, repr=False)
    types: dict[str, str] = field(default_factory=dict)
    retired: int = 0
    sources: dict[str, list[tuple[str, str]]] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """What may be known of it, as JSON-able fields."""
        locked = ("labels", "units", "validation_units")
        return {key: value for key, value in vars(self).items() if key not in locked} | {
            "features": [column.as_dict() for column in self.features],
            "findings": [finding.as_dict() for finding in self.findings],
        }

    def arrays(self) -> dict[str, np.ndarray]:
        """The rest: labels of the sealed parts, and units where one holds more than one row, under the part's name."""
        units: dict[str, np.ndarray] = {**(self.units or {})}
        if self.validation_units is not None:
            units["validation"] = self.validation_units
        return {f"labels {part}": values for part, values in self.labels.items()} | {
            f"units {part}": values for part, values in units.items()
        }


def divide(
    table: Path,
    *,
    design: Design,
    secret: bytes,
    stored: Path | None,
    out: Path,
    limits: Limits,
    pasts: Sequence[Past] = (),
    key: bytes = b"",
    others: Sequence[tuple[bytes, Path]] = (),
    progress: Progress = nothing,
) -> Division:
    """Divide a typed table and write its parts into a folder.

    Written are `train.parquet` and `validation.parquet` (features and target, rows in the file's order),
    `checkpoint.parquet` and `final.parquet` (features only, in an order that says nothing), `retired.parquet` likewise
    where rows are used no more, and `assignments.parquet` (every unit ever seen and its part). Labels of classes are written as texts.

    Parameters
    ----------
    table : Path
        Typed Parquet file, as a reader leaves it.
    design : Design
    secret : bytes
        The lineage's secret.
    stored : Path or None
        `assignments.parquet` of the version before.
    out : Path
        An existing folder.
    limits : Limits
    pasts : sequence of Past
        Sealed versions of the lineage, the latest first; their rows keep their parts, whatever the columns are now.
    key : bytes
        The installation's, for recognising those rows.
    others : sequence of (bytes, Path), optional
        Secret and `assignments.parquet` of lineages that went into this one: a group keeps its part though all of its
        rows are gone.
    progress : callable, optional
        Called with the share of the work done; see `stages.STEPS`.

    Returns
    -------
    Division

    Raises
    ------
    DataProblem
        If the rows cannot be divided this way; then none of the files is there.
    """
    try:
        return _divide(table, design, secret, stored, out, limits, pasts, key, others, progress)
    except BaseException:
        for name in (*(f"{part}.parquet" for part in (*PARTS, "retired")), _ASSIGNMENTS):
            (out / name).unlink(missing_ok=True)
        raise


def _divide(
    table: Path,
    design: Design,
    secret: bytes,
    stored: Path | None,
    out: Path,
    limits: Limits,
    pasts: Sequence[Past],
    key: bytes,
    others: Sequence[tuple[bytes, Path]],
    progress: Progress,
) -> Division:
    schema = require_columns(table, [name for name in (design.target, design.group, design.time) if name])
    features = _features(schema, design)
    findings: list[Finding] = []
    used, labels = _used_labels(table, design, findings, limits)
    counts = class_counts(labels, design, limits)
    strata = labels.strata()

    known = Assignments.read(stored) if stored else Assignments.empty()
    memory = remember(table, [name for name in schema if name != design.target], pasts, key).select(used)
    progress(0.05)
    keys, parts, pooled, known = assign(
        table, design, secret, features, used, strata, known, memory, findings, others, within(progress, 0.05, 0.45)
    )
    _refuse_empty_parts(parts, design, pooled)

    progress(0.5)
    orders = _sealed_orders(keys, parts, secret)
    fingerprints = write_parts(
        table,
        features=features,
        target=design.target,
        used=used,
        labels=labels,
        parts=parts,
        orders=orders,
        out=out,
    )
    progress(0.75)
    known.write(out / _ASSIGNMENTS)

    rows_of = {name: orders[PARTS.index(name)] for name in SEALED}
    per_class = _per_class(counts, strata, parts)
    findings += _absent_classes(per_class, pooled)
    if design.kind != "time":
        plain = [name for name in features if schema[name] != pl.Binary]
        findings += parts_differ(table, plain, used, parts, keys)
    return Division(
        rows_used=len(strata),
        parts={name: int((parts == code).sum()) for code, name in enumerate(PARTS)},
        per_class=per_class,
        classes=counts,
        fingerprints=fingerprints,
        labels={name: labels.take(rows) for name, rows in rows_of.items()},
        units=_units({name: keys[rows] for name, rows in rows_of.items()}),
        validation_units=(_units({"validation": keys[parts == 1]}) or {}).get("validation"),
        features=[Column(name, design.kinds.get(name) or kind_of(schema[name])) for name in features],
        pooled=pooled,
        findings=findings,
        types={name: canonical.type_word(kind) for name, kind in pl.read_parquet_schema(out / "train.parquet").items()},
        retired=int((parts == RETIRED).sum()),
        sources={name: memory.sources(parts == code) for code, name in ((2, "checkpoint"), (3, "final"))},
    )


def _used_labels(
    table: Path, design: Design, findings: list[Finding], limits: Limits
) -> tuple[NDArray[np.bool_], Labels]:
    target = pl.read_parquet(table, columns=[design.target], glob=False).to_series()
    used = used_rows(table, target, design, findings, limits)
    return used, labels_of(target.filter(pl.Series(used)), design, limits)


def _features(schema: pl.Schema, design: Design) -> list[str]:
    roles = [design.target, *(name for name in (design.group, design.time) if name)]
    if len(set(roles)) < len(roles):
        raise DataProblem(
            "SAME_COLUMN",
            say(
                "Column '{target}' was given two parts to play: {columns}.",
                target=shown(design.target),
                columns=", ".join(map(shown, roles)),
            ),
            where=say("column {target}", target=shown(design.target)),
            next=say("Name another group or time column."),
        )
    # a group's name cannot help with groups never seen, so it is no feature
    left_out = {design.target, design.group, *design.drop}
    features = [name for name in schema if name not in left_out]
    if not features:
        raise DataProblem(
            "NO_FEATURES",
            say("No column is left to predict from."),
            found=0,
            next=say("Keep at least one column besides the target and those that number the rows."),
        )
    return features


def _refuse_empty_parts(parts: Parts, design: Design, pooled: bool) -> None:
    needed = [code for code in range(4) if design.shares[code] > 0 and not (pooled and code == 2)]
    empty = [PARTS[code] for code in needed if not (parts == code).any()]
    if not empty:
        return
    if design.kind == "group":
        code, what = "TOO_FEW_GROUPS", say("groups in column '{group}'", group=shown(design.group))
    elif design.kind == "time":
        code, what = "TOO_FEW_TIMES", say("different times in column '{time}'", time=shown(design.time))
    else:
        code, what = "TOO_FEW_ROWS", say("rows with different features")
    raise DataProblem(
        code,
        say(
            "There are too few {what}: nothing is left for {empty}.",
            what=what,
            empty=listed([PART_WORDS[part] for part in empty]),
        ),
        found=", ".join(empty),
        next=say("Add rows, or split by chance.") if design.kind != "random" else say("Add rows."),
    )


def _sealed_orders(keys: Keys, parts: Parts, secret: bytes) -> dict[int, NDArray[np.int64]]:
    """The rows of each sealed part, and of what is retired, in the order they are written in.

    Rows are not sorted by their key: a part's keys end at slightly other places for each class, which would show
    labels at the edges. A second hash, of the key and the copy, forgets them.
    """
    orders = {}
    seed = int.from_bytes(hashlib.blake2b(b"order", key=secret, digest_size=8).digest(), "big")
    for code in (2, 3, RETIRED):
        rows = np.flatnonzero(parts == code)
        copies: Keys = np.arange(len(rows)).astype(np.uint64)
        rank = canonical.mixed(canonical.mixed(keys[rows] ^ np.uint64(seed)) + copies)
        orders[code] = rows[np.argsort(rank, kind="stable")]
    return orders


def _per_class(
    counts: dict[str, int] | None, strata: NDArray[np.int64], parts: Parts
) -> dict[str, dict[str, int]] | None:
    if counts is None:
        return None
    table = np.bincount(strata * 5 + parts, minlength=5 * len(counts)).reshape(-1, 5)
    return {name: dict(zip(PARTS, map(int, row[:4]), strict=True)) for name, row in zip(counts, table, strict=True)}


def _absent_classes(per_class: dict[str, dict[str, int]] | None, pooled: bool) -> list[Finding]:
    findings = []
    for name, rows in (per_class or {}).items():
        absent = [part for part, count in rows.items() if count == 0 and not (pooled and part == "checkpoint")]
        if absent:
            message = say(
                "Class '{name}' has no row in {absent}.",
                name=shown(name),
                absent=listed([PART_WORDS[part] for part in absent]),
            )
            findings.append(Finding("D404", "look", None, message, {"class": shown(name), "absent": absent}))
    return findings


def _units(keys: dict[str, Keys]) -> dict[str, NDArray[np.int64]] | None:
    numbered = {name: np.unique(values, return_inverse=True)[1].astype(np.int64) for name, values in keys.items()}
    several = any(len(codes) and len(codes) > codes.max() + 1 for codes in numbered.values())
    return numbered if several else None
