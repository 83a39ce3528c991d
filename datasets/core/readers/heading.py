"""Where a table of text begins: title rows above it, a row of names or none, and what parts the columns."""

import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

from datasets.core.errors import DataProblem, shown
from dlstart_web.kit.say import say

DELIMITERS = ",;\t|"
QUOTED = re.compile(rb'"[^"]*+"')
RECORD = re.compile(rb'(?:[^"\n]++|"[^"]*+")*+\n')
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[+-]?\d+,\d+")
HEAD = 256 * 2**10  # bytes that are looked at
MOST_TITLES, LOOKED_AT, SHOWN, SHOWN_WIDTH = 20, 200, 15, 160
AGREEING = 0.8  # of the records have as many fields as the first one of the table
_BETWEEN_DIGITS = re.compile(rb"(?<=\d),(?=\d)")
_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Heading:
    """Where a table begins.

    Parameters
    ----------
    delimiter : str
    offset, skipped : int
        Bytes and lines above the names, or above the first row where there are no names.
    line : int
        That names the columns, counted from 1; 0 if none does.
    titles : int
        Rows above it that are no part of the table.
    is_sure : bool
        False where a person should look at it.
    lines : list of str
        The first lines, cut, to be looked at.
    """

    delimiter: str
    offset: int
    skipped: int
    line: int
    titles: int
    is_sure: bool
    lines: list[str]

    def as_dict(self) -> dict[str, Any]:
        """What a person is shown, as JSON-able fields."""
        return {"line": self.line, "titles": self.titles, "is_sure": self.is_sure, "lines": self.lines}


@dataclass(frozen=True)
class _Record:
    offset: int
    line: int
    content: bytes

    def cells(self, delimiter: str) -> list[str]:
        return fields(self.content, delimiter)


def fields(record: bytes, delimiter: str) -> list[str]:
    """The cells of one record, without quotes and the blanks around them; Python's own reader stops at long cells."""
    text = record.removeprefix(_MARK).decode("utf-8", "replace").rstrip("\r\n")
    part = re.escape(delimiter)
    cells = re.findall(rf'((?:[^{part}"]++|"[^"]*+"|")*+)(?:{part}|$)', text)
    cells = cells[: len(QUOTED.sub(b"", record).split(delimiter.encode()))]  # the pattern also finds the empty end
    return [cell[1:-1].replace('""', '"').strip() if cell[:1] == '"' else cell for cell in map(str.strip, cells)]


def find_heading(head: bytes, wanted: int | None = None, *, offset: int = 0, skipped: int = 0) -> Heading:
    """Find where the table begins, or take the line that somebody named.

    Parameters
    ----------
    head : bytes
        The first bytes of the file, in UTF-8 as far as it is any text.
    wanted : int, optional
        The line that names the columns, counted from 1; 0 if none does.
    offset, skipped : int
        Bytes and blank lines of the file above `head`.

    Raises
    ------
    DataProblem
        If the wanted line is not among the first ones.
    """
    lines = [line.decode("utf-8", "replace")[:SHOWN_WIDTH] for line in head.removeprefix(_MARK).split(b"\n")[:SHOWN]]
    lines = [line.rstrip("\r") for line in lines]
    lines = [""] * min(skipped, SHOWN) + lines[: max(0, SHOWN - skipped)]
    records, said = _records(head, offset, skipped + 1)
    if not records:
        return Heading(said or ",", offset, skipped, skipped + 1, 0, True, lines)
    start, delimiter = _start(records, said)
    if wanted:
        start = _at_line(records, wanted, start)
        delimiter = said or find_delimiter([record.content for record in records[start:]])
        named = True
    else:
        named = wanted is None and not _is_data(records[start:], delimiter)
    first = records[start]
    line = first.line if named else 0
    is_sure = wanted is not None or (named and start == 0)
    return Heading(delimiter, first.offset, first.line - 1, line, start, is_sure, lines)


def find_delimiter(lines: list[bytes]) -> str:
    """The delimiter that parts the most lines as it parts the first, into the most fields; a comma if none does."""
    lines = [QUOTED.sub(b"", line) for line in lines[:LOOKED_AT]]
    merits = {}
    for delimiter in DELIMITERS:
        counts = [line.count(delimiter.encode()) for line in lines]
        if counts and counts[0]:
            merits[delimiter] = (counts.count(counts[0]) / len(counts), counts[0])
    if not merits:
        return ","
    best = max(merits, key=lambda delimiter: merits[delimiter])
    others = [delimiter for delimiter in merits if delimiter != "," and merits[delimiter][0] == 1]
    # 1,5;2,5 has as many commas as semicolons and more: they belong to the numbers
    if best == "," and others and all(line.count(b",") == len(_BETWEEN_DIGITS.findall(line)) for line in lines):
        return others[0]
    return best


def _records(head: bytes, begin: int, line: int) -> tuple[list[_Record], str | None]:
    """The first records that are not blank, and the delimiter that a 'sep=' line names."""
    records: list[_Record] = []
    said, offset = None, 0
    head = head if head.endswith(b"\n") or len(head) >= HEAD else head + b"\n"
    while len(records) < LOOKED_AT and (match := RECORD.match(head, offset)):
        content = match.group()
        text = content.removeprefix(_MARK).strip(b" \r\n")
        if text.lower().startswith(b"sep=") and len(text) == 5 and chr(text[4]) in DELIMITERS and not records:
            said = chr(text[4])
        elif text.strip():
            records.append(_Record(begin + offset, line, content))
        line += content.count(b"\n")
        offset = match.end()
    return records, said


def _start(records: list[_Record], said: str | None) -> tuple[int, str]:
    """Which record the table begins with, and its delimiter."""
    contents = [record.content for record in records]
    delimiter = said or find_delimiter(contents)
    counts = _counts(contents, delimiter)
    if counts[0] == 0 or counts.count(counts[0]) < AGREEING * len(counts):
        for start in range(1, min(MOST_TITLES, len(records) - 2) + 1):
            below = said or find_delimiter(contents[start:])
            widths = _counts(contents[start:], below)
            above = _counts(contents[:start], below)
            fits = widths[0] and widths.count(widths[0]) >= AGREEING * len(widths)
            # a first line with nearly as many fields is a header with a fault, and no title
            if fits and widths[0] == Counter(widths).most_common(1)[0][0] and max(above) <= widths[0] / 2:
                return start, below
        return 0, delimiter
    start = 0
    while start < min(MOST_TITLES, len(records) - 2) and counts[start]:
        filled = [bool(cell) for cell in records[start].cells(delimiter)]
        if sum(filled) > 1 or filled == [False, True]:  # two columns, the first one without a name
            break
        start += 1
    return start, delimiter


def _counts(lines: list[bytes], delimiter: str) -> list[int]:
    return [QUOTED.sub(b"", line).count(delimiter.encode()) for line in lines]


def _is_data(records: list[_Record], delimiter: str) -> bool:
    """Whether the first record is a row like those below: a number stands in it where they have numbers only."""
    first, *rest = (record.cells(delimiter) for record in records[:50])
    columns = list(zip(*(row for row in rest if len(row) == len(first)), strict=True))
    numbers = [
        cell
        for cell, column in zip(first, columns, strict=False)
        if NUMBER.fullmatch(cell) and all(not below or NUMBER.fullmatch(below) for below in column)
    ]
    if not columns:
        return all(not cell or NUMBER.fullmatch(cell) for cell in first)
    # pandas numbers nameless columns from 0
    counted = numbers in ([str(place) for place in range(begin, begin + len(numbers))] for begin in (0, 1))
    return bool(numbers) and (first in rest or not (counted and len(numbers) > 1))


def _at_line(records: list[_Record], wanted: int, start: int) -> int:
    for place, record in enumerate(records):
        if record.line == wanted:
            return place
    first = records[start]
    raise DataProblem(
        "NO_HEADER",
        say(
            "Line {wanted:,} does not name the columns: it is blank, or not among the first {records} rows.",
            wanted=wanted,
            records=len(records),
        ),
        where=say("line {wanted}", wanted=wanted),
        found=wanted,
        next=say(
            "Name a line at the top of the file, such as {line}, which begins '{begin}'.",
            line=first.line,
            begin=shown(first.cells(",")[0], 40),
        ),
    )
