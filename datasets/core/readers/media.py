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
from datasets.core.readers.archive import Archive, Entry, extracted
from datasets.core.readers.csv import read_csv
from datasets.core.readers.folders import LABEL, NAME, Plan, Row, by_folders, by_table, without_litter
from datasets.core.readers.pictures import LONGEST_SIDE, encode_picture, is_picture
from datasets.core.readers.sounds import LONGEST, encode_sound, is_sound
from datasets.core.table import HELD, Column, Table

Medium = Literal["picture", "sound"]
SPOILT_SHARE = 0.05  # of files that may be unreadable and are left out; more, and the archive is refused
_GROUP_BYTES, _GROUP_ROWS = 16 * 2**20, 8_192
_SHOWN = 20
_TABLES = (".csv", ".tsv")
_ARCHIVES = (b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!", b"BZh", b"\xfd7zXZ", b"(\xb5/\xfd")
_PICKLED = (".pkl", ".pickle", ".joblib", ".npy", ".npz", ".pt", ".pth", ".ckpt")
_NAMED_AS: dict[str, Medium] = {
    **dict.fromkeys((".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff"), "picture"),
    **dict.fromkeys((".wav", ".flac"), "sound"),
}


def read_archive(
    source: Path, *, out: Path, limits: Limits, corrections: Corrections, progress: Callable[[float], None]
) -> Table:
    """Read a ZIP of class folders, or of files that a CSV names, into a typed Parquet file.

    Parameters
    ----------
    source, out : Path
        The upload and the file to write: the columns of a CSV, `name`, `picture` or `sound` (a PNG or a FLAC made
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
        entries, findings = without_litter(archive.entries)
        if not entries:
            raise DataProblem("NO_ROWS", "The archive holds no files.", found=0, next="Pack the files with it.")
        tables, files, others = _sorted_out(archive, entries)
        if not files:
            if len(tables) == 1 and not others:
                return _only_a_table(archive, tables[0], out, limits, corrections, progress)
            raise _no_media(others or tables)
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
    """CSV files, pictures and sounds by their first bytes, and all else."""
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
        elif entry.name.lower().endswith(_TABLES):
            tables.append(entry)
        else:
            _refuse_inside(entry, head)
            others.append(entry)
    return tables, media, others


def _refuse_inside(entry: Entry, head: bytes) -> None:
    where = f"entry {entry.place}"
    if head.startswith(_ARCHIVES) and not entry.name.lower().endswith(_PICKLED):
        raise DataProblem(
            "ARCHIVE_INSIDE",
            f"Entry {entry.place} of the archive, '{shown(entry.name)}', is an archive itself.",
            where=where,
            found=shown(entry.name),
            next="Unpack it, and pack all files as one archive.",
        )
    if entry.name.lower().endswith(_PICKLED) or (head[:1] == b"\x80" and head[1:2] in b"\x02\x03\x04\x05"):
        raise DataProblem(
            "WRONG_KIND",
            f"Entry {entry.place} of the archive, '{shown(entry.name)}', is of a kind never accepted since it may "
            "hold code.",
            415,
            where=where,
            found=shown(entry.name),
            next="Send pictures, sounds or a CSV.",
        )


def _only_a_table(
    archive: Archive,
    entry: Entry,
    out: Path,
    limits: Limits,
    corrections: Corrections,
    progress: Callable[[float], None],
) -> Table:
    with tempfile.TemporaryDirectory(dir=out.parent, prefix="unpacked-") as scratch:
        table = read_csv(
            extracted(archive, entry, Path(scratch) / "table.csv"),
            out=out,
            limits=limits,
            corrections=corrections,
            progress=progress,
        )
    message = f"'{shown(entry.name)}' read out of the archive."
    return replace(table, findings=[Finding("D107", "tip", None, message), *table.findings])


def _no_media(others: Sequence[Entry]) -> DataProblem:
    listed = ", ".join(f"'{shown(entry.name, 40)}'" for entry in others[:3])
    return DataProblem(
        "NO_MEDIA",
        f"The archive holds no picture (PNG, JPEG, WebP, GIF, BMP, TIFF) and no sound (WAV, FLAC), only {listed}"
        f"{' and more' if len(others) > 3 else ''}.",
        415,
        found=len(others),
        next="Pack a folder a class with its pictures or sounds in it, or send a table by itself.",
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
        path = extracted(archive, tables[0], Path(scratch) / "table.csv")
        table = read_csv(path, out=typed, limits=limits, corrections=corrections, progress=lambda share: None)
        return by_table(typed, table.columns, tables[0].name, entries)


def _kind(column: Column, corrections: Corrections) -> Kind:
    """What somebody said a column is, if its cells can be that."""
    kind = corrections.kinds.get(column.name, column.kind)
    allowed = (column.kind, "ignore") if column.kind in MEDIA else (column.kind, "category", "text", *SET_ASIDE)
    if kind not in allowed and column.name in (NAME, LABEL, *MEDIA):
        raise DataProblem(
            "KIND_DOES_NOT_FIT",
            f"Column '{column.name}' cannot be read as {kind}.",
            where=f"column {column.name}",
            found=kind,
            next=f"Choose {' or '.join(dict.fromkeys(allowed))}.",
        )
    return kind


def _medium(files: Sequence[tuple[Entry, Medium]]) -> Medium:
    found = {medium for _, medium in files}
    if len(found) > 1:
        first = {medium: entry for entry, medium in reversed(files)}
        raise DataProblem(
            "MEDIA_MIXED",
            f"The archive holds pictures ('{shown(first['picture'].name, 40)}') and sounds "
            f"('{shown(first['sound'].name, 40)}') at once.",
            found="pictures and sounds",
            next="Send them as two archives.",
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
            f"The CSV in the archive has a column '{twice}', which is what the files' own column is called.",
            where=f"column {twice}",
            found=twice,
            next="Rename that column.",
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
    more = f" and {len(entries) - _SHOWN:,} more" if len(entries) > _SHOWN else ""
    return ", ".join(f"'{shown(entry.name, 60)}'" for entry in entries[:_SHOWN]) + more


def _too_many_spoilt(spoilt: Sequence[Entry], rows: int) -> DataProblem:
    return DataProblem(
        "MEDIA_BROKEN",
        f"{len(spoilt):,} of {rows:,} files or more cannot be decoded: {_listed(spoilt)}.",
        where=shown(spoilt[0].name),
        limit=f"{SPOILT_SHARE:.0%}",
        found=len(spoilt),
        next="Open them with a viewer, and leave out or replace those that are damaged.",
    )


def _left_out(others: Sequence[Entry], spoilt: Sequence[Entry], rows: int) -> list[Finding]:
    findings = []
    if spoilt:
        message = f"{len(spoilt):,} of {rows:,} files cannot be decoded, left out: {_listed(spoilt)}."
        findings.append(Finding("D122", "look", None, message, {"files": len(spoilt)}))
    if others:
        message = f"{len(others):,} file{'s' * (len(others) > 1)} of another kind, left out: {_listed(others)}."
        findings.append(Finding("D122", "look", None, message, {"files": len(others)}))
    return findings


def _shrunk(medium: Medium, changed: int) -> list[Finding]:
    if not changed:
        return []
    if medium == "picture":
        message = f"{changed:,} pictures are larger than {LONGEST_SIDE} pixels and are kept with this longest side."
    else:
        message = f"{changed:,} sounds are longer than {LONGEST} seconds; their first {LONGEST} are kept."
    return [Finding("D123", "tip", medium, message, {"files": changed})]
