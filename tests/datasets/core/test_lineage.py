"""Rows are known again however they are written, and keep their parts from version to version."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import pairwise
from math import sqrt
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets.core.divide import Division, divide
from datasets.core.errors import DataProblem
from datasets.core.limits import Limits
from datasets.core.lineage import OPEN, Past, keep, places, recognise, row_keys
from datasets.core.split import PARTS, Assignments, Design, group_keys
from tests.datasets.core.tables import SECRET, clean_frame, write

KEY = b"installation"
FEATURES = ["x1", "x2", "colour"]


def keys_of(folder: Path, **columns) -> list[int]:
    return row_keys(write(pl.DataFrame(columns), folder), list(columns), KEY).tolist()


@pytest.mark.parametrize(
    ("written", "otherwise"),
    [
        ([1.5, 2.0], [1.5000000001, 2.0]),
        ([1, 2], [1.0, 2.0]),
        ([1234567891, 7], [1234567891.0, 7.0]),
        ([0.0, 1.0], [-0.0, 1.0]),
        (["  caf\u00e9", ""], ["cafe\u0301 ", None]),
        ([date(2024, 3, 31)], [datetime(2024, 3, 31, tzinfo=UTC)]),
        ([True, False], ["true", "false"]),
        ([1, 2], ["1", "2"]),
    ],
)
def test_row_keys_do_not_depend_on_how_a_value_is_written(tmp_path, written, otherwise):
    assert keys_of(tmp_path, a=written) == keys_of(tmp_path, a=otherwise)


def test_row_keys_tell_values_columns_and_installations_apart(tmp_path):
    assert keys_of(tmp_path, a=[1.23456789, 1.23456780])[0] != keys_of(tmp_path, a=[1.23456789, 1.23456780])[1]
    assert keys_of(tmp_path, a=["x"], b=["y"]) != keys_of(tmp_path, a=["xy"], b=[""])
    assert keys_of(tmp_path, a=[1]) != keys_of(tmp_path, b=[1])
    table = write(pl.DataFrame({"a": [1]}), tmp_path)
    assert row_keys(table, ["a"], KEY).tolist() != row_keys(table, ["a"], b"another").tolist()


class Line:
    """A data set that goes from version to version, as ingestion would divide it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.pasts, self.stored = folder, [], None

    def seal(self, frame: pl.DataFrame, *, looked: bool = False, opened: bool = False, **design) -> Division:
        name = str(len(self.pasts))
        out = self.folder / name
        out.mkdir()
        division = divide(
            write(frame, self.folder),
            design=Design(**{"kind": "random", "target": "label", "task": "binary", **design}),
            secret=SECRET,
            stored=self.stored,
            out=out,
            limits=Limits(),
            pasts=self.pasts,
            key=KEY,
        )
        files = {part: path for part in (*PARTS, "retired") if (path := out / f"{part}.parquet").exists()}
        features = [column.name for column in division.features]
        past = Past(name, files, features, design.get("kind", "random"), division.pooled, looked, opened)
        self.pasts, self.stored = [past, *self.pasts], out / "assignments.parquet"
        return division

    def parts(self, version: int = -1) -> dict[int, str]:
        """The part of each row of a version by its number, which is its x2."""
        past = self.pasts[::-1][version]
        return {
            number: part for part, path in past.files.items() for number in pl.read_parquet(path)["x2"].cast(pl.Int64)
        }

    def retired(self) -> set[int]:
        """The rows of the last version that are used no more."""
        return {number for number, part in self.parts().items() if part == "retired"}


def numbered(count: int, seed: int = 0, start: int = 0) -> pl.DataFrame:
    """Rows that a test can tell by x2, whatever else changes."""
    return clean_frame(count, seed).with_columns(x2=pl.int_range(start, start + count))


def moved(before: dict[int, str], after: dict[int, str]) -> set[int]:
    return {number for number in before.keys() & after.keys() if before[number] != after[number]}


def sealed(parts: dict[int, str]) -> set[int]:
    return {number for number, part in parts.items() if part in ("checkpoint", "final", "retired")}


def opened(parts: dict[int, str]) -> set[int]:
    return {number for number, part in parts.items() if part in ("train", "validation")}


@pytest.mark.parametrize(
    "change",
    [
        lambda frame: frame.sample(fraction=1, shuffle=True, seed=1),
        lambda frame: frame.with_columns(extra=pl.int_range(pl.len()) % 7),
        lambda frame: frame.select("label", "colour", "x2", "x1"),
        lambda frame: frame.with_columns(pl.col("x1") * (1 + 1e-13)),
        lambda frame: frame.sample(fraction=0.5, seed=1),
        lambda frame: frame.drop("colour"),
        lambda frame: pl.concat([frame, numbered(4000, 3, start=10_000)]),
        lambda frame: frame.with_columns(label=pl.col("label").reverse()),
    ],
    ids=["shuffled", "column more", "reordered", "reformatted", "half", "column less", "grown", "relabelled"],
)
def test_a_changed_copy_keeps_every_part(tmp_path, change):
    line = Line(tmp_path)
    line.seal(numbered(4000))

    line.seal(change(numbered(4000)))

    assert moved(line.parts(0), line.parts(1)) == set()


def test_parts_are_kept_where_the_stored_keys_were_made_in_another_way(tmp_path):
    line = Line(tmp_path)
    line.seal(numbered(4000))
    units = Assignments.read(line.stored)
    Assignments(np.arange(len(units.keys), dtype=np.uint64), units.parts).write(line.stored)

    line.seal(pl.concat([numbered(4000), numbered(1000, 3, start=10_000)]))

    assert moved(line.parts(0), line.parts(1)) == set()


@pytest.mark.parametrize("columns", [FEATURES, ["x1", "x2"], ["x2", "colour", "extra"]])
def test_removed_rows_are_known_by_half_of_their_columns(tmp_path, columns):
    line = Line(tmp_path)
    line.seal(numbered(1000))
    past = line.pasts[0]
    table = write(numbered(1000).with_columns(extra=pl.lit(1)).select(columns).sample(900, seed=1), tmp_path)
    keep(past, KEY, tmp_path / "keys.parquet")

    removed = recognise(table, columns, replace(past, files={}, kept=tmp_path / "keys.parquet"), KEY)

    living = recognise(table, columns, past, KEY)
    assert (removed.overlap, removed.sealed) == (living.overlap, living.sealed)
    assert removed.masks.tolist() == living.masks.tolist()


def test_overlap_is_of_the_smaller_table(tmp_path):
    line = Line(tmp_path)
    line.seal(numbered(1000))
    past = line.pasts[0]

    half = recognise(write(numbered(1000).head(500), tmp_path), FEATURES, past, KEY)
    more = recognise(write(pl.concat([numbered(1000), numbered(9000, 5, 2000)]), tmp_path), FEATURES, past, KEY)
    other = recognise(write(numbered(1000, 7, 5000), tmp_path), FEATURES, past, KEY)
    few = recognise(write(numbered(1000).select("x1"), tmp_path), ["x1", "a", "b", "c"], past, KEY)

    assert half is not None
    assert (half.overlap, more.overlap, other.overlap, few) == (1.0, 1.0, 0.0, None)
    assert half.sealed == sum(number < 500 for number in sealed(line.parts()))


def test_columns_that_tell_no_rows_apart_are_no_evidence(tmp_path):
    line = Line(tmp_path)
    line.seal(numbered(1000))
    other = write(numbered(1000, 7, 5000).with_columns(x3=0.5), tmp_path)

    match = recognise(other, ["colour", "x3"], line.pasts[0], KEY)

    assert match is not None
    assert match.overlap == 0.0


def test_rows_that_stand_for_sealed_ones_count_as_sealed(tmp_path):
    frame = numbered(4000).with_columns(kind=pl.int_range(4000) % 900)
    line = Line(tmp_path)
    line.seal(frame)

    match = recognise(write(frame.drop("x1", "x2"), tmp_path), ["colour", "kind"], line.pasts[0], KEY)

    alike = frame.filter(pl.col("x2").is_in(list(sealed(line.parts())))).select("colour", "kind").unique()
    assert match is not None
    assert match.sealed == len(frame.join(alike, on=["colour", "kind"])) > len(sealed(line.parts()))


def test_divided_by_group_after_chance_no_sealed_row_is_trained_on(tmp_path):
    frame = numbered(4000).with_columns(who=pl.int_range(4000) % 400)
    line = Line(tmp_path)
    line.seal(frame, drop=["who"])

    division = line.seal(frame, kind="group", group="who")

    assert sealed(line.parts(0)) & opened(line.parts(1)) == set()
    assert opened(line.parts(0)) & (sealed(line.parts(1)) - line.retired()) == set()
    assert division.retired == len(line.retired()) > 0


def test_pooled_set_never_looked_at_is_divided_by_hash(tmp_path):
    line = Line(tmp_path)
    line.seal(numbered(2000))

    division = line.seal(pl.concat([numbered(2000), numbered(4000, 3, 10_000)]))

    before, after = line.parts(0), line.parts(1)
    old = [after[number] for number, part in before.items() if part == "final"]
    assert not division.pooled
    assert set(old) == {"checkpoint", "final"}
    assert 0.4 < old.count("final") / len(old) < 0.6
    assert {before[number] for number in moved(before, after)} == {"final"}
    assert division.parts == {"train": 3600, "validation": 1200, "checkpoint": 600, "final": 600}


def test_pooled_set_that_was_looked_at_becomes_the_checkpoint(tmp_path):
    line = Line(tmp_path)
    line.seal(numbered(2000), looked=True)

    division = line.seal(pl.concat([numbered(2000), numbered(4000, 3, 10_000)]))

    before, after = line.parts(0), line.parts(1)
    assert {after[number] for number, part in before.items() if part == "final"} == {"checkpoint"}
    assert all(number >= 10_000 for number, part in after.items() if part == "final")
    assert division.sources == {"checkpoint": [("0", "final")], "final": []}
    assert division.parts["final"] == 600


def test_pooled_set_that_was_looked_at_stays_one_while_fresh_rows_are_few(tmp_path):
    line = Line(tmp_path)
    line.seal(numbered(2900), looked=True)

    division = line.seal(pl.concat([numbered(2900), numbered(150, 3, 10_000)]))

    assert division.pooled
    assert moved(line.parts(0), line.parts(1)) == set()


def test_pooled_set_that_was_opened_is_used_no_more(tmp_path):
    line = Line(tmp_path)
    line.seal(numbered(2000), opened=True)

    line.seal(pl.concat([numbered(2000), numbered(4000, 3, 10_000)]))

    before, after = line.parts(0), line.parts(1)
    assert {after[number] for number, part in before.items() if part == "final"} == {"retired"}


def test_worn_checkpoint_is_left_behind_once_fresh_rows_suffice(tmp_path):
    line = Line(tmp_path)
    line.seal(numbered(6000), looked=True)

    few = line.seal(pl.concat([numbered(6000), numbered(3000, 3, 10_000)]), looked=True)
    many = line.seal(pl.concat([numbered(6000), numbered(3000, 3, 10_000), numbered(6000, 4, 30_000)]))

    assert few.parts["checkpoint"] == 900
    assert few.retired == 0
    assert many.sources["checkpoint"] == []
    assert (many.parts["checkpoint"], many.retired) == (600, 900)


def test_opened_final_is_left_behind_and_the_checkpoint_goes_on(tmp_path):
    line = Line(tmp_path)
    line.seal(numbered(6000), opened=True)

    division = line.seal(pl.concat([numbered(6000), numbered(6000, 3, 10_000)]))

    assert division.sources == {"checkpoint": [("0", "checkpoint")], "final": []}
    assert (division.parts["final"], division.retired) == (600, 600)


def timed(count: int, seed: int = 0, start: int = 0) -> pl.DataFrame:
    frame = numbered(count, seed, start)
    return frame.with_columns(day=(start + pl.int_range(count)).cast(pl.Float64))


def test_later_rows_make_their_own_sealed_parts_by_time(tmp_path):
    line = Line(tmp_path)
    line.seal(timed(4000), kind="time", time="day")

    second = line.seal(pl.concat([timed(4000), timed(3000, 3, 10_000)]), kind="time", time="day")
    third = line.seal(pl.concat([timed(4000), timed(3000, 3, 10_000)]), kind="time", time="day")

    first, after = line.parts(0), line.parts(1)
    assert {after[number] for number, part in first.items() if part in ("checkpoint", "final")} == {"retired"}
    assert second.parts == third.parts == {"train": 4200, "validation": 1400, "checkpoint": 300, "final": 300}
    assert second.sources == {"checkpoint": [], "final": []}
    assert third.sources == {"checkpoint": [("1", "checkpoint")], "final": [("1", "final")]}


def test_a_few_later_rows_are_pooled_though_the_table_is_large(tmp_path):
    line = Line(tmp_path)
    line.seal(timed(4000), kind="time", time="day")

    division = line.seal(pl.concat([timed(4000), timed(1000, 3, 10_000)]), kind="time", time="day")

    assert division.pooled
    assert (division.parts["checkpoint"], division.parts["final"]) == (0, 200)


def test_a_gap_of_one_horizon_lies_before_each_later_part(tmp_path):
    line = Line(tmp_path)

    division = line.seal(timed(4000), kind="time", time="day", horizon=25)

    parts = line.parts()
    rows = {part: [number for number in parts if parts[number] == part] for part in (*PARTS, "retired")}
    assert division.retired == 75
    for earlier, later in pairwise(PARTS):
        assert min(rows[later]) - max(rows[earlier]) == 26


def test_a_horizon_counts_days_where_the_time_is_a_date(tmp_path):
    start = date(2020, 1, 1)
    frame = numbered(1000).with_columns(day=pl.lit(start) + pl.duration(days=pl.int_range(1000)))

    division = Line(tmp_path).seal(frame, kind="time", time="day", horizon=7)

    assert division.retired == 14


versions = st.lists(
    st.tuples(
        st.sampled_from(["grow", "delete", "relabel", "reorder", "add column", "drop column"]),
        st.integers(0, 5),
        st.booleans(),
        st.booleans(),
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=8)
@given(versions, st.sampled_from(["random", "group"]), st.integers(300, 3500))
def test_property_no_row_moves_to_where_it_was_not_from_version_to_version(tmp_path_factory, changes, kind, rows):
    """Whatever a version changes, what was sealed is never trained on, nor the other way round, and the shares hold.

    Train has its 60 % to a unit of three rows a part, but for rows that were retired and for those that a sealed part
    of a smaller version had and keeps. Where rows were deleted or relabelled chance has its say as well: with n of them
    by a standard deviation of at most sqrt(.24 n) rows.
    """
    line = Line(tmp_path_factory.mktemp("line"))
    frame = numbered(rows).with_columns(who=pl.int_range(rows) // 3)
    design = {"kind": kind, **({"group": "who"} if kind == "group" else {"drop": ["who"]})}
    line.seal(frame, looked=changes[0][2], opened=changes[0][3], **design)
    ever_sealed, ever_open, touched = sealed(line.parts()), opened(line.parts()), 0
    for change, number, looked, was_opened in changes:
        if change == "grow":
            start = 10_000 * len(line.pasts)
            more = numbered(200 * (number + 1), number, start).with_columns(who=start + pl.int_range(pl.len()) // 3)
            frame = pl.concat([frame, more], how="diagonal")
        elif change == "delete":
            touched += len(frame)
            frame = frame.sample(fraction=0.9, seed=number)
            touched -= len(frame)
        elif change == "relabel":
            touched += len(frame) // 9 + 1
            frame = frame.with_columns(
                label=pl.when(pl.int_range(pl.len()) % 9 == number).then(pl.lit("yes")).otherwise("label")
            )
        elif change == "reorder":
            frame = frame.sample(fraction=1, shuffle=True, seed=number)
        elif change == "add column":
            frame = frame.with_columns((pl.col("x2") % (number + 2)).alias(f"extra{number}"))
        else:
            frame = frame.drop("colour", strict=False)

        try:
            division = line.seal(frame, looked=looked, opened=was_opened, **design)
        except DataProblem as refused:
            if refused.code not in ("TOO_FEW_ROWS", "TOO_FEW_GROUPS"):
                raise
            return  # openings have used the few rows up, and it says so

        parts = line.parts()
        assert ever_sealed & opened(parts) == set()
        assert ever_open & {number for number in sealed(parts) if parts[number] != "retired"} == set()
        assert len(parts) == division.rows_used == len(frame)
        before, share = line.parts(-2), 0.2 if division.pooled else 0.1
        had = Counter(part for number, part in parts.items() if number in before)
        kept = sum(max(0, had[part] - share * len(frame)) for part in ("checkpoint", "final"))
        off = abs(division.parts["train"] - 0.6 * len(frame))
        assert off <= 12 + 5 * sqrt(0.24 * touched) + division.retired + kept
        assert moved(before, parts) <= sealed(before)
        ever_sealed |= sealed(parts)
        ever_open |= opened(parts)


def test_masks_name_open_parts_too(tmp_path):
    line = Line(tmp_path)
    line.seal(numbered(1000))

    match = recognise(write(numbered(1000), tmp_path), FEATURES, line.pasts[0], KEY)

    assert match is not None
    assert int(((match.masks & OPEN) > 0).sum()) == 800
    assert np.all(match.masks > 0)


def test_places_of_rows_that_are_in_both_tables(tmp_path):
    pl.DataFrame({"a": [1, 2, 3, 3], "b": ["x", "y", "z", "w"]}).write_parquet(tmp_path / "old.parquet")
    pl.DataFrame({"b": ["z", "q", "x"], "a": [3.0, 4.0, 1.0], "c": [0, 0, 0]}).write_parquet(tmp_path / "new.parquet")
    pl.DataFrame({"a": [3, 2]}).write_parquet(tmp_path / "less.parquet")
    files = [tmp_path / f"{name}.parquet" for name in ("new", "less", "old")]

    assert places(files[0], ["a", "b", "c"], files[2], ["a", "b"], KEY).tolist() == [2, -1, 0]
    assert places(files[1], ["a"], files[2], ["a", "b"], KEY).tolist() == [-1, 1]  # 3 stands for two rows
    assert places(files[1], ["a"], files[2], ["b"], KEY).tolist() == [-1, -1]


def test_a_group_of_a_lineage_that_went_into_another_keeps_its_part(tmp_path):
    here, there = tmp_path / "here", tmp_path / "there"
    grouped = {"kind": "group", "target": "label", "task": "binary", "group": "person"}
    frames = [
        numbered(900, seed, start).with_columns(person=pl.format("p{}", first + pl.int_range(900) // 10))
        for seed, start, first in ((1, 0, 0), (2, 2000, 60))
    ]
    options = {"design": Design(**grouped), "limits": Limits(), "stored": None}
    for folder, secret, frame in ((here, SECRET, frames[0]), (there, b"theirs", frames[1])):
        folder.mkdir()
        divide(write(frame, folder), secret=secret, out=folder, **options)
    mine, other = (Assignments.read(folder / "assignments.parquet") for folder in (here, there))
    names = pl.Series([f"p{number}" for number in range(90, 150)])  # in the other lineage alone
    later = numbered(600, 3, 5000).with_columns(person=pl.format("p{}", 90 + pl.int_range(600) // 10))

    (tmp_path / "both").mkdir()
    options["stored"] = here / "assignments.parquet"
    table = write(pl.concat([frames[0], later]), tmp_path)
    divide(table, secret=SECRET, out=tmp_path / "both", others=[(b"theirs", there / "assignments.parquet")], **options)

    none = np.zeros(60, np.uint64)
    after = Assignments.read(tmp_path / "both" / "assignments.parquet")
    assert (mine.find(group_keys(names, SECRET, none)) == 255).all()
    assert (
        after.find(group_keys(names, SECRET, none)).tolist() == other.find(group_keys(names, b"theirs", none)).tolist()
    )
