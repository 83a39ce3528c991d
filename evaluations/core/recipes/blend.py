"""A blend: a weighted mean of what the rungs predict, kept only where it is better on rows it was not chosen by."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluations.core.encoding import Encoded
from evaluations.core.features import Rows
from evaluations.core.recipes.base import Array, Fitted, Index, load, loss

PICKS = 8  # a model may be picked again: the weights are eighths
HALVINGS = 5
SMALLEST_WEIGHT = 0.1
CHOICE_ROWS = 20_000  # validation rows that a halving looks at


@dataclass(frozen=True)
class Mixture:
    """Weights by place, and how much lower the loss is than that of the best single model, both on the other halves."""

    weights: list[float]
    gain: float


@dataclass(kw_only=True)
class Blend(Fitted):
    """The members as they are handed in (refitted where that helps), and their weights."""

    RECIPE = "blend"
    REFITS = False

    members: list[Fitted]

    @classmethod
    def of(cls, data: Encoded, members: list[Fitted], settings: dict[str, Any]) -> "Blend":
        rows = max(member.rows_trained for member in members)
        return cls(data=data, rows_trained=rows, best_x=len(members), settings=settings, members=members)

    def _predict(self, encoded: Rows, source: str | Rows, rows: Index | None) -> Array:
        weights = self.settings["weights"].values()
        return mix([member.predict(source, rows) for member in self.members], list(weights))

    def refit(self, data: Encoded) -> "Blend":
        return Blend.of(data, [member.refit(data) for member in self.members], self.settings)

    def _save_model(self, folder: Path) -> None:
        for member, place in zip(self.members, member_folders(folder, len(self.members)), strict=True):
            member.save(place)

    @classmethod
    def _load_model(cls, folder: Path, data: Encoded, state: dict[str, Any]) -> "Blend":
        folders = member_folders(folder, len(state["settings"]["weights"]))
        return cls(data=data, members=[load(place, data) for place in folders], **state)


def member_folders(folder: Path, count: int) -> list[Path]:
    """Where the members of a blend lie."""
    return [folder / f"member_{place}" for place in range(count)]


def mix(predictions: list[Array], weights: list[float]) -> Array:
    """The weighted mean."""
    return np.asarray(sum(weight * each for weight, each in zip(weights, predictions, strict=True)))


def choose(data: Encoded, y: Array, predictions: list[Array], random_state: int) -> Mixture:
    """Pick greedily on each half of five random halvings, average the weights, and judge each on the other half.

    Parameters
    ----------
    data : Encoded
        For the loss of its task.
    y : ndarray of shape (n,)
        Validation labels.
    predictions : list of ndarrays
        What each model says of the same rows.

    Notes
    -----
    Caruana et al. 2004, Ensemble selection from libraries of models, guarded by rows that the choice has not seen.
    """
    rng = np.random.default_rng(random_state)
    weights, gains = [], []
    for _ in range(HALVINGS):
        order = rng.permutation(len(y))[: 2 * CHOICE_ROWS]
        first, second = order[: len(order) // 2], order[len(order) // 2 :]
        for seen, unseen in ((first, second), (second, first)):
            found = _greedy(data, y[seen], [each[seen] for each in predictions])
            other = [each[unseen] for each in predictions]
            single = int(np.argmin([loss(data, y[seen], each[seen]) for each in predictions]))
            weights.append(found)
            gains.append(loss(data, y[unseen], other[single]) - loss(data, y[unseen], mix(other, list(found))))
    mean = np.mean(weights, axis=0)
    mean[mean < SMALLEST_WEIGHT] = 0
    return Mixture([float(weight) for weight in mean / mean.sum()], float(np.mean(gains)))


def _greedy(data: Encoded, y: Array, predictions: list[Array]) -> NDArray[np.float64]:
    total, picked = np.zeros_like(predictions[0]), np.zeros(len(predictions))
    for count in range(1, PICKS + 1):
        place = int(np.argmin([loss(data, y, (total + each) / count) for each in predictions]))
        total, picked[place] = total + predictions[place], picked[place] + 1
    return picked / PICKS
