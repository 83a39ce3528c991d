"""Each check finds what is planted and keeps silent on clean tables, at the rates of the specification."""

import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn import datasets as bundled

from datasets.core.checks import columns_left_out, context, parts, run_checks
from datasets.core.checks.leakage import auc_bound
from datasets.core.errors import REJECTIONS, DataProblem
from datasets.core.findings import FINDINGS, Finding
from datasets.core.profile import guess_task, profile_table
from datasets.core.table import Column
from tests.datasets.core.tables import clean_frame, write


def check(folder, frame, task="binary", **options):
    return run_checks(write(frame, folder), target="label", task=task, **options)


def found(findings, code):
    return [finding for finding in findings if finding.code == code]


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
@pytest.mark.parametrize("count", [60, 200, 1000])
def test_clean_tables_raise_no_alarm(tmp_path, task, count):
    alarms = [
        finding
        for seed in range(20)
        for finding in check(tmp_path, clean_frame(count, seed, task), task)
        if finding.code not in ("D403", "D203")
    ]

    assert alarms == []


def test_row_order_is_seldom_suspected_on_shuffled_rows(tmp_path):
    alarms = sum(bool(found(check(tmp_path, clean_frame(200, seed)), "D203")) for seed in range(100))

    assert alarms <= 3  # nominal 0.3 %


@pytest.mark.parametrize("count", [60, 200, pytest.param(1000, marks=pytest.mark.long)])
def test_forty_honest_features_are_never_called_a_leak(tmp_path, count):
    for seed in range(15):
        random = np.random.default_rng(seed)
        y = random.random(count) < 0.4
        columns = {f"f{i}": random.normal(size=count) + 0.954 * y for i in range(40)}

        assert not found(check(tmp_path, pl.DataFrame({**columns, "label": y})), "D201")


@pytest.mark.parametrize(("count", "at_least"), [(60, 0.9), (200, 0.99), (1000, 1.0)])
def test_leaked_feature_is_found(count, at_least):
    random = np.random.default_rng(6)
    hits = []
    for _ in range(200):
        y = random.random(count) < 0.4
        area, lower = auc_bound(random.normal(size=count) + 3.643 * y, y)
        hits.append(area >= 0.95 and lower > 0.90)

    assert np.mean(hits) >= at_least


@pytest.mark.parametrize(
    "leak",
    [
        lambda y: y.astype(float),
        lambda y: -3.0 * y + np.linspace(0, 0.1, len(y)),
        lambda y: np.where(y, "Paris", "Rome"),
        lambda y: np.array([f"{'p' if value else 'r'}{i % 9}" for i, value in enumerate(y)]),
        lambda y: y,
    ],
    ids=["number", "reversed number", "word", "many words", "boolean"],
)
def test_copies_of_a_yes_or_no_label_are_stopped(tmp_path, leak):
    frame = clean_frame(300)
    y = (frame["label"] == "yes").to_numpy()

    findings = check(tmp_path, frame.with_columns(city=pl.Series(leak(y))))

    assert [(finding.column, finding.severity) for finding in found(findings, "D201")] == [("city", "stop")]
    assert findings[0].code == "D201"
    assert "'city' alone predicts the label" in findings[0].message


@pytest.mark.parametrize(
    "leak", [{"a": "x", "b": "y", "c": "z"}, {"a": 7, "b": 3, "c": 5}, {"a": 1.5, "b": 0.5, "c": 9.5}]
)
def test_copies_of_a_class_are_stopped(tmp_path, leak):
    frame = clean_frame(300, task="multiclass")

    findings = check(tmp_path, frame.with_columns(city=frame["label"].replace_strict(leak)), "multiclass")

    assert [finding.column for finding in found(findings, "D201")] == ["city"]


def test_copies_of_a_number_are_stopped(tmp_path):
    frame = clean_frame(300, task="regression")

    findings = check(
        tmp_path, frame.with_columns(net=-frame["label"] * 0.8, half=frame["label"] + 3 * frame["x2"]), "regression"
    )

    assert [finding.column for finding in found(findings, "D201")] == ["net"]


@pytest.mark.parametrize(
    ("name", "task"),
    [("iris", "multiclass"), ("wine", "multiclass"), ("digits", "multiclass"), ("diabetes", "regression")],
)
def test_honest_measurements_are_not_stopped(tmp_path, name, task):
    frame = pl.from_pandas(getattr(bundled, f"load_{name}")(as_frame=True).frame).rename({"target": "label"})

    findings = check(tmp_path, frame, task)

    assert not found(findings, "D201")
    assert not found(findings, "D202")


@pytest.mark.parametrize(
    ("cells", "is_id"),
    [
        (lambda n: [f"user-{i}" for i in range(n)], True),
        (lambda n: np.random.default_rng(0).permutation(n), True),
        (lambda n: np.arange(n) // 2, True),
        (lambda n: np.random.default_rng(0).random(n), False),
        (lambda n: np.random.default_rng(0).integers(0, n // 2, n), False),
        (lambda n: [f"this is the note of row {i}" for i in range(n)], False),
    ],
    ids=["names", "numbers", "counter", "float", "whole numbers", "sentences"],
)
def test_id_like_columns_are_left_out(tmp_path, cells, is_id):
    findings = check(tmp_path, clean_frame(400).with_columns(key=pl.Series(cells(400))))

    assert columns_left_out(findings) == (["key"] if is_id else [])


def test_short_tables_have_no_ids_by_distinct_values_alone(tmp_path):
    frame = clean_frame(60).with_columns(key=pl.Series([f"u{i}" for i in range(60)]))

    assert columns_left_out(check(tmp_path, frame)) == []


def test_time_column_and_group_are_no_ids(tmp_path):
    frame = clean_frame(400).with_columns(when=pl.int_range(400), who=pl.Series([f"u{i}" for i in range(400)]))

    assert columns_left_out(check(tmp_path, frame, time="when", group="who")) == []


def test_duplicates_and_conflicts_are_counted_without_the_ids(tmp_path):
    frame = clean_frame(600)
    other = pl.when(pl.col("label") == "yes").then(pl.lit("no")).otherwise(pl.lit("yes"))
    frame = pl.concat([frame, frame.head(58), frame.slice(100, 15).with_columns(label=other)])
    frame = frame.with_columns(key=pl.Series([f"u{i}" for i in range(len(frame))]))

    findings = check(tmp_path, frame)

    assert [(f.severity, f.evidence["rows"]) for f in found(findings, "D103")] == [("look", 58)]
    assert [(f.severity, f.evidence["rows"], f.evidence["sets"]) for f in found(findings, "D402")] == [("look", 30, 15)]


def test_few_conflicts_are_a_tip(tmp_path):
    frame = clean_frame(1000)
    conflict = frame.head(2).with_columns(label=pl.Series(["yes", "no"]))

    findings = check(
        tmp_path, pl.concat([frame, conflict, conflict.reverse().with_columns(x1=frame["x1"][:2].reverse())])
    )

    assert [f.severity for f in found(findings, "D402")] in ([], ["tip"])


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_file_sorted_by_label_is_said(tmp_path, task):
    findings = check(tmp_path, clean_frame(300, task=task).sort("label"), task)

    assert [f.severity for f in found(findings, "D203")] == ["look"]


def test_missing_labels_are_said(tmp_path):
    frame = clean_frame(60).with_columns(label=pl.when(pl.int_range(60) < 6).then(None).otherwise(pl.col("label")))

    findings = found(check(tmp_path, frame), "D401")

    assert [f.message for f in findings] == ["6 of 60 rows without label, kept out of all parts."]


def test_empty_constant_and_gappy_columns(tmp_path):
    frame = clean_frame(100).with_columns(
        empty=pl.lit(None, pl.Float64),
        same=pl.lit("x"),
        gappy=pl.when(pl.int_range(100) % 10 < 7).then(None).otherwise(pl.col("x1")),
        holes=pl.when(pl.int_range(100) % 10 < 3).then(None).otherwise(pl.col("x2")),
    )

    findings = {(f.column, f.code): f.severity for f in check(tmp_path, frame)}

    assert findings == {
        ("empty", "D105"): "look",
        ("same", "D104"): "tip",
        ("gappy", "D106"): "look",
        ("holes", "D106"): "tip",
        **{key: value for key, value in findings.items() if key[1] == "D403"},
    }


def test_rare_classes_are_named(tmp_path):
    labels = ["a"] * 3000 + ["b"] * 900 + ["rare"] * 7 + ["small"] * 30
    frame = pl.DataFrame({"x": np.random.default_rng(0).random(len(labels)), "label": labels}).sample(
        fraction=1, shuffle=True, seed=0
    )

    messages = [f.message for f in found(check(tmp_path, frame, "multiclass"), "D403")]

    assert messages == [
        "Class 'rare' has 7 rows; 10 are needed to be sure of every part.",
        "Fewer than 50 rows: 'small' (30). Their recall on test rows will be very uncertain.",
    ]


def test_large_group_is_named(tmp_path):
    frame = clean_frame(400).with_columns(camera=pl.Series(["one"] * 284 + [f"c{i}" for i in range(116)]))

    findings = found(check(tmp_path, frame, group="camera"), "D301")

    assert [f.message for f in findings] == ["Group 'one' has 71% of 400 rows; a group is never divided."]


def test_large_tables_are_sampled_and_it_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(context, "SAMPLE_ROWS", 500)
    frame = clean_frame(3000)

    findings = check(tmp_path, pl.concat([frame, frame.head(100)]))

    assert [f.evidence for f in found(findings, "D109")] == [
        {"rows": {"D201": 500, "D206": 500}, "of": 3100, "columns": {}}
    ]
    assert [f.evidence["rows"] for f in found(findings, "D103")] == [100]


def test_each_check_that_looked_at_fewer_rows_or_columns_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(parts, "MOST_COLUMNS", 20)
    random = np.random.default_rng(0)
    columns = {f"x{i}": random.normal(size=13_000).astype(np.float32) for i in range(40)}
    frame = pl.DataFrame({**columns, "label": random.random(13_000) < 0.5})

    said = found(check(tmp_path, frame), "D109")[0]

    assert said.message == (
        "Of 13,000 rows some checks looked at a fixed sample: rows with nearly the same numbers (D205) 10,000, a first "
        "pass over sums and differences (D206) 1,000, sealed rows against train, at the seal (D302) 10,000. "
        "D205 looked at the first 30 of 40 number columns. D206 looked at the first 32 of 40 number columns. "
        "D302 looked at the first 20 of 40 columns."
    )


def test_checks_refuse_a_target_that_is_not_there(tmp_path):
    with pytest.raises(DataProblem) as refused:
        run_checks(write(clean_frame(60), tmp_path), target="labels", task="binary")

    assert (
        str(refused.value)
        == "There is no column 'labels'; the columns are x1, x2, colour, label. Did you mean 'label'?"
    )


@pytest.mark.parametrize(
    ("values", "task"),
    [
        (["a", "b"] * 30, "binary"),
        ([0, 1] * 30, "binary"),
        ([True, False] * 30, "binary"),
        (["a", "b", "c"] * 20, "multiclass"),
        ([1, 2, 3] * 20, "multiclass"),
        ([1.0, 2.0, 3.0] * 20, "multiclass"),
        (list(range(60)), "regression"),
        ([0.5, 1.5, 2.5] * 20, "regression"),
    ],
)
def test_guess_task(tmp_path, values, task):
    assert guess_task(write(pl.DataFrame({"label": values}), tmp_path), "label") == task


def test_profile_tells_kinds_gaps_and_values(tmp_path):
    frame = pl.DataFrame({"n": [1, 2, None, 4], "c": ["b", "a", "b", None], "f": [True, True, False, None]})
    columns = [Column("n", "number"), Column("c", "category"), Column("f", "boolean")]

    profile = profile_table(write(frame, tmp_path), columns)

    assert profile == {
        "rows": 4,
        "columns": [
            {
                "name": "n",
                "kind": "number",
                "missing": 1,
                "distinct": 3,
                "min": 1,
                "max": 4,
                "mean": 2.333,
            },
            {"name": "c", "kind": "category", "missing": 1, "distinct": 2, "top": [["b", 2], ["a", 1]]},
            {"name": "f", "kind": "boolean", "missing": 1, "distinct": 2, "top": [[True, 2], [False, 1]]},
        ],
    }


def test_every_code_is_documented_and_no_other():
    text = (Path(__file__).parents[3] / "docs" / "findings.md").read_text()
    table = dict(re.findall(r"^\| `([A-Z0-9_]+)` \| (.+?) \|$", text, re.MULTILINE))

    assert table == {**FINDINGS, **REJECTIONS}


def test_unknown_codes_are_a_fault_of_ours():
    with pytest.raises(KeyError):
        Finding("D999", "look", None, "")
    with pytest.raises(KeyError):
        DataProblem("WHATEVER", "")
