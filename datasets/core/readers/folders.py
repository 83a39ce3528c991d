"""Which files of an archive are rows and what their labels are: by class folders, or by a table that names them."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from datasets.core.errors import DataProblem, shown
from datasets.core.findings import Finding
from datasets.core.readers.archive import Entry
from datasets.core.table import Column
from dlstart_web.kit.say import say, say_count

NAME, LABEL = "name", "label"
_LITTER = {".ds_store", "thumbs.db", "desktop.ini", "ehthumbs.db", "icon\r"}
_PARTS = {"train", "training", "test", "testing", "val", "valid", "validation", "dev"}
_LABEL_WORDS = ("label", "labels", "class", "target", "category", "y")
_NAMED_SHARE = 0.9  # of a column's cells that must be files for it to be the one that names them


@dataclass(frozen=True)
class Row:
    """One file that becomes a row; `name` is the entry's own name, `label` None where there is none."""

    entry: Entry
    label: str | None = None


@dataclass(frozen=True)
class Plan:
    """What becomes of an archive: its rows in order, and columns that a table gives besides."""

    rows: list[Row]
    findings: list[Finding]
    beside: pl.DataFrame = field(default_factory=pl.DataFrame)
    kinds: list[Column] = field(default_factory=list)


def without_litter(entries: Sequence[Entry]) -> tuple[list[Entry], list[Finding]]:
    """The entries without what operating systems leave in archives, counted."""
    kept = [entry for entry in entries if not _is_litter(entry.name)]
    skipped = len(entries) - len(kept)
    if not skipped:
        return kept, []
    message = say_count(
        skipped,
        "{count:,} system file skipped, such as those in __MACOSX or Thumbs.db.",
        "{count:,} system files skipped, such as those in __MACOSX or Thumbs.db.",
    )
    return kept, [Finding("D121", "tip", None, message, {"files": skipped})]


def _is_litter(name: str) -> bool:
    *folders, last = name.split("/")
    hidden = last.startswith(".") or any(folder.startswith(".") or folder == "__MACOSX" for folder in folders)
    return hidden or last.lower() in _LITTER


def by_folders(entries: Sequence[Entry]) -> Plan:
    """Rows labelled by their folder: the first that parts the files, below any single top folder."""
    paths = [entry.name.split("/")[:-1] for entry in entries]
    depth = 0
    while paths and all(len(path) > depth + 1 for path in paths) and len({path[depth] for path in paths}) == 1:
        depth += 1
    findings = []
    if depth:
        message = say(
            "All files lie in '{paths}'; the folders below name the classes.", paths=shown("/".join(paths[0][:depth]))
        )
        findings.append(Finding("D124", "tip", None, message, {"levels": depth}))
    tops = {path[depth].lower() for path in paths if len(path) > depth}
    if tops and tops <= _PARTS and all(len(path) > depth + 1 for path in paths):
        depth += 1
        message = say("The folders {tops} were read together: the rows are divided anew.", tops=", ".join(sorted(tops)))
        findings.append(Finding("D124", "look", None, message, {"folders": sorted(tops)}))
    return Plan(
        [Row(e, _label(p[depth]) if len(p) > depth else None) for e, p in zip(entries, paths, strict=True)], findings
    )


def _label(folder: str) -> str | None:
    return unicodedata.normalize("NFC", folder).strip() or None


def by_table(table: Path, kinds: Sequence[Column], table_name: str, entries: Sequence[Entry]) -> Plan:
    """Rows as a table in the archive names them, in its order; its other columns stay beside the file.

    Raises
    ------
    DataProblem
        If no column names the files, or more than one row in ten names a file that is not there.
    """
    frame = pl.read_parquet(table, glob=False)
    places = _places(entries, table_name.rsplit("/", 1)[0] + "/" if "/" in table_name else "")
    texts = {name: frame[name].cast(pl.String) for name in frame.columns}
    found = {name: sum(_key(cell) in places for cell in cells) for name, cells in texts.items()}
    file_column = max(found, key=lambda name: found[name])
    if found[file_column] < max(1, _NAMED_SHARE * len(frame)):
        raise _not_named(table_name, file_column, found[file_column], len(frame))
    numbers = [places.get(_key(cell)) for cell in texts[file_column]]
    there = pl.Series([number is not None for number in numbers])
    chosen = [entries[number] for number in numbers if number is not None]
    if len({entry.place for entry in chosen}) < len(chosen):
        twice = next(entry for entry in chosen if chosen.count(entry) > 1)
        raise DataProblem(
            "FILES_NOT_NAMED",
            say(
                "Column '{file_column}' of '{table_name}' names a file twice.",
                file_column=shown(file_column),
                table_name=shown(table_name),
            ),
            where=say("column {file_column}", file_column=shown(file_column)),
            found=shown(twice.name),
            next=say("Give each file one row."),
        )
    rest = frame.drop(file_column).filter(there)
    label = _label_column(rest.columns)
    labels = rest[label].cast(pl.String).to_list() if label else [None] * len(chosen)
    beside = rest.drop(label) if label else rest
    findings = _passed_over(len(frame) - len(chosen), len(entries) - len(chosen))
    return Plan(
        [Row(entry, text) for entry, text in zip(chosen, labels, strict=True)],
        findings,
        beside,
        [column for column in kinds if column.name in beside.columns],
    )


def _places(entries: Sequence[Entry], folder: str) -> dict[str, int]:
    """What a table may call a file, each pointing at one: its path, that from the table's folder, its name with or without ending."""
    names = [unicodedata.normalize("NFC", entry.name) for entry in entries]
    calls: list[list[str]] = []
    for name in names:
        last = name.rsplit("/", 1)[-1]
        calls.append([name, name.removeprefix(folder), last, last.rsplit(".", 1)[0]])
    places: dict[str, int] = {}
    for kind in range(4):
        called = [call[kind] for call in calls]
        if len(set(called)) == len(called):  # a name that means two files means none
            for number, call in enumerate(called):
                places.setdefault(call, number)
    return places


def _key(cell: str | None) -> str:
    return unicodedata.normalize("NFC", cell or "").replace("\\", "/").removeprefix("./")


def _label_column(columns: Sequence[str]) -> str | None:
    """The column that holds the labels: by its name, or the only one there is."""
    by_name = {name.lower(): name for name in columns}
    return next((by_name[word] for word in _LABEL_WORDS if word in by_name), columns[0] if len(columns) == 1 else None)


def _not_named(table_name: str, column: str, found: int, rows: int) -> DataProblem:
    return DataProblem(
        "FILES_NOT_NAMED",
        say(
            "No column of '{table_name}' names the files: the nearest, '{column}', names {found:,} of {rows:,} rows' files.",
            table_name=shown(table_name),
            column=shown(column),
            found=found,
            rows=rows,
        ),
        where=shown(table_name),
        limit=f"{_NAMED_SHARE:.0%}",
        found=found,
        next=say("Give it a column with the files' names as they stand in the archive."),
    )


def _passed_over(rows: int, files: int) -> list[Finding]:
    findings = []
    if rows:
        message = say_count(
            rows,
            "{count:,} row of the table name no file of the archive, left out.",
            "{count:,} rows of the table name no file of the archive, left out.",
        )
        findings.append(Finding("D124", "look", None, message, {"rows": rows}))
    if files:
        message = say_count(
            files,
            "{count:,} file that no row of the table names, left out.",
            "{count:,} files that no row of the table names, left out.",
        )
        findings.append(Finding("D124", "look", None, message, {"files": files}))
    return findings
