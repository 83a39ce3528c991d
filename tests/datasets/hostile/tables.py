"""Tables, and files that are no tables, that are broken or mean harm, made as they are needed.

`REFUSED` holds name -> (content, code, status, words of the message), `OVER_A_LIMIT` the same against the limits of
`SMALL`, `ACCEPTED` name -> (content, rows, codes of the findings). `CHOICES` are readable files whose label column is
refused: name -> (content, target, code, words).
"""

import bz2
import gzip
import io
import json
import lzma
import pickle
import tarfile
import zipfile
import zlib
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from datasets.core.limits import Limits
from tests.datasets.core.tables import good_csv
from tests.datasets.hostile.sheets import ods, sheet, workbook

GOOD = good_csv()
SMALL = Limits(upload=20_000, rows=50, columns=20, cell=100, line=400, parquet_unpacked=100_000, zip_unpacked=100_000)


def line(number, content):
    lines = GOOD.split(b"\n")
    lines[number - 1] = content
    return b"\n".join(lines)


def parquet(table, **options):
    buffer = io.BytesIO()
    pq.write_table(table, buffer, **options)
    return buffer.getvalue()


def zipped(**entries):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name.replace("__", "/"), content)
    return buffer.getvalue()


def numpy_file():
    buffer = io.BytesIO()
    np.save(buffer, np.array([Marker()], dtype=object), allow_pickle=True)
    return buffer.getvalue()


def flipped(content, start, stop):
    return content[:start] + bytes(255 - byte for byte in content[start:stop]) + content[stop:]


class Marker:
    """Pickled, it would write a file when loaded."""

    def __reduce__(self):
        return (open, ("marker", "w"))


def with_pickled_type() -> bytes:
    """Parquet whose schema names a type of Python's own, as a pickle that old Arrow loaded (CVE-2023-47248)."""
    said = {"ARROW:extension:name": "arrow.py_extension_type", "ARROW:extension:metadata": pickle.dumps(Marker())}
    schema = pa.schema([pa.field("a", pa.int64(), metadata=said), pa.field("b", pa.string())], metadata=said)
    return parquet(pa.table([list(range(20)), ["x", "y"] * 10], schema=schema))


def tarred() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        info = tarfile.TarInfo("a.csv")
        info.size = len(GOOD)
        archive.addfile(info, io.BytesIO(GOOD))
    return out.getvalue()


PARQUET = parquet(pa.table({"a": range(100), "b": [f"word {i}" for i in range(100)]}))
NESTED = parquet(pa.table({"a": range(20), "b": [[1, 2]] * 20}))
TEXT_BOMB = parquet(
    pa.table({"a": ["x" * 90] * 40, "b": ["y" * 90] * 40} | {f"c{i}": ["z" * 95] * 40 for i in range(15)})
)

ROWS = [["size", "colour", "y"], *([i / 2, "red", "ab"[i % 2]] for i in range(20))]
SHEET = workbook({"Data": ROWS})
ODS = ods({"Data": ROWS})
REPEATED = (
    '<table:table table:name="S"><table:table-row table:number-rows-repeated="1000000">'
    '<table:table-cell office:value-type="float" office:value="1" table:number-columns-repeated="1000"/>'
    "</table:table-row></table:table>"
)
ARFF = (
    b"% made for tests\n@relation r\n@attribute size numeric\n@attribute note string\n@attribute class {a,b}\n@data\n"
    + b"1.5,'two words',a\n?,word,b\n" * 10
)

REFUSED: dict[str, tuple[bytes, str, int, str]] = {
    # nothing there
    "empty": (b"", "EMPTY_FILE", 422, "The file is empty"),
    "mark and blank lines": (b"\xef\xbb\xbf\n\n\r\n", "EMPTY_FILE", 422, "The file is empty"),
    "a million blank lines": (b"\n" * 1_000_000, "EMPTY_FILE", 422, "The file is empty"),
    "blanks": (b"   \n \n", "EMPTY_FILE", 422, "The file is empty"),
    "header only": (b"a,b,c\n", "NO_ROWS", 422, "0 rows"),
    "header and blank lines": (b"a,b,c\n\n\n", "NO_ROWS", 422, "0 rows"),
    "five rows": (b"a,b\n" + b"1,2\n" * 5, "TOO_FEW_ROWS", 422, "5 rows; at least 10"),
    "one row": (b"a,b\n1,2\n", "TOO_FEW_ROWS", 422, "1 row; at least 10"),
    # header
    "duplicate column": (GOOD.replace(b"x2", b"x1", 1), "DUPLICATE_COLUMN", 422, "'x1' appears twice (columns 1 and 2)"),
    "duplicate after stripping": (GOOD.replace(b"x2", b" x1 ", 1), "DUPLICATE_COLUMN", 422, "appears twice"),
    "long name": (GOOD.replace(b"x2", b"n" * 300, 1), "COLUMN_NAME_TOO_LONG", 422, "300 bytes; at most 255"),
    "one column": (b"a\n" + b"1\n" * 20, "ONE_COLUMN", 422, "one column, 'a'"),
    # lines
    "too many fields": (line(31, b"1,2,3,4,5,6,7"), "FIELD_COUNT", 422, "Line 31 has 7 fields, the header has 4."),
    "too few fields": (line(31, b"1,2"), "FIELD_COUNT", 422, "Line 31 has 2 fields, the header has 4."),
    "one field": (line(31, b"hello"), "FIELD_COUNT", 422, "Line 31 has 1 field, the header has 4."),
    "trailing comma everywhere": (GOOD.replace(b"\n", b",\n").replace(b"label,", b"label"), "FIELD_COUNT", 422, "Line 2 has 5"),
    "other delimiter in one line": (line(20, b"1;2;a;cat"), "FIELD_COUNT", 422, "Line 20 has 1 field"),
    "cut off": (GOOD[:-9], "FIELD_COUNT", 422, "Line 61 has"),
    "short line after a quoted line end": (
        line(5, b'1,2,"two\nlines",cat').replace(b"\n28,", b"\n"), "FIELD_COUNT", 422, "Line 31 has 3 fields",
    ),
    # quotes
    "quote never closed": (line(21, b'1,2,"abc,cat'), "QUOTE_OPEN", 422, "A quote opened in line 21 never closes."),
    "quote never closed before others": (
        line(21, b'1,2,"abc,cat').replace(b",dog", b',"dog"'), "QUOTE_OPEN", 422, "A quote opened in line 21 never closes.",
    ),
    "quote in the header": (b'a,"b,c\n' + b"1,2,3\n" * 20, "QUOTE_OPEN", 422, "line 1 never closes"),
    "quote inside a cell": (line(12, b'1,2,5" pipe "x,cat'), "QUOTE_INSIDE", 422, "Line 12 has a quote inside a cell"),
    "text behind a quote": (line(12, b'1,2,"a" b,cat'), "QUOTE_INSIDE", 422, "Line 12 has a quote inside a cell"),
    # bytes
    "nul": (line(9, b"1,2,\0,cat"), "NUL_BYTE", 422, "Line 9 holds a NUL byte"),
    "bad utf-8": ("x,ÿ\n".encode() * 20 + b"1,\xff\xfe\n", "ENCODING", 422, "Line 21 holds bytes that are not UTF-8"),
    "no codec at all": (line(9, b"1,2,\x81\x8d,cat"), "ENCODING", 422, "not UTF-8"),
    "half a utf-16 letter": (GOOD.decode().encode("utf-16") + b"\x00", "ENCODING", 422, "not UTF-8"),
    # other kinds
    "old spreadsheet": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "WRONG_KIND", 415, "a spreadsheet"),
    "torch": (zipped(archive__data_pkl="x").replace(b"data_pkl", b"data.pkl"), "WRONG_KIND", 415, "never accepted"),
    "web page": (b"<!DOCTYPE html><html><table>", "WRONG_KIND", 415, "a web page"),
    "web page, late": (b"\n\n  <html>\n<body>", "WRONG_KIND", 415, "a web page"),
    "xml": (b"<?xml version='1.0'?><a/>", "WRONG_KIND", 415, "an XML document"),
    "json lines": (b'{"a": 1, "b": 2}\n' * 20, "WRONG_KIND", 415, "is JSON"),
    "json": (json.dumps([{"a": 1}] * 20, indent=1).encode(), "WRONG_KIND", 415, "is JSON"),
    "pickle": (pickle.dumps({"a": [1] * 100}), "WRONG_KIND", 415, "a kind never accepted"),
    "old pickle": (pickle.dumps([1, 2, 3], protocol=0), "WRONG_KIND", 415, "a kind never accepted"),
    "pickle that runs a command": (b"cposix\nsystem\n(S'touch marker'\ntR.", "WRONG_KIND", 415, "a kind never accepted"),
    "numpy objects": (numpy_file(), "WRONG_KIND", 415, "a kind never accepted"),
    "torch that runs": (zipped(**{"m/data.pkl": pickle.dumps(Marker()), "m/version": "3"}), "WRONG_KIND", 415, "never accepted"),
    "numpy archive": (zipped(**{"a.npy": numpy_file(), "b.npy": numpy_file()}), "WRONG_KIND", 415, "may hold code"),
    "joblib, deflated": (zlib.compress(pickle.dumps(Marker())), "WRONG_KIND", 415, "binary data"),
    "skops": (zipped(**{"schema.json": "{}", "x.npy": numpy_file()}), "WRONG_KIND", 415, "may hold code"),
    "picture": (b"\x89PNG\r\n\x1a\n" + b"\0" * 200, "WRONG_KIND", 415, "a picture"),
    "pdf": (b"%PDF-1.7\n" + b"x" * 200, "WRONG_KIND", 415, "a PDF document"),
    "database": (b"SQLite format 3\0" + b"\0" * 200, "WRONG_KIND", 415, "a database"),
    "program": (b"\x7fELF" + bytes(range(256)) * 4, "WRONG_KIND", 415, "a program"),
    "noise": (bytes(range(1, 256)) * 40, "WRONG_KIND", 415, "binary data"),
    # parquet
    "parquet cut off": (PARQUET[:-40], "PARQUET_BROKEN", 422, "not a readable Parquet file"),
    "parquet magic only": (b"PAR1", "PARQUET_BROKEN", 422, "not a readable Parquet file"),
    "parquet magic twice": (b"PAR1PAR1PAR1", "PARQUET_BROKEN", 422, "not a readable Parquet file"),
    "csv between parquet marks": (b"PAR1" + GOOD + b"PAR1", "PARQUET_BROKEN", 422, "not a readable Parquet file"),
    "parquet footer lies": (flipped(PARQUET, -120, -60), "PARQUET_BROKEN", 422, "not a readable Parquet file"),
    "parquet bad pages": (flipped(PARQUET, 20, 300), "PARQUET_BROKEN", 422, "not a readable Parquet file"),
    "parquet encrypted": (b"PARE" + b"x" * 200 + b"PARE", "PARQUET_ENCRYPTED", 422, "encrypted"),
    "parquet without rows": (parquet(pa.table({"a": pa.array([], pa.int64()), "b": pa.array([], pa.int64())})), "NO_ROWS", 422, "0 rows"),
    "parquet of one column": (parquet(pa.table({"a": range(20)})), "ONE_COLUMN", 422, "1 column;"),
    "parquet nested": (NESTED, "PARQUET_TYPE", 422, "Column 'b' is of type list"),
    "parquet bytes": (parquet(pa.table({"a": range(20), "b": [b"x"] * 20})), "PARQUET_TYPE", 422, "'b' is of type binary"),
    "parquet duplicate column": (
        parquet(pa.Table.from_arrays([pa.array(range(20))] * 2, ["a", "a"])), "DUPLICATE_COLUMN", 422, "'a' appears twice",
    ),
    "parquet bad utf-8": (
        parquet(pa.table({"a": range(20), "b": pa.array([b"\xff\xfe"] * 20).view(pa.string())})), "PARQUET_BROKEN", 422, "UTF",
    ),
    "parquet nul in a name": (parquet(pa.table({"a": range(20), "b\0": range(20)})), "NUL_BYTE", 422, "NUL byte"),
    "parquet nul": (parquet(pa.table({"a": range(20), "b": ["x\0y"] * 20})), "NUL_BYTE", 422, "NUL byte"),
    # more that is no table
    "nothing but NUL": (b"\0" * 1000, "WRONG_KIND", 415, "binary data"),
    "deflated": (zlib.compress(GOOD), "WRONG_KIND", 415, "binary data"),
    "bzip2": (bz2.compress(GOOD), "WRONG_KIND", 415, "a bzip2 archive"),
    "xz": (lzma.compress(GOOD), "WRONG_KIND", 415, "an xz archive"),
    "zstd": (b"(\xb5/\xfd" + GOOD, "WRONG_KIND", 415, "a zstd archive"),
    "7z": (b"7z\xbc\xaf\x27\x1c" + GOOD, "WRONG_KIND", 415, "a 7z archive"),
    "rar": (b"Rar!\x1a\x07" + GOOD, "WRONG_KIND", 415, "a RAR archive"),
    "jpeg": (b"\xff\xd8\xff\xe0" + GOOD, "WRONG_KIND", 415, "a picture"),
    "gif": (b"GIF89a" + GOOD, "WRONG_KIND", 415, "a picture"),
    "wave": (b"RIFF\x00\x00\x00\x00WAVE" + GOOD, "WRONG_KIND", 415, "a sound or film"),
    "flac": (b"fLaC" + GOOD, "WRONG_KIND", 415, "a sound"),
    "mp3": (b"ID3\x04" + GOOD, "WRONG_KIND", 415, "a sound"),
    "arrow": (b"ARROW1\0\0" + GOOD, "WRONG_KIND", 415, "an Arrow file"),
    "feather": (b"FEA1" + GOOD, "WRONG_KIND", 415, "a Feather file"),
    "orc": (b"ORC\n" + GOOD, "WRONG_KIND", 415, "an ORC file"),
    "avro": (b"Obj\x01" + GOOD, "WRONG_KIND", 415, "an Avro file"),
    "hdf5": (b"\x89HDF\r\n\x1a\n" + GOOD, "WRONG_KIND", 415, "an HDF5 file"),
    "matlab": (b"MATLAB 5.0 MAT-file, written by x" + GOOD, "WRONG_KIND", 415, "a MATLAB file"),
    "stata": (b"<stata_dta><header>" + GOOD, "WRONG_KIND", 415, "a Stata file"),
    "spss": (b"$FL2@(#) SPSS DATA FILE" + GOOD, "WRONG_KIND", 415, "an SPSS file"),
    "windows program": (b"MZ\x90\0" + GOOD, "WRONG_KIND", 415, "a program"),
    "shell script": (b"#!/bin/sh\ntouch marker\n" + GOOD, "WRONG_KIND", 415, "a program"),
    "rich text": (b"{\\rtf1\\ansi " + GOOD, "WRONG_KIND", 415, "a text document"),
    "postscript": (b"%!PS-Adobe-3.0\n" + GOOD, "WRONG_KIND", 415, "a print file"),
    "svg": (b"<svg xmlns='http://www.w3.org/2000/svg'></svg>" + GOOD, "WRONG_KIND", 415, "an XML document"),
    "web page in capitals": (b"<HTML><BODY><TABLE>" + GOOD, "WRONG_KIND", 415, "a web page"),
    "table of a web page": (b"<table><tr><td>1</td></tr></table>", "WRONG_KIND", 415, "a web page"),
    "script": (b"<script>alert(1)</script>\n" + GOOD, "WRONG_KIND", 415, "a web page"),
    "json of lists": (b"[1, 2, 3]\n" * 20, "WRONG_KIND", 415, "is JSON"),
    "json deep": (b"[" * 100_000, "WRONG_KIND", 415, "is JSON"),
    "pickle of protocol 2": (pickle.dumps({"a": [1] * 99}, protocol=2), "WRONG_KIND", 415, "a kind never accepted"),
    "pickle of protocol 5": (pickle.dumps({"a": [1] * 99}, protocol=5), "WRONG_KIND", 415, "a kind never accepted"),
    "pickle that runs, protocol 4": (pickle.dumps(Marker(), protocol=4), "WRONG_KIND", 415, "a kind never accepted"),
    "document of Office": (zipped(**{"[Content_Types].xml": "<x/>", "word__document.xml": "<x/>"}), "WRONG_KIND", 415, "without sheets"),
    # more faults of text
    "utf-16 without rows": ("a,b\n".encode("utf-16"), "NO_ROWS", 422, "0 rows"),
    "utf-16 with a lone half": (GOOD.decode().encode("utf-16") + b"\x00\xd8\n\x00", "ENCODING", 422, "not UTF-8"),
    "utf-32 cut": ("a,b\n1,2\n".encode("utf-32") * 9 + b"\x01", "ENCODING", 422, "not UTF-8"),
    "utf-8 then windows": ("\u00e9,y\n".encode() * 20 + b"\xe9,y\n", "ENCODING", 422, "Line 21"),
    "overlong utf-8": (b"x,\xc3\xa9\n" * 20 + b"\xc0\xaf,1\n", "ENCODING", 422, "Line 21"),
    "nul at the end": (GOOD + b"\0", "NUL_BYTE", 422, "NUL byte"),
    "names equal but for their form": ("e\u0301,\u00e9,y\n1,2,3\n".encode() * 20, "DUPLICATE_COLUMN", 422, "appears twice"),
    "name like that of a nameless one": (b"column_2,,y\n" + b"1,2,a\n" * 20, "DUPLICATE_COLUMN", 422, "appears twice"),
    "two names in every row": (b"a,a\n" * 20, "DUPLICATE_COLUMN", 422, "appears twice"),
    "name of 256 bytes": (b"n" * 256 + b",y\n" + b"1,2\n" * 20, "COLUMN_NAME_TOO_LONG", 422, "256 bytes; at most 255"),
    "10,001 columns": (b",".join(b"c%d" % i for i in range(10_001)) + b"\n", "TOO_MANY_COLUMNS", 413, "10,001 columns; at most 10,000"),
    "a comma more in the last line": (GOOD + b"1,2,a,cat,\n", "FIELD_COUNT", 422, "Line 62 has 5 fields"),
    "a field less in the first row": (line(2, b"1,2,a"), "FIELD_COUNT", 422, "Line 2 has 3 fields"),
    "a blank in quotes between": (line(30, b'1, "2" ,a,cat'), "QUOTE_INSIDE", 422, "Line 30"),
    "quote at the end of a cell": (line(30, b'1,2,6",cat'), "QUOTE_OPEN", 422, "line 30"),
    "quotes not doubled": (line(30, b'1,2,"he said "hi" twice",cat'), "QUOTE_INSIDE", 422, "Line 30"),
    "quote opened in the last line": (GOOD + b'1,2,"a,cat\n', "QUOTE_OPEN", 422, "line 62"),
    "one line of 5 MB": (b"x" * 5_000_000, "LINE_TOO_LONG", 413, "at most 4,194,304"),
    "cell over 1 MB": (b"a,b\n" + b"1,2\n" * 20 + b"x" * 1_100_000 + b",2\n", "CELL_TOO_LONG", 413, "1,100,000 bytes; at most 1,048,576"),
    "one word a line": (b"apple\nplum\n" * 20, "ONE_COLUMN", 422, "one column, 'apple'"),
    "letter to somebody": (b"Dear colleague\n\nthe table comes tomorrow\n" * 9, "ONE_COLUMN", 422, "one column"),
    "nine rows": (b"a,b\n" + b"1,2\n" * 9, "TOO_FEW_ROWS", 422, "9 rows; at least 10"),
    "nine rows without names": (b"1,2\n" * 9, "TOO_FEW_ROWS", 422, "9 rows; at least 10"),
    # more of Parquet
    "parquet of structs": (
        parquet(pa.table({"a": range(20), "b": [{"c": 1}] * 20})), "PARQUET_TYPE", 422, "'b' is of type struct",
    ),
    "parquet of maps": (
        parquet(pa.table({"a": range(20), "b": pa.array([[("k", 1)]] * 20, pa.map_(pa.string(), pa.int64()))})),
        "PARQUET_TYPE", 422, "'b' is of type map",
    ),
    "parquet of clock times": (
        parquet(pa.table({"a": range(20), "b": pa.array([1] * 20, pa.time32("s"))})), "PARQUET_TYPE", 422, "'b' is of type time32",
    ),
    "parquet of five rows": (parquet(pa.table({"a": range(5), "b": range(5)})), "TOO_FEW_ROWS", 422, "5 rows"),
    "parquet with a huge footer": (PARQUET[:-8] + b"\xff\xff\xff\x7fPAR1", "PARQUET_BROKEN", 422, "not a readable Parquet file"),
    "parquet of zeros": (b"PAR1" + b"\0" * 500 + b"PAR1", "PARQUET_BROKEN", 422, "not a readable Parquet file"),
    "parquet begun twice": (PARQUET[:50] + PARQUET[:50], "PARQUET_BROKEN", 422, "does not end as one"),
    "parquet without its head": (PARQUET[4:], "WRONG_KIND", 415, "binary data"),
    # gzip
    "gzip cut off": (gzip.compress(GOOD)[:-20], "ARCHIVE_BROKEN", 422, "ends early"),
    "gzip magic only": (b"\x1f\x8b", "ARCHIVE_BROKEN", 422, "ends early"),
    "gzip with a wrong checksum": (gzip.compress(GOOD)[:-8] + b"\0" * 8, "ARCHIVE_BROKEN", 422, "do not unpack"),
    "gzip with bytes behind": (gzip.compress(GOOD) + b"more", "ARCHIVE_BROKEN", 422, "do not unpack"),
    "gzip flipped": (flipped(gzip.compress(GOOD), 40, 60), "ARCHIVE_BROKEN", 422, "do not unpack"),
    "gzip in gzip": (gzip.compress(gzip.compress(GOOD)), "ARCHIVE_INSIDE", 415, "is a gzip archive"),
    "gzip of a tar": (gzip.compress(tarred()), "ARCHIVE_INSIDE", 415, "is a tar archive"),
    "gzip of a zip": (gzip.compress(zipped(a="x")), "ARCHIVE_INSIDE", 415, "is a ZIP archive"),
    "gzip of a pickle that runs": (gzip.compress(pickle.dumps(Marker())), "WRONG_KIND", 415, "a kind never accepted"),
    "gzip of a pickle": (gzip.compress(pickle.dumps([1] * 99)), "WRONG_KIND", 415, "a kind never accepted"),
    "gzip of nothing": (gzip.compress(b""), "EMPTY_FILE", 422, "The file is empty"),
    "gzip of a header": (gzip.compress(b"a,b\n"), "NO_ROWS", 422, "0 rows"),
    "gzip of a faulty line": (gzip.compress(line(31, b"1,2")), "FIELD_COUNT", 422, "Line 31 has 2 fields"),
    "gzip bomb": (gzip.compress(b"a,b\n" + b"1,2\n" * 1_000_000), "UNPACKED_TOO_LARGE", 413, "more than 100 : 1"),
    # ZIP of one table
    "zip of two tables": (zipped(**{"train.csv": GOOD, "test.csv": GOOD}), "NO_MEDIA", 415, "2 tables and no picture"),
    "zip of a faulty table": (zipped(**{"t.csv": line(31, b"1,2")}), "FIELD_COUNT", 422, "Line 31 has 2 fields"),
    "zip of a zip": (zipped(**{"t.zip": zipped(**{"t.csv": GOOD})}), "ARCHIVE_INSIDE", 422, "is an archive itself"),
    "zip called a spreadsheet": (zipped(**{"t.xlsx": zipped(**{"t.csv": GOOD})}), "ARCHIVE_INSIDE", 415, "is a ZIP archive"),
    "zip of a pickle called csv": (zipped(**{"t.csv": pickle.dumps(Marker())}), "WRONG_KIND", 415, "a kind never accepted"),
    "zip of a web page": (zipped(**{"t.csv": b"<html><table></table></html>"}), "WRONG_KIND", 415, "a web page"),
    "zip of a damaged parquet": (zipped(**{"t.parquet": PARQUET[:-20]}), "PARQUET_BROKEN", 422, "does not end as one"),
    # spreadsheets
    "xlsx cut off": (SHEET[:-60], "ARCHIVE_BROKEN", 422, "no directory at its end"),
    "xlsx flipped": (flipped(SHEET, 300, 320), "ARCHIVE_BROKEN", 422, "cannot be read"),
    "xlsx without cells": (workbook({"S": []}), "NO_ROWS", 422, "no cells"),
    "xlsx of names only": (workbook({"S": [["a", "b"]]}), "NO_ROWS", 422, "0 rows"),
    "xlsx without sheets": (workbook({}), "NO_ROWS", 422, "no cells"),
    "xlsx of one column": (workbook({"S": [["a"]] + [[i] for i in range(20)]}), "ONE_COLUMN", 422, "one column, 'a'"),
    "xlsx of five rows": (workbook({"S": [["a", "b"]] + [[i, i] for i in range(5)]}), "TOO_FEW_ROWS", 422, "5 rows"),
    "xlsx with a name twice": (workbook({"S": [["a", "a"]] + [[i, i] for i in range(20)]}), "DUPLICATE_COLUMN", 422, "appears twice"),
    "xlsx whose sheet is no xml": (
        workbook({"S": ROWS}, damage=b"<worksheet><sheetData><row><c>"), "XLSX_BROKEN", 422, "not a readable spreadsheet",
    ),
    "xlsx whose sheet is text": (workbook({"S": ROWS}, damage=b"hello"), "XLSX_BROKEN", 422, "not a readable"),
    "xlsx that leaves the archive": (workbook({"S": ROWS}, more={"../evil.xml": b"x"}), "ARCHIVE_NAME", 422, "leaves the archive"),
    "xlsx bomb": (workbook({"S": ROWS}, more={"docProps/app.xml": b" " * 3_000_000}), "UNPACKED_TOO_LARGE", 413, "at most 100 : 1"),
    "xlsx with binary sheets": (
        zipped(**{"[Content_Types].xml": "<x/>", "xl__workbook.bin": "x"}), "WRONG_KIND", 415, "without sheets",
    ),
    "ods cut off": (ODS[:-60], "ARCHIVE_BROKEN", 422, "no directory at its end"),
    "ods flipped": (flipped(ODS, 300, 320), "ARCHIVE_BROKEN", 422, "cannot be read"),
    "ods whose sheet is cut": (ods({}, body='<table:table table:name="S"><table:table-row'), "XLSX_BROKEN", 422, "not a readable"),
    "ods without cells": (ods({"S": []}), "NO_ROWS", 422, "no cells"),
    "ods without sheets": (ods({}), "NO_ROWS", 422, "no cells"),
    "ods of names only": (ods({"S": [["a", "b"]]}), "NO_ROWS", 422, "0 rows"),
    "ods with a name twice": (ods({"S": [["a", "a"]] + [[i, i] for i in range(20)]}), "DUPLICATE_COLUMN", 422, "appears twice"),
    "ods bomb": (ods({"S": ROWS}, more={"thumbnail.png": b" " * 3_000_000}), "UNPACKED_TOO_LARGE", 413, "at most 100 : 1"),
    "ods that leaves the archive": (ods({"S": ROWS}, more={"../evil.xml": b"x"}), "ARCHIVE_NAME", 422, "leaves the archive"),
    "ods of 10^9 cells": (ods({}, body=REPEATED), "XLSX_BROKEN", 422, "not a readable spreadsheet"),
    "ods of a text document": (ods({}, kind="text"), "WRONG_KIND", 415, "without sheets"),
    # ARFF
    "arff without data": (ARFF.split(b"@data")[0], "ARFF_BROKEN", 422, "no @data came"),
    "arff without rows": (ARFF.split(b"@data")[0] + b"@data\n", "NO_ROWS", 422, "0 rows"),
    "arff without attributes": (b"@relation r\n@data\n1,2\n", "ARFF_BROKEN", 422, "comes before any @attribute"),
    "arff sparse": (ARFF + b"{0 1, 2 a}\n", "ARFF_BROKEN", 422, "is a sparse row"),
    "arff relational": (ARFF.replace(b"numeric", b"relational"), "ARFF_BROKEN", 422, "as relational"),
    "arff list not closed": (ARFF.replace(b"{a,b}", b"{a,b"), "ARFF_BROKEN", 422, "does not end with a brace"),
    "arff value not declared": (ARFF + b"1,word,zebra\n", "ARFF_BROKEN", 422, "'zebra', which is not among"),
    "arff with a field less": (ARFF + b"1,word\n", "FIELD_COUNT", 422, "Line 27 has 2 fields"),
    "arff quote open": (ARFF + b"1,'word,a\n", "ARFF_BROKEN", 422, "never closes"),
    "arff word for a number": (ARFF + b"one,word,a\n", "KIND_DOES_NOT_FIT", 422, "cannot be read as number"),
    "arff with a nul": (ARFF + b"1,wo\0rd,a\n", "ARFF_BROKEN", 422, "NUL byte"),
    "arff strange word": (b"@relation r\n@import x\n" + ARFF, "ARFF_BROKEN", 422, "'@import x'"),
    "arff without a type": (ARFF.replace(b"size numeric", b"size"), "ARFF_BROKEN", 422, "declares no name and type"),
}  # fmt: skip

# only a process with limits survives these: the parser takes room for the whole area at once
AIMED_AT_MEMORY: dict[str, tuple[bytes, str, int, str]] = {
    "xlsx with a cell far away": (
        workbook({"S": [["a"]]}, damage=sheet([["a"]]).replace("<row>", '<row r="1048576">').replace("<c ", '<c r="XFD1048576" ')
                 .replace("<sheetData>", '<sheetData><row r="1"><c r="A1"><v>1</v></c></row>').encode()),
        "UNPACKED_TOO_LARGE", 413, "of memory that one file may use",
    ),
}  # fmt: skip

OVER_A_LIMIT: dict[str, tuple[bytes, str, str]] = {
    "too large": (b"a,b\n" + b"1,2\n" * 6000, "TOO_LARGE", "24,004 bytes; at most 20,000"),
    "too many rows": (GOOD, "TOO_MANY_ROWS", "60 rows or more; at most 50"),
    "too many columns": (
        b",".join(b"c%d" % i for i in range(30)) + b"\n",
        "TOO_MANY_COLUMNS",
        "30 columns; at most 20",
    ),
    "cell too long": (
        b"a,b\n" + b"1,2\n" * 20 + b"x" * 150 + b",2\n",
        "CELL_TOO_LONG",
        "'a' has 150 bytes; at most 100",
    ),
    "line too long": (b"a,b\n" + b"1,2\n" * 20 + b"x" * 500 + b",2\n", "LINE_TOO_LONG", "Line 22 has 503 bytes"),
    "quoted line too long": (b"a,b\n" + b"1,2\n" * 20 + b'"' + b"x\n" * 300 + b'",2\n', "LINE_TOO_LONG", "Line 22 has"),
    "parquet too many rows": (parquet(pa.table({"a": range(60), "b": range(60)})), "TOO_MANY_ROWS", "60 rows or more"),
    "parquet cell too long": (parquet(pa.table({"a": range(20), "b": ["x" * 150] * 20})), "CELL_TOO_LONG", "150 bytes"),
    "parquet too many columns": (
        parquet(pa.table({f"c{i}": [1] for i in range(30)})),
        "TOO_MANY_COLUMNS",
        "30 columns",
    ),
    "gzip over the limit": (gzip.compress(GOOD * 200), "UNPACKED_TOO_LARGE", "at most 100,000"),
    "xlsx too many rows": (workbook({"S": [["a", "b"]] + [[i, i] for i in range(80)]}), "TOO_MANY_ROWS", "at most 50"),
    "xlsx too many columns": (workbook({"S": [list(range(30))] * 20}), "TOO_MANY_COLUMNS", "30 columns; at most 20"),
    "arff too many columns": (
        b"@relation r\n" + b"".join(b"@attribute a%d numeric\n" % i for i in range(30)) + b"@data\n",
        "TOO_MANY_COLUMNS", "21 columns; at most 20",
    ),
    "arff line too long": (ARFF + b"1," + b"x" * 500 + b",a\n", "LINE_TOO_LONG", "401 bytes or more; at most 400"),
}  # fmt: skip

PLAIN = GOOD.decode()
ACCEPTED: dict[str, tuple[bytes, int, list[str]]] = {
    "csv": (GOOD, 60, []),
    "tsv": (GOOD.replace(b",", b"\t"), 60, ["D107"]),
    "semicolons": (GOOD.replace(b",", b";"), 60, ["D107"]),
    "bars": (GOOD.replace(b",", b"|"), 60, ["D107"]),
    "sep line": (b"sep=;\r\n" + GOOD.replace(b",", b";"), 60, ["D107"]),
    "line ends of Windows": (GOOD.replace(b"\n", b"\r\n"), 60, []),
    "line ends of old Macs": (GOOD.replace(b"\n", b"\r"), 60, []),
    "without a last line end": (GOOD[:-1], 60, []),
    "mark": (b"\xef\xbb\xbf" + GOOD, 60, []),
    "utf-16": (PLAIN.encode("utf-16"), 60, ["D107"]),
    "utf-16 big-endian without a mark": (PLAIN.encode("utf-16-be"), 60, ["D107"]),
    "windows text": (GOOD.replace(b"cat", b"caf\xe9"), 60, ["D107"]),
    "all cells quoted": (b"\n".join(b",".join(b'"%s"' % c for c in r.split(b",")) for r in GOOD.split(b"\n")[:-1]), 60, []),
    "line ends in cells": (line(5, b'1,2,"two\nlines",cat'), 60, []),
    "blank lines": (GOOD.replace(b"\n", b"\n\n"), 60, []),
    "title rows": (b"Report\nof March\n" + GOOD, 60, ["D112"]),
    "no names": (GOOD.split(b"\n", 1)[1], 60, ["D112"]),
    "decimal commas": (b"x;y\n" + b"1.234,5;a\n" * 20, 20, ["D107", "D107"]),
    "words for missing": (line(9, b"NA,?,a,cat"), 60, ["D101", "D101"]),
    "not finite": (line(9, b"1,inf,a,cat"), 60, ["D102"]),
    "formulas, markup and commands": (
        line(7, b'1,2,"=cmd|\'/c calc\'!A1 <script>alert(1)</script> {{7*7}} \'; DROP TABLE x; -- \x1b[31m",cat'), 60, [],
    ),
    "gzip": (gzip.compress(GOOD), 60, ["D107"]),
    "gzip of two members": (gzip.compress(GOOD) + gzip.compress(GOOD.split(b"\n", 1)[1]), 120, ["D107"]),
    "gzip of arff": (gzip.compress(ARFF), 20, ["D107"]),
    "arff": (ARFF, 20, []),
    "xlsx": (SHEET, 20, []),
    "xlsx of two sheets, with titles": (
        workbook({"Data": [["Report", None, None], *ROWS], "Other": ROWS}), 20, ["D112", "D112"],
    ),
    "xlsx with empty rows and faults": (workbook({"S": [*ROWS, [None] * 3, ["#N/A", "x", "a"]]}), 21, ["D107", "D101"]),
    "ods": (ODS, 20, []),
    "ods of two sheets, with titles": (ods({"Data": [["Report", None, None], *ROWS], "Other": ROWS}), 20, ["D112", "D112"]),
    "ods with empty rows and faults": (ods({"S": [*ROWS, [None] * 3, ["#N/A", "x", "a"]]}), 21, ["D107", "D101"]),
    "gzip of a parquet": (gzip.compress(PARQUET), 100, ["D107"]),
    "gzip of a spreadsheet": (gzip.compress(ODS), 20, ["D107"]),
    "zip of one csv": (zipped(**{"in__t.csv": GOOD, "in__.DS_Store": b"x"}), 60, ["D121", "D107"]),
    "zip of one tsv": (zipped(**{"t.tsv": GOOD.replace(b",", b"\t")}), 60, ["D107", "D107"]),
    "zip of one arff": (zipped(**{"t.arff": ARFF}), 20, ["D107"]),
    "zip of one parquet": (zipped(**{"t.parquet": PARQUET}), 100, ["D107"]),
    "zip of one xlsx": (zipped(**{"t.xlsx": SHEET}), 20, ["D107"]),
    "zip of one ods": (zipped(**{"t.ods": ODS}), 20, ["D107"]),
    "zip of one table by another name": (zipped(**{"adult.data": GOOD}), 60, ["D107"]),
    "zip of one table and its description": (zipped(**{"t.csv": GOOD, "names.txt": b"see t.csv"}), 60, ["D107", "D122"]),
    "parquet": (PARQUET, 100, []),
    "parquet with a pickled type": (with_pickled_type(), 20, []),
    "parquet with dictionaries, zones and decimals": (
        parquet(pa.table({
            "a": pa.array(["x", "y"] * 10).dictionary_encode(),
            "b": pa.array([0] * 20, pa.timestamp("ns", "Europe/Berlin")),
            "c": pa.array([Decimal("1.50")] * 20),
        })), 20, [],
    ),
}  # fmt: skip

CHOICES: dict[str, tuple[bytes, str, str, str]] = {
    "target not there": (GOOD, "species", "NO_SUCH_COLUMN", "no column 'species'"),
    "no labels": (b"x,y\n" + b"1,\n" * 20, "y", "NO_LABELS", "no value in any of 20 rows"),
    "one class": (b"x,y\n" + b"1,a\n" * 20, "y", "ONE_CLASS", "'a' in every row"),
    "one value": (b"x,y\n" + b"1,3.5\n" * 20, "y", "ONE_CLASS", "3.5 in every row"),
    "class of one row": (b"x,y\n" + b"1,a\n" * 9 + b"1,b\n" * 9 + b"1,owl\n", "y", "CLASS_TOO_SMALL", "Class 'owl' has 1 row"),
    "each row a class": (
        b"x,y\n" + b"".join(b"%d,n%d\n" % (i, i) for i in range(2000)), "y", "TOO_MANY_CLASSES", "2,000 classes in 2,000 rows",
    ),
    "label of 2,000 bytes": (b"x,y\n" + b"1,a\n" * 20 + b"1," + b"b" * 2000 + b"\n", "y", "LABEL_TOO_LONG", "2,000 bytes; at most 1,024"),
    "few labelled rows": (b"x,y\n" + b"1,a\n" * 4 + b"1,b\n" * 4 + b"1,\n" * 20, "y", "TOO_FEW_ROWS", "8 rows can be used"),
}  # fmt: skip
