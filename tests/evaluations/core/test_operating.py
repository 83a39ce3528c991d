"""Operating points: counts at thresholds, the cheapest one with its interval, and answers that are held back."""

import numpy as np
import pytest

from evaluations.core import operating
from evaluations.core.payoff import Payoff


def rows(n, seed=0):
    rng = np.random.default_rng(seed)
    p = 1 / (1 + np.exp(-rng.normal(-1, 1.5, n)))
    return (rng.random(n) < p).astype(float), p


def test_thresholds_count_every_value_of_few_rows():
    y, p = np.array([0.0, 1.0, 1.0, 0.0]), np.array([0.2, 0.2, 0.9, 0.5])

    points = operating.thresholds(y, p)

    assert points.t.tolist() == [0.0, 0.2, 0.5, 0.9, 1.0]
    assert points.tp.tolist() == [2, 2, 1, 1, 0]
    assert points.fp.tolist() == [2, 2, 1, 0, 0]
    assert (points.positives, points.negatives) == (2, 2)
    assert [points.at(t) for t in (0, 0.1, 0.2, 0.3, 0.95, 1)] == [0, 1, 1, 2, 4, 4]


def test_thinned_thresholds_keep_exact_counts_and_the_one_at_half():
    y, p = rows(5000)

    points = operating.thresholds(y, p)

    assert len(points.t) <= operating.POINTS
    for place in range(0, len(points.t), 17):
        said = p >= points.t[place]
        assert points.tp[place] == np.sum(y[said])
        assert points.fp[place] == np.sum(said) - np.sum(y[said])
    half = points.at(0.5)
    assert points.tp[half] + points.fp[half] == np.sum(p >= 0.5)


def test_cheapest_threshold_of_calibrated_rows_is_near_the_one_of_the_costs():
    y, p = rows(20_000)
    payoff = Payoff(prevalence=float(y.mean()), cost_alarm=1, cost_miss=4)

    found = operating.cheapest(operating.thresholds(y, p), payoff)

    assert found.low <= payoff.threshold <= found.high
    assert found.low <= found.threshold <= found.high
    assert found.high - found.low < 0.15


def test_cheapest_interval_is_wider_where_rows_hang_together():
    y, p = rows(2000)
    points, payoff = operating.thresholds(y, p), Payoff(prevalence=float(y.mean()), cost_alarm=1, cost_miss=2)

    alone, together = operating.cheapest(points, payoff), operating.cheapest(points, payoff, units=100)

    assert together.high - together.low > alone.high - alone.low


def test_abstain_gives_the_worked_risks():
    right = np.array([1, 1, 1, 1, 0, 1, 1, 0, 1, 0], dtype=bool)

    found = operating.abstain(np.linspace(1, 0.1, 10), ~right)

    assert found.risk == pytest.approx([0, 0, 0, 0, 0.2, 0.1667, 0.1429, 0.25, 0.2222, 0.3], abs=1e-4)
    assert found.aurc == pytest.approx(0.1282, abs=1e-4)


def test_guaranteed_coverage_stops_at_the_first_failure():
    errors, sizes = [0, 1, 3, 6, 11, 20], [100, 200, 300, 400, 500, 600]

    uppers = operating.upper_risks(errors, sizes)

    assert uppers == pytest.approx([0.0362, 0.0275, 0.0289, 0.0324, 0.0390, 0.0510], abs=1e-4)
    assert operating.guaranteed_coverage(errors, sizes, 0.05) == 5  # the answer: 50%
    assert operating.guaranteed_coverage([6, 0], [100, 200], 0.05) == 0


def test_chow_acts_from_the_worked_confidence():
    assert operating.chow_confidence(2, 20) == pytest.approx(0.90)


def test_average_precision_interval_lies_around_none():
    low, high = operating.average_precision_interval(operating.thresholds(*rows(1000)))

    assert low < 0 < high
    assert high - low < 0.2
