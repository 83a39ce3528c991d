"""A pretrained network from an ONNX file: read as hubs lay it out, kept by its fingerprint, refused where it cannot end."""

import json

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from evaluations.core.backbone import Backbone
from evaluations.core.errors import EvaluationProblem
from evaluations.core.recipes import RECIPES, load
from evaluations.core.rungs import offered
from tests.evaluations.core.test_media_rungs import ACCURACY, make_media


def make_backbone(folder, batch="n", filters=32, seed=0):
    """One convolution with random filters and a ReLU; what it gives keeps its space, 3 x 3."""
    weights = np.random.default_rng(seed).normal(size=(filters, 3, 8, 8)).astype(np.float32)
    nodes = [
        helper.make_node("Conv", ["pictures", "weights"], ["found"], strides=[8, 8]),
        helper.make_node("Relu", ["found"], ["figures"]),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("pictures", TensorProto.FLOAT, [batch, 3, "h", "w"])],
        [helper.make_tensor_value_info("figures", TensorProto.FLOAT, [batch, filters, "rows", "columns"])],
        [numpy_helper.from_array(weights, "weights")],
    )
    (folder / "onnx").mkdir(parents=True)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, folder / "onnx" / "model.onnx")
    config = {"image_mean": [0.5] * 3, "image_std": [0.25] * 3, "size": {"height": 24, "width": 24}}
    (folder / "preprocessor_config.json").write_text(json.dumps(config))
    return folder


def fit(data, folder, budget=30.0, points=None):
    report = (lambda point: None) if points is None else points.append
    return RECIPES["pretrained"].fit(
        data, metric=ACCURACY, budget=budget, random_state=0, report=report, backbone=folder
    )


def test_figures_are_those_of_the_network_on_scaled_pictures(tmp_path):
    network = Backbone(make_backbone(tmp_path / "tiny"))
    grey = np.random.default_rng(1).integers(0, 256, (5, 24, 24, 1), dtype=np.uint8)
    weights = numpy_helper.to_array(onnx.load(network.path).graph.initializer[0])
    scaled = np.repeat((grey.transpose(0, 3, 1, 2) / 255 - 0.5) / 0.25, 3, axis=1)
    patches = scaled.reshape(5, 3, 3, 8, 3, 8)

    expected = np.maximum(np.einsum("ncihjw,fchw->nfij", patches, weights), 0).mean(axis=(2, 3))

    assert (network.name, network.side) == ("tiny", 24)
    np.testing.assert_allclose(network.features(grey), expected, rtol=1e-4)


def test_a_network_of_a_fixed_batch_reads_the_rest_too(tmp_path):
    pictures = np.random.default_rng(1).integers(0, 256, (5, 16, 16, 3), dtype=np.uint8)

    free, fixed = (Backbone(make_backbone(tmp_path / f"{batch}", batch)) for batch in ("n", 2))

    np.testing.assert_allclose(fixed.features(pictures), free.features(pictures), rtol=1e-5)


def test_the_rung_learns_is_kept_and_reads_other_rows(tmp_path):
    data, points = make_media(tmp_path, "picture"), []

    fitted = fit(data, make_backbone(tmp_path / "tiny"), points=points)
    fitted.save(tmp_path / "run")
    loaded = load(tmp_path / "run", data)

    assert ACCURACY.score(data.y("validation"), fitted.predict("validation")) > 0.8
    assert [point.x for point in points] == [120.0]
    assert fitted.settings["network"] == "tiny"
    np.testing.assert_allclose(loaded.predict("final"), fitted.predict("final"), rtol=1e-6)
    np.testing.assert_allclose(loaded.predict("train", np.array([7, 3])), fitted.predict("train", np.array([7, 3])))


def test_another_network_on_disk_is_noticed(tmp_path):
    data = make_media(tmp_path, "picture")
    fit(data, make_backbone(tmp_path / "tiny")).save(tmp_path / "run")
    (tmp_path / "tiny" / "onnx" / "model.onnx").unlink()
    make_backbone(tmp_path / "other", seed=1)
    (tmp_path / "other" / "onnx" / "model.onnx").rename(tmp_path / "tiny" / "onnx" / "model.onnx")

    with pytest.raises(EvaluationProblem, match="is another one than this run was fitted with"):
        load(tmp_path / "run", data)


def test_what_cannot_end_within_its_budget_is_refused_with_what_it_would_take(tmp_path):
    data = make_media(tmp_path, "picture")

    with pytest.raises(
        EvaluationProblem, match=r"Reading 220 pictures with tiny would take about \d+ CPU seconds, and 0"
    ):
        fit(data, make_backbone(tmp_path / "tiny"), budget=0)


@pytest.mark.parametrize(
    ("files", "words"),
    [({}, "holds 0 ONNX files"), ({"a.onnx": b"", "b.onnx": b""}, "holds 2"), ({"a.onnx": b"no"}, "cannot be read")],
)
def test_a_folder_without_a_network_is_refused_in_words(tmp_path, files, words):
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)

    with pytest.raises(EvaluationProblem, match=words):
        Backbone(tmp_path)


def test_the_rung_is_offered_only_where_a_network_lies():
    assert "pretrained" not in offered({"picture"}, "binary")
    assert "pretrained" in offered({"picture"}, "binary", has_backbone=True)
    assert "pretrained" not in offered({"number"}, "binary", has_backbone=True)
