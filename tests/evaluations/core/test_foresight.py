"""Scores beside outcomes: worked examples."""

import pytest

from evaluations.core.foresight import foresight
from evaluations.core.intervals import wilson


def test_shares_come_with_their_range_and_nothing_is_said_of_a_few():
    found = foresight([(5, True)] * 4 + [(4, True)] * 2 + [(4, False)] + [(3, True)] * 4 + [(1, False)] * 6)

    high, middle, low = found.bands
    assert (found.n, high.n, high.worked, high.interval) == (17, 7, 6, wilson(6, 7))
    assert (middle.n, middle.worked, middle.share, middle.interval) == (4, None, None, None)
    assert (low.share, low.interval) == (0.0, wilson(0, 6))


def test_order_is_the_share_of_pairs_and_waits_for_five_of_each():
    found = foresight([(5, True)] * 3 + [(2, True)] * 2 + [(2, False)] * 4 + [(5, False)])

    assert found.order == pytest.approx((3 * 4 + 3 * 0.5 + 2 * 4 * 0.5) / 25)
    assert found.interval[0] < found.order < found.interval[1]
    assert foresight([(5, True)] * 20 + [(1, False)] * 4).order is None
    assert foresight([]).n == 0
