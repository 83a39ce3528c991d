"""ARFF, the format of Weka and OpenML: its header is checked, its rows become a CSV that is read like any other."""

import csv
import re
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO

from datasets.core.corrections import Corrections, Kind
from datasets.core.errors import DataProblem, shown
from datasets.core.limits import Limits
from datasets.core.readers.csv import read_csv
from datasets.core.readers.strict import line_too_long, not_utf8, too_many_columns
from datasets.core.table import Table
from dlstart_web.kit.say import say, say_count

_ATTRIBUTE = re.compile(
    r"""@attribute\s+('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^\s{]+)(?:\s+|(?=\{))(.+)""", re.IGNORECASE
)
_NUMBERS = ("numeric", "real", "integer")
_CELL = re.compile(r"""\s*('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^,'"]*?)\s*(,|\t|$)""")


@dataclass(frozen=True)
class _Attribute:
    name: str
    kind: Kind | None
    values: frozenset[str] = frozenset()


def read_arff(
    source: Path, *, out: Path, limits: Limits, corrections: Corrections, progress: Callable[[float], None]
) -> Table:
    """Read an ARFF file: nominal, numeric, string and date attributes; sparse rows and nested relations are refused.

    Raises
    ------
    DataProblem
        For the first fault met, with its line.
    """
    with tempfile.TemporaryDirectory(dir=out.parent, prefix="converted-") as scratch:
        table = Path(scratch) / "table.csv"
        try:
            attributes = _convert(source, table, "utf-8-sig", limits)
        except UnicodeDecodeError:
            try:
                attributes = _convert(source, table, "cp1252", limits)
            except UnicodeDecodeError as error:
                raise not_utf8(1) from error
        declared = {each.name: each.kind for each in attributes if each.kind}
        said = Corrections(kinds={**declared, **corrections.kinds}, header=1)
        found = read_csv(table, out=out, limits=limits, corrections=said, progress=progress)
    return replace(found, head=None)


def _convert(source: Path, table: Path, encoding: str, limits: Limits) -> list[_Attribute]:
    with source.open(encoding=encoding, newline=None) as read, table.open("w", encoding="utf-8", newline="") as write:
        rows = csv.writer(write, lineterminator="\n")
        lines = _lines(read, limits)
        attributes = _header(lines, limits)
        rows.writerow([each.name for each in attributes])
        for number, line in lines:
            rows.writerow(_row(line, number, attributes))
    return attributes


def _lines(file: TextIO, limits: Limits) -> Iterator[tuple[int, str]]:
    """Numbered lines that are neither blank nor comments."""
    number = 0
    while line := file.readline(limits.line + 1):
        number += 1
        if len(line) > limits.line:
            raise line_too_long(number, len(line), limits)
        if "\0" in line:
            raise _broken(number, say("holds a NUL byte"), say("Export the table again."))
        if (bare := line.strip()) and not bare.startswith("%"):
            yield number, bare


def _header(lines: Iterator[tuple[int, str]], limits: Limits) -> list[_Attribute]:
    attributes: list[_Attribute] = []
    number = 1
    for number, line in lines:
        word = line.split(None, 1)[0].lower()
        if word == "@data":
            if not attributes:
                raise _broken(number, say("comes before any @attribute"), say("Declare the columns above it."))
            return attributes
        if word == "@attribute":
            attributes.append(_attribute(line, number))
            if len(attributes) > limits.columns:
                raise too_many_columns(len(attributes), limits)
        elif word not in ("@relation", "@end"):
            raise _broken(
                number,
                say("holds '{line}', which no header of ARFF has", line=shown(line, 40)),
                say("Export the table again."),
            )
    raise _broken(number, say("is the last one, and no @data came"), say("Send the whole file."))


def _attribute(line: str, number: int) -> _Attribute:
    match = _ATTRIBUTE.fullmatch(line)
    if not match:
        raise _broken(number, say("declares no name and type"), say("Write @attribute NAME TYPE."))
    name, kind = _bare(match[1]), match[2].strip()
    word = kind.split(None, 1)[0].lower()
    if kind.startswith("{"):
        if not kind.endswith("}"):
            raise _broken(number, say("lists values and does not end with a brace"), say("Close the list."))
        return _Attribute(name, "category", frozenset(_cells(kind[1:-1], number)))
    if word in _NUMBERS:
        return _Attribute(name, "number")
    if word in ("string", "date"):
        return _Attribute(name, None)
    raise _broken(
        number,
        say(
            "declares '{name}' as {word}; nominal, numeric, string and date attributes are read",
            name=shown(name),
            word=shown(word, 40),
        ),
        say("Leave the column out, or turn it into one of these."),
    )


def _row(line: str, number: int, attributes: list[_Attribute]) -> list[str]:
    if line.startswith("{"):
        raise _broken(
            number, say("is a sparse row, which is not read here"), say("Save the file as dense ARFF or as CSV.")
        )
    cells = line.split(",") if "'" not in line and '"' not in line else _cells(line, number)
    if len(cells) != len(attributes):
        raise DataProblem(
            "FIELD_COUNT",
            say_count(
                len(cells),
                "Line {line:,} has {count:,} field, the header has {width:,}.",
                "Line {line:,} has {count:,} fields, the header has {width:,}.",
                line=number,
                width=len(attributes),
            ),
            where=say("line {number}", number=number),
            limit=len(attributes),
            found=len(cells),
            next=say("Fix the line, or quote cells that hold a comma."),
        )
    cells = [cell.strip() for cell in cells]
    for cell, attribute in zip(cells, attributes, strict=True):
        if attribute.values and cell != "?" and cell not in attribute.values:
            raise _broken(
                number,
                say(
                    "holds '{cell}', which is not among the values of '{name}'",
                    cell=shown(cell, 40),
                    name=shown(attribute.name),
                ),
                say("Add the value to its @attribute, or mend the cell."),
            )
    return ["" if cell == "?" else cell for cell in cells]


def _cells(line: str, number: int) -> list[str]:
    cells, place = [], 0
    while True:
        match = _CELL.match(line, place)
        if not match:
            raise _broken(
                number,
                say("has a quote inside a cell, or one that never closes"),
                say("Close it, or write \\' for it."),
            )
        cells.append(_bare(match[1]))
        place = match.end()
        if not match[2]:
            return cells


def _bare(cell: str) -> str:
    if len(cell) >= 2 and cell[0] == cell[-1] and cell[0] in "'\"":
        return re.sub(r"\\(.)", r"\1", cell[1:-1])
    return cell


def _broken(line: int, reason: str, advice: str) -> DataProblem:
    return DataProblem(
        "ARFF_BROKEN",
        say("Line {line:,} of the ARFF file {reason}.", line=line, reason=reason),
        where=say("line {line}", line=line),
        next=advice,
    )
