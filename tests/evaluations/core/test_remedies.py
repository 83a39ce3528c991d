"""Remedies as data: which diagnosis asks for what, and what a change does to a rung's settings."""

import pytest

from evaluations.core.metrics import metric_for
from evaluations.core.recipes import RECIPES
from evaluations.core.remedies import AS_IS, FOR, REMEDIES, Change, remedies_for
from tests.evaluations.core.tables import make_encoded


def test_changes_multiply_and_say_themselves():
    change = REMEDIES["halve"].change.after(REMEDIES["longer"].change)

    assert change.as_dict() == {"size": 0.5, "length": 3.0}
    assert change.words() == "half the size, 3 times the training"
    assert AS_IS.words() == ""


@pytest.mark.parametrize("code", FOR)
def test_each_code_has_a_remedy_for_epochs_and_none_for_a_fit_without_them(code):
    assert [remedy.name for remedy in remedies_for(code, curve="epoch", met=False)] == list(FOR[code])
    assert remedies_for(code, curve="rows", met=False) == []


def test_an_overfitted_model_that_meets_the_level_is_left_alone():
    assert remedies_for("OVERFITTING", curve="epoch", met=True) == []


@pytest.mark.parametrize(
    ("recipe", "change", "name", "expected"),
    [
        ("network", Change(size=0.5), "units", 32),
        ("network", Change(length=3), "epochs", 90),
        ("network", Change(batch=4), "batch", 1024),
    ],
)
def test_a_change_reaches_the_settings(tmp_path, recipe, change, name, expected):
    data = make_encoded(tmp_path, "binary", n=200)

    fitted = RECIPES[recipe].fit(
        data,
        metric=metric_for("roc_auc", "binary"),
        budget=20,
        random_state=0,
        report=lambda point: None,
        change=change,
    )

    assert fitted.settings[name] == expected
