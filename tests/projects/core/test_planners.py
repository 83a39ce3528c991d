"""Payoff, guard rails and readiness: what was typed, as sums, rows and a list of what is missing."""

import pytest

from projects.core import payoff, rails
from projects.core.examples import EXAMPLES
from projects.core.form import BUILT_IN
from projects.core.mapping import Mapping, field_to_mend
from projects.core.payoff import Payoff
from projects.core.readiness import checks

MUG = {
    "places": "12 belts",
    "times": "8,000",
    "worth": "3.00",
    "low": "50%",
    "share": "60",
    "build": "90 000",
    "run": "20'000",
    "years": "3",
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("288,000", 288000),
        ("1,234,567.5", 1234567.5),
        ("60 %", 60),
        ("3,5", 3),
        ("???", None),
        ("", None),
        ("-4", None),
    ],
)
def test_amount_reads_a_number_as_people_write_it(text, value):
    assert payoff.amount(text) == value


def test_the_sums_of_the_mug_are_shown_with_their_factors():
    numbers = payoff.of_words(MUG)

    lines = {line.name: (line.how, line.words) for line in payoff.sums(numbers)}

    assert lines == {
        "Oracle: perfect answers, a year": ("12 × 8,000 × 3", "288,000"),
        "Low guess of it": ("288,000 × 50%", "144,000"),
        "Realistic, a year": ("288,000 × 60%", "172,800"),
        "Brings over all years": ("172,800 × 3 years", "518,400"),
        "Costs over all years": ("90,000 + 20,000 × 3 years", "150,000"),
        "Cost of each reuse": ("90,000 ÷ (12 places × 3 years)", "2,500"),
        "Pays back, times": ("518,400 ÷ 150,000", "3.46"),
    }
    assert payoff.verdict(numbers) == "It pays back 3.5 times, and it pays from a share of 17% on."


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        (Payoff(), "The sum is not whole yet."),
        (Payoff(0, 10, 10), "Even an oracle would change nothing"),
        (Payoff(1, 1, 1, share=50, build=3, run=0, years=1), "It costs more than even perfect answers bring."),
        (Payoff(1, 1, 10, share=10, build=3, run=0, years=1), "It would have to catch 30% to pay."),
    ],
)
def test_the_verdict_says_what_the_sums_say(numbers, words):
    assert words in payoff.verdict(numbers)


def test_what_nobody_knows_stays_open_in_each_sum():
    lines = {line.name: line.words for line in payoff.sums(Payoff(places=2, times=3))}

    assert set(lines.values()) == {"???"}


def test_rows_of_guard_rails_tell_their_gaps():
    rows = rails.of_words({"wrong_1": "a miss", "notices_1": "the sensor", "wrong_10": "an alarm", "tested_2": " "})

    assert [(row.wrong, row.gaps) for row in rows] == [
        ("a miss", ["guard rail", "tested on"]),
        ("an alarm", ["who or what notices", "guard rail", "tested on"]),
    ]


def test_the_field_to_fill_in_first_is_known():
    rows = rails.of_words({"wrong_2": "a miss", "wrong_5": "an alarm", "notices_5": "a person"})
    whole = payoff.of_words(MUG)

    assert [row.first_gap for row in rows] == ["notices_2", "rail_5"]
    assert [sums.first_gap for sums in (Payoff(), Payoff(places=2, times=3), whole)] == ["places", "worth", ""]
    assert [sums.is_whole for sums in (Payoff(places=2, times=3), whole)] == [False, True]


@pytest.mark.parametrize(
    ("xy", "field"),
    [
        (Mapping(), "x"),
        (Mapping(x="photo"), "y"),
        (Mapping(x="photo", y="the best offer"), "y"),
        (Mapping(x="photo", y="is it a mug?", y_kind="cannot_say"), "y_kind"),
        (Mapping(x="photo", y="is it a mug?"), "pair_1_x"),
        (
            Mapping(x="photo", y="is it a mug?", pairs=[("1", "yes", True), ("2", "", False), ("", "no", False)]),
            "pair_2_y",
        ),
        (Mapping(x="photo", y="is it a mug?", pairs=[("1", "yes", True), ("2", "no", False)]), "pair_3_x"),
    ],
)
def test_magic_is_mended_in_a_field_of_the_builder(xy, field):
    assert field_to_mend(xy) == field


def test_readiness_names_what_is_missing_before_money_is_asked_for():
    mug = EXAMPLES[0]
    whole = rails.Rail("a miss", "the sensor", "stop button", "weekly")

    ready = checks(BUILT_IN, mug.replies, mug.mapping, payoff.of_words(MUG), [whole])
    begun = {
        check.words: check.note
        for check in checks(BUILT_IN, {}, type(mug.mapping)(), Payoff(), [rails.Rail("a miss")])
        if not check.is_met
    }

    places = [(check.plan or check.section, check.field) for check in checks(BUILT_IN, {}, Mapping(), Payoff(), [])]
    assert [check.words for check in ready if not check.is_met] == []
    assert (len(begun), begun["Each way to go wrong has who notices, a guard rail and a test"]) == (13, "3 gaps")
    assert places == [
        ("problem", "G1"),
        ("dataset", "D3"),
        ("dataset", "D5"),
        ("reuse", "R2"),
        ("feasibility", "x"),
        ("feasibility", "pair_1_hard"),
        ("feasibility", "F2"),
        ("feasibility", "F5"),
        ("payoff", "places"),
        ("payoff", "places"),
        ("payoff", "P4"),
        ("rails", "wrong_1"),
        ("fault_tolerance", "T4"),
    ]
