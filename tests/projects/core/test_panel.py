import math
from statistics import stdev

import pytest

from projects.core.panel import (
    Standing,
    are_apart,
    bands,
    correct_strictness,
    habit,
    krippendorff_alpha,
    overlaps,
)

SPECIFIED = [(4, 4, 5), (2, 3, 2), (5, 4, 4), (1, 4, 3)]


def test_alpha_and_sd_are_those_of_the_specification():
    assert krippendorff_alpha(SPECIFIED) == pytest.approx(0.4581, abs=1e-4)
    assert [round(stdev(scores), 3) for scores in SPECIFIED] == [0.577, 0.577, 0.577, 1.528]


def test_alpha_is_one_where_all_agree_and_none_where_nothing_can_be_compared():
    assert krippendorff_alpha([(1, 1), (5, 5, 5)]) == 1.0
    assert [krippendorff_alpha(units) for units in ([], [(3,), (4,)], [(3, 3), (3, 3)])] == [None] * 3


def test_alpha_leaves_out_who_stands_alone_and_ignores_the_order_of_reviewers():
    mixed = [(1,), *[tuple(reversed(scores)) for scores in SPECIFIED]]

    assert krippendorff_alpha(mixed) == pytest.approx(krippendorff_alpha(SPECIFIED))


SUBSETS = [  # (a, b, c), where None has not reviewed
    (4, 5, None), (3, 4, 2), (None, 5, 3), (2, 3, 1), (4, None, 3), (5, 5, 4), (3, 4, None), (1, None, 1),
]  # fmt: skip


def given(rows) -> dict[str, dict[str, float]]:
    return {
        str(number): {name: score for name, score in zip("abc", row, strict=True) if score is not None}
        for number, row in enumerate(rows)
    }


def test_strictness_is_taken_out_as_in_the_simulation_of_the_specification():
    corrected = correct_strictness(given(SUBSETS))

    expected = [4.201637, 3.0, 3.989583, 2.0, 3.80878, 4.666667, 3.201637, 1.30878]
    assert list(corrected.means.values()) == pytest.approx(expected, abs=1e-6)
    assert [round(offset, 3) for offset in corrected.offsets.values()] == [-0.021, 0.618, -0.597]


def test_strictness_is_left_alone_where_all_saw_the_same_or_somebody_wrote_few():
    same = [(4, 5, 3)] * 8
    few = SUBSETS[:5]

    assert (correct_strictness(given(same)), correct_strictness(given(few)), correct_strictness({})) == (None,) * 3


def test_a_band_holds_who_cannot_be_told_from_its_top():
    a, b, c = Standing("a", 4.1, 0.1), Standing("b", 3.9, 0.1), Standing("c", 3.6, 0.1)

    assert 1.96 * math.hypot(0.1, 0.1) == pytest.approx(0.2772, abs=1e-4)
    assert (are_apart(a, b), are_apart(b, c), are_apart(a, c)) == (False, True, True)
    assert [[s.key for s in band] for band in bands([c, a, b])] == [["a", "b"], ["c"]]


def test_a_band_reaches_down_to_a_score_that_is_uncertain():
    top, sure, unsure = Standing("top", 4.0, 0.1), Standing("sure", 3.7, 0.1), Standing("unsure", 3.9, 0.5)

    assert [[s.key for s in band] for band in bands([sure, unsure, top])] == [["top", "unsure"], ["sure"]]


def test_inside_a_band_the_most_for_its_cost_comes_first_and_unknown_last():
    close = [Standing("a", 4.0, 0.3), Standing("b", 3.9, 0.3, worth=2.0), Standing("c", 3.8, 0.3, worth=30.0)]

    assert [[s.key for s in band] for band in bands(close)] == [["c", "b", "a"]]


@pytest.mark.parametrize("size", [0, 1, 12])
def test_bands_hold_everybody_once(size):
    some = [Standing(str(i), 1 + (i * 7 % 12) / 3, 0.1 + i % 3 / 10) for i in range(size)]

    assert sorted(s.key for band in bands(some) for s in band) == sorted(s.key for s in some)


def test_neighbouring_ranks_that_overlap_are_named():
    scores = [4.5, 3.6, 3.5, 2.0, 1.9, 1.8]

    assert overlaps([Standing(str(score), score, 0.1) for score in scores]) == [(2, 3), (4, 6)]


def test_a_habit_is_drawn_to_zero_while_there_are_few():
    one, many = habit([(5.0, 4.0)]), habit([(5.0, 4.0)] * 18)

    assert (one.n, one.offset, one.distance) == (1, pytest.approx(1 / 3), 1.0)
    assert many.offset == pytest.approx(0.9)
    assert habit([]).offset is None
