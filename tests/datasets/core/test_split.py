"""Units to parts: the worked examples of the specification, and the properties every split must have."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets.core.split import (
    PARTS,
    RETIRED,
    SHARES,
    Assignments,
    assign_parts,
    deciles,
    group_keys,
    is_pooled,
    join_groups,
    split_oversized,
    unit_position,
)
from datasets.core.timecut import assign_by_time
from tests.datasets.core.tables import SECRET

SPLITS = settings(max_examples=60)


def random_keys(count, seed=0):
    return np.random.default_rng(seed).integers(0, 2**64, count, dtype=np.uint64)


def shares(parts):
    return np.bincount(parts, minlength=4)[:4] / len(parts)


@pytest.mark.parametrize(
    ("value", "position", "part"),
    [
        ("row0", 0.050514, "train"),
        ("row1", 0.638214, "validation"),
        ("row2", 0.919329, "final"),
        ("row3", 0.752913, "validation"),
        ("row4", 0.799615, "validation"),
        ("row7", 0.104742, "train"),
    ],
)
def test_unit_position_worked_examples(value, position, part):
    found = unit_position(value, SECRET)

    assert found == pytest.approx(position, abs=1e-6)
    assert PARTS[int(np.searchsorted(np.cumsum(SHARES), found, side="right"))] == part
    assert unit_position(value.encode(), SECRET) == found


def test_grouped_hash_share_has_the_worked_standard_deviation():
    sizes = np.full(100, 10)

    assert np.sqrt(0.2 * 0.8 * (sizes**2).sum()) / sizes.sum() == pytest.approx(0.0400, abs=1e-4)


@pytest.mark.parametrize(("classes", "rows"), [(500, 6), (600, 5), (50, 7), (1, 1000), (10, 33)])
def test_assign_parts_keeps_the_shares_with_many_small_classes(classes, rows):
    strata = np.repeat(np.arange(classes), rows)

    parts = assign_parts(random_keys(classes * rows), strata)

    assert shares(parts) == pytest.approx(SHARES, abs=5e-4)


@pytest.mark.parametrize("count", [100, 300, 1000, 10_000])
def test_assign_parts_stays_within_half_a_row_of_each_share(count):
    parts = assign_parts(random_keys(count, seed=count), np.zeros(count, np.int64))

    assert np.abs(shares(parts) - SHARES).max() <= 0.5 / count + 1e-12


def test_assign_parts_every_class_of_ten_rows_reaches_every_part():
    strata = np.repeat(np.arange(40), 10)

    parts = assign_parts(random_keys(400), strata)

    assert (np.bincount(strata * 4 + parts, minlength=160) > 0).all()


def test_assign_parts_pooled_leaves_the_checkpoint_empty():
    parts = assign_parts(random_keys(1000), np.zeros(1000, np.int64), pooled=True)

    assert np.bincount(parts, minlength=4).tolist() == [600, 200, 0, 200]


@pytest.mark.parametrize(("rows", "pooled"), [(2999, True), (3000, False), (100, True), (10_000, False)])
def test_is_pooled_below_600_test_rows(rows, pooled):
    assert is_pooled(rows) is pooled


def test_growing_and_shrinking_moves_no_row():
    keys, strata = random_keys(2500), np.zeros(2500, np.int64)
    first = assign_parts(keys[:1000], strata[:1000])
    stored = Assignments.of(keys[:1000], first)

    grown = assign_parts(keys[:2000], strata[:2000], stored)
    stored = stored.updated(Assignments.of(keys[:2000], grown))
    kept = np.r_[np.arange(2000)[np.arange(2000) % 10 >= 3], np.arange(2000, 2500)]
    later = assign_parts(keys[kept], strata[kept], stored)

    assert (grown[:1000] == first).all()
    assert (later[: (kept < 2000).sum()] == grown[kept[kept < 2000]]).all()
    assert shares(grown) == pytest.approx(SHARES, abs=0.001)
    assert shares(later) == pytest.approx(SHARES, abs=0.001)


@st.composite
def tables(draw):
    rows = draw(st.integers(10, 300))
    seed = draw(st.integers(0, 2**32 - 1))
    random = np.random.default_rng(seed)
    contents = draw(st.integers(max(2, rows // 4), 2 * rows))
    keys = random_keys(contents, seed)[random.integers(0, contents, rows)]
    return keys, random.integers(0, draw(st.integers(1, 8)), rows)


@SPLITS
@given(tables())
def test_property_parts_cover_every_row_and_equal_rows_share_one(table):
    keys, strata = table

    parts = assign_parts(keys, strata)

    assert set(parts.tolist()) <= {0, 1, 2, 3}
    together = pl.DataFrame({"key": keys, "part": parts}).group_by("key").agg(pl.col("part").n_unique())
    assert together["part"].max() == 1


@SPLITS
@given(tables(), st.integers(0, 2**32 - 1))
def test_property_row_order_does_not_matter(table, seed):
    keys, strata = table
    order = np.random.default_rng(seed).permutation(len(keys))

    assert (assign_parts(keys[order], strata[order]) == assign_parts(keys, strata)[order]).all()


@SPLITS
@given(tables(), st.data())
def test_property_stored_parts_survive_growth_deletion_and_new_labels(table, data):
    keys, strata = table
    cut = data.draw(st.integers(1, len(keys)))
    first = assign_parts(keys[:cut], strata[:cut])
    stored = Assignments.of(keys[:cut], first)
    kept = np.flatnonzero(np.random.default_rng(cut).random(len(keys)) < 0.7)
    relabelled = (strata[kept] + 1) % (strata.max() + 1)

    later = assign_parts(keys[kept], relabelled, stored)

    known = stored.find(keys[kept])
    assert (later[known != 255] == known[known != 255]).all()
    assert (stored.updated(Assignments.of(keys[kept], later)).find(keys[:cut]) == first).all()


@SPLITS
@given(st.integers(5, 80), st.integers(1, 20), st.integers(0, 2**32 - 1))
def test_property_groups_never_straddle_and_stay_within_the_largest_group(groups, largest, seed):
    random = np.random.default_rng(seed)
    sizes = random.integers(1, largest + 1, groups)
    keys = np.repeat(random_keys(groups, seed), sizes)

    parts = assign_parts(keys, np.zeros(len(keys), np.int64))

    for key in np.unique(keys):
        assert len(set(parts[keys == key].tolist())) == 1
    assert np.abs(shares(parts) - SHARES).max() <= (0.5 + sizes.max()) / len(keys) + 1e-9


def test_group_counts_to_the_label_of_most_of_its_rows():
    keys = np.repeat(random_keys(400), 3)
    majority = np.repeat(np.arange(400) % 2, 3)
    strata = majority.copy()
    strata[::3] = 0  # one row of each group is labelled 0

    parts = assign_parts(keys, strata)

    for code in (0, 1):
        assert shares(parts[majority == code]) == pytest.approx(SHARES, abs=0.01)


def test_quotas_survive_parts_that_are_already_over_full():
    keys = random_keys(1000)
    stored = Assignments.of(keys[:500], np.full(500, 3, np.uint8))

    parts = assign_parts(keys, np.zeros(1000, np.int64), stored)

    assert (parts[:500] == 3).all()
    assert set(parts[500:].tolist()) == {0, 1, 2}
    assert np.bincount(parts[500:], minlength=4).tolist() == [200, 200, 100, 0]


def test_split_oversized_divides_only_the_too_common_content():
    keys = random_keys(400)
    keys[:60], keys[60:100] = keys[0], keys[60]
    strata = np.zeros(400, np.int64)

    new, rows = split_oversized(keys, strata, SECRET, Assignments.empty())

    assert rows == 60
    assert len(np.unique(new[:60])) == 60
    assert (new[60:] == keys[60:]).all()
    assert shares(assign_parts(new, strata)) == pytest.approx(SHARES, abs=0.06)


def test_split_oversized_never_moves_rows_out_of_a_part():
    few, many = np.repeat(random_keys(1), 40), np.repeat(random_keys(1), 90)
    as_one = Assignments.of(few, np.full(40, 2, np.uint8))

    grown, rows = split_oversized(many, np.zeros(90, np.int64), SECRET, as_one)

    assert rows == 0
    assert (assign_parts(grown, np.zeros(90, np.int64), as_one) == 2).all()


def test_split_oversized_keeps_dividing_what_was_divided():
    many, few = np.repeat(random_keys(1), 90), np.repeat(random_keys(1), 40)
    divided, _ = split_oversized(many, np.zeros(90, np.int64), SECRET, Assignments.empty())
    parts = assign_parts(divided, np.zeros(90, np.int64))
    stored = Assignments.of(divided, parts)

    shrunk, rows = split_oversized(few, np.zeros(40, np.int64), SECRET, stored)

    assert rows == 40
    assert (assign_parts(shrunk, np.zeros(40, np.int64), stored) == parts[:40]).all()


def test_group_keys_hash_the_value_and_leave_rows_without_group_to_their_content():
    content = random_keys(4)

    keys = group_keys(pl.Series(["row0", None, "row0", "row1"]), SECRET, content)

    assert keys[0] == keys[2]
    assert (int(keys[0]) >> 12) / 2**52 == unit_position("row0", SECRET)
    assert (int(keys[3]) >> 12) / 2**52 == unit_position("row1", SECRET)
    assert keys[1] == content[1]


def test_join_groups_ties_groups_that_share_a_row():
    groups = np.array([1, 1, 2, 2, 3, 3], np.uint64)
    content = np.array([10, 11, 11, 12, 13, 14], np.uint64)

    keys, joined = join_groups(groups, content, Assignments.empty())

    assert keys.tolist() == [1, 1, 1, 1, 3, 3]
    assert joined == 1


def test_join_groups_follows_the_stored_group_and_moves_none():
    groups = np.array([1, 2, 3, 4], np.uint64)
    content = np.array([10, 10, 10, 11], np.uint64)
    stored = Assignments.of(np.array([2, 3], np.uint64), np.array([0, 3], np.uint8))

    keys, _ = join_groups(groups, content, stored)

    assert keys.tolist() == [2, 2, 3, 4]


def test_time_split_cuts_by_time_and_keeps_ties_together():
    times = np.repeat(np.arange(500), 2)

    parts = assign_by_time(random_keys(1000), times)

    assert shares(parts) == pytest.approx(SHARES, abs=0.002)
    assert (np.diff(parts.astype(int)) >= 0).all()
    assert (parts[0::2] == parts[1::2]).all()


def test_time_split_retires_old_sealed_rows_and_never_trains_on_them():
    keys, times = random_keys(1500), np.arange(1500)
    first = assign_by_time(keys[:1000], times[:1000])
    stored = Assignments.of(keys[:1000], first)

    grown = assign_by_time(keys, times, stored)

    sealed = first >= 2
    assert (grown[:1000][sealed] == RETIRED).all()
    assert (grown[:1000][~sealed] == first[~sealed]).all()
    assert shares(grown[1000:]) == pytest.approx(SHARES, abs=0.002)
    again = assign_by_time(keys, times, stored.updated(Assignments.of(keys, grown)))
    assert (again == grown).all()


def test_strata_of_a_number_are_its_deciles():
    assert np.bincount(deciles(np.arange(1000.0))).tolist() == [100] * 10
    assert np.bincount(deciles(np.zeros(1000))).tolist() == [0, 1000]


def test_assignments_survive_a_file(tmp_path):
    kept = Assignments.of(np.array([9, 3, 7], np.uint64), np.array([0, 4, 3], np.uint8))

    kept.write(tmp_path / "assignments.parquet")
    read = Assignments.read(tmp_path / "assignments.parquet")

    assert read.keys.tolist() == [3, 7, 9]
    assert read.parts.tolist() == [4, 3, 0]
    assert read.find(np.array([9, 1], np.uint64)).tolist() == [0, 255]
