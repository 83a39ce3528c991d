from collections import Counter

import pytest

from projects.core import changes, examples, form, mapping
from projects.core.form import Reply
from projects.core.mapping import Mapping

PAIRS = (("a", "yes", False), ("b", "no", False), ("c", "no", True))
WHOLE = Mapping("photo", "picture", "is it a mug?", "yes_no", PAIRS)


def test_the_form_has_25_questions_in_six_sections():
    assert len(form.QUESTIONS) == 25
    assert Counter(len(section.questions) for section in form.SECTIONS) == Counter([4, 5, 3, 5, 4, 4])
    assert [q.id for q in form.QUESTIONS.values() if not q.required] == ["G4", "D5", "R3", "F5", "P4", "T4"]


def test_every_question_has_help_and_a_good_example():
    assert [q.id for q in form.QUESTIONS.values() if not (q.label and q.help and q.good)] == []


def test_only_empty_starred_questions_are_missing():
    replies = {q.id: Reply("x") for q in form.QUESTIONS.values() if q.required and q.id != "P2"}

    assert [q.id for q in form.BUILT_IN.missing(replies, WHOLE)] == ["P2"]
    assert [q.id for q in form.BUILT_IN.missing({**replies, "P2": Reply("unknown")}, WHOLE)] == []


def test_weak_answers_are_open_points_and_block_nothing():
    replies = {q.id: Reply("x") for q in form.QUESTIONS.values()} | {
        "D3": Reply("", "unknown"),
        "P2": Reply("Unknown."),
    }

    assert form.BUILT_IN.missing(replies, WHOLE) == []
    assert [(q.id, reason) for q, reason in form.BUILT_IN.open_points(replies, WHOLE)] == [
        ("D3", "not known yet"),
        ("P2", "not known yet"),
    ]


def test_white_space_is_no_answer():
    assert Reply("  \n").is_empty
    assert not Reply("", "unknown").is_empty
    assert not Reply("", "", ("undo",)).is_empty
    assert Reply("", "tried").is_empty


@pytest.mark.parametrize(
    ("y", "magic"),
    [
        ("is it a mug?", False),
        ("the best strategy", True),
        ("the right strategy", True),
        ("understand the customer", True),
        ("asbestos in the wall?", False),
        ("Best dish", True),
    ],
)
def test_magic_is_in_words_that_nobody_can_label(y, magic):
    assert bool(mapping.magic(Mapping("photo", "picture", y, "yes_no", PAIRS))) is magic


def test_magic_stands_where_a_pair_or_the_kind_is_missing():
    two = Mapping("photo", "picture", "is it a mug?", "yes_no", PAIRS[:2])
    unsaid = Mapping("photo", "picture", "is it a mug?", "cannot_say", PAIRS)

    assert mapping.magic(two) == ["1 of 3 real pairs is missing. Copy them from real life."]
    assert mapping.magic(unsaid) == ["The kind of Y is “cannot say”. Choose a kind, or stop here."]
    assert mapping.magic(WHOLE) == []


def test_the_sentence_writes_itself():
    assert mapping.sentence(WHOLE) == "Given one photo, say is it a mug? as yes or no."
    assert mapping.sentence(Mapping()) == "Given one […], say […]."
    assert mapping.shape(WHOLE) == "image classification"


def test_a_form_without_a_hard_pair_says_so():
    easy = Mapping("photo", "picture", "is it a mug?", "yes_no", tuple((x, y, False) for x, y, _ in PAIRS))
    replies = {q.id: Reply("x") for q in form.QUESTIONS.values()}

    assert [reason for _, reason in form.BUILT_IN.open_points(replies, easy)] == [
        "No pair is marked as hard. At least one should be."
    ]


@pytest.mark.parametrize("example", examples.EXAMPLES, ids=lambda example: example.key)
def test_each_example_could_be_submitted(example):
    assert form.BUILT_IN.missing(example.replies, example.mapping) == []
    assert set(example.replies) <= set(form.QUESTIONS)


def test_only_the_oracle_is_magic():
    assert [e.key for e in examples.EXAMPLES if mapping.magic(e.mapping)] == ["company-oracle"]


def test_word_changes_join_to_both_texts():
    old, new = "Mugs jam the washer.\nOften.", "Mugs jam the tray washer.\nVery often."

    pieces = changes.word_changes(old, new)

    assert "".join(text for kind, text in pieces if kind != "new") == old
    assert "".join(text for kind, text in pieces if kind != "gone") == new
    assert changes.word_changes(old, old) == [("same", old)]
