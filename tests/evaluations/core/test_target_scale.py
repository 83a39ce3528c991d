"""A skewed target is seen as its logarithm only where validation says so."""

import numpy as np
import pytest

from evaluations.core.metrics import metric_for
from evaluations.core.recipes.base import Judge, target_scale
from tests.evaluations.core.tables import make_encoded


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return make_encoded(tmp_path_factory.mktemp("encoded"), "regression")


def scale_of(data, y_train, y_validation, matrix, unseen):
    judge = Judge(data, metric_for("rmse", "regression"), np.arange(len(y_validation)), y_validation)
    return target_scale(data, judge, y_train, matrix, unseen)


@pytest.mark.parametrize(("law", "log"), [("of products", True), ("of sums", False), ("below zero", False)])
def test_the_logarithm_is_taken_where_a_ridge_does_better_with_it(data, law, log):
    rng = np.random.default_rng(5)
    x = rng.exponential(size=(500, 2))
    noise = rng.normal(size=500)
    y = {
        "of products": np.exp(x @ [0.8, 0.6] + 0.1 * noise),
        "of sums": 5 + x @ [3.0, 4.0] + 0.1 * np.abs(noise),
        "below zero": np.exp(x @ [0.8, 0.6]) - 5,
    }[law]

    scale = scale_of(data, y[:400], y[400:], x[:400], x[400:])

    assert scale.log is log
    assert scale.backward(scale.forward(y[:400])) == pytest.approx(y[:400])
