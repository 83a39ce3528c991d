"""The strict pre-pass over a CSV file: parsers repair silently, so every line is looked at first.

Each chunk of whole records is reduced to its delimiters, line ends and quotes; after the quoted cells are taken out, a
file without fault is one pattern repeated, which is compared at the speed of memory. Only a chunk that differs is taken
apart to name the line.
"""

import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from datasets.core.errors import DataProblem, shown
from datasets.core.limits import Limits
from datasets.core.readers.heading import DELIMITERS, HEAD, QUOTED, RECORD, Heading, fields, find_heading
from dlstart_web.kit.say import say, say_count

Positions = NDArray[np.int64]
CHUNK = 3 * 2**20
SAMPLE = 16 * 2**10  # bytes kept of each chunk, from which the types are guessed
DELIMITER_WORDS = {",": say("comma"), ";": say("semicolon"), "\t": say("tab"), "|": say("bar")}


class NeedsConversion(Exception):
    """The bytes are text in another encoding; str(problem) names the codec."""


@dataclass(frozen=True)
class Layout:
    """How a checked CSV file is laid out, and a sample of its records from all over the file."""

    heading: Heading
    names: list[str]
    unnamed: list[str]
    header_lines: int
    rows: int
    blank_lines: bool
    ascii: bool
    sample: bytes

    @property
    def delimiter(self) -> str:
        """What parts the columns."""
        return self.heading.delimiter


def whole_records(buffer: bytes) -> int:
    """Length of the longest prefix that ends in a line end outside quotes; 0 if there is none."""
    cut = buffer.rfind(b"\n") + 1
    view = np.frombuffer(buffer, np.uint8)
    if not cut or _count(view[:cut], 34) % 2 == 0:
        return cut
    ends, quotes = np.flatnonzero(view == 10), np.flatnonzero(view == 34)
    outside = ends[np.searchsorted(quotes, ends) % 2 == 0]
    return int(outside[-1]) + 1 if len(outside) else 0


def _count(view: NDArray[np.uint8], byte: int) -> int:
    """As bytes.count, in a fraction of its time."""
    return int(np.count_nonzero(view == byte))


def record_chunks(file: BinaryIO, limits: Limits, line: int) -> Iterator[tuple[bytes, int]]:
    """Chunks of whole records with the number of each one's first line; the last gets a line end if it has none."""
    rest = b""
    while True:
        block = file.read(CHUNK)
        buffer = rest + block
        if not block:
            if buffer:
                buffer += b"" if buffer.endswith(b"\n") else b"\n"
                if buffer.count(b'"') % 2:
                    raise open_quote(buffer, line)
                yield buffer, line
            return
        cut = whole_records(buffer)
        if cut:
            yield buffer[:cut], line
            line += _count(np.frombuffer(buffer, np.uint8, cut), 10)
        rest = buffer[cut:]
        if len(rest) > limits.line:
            if rest.count(b'"') % 2:
                raise open_quote(rest, line)
            raise line_too_long(line, len(rest), limits)


def open_quote(buffer: bytes, line: int) -> DataProblem:
    """The refusal of a quote that never closes, at the line of the first quote that fits nowhere."""
    quotes = np.flatnonzero(np.frombuffer(buffer, np.uint8) == 34)
    bad = _first_bad_quote(buffer, quotes, DELIMITERS.encode())
    place = len(quotes) - 1 if bad is None else bad - bad % 2
    return quote_open_at(line + buffer.count(b"\n", 0, int(quotes[place])))


def quote_open_at(line: int) -> DataProblem:
    """The refusal of a quote that was opened in this line."""
    return DataProblem(
        "QUOTE_OPEN",
        say("A quote opened in line {line:,} never closes.", line=line),
        where=say("line {line}", line=line),
        next=say("Close it, or write a quote that belongs to the cell twice inside a quoted cell."),
    )


def line_too_long(line: int, length: int, limits: Limits) -> DataProblem:
    """The refusal of a line over the limit."""
    return DataProblem(
        "LINE_TOO_LONG",
        say(
            "Line {line:,} has {length:,} bytes or more; at most {limit:,} are read.",
            line=line,
            length=length,
            limit=limits.line,
        ),
        413,
        where=say("line {line}", line=line),
        limit=limits.line,
        found=length,
        next=say("Shorten the line, or check that the file has line ends."),
    )


def read_header(record: bytes, heading: Heading, limits: Limits, line: int) -> tuple[list[str], list[str]]:
    """The columns' names, those without a name filled in, and the list of the names filled in."""
    names = [unicodedata.normalize("NFC", cell) for cell in fields(record, heading.delimiter)]
    if len(names) > limits.columns:
        raise too_many_columns(len(names), limits)
    if len(names) == 1:
        raise DataProblem(
            "ONE_COLUMN",
            say(
                "The table has one column, '{names}'; a label and at least one feature are needed.",
                names=shown(names[0]),
            ),
            where=say("line {line}", line=line),
            found=1,
            next=say("Part the columns by comma, semicolon, tab or bar."),
        )
    if not heading.line:
        return [f"column_{place}" for place in range(1, len(names) + 1)], []
    unnamed = [f"column_{place}" for place, name in enumerate(names, 1) if not name]
    return check_names([name or f"column_{place}" for place, name in enumerate(names, 1)], limits), unnamed


def check_names(names: list[str], limits: Limits) -> list[str]:
    """The names themselves; DataProblem for one that stands twice or is too long."""
    first: dict[str, int] = {}
    for place, name in enumerate(names, 1):
        if len(name.encode()) > limits.column_name:
            raise DataProblem(
                "COLUMN_NAME_TOO_LONG",
                say(
                    "The name of column {place:,} has {length} bytes; at most {limit} are read.",
                    place=place,
                    length=len(name.encode()),
                    limit=limits.column_name,
                ),
                where=say("column {place}", place=place),
                limit=limits.column_name,
                found=len(name.encode()),
                next=say("Shorten the name."),
            )
        if "\0" in name:
            raise DataProblem(
                "NUL_BYTE",
                say("The name of column {place:,} holds a NUL byte.", place=place),
                where=say("column {place}", place=place),
                next=say("Rename it."),
            )
        if name in first:
            raise DataProblem(
                "DUPLICATE_COLUMN",
                say(
                    "Column '{name}' appears twice (columns {first:,} and {place:,}).",
                    name=shown(name),
                    first=first[name],
                    place=place,
                ),
                where=say("column {place}", place=place),
                found=shown(name),
                next=say("Rename one of them."),
            )
        first[name] = place
    return names


def too_many_columns(found: int, limits: Limits) -> DataProblem:
    """The refusal of a table that is too wide."""
    return DataProblem(
        "TOO_MANY_COLUMNS",
        say("The table has {found:,} columns; at most {columns:,} are read.", found=found, columns=limits.columns),
        413,
        limit=limits.columns,
        found=found,
        next=say("Leave out columns that cannot help."),
    )


def too_many_rows(found: int, limits: Limits) -> DataProblem:
    """The refusal of a table that is too long."""
    return DataProblem(
        "TOO_MANY_ROWS",
        say("The table has {found:,} rows or more; at most {rows:,} are read.", found=found, rows=limits.rows),
        413,
        limit=limits.rows,
        found=found,
        next=say("Send a random sample of the rows."),
    )


def check(path: Path, limits: Limits, progress: Callable[[float], None], header: int | None = None) -> Layout:
    """Look at every byte of a CSV file in UTF-8.

    Parameters
    ----------
    path : Path
        The file; line ends are LF or CR LF.
    limits : Limits
    progress : callable
        Called with the share of bytes seen.
    header : int, optional
        The line that names the columns, as somebody said; 0 if none does. Found where left out.

    Returns
    -------
    Layout

    Raises
    ------
    DataProblem
        For the first fault met, with its line.
    NeedsConversion
        When the bytes are no UTF-8 and may be text of Windows.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        above = _blank_lines(file)
        start = file.tell()
        heading = find_heading(file.read(HEAD), header, offset=start, skipped=above)
        file.seek(heading.offset)
        names: list[str] = []
        unnamed: list[str] = []
        rows, header_lines, header_bytes, blank, plain, seen = 0, heading.skipped, 0, False, True, heading.offset
        sample: list[bytes] = []
        inspector: _Inspector | None = None
        for chunk, line in record_chunks(file, limits, heading.skipped + 1):
            seen += len(chunk)
            plain = _check_text(chunk, line, plain)
            end = 0
            if inspector is None:
                check_quotes(chunk, line, DELIMITERS.encode())
                found_header = RECORD.match(chunk)
                end = found_header.end() if found_header else len(chunk)
                names, unnamed = read_header(chunk[:end], heading, limits, line)
                inspector = _Inspector(heading.delimiter, len(names), limits)
                header_bytes = end
                if heading.line:
                    header_lines += chunk.count(b"\n", 0, end)
                    rows -= 1  # the header is inspected with the rest
                else:
                    end = 0
            found, has_blank = inspector.inspect(chunk, line)
            rows, blank = rows + found, blank or has_blank
            if rows > limits.rows:
                raise too_many_rows(rows, limits)
            sample.append(_first_records(chunk[end:], 2**20 if end else max(SAMPLE, 20 * header_bytes)))
            progress(min(1.0, seen / max(1, size)))
    if inspector is None:
        raise empty_file()
    return Layout(heading, names, unnamed, header_lines, rows, blank, plain, b"".join(sample))


def _blank_lines(file: BinaryIO) -> int:
    """Place the file at its first line that is not blank; how many are above it."""
    lines, start = 0, 0
    while block := file.read(2**20):
        text = block.removeprefix(b"\xef\xbb\xbf") if not start else block
        bare = text.lstrip()
        if bare:
            above = block[: len(block) - len(bare)]
            file.seek(start + above.rfind(b"\n") + 1)
            return lines + above.count(b"\n")
        lines, start = lines + block.count(b"\n"), start + len(block)
    raise empty_file()


def empty_file() -> DataProblem:
    """The refusal of a file with nothing in it."""
    return DataProblem(
        "EMPTY_FILE", say("The file is empty: it has no rows."), found=0, next=say("Send a file with rows.")
    )


def _first_records(body: bytes, budget: int) -> bytes:
    if len(body) <= budget:
        return body
    first = RECORD.match(body)
    return body[: whole_records(body[:budget]) or (first.end() if first else 0)]


def _check_text(chunk: bytes, line: int, plain: bool) -> bool:
    """Whether all text so far is ASCII; refuse NUL bytes and what is no UTF-8."""
    nul = chunk.find(b"\0")
    if nul >= 0:
        at = line + chunk.count(b"\n", 0, nul)
        raise DataProblem(
            "NUL_BYTE",
            say("Line {at:,} holds a NUL byte, so this is no plain text.", at=at),
            where=say("line {at}", at=at),
            next=say("Export the table again as CSV."),
        )
    if chunk.isascii():
        return plain
    try:
        chunk.decode()
    except UnicodeDecodeError as error:
        if plain and chunk[: error.start].isascii():
            raise NeedsConversion("cp1252") from error
        raise not_utf8(line + chunk.count(b"\n", 0, error.start)) from error
    return False


def not_utf8(line: int) -> DataProblem:
    """The refusal of bytes that are no text here."""
    return DataProblem(
        "ENCODING",
        say("Line {line:,} holds bytes that are not UTF-8.", line=line),
        where=say("line {line}", line=line),
        next=say("Save the file as UTF-8."),
    )


class _Inspector:
    """Compares each chunk with the pattern of the header."""

    def __init__(self, delimiter: str, width: int, limits: Limits) -> None:
        self.delimiter = delimiter.encode()
        self.width = width
        self.limits = limits
        self.pattern = self.delimiter * (width - 1) + b"\n"
        self.others = bytes(set(range(256)) - {*self.delimiter, *b'\n"'})

    def inspect(self, chunk: bytes, line: int) -> tuple[int, bool]:
        """Rows in the chunk and whether it holds blank lines; DataProblem for the first line that does not fit."""
        skeleton = chunk.translate(None, self.others)
        if b'"' in skeleton:
            check_quotes(chunk, line, self.delimiter)
            marks = np.frombuffer(skeleton, np.uint8)
            quotes = marks == 34
            inside = np.bitwise_xor.accumulate(quotes)
            skeleton = marks[~(inside | quotes)].tobytes()
        records = len(skeleton) // len(self.pattern)
        if (
            skeleton == self.pattern * records
            and _count(np.frombuffer(chunk, np.uint8), 10) == records
            and self._lines_are_short(chunk)
        ):
            return records, False
        return self._take_apart(chunk, line)

    def _lines_are_short(self, chunk: bytes) -> bool:
        if len(chunk) <= self.limits.line:
            return True
        ends = np.flatnonzero(np.frombuffer(chunk, np.uint8) == 10)
        return int(np.diff(ends, prepend=-1).max()) <= self.limits.line

    def _take_apart(self, chunk: bytes, line: int) -> tuple[int, bool]:
        rows, blank = 0, False
        for record in RECORD.findall(chunk):
            if len(record) > self.limits.line:
                raise line_too_long(line, len(record), self.limits)
            # a line of nothing but tabs is a row of empty cells in a file parted by tabs
            if not record.strip() and self.delimiter not in record:
                blank = True
                line += 1
                continue
            fields = QUOTED.sub(b"", record).count(self.delimiter) + 1
            if fields != self.width:
                word = DELIMITER_WORDS[self.delimiter.decode()]
                raise DataProblem(
                    "FIELD_COUNT",
                    say_count(
                        fields,
                        "Line {line:,} has {count:,} field, the header has {width:,}.",
                        "Line {line:,} has {count:,} fields, the header has {width:,}.",
                        line=line,
                        width=self.width,
                    ),
                    where=say("line {line}", line=line),
                    limit=self.width,
                    found=fields,
                    next=say("Fix the line, or quote cells that hold a {word}.", word=word),
                )
            rows += 1
            line += record.count(b"\n")
        return rows, blank


def check_quotes(chunk: bytes, line: int, delimiters: bytes) -> None:
    """Refuse quotes that neither surround a cell nor are doubled inside one."""
    quotes = np.flatnonzero(np.frombuffer(chunk, np.uint8) == 34)
    bad = _first_bad_quote(chunk, quotes, delimiters)
    if bad is None:
        return
    at = line + chunk.count(b"\n", 0, int(quotes[bad]))
    if bad % 2:  # a quote that should close a cell: the one before it was opened and not closed
        opened = line + chunk.count(b"\n", 0, int(quotes[bad - 1]))
        if opened != at:
            raise quote_open_at(opened)
    raise DataProblem(
        "QUOTE_INSIDE",
        say("Line {at:,} has a quote inside a cell.", at=at),
        where=say("line {at}", at=at),
        next=say("Put the whole cell in quotes, with nothing before or behind them, and write the inner quote twice."),
    )


def _first_bad_quote(chunk: bytes, quotes: Positions, delimiters: bytes) -> int | None:
    """Place in `quotes` of the first one that neither begins nor ends a cell nor is doubled; None if all do."""
    view = np.frombuffer(chunk, np.uint8)
    opens, closes = quotes[0::2], quotes[1::2]
    start = 3 if chunk.startswith(b"\xef\xbb\xbf") else 0
    bad_open = ~_is_edge(view.take(opens - 1, mode="wrap"), delimiters) & (opens != start)
    bad_close = ~_is_edge(view.take(closes + 1, mode="clip"), delimiters) & (closes != len(view) - 1)
    found = [2 * int(bad_open.argmax())] if bad_open.any() else []
    found += [2 * int(bad_close.argmax()) + 1] if bad_close.any() else []
    return min(found, default=None)


def _is_edge(marks: NDArray[np.uint8], delimiters: bytes) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = marks == 34
    for mark in b"\r\n" + delimiters:
        found |= marks == mark
    return found
