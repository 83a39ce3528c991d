"""Rules of reviewing: what they may be, and what they change in the figures."""

import pytest

from projects.core.criteria import BY_KEY, KEYS
from projects.core.errors import ProjectProblem
from projects.core.rules import Rules, check, own_anchors
from projects.core.scoring import profile

EVEN = dict.fromkeys(KEYS, 1.0)


def reviews(*rows: tuple[int, ...]) -> list[dict[str, int]]:
    return [dict(zip(KEYS, row, strict=True)) for row in rows]


def test_weights_count_in_the_overall_score_and_its_error():
    rules = Rules(2, weights=EVEN | {"dataset": 3.0, "reuse": 0.0})

    whole = profile(reviews((5, 1, 3, 3, 3), (3, 1, 3, 3, 3)), rules.criteria)

    assert whole.overall == pytest.approx((3 * 4 + 3 + 3 + 3) / 6)
    assert whole.error == pytest.approx((((0.5) + 2 * 0.36) / 3 / 2) ** 0.5)  # overalls 4.0 and 3.0


def test_a_criterion_without_weight_may_stay_unjudged():
    rules = Rules(2, weights=EVEN | {"reuse": 0.0})
    rows = [{**row, "reuse": None} for row in reviews((4, 1, 4, 4, 4))]

    assert profile(rows, rules.criteria).overall == 4
    assert profile(rows).overall is None


def test_floors_are_those_of_the_rules():
    rules = Rules(2, floors=dict.fromkeys(KEYS) | {"payoff": 4})

    whole = profile(reviews((1, 1, 1, 3, 1)), rules.criteria)

    assert [missed.criterion.key for missed in whole.missed_floors] == ["payoff"]


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        (Rules(weights=EVEN | {"reuse": 5.5}), "The weight of Reuse is 5.5; it may be 0 to 5."),
        (Rules(weights=EVEN | {"reuse": -1}), "The weight of Reuse is -1; it may be 0 to 5."),
        (Rules(weights=EVEN | {"reuse": float("nan")}), "The weight of Reuse is nan; it may be 0 to 5."),
        (Rules(weights=dict.fromkeys(KEYS, 0)), "All five weights are 0. At least one criterion must count."),
        (Rules(floors=dict.fromkeys(KEYS, 5)), "The floor of Dataset is 5; it may be 2, 3, 4 or none."),
        (
            Rules(anchors={"reuse": ["", "", "", "", "w" * 201]}),
            "Reuse, 5: 201 characters; at most 200 are kept. Shorten it.",
        ),
        (Rules(reviews_wanted=0), "0 reviews are wanted; it may be 1 to 9."),
    ],
)
def test_rules_out_of_range_are_refused(rules, words):
    with pytest.raises(ProjectProblem) as refused:
        check(rules)

    assert str(refused.value) == words


def test_changes_are_said_one_by_one():
    before = Rules()
    own = {"reuse": ["", "", "One kiln", "", ""]}
    after = Rules(2, EVEN | {"payoff": 2.0}, dict(before.floors) | {"feasibility": None}, 4, False, own)

    assert after.changes_from(before) == [
        "Reuse, 3: “One kiln” instead of “One team for about a year; drift known, retraining affordable”.",
        "Feasibility has no floor instead of a floor of 2.",
        "Payoff weighs 2 instead of 1.",
        "4 reviews are wanted instead of 3.",
        "Names of reviewers are shown.",
    ]
    assert after.changes_from(after) == []


def test_only_sentences_that_differ_from_those_built_in_are_kept():
    usual = BY_KEY["payoff"].anchors

    assert own_anchors({"payoff": usual, "reuse": ("", " ", "One  kiln ", "", "")}) == {
        "reuse": ["", "", "One kiln", "", ""]
    }
