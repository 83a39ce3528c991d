"""A file of predictions against the ids of the parts."""

import numpy as np
import polars as pl
import pytest

from datasets.core.errors import DataProblem
from datasets.core.row_ids import row_ids
from evaluations.core.handed_in import check

IDS = {"validation": ["a", "b", "c"], "checkpoint": ["d"], "final": ["e", "f"]}
CLASSES = ["no", "yes"]


def refused(rows, classes=CLASSES, names=("id", "prediction")):
    with pytest.raises(DataProblem) as fault:
        check(pl.DataFrame(rows, schema=list(names), orient="row"), IDS, classes)
    return fault.value.code, fault.value.where, fault.value.message


def test_rows_come_back_in_the_order_of_the_part_whatever_theirs():
    table = pl.DataFrame({"id": ["c", "f", "a", "e", "d", "b"], "prediction": [3.0, 6.0, 1.0, 5.0, 4.0, 2.0]})

    said = check(table, IDS, None)

    assert {part: list(numbers) for part, numbers in said.items()} == {
        "validation": [1, 2, 3],
        "checkpoint": [4],
        "final": [5, 6],
    }
    assert list(check(table.filter(pl.col("id") < "d"), IDS, None)) == ["validation"]


def test_chances_sum_to_one_and_a_bare_class_is_certain():
    bare = pl.DataFrame({"id": ["a", "b", "c"], "prediction": ["yes", "no", "yes"]})
    one = pl.DataFrame({"id": ["a", "b", "c"], "score": [1, 0, 1]})
    each = pl.DataFrame({"id": ["a", "b", "c"], "score_yes": [0.5, 0.5, 0.1], "score_no": [0.495, 0.505, 0.9]})

    assert check(bare, IDS, CLASSES)["validation"].tolist() == [[0, 1], [1, 0], [0, 1]]
    assert check(one, IDS, CLASSES)["validation"].tolist() == [[0, 1], [1, 0], [0, 1]]
    assert np.allclose(check(each, IDS, CLASSES)["validation"].sum(axis=1), 1, atol=1e-12)


@pytest.mark.parametrize(
    ("rows", "answer"),
    [
        ([("a", "yes")], ("IDS_MISSING", "validation", "2 of 3 ids of validation missing.")),
        (
            [(key, "no") for key in "abcde"],
            ("IDS_MISSING", "final", "1 of 2 ids of final missing."),
        ),
        (
            [(key, "no") for key in "abca"],
            ("ID_TWICE", "line 2", "1 id is there more than once. Line 2: id a is there 2 times."),
        ),
        ([(key, "no") for key in "abcx"], ("ID_UNKNOWN", "line 5", "1 id is none of this version's. Line 5: 'x'.")),
        ([("a", "no"), (None, "no")], ("ID_UNKNOWN", "line 3", "Line 3 has no id.")),
        ([("a", "no"), ("b", "No"), ("c", "no")], ("CLASS_UNKNOWN", "line 3", "Line 3: 'No' is no class.")),
        ([("a", None), ("b", "no"), ("c", "no")], ("PREDICTION_MISSING", "line 2", "Line 2 has no prediction.")),
    ],
)
def test_a_file_that_does_not_fit_names_line_and_value(rows, answer):
    assert refused(rows) == answer


@pytest.mark.parametrize(
    ("names", "values", "answer"),
    [
        (("score",), (1.5,), "Line 2: score is 1.5; it goes from 0 to 1."),
        (("score",), (float("nan"),), "Line 2: score is 'nan'; each row needs a finite number."),
        (("score",), ("much",), "Line 2: score is 'much'; each row needs a finite number."),
        (("score_no", "score_yes"), (0.5, 0.9), "Line 2: its scores add up to 1.4; the chances of all classes make 1."),
        (("score_no",), (0.5,), "1 of 2 classes have a column of scores; score_yes is missing."),
        (("guess",), (0.5,), "Column 'guess' is no part of a file of predictions."),
        ((), (), "The file has ids and nothing beside them."),
    ],
)
def test_scores_are_finite_chances_in_columns_that_are_known(names, values, answer):
    rows = [(key, *values) for key in IDS["validation"]]

    assert refused(rows, names=("id", *names))[2] == answer


def test_a_number_may_be_large_and_stays_finite():
    rows = [(key, -1e21) for key in IDS["validation"]]

    assert refused(rows, classes=None) == (
        "SCORE_RANGE",
        "line 2",
        "Line 2: prediction is -1e+21; it goes from -1e+20 to 1e+20.",
    )


def test_row_ids_are_of_their_key_and_part_and_follow_no_order():
    ids = row_ids(b"key", "final", 2000)
    place = np.argsort(np.argsort(ids))

    assert len({*ids, *row_ids(b"key", "checkpoint", 2000), *row_ids(b"other", "final", 2000)}) == 6000
    assert ids[:10] == row_ids(b"key", "final", 10)
    assert abs(np.corrcoef(place, np.arange(2000))[0, 1]) < 4 / np.sqrt(2000)
