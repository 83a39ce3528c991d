"""A fitted model -> ONNX, where it converts. The graph reads encoded rows: the encoder stays with dlstart."""

import importlib
import json
from pathlib import Path
from typing import Any

from evaluations.core.errors import EvaluationProblem
from evaluations.core.recipes.base import MODELS, STATE, EstimatorFitted, Fitted, load
from evaluations.core.recipes.boosting import Boosting
from evaluations.core.recipes.forest import MISSING, Forest
from evaluations.core.recipes.pretrained import Pretrained
from evaluations.core.recipes.words import TextFitted

__all__ = ["EvaluationProblem", "export", "to_onnx"]

INPUT = "rows"
TYPES = {"skl2onnx": "skl2onnx.common.data_types", "onnxmltools": "onnxmltools.convert.common.data_types"}
NO_CONVERTER = "No converter to ONNX is installed here; it comes with pip install 'dlstart[onnx]'."


def export(folder: Path) -> bytes:
    """The ONNX file of the model that `Fitted.save` wrote to a folder; EvaluationProblem as of `to_onnx`."""
    recipe = json.loads((folder / STATE).read_text(encoding="utf-8"))["recipe"]
    if not issubclass(MODELS[recipe], Boosting | EstimatorFitted):
        raise EvaluationProblem(f"A model of the rung {recipe} has no form in ONNX here; take its own files.")
    made: bytes = to_onnx(load(folder, None)).SerializeToString()
    return made


def to_onnx(fitted: Fitted) -> Any:
    """An ONNX model of shape (n, n_columns) float32 -> scores of each class (n, n_classes), or numbers (n, 1).

    Parameters
    ----------
    fitted : Fitted
        Needs no data.

    Returns
    -------
    onnx.ModelProto
        Its metadata say what the columns are, and how a number is scaled back.

    Raises
    ------
    EvaluationProblem
        No converter is installed.
    """
    if isinstance(fitted, Boosting):
        model = _converted(
            "onnxmltools", "convert_lightgbm", fitted.booster, fitted.booster.num_feature(), zipmap=False
        )
        reads = f"the code matrix (`Encoded.tree`), categories by {fitted.coding}, missing as NaN"
    elif isinstance(fitted, EstimatorFitted):
        estimator = fitted.estimator
        options = {"options": {id(estimator): {"zipmap": False}}} if hasattr(estimator, "predict_proba") else {}
        model = _converted("skl2onnx", "convert_sklearn", estimator, estimator.n_features_in_, **options)
        reads = _reads(fitted)
    else:
        raise TypeError(type(fitted).__name__)
    notes = {"dlstart rung": fitted.RECIPE, "reads": reads} | _scale_of(fitted)
    for key, value in notes.items():
        model.metadata_props.add(key=key, value=value)
    return model


def _reads(fitted: EstimatorFitted) -> str:
    if isinstance(fitted, Forest):
        return f"the code matrix (`Encoded.tree`), missing as {MISSING:g}"
    if isinstance(fitted, Pretrained):
        return f"the figures that the network {fitted.settings['network']} gives of pictures"
    if isinstance(fitted, TextFitted):
        return "the tf-idf matrix (`Encoded.texts`), dense" + (", behind the dense form" if fitted.beside else "")
    return f"the dense form (`Encoded.dense`, ramps {fitted.ramps})"


def _scale_of(fitted: Fitted) -> dict[str, str]:
    """How the number that the graph says becomes the target."""
    scale = getattr(fitted, "scale", None)
    if scale is None or (not scale.log and scale.deviation == 1 and scale.mean == 0):
        return {}
    said = f"said * {scale.deviation!r} + {scale.mean!r}, held between {scale.low!r} and {scale.high!r}"
    return {"target": f"exp({said})" if scale.log else said}


def _converted(package: str, function: str, model: Any, width: int, **options: Any) -> Any:
    try:
        converter, types = importlib.import_module(package), importlib.import_module(TYPES[package])
    except ImportError as problem:
        raise EvaluationProblem(NO_CONVERTER) from problem
    return getattr(converter, function)(model, initial_types=[(INPUT, types.FloatTensorType([None, width]))], **options)
