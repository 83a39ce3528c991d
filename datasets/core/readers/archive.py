"""ZIP archives: read by hand, since nothing in them is believed. No entry is ever written under its own name.

The directory at the end is walked within limits; names, links and overlaps are refused before anything is unpacked; an
entry is inflated to the size that the directory gives it and not a byte further, and its checksum must fit.
"""

import re
import stat
import struct
import unicodedata
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Self

from datasets.core.errors import DataProblem, shown
from datasets.core.limits import Limits
from dlstart_web.kit.say import say

_LOCAL, _CENTRAL, _END, _LOCATOR, _END64 = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"PK\x06\x07", b"PK\x06\x06"
_CENTRAL_FIELDS = struct.Struct("<4s6H3L5H2L")
_NOTE = 65_535  # the longest comment behind the end record
_SMALL = 2**20  # up to here no ratio is looked at: blank pictures pack well
_STORED, _DEFLATED = 0, 8
_ENCRYPTED, _UTF8 = 0x1, 0x800
_NO_FILES = {stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK}
_DRIVE = re.compile(r"^[A-Za-z]:")
_LONGEST_NAME = 1_024


@dataclass(frozen=True)
class Entry:
    """One file of an archive, as the directory tells it. `place` counts from 1; `name` has forward slashes."""

    place: int
    name: str
    method: int
    checksum: int
    packed: int
    size: int
    offset: int
    raw_name: bytes


class Archive:
    """An open ZIP archive whose directory has been checked.

    Parameters
    ----------
    file : BinaryIO
        Open for reading; stays the caller's.
    limits : Limits

    Raises
    ------
    DataProblem
        For a directory that cannot be read, is over a limit, or holds a name, link or overlap that is refused.
    """

    def __init__(self, file: BinaryIO, limits: Limits) -> None:
        self._file = file
        self._length = file.seek(0, 2)
        self.entries = self._walk(limits)
        _refuse_sizes(self.entries, self._length, limits)
        self._starts = self._data_starts()

    @classmethod
    def open(cls, file: BinaryIO, limits: Limits) -> Self:
        """As the constructor, with broken structure in words."""
        try:
            return cls(file, limits)
        except (struct.error, OverflowError, OSError) as error:
            raise broken(say("its directory cannot be read")) from error

    def read(self, entry: Entry) -> bytes:
        """The bytes of an entry; DataProblem if they are not what the directory says."""
        packed = self._at(self._starts[entry.place], entry.packed)
        if entry.method == _STORED:
            content, ended = packed, len(packed) == entry.size
        else:
            inflater = zlib.decompressobj(-15)
            try:
                content = inflater.decompress(packed, max(1, entry.size))
                # the end mark may stand behind the last byte asked for
                content += inflater.decompress(inflater.unconsumed_tail, 1) if not inflater.eof else b""
            except zlib.error as error:
                raise _damaged(entry, say("it does not unpack")) from error
            ended = inflater.eof
        if not ended or len(content) != entry.size:
            raise _damaged(
                entry, say("its size does not match the {size:,} bytes that the directory gives", size=entry.size)
            )
        if zlib.crc32(content) != entry.checksum:
            raise _damaged(entry, say("its checksum does not match"))
        return content

    def head(self, entry: Entry) -> bytes:
        """The first 16 bytes of an entry, or fewer where it cannot be unpacked."""
        packed = self._at(self._starts[entry.place], min(entry.packed, 256))
        if entry.method == _STORED:
            return packed[:16]
        try:
            return zlib.decompressobj(-15).decompress(packed, 16)
        except zlib.error:
            return b""

    def _at(self, offset: int, length: int) -> bytes:
        self._file.seek(offset)
        return self._file.read(length)

    def _walk(self, limits: Limits) -> list[Entry]:
        """The directory, one entry at a time: what it says of its own length is checked, never used to make room."""
        start, length, count = self._directory()
        if count > limits.zip_entries:
            raise _too_many(count, limits)
        if start + length > self._length:
            raise broken(say("its directory lies outside the file"))
        entries: list[Entry] = []
        names: set[str] = set()
        position, end = start, start + length
        while position < end:
            fields = _CENTRAL_FIELDS.unpack(self._at(position, _CENTRAL_FIELDS.size))
            if fields[0] != _CENTRAL:
                raise broken(say("its directory does not add up"))
            entry, width = self._entry(len(entries) + 1, fields, position)
            if entry.name in names:
                raise DataProblem(
                    "ARCHIVE_NAME",
                    say(
                        "Entry {place} of the archive, '{name}', is there twice.",
                        place=entry.place,
                        name=shown(entry.name),
                    ),
                    where=say("entry {place}", place=entry.place),
                    found=shown(entry.name),
                    next=say("Pack the files again."),
                )
            names.add(entry.name)
            entries.append(entry)
            if len(entries) > limits.zip_entries:
                raise _too_many(len(entries), limits)
            position += width
        if len(entries) != count:
            raise broken(
                say("its directory holds {entries:,} entries and says {count:,}", entries=len(entries), count=count)
            )
        for entry in entries:
            _refuse_name(entry, limits)
        return [entry for entry in entries if not entry.name.endswith("/")]

    def _directory(self) -> tuple[int, int, int]:
        """Where the directory starts, its bytes and its entries, from the record at the end of the file."""
        tail_start = max(0, self._length - _NOTE - 22)
        tail = self._at(tail_start, self._length - tail_start)
        place = tail.rfind(_END)
        if place < 0 or len(tail) - place < 22:
            raise broken(say("it has no directory at its end, as when an upload or a copy stopped early"))
        disk, first_disk, here, count, length, start, _ = struct.unpack("<4H2LH", tail[place + 4 : place + 22])
        if 0xFFFF in (here, count) or 0xFFFFFFFF in (length, start):
            mark, _, offset, _ = struct.unpack("<4sLQL", self._at(tail_start + place - 20, 20))
            if mark == _LOCATOR:
                record = struct.unpack("<4sQ2H2L4Q", self._at(offset, 56))
                if record[0] != _END64:
                    raise broken(say("its end record is not where it says"))
                disk, first_disk, here, count, length, start = record[4:]
        if disk or first_disk or here != count:
            raise broken(say("it is one part of an archive in several files"))
        return start, length, count

    def _entry(self, place: int, fields: tuple[int, ...], position: int) -> tuple[Entry, int]:
        (
            _,
            _maker,
            _,
            flags,
            method,
            _,
            _,
            checksum,
            packed,
            size,
            name_length,
            extra_length,
            note,
            disk,
            _,
            mode,
            offset,
        ) = fields
        variable = self._at(position + _CENTRAL_FIELDS.size, name_length + extra_length)
        if len(variable) < name_length + extra_length:
            raise broken(say("its directory ends early"))
        raw, extra = variable[:name_length], variable[name_length:]
        name = _name(raw, flags, place)
        if flags & _ENCRYPTED:
            raise DataProblem(
                "ARCHIVE_ENCRYPTED",
                say("Entry {place} of the archive, '{name}', is encrypted.", place=place, name=shown(name)),
                where=say("entry {place}", place=place),
                found=shown(name),
                next=say("Pack the files without a password."),
            )
        kind = stat.S_IFMT(mode >> 16)
        if kind in _NO_FILES:
            raise DataProblem(
                "ARCHIVE_LINK",
                say(
                    "Entry {place} of the archive, '{name}', is a link or a device; links are not accepted.",
                    place=place,
                    name=shown(name),
                ),
                where=say("entry {place}", place=place),
                found=shown(name),
                next=say("Put the file itself into the archive."),
            )
        if method not in (_STORED, _DEFLATED):
            raise DataProblem(
                "ARCHIVE_METHOD",
                say(
                    "Entry {place} of the archive, '{name}', is packed by method {method}; stored and deflated entries are read.",
                    place=place,
                    name=shown(name),
                    method=method,
                ),
                where=say("entry {place}", place=place),
                found=method,
                next=say("Pack the files as an ordinary ZIP archive."),
            )
        if disk not in (0, 0xFFFF):
            raise broken(say("it is one part of an archive in several files"))
        size, packed, offset = _wide(extra, size, packed, offset)
        width = _CENTRAL_FIELDS.size + name_length + extra_length + note
        return Entry(place, name, method, checksum, packed, size, offset, raw), width

    def _data_starts(self) -> dict[int, int]:
        """Where each entry's bytes start; DataProblem if a local header differs or two entries share bytes."""
        starts: dict[int, int] = {}
        end = 0
        for entry in sorted(self.entries, key=lambda each: each.offset):
            head = self._at(entry.offset, 30 + len(entry.raw_name))
            if len(head) < 30 + len(entry.raw_name) or head[:4] != _LOCAL:
                raise _damaged(entry, say("it is not where the directory says"))
            flags, method = struct.unpack("<2H", head[6:10])
            name_length, extra_length = struct.unpack("<2H", head[26:30])
            if head[30:] != entry.raw_name or name_length != len(entry.raw_name) or method != entry.method:
                raise _damaged(entry, say("the directory and the entry itself name it differently"))
            if flags & _ENCRYPTED:
                raise _damaged(entry, say("the directory and the entry itself differ about encryption"))
            if entry.offset < end:
                raise _damaged(entry, say("it overlaps the entry before it"))
            starts[entry.place] = entry.offset + 30 + name_length + extra_length
            end = starts[entry.place] + entry.packed
        if end > self._length:
            raise broken(say("an entry ends outside the file"))
        return starts


def broken(reason: str) -> DataProblem:
    """The refusal of an archive that cannot be read."""
    return DataProblem(
        "ARCHIVE_BROKEN",
        say("This is not a readable ZIP archive: {reason}.", reason=reason),
        next=say("Pack the files again and send them."),
    )


def _damaged(entry: Entry, reason: str) -> DataProblem:
    return DataProblem(
        "ARCHIVE_BROKEN",
        say(
            "Entry {place} of the archive, '{name}', cannot be read: {reason}.",
            place=entry.place,
            name=shown(entry.name),
            reason=reason,
        ),
        where=say("entry {place}", place=entry.place),
        found=shown(entry.name),
        next=say("Pack the files again and send them."),
    )


def _too_many(count: int, limits: Limits) -> DataProblem:
    return DataProblem(
        "TOO_MANY_ENTRIES",
        say(
            "The archive has {count:,} entries; at most {zip_entries:,} are read.",
            count=count,
            zip_entries=limits.zip_entries,
        ),
        413,
        limit=limits.zip_entries,
        found=count,
        next=say("Send fewer files."),
    )


def _name(raw: bytes, flags: int, place: int) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        if not flags & _UTF8:
            return raw.decode("cp437")
    raise DataProblem(
        "ARCHIVE_NAME",
        say("Entry {place} of the archive has a name that is said to be UTF-8 and is not.", place=place),
        where=say("entry {place}", place=place),
        next=say("Rename the file and pack again."),
    )


def _refuse_name(entry: Entry, limits: Limits) -> None:
    """Names are never repaired: one that means another place, or hides something, is refused."""
    parts = entry.name.removesuffix("/").split("/")
    reason = ""
    if any(unicodedata.category(character) == "Cc" for character in entry.name):
        reason = say("holds control characters")
    elif entry.name.startswith("/") or _DRIVE.match(entry.name) or "\\" in entry.name or ".." in parts:
        reason = say("leaves the archive")
    elif "" in parts or "." in parts:
        reason = say("has an empty folder")
    elif len(entry.raw_name) > _LONGEST_NAME:
        reason = say("is longer than {longest:,} bytes", longest=_LONGEST_NAME)
    elif len(parts) - 1 > limits.zip_levels:
        reason = say("lies more than {zip_levels} folders deep", zip_levels=limits.zip_levels)
    if reason:
        raise DataProblem(
            "ARCHIVE_NAME",
            say(
                "Entry {place} of the archive, '{name}': its name {reason}.",
                place=entry.place,
                name=shown(entry.name),
                reason=reason,
            ),
            where=say("entry {place}", place=entry.place),
            found=shown(entry.name),
            next=say("Rename the file and pack again, with plain folder and file names."),
        )


def _wide(extra: bytes, size: int, packed: int, offset: int) -> tuple[int, int, int]:
    """Sizes and offset from the ZIP64 field where the plain ones are full."""
    values = [size, packed, offset]
    if 0xFFFFFFFF not in values:
        return size, packed, offset
    at = 0
    while at + 4 <= len(extra):
        tag, length = struct.unpack_from("<2H", extra, at)
        if tag == 1:
            field = extra[at + 4 : at + 4 + length]
            for index, value in enumerate(values):
                if value == 0xFFFFFFFF:
                    values[index] = struct.unpack("<Q", field[:8])[0]
                    field = field[8:]
            break
        at += 4 + length
    return values[0], values[1], values[2]


def _refuse_sizes(entries: Sequence[Entry], length: int, limits: Limits) -> None:
    """Sizes as the directory gives them; reading an entry holds it to them."""
    total = sum(entry.size for entry in entries)
    if total > limits.zip_unpacked:
        raise DataProblem(
            "UNPACKED_TOO_LARGE",
            say(
                "The archive unpacks to {total:,} bytes; at most {zip_unpacked:,} are read.",
                total=total,
                zip_unpacked=limits.zip_unpacked,
            ),
            413,
            limit=limits.zip_unpacked,
            found=total,
            next=say("Send fewer or smaller files."),
        )
    if total > _SMALL and total > limits.zip_ratio * length:
        raise DataProblem(
            "UNPACKED_TOO_LARGE",
            say(
                "The archive unpacks {total:,.0f} : 1; at most {zip_ratio} : 1 is read.",
                total=total / length,
                zip_ratio=limits.zip_ratio,
            ),
            413,
            limit=f"{limits.zip_ratio} : 1",
            found=f"{total / length:,.0f} : 1",
            next=say("Send the files in a format of their own, such as PNG or FLAC."),
        )
    for entry in entries:
        if entry.size > limits.zip_entry:
            raise DataProblem(
                "UNPACKED_TOO_LARGE",
                say(
                    "Entry {place} of the archive, '{name}', unpacks to {size:,} bytes; at most {zip_entry:,} are read from one entry.",
                    place=entry.place,
                    name=shown(entry.name),
                    size=entry.size,
                    zip_entry=limits.zip_entry,
                ),
                413,
                where=say("entry {place}", place=entry.place),
                limit=limits.zip_entry,
                found=entry.size,
                next=say("Send smaller files."),
            )


def extracted(archive: Archive, entry: Entry, to: Path) -> Path:
    """Write an entry to a path of our choosing."""
    to.write_bytes(archive.read(entry))
    return to
