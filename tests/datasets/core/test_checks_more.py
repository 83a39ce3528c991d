"""What is planted is found: sums, times, groups, weights, spellings, annotators, near copies, parts that differ."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from datasets.core.acts import acts_for
from datasets.core.checks import columns_left_out, run_checks
from datasets.core.checks.parts import told_apart
from datasets.core.checks.spellings import look_alikes
from tests.datasets.core.tables import clean_frame, write


def check(folder, frame, task="binary", **options):
    return run_checks(write(frame, folder), target="label", task=task, **options)


def codes(findings, *wanted):
    return [(finding.code, finding.severity, finding.column) for finding in findings if finding.code in wanted]


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
@pytest.mark.parametrize("sign", [1, -1])
def test_sum_and_difference_that_give_the_label_away(tmp_path, task, sign):
    generator = np.random.default_rng(0)
    a, b = generator.normal(size=600), generator.normal(size=600)
    total = a + sign * b
    label = {"regression": total, "binary": total > 0, "multiclass": np.digitize(total, [-0.8, 0.8])}[task]
    frame = pl.DataFrame({"a": a, "noise": generator.normal(size=600), "b": b, "label": label})

    found = [each for each in check(tmp_path, frame, task) if each.code == "D206"]

    assert [(each.severity, each.evidence["columns"]) for each in found] == [("stop", ["a", "b"])]
    assert ("sum" if sign > 0 else "difference") in found[0].message


def drifting(drift):
    generator = np.random.default_rng(1)
    hidden, x = np.repeat(generator.normal(size=25), 60) * drift, generator.normal(size=1500)
    days = [date(2024, 1, 1) + timedelta(days=day) for day in range(1500)]
    return pl.DataFrame({"day": days, "x": x, "label": x + hidden + generator.normal(size=1500) > 0})


def test_chance_that_promises_more_than_later_rows_keep(tmp_path):
    assert codes(check(tmp_path, drifting(4.0)), "D207") == [("D207", "look", "day")]
    assert codes(check(tmp_path, drifting(0.0)), "D207") == []


def test_chance_is_held_against_time_beside_a_column_without_a_value(tmp_path):
    frame = drifting(4.0).with_columns(nothing=pl.lit(None, pl.Int64))

    assert codes(check(tmp_path, frame), "D207") == [("D207", "look", "day")]


def test_how_different_the_future_is_leaves_the_time_itself_out(tmp_path):
    frame = drifting(0.0)
    moved = frame.with_columns(x=pl.col("x") + pl.int_range(1500) / 500)

    same, other = (
        [each for each in check(tmp_path, table, time="day") if each.code == "D303"] for table in (frame, moved)
    )

    assert same[0].evidence["auc"] < 0.58
    assert (other[0].severity, other[0].column, other[0].evidence["auc"] > 0.8) == ("tip", "x", True)
    assert codes(check(tmp_path, moved), "D303") == []


@pytest.mark.parametrize("name", ["patient_id", "userId", "Machine", "session no"])
def test_columns_called_like_a_person_or_a_machine_are_proposed(tmp_path, name):
    frame = clean_frame(300).with_columns((pl.int_range(300) % 60).shuffle(seed=1).alias(name))

    assert codes(check(tmp_path, frame), "D208") == [("D208", "look", name)]
    assert codes(check(tmp_path, frame, group=name), "D208") == []
    assert codes(check(tmp_path, frame.rename({name: "floor"})), "D208") == []


def test_label_of_the_group_is_said(tmp_path):
    place = np.repeat(np.arange(60), 5)
    label = np.random.default_rng(0).random(60) < 0.5
    frame = clean_frame(300).with_columns(field=pl.Series(place), label=pl.Series(label[place]))

    assert codes(check(tmp_path, frame.sample(fraction=1, shuffle=True, seed=0)), "D209") == [("D209", "look", "field")]


def test_weights_are_recognised_by_name_or_mean(tmp_path):
    weight = np.random.default_rng(0).gamma(2, 1, 300)
    frame = clean_frame(300).with_columns(
        sample_weight=pl.Series(weight), weight=pl.Series(weight / weight.mean()), body_weight=pl.Series(70 + weight)
    )

    assert codes(check(tmp_path, frame), "D117") == [("D117", "look", "sample_weight"), ("D117", "look", "weight")]


def test_look_alike_labels_are_proposed_and_read_as_one_when_merged(tmp_path):
    frame = clean_frame(300).with_columns(
        label=pl.when(pl.int_range(300) % 40 == 0).then(pl.lit("Yes ")).otherwise(pl.col("label"))
    )

    before = [each for each in check(tmp_path, frame, "multiclass") if each.code == "D405"]
    after = check(tmp_path, frame, "binary", merged={"Yes ": "yes"})

    assert [(each.severity, each.evidence) for each in before] == [("look", {"into": "yes", "spellings": ["Yes "]})]
    assert codes(after, "D405") == []


def test_which_labels_look_alike():
    counts = {
        "Yes": 9,
        "yes ": 4,
        "YES": 1,
        "no": 9,
        "a-b": 2,
        "A_B": 3,
        "1": 5,
        "1.0": 2,
        "01": 1,
        "10": 4,
        "+": 1,
        "-": 1,
    }

    assert look_alikes(counts) == {"yes ": "Yes", "YES": "Yes", "a-b": "A_B", "1.0": "1", "01": "1"}


def annotated():
    frame = clean_frame(300)
    wrong = pl.when(pl.col("label") == "yes").then(pl.lit("no")).otherwise(pl.lit("yes"))
    other = pl.when(pl.int_range(300) % 10 == 0).then(wrong).otherwise(pl.col("label"))
    return frame.with_columns(annotator_1=pl.col("label"), annotator_2=other)


def test_annotators_are_found_measured_and_left_out(tmp_path):
    findings = check(tmp_path, annotated())

    agreed = next(each for each in findings if each.code == "D406").evidence["pairs"]
    assert [(pair["columns"], pair["equal"]) for pair in agreed] == [(["annotator_1", "annotator_2"], 0.9)]
    assert 0.78 < agreed[0]["kappa"] < 0.82
    assert columns_left_out(findings) == ["annotator_1", "annotator_2"]
    assert codes(findings, "D201") == []


def test_annotators_named_by_a_person(tmp_path):
    frame = annotated().rename({"annotator_1": "ada", "annotator_2": "bob"})

    assert columns_left_out(check(tmp_path, frame)) == []
    assert columns_left_out(check(tmp_path, frame, annotators=["ada", "bob"])) == ["ada", "bob"]


def test_near_copies_in_numbers_are_found(tmp_path):
    generator = np.random.default_rng(0)
    values = generator.normal(size=(400, 5))
    copies = values[:40] + generator.normal(size=(40, 5)) * 0.001
    columns = np.concatenate([values, copies]).T
    frame = pl.DataFrame({f"x{i}": each for i, each in enumerate(columns)}).with_columns(
        label=pl.Series(generator.random(440) < 0.5)
    )

    assert codes(check(tmp_path, frame), "D205") == [("D205", "look", None)]
    assert codes(check(tmp_path, frame.head(400)), "D205") == []


def test_near_copies_in_texts_are_said(tmp_path):
    note = pl.Series(
        [
            f"the belt number {i * 7919 % 1000003} stopped at dawn today, and a loose roller was reported"
            for i in range(300)
        ]
    )
    frame = clean_frame(300).with_columns(note=note)

    assert codes(check(tmp_path, frame), "D115") == [("D115", "look", "note")]


def test_a_shift_between_the_parts_is_told_and_none_is_not():
    generator = np.random.default_rng(0)
    is_test = np.arange(800) >= 600
    shifts = {0.0: [], 1.0: []}
    for shift, found in shifts.items():
        for _ in range(3):
            x = generator.normal(size=(800, 10)).astype(np.float32)
            x[is_test, 0] += shift
            area, spread = told_apart(x, is_test, np.arange(800, dtype=np.uint64))
            found.append(area > 0.5 + max(0.05, 3 * spread))

    assert shifts == {0.0: [False] * 3, 1.0: [True] * 3}


def test_each_finding_has_acts_that_mend_it():
    feature = {"is_feature": True, "needs_target": True}

    assert acts_for("D201", "stop", **feature) == ["drop", "keep"]
    assert acts_for("D208", "look", **feature) == ["group", "drop", "keep"]
    assert acts_for("D207", "look", **feature) == ["time", "keep"]
    assert acts_for("D405", "stop", is_feature=False, needs_target=True) == ["merge", "keep"]
    assert acts_for("D106", "tip", **feature) == ["drop", "keep"]
    assert acts_for("D302", "stop", **feature) == ["split", "drop", "keep"]
    assert acts_for("D402", "look", is_feature=False, needs_target=True) == ["upload", "keep"]
    assert acts_for("D101", "tip", is_feature=True, needs_target=False) == ["columns", "keep"]
