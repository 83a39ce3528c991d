import pytest

from projects.core.criteria import BY_KEY, CRITERIA, KEYS
from projects.core.scoring import profile, standard_error, summarise

DATASET = BY_KEY["dataset"]


def reviews(*rows: tuple[int | None, ...]) -> list[dict[str, int | None]]:
    """One dict a reviewer."""
    return [dict(zip(KEYS, row, strict=True)) for row in rows]


def test_five_criteria_have_five_anchors_each():
    assert [len(set(criterion.anchors)) for criterion in CRITERIA] == [5] * 5


@pytest.mark.parametrize(
    ("scores", "sd", "talk"),
    [((4, 4, 5), 0.577, False), ((2, 3, 2), 0.577, False), ((5, 4, 4), 0.577, False), ((1, 4, 3), 1.528, True)],
)
def test_sd_and_discuss_are_those_of_the_specification(scores, sd, talk):
    summary = summarise(DATASET, scores)

    assert (round(summary.sd, 3), summary.needs_talk) == (sd, talk)


def test_standard_error_is_that_of_the_specification():
    assert round(standard_error([4.0, 3.6, 4.4]), 4) == 0.2944


def test_standard_error_of_one_reviewer_rests_on_the_usual_variance():
    assert standard_error([3.0]) == pytest.approx((2 * 0.36 / 2) ** 0.5)
    assert standard_error([]) is None


def test_mean_median_and_range_by_hand():
    summary = summarise(DATASET, (2, 4, 4))

    assert (round(summary.mean, 3), summary.median, summary.low, summary.high, summary.n) == (3.333, 4.0, 2, 4, 3)
    assert (summary.is_lopsided, summary.is_blocker) == (True, False)


def test_weakest_comes_first_and_unjudged_last():
    whole = profile(reviews((3, 4, None, 2, 5), (3, 4, None, 3, 5), (4, 4, None, 2, 5)))

    assert [s.criterion.key for s in whole.criteria] == ["payoff", "dataset", "reuse", "fault_tolerance", "feasibility"]
    assert [s.is_weakest for s in whole.criteria] == [True, False, False, False, False]
    assert (whole.criteria[0].is_blocker, whole.overall, whole.error) == (True, None, None)


def test_overall_is_the_mean_of_the_five_means():
    whole = profile(reviews((4, 4, 4, 4, 4), (3, 3, 3, 3, 5)))

    assert whole.overall == pytest.approx((3.5 * 4 + 4.5) / 5)
    assert (whole.is_provisional, whole.reviewers) == (True, 2)


def test_floors_are_missed_by_a_median_below_two():
    whole = profile(reviews((5, 5, 1, 5, 2), (5, 5, 1, 5, 2), (5, 5, 3, 5, 1)))

    assert [s.criterion.key for s in whole.missed_floors] == ["feasibility"]
    assert not whole.is_provisional


def test_nothing_can_be_said_of_no_reviews():
    whole = profile([])

    assert (whole.overall, whole.error, whole.weakest, whole.talk_first) == (None, None, None, None)
