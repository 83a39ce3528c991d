"""Canonical rows: the same values give the same key, other values another one."""

import hashlib
import struct
from datetime import datetime

import numpy as np
import polars as pl
import pytest

from datasets.core import canonical
from datasets.core.canonical import Fingerprint, canonical_keys
from datasets.core.siphash import siphash
from tests.datasets.core.tables import SECRET, write


def key_of(folder, **columns):
    return int(canonical_keys(write(pl.DataFrame(columns), folder), list(columns), SECRET)[0])


def test_key_is_the_keyed_hash_of_words_written_by_hand(tmp_path):
    frame = pl.DataFrame(
        {
            "b": [2.5, None],
            "a": ["x,y", None],
            "c": [True, False],
            "d": [7, -1],
            "e": [datetime.fromisoformat("1970-01-01T00:00:01"), None],
        },
        schema={"b": pl.Float64, "a": pl.String, "c": pl.Boolean, "d": pl.Int64, "e": pl.Datetime("us")},
    )
    head = b"1:a5:words1:b6:number1:c7:boolean1:d7:integer1:e4:time\n"

    keys = canonical_keys(write(frame, tmp_path), ["e", "d", "c", "b", "a"], SECRET)

    text = int.from_bytes(hashlib.blake2b(b"x,y", key=SECRET, digest_size=8, person=b"cell").digest(), "big")
    number = int.from_bytes(struct.pack("<d", 2.5), "little")
    rows = [(0, text, number, 1, 7, 1_000_000), (0b10011, 0, 0, 0, 2**64 - 1, 0)]
    by_hand = siphash(np.array(rows, np.uint64).T, hashlib.blake2b(head, key=SECRET, digest_size=16).digest())
    assert keys.tolist() == by_hand.tolist()


@pytest.mark.parametrize(
    ("length", "hashed"),
    [
        (0, 0x726FDB47DD0E0E31),
        (8, 0x93F5F5799A932462),
        (16, 0x3F2ACC7F57C29BDB),
        (24, 0xB8AD50C6F649AF94),
        (56, 0xB78DBFAF3A8D83BD),
    ],
)
def test_siphash_gives_the_vectors_of_its_authors(length, hashed):
    message = np.frombuffer(bytes(range(length)), "<u8").astype(np.uint64)

    found = siphash(np.repeat(message[:, None], 3, axis=1), bytes(range(16)))

    assert found.tolist() == [hashed] * 3


def test_one_zero_and_one_way_to_be_missing(tmp_path):
    assert key_of(tmp_path, a=[-0.0]) == key_of(tmp_path, a=[0.0])
    assert key_of(tmp_path, a=[float("nan"), 1.0]) == key_of(tmp_path, a=[None, 1.0]) != key_of(tmp_path, a=[0.0])


def test_every_column_of_a_wide_table_counts_and_may_be_missing(tmp_path):
    names = [f"c{place:03}" for place in range(130)]
    rows = [dict.fromkeys(names, 0), *(dict.fromkeys(names, 0) | {name: cell} for name in names for cell in (1, None))]

    keys = canonical_keys(write(pl.DataFrame(rows), tmp_path), names, SECRET)

    assert len(set(keys.tolist())) == 261


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
