"""Kinds that people choose for columns: read as such from any file, or refused with a cell that does not fit."""

from datetime import date

import numpy as np
import polars as pl
import pytest

from datasets.core.codes import numeric_codes
from datasets.core.corrections import Corrections
from datasets.core.divide import divide
from datasets.core.errors import DataProblem
from datasets.core.limits import Limits
from datasets.core.profile import profile_table
from datasets.core.readers import read_table
from datasets.core.split import Design
from datasets.core.table import Column
from tests.datasets.core.tables import SECRET, rows

HEAD = "zip,grade,when,flag,note,y"
LINES = [f"0{1000 + i % 7},{i % 5},2024033{i % 2},{i % 2},said {i} words in all,{'ab'[i % 2]}" for i in range(40)]
CSV = "\n".join([HEAD, *LINES, ""]).encode()
KINDS = {"zip": "category", "grade": "category", "when": "date", "flag": "boolean", "note": "text", "y": "category"}


def read_as(folder, kinds, content=CSV, **said):
    source = folder / "upload"
    source.write_bytes(content)
    out = folder / "table.parquet"
    return read_table(source, file_name="a", out=out, limits=Limits(), corrections=Corrections(kinds, **said))


def parquet(folder) -> bytes:
    frame = pl.read_csv(CSV, schema_overrides={"zip": pl.String})
    frame.write_parquet(folder / "made")
    return (folder / "made").read_bytes()


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_chosen_kinds_reach_the_cells(tmp_path, form):
    table = read_as(tmp_path, KINDS, CSV if form == "csv" else parquet(tmp_path))

    assert {column.name: column.kind for column in table.columns} == KINDS
    first = rows(tmp_path).row(1, named=True)
    assert (first["zip"], first["grade"], first["when"].isoformat(), first["flag"]) == (
        "01001",
        "1",
        "2024-03-31",
        True,
    )


def test_columns_that_are_set_aside_keep_their_cells(tmp_path):
    table = read_as(tmp_path, {"grade": "id", "zip": "ignore"})

    assert [column.kind for column in table.columns][:2] == ["ignore", "id"]
    assert rows(tmp_path)["grade"].dtype == pl.Int64


@pytest.mark.parametrize(
    ("name", "kind", "found"),
    [("note", "number", "said 0 words in all"), ("y", "date", "a"), ("grade", "boolean", "2")],
)
@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_kind_that_does_not_fit_is_refused_with_a_cell(tmp_path, form, name, kind, found):
    with pytest.raises(DataProblem) as refusal:
        read_as(tmp_path, {name: kind}, CSV if form == "csv" else parquet(tmp_path))

    assert (refusal.value.code, refusal.value.found) == ("KIND_DOES_NOT_FIT", found)
    assert refusal.value.message == f"Column '{name}' cannot be read as {kind}. It holds '{found}'."
    assert not (tmp_path / "table.parquet").exists()


def test_number_is_read_from_words_for_missing(tmp_path):
    content = b"x,y\n" + b"?,a\n1.5,b\n" * 20

    read_as(tmp_path, {"x": "number"}, content)

    assert rows(tmp_path)["x"].to_list()[:2] == [None, 1.5]


def test_kinds_of_the_design_become_those_of_the_features(tmp_path):
    table = read_as(tmp_path, KINDS | {"when": "id"})
    design = Design("random", "y", "binary", drop=["when"], kinds={c.name: c.kind for c in table.columns})

    division = divide(
        tmp_path / "table.parquet", design=design, secret=SECRET, stored=None, out=tmp_path, limits=Limits()
    )

    assert {column.name: column.kind for column in division.features} == {
        name: KINDS[name] for name in ("zip", "grade", "flag", "note")
    }


def codes_in(folder, values: dict[str, list[int]]) -> list[str]:
    path = folder / "numbers.parquet"
    pl.DataFrame(values).write_parquet(path)
    profile = profile_table(path, [Column(name, "number") for name in values])
    return [str(finding.column) for finding in numeric_codes(path, profile)]


def test_codes_are_pointed_out_and_counts_are_not(tmp_path):
    random = np.random.default_rng(0)
    rows = 1000
    columns = {
        "PostCode": random.integers(10_000, 10_060, rows),
        "house": random.choice([20, 30, 40, 45, 50, 120, 160, 190], rows),
        "moon": np.arange(rows) % 12 + 1,
        "children": random.poisson(1.2, rows),
        "age": random.integers(18, 90, rows),
        "rooms": random.binomial(10, 0.5, rows),
        "dose": random.choice([1, 2, 5, 10, 20, 50, 100], rows),
        "pixel": np.minimum(16, random.geometric(0.3, rows) - 1),
        "rank": random.permutation(rows),
        "flag": random.integers(0, 2, rows),
        "pool": np.where(np.arange(rows) < 12, np.arange(rows) * 37, 0),
        "sold": np.arange(rows) % 5 + 2006,
    }

    assert codes_in(tmp_path, {name: cells.tolist() for name, cells in columns.items()}) == [
        "PostCode",
        "house",
        "moon",
    ]


OPEN = "when,paid,y\n" + "".join(f"01/0{2 + i % 8}/2024,{{paid}},{i}\n" for i in range(20))


@pytest.mark.parametrize(
    ("paid", "expected"), [("25/12/2024", [2024, 2, 1]), ("12/25/2024", [2024, 1, 2]), ("01.02.2024", None)]
)
def test_dates_that_fit_both_orders_are_read_as_the_other_columns_are(tmp_path, paid, expected):
    table = read_as(tmp_path, {}, OPEN.format(paid=paid).encode())

    kinds = {column.name: column.kind for column in table.columns}
    assert kinds == {"when": "date" if expected else "category", "paid": "date", "y": "number"}
    assert [(each.code, each.column) for each in table.findings] == [("D107" if expected else "D113", "when")]
    assert ("such as " + (paid if expected else "03/04/2024")) in table.findings[0].message
    if expected:
        assert rows(tmp_path)["when"][0] == date(*expected)


@pytest.mark.parametrize(("paid", "expected"), [("03/04/2024", [2024, 2, 1]), ("12/25/2024", [2024, 1, 2])])
def test_dates_left_open_are_read_as_in_the_version_before_unless_this_file_says_otherwise(tmp_path, paid, expected):
    orders = {"when": "date_day_first", "paid": "date_day_first"}

    table = read_as(tmp_path, {}, OPEN.format(paid=paid).encode(), orders=orders)

    assert rows(tmp_path)["when"][0] == date(*expected)
    assert [each.code for each in table.findings] == ["D107"]
    assert ("as in the version before: 'when', 'paid'." in table.findings[0].message) == (paid == "03/04/2024")


def test_one_late_cell_settles_the_order_of_a_column(tmp_path):
    days = ["03/04/2024"] * 60_000
    days[45_678] = "13/04/2024"

    table = read_as(tmp_path, {}, ("when,y\n" + "".join(f"{day},{i}\n" for i, day in enumerate(days))).encode())

    assert (table.columns[0].kind, table.orders) == ("date", {"when": "date_day_first"})
    assert rows(tmp_path)["when"][0] == date(2024, 4, 3)


@pytest.mark.parametrize("form", ["csv", "parquet"])
@pytest.mark.parametrize(("said", "expected"), [("date_day_first", [2024, 4, 3]), ("date_month_first", [2024, 3, 4])])
def test_people_say_whether_the_day_or_the_month_comes_first(tmp_path, form, said, expected):
    content = ("when,y\n" + "".join(f"03/04/2024,{i}\n" for i in range(20))).encode()
    if form == "parquet":
        pl.read_csv(content).write_parquet(tmp_path / "made")
        content = (tmp_path / "made").read_bytes()

    table = read_as(tmp_path, {"when": said}, content)
    with pytest.raises(DataProblem) as refused:
        read_as(tmp_path, {"when": "date"}, content)

    assert ([column.kind for column in table.columns], table.orders) == (["date", "number"], {"when": said})
    assert table.findings == []
    assert refused.value.code == "KIND_DOES_NOT_FIT"
    assert "(date_day_first) or date, month first (date_month_first)" in refused.value.next


def test_an_order_that_does_not_fit_is_refused_with_a_cell(tmp_path):
    content = ("when,y\n" + "".join(f"{i + 1:02}/04/2024,{i}\n" for i in range(20))).encode()

    with pytest.raises(DataProblem) as refused:
        read_as(tmp_path, {"when": "date_month_first"}, content)

    assert refused.value.message == "Column 'when' cannot be read as date, month first. It holds '13/04/2024'."
