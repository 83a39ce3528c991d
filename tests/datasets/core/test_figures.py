"""What the pages draw of a sealed version, and what they say of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from datasets.core import panels
from datasets.core.figures import BINS, CLASSES, ROWS, look_over
from datasets.core.panels import OTHERS
from datasets.core.table import Column


def looked_at(tmp_path, train: dict[str, Any], validation: dict[str, Any], kinds: dict[str, str], **options):
    pl.DataFrame(train).write_parquet(tmp_path / "train.parquet")
    pl.DataFrame(validation).write_parquet(tmp_path / "validation.parquet")
    columns = [Column(name, kind) for name, kind in kinds.items()]
    options = {"target": "y", "task": "binary"} | options
    return look_over(tmp_path / "train.parquet", tmp_path / "validation.parquet", columns=columns, **options)


def test_numbers_words_dates_and_gaps_are_counted_by_part_and_class(tmp_path):
    n = 400
    begin = datetime(2024, 1, 1, tzinfo=UTC)
    train = {
        "width": [None if i < 4 else float(i) for i in range(n)],
        "colour": [("white", "blue", "red")[i % 3] for i in range(n)],
        "when": [begin + timedelta(days=i) for i in range(n)],
        "note": ["x" * i for i in range(n)],
        "y": ["no" if i < 300 else "yes" for i in range(n)],
    }
    kinds = {"width": "number", "colour": "category", "when": "date", "note": "text", "y": "category"}

    found = looked_at(tmp_path, train, {name: values[:100] for name, values in train.items()}, kinds)

    label, width, colour, when, note = found["columns"]
    assert (label["name"], label["parts"]["train"]) == ("y", [300, 100])
    assert (width["missing"], sum(width["parts"]["train"]), len(width["x"])) == (
        {"train": 4, "validation": 4},
        396,
        BINS + 1,
    )
    assert {name: sum(rows) for name, rows in width["classes"].items()} == {"no": 296, "yes": 100}
    assert width["middle"] == {"train": 201.5, "validation": 51.5, "class no": 151.5, "class yes": 349.5}
    assert (colour["x"], colour["parts"]["train"]) == (["blue", "red", "white"], [133, 133, 134])
    assert panels.labels(when)[0].startswith("3 Jan 2024 to ")
    assert note["unit"] == "characters"
    assert found["sample"]["columns"][0] == "y"
    assert len(found["sample"]["rows"]) == 20
    assert panels.class_finding(width) == "The middle value is lowest for “no” (151.5) and highest for “yes” (349.5)."
    assert panels.part_finding(width).endswith("differ by up to 75 points.")


def test_many_values_and_classes_are_put_together(tmp_path):
    n = 2000
    train = {"word": [f"w{i % 40:02}" for i in range(n)], "y": [f"c{i % 10}" for i in range(n)]}

    found = looked_at(tmp_path, train, train, {"word": "category", "y": "category"}, task="multiclass")

    word = found["columns"][1]
    assert (len(word["x"]), word["x"][-1], word["parts"]["train"][-1]) == (13, OTHERS, 28 * 50)
    assert len(word["classes"]) == CLASSES
    assert sum(map(sum, word["classes"].values())) == n


def test_empty_and_constant_columns_are_said_and_not_drawn(tmp_path):
    train = {"none": [None] * 5, "same": [2.0] * 5, "y": [1.0, 2.0, 3.0, 4.0, 5.0]}

    found = looked_at(tmp_path, train, train, {"none": "number", "same": "number", "y": "number"}, task="regression")

    _, none, same = found["columns"]
    assert (none["shape"], panels.part_finding(none)) == ("none", "“none” has no value in train.")
    assert (same["x"], same["classes"]) == (["2"], {})


def test_of_large_parts_every_kth_row_is_taken(tmp_path):
    n = 2 * ROWS + 1
    train = {"a": range(n), "y": [i % 2 for i in range(n)]}

    found = looked_at(tmp_path, train, {"a": [1], "y": [1]}, {"a": "number", "y": "category"})

    assert (found["every"], found["rows"]["train"]) == ({"train": 3, "validation": 1}, 33_334)
    assert sum(found["columns"][1]["parts"]["train"]) == 33_334


def test_figure_draws_names_as_they_are_and_one_panel_a_group():
    column = {"name": "<b>x</b>", "unit": "", "shape": "values", "x": ["<a>", "b"], "middle": {}}

    figure = panels.column_chart(column, {"train": [3, 1], "validation": [0, 0]})

    assert figure["data"][0]["x"] == ["&lt;a&gt;", "b"]
    assert [trace["y"] for trace in figure["data"]] == [[75.0, 25.0], [0.0, 0.0]]
    assert figure["layout"]["annotations"][-1]["text"] == "&lt;b&gt;x&lt;/b&gt;"
    assert figure["layout"]["yaxis2"]["domain"][1] < figure["layout"]["yaxis"]["domain"][0]


def test_balance_is_said_in_words():
    rows = lambda n: {"train": n, "final": n}  # noqa: E731

    assert panels.balance_finding({"no": rows(300), "yes": rows(100)}) == "“no” has 75% of the rows, “yes” 25.0%."
    assert panels.balance_finding({"a": rows(10), "b": rows(11)}) == "The 2 classes are about equally frequent."
