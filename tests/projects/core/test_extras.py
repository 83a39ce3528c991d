"""Extra questions: which id one has, and what a list may hold."""

import pytest

from projects.core.errors import ProjectProblem
from projects.core.extras import Extra, Extras, next_version
from projects.core.form import BUILT_IN
from projects.core.mapping import Mapping

SITE = Extra("X1", "Which site?", "Its number.", "dataset", True)
BUDGET = Extra("X2", "Which budget?", "", "payoff", False)
BOTH = Extras(2, (SITE, BUDGET))


def new(label: str, **more) -> Extra:
    return Extra(**{"id": "", "help": "", "section": "problem", "required": False} | more, label=label)


def test_a_question_keeps_its_id_as_long_as_its_words_stay():
    moved = Extra("X1", " Which  site? ", "Two digits.", "reuse", False)
    other_words = Extra("X2", "Whose budget?", "", "payoff", False)

    made = next_version(BOTH, [moved, other_words, new("Since when?")], 7)

    assert made.number == 3
    assert [(one.id, one.label) for one in made.questions] == [
        ("X1", "Which site?"),
        ("X8", "Whose budget?"),
        ("X9", "Since when?"),
    ]
    assert [str(words) for words in made.changes_from(BOTH)] == [
        "X2 is no longer asked: “Which budget?”",
        "X1 stands in Reuse now.",
        "X1 is optional now.",
        "X1 has another hint: “Two digits.”",
        "X8 is new: “Whose budget?”",
        "X9 is new: “Since when?”",
    ]
    assert made.changes_from(made) == []


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ([new(f"Question {number}?") for number in range(11)], "11 extra questions; at most 10 are asked."),
        ([new("  ")], "A question has no words. Write them, or leave the question out."),
        ([new("w" * 201)], f"“{'w' * 30}…” has 201 characters; at most 200 are kept. Shorten it."),
        (
            [new("Why?", help="h" * 301)],
            f"“{'h' * 30}…” has 301 characters; at most 300 are kept. Shorten it.",
        ),
        ([new("Why?", section="nowhere")], "There is no section nowhere."),
        ([new("Why?"), new("why?")], "“why?” is asked twice. Leave one out."),
    ],
)
def test_a_list_that_cannot_be_asked_is_refused(wanted, words):
    with pytest.raises(ProjectProblem) as refused:
        next_version(Extras(), wanted, 0)

    assert str(refused.value) == words


def test_extra_questions_stand_at_the_end_of_their_section():
    form = BOTH.form

    assert list(form.questions) == [
        *(q.id for section in BUILT_IN.sections[:2] for q in section.questions),
        "X1",
        *(q.id for section in BUILT_IN.sections[2:5] for q in section.questions),
        "X2",
        *(q.id for q in BUILT_IN.sections[5].questions),
    ]
    assert [q.id for q in form.missing({}, Mapping()) if q.is_extra] == ["X1"]
    assert [(q.id, str(why)) for q, why in form.open_points({}, Mapping()) if q.is_extra] == [
        ("X1", "needed to submit"),
        ("X2", "not answered"),
    ]
