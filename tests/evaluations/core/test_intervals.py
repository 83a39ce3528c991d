import numpy as np
import pytest
from scipy import stats

from evaluations.core import intervals
from evaluations.core.metrics import METRICS

Y = np.array([0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 0, 1])
S = np.array([0.1, 0.35, 0.24, 0.8, 0.2, 0.85, 0.13, 0.85, 0.74, 0.58, 0.71, 0.25])


def test_shares_of_the_specification():
    assert intervals.wilson(850, 1000) == pytest.approx((0.8265, 0.8708), abs=1e-4)
    assert intervals.clopper_pearson(850, 1000) == pytest.approx((0.8263, 0.8716), abs=1e-4)
    assert intervals.f1_from_counts(60, 25, 15) == pytest.approx((0.6684, 0.8170), abs=1e-4)


@pytest.mark.parametrize(("k", "n"), [(0, 7), (7, 7), (1, 1), (3, 50), (499, 500)])
@pytest.mark.parametrize("alpha", [0.05, 0.001])
def test_shares_agree_with_scipy(k, n, alpha):
    test = stats.binomtest(k, n)
    wilson, exact = test.proportion_ci(1 - alpha, method="wilson"), test.proportion_ci(1 - alpha, method="exact")

    assert intervals.wilson(k, n, alpha) == pytest.approx((wilson.low, wilson.high), abs=1e-9)
    assert intervals.clopper_pearson(k, n, alpha) == pytest.approx((exact.low, exact.high), abs=1e-9)


def test_no_rows_say_nothing():
    assert intervals.wilson(0, 0) == intervals.clopper_pearson(0, 0) == intervals.hoeffding(0, 0) == (0.0, 1.0)


def test_delong_of_the_specification():
    areas, covariance = intervals.delong(Y, [S])

    assert areas[0] == pytest.approx(0.7083, abs=1e-4)
    assert np.sqrt(covariance[0, 0]) == pytest.approx(0.1687, abs=1e-4)
    assert intervals.delong_logit(areas[0], np.sqrt(covariance[0, 0])) == pytest.approx((0.3288, 0.9233), abs=1e-4)


def test_auc_falls_back_to_hoeffding_for_few_rows_and_at_the_ends():
    fallback = intervals.hoeffding(0.7083333, 6)
    perfect = intervals.auc(np.repeat([0, 1], 20), np.arange(40.0))

    assert intervals.auc(Y, S) == pytest.approx(fallback, abs=1e-6)
    assert perfect == pytest.approx((1 - np.sqrt(np.log(40) / 40), 1.0))


def test_log_t_of_the_specification():
    errors = np.array([1, -2, 0.5, 1.5, -1, 0.2, -0.7, 2.2]) ** 2

    assert np.sqrt(intervals.log_t(errors)) == pytest.approx([0.8526, 2.0335], abs=1e-4)


def _mean_of(values):
    return lambda weights: float((weights * values).sum() / weights.sum())


def test_bootstrap_of_a_mean_is_the_normal_interval_below_and_above_the_row_limit():
    rng = np.random.default_rng(0)
    for n in (2_000, 30_000):
        values = rng.exponential(size=n)
        half = 1.96 * values.std() / np.sqrt(n)

        low, high = intervals.bootstrap(_mean_of(values), n)

        assert (low, high) == pytest.approx((values.mean() - half, values.mean() + half), abs=0.12 * half)


def test_bootstrap_keeps_strata_and_draws_whole_groups():
    values, classes = np.repeat([0.0, 1.0], 50), np.repeat([0, 1], 50)
    groups = np.repeat(np.arange(4), 25)

    stratified = intervals.bootstrap(_mean_of(values), 100, strata=classes)
    grouped = intervals.resample([_mean_of(values)], 100, groups=groups)

    assert stratified == (0.5, 0.5)
    assert set(np.unique(grouped)) == {0, 0.25, 0.5, 0.75, 1}


def test_bootstrap_repeats_with_its_seed():
    values = np.random.default_rng(1).normal(size=300)

    assert intervals.bootstrap(_mean_of(values), 300, seed=4) == intervals.bootstrap(_mean_of(values), 300, seed=4)


@pytest.mark.parametrize("groups", [None, np.arange(len(Y)) // 2])
def test_two_models_are_paired_on_the_same_draws_and_fewer_draws_are_the_first_of_many(groups):
    metric = METRICS["roc_auc"]
    guesses = [np.column_stack([1 - s, s]) for s in (S, S[::-1])]
    together = intervals.resample(
        [metric.weighted(Y, guess) for guess in guesses], len(Y), strata=Y, groups=groups, draws=999
    )

    alone = [
        metric.drawn(Y, guess, groups=groups, draws=draws) for guess, draws in zip(guesses, (1999, 999), strict=True)
    ]

    assert len(alone[0]) == 1999
    assert (together[:, 0] == alone[0][:999]).all()
    assert (together[:, 1] == alone[1]).all()
    assert (metric.drawn(Y, guesses[0], groups=groups, draws=999) == alone[0][:999]).all()
