"""A later labelled table becomes a test set of its own: only rows that no earlier version knows, in an order that says nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from datasets.core import canonical
from datasets.core.assign import instants
from datasets.core.errors import NOTHING_STORED, DataProblem, shown
from datasets.core.lineage import OPEN, Past, known_rows, row_keys
from datasets.core.near.known import near_known
from datasets.core.split import UNKNOWN, Assignments, Design, Keys, group_keys
from datasets.core.table import row_count
from datasets.core.target import label_texts
from dlstart_web.kit.say import joined, say


@dataclass(frozen=True)
class Fresh:
    """What was set apart, and the labels that must now be locked away.

    Parameters
    ----------
    rows_read, rows : int
        Of the file, and those that are fresh.
    unlabelled : int
        Rows without a label.
    known_open, known_sealed : int
        Rows left out because an earlier version has them: in train or validation, or in a sealed part.
    known_groups : int
        Rows left out because their group has rows in an earlier version, where rows are divided by group.
    not_later : int
        Rows left out because they are not later than the sealed ones or have no time, where rows are divided by time.
    is_later_known : bool
        False where time divides and its column is no feature, so that the sealed rows do not tell theirs.
    near_known : int
        Rows left out because their text or picture is nearly that of a known row.
    classes : dict of class to rows, or None for a number
    fingerprint : str
        `canonical.Fingerprint` over the rows with their labels, in the order written.
    labels : ndarray of shape (n_rows,)
        In the order of the file that was written: texts for classes, float64 for a number.
    units : ndarray of int of shape (n_rows,), or None
        The unit of each row, where any holds more than one: of one group, or with the same features.
    """

    rows_read: int
    rows: int
    unlabelled: int
    known_open: int
    known_sealed: int
    known_groups: int
    not_later: int
    is_later_known: bool
    near_known: int
    classes: dict[str, int] | None
    fingerprint: str
    labels: np.ndarray = field(repr=False)
    units: NDArray[np.int64] | None = field(repr=False)

    def as_dict(self) -> dict[str, Any]:
        """What may be known of it, as JSON-able fields."""
        return {name: value for name, value in vars(self).items() if name not in ("labels", "units")}


def set_apart(
    table: Path,
    *,
    design: Design,
    features: Sequence[str],
    classes: Sequence[str] | None,
    secret: bytes,
    stored: Path | None,
    sealed: Sequence[Path],
    pasts: Sequence[Past],
    key: bytes,
    out: Path,
) -> Fresh:
    """Leave out what is known, and write the features of the rest to `out`.

    Parameters
    ----------
    table : Path
        Typed Parquet file, as a reader leaves it.
    design : Design
        Of the version that the rows are fresh for.
    features : sequence of str
        Its columns: the table needs them all.
    classes : sequence of str or None
        Its classes; None for a number.
    secret : bytes
        The lineage's.
    stored : Path or None
        `assignments.parquet` of that version: its groups are known.
    sealed : sequence of Path
        Its sealed parts: where rows are divided by time, fresh ones are later than these.
    pasts : sequence of Past
        Every version whose rows are known.
    key : bytes
        The installation's, for recognising them.
    out : Path
        The file to write.

    Raises
    ------
    DataProblem
        A column is missing, a label is none of the classes, or no row is fresh.
    """
    _require(table, [*features, *(name for name in (design.target, design.group) if name)])
    target = pl.read_parquet(table, columns=[design.target], glob=False).to_series()
    labelled = target.is_not_null().to_numpy()
    if classes is None:
        _require_numbers(target, design)
    else:
        target = label_texts(target, design.merged)
        _require_classes(target, classes, design)
    masks = np.zeros(len(target), np.uint8)
    for past in pasts:
        masks |= known_rows(table, [*features], past, key)
    content = row_keys(table, [*features], secret)
    units, in_group = content, np.zeros(len(target), bool)
    if design.group:
        groups = pl.read_parquet(table, columns=[design.group], glob=False).to_series()
        units = group_keys(groups, secret, content)
        if stored:
            in_group = (masks == 0) & (Assignments.read(stored).find(units) != UNKNOWN)
    later = _later(table, design, sealed, features)
    new = labelled & (masks == 0) & ~in_group
    chosen = np.flatnonzero(new if later is None else new & later)
    near = _near(table, design, features, pasts, chosen)
    counts = {
        "unlabelled": int((~labelled).sum()),
        "known_open": int((labelled & ((masks & OPEN) > 0)).sum()),
        "known_sealed": int((labelled & (masks > 0) & ((masks & OPEN) == 0)).sum()),
        "known_groups": int((labelled & in_group).sum()),
        "not_later": 0 if later is None else int((new & ~later).sum()),
        "near_known": int(near.sum()),
    }
    chosen = chosen[~near]
    if not len(chosen):
        raise DataProblem(
            "NOTHING_FRESH",
            say("None of {rows:,} rows is fresh: {why}.", rows=len(target), why=joined(", ", _words(counts))),
            found=0,
            next=say("Bring rows that were collected later. {nothing_stored}", nothing_stored=NOTHING_STORED),
        )
    order = _shuffled(chosen, content[chosen], secret)
    frame = pl.read_parquet(table, columns=[*features], glob=False)[order]
    frame.write_parquet(out, compression="zstd", compression_level=1)
    labels = target.gather(order)
    fingerprint = canonical.Fingerprint()
    fingerprint.update(frame.with_columns(labels.alias(design.target)))
    numbers = np.unique(units[order], return_inverse=True)[1].astype(np.int64)
    return Fresh(
        rows_read=len(target),
        rows=len(order),
        **counts,
        is_later_known=later is not None,
        classes=None if classes is None else {name: int((labels == name).sum()) for name in classes},
        fingerprint=fingerprint.hexdigest(),
        labels=labels.cast(pl.Float64).to_numpy() if classes is None else np.array(labels.to_list()),
        units=numbers if numbers.max() + 1 < len(numbers) else None,
    )


def _words(counts: Mapping[str, int]) -> list[str]:
    """Why rows were left out, with their number."""
    words = {
        "unlabelled": say("{rows:,} have no label", rows=counts["unlabelled"]),
        "known_open": say("{rows:,} lie in train or validation", rows=counts["known_open"]),
        "known_sealed": say("{rows:,} were sealed before", rows=counts["known_sealed"]),
        "known_groups": say("{rows:,} are of a group that is known", rows=counts["known_groups"]),
        "not_later": say("{rows:,} are not later than the sealed rows", rows=counts["not_later"]),
        "near_known": say("{rows:,} are nearly copies of known rows", rows=counts["near_known"]),
    }
    return [words[name] for name, rows in counts.items() if rows]


def _later(
    table: Path, design: Design, sealed: Sequence[Path], features: Sequence[str]
) -> NDArray[np.bool_] | None:  # fmt: skip
    """Which rows are later than all sealed ones; all where time does not divide, None where the sealed rows do not tell."""
    times = None if design.kind != "time" else design.time
    if times is None:
        return np.ones(row_count(table), bool)
    if times not in features:
        return None
    mine = pl.read_parquet(table, columns=[times], glob=False).to_series()
    theirs = pl.concat([pl.read_parquet(path, columns=[times], glob=False).to_series() for path in sealed])
    if mine.dtype.is_temporal() != theirs.dtype.is_temporal():
        raise DataProblem(
            "TIME_NOT_A_TIME",
            say("Column '{name}' is a date in the sealed version and none here.", name=shown(times))
            if theirs.dtype.is_temporal()
            else say("Column '{name}' is a number in the sealed version and none here.", name=shown(times)),
            where=say("column {name}", name=shown(times)),
            next=say("Write its times as the sealed version has them. {nothing_stored}", nothing_stored=NOTHING_STORED),
        )
    known = mine.is_not_null().to_numpy()
    latest = instants(theirs, times)[0].max()
    later = np.zeros(len(mine), bool)
    later[known] = instants(mine.drop_nulls(), times)[0] > latest
    return later


def _near(
    table: Path, design: Design, features: Sequence[str], pasts: Sequence[Past], rows: NDArray[np.intp]
) -> NDArray[np.bool_]:
    """Which of these rows are nearly copies of known ones, where near copies share a part."""
    if design.kind == "time":
        return np.zeros(len(rows), bool)
    texts, pictures = ([name for name in features if design.kinds.get(name) == kind] for kind in ("text", "picture"))
    files = [path for past in pasts if {*texts, *pictures} <= set(past.features) for path in past.files.values()]
    return near_known(table, rows, files, texts=texts, pictures=pictures)


def _require(table: Path, columns: Sequence[str]) -> None:
    missing = [name for name in columns if name not in pl.read_parquet_schema(table)]
    if missing:
        listed = ", ".join(f"'{shown(name, 40)}'" for name in missing[:6]) + (", …" if len(missing) > 6 else "")
        raise DataProblem(
            "COLUMNS_MISSING",
            say(
                "The file lacks {missing} of the {columns} columns of the sealed version: {listed}.",
                missing=len(missing),
                columns=len(columns),
                listed=listed,
            ),
            where=say("column {missing}", missing=shown(missing[0])),
            limit=len(columns),
            found=len(columns) - len(missing),
            next=say("Bring the same columns, labels included. {nothing_stored}", nothing_stored=NOTHING_STORED),
        )


def _require_numbers(target: pl.Series, design: Design) -> None:
    if not target.dtype.is_numeric():
        raise DataProblem(
            "TARGET_NOT_A_NUMBER",
            say("Column '{name}' is a number in the sealed version and none here.", name=shown(design.target)),
            where=say("column {target}", target=shown(design.target)),
            next=say("Write its labels as numbers. {nothing_stored}", nothing_stored=NOTHING_STORED),
        )


def _require_classes(labels: pl.Series, classes: Sequence[str], design: Design) -> None:
    other = [name for name in labels.drop_nulls().unique().sort().to_list() if name not in set(classes)]
    if other:
        listed = ", ".join(f"'{shown(name, 40)}'" for name in other[:6]) + (", …" if len(other) > 6 else "")
        raise DataProblem(
            "CLASS_UNKNOWN",
            say(
                "Column '{target}' holds {listed}, which no model of the sealed version can answer.",
                target=shown(design.target),
                listed=listed,
            ),
            where=say("column {target}", target=shown(design.target)),
            limit=", ".join(shown(name, 40) for name in list(classes)[:12]),
            found=shown(other[0], 40),
            next=say(
                "Write labels as the sealed version has them; classes that are new need a new version. {nothing_stored}",
                nothing_stored=NOTHING_STORED,
            ),
        )


def _shuffled(rows: NDArray[np.intp], content: Keys, secret: bytes) -> NDArray[np.intp]:
    """The rows in an order that neither their place in the file nor their label has a part in."""
    copies: Keys = np.arange(len(rows)).astype(np.uint64)
    rank = canonical.mixed(
        canonical.mixed(content ^ np.uint64(int.from_bytes(secret[:8].ljust(8, b"\0"), "big"))) + copies
    )
    return rows[np.argsort(rank, kind="stable")]
