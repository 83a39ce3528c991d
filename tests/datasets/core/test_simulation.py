"""Attackers and an honest team against the ladder itself: how far what it says is above the truth.

Exact scores, with and without a limit on looks, stand beside it to show that the attackers are worth resisting. The
players are those of `bench/simulation.py`, which prints the whole table.
"""

import numpy as np
import pytest

from bench.simulation import Exact, Sealed, boosting, hill_climbing, honest, replay, sandbagging, worst_block


# 40 runs with bars widened by 0.01 on every day, the 200 runs of the specification in the long suite
@pytest.fixture(params=[(40, 0.01), pytest.param((200, 0.0), marks=pytest.mark.long)], ids=["40", "200"])
def trial(request):
    return request.param


def test_boosting_of_random_votes_works_on_exact_scores(trial):
    runs, slack = trial

    weekly, _ = replay(lambda seed: boosting(Exact(), 52, seed), runs, seed=10_000)
    unlimited, _ = replay(lambda seed: boosting(Exact(), 1000, seed), runs, seed=10_000)

    assert 0.06 - slack <= weekly.mean() <= 0.09 + slack
    assert unlimited.mean() >= 0.25 - slack


def test_hill_climbing_works_on_exact_scores(trial):
    runs, slack = trial

    optimism, _ = replay(lambda seed: hill_climbing(Exact(), 1000, seed, 1), runs, seed=30_000)

    assert optimism.mean() >= 0.19 - slack


@pytest.mark.parametrize(("looks", "bar"), [(12, 0.025), (52, 0.035)])
def test_boosting_of_random_votes_learns_little_from_the_ladder(trial, looks, bar):
    runs, slack = trial

    optimism, covered = replay(lambda seed: boosting(Sealed(), looks, seed), runs, seed=10_000)

    assert optimism.mean() <= bar + slack
    assert np.quantile(optimism, 0.95) <= 0.06 + slack
    assert covered.mean() >= 0.95 - slack


def test_hill_climbing_learns_little_from_the_ladder(trial):
    runs, slack = trial
    block = worst_block(Sealed, 52)

    optimism, covered = replay(lambda seed: hill_climbing(Sealed(), 52, seed, block), runs, seed=30_000)

    assert optimism.mean() <= 0.025 + slack
    assert covered.mean() >= 0.95 - slack


@pytest.mark.parametrize("looks", [12, 52])
def test_sandbagging_learns_little_from_the_ladder(trial, looks):
    runs, slack = trial

    optimism, covered = replay(lambda seed: sandbagging(Sealed(), looks, seed), runs, seed=50_000)

    assert optimism.mean() <= 0.025 + slack
    assert covered.mean() >= 0.95 - slack


def test_an_honest_team_reads_the_truth_and_picks_well(trial):
    runs, slack = trial

    optimism, covered, true, surprise = replay(lambda seed: honest(Sealed(), seed), runs, seed=40_000)

    assert -0.02 - slack <= optimism.mean() <= 0.01 + slack
    assert covered.mean() >= 0.95 - slack
    assert true.mean() >= 0.845 - slack
    assert abs(surprise.mean()) <= 0.004 + slack
