"""A rule is read by our own evaluator: what it may say, what it answers, and what it is refused with."""

import numpy as np
import pytest

from evaluations.core.metrics import metric_for
from evaluations.core.recipes import load, own_rule
from evaluations.core.rules import RuleProblem, parse
from tests.evaluations.core.tables import make_encoded

COLUMNS = {"size": "number", "net weight": "number", "colour": "category", "bought": "date", "used": "boolean"}
BINARY, THREE = ["no", "yes"], ["low", "mid", "top"]


class Table:
    """Four rows; the last has gaps."""

    numbers = {"size": [1, 2, 3, np.nan], "net weight": [5, 5, 7, 7], "used": [1, 0, 1, 0]}
    colours = np.array(["red", "blue", "red", None])

    def __len__(self):
        return 4

    def number(self, name):
        return np.array(self.numbers[name], dtype=np.float32)

    def category(self, name, value):
        return self.colours == value

    def days(self, name):
        return np.array([0.0, 1.0, 2.0, np.nan])

    def missing(self, name):
        return np.array([False, False, False, True])


@pytest.mark.parametrize(
    ("text", "answers"),
    [
        ("size > 1", [0, 1, 1, 0]),
        ("1 < size <= 2", [0, 1, 0, 0]),
        ("size != 2", [1, 0, 1, 0]),
        ("not size > 1", [1, 0, 0, 1]),
        ('colour == "red" and size > 1', [0, 0, 1, 0]),
        ('colour != "red"', [0, 1, 0, 0]),
        ('colour in ["blue", "green"] or used', [1, 1, 1, 0]),
        ('colour not in ["blue"]', [1, 0, 1, 0]),
        ('col("net weight") - 2 * size >= 1', [1, 1, 1, 0]),
        ('bought >= "1970-01-02"', [0, 1, 1, 0]),
        ("missing(size)", [0, 0, 0, 1]),
        ('"yes" if size > 1 else "no"', [0, 1, 1, 0]),
        ("True", [1, 1, 1, 1]),
    ],
)
def test_rule_answers_row_by_row_and_a_gap_is_never_true(text, answers):
    assert parse(text, COLUMNS, "binary", BINARY).answers(Table()).tolist() == answers


def test_rule_names_classes_or_gives_a_number():
    several = parse('"top" if size > 2 else ("mid" if size > 1 else "low")', COLUMNS, "multiclass", THREE)
    number = parse("3 * size + 2 if used else -1", COLUMNS, "regression", None)

    assert several.answers(Table()).tolist() == [0, 1, 2, 0]
    assert number.answers(Table()).tolist() == [5, -1, 11, -1]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("weight > 3", "At character 1 of the rule: there is no column 'weight'. The columns are size, net weight"),
        ("size >", "The rule cannot be read at character"),
        ('size > 1 and __import__("os")', "At character 14 of the rule: '__import__('os')' is not col"),
        ("(lambda: 1)()", "is not col"),
        ("size.real > 1", "At character 1 of the rule: 'size.real' is nothing that a rule may hold."),
        ("[x for x in size]", "is nothing that a rule may hold"),
        ("size ** 9", "is nothing that a rule may hold"),
        ("size + colour", "At character 8 of the rule: 'colour' is not a number"),
        ("size", "'size' is not a class in quotation marks"),
        ('"maybe" if size > 1 else "no"', "'maybe' is no class. The classes are 'no', 'yes'."),
        ('colour < "red"', "a category is compared with == != or in"),
        ('bought > "soon"', 'a date is compared with a date such as "2024-01-31"'),
        ("size > 1e999", "the number is too large"),
        ("(" * 400 + "size" + ")" * 400, "The rule cannot be read"),
        ("size > 1 and " * 160 + "used", "are the most"),
        ("", "The rule cannot be read"),
    ],
)
def test_refusals_name_the_place_and_what_was_found(text, words):
    with pytest.raises(RuleProblem) as refused:
        parse(text, COLUMNS, "binary", BINARY)

    assert words in str(refused.value)


def test_several_classes_must_be_named():
    with pytest.raises(RuleProblem, match="there are 3 classes"):
        parse("size > 1", COLUMNS, "multiclass", THREE)


@pytest.mark.parametrize(
    ("task", "text", "metric", "floor"),
    [
        ("binary", 'size > 0 and colour == "red" or size > 1', "accuracy", 0.7),
        ("multiclass", '"top" if colour == "red" else "low"', "accuracy", 0.5),
        ("regression", "3 if size > 0 else 0", "r2", 0.0),
    ],
)
def test_a_rule_is_scored_and_kept_like_a_model(tmp_path, task, text, metric, floor):
    data = make_encoded(tmp_path, task)
    measure, points = metric_for(metric, task), []

    fitted = own_rule.fit(data, text=text, metric=measure, report=points.append)
    fitted.save(tmp_path / "model")

    said = fitted.predict("validation")
    assert measure.score(data.y("validation"), said) > floor
    assert len(points) == 1
    np.testing.assert_allclose(load(tmp_path / "model", data).predict("final"), fitted.predict("final"))
    assert fitted.refit(data).rows_trained == 480
    if task != "regression":
        np.testing.assert_allclose(said.sum(axis=1), 1)
