import pytest

from projects.core.evidence import SEALED, VALIDATION, Evidence, Updated, dataset, fault_tolerance, feasibility, payoff


def test_feasibility_and_its_update_are_those_of_the_specification():
    measured = feasibility(best=0.84, floor=0.60, level=0.90)
    together = Updated(3.0, 3, Evidence(measured, SEALED, "final"))

    assert measured == pytest.approx(4.2, abs=1e-4)
    assert together.score == pytest.approx(3.60, abs=1e-4)
    assert (together.reviewers, together.evidence.score) == (3.0, measured)


def test_evidence_of_validation_counts_for_half_of_sealed_rows_and_none_for_nothing():
    weights = (VALIDATION, SEALED)

    assert weights == (1.5, 3.0)
    assert Updated(3.0, 3, Evidence(4.2, VALIDATION, "")).score == pytest.approx((9 + 1.5 * 4.2) / 4.5)
    assert Updated(3.0, 3, None).score == 3.0


@pytest.mark.parametrize(
    ("best", "floor", "level", "score"),
    [(0.5, 0.6, 0.9, 1.0), (0.99, 0.6, 0.9, 5.0), (2.0, 5.0, 1.0, 4.0), (0.9, 0.9, 0.9, None)],
)
def test_feasibility_is_clipped_turned_for_errors_and_absent_without_a_distance(best, floor, level, score):
    assert feasibility(best=best, floor=floor, level=level) == score


@pytest.mark.parametrize(
    ("labelled", "score"),
    [(0, 1), (99, 1), (100, 2), (999, 2), (1_000, 3), (9_999, 3), (10_000, 4), (99_999, 4), (100_000, 5)],
)
def test_labelled_rows_score_by_powers_of_ten(labelled, score):
    assert dataset(labelled=labelled) == score


def test_label_conflicts_cost_a_point_and_a_stop_caps_at_two():
    assert [dataset(labelled=10_000, conflicts=share) for share in (0.01, 0.011)] == [4, 3]
    assert [dataset(labelled=rows, has_stop=True) for rows in (50, 100_000)] == [1, 2]
    assert dataset(labelled=50, conflicts=0.5) == 1


@pytest.mark.parametrize(("gain", "score"), [(0, 1), (9, 1), (10, 2), (30, 3), (100, 4), (299, 4), (300, 5)])
def test_payoff_scores_by_times_the_cost(gain, score):
    assert payoff(gain=gain, cost=10) == score


def test_payoff_without_a_cost_says_nothing_and_a_guard_rail_adds_one():
    assert payoff(gain=10, cost=0) is None
    assert [fault_tolerance(mean) for mean in (2.5, 4.5)] == [3.5, 5.0]
