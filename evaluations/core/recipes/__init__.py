"""The rungs that fit, lowest first. A new recipe is one file here and one line in `rungs` and in this table."""

import json
from dataclasses import asdict
from pathlib import Path

from evaluations.core.encoding import Encoded
from evaluations.core.recipes import (
    always_same,
    boosting,
    convolutional,
    forest,
    linear,
    naive_bayes,
    network,
    text_network,
    tfidf_linear,
)
from evaluations.core.recipes.base import STATE, CurvePoint, Fitted, Recipe, Report
from evaluations.core.rungs import RUNGS

__all__ = ["RECIPES", "CurvePoint", "Fitted", "Recipe", "Report", "load"]

_FITS = {
    "always_same": always_same.fit,
    "linear": linear.fit,
    "naive_bayes": naive_bayes.fit,
    "tfidf_linear": tfidf_linear.fit,
    "forest": forest.fit,
    "boosting": boosting.fit,
    "network": network.fit,
    "text_network": text_network.fit,
    "convolutional": convolutional.fit,
}
_MODELS: dict[str, type[Fitted]] = {
    model.RECIPE: model
    for model in (
        always_same.AlwaysSame,
        linear.Linear,
        forest.Forest,
        boosting.Boosting,
        naive_bayes.NaiveBayes,
        tfidf_linear.TfidfLinear,
        network.Network,
        text_network.TextNetwork,
        convolutional.Convolutional,
    )
}

RECIPES: dict[str, Recipe] = {name: Recipe(**asdict(RUNGS[name]), fit=fit) for name, fit in _FITS.items()}


def load(folder: Path, data: Encoded) -> Fitted:
    """The model that `Fitted.save` wrote to the folder, on the encoder it was fitted with."""
    recipe = json.loads((folder / STATE).read_text(encoding="utf-8"))["recipe"]
    return _MODELS[recipe].load(folder, data)
