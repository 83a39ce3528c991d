"""A table into four files: every row once, sealed labels nowhere on disk, and refusals that leave nothing."""

import hashlib
import struct

import numpy as np
import polars as pl
import pytest

from datasets.core import canonical, part_files
from datasets.core.checks import columns_left_out, run_checks
from datasets.core.divide import divide
from datasets.core.errors import DataProblem
from datasets.core.limits import Limits
from datasets.core.profile import guess_task
from datasets.core.readers import read_table
from datasets.core.split import PARTS, Assignments, Design
from tests.datasets.core.tables import SECRET, clean_frame, real_file, write


def run(folder, frame, stored=None, secret=SECRET, **design):
    out = folder / "out"
    out.mkdir(exist_ok=True)
    wish = Design(**{"kind": "random", "target": "label", "task": "binary", **design})
    return divide(write(frame, folder), design=wish, secret=secret, stored=stored, out=out, limits=Limits())


def part(folder, name):
    return pl.read_parquet(folder / "out" / f"{name}.parquet")


def together(folder, division, target="label"):
    """The four files and the labels in memory as one table again."""
    frames = [part(folder, name) for name in PARTS[:2]]
    frames += [part(folder, name).with_columns(pl.Series(target, division.labels[name])) for name in PARTS[2:]]
    return pl.concat(frames, how="vertical_relaxed")


@pytest.mark.parametrize("count", [60, 1000, 5000])
def test_parts_hold_every_row_once_with_its_label(tmp_path, count):
    frame = clean_frame(count)

    division = run(tmp_path, frame)

    assert division.rows_used == count
    assert together(tmp_path, division).sort(frame.columns).equals(frame.sort(frame.columns))
    assert division.parts == {name: len(part(tmp_path, name)) for name in PARTS}
    assert division.pooled is (count * 0.2 < 600)
    assert division.per_class is not None
    for label, rows in frame.group_by("label").len().iter_rows():
        assert division.classes[label] == rows == sum(division.per_class[label].values())


def test_train_and_validation_keep_the_order_of_the_file(tmp_path):
    frame = clean_frame(1000).with_row_index("n")

    run(tmp_path, frame)

    for name in PARTS[:2]:
        assert part(tmp_path, name)["n"].is_sorted()
    assert not part(tmp_path, "final")["n"].is_sorted()


def test_sealed_labels_are_nowhere_on_disk(tmp_path):
    frame = clean_frame(4000).with_columns(label=pl.Series([f"marker{i % 2}x{'ab'[i % 2] * 9}" for i in range(4000)]))

    division = run(tmp_path, frame)

    assert set(np.unique(division.labels["final"])) == {"marker0xaaaaaaaaa", "marker1xbbbbbbbbb"}
    for name in ("checkpoint.parquet", "final.parquet", "assignments.parquet"):
        assert "label" not in pl.read_parquet_schema(tmp_path / "out" / name)
        assert b"marker" not in (tmp_path / "out" / name).read_bytes()


@pytest.mark.parametrize("divisions", [40, pytest.param(100, marks=pytest.mark.long)])
def test_order_of_sealed_rows_says_nothing_of_the_label(tmp_path, divisions):
    scores = []
    for seed in range(divisions):
        frame = clean_frame(300, seed)
        frame = frame.sort("label") if seed % 2 else frame  # a file sorted by its label is the hardest
        labels = run(tmp_path, frame, secret=bytes([seed])).labels["final"]
        positions = np.flatnonzero(labels == "yes")
        n, m = len(labels), len(positions)
        scores.append((positions.mean() - (n - 1) / 2) / np.sqrt((n - m) * (n + 1) / (12 * m)))

    assert abs(np.sum(scores)) / np.sqrt(len(scores)) < 4


@pytest.mark.long
def test_ends_of_the_sealed_order_hold_no_class_more_often(tmp_path):
    # the keys of a part begin and end at other places for each class, so sorting by key would show at the ends
    first = [run(tmp_path, clean_frame(3001, seed), secret=bytes([seed])).labels["final"][:5] for seed in range(20)]
    second = [run(tmp_path, clean_frame(3001, seed)).labels["final"][-5:] for seed in range(20)]

    for labels in (first, second):
        assert 0.3 < (np.concatenate(labels) == "yes").mean() < 0.7


def test_a_run_repeats_and_another_secret_divides_otherwise(tmp_path):
    frame = clean_frame(500)
    first = run(tmp_path, frame)

    again, other = run(tmp_path, frame), run(tmp_path, frame, secret=b"ds2")

    assert again.fingerprints == first.fingerprints
    assert (again.labels["final"] == first.labels["final"]).all()
    assert other.fingerprints["train"] != first.fingerprints["train"]


def test_row_order_of_the_file_does_not_decide_the_parts(tmp_path):
    frame = clean_frame(500)
    run(tmp_path, frame)
    train = part(tmp_path, "train")

    run(tmp_path, frame.sample(fraction=1, shuffle=True, seed=3))

    assert part(tmp_path, "train").sort(frame.columns).equals(train.sort(frame.columns))


def test_fingerprint_is_made_of_the_rows_and_labels_as_written(tmp_path):
    division = run(tmp_path, pl.DataFrame({"x": range(20), "label": ["a", "b"] * 10}))

    numbers, labels = part(tmp_path, "final")["x"].to_list(), division.labels["final"]
    by_hand = b"5:label5:words1:x7:integer\n"
    by_hand += b"\1" * 4 + struct.pack("<4q", 1, 1, 1, 1) + "".join(labels).encode()
    by_hand += b"\1" * 4 + struct.pack("<4q", *numbers)
    assert division.fingerprints["final"] == hashlib.sha256(by_hand).hexdigest()


def test_equal_rows_share_a_part_also_with_another_label(tmp_path):
    frame = clean_frame(600)
    doubled = pl.concat([frame, frame.with_columns(label=pl.col("label").reverse())])

    division = run(tmp_path, doubled)

    owners = together(tmp_path, division).with_columns(
        part=np.repeat(np.arange(4), [division.parts[name] for name in PARTS])
    )
    assert owners.group_by("x1", "x2").agg(pl.col("part").n_unique())["part"].max() == 1
    assert division.units is not None
    assert (np.bincount(division.units["final"]) == 2).all()


def test_groups_never_straddle_and_the_group_is_no_feature(tmp_path):
    frame = clean_frame(4000).with_columns(device=pl.Series(np.random.default_rng(1).integers(0, 200, 4000)))

    division = run(tmp_path, frame, kind="group", group="device")

    assert [column.name for column in division.features] == ["x1", "x2", "colour"]
    found = [
        set(part(tmp_path, name).drop("label", strict=False).join(frame, on=["x1", "x2"])["device"]) for name in PARTS
    ]
    assert sum(map(len, found)) == len(set.union(*found)) == 200
    assert division.units is not None
    assert len(np.unique(division.units["final"])) < division.parts["final"]


def test_time_split_puts_the_latest_rows_last(tmp_path):
    frame = clean_frame(4000).with_columns(when=pl.Series(np.random.default_rng(1).permutation(4000)))

    run(tmp_path, frame, kind="time", time="when")

    ends = [(part(tmp_path, name)["when"].min(), part(tmp_path, name)["when"].max()) for name in PARTS]
    assert ends == [(0, 2399), (2400, 3199), (3200, 3599), (3600, 3999)]


def test_a_second_version_keeps_every_part(tmp_path):
    frame = clean_frame(6000)
    run(tmp_path, frame.head(4000))
    before = {name: part(tmp_path, name) for name in PARTS}
    stored = tmp_path / "stored.parquet"
    (tmp_path / "out" / "assignments.parquet").rename(stored)

    relabelled = frame.with_columns(label=pl.col("label").reverse())
    division = run(tmp_path, relabelled.sample(fraction=1, shuffle=True, seed=1), stored=stored)

    for name in PARTS:
        missing = before[name].join(part(tmp_path, name), on=["x1", "x2"], how="anti")
        assert len(missing) == 0
    assert [division.parts[name] / 6000 for name in PARTS] == pytest.approx([0.6, 0.2, 0.1, 0.1], abs=0.001)
    grown = Assignments.read(tmp_path / "out" / "assignments.parquet")
    assert len(grown.keys) == 6000


def test_deleted_rows_come_back_to_their_part(tmp_path):
    frame = clean_frame(4000)
    run(tmp_path, frame)
    final = part(tmp_path, "final")
    stored = tmp_path / "stored.parquet"
    (tmp_path / "out" / "assignments.parquet").rename(stored)
    run(tmp_path, frame.filter(pl.col("x1") > 0), stored=stored)
    (tmp_path / "out" / "assignments.parquet").replace(stored)

    run(tmp_path, frame, stored=stored)

    assert part(tmp_path, "final").sort("x1").equals(final.sort("x1"))


def test_rows_without_label_are_in_no_part(tmp_path):
    frame = clean_frame(60).with_columns(
        label=pl.when(pl.int_range(60) % 10 == 0).then(None).otherwise(pl.col("label")), n=pl.int_range(60)
    )

    division = run(tmp_path, frame)

    assert division.rows_used == 54
    assert not (together(tmp_path, division)["n"] % 10 == 0).any()


def test_too_common_rows_are_divided_one_by_one_and_said(tmp_path):
    frame = pl.DataFrame({"x": [1] * 200 + list(range(2, 102)), "label": ["a", "b"] * 150})

    division = run(tmp_path, frame)

    assert [finding.code for finding in division.findings] == ["D108"]
    assert division.parts == {"train": 180, "validation": 60, "checkpoint": 0, "final": 60}


@pytest.mark.parametrize(
    ("dtype", "values", "texts"),
    [
        (pl.Int64, [0, 1], {"0", "1"}),
        (pl.Float64, [0.0, 1.0], {"0", "1"}),
        (pl.Boolean, [False, True], {"false", "true"}),
    ],
)
def test_labels_of_classes_are_texts(tmp_path, dtype, values, texts):
    frame = pl.DataFrame({"x": range(40), "label": pl.Series(values * 20, dtype=dtype)})

    division = run(tmp_path, frame)

    assert set(division.labels["final"]) == set(part(tmp_path, "train")["label"]) == set(division.classes) == texts


def test_a_number_stays_a_number(tmp_path):
    frame = clean_frame(400, task="regression")

    division = run(tmp_path, frame, task="regression")

    assert division.classes is None
    assert division.per_class is None
    assert division.labels["final"].dtype == np.float64
    assert together(tmp_path, division)["label"].sum() == pytest.approx(frame["label"].sum())


def test_many_sealed_rows_are_put_in_order_some_at_a_time(tmp_path, monkeypatch):
    frame = clean_frame(4000)
    whole = run(tmp_path, frame)
    final = part(tmp_path, "final")

    for module in (canonical, part_files):
        monkeypatch.setattr(module, "held_rows", lambda path, columns, groups=1: 25 * groups)

    assert run(tmp_path, frame).fingerprints == whole.fingerprints
    assert part(tmp_path, "final").equals(final)


def test_columns_named_like_patterns(tmp_path):
    frame = clean_frame(60).rename({"x1": "*", "x2": "^.*$"})

    division = run(tmp_path, frame)

    assert together(tmp_path, division).sort("*").equals(frame.sort("*"))


X = pl.int_range(60, eager=True).alias("x")
REFUSED = {
    "no such column": ({"x": X, "species": ["a", "b"] * 30}, {"target": "specie"}, "NO_SUCH_COLUMN", "'specie'"),
    "no group column": ({"x": X, "label": ["a", "b"] * 30}, {"kind": "group", "group": "g"}, "NO_SUCH_COLUMN", "'g'"),
    "same column twice": (
        {"x": X, "label": ["a", "b"] * 30}, {"kind": "group", "group": "label"}, "SAME_COLUMN", "label, label",
    ),
    "nothing left": ({"x": X, "label": ["a", "b"] * 30}, {"drop": ["x"]}, "NO_FEATURES", "No column"),
    "no labels": ({"x": X, "label": pl.Series([None] * 60, dtype=pl.String)}, {}, "NO_LABELS", "any of 60 rows"),
    "few labels": ({"x": X, "label": ["a", "b"] * 4 + [None] * 52}, {}, "TOO_FEW_ROWS", "8 rows can be used"),
    "one class": ({"x": X, "label": ["a"] * 60}, {}, "ONE_CLASS", "'a' in every row"),
    "one number": ({"x": X, "label": [1.5] * 60}, {"task": "regression"}, "ONE_CLASS", "1.5 in every row"),
    "three classes for yes or no": ({"x": X, "label": ["a", "b", "c"] * 20}, {}, "NOT_TWO_CLASSES", "3 classes (a, b, c)"),
    "rare class": (
        {"x": X, "label": ["a", "b"] * 29 + ["owl", "owl"]}, {"task": "multiclass"}, "CLASS_TOO_SMALL",
        "Class 'owl' has 2 rows; each class needs at least 3.",
    ),
    "each row a class": (
        {"x": X, "label": [f"c{i}" for i in range(60)]}, {"task": "multiclass"}, "TOO_MANY_CLASSES",
        "60 classes in 60 rows: is this an id?",
    ),
    "long label": ({"x": X, "label": ["a" * 2000, "b"] * 30}, {}, "LABEL_TOO_LONG", "2,000 bytes; at most 1,024"),
    "words for a number": ({"x": X, "label": ["a", "b"] * 30}, {"task": "regression"}, "TARGET_NOT_A_NUMBER", "'a'"),
    "words for a time": (
        {"x": X, "t": ["soon"] * 60, "label": ["a", "b"] * 30}, {"kind": "time", "time": "t"}, "TIME_NOT_A_TIME", "'soon'",
    ),
    "two times": (
        {"x": X, "t": [1, 2] * 30, "label": ["a", "b"] * 30}, {"kind": "time", "time": "t"}, "TOO_FEW_TIMES", "column 't'",
    ),
    "two groups": (
        {"x": X, "g": [1, 2] * 30, "label": ["a", "b"] * 30}, {"kind": "group", "group": "g"}, "TOO_FEW_GROUPS", "column 'g'",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refused_tables_leave_nothing(tmp_path, name):
    columns, design, code, words = REFUSED[name]

    with pytest.raises(DataProblem) as refused:
        run(tmp_path, pl.DataFrame(columns), **design)

    assert refused.value.code == code
    assert words in refused.value.message
    assert refused.value.next
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize(
    ("name", "target", "task"),
    [("adult", "income", "binary"), ("credit_g", "class", "binary"), ("segment", "category", "multiclass"),
     ("ames", "Sale_Price", "regression")],
)  # fmt: skip
def test_real_files_from_bytes_to_parts(tmp_path, name, target, task):
    path = tmp_path / "table.parquet"
    table = read_table(real_file(name), file_name=name, out=path, limits=Limits())
    assert guess_task(path, target) == task
    findings = run_checks(path, target=target, task=task)
    out = tmp_path / "out"
    out.mkdir()

    design = Design("random", target, task, drop=columns_left_out(findings))
    division = divide(path, design=design, secret=SECRET, stored=None, out=out, limits=Limits())

    assert division.rows_used == sum(division.parts.values()) == table.rows
    assert {finding.severity for finding in findings} <= {"look", "tip"}
    shares = [division.parts[part_name] / table.rows for part_name in PARTS]
    wanted = [0.6, 0.2, 0, 0.2] if division.pooled else [0.6, 0.2, 0.1, 0.1]
    assert shares == pytest.approx(wanted, abs=0.002)
