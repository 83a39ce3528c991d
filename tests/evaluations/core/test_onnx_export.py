"""A model as ONNX says what the model itself says of the same encoded rows; what has no form there is refused in words."""

import numpy as np
import onnxruntime
import pytest

from evaluations.core.errors import EvaluationProblem
from evaluations.core.metrics import metric_for
from evaluations.core.onnx_export import export
from evaluations.core.recipes import RECIPES
from evaluations.core.recipes.forest import MISSING
from tests.evaluations.core.tables import make_encoded

METRICS = {"binary": "roc_auc", "multiclass": "accuracy", "regression": "rmse"}


@pytest.fixture(scope="module", params=METRICS)
def data(request, tmp_path_factory):
    return make_encoded(tmp_path_factory.mktemp(request.param), request.param, n=400)


@pytest.mark.parametrize("recipe", ["linear", "forest", "boosting", "network"])
def test_the_graph_says_what_the_model_says(data, recipe, tmp_path):
    fit = RECIPES[recipe].fit
    fitted = fit(
        data, metric=metric_for(METRICS[data.task], data.task), budget=20, random_state=0, report=lambda point: None
    )
    fitted.save(tmp_path)
    codes = data.tree("validation")
    rows = {
        "linear": lambda: data.dense("validation", ramps=fitted.ramps),
        "network": lambda: data.dense("validation", ramps=fitted.ramps),
        "forest": lambda: np.where(np.isnan(codes), MISSING, codes),
        "boosting": lambda: codes,
    }[recipe]()

    graph = onnxruntime.InferenceSession(export(tmp_path))
    said = graph.run(None, {"rows": np.ascontiguousarray(rows, np.float32)})[-1]

    if data.task == "regression":
        said = said[:, 0].astype(np.float64)
        said = fitted.scale.backward(said) if recipe != "boosting" else said
    np.testing.assert_allclose(said, fitted.predict("validation"), rtol=1e-3, atol=1e-5)
    assert graph.get_modelmeta().custom_metadata_map["dlstart rung"] == recipe


def test_a_constant_answer_has_no_form_in_onnx(data, tmp_path):
    metric = metric_for(METRICS[data.task], data.task)
    RECIPES["always_same"].fit(data, metric=metric, budget=1, random_state=0, report=lambda point: None).save(tmp_path)

    with pytest.raises(EvaluationProblem, match="always_same has no form in ONNX"):
        export(tmp_path)
