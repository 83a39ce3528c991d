"""The rungs of the ladder as data, lowest first: names, titles and families, without the machinery that fits them."""

from dataclasses import dataclass
from typing import Literal

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
        Rung("always_same", "Always the same answer", 0, "simple", "rows"),
        Rung("linear", "Linear model", 2, "simple", "rows"),
        Rung("forest", "Random forest", 3, "simple", "rows"),
        Rung("boosting", "Boosting", 4, "simple", "round"),
        Rung("network", "Small neural network", 6, "deep", "epoch"),
    )
}

# Every simple recipe there will be (STATISTICS 8); all others, uploads and blends with one of them included, are deep.
SIMPLE = frozenset(
    {"always_same", "own_rule", "linear", "forest", "boosting", "boosting_wide", "naive_bayes", "tfidf_linear"}
)


def family(recipe: str) -> Family:
    """Whether a recipe's name belongs to the simple or to the deep candidates."""
    return "simple" if recipe in SIMPLE else "deep"
