"""The rungs of the ladder as data, lowest first: names, titles and families, without the machinery that fits them."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from dlstart_web.kit.say import say

Family = Literal["simple", "deep"]
Curve = Literal["round", "epoch", "rows"]


@dataclass(frozen=True)
class Rung:
    """One kind of model: `number` is its place on the ladder, `curve` what its learning curve runs over."""

    name: str
    title: str
    number: int
    family: Family
    curve: Curve


RUNGS: dict[str, Rung] = {
    rung.name: rung
    for rung in (
        Rung("always_same", say("Always the same answer"), 0, "simple", "rows"),
        Rung("own_rule", say("Your own rule"), 1, "simple", "rows"),
        Rung("linear", say("Linear model"), 2, "simple", "rows"),
        Rung("naive_bayes", say("Naive Bayes on words and letters"), 2, "simple", "rows"),
        Rung("tfidf_linear", say("Linear model on words and letters"), 2, "simple", "rows"),
        Rung("forest", say("Random forest"), 3, "simple", "rows"),
        Rung("boosting", say("Boosting"), 4, "simple", "round"),
        Rung("boosting_wide", say("Boosting, wide trees"), 5, "simple", "round"),
        Rung("network", say("Small neural network"), 6, "deep", "epoch"),
        Rung("text_network", say("Small network on words and letters"), 6, "deep", "epoch"),
        Rung("convolutional", say("Convolutional network"), 6, "deep", "epoch"),
        Rung("pretrained", say("Pretrained network, a linear model on top"), 7, "deep", "rows"),
        Rung("blend", say("Blend of the rungs"), 9, "deep", "round"),
        Rung("upload", say("Your upload"), 10, "deep", "rows"),
    )
}

# Every simple recipe there will be (STATISTICS 8); all others, uploads and blends with one of them included, are deep.
SIMPLE = frozenset(
    {"always_same", "own_rule", "linear", "forest", "boosting", "boosting_wide", "naive_bayes", "tfidf_linear"}
)

NO_MODEL = frozenset({"always_same", "own_rule", "blend", "upload"})  # learn nothing from rows by themselves
NO_CHANCE = NO_MODEL | {"linear", "naive_bayes", "tfidf_linear"}  # come out the same with every seed

NO_BACKBONE = say(
    "No pretrained network lies on this server; the administrator can name its folder in DLSTART_BACKBONE."
)
NO_TORCH = say("PyTorch is not installed here; the administrator can add it with pip install 'dlstart[deep]'.")

_TABLE = ("always_same", "own_rule", "linear", "forest", "boosting", "boosting_wide", "network")
_TEXT = ("naive_bayes", "tfidf_linear", "text_network")


def offered(kinds: Collection[str], task: str, *, has_backbone: bool = False) -> list[str]:
    """Recipes that fit features of these kinds, lowest first.

    Parameters
    ----------
    kinds : collection of str
        Of the features: number, category, text, date, boolean, picture, sound.
    task : {"binary", "multiclass", "regression"}
    has_backbone : bool
        Whether a pretrained network lies on this server.
    """
    names = {"always_same", "blend"}
    if set(kinds) - {"text"}:
        names.update(_TABLE)
    if "text" in kinds:
        names.update(_TEXT)
    if "picture" in kinds:
        names.update({"convolutional", "pretrained"} if has_backbone else {"convolutional"})
        names -= {"boosting_wide", "network"}
    if set(kinds) <= {"picture", "sound"}:
        names.discard("own_rule")  # a rule reads columns
    if task == "regression":
        names.discard("naive_bayes")
    return [name for name in RUNGS if name in names]


def family(recipe: str) -> Family:
    """Whether a recipe's name belongs to the simple or to the deep candidates."""
    return "simple" if recipe in SIMPLE else "deep"
