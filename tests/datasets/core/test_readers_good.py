"""Good files of every make that people have: read, said, and typed by all of their cells."""

import csv
import io
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets.core.corrections import Corrections
from datasets.core.errors import DataProblem
from datasets.core.limits import Limits
from datasets.core.readers import read_table, strict
from tests.datasets.core.tables import good_csv, read, real_file, rows

FEW = Limits(least_rows=1)
at = datetime.fromisoformat


def kinds(table):
    return {column.name: column.kind for column in table.columns}


def codes(table):
    return [finding.code for finding in table.findings]


def test_plain_file_is_typed_and_keeps_its_order(tmp_path):
    table = read(tmp_path, good_csv())

    assert table.rows == 60
    assert kinds(table) == {"x1": "number", "x2": "number", "city": "category", "label": "category"}
    assert codes(table) == []
    frame = rows(tmp_path)
    assert frame["x1"].to_list() == list(range(60))
    assert frame.schema == {"x1": pl.Int64, "x2": pl.Float64, "city": pl.String, "label": pl.String}


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace(b"\n", b"\r\n"),
        lambda text: text.rstrip(b"\n"),
        lambda text: text + b"\n\n\r\n",
        lambda text: b"\n\n" + text,
        lambda text: b"\xef\xbb\xbf" + text,
        lambda text: text.replace(b"\n", b"\n\n"),
        lambda text: text.replace(b"\n", b"\n  \n", 20),
        lambda text: text.replace(b"\n", b"\r"),
        lambda text: text.replace(b",", b", "),
        lambda text: text.replace(b",", b" , "),
    ],
    ids=["crlf", "no end", "blank end", "blank top", "bom", "blank between", "blanks", "cr", "indented", "padded"],
)
def test_other_line_ends_blanks_and_marks_give_the_same_table(tmp_path, change):
    read(tmp_path, good_csv())
    plain = rows(tmp_path)

    table = read(tmp_path, change(good_csv()))

    assert rows(tmp_path).equals(plain)
    assert codes(table) == []


@pytest.mark.parametrize(("delimiter", "word"), [(";", "semicolon"), ("\t", "tab"), ("|", "bar")])
def test_other_delimiters_are_found_and_said(tmp_path, delimiter, word):
    table = read(tmp_path, good_csv().replace(b",", delimiter.encode()))

    assert len(table.columns) == 4
    assert [(f.code, f.message) for f in table.findings] == [("D107", f"Columns are parted by a {word}; read as such.")]


def test_sep_line_names_the_delimiter(tmp_path):
    table = read(tmp_path, b"sep=;\n" + good_csv().replace(b",", b";"))

    assert table.rows == 60


NAMELESS = b"5.1,3.5,setosa\n" + b"4.9,3.0,virginica\n" * 20
GERMAN = b"Ort;Preis;Menge;y\n" + b"a;1.234,5;1,234;2\n" * 20


@pytest.mark.parametrize(
    ("content", "line", "titles", "names"),
    [
        (NAMELESS, 0, 0, ["column_1", "column_2", "column_3"]),
        (b"\n\n" + b"1,2,3\n" * 20, 0, 0, ["column_1", "column_2", "column_3"]),
        (b"Report of March\n" + good_csv(), 2, 1, ["x1", "x2", "city", "label"]),
        (b"Report, of March\n\nby us\n" + good_csv(), 4, 2, ["x1", "x2", "city", "label"]),
        (b"Report of March,,,\n,,,\n" + good_csv(), 3, 2, ["x1", "x2", "city", "label"]),
        (b"Report\n" + NAMELESS, 0, 1, ["column_1", "column_2", "column_3"]),
    ],
)
def test_table_that_does_not_begin_with_its_names_is_found_and_said(tmp_path, content, line, titles, names):
    table = read(tmp_path, content)

    assert [column.name for column in table.columns] == names
    assert (table.head["line"], table.head["titles"], table.head["is_sure"]) == (line, titles, False)
    assert [finding.evidence for finding in table.findings if finding.code == "D112"] == [
        {"line": line, "titles": titles}
    ]
    assert table.rows == len(content.strip().split(b"\n")) - (line or titles)


@pytest.mark.parametrize("head", [b"x1,x2,city", b"0,1,label", b"a 1,2nd,y", b",b,y"])
def test_names_are_names_where_they_look_like_it(tmp_path, head):
    table = read(tmp_path, head + b"\n" + b"1.5,2,a\n" * 20)

    assert table.rows == 20
    assert table.head["is_sure"]


@pytest.mark.parametrize(("header", "count", "first"), [(0, 21, "column_1"), (1, 20, "5.1"), (2, 19, "4.9")])
def test_line_that_somebody_chose_names_the_columns(tmp_path, header, count, first):
    table = read(tmp_path, NAMELESS, corrections=Corrections(header=header))

    assert (table.rows, table.columns[0].name) == (count, first)
    assert not any(finding.code == "D112" for finding in table.findings)


def test_zeros_in_front_are_pointed_out_and_a_category_keeps_them(tmp_path):
    content = b"zip,y\n" + b"01067,a\n10115,b\n" * 10

    first = read(tmp_path, content)
    second = read(tmp_path, content, corrections=Corrections(kinds={"zip": "category"}))

    assert [(finding.code, finding.column) for finding in first.findings] == [("D111", "zip")]
    assert codes(second) == []
    assert rows(tmp_path)["zip"][0] == "01067"


def test_line_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(DataProblem) as refusal:
        read(tmp_path, NAMELESS, corrections=Corrections(header=500))

    assert (refusal.value.code, refusal.value.where) == ("NO_HEADER", "line 500")


def test_decimal_commas_are_found_from_the_cells_and_settle_the_others(tmp_path):
    table = read(tmp_path, GERMAN)

    assert rows(tmp_path).row(0) == ("a", 1234.5, 1.234, 2)
    said = [finding.message for finding in table.findings]
    assert said == [
        "Columns are parted by a semicolon; read as such.",
        "Numbers with a decimal comma, such as 1.234,5, read as numbers: 'Preis', 'Menge'.",
    ]


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["1,5", "2,25"], [1.5, 2.25]),
        (["1.234.567,5", "-3"], [1234567.5, -3.0]),
        (["0,123", "0,456"], [0.123, 0.456]),
        (["1 234,5", "12"], [1234.5, 12.0]),
        (["1,234.5", "12"], [1234.5, 12.0]),
        (["1,234,567", "12"], [1234567, 12]),
        (["1'234", "12"], [1234, 12]),
        (["1.234", "2.5"], [1.234, 2.5]),
        (["1,234", "2,345"], ["1,234", "2,345"]),
        (["1,5", "2.5"], ["1,5", "2.5"]),
        (["1,5", "about 2"], ["1,5", "about 2"]),
        (["12,34,567", "1"], ["12,34,567", "1"]),
    ],
)
def test_marks_in_numbers(tmp_path, cells, values):
    content = "x\ty\n" + "".join(f"{cell}\tw\n" for cell in cells * 10)

    read(tmp_path, content.encode())

    assert rows(tmp_path)["x"].to_list()[:2] == values


def test_marks_that_leave_it_open_are_said_and_settled_by_a_kind(tmp_path):
    content = b"x\ty\n" + b"1,234\tw\n" * 20

    first = read(tmp_path, content)
    read(tmp_path, content, corrections=Corrections(kinds={"x": "number"}))

    assert "may be one and a bit or more than a thousand" in first.findings[-1].message
    assert rows(tmp_path)["x"][0] == 1234


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_wide_encodings_are_found_and_said(tmp_path, codec):
    table = read(tmp_path, good_csv().decode().replace("abc"[0], "ä").encode(codec))

    assert table.rows == 60
    assert [f.code for f in table.findings] == ["D107"]
    assert table.findings[0].message == f"{codec[:6].upper()} found and read as such."


def test_windows_text_is_converted_and_said(tmp_path):
    table = read(tmp_path, good_csv().decode().replace(",a,", ",Zürich,").encode("cp1252"))

    assert rows(tmp_path)["city"][0] == "Zürich"
    assert table.findings[0].message == "Windows-1252 found and read as such."


def test_quotes_commas_and_line_ends_inside_cells(tmp_path):
    body = b'name,note,y\n"a, b","two\nlines\r\n""quoted""",1\nplain,"",2\n"","x",3\n'

    table = read(tmp_path, body, FEW)

    assert table.rows == 3
    assert rows(tmp_path)["name"].to_list() == ["a, b", "plain", None]
    assert rows(tmp_path)["note"].to_list() == ['two\nlines\r\n"quoted"', None, "x"]


def test_missing_words_are_said_by_column(tmp_path):
    body = b"n,c,y\n" + b"".join(
        b"%s,%s,%d\n" % (n, c, i) for i, (n, c) in enumerate([(b"1", b"NA"), (b"?", b"a")] * 10)
    )

    table = read(tmp_path, body)

    assert kinds(table)["n"] == "number"
    assert rows(tmp_path)["n"].null_count() == 10
    found = {(f.column, f.code): f.evidence for f in table.findings}
    assert found == {
        ("n", "D101"): {"words": ["?"], "cells": 10},
        ("c", "D101"): {"words": ["NA"], "cells": 10},
    }


def test_wide_table_is_written_some_columns_at_a_time_and_comes_out_whole(tmp_path):
    names = [f"c{place}" for place in range(603)]
    cells = [[f"{row + place / 8}" if place % 3 else f"w{row} " for place in range(603)] for row in range(12)]
    cells[4][300], cells[5][301], cells[6][602] = "NA", "inf", "NULL"
    content = "\n".join(",".join(line) for line in [names, *cells]).encode()

    table = read(tmp_path, content)

    found = rows(tmp_path)
    assert found.columns == names
    assert found.row(2)[:3] == ("w2", 2.125, 2.25)
    assert found.select("c300", "c301", "c602").null_count().row(0) == (1, 1, 1)
    assert {(each.code, each.column) for each in table.findings} == {
        ("D101", "c300"),
        ("D101", "c602"),
        ("D102", "c301"),
    }


def test_infinite_numbers_are_missing_and_counted(tmp_path):
    body = b"x1,y\n" + b"1.5,a\ninf,b\n-inf,a\nnan,b\n" * 10

    table = read(tmp_path, body)

    assert rows(tmp_path)["x1"].to_list()[:4] == [1.5, None, None, None]
    assert [(f.code, f.message) for f in table.findings if f.code == "D102"] == [
        ("D102", "20 values in 'x1' not finite, treated as missing.")
    ]


@pytest.mark.parametrize(
    ("last", "dtype", "kind"),
    [("5", pl.Int64, "number"), ("5.5", pl.Float64, "number"), ("99999999999999999999", pl.Float64, "number"),
     ("word", pl.String, "category"), ("NA", pl.Int64, "number"), ("5 ", pl.Int64, "number")],
)  # fmt: skip
def test_a_late_cell_decides_the_type(tmp_path, monkeypatch, last, dtype, kind):
    monkeypatch.setattr(strict, "CHUNK", 4096)
    monkeypatch.setattr(strict, "SAMPLE", 64)
    lines = [f"{i},{'ab'[i % 2]}" for i in range(200_000)]
    lines[150_001] = f"{last},a"

    table = read(tmp_path, ("n,y\n" + "\n".join(lines)).encode())

    assert rows(tmp_path).schema["n"] == dtype
    assert kinds(table)["n"] == kind
    assert rows(tmp_path)["n"][150_000] == (150_000 if dtype != pl.String else "150000")


@pytest.mark.parametrize(
    ("cells", "first"),
    [
        (["2024-03-31", "2024-04-01"], date(2024, 3, 31)),
        (["2024-03-31 14:05:00", "2024-04-01 00:00:00"], at("2024-03-31 14:05")),
        (["2024-03-31T14:05:00.250", "2024-04-01T00:00:00.000"], at("2024-03-31 14:05:00.250")),
        (["2024-03-31T14:05:00+02:00", "2024-04-01T00:00:00+02:00"], at("2024-03-31 12:05")),
        (["2024-03-31T14:05:00Z", "2024-04-01T00:00:00Z"], at("2024-03-31 14:05")),
        (["31.03.2024", "01.04.2024"], date(2024, 3, 31)),
        (["03/31/2024", "04/01/2024"], date(2024, 3, 31)),
        (["31/03/2024", "01/04/2024"], date(2024, 3, 31)),
        (["03/04/2024", "04/05/2024"], "03/04/2024"),
        (["31-03-2024", "01-04-2024"], date(2024, 3, 31)),
        (["03-31-2024 14:05", "04-01-2024 00:00"], at("2024-03-31 14:05")),
        (["03-04-2024", "04-05-2024"], "03-04-2024"),
        (["TRUE", "false"], True),
    ],
)
def test_dates_and_booleans(tmp_path, cells, first):
    body = "when,y\n" + "".join(f"{cell},{i}\n" for i, cell in enumerate(cells * 5))

    table = read(tmp_path, body.encode())

    assert rows(tmp_path)["when"][0] == first
    assert kinds(table)["when"] == ("boolean" if first is True else "category" if isinstance(first, str) else "date")


def test_sentences_are_text(tmp_path):
    body = "note,y\n" + "".join(f"this is note number {i} of many,{i}\n" for i in range(20))

    assert kinds(read(tmp_path, body.encode()))["note"] == "text"


def test_nameless_column_is_named_and_said(tmp_path):
    body = ",a,y\n" + "".join(f"{i},{i * i % 7},{i % 2}\n" for i in range(20))

    table = read(tmp_path, body.encode())

    assert [column.name for column in table.columns] == ["column_1", "a", "y"]
    assert codes(table) == ["D107"]


def test_hostile_names_and_cells_stay_what_they_are(tmp_path):
    names = ["*", "^.*$", "=cmd()", "<script>", "{{x}}", "a\x1b[31m", "y"]
    body = ",".join(names) + "\n" + "".join(f"{i},{i},=1+1,<b>,{{{{7*7}}}},'; DROP,{i % 2}\n" for i in range(12))

    read(tmp_path, body.encode())

    frame = rows(tmp_path)
    assert frame.columns == names
    assert frame["=cmd()"][0] == "=1+1"
    assert frame["*"].to_list() == frame["^.*$"].to_list() == list(range(12))


@pytest.mark.parametrize("name", ["x^2", "x\x01"])
def test_text_that_begins_as_deflated_data_does(tmp_path, name):
    body = f"{name},y\n" + "".join(f"x^{i},{i}\n" for i in range(20))

    read(tmp_path, body.encode())

    assert rows(tmp_path).columns == [name, "y"]
    assert rows(tmp_path)["y"].to_list() == list(range(20))


def test_nameless_parquet_column_is_named(tmp_path):
    table = pa.table({" a ": range(12), "": range(12)})

    read(tmp_path, parquet(tmp_path, table))

    assert rows(tmp_path).columns == ["a", "column_2"]


def test_wide_table(tmp_path):
    names = ",".join(f"c{i}" for i in range(1000))
    line = ",".join(str(i) for i in range(1000))

    table = read(tmp_path, f"{names}\n{(line + chr(10)) * 20}".encode())

    assert (table.rows, len(table.columns)) == (20, 1000)


def test_progress_ends_at_one(tmp_path):
    source = tmp_path / "a.csv"
    source.write_bytes(good_csv())
    seen = []

    read_table(source, file_name="a.csv", out=tmp_path / "o.parquet", limits=Limits(), progress=seen.append)

    assert seen == sorted(seen)
    assert seen[-1] == 1.0


@settings(max_examples=80)
@given(
    st.lists(
        st.tuples(
            st.text(st.characters(blacklist_categories=("Cs", "Cc"), whitelist_characters="\n\t")), st.integers(0, 9)
        ),
        min_size=10,
        max_size=30,
    )
)
def test_property_what_python_writes_is_read_back(tmp_path_factory, cells):
    folder = tmp_path_factory.mktemp("round")
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, quoting=csv.QUOTE_ALL)
    writer.writerow(["text", "digit"])
    writer.writerows(cells)

    read(folder, buffer.getvalue().encode())

    assert rows(folder)["digit"].to_list() == [digit for _, digit in cells]
    assert len(rows(folder)) == len(cells)


def refusal(folder, content):
    try:
        read(folder, content)
    except DataProblem as problem:
        return problem
    return None


@settings(max_examples=80)
@given(st.binary(max_size=400), st.lists(st.tuples(st.integers(0, 900), st.integers(0, 255)), max_size=4))
def test_property_any_bytes_are_read_or_refused_in_words(tmp_path_factory, noise, flips):
    folder = tmp_path_factory.mktemp("noise")
    mutated = bytearray(good_csv())
    for place, byte in flips:
        mutated[place % len(mutated)] = byte
    for content in (noise, bytes(mutated), b"a,b\n" + noise):
        problem = refusal(folder, content)
        assert problem is None or problem.status in (413, 415, 422)
        assert problem is None or "Nothing was stored." in str(problem)
        assert (folder / "table.parquet").exists() is (problem is None)


def parquet(path: Path, table: pa.Table, **options) -> bytes:
    pq.write_table(table, path / "x.parquet", **options)
    return (path / "x.parquet").read_bytes()


def test_parquet_types_become_ours(tmp_path):
    when = at("2024-03-31 14:05")
    table = pa.table(
        {
            "small": pa.array([1, None] * 6, pa.int8()),
            "unsigned": pa.array([2**63] * 12, pa.uint64()),
            "half": pa.array([1.5, float("nan")] * 6, pa.float32()),
            "money": pa.array([Decimal("1.25")] * 12),
            "word": pa.array([" a ", "e\u0301"] * 6).dictionary_encode(),
            "zoned": pa.array([when] * 12, pa.timestamp("ns", "Europe/Berlin")),
            "day": pa.array([date(2024, 3, 31)] * 12),
            "flag": pa.array([True, False] * 6),
            "nothing": pa.nulls(12),
        }
    )

    read_back = read(tmp_path, parquet(tmp_path, table))

    frame = rows(tmp_path)
    assert frame.schema == {
        "small": pl.Int64, "unsigned": pl.Float64, "half": pl.Float64, "money": pl.Float64, "word": pl.String,
        "zoned": pl.Datetime("us"), "day": pl.Date, "flag": pl.Boolean, "nothing": pl.String,
    }  # fmt: skip
    assert frame.row(0) == (1, 2.0**63, 1.5, 1.25, "a", when, date(2024, 3, 31), True, None)
    assert frame.row(1)[4] == "\u00e9"
    assert kinds(read_back)["zoned"] == "date"


def test_parquet_of_many_row_groups_keeps_its_order(tmp_path):
    table = pa.table({"i": range(50_000), "y": [str(i % 3) for i in range(50_000)]})

    read(tmp_path, parquet(tmp_path, table, row_group_size=777))

    assert rows(tmp_path)["i"].to_list() == list(range(50_000))


@pytest.mark.parametrize(
    ("name", "count", "numbers"),
    [("adult", 26_048, 6), ("credit_g", 800, 7), ("segment", 1848, 18), ("ames", 2344, 34)],
)
def test_real_files(tmp_path, name, count, numbers):
    table = read_table(real_file(name), file_name=name, out=tmp_path / "table.parquet", limits=Limits())

    assert table.rows == count
    assert list(kinds(table).values()).count("number") == numbers
    assert set(codes(table)) <= {"D101"}


def test_adult_question_marks_are_missing(tmp_path):
    table = read_table(real_file("adult"), file_name="adult", out=tmp_path / "table.parquet", limits=Limits())

    assert sorted(rows(tmp_path)["income"].unique()) == ["<=50K", ">50K"]
    assert {f.column: f.evidence["cells"] for f in table.findings} == {
        "workclass": 1448,
        "occupation": 1453,
        "native_country": 459,
    }
