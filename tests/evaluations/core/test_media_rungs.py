"""Rungs on free text, pictures and sounds: each learns, is kept without pickle, and reads a file of its own."""

import io
from dataclasses import dataclass

import numpy as np
import polars as pl
import pytest
import soundfile
from PIL import Image

from evaluations.core.encoding import Encoded, SomeTrain, encode
from evaluations.core.errors import Cancelled
from evaluations.core.inspection import importances
from evaluations.core.metrics import metric_for
from evaluations.core.recipes import RECIPES, load
from evaluations.core.recipes.base import Budget
from evaluations.core.recipes.convolutional import CHECKPOINT
from evaluations.core.recipes.convolutional import fit as fit_convolutional
from evaluations.core.rungs import RUNGS, offered

CLASSES = ["bar", "dot"]
PARTS = {"train": 120, "validation": 60, "final": 40}
ACCURACY = metric_for("accuracy", "binary")


def _png(label, random):
    """A bar that stands or a square, somewhere on a noisy ground."""
    pixels = random.integers(0, 60, (16, 16), dtype=np.uint8)
    x, y = random.integers(2, 9, 2)
    pixels[(slice(y, y + 5), slice(x, x + 5)) if label == "dot" else (slice(None), slice(x, x + 2))] += 180
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def _flac(label, random):
    times = np.arange(2_000) / 8_000
    wave = 0.3 * np.sin(2 * np.pi * (300 if label == "dot" else 1_500) * times) + 0.05 * random.normal(size=2_000)
    out = io.BytesIO()
    soundfile.write(out, wave, 8_000, format="FLAC")
    return out.getvalue()


def _text(label, random):
    ground = random.choice(["it", "was", "there", "on", "monday", "again"], 6).tolist()
    return " ".join([*ground, "tall and narrow" if label == "bar" else "small and square", str(random.integers(1e6))])


CELLS = {"picture": _png, "sound": _flac, "text": _text}


def make_media(folder, kind, beside=False):
    paths = {}
    for seed, (part, rows) in enumerate(PARTS.items()):
        random = np.random.default_rng(seed)
        labels = random.choice(CLASSES, rows)
        frame = pl.DataFrame({"x": [CELLS[kind](label, random) for label in labels], "label": labels})
        if beside:
            frame = frame.with_columns(weight=pl.Series(random.normal(size=rows)))
        paths[part] = folder / f"{part}.parquet"
        frame.write_parquet(paths[part])
    columns = [{"name": "x", "kind": kind}, *([{"name": "weight", "kind": "number"}] if beside else [])]
    encode(
        train=paths["train"], validation=paths["validation"], sealed={"final": paths["final"]}, target="label",
        task="binary", columns=columns, classes=CLASSES, out=folder / "encoded",
    )  # fmt: skip
    return Encoded.open(folder / "encoded")


@dataclass
class Media:
    data: Encoded
    rows: object


@pytest.fixture(scope="module", params=CELLS)
def media(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    data = make_media(folder, request.param)
    return Media(data, data.transform(folder / "final.parquet"))


def test_rungs_learn_are_kept_and_read_other_rows(media, tmp_path):
    kinds = {medium.kind for medium in media.data.media} or {"text"}
    for name in set(offered(kinds, "binary")) - {"always_same", "own_rule", "convolutional", "blend"}:
        points = []
        fitted = RECIPES[name].fit(media.data, metric=ACCURACY, budget=20, random_state=0, report=points.append)
        fitted.save(tmp_path / name)
        loaded = load(tmp_path / name, media.data)

        y, found = media.data.y("validation"), fitted.predict("validation")
        assert ACCURACY.score(y, found) > 0.85, name
        assert points, name
        np.testing.assert_allclose(loaded.predict(media.rows), fitted.predict("final"), atol=1e-6)
        np.testing.assert_allclose(
            fitted.predict("final", np.array([5, 2])), fitted.predict("final")[[5, 2]], rtol=1e-6
        )
        assert fitted.refit(media.data).rows_trained == 180
        assert not list((tmp_path / name).glob("*.pkl"))


def test_fewer_train_rows_are_the_same_rows_in_every_form(media):
    rows = np.array([3, 50, 7])
    some, whole = SomeTrain(media.data, rows).part("train"), media.data.part("train")

    np.testing.assert_array_equal(some.tree, whole.tree[rows])
    if whole.texts is not None:
        assert (some.texts != whole.texts[rows]).nnz == 0
    if whole.pixels is not None:
        np.testing.assert_array_equal(some.pixels, whole.pixels[rows])


def test_text_and_table_columns_are_read_together(tmp_path):
    data = make_media(tmp_path, "text", beside=True)

    fitted = RECIPES["tfidf_linear"].fit(data, metric=ACCURACY, budget=20, random_state=0, report=lambda point: None)

    assert fitted.settings["table columns"]
    widths = data.vocabulary.widths
    assert fitted.estimator.coef_.shape[1] == sum(widths.values()) + data.dense("train", ramps=fitted.ramps).shape[1]


LEARNT = ["linear", "forest", "boosting", "boosting_wide"]


@pytest.mark.parametrize(
    ("kinds", "task", "names"),
    [
        ({"number"}, "binary", ["always_same", "own_rule", *LEARNT, "network", "blend"]),
        ({"text"}, "multiclass", ["always_same", "naive_bayes", "tfidf_linear", "text_network", "blend"]),
        ({"text"}, "regression", ["always_same", "tfidf_linear", "text_network", "blend"]),
        ({"picture"}, "multiclass", ["always_same", "linear", "forest", "boosting", "convolutional", "blend"]),
        ({"sound"}, "multiclass", ["always_same", *LEARNT, "network", "blend"]),
    ],
)
def test_only_rungs_that_fit_the_features_are_offered(kinds, task, names):
    assert offered(kinds, task) == names


def test_a_table_with_text_is_offered_both():
    names = offered({"number", "category", "text"}, "binary")

    assert names == [name for name in RUNGS if name not in ("convolutional", "pretrained", "upload")]


def test_pictures_become_figures_and_small_tensors(tmp_path):
    data = make_media(tmp_path, "picture")

    assert data.pixels("train").shape == (120, 16, 16, 1)
    assert data.tree("train").shape == (120, 4 * 4 * (9 + 1))
    assert data.notes == ["Pictures are read in grey at 16 x 16 pixels; simple rungs see 160 figures."]


class _Stop(Exception):
    pass


def test_a_killed_convolution_goes_on_and_ends_as_if_nothing_had_been(tmp_path):
    pytest.importorskip("torch")
    data = make_media(tmp_path, "picture")
    whole, first, second = [], [], []
    settings = {"metric": ACCURACY, "budget": 1e4, "random_state": 3}

    def stop_after_two(point):
        first.append(point)
        if len(first) == 2:
            raise Cancelled

    expected = fit_convolutional(data, report=whole.append, **settings)
    with pytest.raises(Cancelled):
        fit_convolutional(data, report=stop_after_two, checkpoint=tmp_path / "run", **settings)
    went_on = fit_convolutional(data, report=second.append, checkpoint=tmp_path / "run", **settings)

    assert [point.x for point in second] == [point.x for point in whole]
    np.testing.assert_allclose([p.validation_loss for p in second], [p.validation_loss for p in whole], rtol=1e-4)
    np.testing.assert_allclose(went_on.predict("final"), expected.predict("final"), rtol=1e-3)
    assert {"batch", "workers", "device", "precision"} <= went_on.settings.keys()
    assert went_on.notes == ["Went on after epoch 2, where it had been stopped."]
    assert not (tmp_path / "run" / CHECKPOINT).exists()
    assert ACCURACY.score(data.y("validation"), expected.predict("validation")) > 0.9
    expected.save(tmp_path / "model")
    rows = data.transform(tmp_path / "final.parquet")
    np.testing.assert_allclose(load(tmp_path / "model", data).predict(rows), expected.predict("final"), rtol=1e-5)


def test_without_pytorch_the_rung_says_how_to_get_it(tmp_path):
    try:
        import torch  # noqa: F401
    except ImportError:
        from evaluations.core.errors import EvaluationProblem

        with pytest.raises(EvaluationProblem, match=r"pip install 'dlstart\[deep\]'"):
            fit_convolutional(None, metric=ACCURACY, budget=1, random_state=0, report=print)


def test_importances_of_a_text_rung_leave_the_texts_as_they_are(tmp_path):
    data = make_media(tmp_path, "text", beside=True)
    fitted = RECIPES["tfidf_linear"].fit(data, metric=ACCURACY, budget=20, random_state=0, report=lambda point: None)

    found = importances(fitted, ACCURACY, seed=0, clock=Budget(20), progress=lambda share: None)

    assert [each["column"] for each in found["columns"]] == ["weight"]
    assert abs(found["columns"][0]["mean"]) < 0.1
