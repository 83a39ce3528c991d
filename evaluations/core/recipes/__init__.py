"""The rungs that fit, lowest first; beside them a rule that needs its text and a blend that needs the others.

A new recipe is one file here and one line in `rungs` and in this table.
"""

from dataclasses import asdict
from typing import Any

from evaluations.core.recipes import (
    always_same,
    blend,
    boosting,
    convolutional,
    forest,
    linear,
    naive_bayes,
    network,
    own_rule,
    pretrained,
    text_network,
    tfidf_linear,
)
from evaluations.core.recipes.base import CurvePoint, Fitted, Recipe, Report, load
from evaluations.core.rungs import RUNGS

__all__ = ["RECIPES", "CurvePoint", "Fitted", "Recipe", "Report", "blend", "load", "own_rule"]

_FITS: dict[str, Any] = {  # one of them wants a pretrained network besides
    "always_same": always_same.fit,
    "linear": linear.fit,
    "naive_bayes": naive_bayes.fit,
    "tfidf_linear": tfidf_linear.fit,
    "forest": forest.fit,
    "boosting": boosting.fit,
    "boosting_wide": boosting.fit_wide,
    "network": network.fit,
    "text_network": text_network.fit,
    "convolutional": convolutional.fit,
    "pretrained": pretrained.fit,
}

RECIPES: dict[str, Recipe] = {name: Recipe(**asdict(RUNGS[name]), fit=fit) for name, fit in _FITS.items()}
