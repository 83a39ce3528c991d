import random

import numpy as np
import pytest

from evaluations.core.errors import EvaluationProblem
from evaluations.core.ranking import Entry, Ranked, best_of, expected_maximum, mean_correlation, optimism, rank


def test_expected_maximum_of_the_specification():
    found = [expected_maximum(k) for k in (1, 2, 5, 12, 50, 1000)]

    assert found == pytest.approx([0, 0.5642, 1.1630, 1.6292, 2.2491, 3.2414], abs=1e-4)


def test_optimism_of_the_specification():
    se = np.sqrt(0.8 * 0.2 / 1000)

    assert [optimism(k, se, 0.5565) for k in (50, 12)] == pytest.approx([0.0189, 0.0137], abs=1e-4)


def test_mean_correlation_waits_for_three_models():
    a, b, c = np.eye(3)

    assert mean_correlation([a, b]) == 0.5
    assert mean_correlation([a, b, c]) == pytest.approx(-0.5)
    assert mean_correlation([a, a, a]) == pytest.approx(1)


BOARD = [
    Entry("network", 0.94, 40.0),
    Entry("boosting", 0.93, 9.0, 0.40),
    Entry("forest", 0.92, 6.0, 0.03),
    Entry("linear", 0.90, 1.0, 0.001),
    Entry("always_same", 0.75, 0.0, 0.0001),
    Entry("failed", None, 3.0),
]


def test_what_cannot_be_told_apart_from_the_best_shares_rank_one_by_cost():
    # Holm over four: 0.0001 < .05/4, 0.001 < .05/3, but 0.03 >= .05/2
    assert rank(BOARD) == [
        Ranked("forest", 1),
        Ranked("boosting", 1),
        Ranked("network", 1),
        Ranked("linear", 4),
        Ranked("always_same", 5),
        Ranked("failed", None),
    ]


def test_rank_ignores_the_order_of_rows():
    shuffled = BOARD.copy()
    random.Random(1).shuffle(shuffled)

    assert rank(shuffled) == rank(BOARD)


def test_errors_rank_the_other_way_and_equal_scores_share_a_rank():
    entries = [Entry("a", 3.0, 1, 0.0), Entry("b", 1.0, 1), Entry("c", 3.0, 0, 0.0), Entry("d", 5.0, 0, 0.0)]

    assert best_of(entries, greater_is_better=False) == entries[1]
    assert rank(entries, greater_is_better=False) == [Ranked("b", 1), Ranked("c", 2), Ranked("a", 2), Ranked("d", 4)]


def test_a_board_without_scores_ranks_nobody():
    assert rank([Entry("b", None, 1), Entry("a", None, 1)]) == [Ranked("a", None), Ranked("b", None)]
    assert rank([]) == []


def test_a_scored_entry_needs_its_comparison():
    with pytest.raises(EvaluationProblem, match="Entry 'b' has a score but wasn't compared"):
        rank([Entry("a", 0.9, 1), Entry("b", 0.8, 1)])
