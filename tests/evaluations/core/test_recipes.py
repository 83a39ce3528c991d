import io
import json
import zipfile

import numpy as np
import pytest

from evaluations.core.encoding import Encoded
from evaluations.core.errors import Cancelled, EvaluationProblem
from evaluations.core.metrics import default_metric, metric_for
from evaluations.core.recipes import RECIPES, load
from evaluations.core.rungs import RUNGS, family
from tests.evaluations.core.tables import make_encoded, make_frame

TASKS = ("binary", "multiclass", "regression")
ON_TABLES = ["always_same", "linear", "tfidf_linear", "forest", "boosting", "network"]
LEARNERS = ON_TABLES[1:]


@pytest.fixture(scope="module", params=TASKS)
def data(request, tmp_path_factory):
    return make_encoded(tmp_path_factory.mktemp(request.param), request.param)


def _fit(name, data, budget=60.0, report=None, seed=0):
    points = []
    metric = default_metric(data.task)
    fitted = RECIPES[name].fit(data, metric=metric, budget=budget, random_state=seed, report=report or points.append)
    return fitted, points, metric


@pytest.mark.parametrize("name", ON_TABLES)
def test_recipe_predicts_saves_loads_and_refits(name, data, tmp_path):
    fitted, points, _ = _fit(name, data)
    frame = make_frame(40, data.task, seed=7)
    frame.write_parquet(tmp_path / "rows.parquet")
    rows = data.transform(tmp_path / "rows.parquet")

    predicted = fitted.predict("validation")
    fitted.save(tmp_path / "model")
    loaded = load(tmp_path / "model", data)
    refitted = fitted.refit(data)

    assert predicted.shape == ((120,) if data.task == "regression" else (120, len(data.classes)))
    if data.task != "regression":
        np.testing.assert_allclose(predicted.sum(axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(loaded.predict("validation"), predicted, rtol=1e-6)
    np.testing.assert_allclose(loaded.predict(rows), fitted.predict(rows), rtol=1e-6)
    np.testing.assert_allclose(fitted.predict("final", np.array([5, 2])), fitted.predict("final")[[5, 2]], rtol=1e-6)
    assert (loaded.best_x, loaded.settings, loaded.rows_trained) == (fitted.best_x, fitted.settings, 360)
    assert refitted.rows_trained == 480
    assert not list((tmp_path / "model").glob("*.pkl"))
    assert [p.x for p in points] == sorted({p.x for p in points})
    assert points[0].validation_loss > 0


def test_saved_trees_hold_nothing_of_what_lay_in_memory_before(data, tmp_path):
    held = [np.full(100_000, 7.123e17) for _ in range(20)]
    del held
    _fit("forest", data)[0].save(tmp_path / "model")

    nodes = []
    with zipfile.ZipFile(tmp_path / "model" / "model.skops") as archive:
        for name in (name for name in archive.namelist() if name.endswith(".npy")):
            content = archive.read(name)
            array = np.load(io.BytesIO(content))
            if kind := array.dtype.names and array.dtype:
                ends = [offset + field.itemsize for field, offset in kind.fields.values()]
                rows = np.frombuffer(content[-array.nbytes :], np.uint8).reshape(-1, kind.itemsize)
                nodes.append(int(rows[:, max(ends) :].any()))
    assert len(nodes) > 10
    assert sum(nodes) == 0


@pytest.mark.parametrize("name", LEARNERS)
def test_recipe_beats_the_constant_answer(name, data):
    fitted, _, metric = _fit(name, data)
    dummy, _, _ = _fit("always_same", data)
    y = data.y("validation")

    ours, theirs = metric.score(y, fitted.predict("validation")), metric.score(y, dummy.predict("validation"))

    assert ours > theirs + 0.1 if metric.greater_is_better else ours < 0.8 * theirs


@pytest.mark.parametrize("name", LEARNERS)
def test_recipe_out_of_budget_returns_what_it_reached_and_says_so(name, data):
    fitted, points, _ = _fit(name, data, budget=0.0)

    assert fitted.predict("validation").shape[0] == 120
    assert len(points) >= 1
    assert len([n for n in fitted.notes if n.startswith("Stopped at its budget of 0 CPU seconds")]) == 1


def test_boosting_counts_what_predicting_will_take_in_its_budget(tmp_path):
    state = json.loads((make_encoded(tmp_path, "binary").folder / "encoder.json").read_text())
    state["rows"]["final"] = 10**9  # seconds of predicting with every tree
    (tmp_path / "encoded" / "encoder.json").write_text(json.dumps(state))

    fitted, points, _ = _fit("boosting", Encoded.open(tmp_path / "encoded"))

    assert len(points) == 1
    assert fitted.notes == ["Stopped at its budget of 60 CPU seconds, after 1 of at most 800 rounds."]


@pytest.mark.parametrize("name", ON_TABLES)
def test_recipe_lets_a_cancellation_through(name, data):
    def report(point):
        raise Cancelled

    with pytest.raises(Cancelled):
        _fit(name, data, report=report)


@pytest.mark.parametrize("name", ON_TABLES)
def test_same_seed_same_model(name, data):
    first, again = _fit(name, data, seed=3)[0], _fit(name, data, seed=3)[0]

    np.testing.assert_array_equal(first.predict("validation"), again.predict("validation"))


def test_a_single_class_is_refused_by_learners_only(tmp_path):
    data = make_encoded(tmp_path, "binary")
    np.save(tmp_path / "encoded" / "y_train.npy", np.zeros(360))

    with pytest.raises(EvaluationProblem, match="one class only"):
        RECIPES["linear"].fit(data, metric=metric_for("accuracy", "binary"), budget=1, random_state=0, report=print)


def test_rungs_are_in_order_and_in_their_families():
    assert list(RECIPES) == [
        "always_same", "linear", "naive_bayes", "tfidf_linear", "forest", "boosting", "boosting_wide", "network",
        "text_network", "convolutional", "pretrained",
    ]  # fmt: skip
    assert sorted(RUNGS) == sorted([*RECIPES, "own_rule", "blend", "upload"])
    assert [r.number for r in RECIPES.values()] == sorted(r.number for r in RECIPES.values())
    assert [r.family for r in RECIPES.values()] == [family(name) for name in RECIPES]
    assert (family("tfidf_linear"), family("blend"), family("upload")) == ("simple", "deep", "deep")
