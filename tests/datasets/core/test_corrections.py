"""Kinds that people choose for columns: read as such from any file, or refused with a cell that does not fit."""

import numpy as np
import polars as pl
import pytest

from datasets.core.checks import numeric_codes
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


def read_as(folder, kinds, content=CSV):
    source = folder / "upload"
    source.write_bytes(content)
    out = folder / "table.parquet"
    return read_table(source, file_name="a", out=out, limits=Limits(), corrections=Corrections(kinds=kinds))


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
    }

    assert codes_in(tmp_path, {name: cells.tolist() for name, cells in columns.items()}) == [
        "PostCode",
        "house",
        "moon",
    ]
