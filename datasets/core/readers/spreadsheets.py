"""XLSX and ODS: the archive is checked and counted first, then one sheet becomes a CSV that is read like any other."""

import csv
import datetime as dt
import re
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.parsers import expat

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum

from datasets.core.corrections import Corrections
from datasets.core.errors import DataProblem, shown
from datasets.core.findings import Finding
from datasets.core.limits import Limits
from datasets.core.readers.archive import Archive
from datasets.core.readers.csv import read_csv
from datasets.core.readers.heading import MOST_TITLES
from datasets.core.readers.strict import too_many_columns, too_many_rows
from datasets.core.table import Table
from dlstart_web.kit.say import say, say_count

_OPEN_DOCUMENT = b"application/vnd.oasis.opendocument."
_FAULTS = {
    "xl/worksheets/": re.compile(rb"<(?:\w+:)?c\s[^<>]*\bt=[\"']e[\"']"),
    "content.xml": re.compile(rb":value-type=[\"']error[\"']"),
}


def is_office(archive: Archive) -> bool:
    """Whether a ZIP archive is one document, of Excel's or the OpenDocument family, rather than an archive of files."""
    return any(entry.name == "[Content_Types].xml" for entry in archive.entries) or bool(_open_document(archive))


def _open_document(archive: Archive) -> bytes:
    """What kind of OpenDocument an archive says that it is, such as b"spreadsheet"; nothing for other archives."""
    said = next(
        (archive.read(entry) for entry in archive.entries if entry.name == "mimetype" and entry.size < 200), b""
    )
    return said.removeprefix(_OPEN_DOCUMENT) if said.startswith(_OPEN_DOCUMENT) else b""


def read_spreadsheet(
    source: Path, *, out: Path, limits: Limits, corrections: Corrections, progress: Callable[[float], None]
) -> Table:
    """Read one sheet of a spreadsheet: the one that was chosen, or the first that holds cells.

    Formulas are read as the values that were saved with them.

    Raises
    ------
    DataProblem
        For an archive or a sheet that cannot be read, and for the faults of the table in it.
    """
    with source.open("rb") as file:
        archive = Archive.open(file, limits)
        names = {entry.name for entry in archive.entries}
        if "xl/workbook.xml" not in names and not _open_document(archive).startswith(b"spreadsheet"):
            raise DataProblem(
                "WRONG_KIND",
                say("The file is an Office document without sheets that are read here, not a table."),
                415,
                found=say("an Office document"),
                next=say("Save the table in it as XLSX, ODS or CSV."),
            )
        faults = 0
        for entry in archive.entries:
            content = archive.read(entry)  # to its real size, before a parser unpacks it
            if entry.name == "content.xml":
                _refuse_no_xml(content)
            faults += sum(len(fault.findall(content)) for name, fault in _FAULTS.items() if entry.name.startswith(name))
    try:
        with CalamineWorkbook.from_path(str(source)) as book:
            sheets = [each.name for each in book.sheets_metadata if each.typ == SheetTypeEnum.WorkSheet]
            sheet, others = _chosen(book, sheets, corrections.sheet)
            with tempfile.TemporaryDirectory(dir=out.parent, prefix="converted-") as scratch:
                table = Path(scratch) / "table.csv"
                empty = _write(sheet, table, limits)
                merged = len(sheet.merged_cell_ranges or [])
                found = read_csv(table, out=out, limits=limits, corrections=corrections, progress=progress)
    except CalamineError as error:
        raise _broken() from error
    except BaseException as error:
        if type(error).__name__ == "PanicException":  # of the parser, which is no Exception in Python
            raise _broken() from error
        raise
    is_sure = (found.head or {}).get("is_sure", True) and (corrections.sheet is not None or not others)
    head = {**(found.head or {}), "sheet": sheet.name, "sheets": [sheet.name, *others], "is_sure": is_sure}
    return replace(
        found, findings=[*_findings(sheet.name, others, merged, empty, faults), *_kept(found.findings)], head=head
    )


def _refuse_no_xml(content: bytes) -> None:
    """The parser of ODS goes on for ever in a sheet that ends early."""
    try:
        expat.ParserCreate().Parse(content, True)
    except expat.ExpatError as error:
        raise _broken() from error


def _broken() -> DataProblem:
    return DataProblem(
        "XLSX_BROKEN",
        say("This is not a readable spreadsheet."),
        next=say("Open it, save it again without a password, or save the sheet as CSV."),
    )


def _chosen(book: CalamineWorkbook, names: list[str], wanted: str | None) -> tuple[CalamineSheet, list[str]]:
    """The sheet to read, and the names of the others that hold cells."""
    if wanted is not None and wanted not in names:
        raise DataProblem(
            "NO_SUCH_SHEET",
            say(
                "There is no sheet '{wanted}'; the sheets are {sheets}.",
                wanted=shown(wanted),
                sheets=", ".join(shown(name, 40) for name in names[:12]),
            ),
            found=shown(wanted),
            next=say("Choose one of these sheets."),
        )
    sheets = [book.get_sheet_by_name(name) for name in names]
    filled = [sheet for sheet in sheets if sheet.height and sheet.width]
    if not filled:
        raise DataProblem(
            "NO_ROWS", say("The spreadsheet has no cells."), found=0, next=say("Send the sheet with the rows.")
        )
    sheet = next((each for each in filled if each.name == wanted), None)
    if wanted is not None and sheet is None:
        raise DataProblem(
            "NO_ROWS",
            say("The sheet '{wanted}' has no cells.", wanted=shown(wanted)),
            found=0,
            next=say("Choose another sheet."),
        )
    sheet = sheet or filled[0]
    return sheet, [each.name for each in filled if each.name != sheet.name]


def _write(sheet: CalamineSheet, table: Path, limits: Limits) -> int:
    """The sheet as a CSV whose lines are its rows, as far as a line may name the columns; how many rows are empty."""
    if sheet.width > limits.columns:
        raise too_many_columns(sheet.width, limits)
    if sheet.height - 1 > limits.rows + MOST_TITLES:
        raise too_many_rows(sheet.height - 1, limits)
    empty = 0
    above = sheet.start[0] if sheet.start else 0
    with table.open("w", encoding="utf-8", newline="") as file:
        file.write("\ufeff" + "\n" * above)
        writer = csv.writer(file, lineterminator="\n")
        for number, row in enumerate(sheet.iter_rows()):
            cells = [_text(cell) for cell in row]
            if not any(cells):
                empty += 1
                file.write("\n")
            elif number <= MOST_TITLES:
                writer.writerow(_on_one_line(cells))
            else:
                writer.writerow(cells)
    return empty


def _on_one_line(cells: Iterable[str]) -> list[str]:
    return [" ".join(cell.split()) for cell in cells]


def _text(cell: Any) -> str:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 2**63 else repr(cell)
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat() if cell.time() == dt.time() else cell.isoformat(sep=" ")
    if isinstance(cell, dt.timedelta):
        return repr(cell.total_seconds())
    return str(cell).replace("\0", "").replace("\r\n", "\n").replace("\r", "\n")


def _kept(findings: list[Finding]) -> list[Finding]:
    """Without what is only said of the CSV in between."""
    return [each for each in findings if "encoding" not in each.evidence and "delimiter" not in each.evidence]


def _findings(name: str, others: list[str], merged: int, empty: int, faults: int) -> list[Finding]:
    findings = []
    if others:
        listed = ", ".join(f"'{shown(each, 40)}'" for each in others[:5]) + ("…" if len(others) > 5 else "")
        message = say("Sheet '{name}' is read; {listed} not.", name=shown(name, 40), listed=listed)
        findings.append(Finding("D112", "look", None, message, {"sheet": name, "others": others[:100]}))
    if merged:
        message = say_count(
            merged,
            "{count:,} merged area in the sheet: the value stands in the first cell, the others are read as missing.",
            "{count:,} merged areas in the sheet: the value stands in the first cell, the others are read as missing.",
        )
        findings.append(Finding("D107", "look", None, message, {"merged": merged}))
    if empty:
        message = say_count(
            empty,
            "{count:,} empty row in the sheet passed over.",
            "{count:,} empty rows in the sheet passed over.",
        )
        findings.append(Finding("D107", "tip", None, message, {"empty_rows": empty}))
    if faults:  # the parser gives them as empty cells, of whichever sheet
        message = say_count(
            faults,
            "{count:,} cell of the spreadsheet holds an error such as #N/A or #DIV/0!, read as missing.",
            "{count:,} cells of the spreadsheet hold an error such as #N/A or #DIV/0!, read as missing.",
        )
        findings.append(Finding("D101", "look", None, message, {"errors": faults}))
    return findings
