"""A checked table into four parts: the labels of the sealed ones stay in memory and are never written here."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import polars as pl
import pyarrow.parquet as pq
from numpy.typing import NDArray

from datasets.core import canonical
from datasets.core.assign import assign, remember
from datasets.core.checks.parts import parts_differ
from datasets.core.errors import DataProblem, shown
from datasets.core.findings import Finding
from datasets.core.limits import Limits
from datasets.core.lineage import Past
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
from datasets.core.table import HELD, Column, col, held_rows, require_columns, row_count
from datasets.core.target import Labels, class_counts, labels_of, used_rows

SEALED = ("checkpoint", "final")
_ASSIGNMENTS = "assignments.parquet"
_PART, _PLACE, _LABEL = "\0part", "\0place", "\0label"  # names that no column can have
_PLAIN = pl.CompatLevel.oldest()
_ZSTD: dict[str, Any] = {"compression": "zstd", "compression_level": 1}


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
        return _divide(table, design, secret, stored, out, limits, pasts, key, progress)
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
        table, design, secret, features, used, strata, known, memory, findings, within(progress, 0.05, 0.45)
    )
    _refuse_empty_parts(parts, design, pooled)

    progress(0.5)
    place = _sealed_order(keys, parts, secret)
    _write_parts(table, features, design, used, labels, parts, place, out)
    progress(0.75)
    known.updated(Assignments.of(keys, parts)).write(out / _ASSIGNMENTS)

    rows_of = {name: _rows_in_order(code, parts, place) for code, name in enumerate(PARTS)}
    per_class = _per_class(counts, strata, parts)
    findings += _absent_classes(per_class, pooled)
    plain = [name for name in features if schema[name] != pl.Binary]
    findings += parts_differ(table, plain, used, parts, keys, design.kind)
    return Division(
        rows_used=len(strata),
        parts={name: len(rows) for name, rows in rows_of.items()},
        per_class=per_class,
        classes=counts,
        fingerprints={
            name: _fingerprint(out, name, design.target, labels.series(rows_of[name]) if name in SEALED else None)
            for name in PARTS
        },
        labels={name: labels.take(rows_of[name]) for name in SEALED},
        units=_units({name: keys[rows_of[name]] for name in SEALED}),
        validation_units=(_units({"validation": keys[rows_of["validation"]]}) or {}).get("validation"),
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
            f"Column '{shown(design.target)}' was given two parts to play: {', '.join(map(shown, roles))}.",
            next="Name another group or time column.",
        )
    # a group's name cannot help with groups never seen, so it is no feature
    left_out = {design.target, design.group, *design.drop}
    features = [name for name in schema if name not in left_out]
    if not features:
        raise DataProblem(
            "NO_FEATURES",
            "No column is left to predict from.",
            found=0,
            next="Keep at least one column besides the target and those that number the rows.",
        )
    return features


def _refuse_empty_parts(parts: Parts, design: Design, pooled: bool) -> None:
    needed = [code for code in range(4) if design.shares[code] > 0 and not (pooled and code == 2)]
    empty = [PARTS[code] for code in needed if not (parts == code).any()]
    if not empty:
        return
    if design.kind == "group":
        code, what = "TOO_FEW_GROUPS", f"groups in column '{shown(design.group)}'"
    elif design.kind == "time":
        code, what = "TOO_FEW_TIMES", f"different times in column '{shown(design.time)}'"
    else:
        code, what = "TOO_FEW_ROWS", "rows with different features"
    raise DataProblem(
        code,
        f"There are too few {what}: nothing is left for {' and '.join(empty)}.",
        found=", ".join(empty),
        next="Add rows, or split by chance." if design.kind != "random" else "Add rows.",
    )


def _sealed_order(keys: Keys, parts: Parts, secret: bytes) -> NDArray[np.int32]:
    """Each sealed row's place in its file.

    Rows are not sorted by their key: a part's keys end at slightly other places for each class, which would show
    labels at the edges. A second hash, of the key and the copy, forgets them.
    """
    place = np.full(len(keys), -1, np.int32)
    seed = int.from_bytes(hashlib.blake2b(b"order", key=secret, digest_size=8).digest(), "big")
    for code in (2, 3, RETIRED):
        rows = np.flatnonzero(parts == code)
        copies: Keys = np.arange(len(rows)).astype(np.uint64)
        rank = _mixed(_mixed(keys[rows] ^ np.uint64(seed)) + copies)
        place[rows[np.argsort(rank, kind="stable")]] = np.arange(len(rows))
    return place


def _mixed(values: Keys) -> Keys:
    """The finaliser of splitmix64: every bit of the result depends on every bit given."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _rows_in_order(code: int, parts: Parts, place: NDArray[np.int32]) -> NDArray[np.int64]:
    rows = np.flatnonzero(parts == code)
    return rows if code < 2 else rows[np.argsort(place[rows])]


def _write_parts(
    table: Path,
    features: list[str],
    design: Design,
    used: NDArray[np.bool_],
    labels: Labels,
    parts: Parts,
    place: NDArray[np.int32],
    out: Path,
) -> None:
    """All parts over one scan; the features of sealed rows are then put into their order, some at a time."""
    part_of = np.full(len(used), 255, np.uint8)
    part_of[used] = parts
    place_of = np.full(len(used), -1, np.int32)
    place_of[used] = place
    label_of = np.zeros(len(used), np.uint32 if labels.names else np.float64)
    label_of[used] = labels.values
    marks = pl.LazyFrame({_PART: part_of, _PLACE: place_of, _LABEL: label_of})
    label = pl.col(_LABEL)
    if labels.names:
        label = label.replace_strict(list(range(len(labels.names))), labels.names, return_dtype=pl.String)
    scan = pl.scan_parquet(table, glob=False).select(map(col, features))
    marked = pl.concat([scan, marks], how="horizontal", strict=True)
    chosen = [col(name) for name in features]
    last = (label.alias(design.target), label.alias(design.target), *[pl.col(_PLACE)] * 3)
    with TemporaryDirectory(dir=out, prefix="sealing-") as scratch:
        held = [*SEALED, "retired"] if (parts == RETIRED).any() else [*SEALED]
        files = [out / "train.parquet", out / "validation.parquet", *(Path(scratch) / name for name in held)]
        sinks = [
            marked.filter(pl.col(_PART) == code)
            .select(*chosen, last[code])
            .sink_parquet(
                file, row_group_size=held_rows(table, len(features)), lazy=True, **(_ZSTD if code < 2 else HELD)
            )
            for code, file in enumerate(files)
        ]
        pl.collect_all(sinks, engine="streaming")
        for name, file in zip(held, files[2:], strict=True):
            _write_in_order(file, out / f"{name}.parquet", len(features))


def _write_in_order(unordered: Path, file: Path, columns: int) -> None:
    """Sort features by their places, a batch at a time."""
    rows = held_rows(unordered, columns, groups=4)
    scan = pl.scan_parquet(unordered, glob=False)
    empty = scan.head(0).drop(_PLACE).collect().to_arrow(compat_level=_PLAIN)
    with pq.ParquetWriter(file, empty.schema, **_ZSTD) as writer:
        for start in range(0, row_count(unordered), rows):
            held = scan.filter(pl.col(_PLACE).is_between(start, start + rows - 1)).collect()
            writer.write_table(
                held.sort(_PLACE).drop(_PLACE).to_arrow(compat_level=_PLAIN), row_group_size=max(1, rows // 4)
            )


def _fingerprint(out: Path, name: str, target: str, sealed: pl.Series | None) -> str:
    """SHA-256 over the values of a part, with their labels, in the order written."""
    path = out / f"{name}.parquet"
    digest = canonical.Fingerprint()
    start = 0
    for frame in canonical.batches(path, pq.read_schema(path).names):
        if sealed is not None:
            frame = frame.with_columns(sealed.slice(start, len(frame)).alias(target))
        digest.update(frame)
        start += len(frame)
    return digest.hexdigest()


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
            message = f"Class '{shown(name)}' has no row in {' and '.join(absent)}."
            findings.append(Finding("D404", "look", None, message, {"class": shown(name), "absent": absent}))
    return findings


def _units(keys: dict[str, Keys]) -> dict[str, NDArray[np.int64]] | None:
    numbered = {name: np.unique(values, return_inverse=True)[1].astype(np.int64) for name, values in keys.items()}
    several = any(len(codes) and len(codes) > codes.max() + 1 for codes in numbered.values())
    return numbered if several else None
