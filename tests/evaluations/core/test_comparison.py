import numpy as np
import pytest

from evaluations.core.comparison import (
    Comparison,
    bonett_price,
    compare,
    interval_name,
    mcnemar_exact,
    mcnemar_midp,
    paired_delong,
    rows_needed,
    rows_needed_by_error,
)
from evaluations.core.metrics import METRICS
from tests.evaluations.core.test_intervals import S, Y
from tests.evaluations.core.test_metrics import make_binary, make_numbers, make_several


@pytest.mark.parametrize(("b", "c", "p"), [(25, 10, 0.01133), (14, 8, 0.21004), (6, 0, 0.01562), (0, 0, 1)])
def test_mcnemar_midp_of_the_specification(b, c, p):
    assert mcnemar_midp(b, c) == pytest.approx(p, abs=1e-5)
    assert mcnemar_midp(c, b) == mcnemar_midp(b, c)
    assert mcnemar_exact(b, c) >= mcnemar_midp(b, c)


@pytest.mark.parametrize(
    ("b", "c", "expected"), [(25, 10, (0.0373, 0.0079, 0.0667)), (14, 8, (0.0149, -0.0089, 0.0388))]
)
def test_bonett_price_of_the_specification(b, c, expected):
    assert bonett_price(b, c, 400) == pytest.approx(expected, abs=1e-4)


def test_paired_delong_of_the_specification():
    second = np.array([0.2, 0.3, 0.1, 0.9, 0.4, 0.7, 0.1, 0.6, 0.8, 0.5, 0.3, 0.2])

    difference, se, _, _, p = paired_delong(Y, S, second)

    assert (difference, se, p) == pytest.approx((0.0139, 0.1534, 0.9279), abs=1e-4)


@pytest.mark.parametrize(
    ("delta", "disagreement", "n"),
    [
        (0.05, 0.15, 469),
        (0.02, 0.10, 1960),
        (0.02, 0.05, 979),
        (0.01, 0.06, 4707),
        (0.01, 0.03, 2353),
        (0.005, 0.03, 9417),
    ],
)
def test_rows_needed_of_the_specification(delta, disagreement, n):
    assert rows_needed(delta, disagreement) == n


def test_no_difference_needs_no_number_of_rows():
    assert rows_needed(0, 0.1) is None
    assert rows_needed_by_error(0.0, 0.1, 100) is None


def make_pair(b, c, n):
    """Two models of which the first alone is right b times, the second alone c times."""
    y = np.zeros(n)
    first, second = np.zeros(n), np.zeros(n)
    second[:b] = 1
    first[b : b + c] = 1
    return y, np.column_stack([1 - first, first]), np.column_stack([1 - second, second])


def test_message_of_two_models_within_noise():
    found = compare(METRICS["accuracy"], *make_pair(14, 8, 400))

    assert (found.first_only, found.second_only, found.n, found.rows_needed) == (14, 8, 400, 1917)
    assert found.message() == (
        "Within noise: +1.5% on 400 rows where the two models disagree on 5.5% (p = 0.21, 95% interval −0.9% to +3.9%). "
        "To tell a difference this small apart you would need about 1,917 rows. "
        "Choose on cost, speed or simplicity instead."
    )


def test_top_5_is_compared_by_the_rows_where_one_model_alone_has_it_among_its_five():
    _, first, second = make_pair(14, 8, 400)
    seven = [np.column_stack([np.full((400, 5), 0.12), 0.4 * p]) for p in (first, second)]  # 5: among the five or last

    found = compare(METRICS["top5_accuracy"], np.full(400, 5.0), *seven)

    assert (found.first_only, found.second_only, found.n, found.p) == (14, 8, 400, mcnemar_midp(14, 8))


def test_message_leaves_out_the_choice_where_the_rows_are_within_reach():
    assert compare(METRICS["accuracy"], *make_pair(20, 10, 400)).message().endswith("about 940 rows.")


def test_message_of_two_models_told_apart_and_of_equal_ones():
    assert compare(METRICS["accuracy"], *make_pair(25, 10, 400)).message() == (
        "Told apart: +3.8% on 400 rows (p = 0.01, 95% interval +0.8% to +6.7%)."
    )
    assert compare(METRICS["accuracy"], *make_pair(5, 5, 400)).message().endswith("cost, speed or simplicity instead.")
    assert Comparison(0.01, -0.01, 0.03, 0.3, 50, None, 90).message().startswith("Within noise: +0.010 on 50 rows (p")


def test_an_interval_that_was_paid_for_with_looks_holds_over_all_of_them():
    assert [interval_name(alpha) for alpha in (0.05, 0.000046, 1.8e-16)] == [
        "95% interval", "95% interval over all looks", "95% interval over all looks",
    ]  # fmt: skip


@pytest.mark.parametrize("name", sorted(METRICS))
def test_every_metric_tells_a_better_model_apart_with_a_positive_difference(name):
    metric = METRICS[name]
    if metric.tasks == ("regression",):
        y, first = make_numbers(400)
        second = first + np.random.default_rng(5).normal(0, 4, len(y))
    elif metric.tasks == ("multiclass",):
        (y, first), (_, second) = make_several(certainty=0.1), make_several(seed=1)
    else:
        rng = np.random.default_rng(6)
        y = (rng.random(600) < 0.4).astype(float)
        good, poor = 0.25 + 0.5 * y + rng.normal(0, 0.15, 600), 0.45 + 0.1 * y + rng.normal(0, 0.15, 600)
        first, second = (np.column_stack([1 - p, p]) for p in (good.clip(0.01, 0.99), poor.clip(0.01, 0.99)))

    better, worse = compare(metric, y, first, second), compare(metric, y, second, first)

    assert better.difference > 0 > worse.difference
    assert better.low > 0
    assert better.p < 0.01
    assert compare(metric, y, first, first).p == 1


def test_groups_turn_to_the_paired_bootstrap_and_lose_certainty():
    y, first = make_binary(150)
    _, second = make_binary(150, seed=9)
    copies = [np.repeat(a, 4, axis=0) for a in (y, first, second)]
    groups = np.repeat(np.arange(150), 4)

    assert compare(METRICS["accuracy"], *copies, groups=groups).p > compare(METRICS["accuracy"], *copies).p


@pytest.mark.long
def test_size_of_the_tests_for_equal_models():
    rng = np.random.default_rng(7)
    tables = rng.multinomial(300, [0.05, 0.05, 0.9], 20_000)

    rejected = np.mean([mcnemar_midp(b, c) < 0.05 for b, c, _ in tables])
    covered = np.mean([low <= 0 <= high for _, low, high in (bonett_price(b, c, 300) for b, c, _ in tables)])

    assert 0.035 <= rejected <= 0.052
    assert covered >= 0.945
