"""A blend is kept only where it is better on rows it was not chosen by."""

import numpy as np
import pytest

from evaluations.core.metrics import default_metric
from evaluations.core.recipes import RECIPES, blend, load
from tests.evaluations.core.tables import make_encoded


class Task:
    """As much of encoded data as a loss needs."""

    task = "regression"


def make_models(noises, n=4000, seed=0):
    rng = np.random.default_rng(seed)
    y = rng.normal(size=n)
    return y, [y + rng.normal(0, noise, n) for noise in noises]


def test_models_that_err_apart_are_mixed_and_a_poor_one_is_left_out():
    y, models = make_models([0.5, 0.5, 5.0])

    mixture = blend.choose(Task(), y, models, 0)

    assert mixture.weights[:2] == pytest.approx([0.5, 0.5], abs=0.1)
    assert mixture.weights[2] == 0
    assert sum(mixture.weights) == pytest.approx(1)
    assert mixture.gain > 0.1


def test_a_copy_and_a_poor_model_bring_no_gain():
    y, (good, poor) = make_models([0.5, 5.0])

    mixture = blend.choose(Task(), y, [good, good.copy(), poor], 0)

    assert mixture.gain <= 0


def test_a_blend_is_saved_with_its_members(tmp_path):
    data = make_encoded(tmp_path, "multiclass")
    members = [
        RECIPES[name].fit(
            data, metric=default_metric("multiclass"), budget=60, random_state=0, report=lambda point: None
        )
        for name in ("linear", "boosting")
    ]
    made = blend.Blend.of(data, members, {"weights": {"linear": 0.25, "boosting": 0.75}})

    made.save(tmp_path / "model")
    again = load(tmp_path / "model", data)

    expected = 0.25 * members[0].predict("final") + 0.75 * members[1].predict("final")
    np.testing.assert_allclose(made.predict("final"), expected)
    np.testing.assert_allclose(again.predict("final"), expected, rtol=1e-6)
    assert made.refit(data).rows_trained == 480
