"""A ZIP of pictures or sounds -> the same kind of table as any other file: the medium, the entry's name, the label."""

import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Literal

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from datasets.core.corrections import MEDIA, SET_ASIDE, Corrections, Kind
from datasets.core.errors import DataProblem, shown
from datasets.core.findings import Finding
from datasets.core.limits import Limits
from datasets.core.readers.archive import Archive, Entry
from datasets.core.readers.folders import LABEL, NAME, Plan, Row, by_folders, by_table, without_litter
from datasets.core.readers.packed import read_entry
from datasets.core.readers.pictures import LONGEST_SIDE, encode_picture, is_picture
from datasets.core.readers.sounds import LONGEST, encode_sound, is_sound
from datasets.core.readers.spreadsheets import is_office, read_spreadsheet
from datasets.core.table import HELD, Column, Table
from dlstart_web.kit.say import joined, say

Medium = Literal["picture", "sound"]
SPOILT_SHARE = 0.05  # of files that may be unreadable and are left out; more, and the archive is refused
_GROUP_BYTES, _GROUP_ROWS = 16 * 2**20, 8_192
_SHOWN = 20
_TABLES = (".csv", ".tsv", ".arff", ".parquet", ".xlsx", ".ods")
_ARCHIVES = (b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!", b"BZh", b"\xfd7zXZ", b"(\xb5/\xfd")
_PICKLED = (".pkl", ".pickle", ".joblib", ".npy", ".npz", ".pt", ".pth", ".ckpt")
_NAMED_AS: dict[str, Medium] = {
    **dict.fromkeys((".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff"), "picture"),
    **dict.fromkeys((".wav", ".flac"), "sound"),
}


def read_archive(
    source: Path, *, out: Path, limits: Limits, corrections: Corrections, progress: Callable[[float], None]
) -> Table:
    """Read a ZIP of class folders, of files that a table names, or of one table, into a typed Parquet file.

    A spreadsheet is a ZIP archive too.

    Parameters
    ----------
    source, out : Path
        The upload and the file to write: the columns of a table, `name`, `picture` or `sound` (a PNG or a FLAC made
        here), and `label` where there is any.
    limits : Limits
    corrections : Corrections
    progress : callable
        Called with the share of the files done.

    Returns
    -------
    Table

    Raises
    ------
    DataProblem
        For an archive that breaks a rule, and where too many of its files cannot be decoded.
    """
    with source.open("rb", buffering=2**16) as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # decoders warn of odd metadata, which is dropped anyway
        archive = Archive.open(file, limits)
        if is_office(archive):
            return read_spreadsheet(source, out=out, limits=limits, corrections=corrections, progress=progress)
        entries, findings = without_litter(archive.entries)
        if not entries:
            raise DataProblem(
                "NO_ROWS", say("The archive holds no files."), found=0, next=say("Pack the files with it.")
            )
        tables, files, others = _sorted_out(archive, entries)
        if not files:
            if len(tables) != 1:
                raise _no_media(tables, others)
            table = read_entry(archive, tables[0], out=out, limits=limits, corrections=corrections, progress=progress)
            read = Finding("D107", "tip", None, say("'{name}' read out of the archive.", name=shown(tables[0].name)))
            return replace(table, findings=[*findings, read, *_left_out(others, [], 1), *table.findings])
        plan = _plan(archive, tables, files, out, limits, corrections)
        medium = _medium(files)
        written = _write(archive, plan, medium, out, limits, progress)
    left_out = _left_out(others, written.spoilt, len(plan.rows))
    shrunk = _shrunk(medium, written.changed)
    columns = [Column(column.name, _kind(column, corrections)) for column in written.columns]
    return Table(written.rows, columns, [*findings, *plan.findings, *left_out, *shrunk])


def _sorted_out(
    archive: Archive, entries: Sequence[Entry]
) -> tuple[list[Entry], list[tuple[Entry, Medium]], list[Entry]]:
    """Tables, pictures and sounds by their first bytes, and all else; a single file may be a table by any name."""
    tables: list[Entry] = []
    media: list[tuple[Entry, Medium]] = []
    others: list[Entry] = []
    for entry in entries:
        head = archive.head(entry)
        if is_picture(head):
            media.append((entry, "picture"))
        elif is_sound(head):
            media.append((entry, "sound"))
        elif named_as := _NAMED_AS.get(PurePosixPath(entry.name.lower()).suffix):
            media.append((entry, named_as))  # called so and none: the decoder will say so
        elif entry.name.lower().endswith(_TABLES) or (
            len(entries) == 1 and not (_is_archive(entry, head) or _may_hold_code(entry, head))
        ):
            tables.append(entry)
        else:
            _refuse_inside(entry, head)
            others.append(entry)
    return tables, media, others


def _refuse_inside(entry: Entry, head: bytes) -> None:
    where = say("entry {place}", place=entry.place)
    if _is_archive(entry, head):
        raise DataProblem(
            "ARCHIVE_INSIDE",
            say(
                "Entry {place} of the archive, '{name}', is an archive itself.",
                place=entry.place,
                name=shown(entry.name),
            ),
            where=where,
            found=shown(entry.name),
            next=say("Unpack it, and pack all files as one archive."),
        )
    if _may_hold_code(entry, head):
        raise DataProblem(
            "WRONG_KIND",
            say(
                "Entry {place} of the archive, '{name}', is of a kind never accepted since it may hold code.",
                place=entry.place,
                name=shown(entry.name),
            ),
            415,
            where=where,
            found=shown(entry.name),
            next=say("Send pictures, sounds or a table."),
        )


def _is_archive(entry: Entry, head: bytes) -> bool:
    return head.startswith(_ARCHIVES) and not entry.name.lower().endswith(_PICKLED)


def _may_hold_code(entry: Entry, head: bytes) -> bool:
    return entry.name.lower().endswith(_PICKLED) or (head[:1] == b"\x80" and head[1:2] in b"\x02\x03\x04\x05")


def _no_media(tables: Sequence[Entry], others: Sequence[Entry]) -> DataProblem:
    if tables:
        return DataProblem(
            "NO_MEDIA",
            say(
                "The archive holds {tables:,} tables and no picture or sound: {files}.",
                tables=len(tables),
                files=_listed(tables),
            ),
            415,
            limit=1,
            found=len(tables),
            next=say("Send the table with the labels alone, or join them to one."),
        )
    listed = ", ".join(f"'{shown(entry.name, 40)}'" for entry in others[:3])
    return DataProblem(
        "NO_MEDIA",
        say(
            "The archive holds no picture (PNG, JPEG, WebP, GIF, BMP, TIFF), no sound (WAV, FLAC) and no table, "
            "only {listed}.",
            listed=say("{listed} and more", listed=listed) if len(others) > 3 else listed,
        ),
        415,
        found=len(others),
        next=say("Pack a folder a class with its pictures or sounds in it, or send a table by itself."),
    )


def _plan(
    archive: Archive,
    tables: Sequence[Entry],
    files: Sequence[tuple[Entry, Medium]],
    out: Path,
    limits: Limits,
    corrections: Corrections,
) -> Plan:
    entries = [entry for entry, _ in files]
    if len(tables) != 1:
        return by_folders(entries)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix="unpacked-") as scratch:
        typed = Path(scratch) / "table.parquet"
        table = read_entry(archive, tables[0], out=typed, limits=limits, corrections=corrections)
        return by_table(typed, table.columns, tables[0].name, entries)


def _kind(column: Column, corrections: Corrections) -> Kind:
    """What somebody said a column is, if its cells can be that."""
    kind = corrections.kind(column.name) or column.kind
    allowed = (column.kind, "ignore") if column.kind in MEDIA else (column.kind, "category", "text", *SET_ASIDE)
    if kind not in allowed and column.name in (NAME, LABEL, *MEDIA):
        raise DataProblem(
            "KIND_DOES_NOT_FIT",
            say("Column '{name}' cannot be read as {kind}.", name=column.name, kind=kind),
            where=say("column {name}", name=column.name),
            found=kind,
            next=say("Choose {allowed}.", allowed=joined(" / ", dict.fromkeys(allowed))),
        )
    return kind


def _medium(files: Sequence[tuple[Entry, Medium]]) -> Medium:
    found = {medium for _, medium in files}
    if len(found) > 1:
        first = {medium: entry for entry, medium in reversed(files)}
        raise DataProblem(
            "MEDIA_MIXED",
            say(
                "The archive holds pictures ('{name}') and sounds ('{name_2}') at once.",
                name=shown(first["picture"].name, 40),
                name_2=shown(first["sound"].name, 40),
            ),
            where=shown(first["sound"].name),
            found=say("pictures and sounds"),
            next=say("Send them as two archives."),
        )
    return found.pop()


class _Written:
    """What `_write` made of the rows: how many, the columns, which entries are spoilt, how many were made smaller."""

    def __init__(self) -> None:
        self.rows, self.changed = 0, 0
        self.columns: list[Column] = []
        self.spoilt: list[Entry] = []


def _write(
    archive: Archive, plan: Plan, medium: Medium, out: Path, limits: Limits, progress: Callable[[float], None]
) -> _Written:
    done = _Written()
    labelled = any(row.label is not None for row in plan.rows)
    names = [*plan.beside.columns, NAME, medium, *([LABEL] if labelled else [])]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise DataProblem(
            "DUPLICATE_COLUMN",
            say(
                "The table in the archive has a column '{twice}', which is what the files' own column is called.",
                twice=twice,
            ),
            where=say("column {twice}", twice=twice),
            found=twice,
            next=say("Rename that column."),
        )
    done.columns = [*plan.kinds, Column(NAME, "id"), Column(medium, medium)]
    done.columns += [Column(LABEL, "category")] if labelled else []
    allowed = max(1, int(SPOILT_SHARE * len(plan.rows)))
    beside = plan.beside.to_arrow(compat_level=pl.CompatLevel.oldest()) if plan.beside.width else None
    fields = [pa.field(NAME, pa.large_string()), pa.field(medium, pa.large_binary())]
    fields += [pa.field(LABEL, pa.large_string())] if labelled else []
    schema = pa.schema([*(beside.schema if beside is not None else []), *fields])
    with pq.ParquetWriter(out, schema, **HELD) as writer:
        for numbers, cells in _groups(archive, plan.rows, medium, done, allowed, limits, progress):
            rows = [plan.rows[number] for number in numbers]
            arrays = [pa.array([row.entry.name for row in rows], pa.large_string()), pa.array(cells, pa.large_binary())]
            if labelled:
                arrays.append(pa.array([row.label for row in rows], pa.large_string()))
            columns = beside.take(numbers).combine_chunks().columns if beside is not None else []
            writer.write_table(pa.table([*columns, *arrays], schema=schema))
            done.rows += len(rows)
    return done


def _groups(
    archive: Archive,
    rows: Sequence[Row],
    medium: Medium,
    done: _Written,
    allowed: int,
    limits: Limits,
    progress: Callable[[float], None],
) -> Iterator[tuple[list[int], list[bytes]]]:
    """Row numbers and cells of what decodes, about 16 MB at a time."""
    numbers: list[int] = []
    cells: list[bytes] = []
    held = 0
    for number, row in enumerate(rows):
        content = archive.read(row.entry)
        try:
            cell, changed = _encoded(content, row.entry.name, medium, limits)
        except (DataProblem, MemoryError):
            raise
        except Exception:  # a decoder may raise anything on bytes that are no picture or sound
            done.spoilt.append(row.entry)
            if len(done.spoilt) > allowed:
                raise _too_many_spoilt(done.spoilt, len(rows)) from None
            continue
        done.changed += changed
        numbers.append(number)
        cells.append(cell)
        held += len(cell)
        if held > _GROUP_BYTES or len(cells) >= _GROUP_ROWS:
            yield numbers, cells
            numbers, cells, held = [], [], 0
            progress((number + 1) / len(rows))
    if cells:
        yield numbers, cells
    progress(1.0)


def _encoded(content: bytes, name: str, medium: Medium, limits: Limits) -> tuple[bytes, bool]:
    if medium == "picture":
        picture = encode_picture(content, name, limits)
        return picture.cell, picture.shrunk
    sound = encode_sound(content, name, limits)
    return sound.cell, sound.cut


def _listed(entries: Sequence[Entry]) -> str:
    listed = ", ".join(f"'{shown(entry.name, 60)}'" for entry in entries[:_SHOWN])
    if len(entries) <= _SHOWN:
        return listed
    return say("{listed} and {more:,} more", listed=listed, more=len(entries) - _SHOWN)


def _too_many_spoilt(spoilt: Sequence[Entry], rows: int) -> DataProblem:
    return DataProblem(
        "MEDIA_BROKEN",
        say(
            "{spoilt:,} of {rows:,} files or more cannot be decoded: {files}.",
            spoilt=len(spoilt),
            rows=rows,
            files=_listed(spoilt),
        ),
        where=shown(spoilt[0].name),
        limit=f"{SPOILT_SHARE:.0%}",
        found=len(spoilt),
        next=say("Open them with a viewer, and leave out or replace those that are damaged."),
    )


def _left_out(others: Sequence[Entry], spoilt: Sequence[Entry], rows: int) -> list[Finding]:
    findings = []
    if spoilt:
        message = say(
            "{spoilt:,} of {rows:,} files cannot be decoded, left out: {files}.",
            spoilt=len(spoilt),
            rows=rows,
            files=_listed(spoilt),
        )
        findings.append(Finding("D122", "look", None, message, {"files": len(spoilt)}))
    if others:
        message = f"{len(others):,} file{'s' * (len(others) > 1)} of another kind, left out: {_listed(others)}."
        findings.append(Finding("D122", "look", None, message, {"files": len(others)}))
    return findings


def _shrunk(medium: Medium, changed: int) -> list[Finding]:
    if not changed:
        return []
    if medium == "picture":
        message = say(
            "{changed:,} pictures are larger than {side} pixels and are kept with this longest side.",
            changed=changed,
            side=LONGEST_SIDE,
        )
    else:
        message = say(
            "{changed:,} sounds are longer than {seconds} seconds; their first {seconds} are kept.",
            changed=changed,
            seconds=LONGEST,
        )
    return [Finding("D123", "tip", medium, message, {"files": changed})]
