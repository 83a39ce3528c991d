"""Canonical rows: the same values give the same key, other values another one."""

import hashlib
from datetime import datetime

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets.core import canonical
from datasets.core.canonical import Fingerprint, canonical_keys
from tests.datasets.core.tables import SECRET, write


def key_of(folder, **columns):
    return int(canonical_keys(write(pl.DataFrame(columns), folder), list(columns), SECRET)[0])


def test_key_is_the_keyed_hash_of_the_bytes_written_by_hand(tmp_path):
    frame = pl.DataFrame(
        {"b": [2.5, None], "a": ["x,y", None], "c": [True, False], "d": [7, -1]},
        schema={"b": pl.Float64, "a": pl.String, "c": pl.Boolean, "d": pl.Int64},
    )
    head = b"1:a5:words1:b6:number1:c7:boolean1:d7:integer\n"

    keys = canonical_keys(write(frame, tmp_path), ["d", "c", "b", "a"], SECRET)

    by_hand = [
        int.from_bytes(hashlib.blake2b(head + row, key=SECRET, digest_size=8).digest(), "big")
        for row in (b"3,x,y,2.5,true,7", b",,,false,-1")
    ]
    assert keys.tolist() == by_hand


@settings(max_examples=200, deadline=None)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=20))
def test_property_floats_are_written_as_python_does(values):
    written = canonical._bytes(pl.DataFrame({"x": values})).split(b"\0")[:-1]

    assert [text.decode() for text in written] == [repr(value + 0.0) for value in values]


@pytest.mark.parametrize(
    "value", [1e-5, 1.5e-7, 9.999e-5, 1e-4, 1e15, 1e16, 123456789012345680.0, 1e22, 5e-324, 1e308, -0.0]
)
def test_odd_floats_are_written_as_python_does(value):
    assert canonical._bytes(pl.DataFrame({"x": [value, -value]})) == f"{value + 0.0!r}\0{-value + 0.0!r}\0".encode()


def test_times_are_iso():
    texts = ["2024-03-31T14:05:00", "1969-12-31T23:59:59.250000", "0001-01-01T00:00:00", "2024-03-31T00:00:00.000001"]
    times = [datetime.fromisoformat(text) for text in texts]
    frame = pl.DataFrame({"day": [time.date() for time in times] + [None], "time": [*times, None]})

    written = canonical._bytes(frame)

    by_hand = [f"{text[:10]},{text}\0" for text in texts] + [",\0"]
    assert written == "".join(by_hand).encode()


@settings(max_examples=100, deadline=None)
@given(st.lists(st.one_of(st.none(), st.datetimes()), min_size=1, max_size=20))
def test_property_times_are_written_as_python_does(times):
    written = canonical._bytes(pl.DataFrame({"time": pl.Series(times, dtype=pl.Datetime("us"))})).split(b"\0")[:-1]

    assert [text.decode() for text in written] == [time.isoformat() if time else "" for time in times]


def test_column_order_and_row_order_do_not_matter(tmp_path):
    frame = pl.DataFrame({"a": [1, 2, 3], "b": ["x", "y", "z"]})
    keys = canonical_keys(write(frame, tmp_path), ["a", "b"], SECRET)

    turned = canonical_keys(write(frame.select("b", "a").reverse(), tmp_path), ["b", "a"], SECRET)

    assert turned.tolist() == keys[::-1].tolist()


def test_near_misses_differ(tmp_path):
    keys = [
        key_of(tmp_path, a=["x"], b=["y"]),
        key_of(tmp_path, a=["x,1,y"], b=[None]),
        key_of(tmp_path, a=[None], b=["x,1,y"]),
        key_of(tmp_path, a=["xy"], b=[""]),
        key_of(tmp_path, a=["y"], b=["x"]),
        key_of(tmp_path, a=["1"], b=["y"]),
        key_of(tmp_path, a=[1], b=["y"]),
        key_of(tmp_path, a=[1.0], b=["y"]),
        key_of(tmp_path, a=[True], b=["y"]),
        key_of(tmp_path, a=["true"], b=["y"]),
        key_of(tmp_path, aa=["x"], b=["y"]),
        key_of(tmp_path, a=["x"]),
    ]

    assert len(set(keys)) == len(keys)


def test_another_secret_gives_other_keys(tmp_path):
    path = write(pl.DataFrame({"a": range(100)}), tmp_path)

    assert not set(canonical_keys(path, ["a"], b"one")) & set(canonical_keys(path, ["a"], b"two"))


def test_keys_over_several_batches_are_those_of_one(tmp_path, monkeypatch):
    path = write(pl.DataFrame({"a": np.arange(2500) % 700, "b": [str(i % 700) for i in range(2500)]}), tmp_path)
    keys = canonical_keys(path, ["a", "b"], SECRET)

    monkeypatch.setattr(canonical, "held_rows", lambda path, columns, groups=1: 300)

    assert canonical_keys(path, ["a", "b"], SECRET).tolist() == keys.tolist()
    assert len(set(keys.tolist())) == 700


def fingerprint(*frames):
    digest = Fingerprint()
    for frame in frames:
        digest.update(frame)
    return digest.hexdigest()


def test_fingerprint_does_not_depend_on_the_batches_or_the_order_of_columns(monkeypatch):
    monkeypatch.setattr(canonical, "_BLOCK", 64)
    frame = pl.DataFrame({"a": range(1000), "b": [f"w{i % 7}" if i % 5 else None for i in range(1000)]})
    whole = fingerprint(frame)

    assert fingerprint(*(frame.slice(start, 37) for start in range(0, 1000, 37))) == whole
    assert fingerprint(frame.select("b", "a")) == whole


@pytest.mark.parametrize(
    "other",
    [
        {"a": [1, 3], "b": ["x", None]},
        {"a": [2, 1], "b": ["x", None]},
        {"a": [1, 2], "b": ["x", ""]},
        {"a": [1, 2], "b": [None, "x"]},
        {"a": [1.0, 2.0], "b": ["x", None]},
        {"a": [1, 2], "c": ["x", None]},
        {"a": [1, None], "b": ["x", None]},
    ],
)
def test_fingerprint_tells_every_change(other):
    assert fingerprint(pl.DataFrame(other)) != fingerprint(pl.DataFrame({"a": [1, 2], "b": ["x", None]}))


def test_fingerprint_takes_all_types_and_one_zero():
    when = datetime.fromisoformat("2024-03-31T14:05:00")
    frame = pl.DataFrame({"f": [-0.0, None], "t": [when, None], "d": [when.date(), None], "b": [True, None]})

    assert fingerprint(frame) == fingerprint(frame.with_columns(f=pl.Series([0.0, None])))
    assert fingerprint(frame) != fingerprint(frame.with_columns(b=pl.Series([False, None])))
