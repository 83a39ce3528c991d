"""Broken and hostile files: a clear refusal with place, limit and next step, and nothing left behind."""

import gzip
import io
import json
import pickle
import zipfile

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from datasets.core.errors import NOTHING_STORED, REJECTIONS, DataProblem
from datasets.core.limits import Limits
from datasets.core.readers import read_table
from tests.datasets.core.tables import good_csv, read
from tests.datasets.hostile.media import REFUSED

GOOD = good_csv()
SMALL = Limits(upload=20_000, rows=50, columns=20, cell=100, line=400, parquet_unpacked=100_000)


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
    np.save(buffer, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    return buffer.getvalue()


def flipped(content, start, stop):
    return content[:start] + bytes(255 - byte for byte in content[start:stop]) + content[stop:]


PARQUET = parquet(pa.table({"a": range(100), "b": [f"word {i}" for i in range(100)]}))
NESTED = parquet(pa.table({"a": range(20), "b": [[1, 2]] * 20}))
TEXT_BOMB = parquet(
    pa.table({"a": ["x" * 90] * 40, "b": ["y" * 90] * 40} | {f"c{i}": ["z" * 95] * 40 for i in range(15)})
)
DEEP = zipped(**{"xl__workbook.xml": "<x/>", "[Content_Types].xml": "<x/>"})

BROKEN = {
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
    "no header": (b"1,2,3\n" * 20, "NO_HEADER", 422, "Line 1 holds numbers only"),
    "no header after blank lines": (b"\n\n1,2,3\n" * 20, "NO_HEADER", 422, "Line 3 holds numbers only"),
    "duplicate column": (GOOD.replace(b"x2", b"x1", 1), "DUPLICATE_COLUMN", 422, "'x1' appears twice (columns 1 and 2)"),
    "duplicate after stripping": (GOOD.replace(b"x2", b" x1 ", 1), "DUPLICATE_COLUMN", 422, "appears twice"),
    "long name": (GOOD.replace(b"x2", b"n" * 300, 1), "COLUMN_NAME_TOO_LONG", 422, "300 bytes; at most 255"),
    "one column": (b"a\n" + b"1\n" * 20, "ONE_COLUMN", 422, "one column, 'a'"),
    "title above": (b"Report of March\n" + GOOD, "ONE_COLUMN", 422, "one column, 'Report of March'"),
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
    "spreadsheet": (DEEP, "WRONG_KIND", 415, "is a spreadsheet, not CSV"),
    "old spreadsheet": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "WRONG_KIND", 415, "a spreadsheet"),
    "zip": (zipped(cat__a="x"), "NO_MEDIA", 415, "no picture"),
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
    "gzip": (gzip.compress(GOOD), "WRONG_KIND", 415, "gzip"),
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
}  # fmt: skip

OVER_A_LIMIT = {
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
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_file_is_refused_in_words_and_leaves_nothing(tmp_path, name):
    content, code, status, words = BROKEN[name]
    out = tmp_path / "out"
    out.mkdir()
    source = tmp_path / "upload.csv"
    source.write_bytes(content)

    with pytest.raises(DataProblem) as refused:
        read_table(source, file_name="upload.csv", out=out / "table.parquet", limits=Limits())

    problem = refused.value
    assert (problem.code, problem.status) == (code, status)
    assert words in problem.message
    assert str(problem).endswith(NOTHING_STORED)
    assert problem.message.endswith(".")
    assert list(out.iterdir()) == []
    assert json.dumps(problem.as_dict())
    assert not any(path.name == "marker" for path in tmp_path.rglob("*"))


@pytest.mark.parametrize("name", OVER_A_LIMIT)
def test_file_over_a_limit_names_the_limit(tmp_path, name):
    content, code, words = OVER_A_LIMIT[name]

    with pytest.raises(DataProblem) as refused:
        read(tmp_path, content, SMALL)

    assert (refused.value.code, refused.value.status) == (code, 413)
    assert words in refused.value.message
    assert refused.value.limit
    assert not (tmp_path / "table.parquet").exists()


def test_parquet_that_unpacks_too_far_is_refused_while_it_unpacks(tmp_path):
    limits = Limits(parquet_unpacked=60_000)
    assert len(TEXT_BOMB) < 20_000

    with pytest.raises(DataProblem) as refused:
        read(tmp_path, TEXT_BOMB, limits)

    assert (refused.value.code, refused.value.status, refused.value.limit) == ("UNPACKED_TOO_LARGE", 413, 60_000)


def test_a_good_file_is_read_after_a_broken_one(tmp_path):
    with pytest.raises(DataProblem):
        read(tmp_path, BROKEN["quote never closed"][0])

    assert read(tmp_path, GOOD).rows == 60


def test_a_problem_survives_a_process_border():
    problem = DataProblem("NO_ROWS", "No rows.", 422, where="line 1", limit=1, found=0, next="Add rows.")

    copy = pickle.loads(pickle.dumps(problem))

    assert (copy.as_dict(), copy.status, str(copy)) == (problem.as_dict(), 422, "No rows. Add rows.")


def test_every_reading_code_of_the_table_is_met_by_a_file():
    met = {code for _, code, *_ in (*BROKEN.values(), *OVER_A_LIMIT.values())} | {"UNPACKED_TOO_LARGE"}
    of_the_split = {
        "NO_SUCH_COLUMN", "NO_FEATURES", "SAME_COLUMN", "NO_LABELS", "ONE_CLASS", "NOT_TWO_CLASSES", "CLASS_TOO_SMALL",
        "TOO_MANY_CLASSES", "LABEL_TOO_LONG", "TARGET_NOT_A_NUMBER", "TIME_NOT_A_TIME", "TOO_FEW_TIMES", "KIND_DOES_NOT_FIT",
        "TOO_FEW_GROUPS",
    }  # fmt: skip
    of_the_upload = {"DISK_FULL", "OTHER_HASH"}
    of_archives = {code for _, code, *_ in REFUSED.values()}

    assert set(REJECTIONS) - met - of_the_split - of_the_upload - of_archives == {"UNREADABLE"}
