"""What a file is, by its first bytes and never by its name."""

import json
import re
from pathlib import Path

from datasets.core.errors import DataProblem, shown
from dlstart_web.kit.say import say

READ_HERE = say(
    "CSV, TSV, Parquet, XLSX, ODS and ARFF files are read, and ZIP archives of pictures, sounds or one table."
)

_MAGIC = (
    (b"\xd0\xcf\x11\xe0", say("a spreadsheet of the old kind"), say("Save the sheet as CSV.")),
    (b"BZh", say("a bzip2 archive"), say("Unpack it first.")),
    (b"\xfd7zXZ", say("an xz archive"), say("Unpack it first.")),
    (b"(\xb5/\xfd", say("a zstd archive"), say("Unpack it first.")),
    (b"7z\xbc\xaf", say("a 7z archive"), say("Unpack it first.")),
    (b"Rar!", say("a RAR archive"), say("Unpack it first.")),
    (b"\x89PNG", say("a picture"), say("Send a table.")),
    (b"\xff\xd8\xff", say("a picture"), say("Send a table.")),
    (b"GIF8", say("a picture"), say("Send a table.")),
    (b"%PDF", say("a PDF document"), say("Send the table itself.")),
    (
        b"\x93NUMPY",
        say("a NumPy array, a kind never accepted since it may hold code"),
        say("Save the table as CSV or Parquet."),
    ),
    (b"ARROW1", say("an Arrow file"), say("Save it as Parquet.")),
    (b"FEA1", say("a Feather file"), say("Save it as Parquet.")),
    (b"Obj\x01", say("an Avro file"), say("Save it as Parquet.")),
    (b"MATLAB 5.0", say("a MATLAB file"), say("Save the table as CSV.")),
    (b"<stata_dta>", say("a Stata file"), say("Save the table as CSV.")),
    (b"$FL2", say("an SPSS file"), say("Save the table as CSV.")),
    (b"{\\rtf", say("a text document"), say("Save the table as CSV.")),
    (b"%!PS", say("a print file"), say("Send the table itself.")),
    (b"#!", say("a program"), say("Send a table.")),
    (b"ORC", say("an ORC file"), say("Save it as Parquet.")),
    (b"SQLite format 3", say("a database"), say("Export one table as CSV.")),
    (b"\x89HDF", say("an HDF5 file"), say("Save the table as CSV or Parquet.")),
    (b"\x7fELF", say("a program"), say("Send a table.")),
    (b"MZ", say("a program"), say("Send a table.")),
    (b"RIFF", say("a sound or film"), say("Send a table.")),
    (b"fLaC", say("a sound"), say("Send a table.")),
    (b"OggS", say("a sound"), say("Send a table.")),
    (b"ID3", say("a sound"), say("Send a table.")),
)


# a PyTorch file is a ZIP archive whose first entry is a pickle
_PYTORCH = re.compile(rb"PK\x03\x04.{26}[^/\x00]{1,200}/data\.pkl", re.DOTALL)

# comments and blank lines may stand above the first declaration
_ARFF = re.compile(rb"(?:\xef\xbb\xbf)?(?:[ \t]*(?:%[^\n]*)?\r?\n)*[ \t]*@(?:relation|attribute)\s", re.IGNORECASE)


def sniff(source: Path, file_name: str) -> str:
    """ "csv", "parquet", "arff", "gzip" or "zip" (spreadsheets too); DataProblem with status 415 for anything else."""
    with source.open("rb") as file:
        head = file.read(64 * 1024)
        size = file.seek(0, 2)
        file.seek(max(0, size - 4))
        tail = file.read(4)
    if not head:
        raise DataProblem(
            "EMPTY_FILE", say("The file is empty: it has no rows."), found=0, next=say("Send a file with rows.")
        )
    if head[:4] in (b"PAR1", b"PARE"):
        if size < 12 or tail not in (b"PAR1", b"PARE"):
            raise DataProblem(
                "PARQUET_BROKEN",
                say("This is not a readable Parquet file: it begins as one and does not end as one."),
                next=say("Send it again: the upload or the copy may have stopped early."),
            )
        return "parquet"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")) and not _PYTORCH.match(head):
        return "zip"
    if head.startswith(b"\x1f\x8b"):
        return "gzip"
    found = _other_kind(head)
    if found:
        what, advice = found
        name = f"'{shown(file_name)}'"
        raise DataProblem(
            "WRONG_KIND",
            say("{name} is {what}, not CSV. {read_here}", name=name, what=what, read_here=READ_HERE),
            415,
            found=what,
            next=advice,
        )
    return "arff" if _ARFF.match(head) else "csv"


def _other_kind(head: bytes) -> tuple[str, str] | None:
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return say("a PyTorch file, a kind never accepted since it may hold code"), say("Send a table.")
    for magic, what, advice in _MAGIC:
        if head.startswith(magic):
            return what, advice
    if _is_pickle(head):
        return say("a binary pickle, a kind never accepted since it may hold code"), say(
            "Save the table as CSV or Parquet."
        )
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or _has_wide_letters(head):
        return None
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    start = text[:512].lower()
    if start.startswith((b"<!doctype", b"<html", b"<head", b"<body", b"<table", b"<script")):
        return say("a web page"), say("Open it and save the table as CSV.")
    if start.startswith((b"<?xml", b"<svg")):
        return say("an XML document"), say("Save the table as CSV.")
    if _is_json(text):
        return "JSON", say("Save the table as CSV or Parquet.")
    # a few odd bytes are a fault of a text file, to be named with its line; many are no text at all
    odd = sum(head.count(bytes([byte])) for byte in (*range(9), *range(14, 32), 127))
    if odd > 0.05 * len(head):
        return say("binary data"), say("Save the table as CSV or Parquet.")
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
