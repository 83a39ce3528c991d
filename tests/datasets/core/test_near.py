"""Near copies of texts are found and confirmed, and become one unit before the rows are divided."""

import random

import numpy as np
import polars as pl
import pytest

from datasets.core.divide import divide
from datasets.core.limits import Limits
from datasets.core.near.texts import near_texts
from datasets.core.near.unite import unite
from datasets.core.split import Assignments, Design
from tests.datasets.core.tables import SECRET, write

DICE = random.Random(3)
WORDS = ["".join(DICE.choice("abcdefghijklmnoprstuvw") for _ in range(DICE.randint(3, 9))) for _ in range(2_000)]


def sentence(words=16):
    return " ".join(DICE.choice(WORDS) for _ in range(words))


def with_one_word_changed(text):
    words = text.split()
    words[DICE.randrange(len(words))] = DICE.choice(WORDS)
    return " ".join(words)


def pieces(text):
    return {text[at : at + 5] for at in range(len(text) - 4)}


def jaccard(one, other):
    return len(pieces(one) & pieces(other)) / len(pieces(one) | pieces(other))


def test_planted_copies_are_found_and_nothing_else():
    texts = [sentence() for _ in range(1_500)]
    copies = [with_one_word_changed(text) for text in texts[:200]]
    alike = {at for at in range(200) if jaccard(texts[at], copies[at]) >= 0.8}

    pairs = {tuple(sorted(pair)) for pair in near_texts(texts + copies).tolist()}

    assert pairs == {(at, 1_500 + at) for at in alike}
    assert len(alike) > 150


def test_case_blanks_and_missing_texts():
    links = near_texts(["The quick brown fox", None, "the  quick brown FOX ", "", "four", "four", "fives", "fives"])

    assert links.tolist() == [[0, 2], [6, 7]]


KEYS = np.array([5, 9, 3, 7, 7], np.uint64)


def test_linked_rows_take_the_smallest_key_and_follow_what_is_stored():
    links, strata = np.array([[0, 1], [1, 2]]), np.zeros(5, np.int64)
    stored = Assignments.of(np.array([9], np.uint64), np.array([3], np.uint8))

    fresh = unite(KEYS, links, strata, Assignments.empty())
    again = unite(KEYS, links, strata, stored)

    assert (fresh[0].tolist(), fresh[1:]) == ([3, 3, 3, 7, 7], (3, 0))
    assert again[0].tolist() == [9, 9, 9, 7, 7]


def test_sets_that_are_too_large_fall_apart():
    keys = np.arange(200, dtype=np.uint64)
    links = np.column_stack([np.zeros(59, int), np.arange(1, 60)])

    united, kept, dropped = unite(keys, links, np.zeros(200, np.int64), Assignments.empty())

    assert (united.tolist(), kept, dropped) == (keys.tolist(), 0, 60)


@pytest.fixture(scope="module")
def reviews():
    texts = [sentence() for _ in range(300)]
    texts += [with_one_word_changed(text) for text in texts[:60]]
    return pl.DataFrame({"review": texts, "label": ["yes", "no"] * 180})


def parts_of(folder, frame):
    return {
        text: part
        for part in ("train", "validation", "checkpoint", "final")
        for text in pl.read_parquet(folder / f"{part}.parquet")["review"].to_list()
    }


def test_near_copies_share_a_part_over_versions_and_row_orders(tmp_path, reviews):
    folders = [tmp_path / name for name in ("first", "shuffled", "second")]
    for folder in folders:
        folder.mkdir()
    design = Design("random", "label", "binary", kinds={"review": "text"}, pooled=False)
    options = {"design": design, "secret": SECRET, "limits": Limits()}
    pairs = [pair for pair in near_texts(reviews["review"].to_list()).tolist() if pair[0] != pair[1]]

    divide(write(reviews, tmp_path), stored=None, out=folders[0], **options)
    divide(write(reviews.sample(fraction=1, shuffle=True, seed=1), tmp_path), stored=None, out=folders[1], **options)
    # the first text of each pair is gone: the other one keeps its part all the same
    stored = folders[0] / "assignments.parquet"
    divide(write(reviews.slice(60), tmp_path), stored=stored, out=folders[2], **options)

    first, shuffled, second = (parts_of(folder, reviews) for folder in folders)
    assert len(pairs) > 40
    assert all(first[reviews["review"][a]] == first[reviews["review"][b]] for a, b in pairs)
    assert first == shuffled
    assert second == {text: part for text, part in first.items() if text in second}
