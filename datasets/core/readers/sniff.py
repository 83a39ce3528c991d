"""What a file is, by its first bytes and never by its name."""

import json
import re
from pathlib import Path

from datasets.core.errors import DataProblem, shown

READ_HERE = "CSV, TSV, Parquet, XLSX and ARFF files are read, and ZIP archives of pictures or sounds."

_MAGIC = (
    (b"\xd0\xcf\x11\xe0", "a spreadsheet of the old kind", "Save the sheet as CSV."),
    (b"BZh", "a bzip2 archive", "Unpack it first."),
    (b"\xfd7zXZ", "an xz archive", "Unpack it first."),
    (b"(\xb5/\xfd", "a zstd archive", "Unpack it first."),
    (b"7z\xbc\xaf", "a 7z archive", "Unpack it first."),
    (b"Rar!", "a RAR archive", "Unpack it first."),
    (b"\x89PNG", "a picture", "Send a table."),
    (b"\xff\xd8\xff", "a picture", "Send a table."),
    (b"GIF8", "a picture", "Send a table."),
    (b"%PDF", "a PDF document", "Send the table itself."),
    (b"\x93NUMPY", "a NumPy array, a kind never accepted since it may hold code", "Save the table as CSV or Parquet."),
    (b"ARROW1", "an Arrow file", "Save it as Parquet."),
    (b"FEA1", "a Feather file", "Save it as Parquet."),
    (b"Obj\x01", "an Avro file", "Save it as Parquet."),
    (b"MATLAB 5.0", "a MATLAB file", "Save the table as CSV."),
    (b"<stata_dta>", "a Stata file", "Save the table as CSV."),
    (b"$FL2", "an SPSS file", "Save the table as CSV."),
    (b"{\\rtf", "a text document", "Save the table as CSV."),
    (b"%!PS", "a print file", "Send the table itself."),
    (b"#!", "a program", "Send a table."),
    (b"ORC", "an ORC file", "Save it as Parquet."),
    (b"SQLite format 3", "a database", "Export one table as CSV."),
    (b"\x89HDF", "an HDF5 file", "Save the table as CSV or Parquet."),
    (b"\x7fELF", "a program", "Send a table."),
    (b"MZ", "a program", "Send a table."),
    (b"RIFF", "a sound or film", "Send a table."),
    (b"fLaC", "a sound", "Send a table."),
    (b"OggS", "a sound", "Send a table."),
    (b"ID3", "a sound", "Send a table."),
)


# an entry's header and the name behind it: a spreadsheet and a PyTorch file are archives too
_SPECIAL_ZIP = re.compile(rb"PK\x03\x04.{26}(?:\[Content_Types\]\.xml|xl/|[^/\x00]{1,200}/data\.pkl)", re.DOTALL)


# comments and blank lines may stand above the first declaration
_ARFF = re.compile(rb"(?:\xef\xbb\xbf)?(?:[ \t]*(?:%[^\n]*)?\r?\n)*[ \t]*@(?:relation|attribute)\s", re.IGNORECASE)


def sniff(source: Path, file_name: str) -> str:
    """ "csv", "parquet", "xlsx", "arff", "gzip" or "zip"; DataProblem with status 415 for anything else."""
    with source.open("rb") as file:
        head = file.read(64 * 1024)
        size = file.seek(0, 2)
        file.seek(max(0, size - 4))
        tail = file.read(4)
    if not head:
        raise DataProblem("EMPTY_FILE", "The file is empty: it has no rows.", found=0, next="Send a file with rows.")
    if head[:4] in (b"PAR1", b"PARE"):
        if size < 12 or tail not in (b"PAR1", b"PARE"):
            raise DataProblem(
                "PARQUET_BROKEN",
                "This is not a readable Parquet file: it begins as one and does not end as one.",
                next="Send it again: the upload or the copy may have stopped early.",
            )
        return "parquet"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        special = _SPECIAL_ZIP.search(head)
        if not special:
            return "zip"
        if not special[0].endswith(b".pkl"):
            return "xlsx"
    if head.startswith(b"\x1f\x8b"):
        return "gzip"
    found = _other_kind(head)
    if found:
        what, advice = found
        name = f"'{shown(file_name)}'"
        raise DataProblem("WRONG_KIND", f"{name} is {what}, not CSV. {READ_HERE}", 415, found=what, next=advice)
    return "arff" if _ARFF.match(head) else "csv"


def _other_kind(head: bytes) -> tuple[str, str] | None:
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "a PyTorch file, a kind never accepted since it may hold code", "Send a table."
    for magic, what, advice in _MAGIC:
        if head.startswith(magic):
            return what, advice
    if _is_pickle(head):
        return "a binary pickle, a kind never accepted since it may hold code", "Save the table as CSV or Parquet."
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or _has_wide_letters(head):
        return None
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    start = text[:512].lower()
    if start.startswith((b"<!doctype", b"<html", b"<head", b"<body", b"<table", b"<script")):
        return "a web page", "Open it and save the table as CSV."
    if start.startswith((b"<?xml", b"<svg")):
        return "an XML document", "Save the table as CSV."
    if _is_json(text):
        return "JSON", "Save the table as CSV or Parquet."
    # a few odd bytes are a fault of a text file, to be named with its line; many are no text at all
    odd = sum(head.count(bytes([byte])) for byte in (*range(9), *range(14, 32), 127))
    if odd > 0.05 * len(head):
        return "binary data", "Save the table as CSV or Parquet."
    return None


def _is_pickle(head: bytes) -> bool:
    if head[:1] == b"\x80" and len(head) > 1 and 2 <= head[1] <= 5:
        return True
    # protocol 0 is text: an opcode, often a module and a name on two lines
    return head.startswith((b"(lp0\n", b"(dp0\n", b"cos\n", b"cposix\n", b"c__builtin__\n", b"cbuiltins\n"))


def _has_wide_letters(head: bytes) -> bool:
    even, odd = head[0::2].count(0), head[1::2].count(0)
    return max(even, odd) > 0.2 * len(head) and min(even, odd) == 0


def _is_json(text: bytes) -> bool:
    first = text.split(b"\n", 1)[0].strip()
    if not first.startswith((b"{", b"[")):
        return False
    if first in (b"{", b"["):
        return True
    try:
        return isinstance(json.loads(first), dict | list)
    except (ValueError, RecursionError):
        return first.startswith((b'{"', b'[{"', b"[{", b"[["))
