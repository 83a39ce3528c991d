"""A network trained on other pictures, kept as it is, with a linear model on the figures it gives; a curve over growing rows."""

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from dlstart_web.kit.say import say
from evaluations.core.backbone import Backbone
from evaluations.core.encoding import Encoded
from evaluations.core.errors import EvaluationProblem
from evaluations.core.features import Rows
from evaluations.core.metrics import Metric
from evaluations.core.recipes.base import (
    Array,
    Budget,
    EstimatorFitted,
    Index,
    Judge,
    Report,
    TargetScale,
    apply_estimator,
    check_classes,
    growing_sizes,
    one_thread,
    some_rows,
)
from evaluations.core.recipes.linear import solve

ROWS = 50_000  # train pictures that are read, for the fit and for the score on train
TRIED = 16  # pictures that a trial reads, to say what all of them will take
STRENGTH = 0.01  # figures are many and alike

Figures = NDArray[np.float32]


@dataclass(kw_only=True)
class Pretrained(EstimatorFitted):
    """Logistic regression, or ridge, on a backbone's figures. To predict, the same ONNX file must be on disk."""

    RECIPE = "pretrained"
    REFITS = False

    backbone: Backbone
    known: dict[str, tuple[Index, Figures]] = field(default_factory=dict)  # read already, by part

    def _predict(self, encoded: Rows, source: str | Rows, rows: Index | None) -> Array:
        assert encoded.pixels is not None
        index = np.arange(len(encoded)) if rows is None else rows
        figures = self._known(source, index)
        if figures is None:
            figures = self.backbone.features(encoded.pixels[index])
        return self._apply(figures)

    def _known(self, source: str | Rows, index: Index) -> Figures | None:
        known, figures = self.known.get(source, (None, None)) if isinstance(source, str) else (None, None)
        if known is None or figures is None or not np.isin(index, known).all():
            return None
        return figures[np.searchsorted(known, index)]

    def refit(self, data: Encoded) -> "Pretrained":
        """Stays as it is: reading the pictures is what costs."""
        return self

    def _state(self) -> dict[str, Any]:
        return {"folder": str(self.backbone.folder), "fingerprint": self.settings["fingerprint"]}

    @classmethod
    def _from_state(cls, extra: dict[str, Any]) -> dict[str, Any]:
        backbone = Backbone(Path(extra["folder"]))
        if backbone.fingerprint() != extra["fingerprint"]:
            raise EvaluationProblem(say("The pretrained network on disk is another one than this run was fitted with."))
        return {"backbone": backbone}


def fit(
    data: Encoded, *, metric: Metric, budget: float, random_state: int, report: Report, backbone: Path
) -> Pretrained:
    """Read every picture once, then fit at 1/9, 1/3 and all of the rows.

    Parameters
    ----------
    backbone : Path
        The folder of the pretrained network (`core.backbone`).

    Raises
    ------
    EvaluationProblem
        Reading the pictures that a score needs would take more than the budget.
    """
    check_classes(data)
    clock, judge, network = Budget(budget), Judge.of(data, metric), Backbone(backbone)
    n = data.rows("train")
    index = np.sort(some_rows(n, ROWS, 0))
    others = sum(data.rows(part) for part in data.parts if part != "train")
    _refuse_what_cannot_end(network, data, len(index) + others, clock)
    known = {"train": (index, network.features(data.pixels("train")[index]))}
    known["validation"] = (np.arange(data.rows("validation")), network.features(data.pixels("validation")))
    order = np.random.default_rng(random_state).permutation(len(index))
    figures, y = known["train"][1][order], data.y("train")[index][order]
    unseen = known["validation"][1][judge.validation]
    scale = TargetScale.of(y) if data.task == "regression" else TargetScale()
    with one_thread():
        sizes = [s for s in growing_sizes(len(y), (9, 3, 1)) if data.task == "regression" or len(np.unique(y[:s])) > 1]
        for size in sizes:
            estimator = _fitted(data, figures[:size], y[:size], scale)
            on_train = apply_estimator(estimator, figures[:size], data, scale)
            report(judge.point(size, y[:size], on_train, apply_estimator(estimator, unseen, data, scale)))
    settings = {"network": network.name, "fingerprint": network.fingerprint(), "side": network.side, "C": STRENGTH}
    notes = [say("Fitted on {rows:,} of {n:,} rows.", rows=len(index), n=n)] if len(index) < n else []
    return Pretrained(
        data, size, size, settings, notes, estimator=estimator, scale=scale, backbone=network, known=known
    )


def _refuse_what_cannot_end(network: Backbone, data: Encoded, pictures: int, clock: Budget) -> None:
    some = data.pixels("train")[:TRIED]
    network.features(some)  # the first call makes room
    began = time.process_time()
    network.features(some)
    seconds = (time.process_time() - began) / len(some) * pictures
    if not clock.reaches(seconds):
        raise EvaluationProblem(
            say(
                "Reading {pictures:,} pictures with {name} would take about {seconds:,.0f} CPU seconds, "
                "and {budget:,.0f} were left for it. Raise the ladder's budget, or use a smaller network or a GPU.",
                pictures=pictures,
                name=network.name,
                seconds=seconds,
                budget=clock.seconds,
            )
        )


def _fitted(data: Encoded, figures: Figures, y: Array, scale: TargetScale) -> Pipeline:
    scaler = StandardScaler()
    return make_pipeline(scaler, solve(data, scaler.fit_transform(figures), y, STRENGTH, scale))
