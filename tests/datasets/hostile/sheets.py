"""Spreadsheets made by hand, so that they can be broken at will."""

import datetime as dt
import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'
_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)


def _cell(value: Any) -> str:
    if value is None:
        return "<c/>"
    if isinstance(value, bool):
        return f'<c t="b"><v>{int(value)}</v></c>'
    if isinstance(value, int | float):
        return f"<c><v>{value}</v></c>"
    if value.startswith("="):
        return f"<c><f>{value[1:]}</f><v>42</v></c>"
    if value.startswith("#"):
        return f'<c t="e"><v>{value}</v></c>'
    return f'<c t="inlineStr"><is><t>{value}</t></is></c>'


def sheet(rows: Sequence[Sequence[Any]], merged: str = "") -> str:
    """The XML of one sheet; a text that begins with = is a formula whose saved value is 42, one with # a fault."""
    body = "".join(f"<row>{''.join(map(_cell, row))}</row>" for row in rows)
    areas = f'<mergeCells count="1"><mergeCell ref="{merged}"/></mergeCells>' if merged else ""
    return f"<worksheet {_MAIN}><sheetData>{body}</sheetData>{areas}</worksheet>"


def workbook(
    sheets: Mapping[str, Sequence[Sequence[Any]]],
    *,
    merged: str = "",
    damage: bytes = b"",
    more: Mapping[str, bytes] | None = None,
) -> bytes:
    """An XLSX file; `damage` takes the place of every sheet, `more` are further entries."""
    named = "".join(f'<sheet name="{name}" sheetId="{i}" r:id="r{i}"/>' for i, name in enumerate(sheets, 1))
    links = "".join(
        f'<Relationship Id="r{i}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{i}.xml"/>'
        for i in range(1, len(sheets) + 1)
    )
    entries: dict[str, str | bytes] = {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": f'<Relationships {_PACKAGE}><Relationship Id="r1" Type="{_OFFICE}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook {_MAIN} xmlns:r="{_OFFICE}"><sheets>{named}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f"<Relationships {_PACKAGE}>{links}</Relationships>",
    }
    for i, rows in enumerate(sheets.values(), 1):
        entries[f"xl/worksheets/sheet{i}.xml"] = damage or sheet(rows, merged)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {**entries, **(more or {})}.items():
            archive.writestr(name, content)
    return out.getvalue()


_OPEN = "urn:oasis:names:tc:opendocument:xmlns"
_SPACES = " ".join(f'xmlns:{name}="{_OPEN}:{name}:1.0"' for name in ("office", "table", "text", "manifest"))
_ODS_CELLS = {
    "float": '<table:table-cell office:value-type="float" office:value="{}"/>',
    "error": '<table:table-cell office:value-type="string" office:string-value="" calcext:value-type="error"/>',
    "string": '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>',
    "date": '<table:table-cell office:value-type="date" office:date-value="{}"/>',
}


def _ods_cell(value: Any) -> str:
    if value is None:
        return "<table:table-cell/>"
    if isinstance(value, int | float):
        return _ODS_CELLS["float"].format(value)
    kind = "date" if isinstance(value, dt.date) else "error" if value.startswith("#") else "string"
    return _ODS_CELLS[kind].format(value)


def ods(
    sheets: Mapping[str, Sequence[Sequence[Any]]],
    *,
    body: str = "",
    kind: str = "spreadsheet",
    more: Mapping[str, bytes] | None = None,
) -> bytes:
    """An ODS file; `body` takes the place of the sheets, a text that begins with # is a fault."""
    tables = "".join(
        f'<table:table table:name="{name}">'
        + "".join(f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>" for row in rows)
        + "</table:table>"
        for name, rows in sheets.items()
    )
    entries: dict[str, str | bytes] = {
        "mimetype": f"application/vnd.oasis.opendocument.{kind}",
        "content.xml": f'<office:document-content {_SPACES} xmlns:calcext="urn:org:documentfoundation:calcext">'
        f"<office:body><office:spreadsheet>{body or tables}</office:spreadsheet></office:body>"
        "</office:document-content>",
        "META-INF/manifest.xml": f"<manifest:manifest {_SPACES}/>",
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {**entries, **(more or {})}.items():
            archive.writestr(name, content, zipfile.ZIP_STORED if name == "mimetype" else None)
    return out.getvalue()
