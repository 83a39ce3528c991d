"""A small network, 64-64, on the dense form, with a curve over epochs; the best epoch is kept."""

import copy
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.neural_network import MLPClassifier, MLPRegressor

from dlstart_web.kit.say import say
from evaluations.core.diagnosis import out_of_patience
from evaluations.core.encoding import Encoded
from evaluations.core.features import Rows
from evaluations.core.metrics import Metric
from evaluations.core.recipes.base import (
    CURVE_ROWS,
    SMALL,
    Array,
    Budget,
    EstimatorFitted,
    Judge,
    Report,
    TargetScale,
    apply_estimator,
    both,
    check_classes,
    n_classes,
    one_thread,
    some_rows,
    target_scale,
)
from evaluations.core.remedies import AS_IS, Change

UNITS = 64  # of each of two layers
ROWS, ROWS_OF_MANY, MANY = 60_000, 200_000, 300_000
RAMPS_FROM = 1_000  # below, ramps are more weights than a few rows can settle


class Network(EstimatorFitted):
    """Two layers of 64 units."""

    RECIPE = "network"
    REFITS = False
    TRUSTED: ClassVar[list[str]] = ["sklearn.neural_network._stochastic_optimizers.AdamOptimizer"]

    def refit(self, data: Encoded) -> "Network":
        tree, y = both(data)
        index = some_rows(len(y), data.affordable(_row_limit(len(y)), self.ramps), 0)
        matrix, target = Rows(data.features, tree).dense(index, self.ramps), _target(data, self.scale, y[index])
        estimator = _empty(data, self.settings, len(index))
        with one_thread():
            for epoch in range(int(self.best_x)):
                _pass(estimator, self.settings, epoch, matrix, target, data)
        return Network(
            data,
            len(index),
            self.best_x,
            self.settings,
            self.notes,
            estimator=estimator,
            scale=self.scale,
            ramps=self.ramps,
        )


def fit(
    data: Encoded, *, metric: Metric, budget: float, random_state: int, report: Report, change: Change = AS_IS
) -> Network:
    """Train by falling steps for ten epochs; few rows with classes get constant steps and an earlier stop."""
    check_classes(data)
    clock, judge = Budget(budget), Judge.of(data, metric)
    n, y = data.rows("train"), data.y("train")
    ramps = n >= RAMPS_FROM and data.ramps_fit()
    settings = _settings(data, n, random_state, change)
    index = some_rows(n, data.affordable(_row_limit(n), ramps), random_state)
    y = y[index]
    matrix, unseen = data.dense("train", index, ramps), data.dense("validation", judge.validation, ramps)
    scale = target_scale(data, judge, y, matrix, unseen)
    target, shown = _target(data, scale, y), min(len(index), CURVE_ROWS)
    notes = [say("Fitted on {rows:,} of {n:,} rows.", rows=len(index), n=n)] if len(index) < n else []
    estimator = _empty(data, settings, len(index))
    best, best_loss, best_epoch = estimator, np.inf, 0
    losses: list[float | None] = []
    with one_thread():
        for epoch in range(settings["epochs"]):
            _pass(estimator, settings, epoch, matrix, target, data)
            on_train = apply_estimator(estimator, matrix[:shown], data, scale)
            point = judge.point(epoch + 1, y[:shown], on_train, apply_estimator(estimator, unseen, data, scale))
            report(point)
            losses.append(point.validation_loss)
            if point.validation_loss is not None and point.validation_loss < best_loss:
                best, best_loss, best_epoch = copy.deepcopy(estimator), point.validation_loss, epoch + 1
            if clock.over and epoch + 1 < settings["epochs"]:
                notes.append(
                    clock.note(say("after {epoch} of {epochs} epochs", epoch=epoch + 1, epochs=settings["epochs"]))
                )
                break
            if out_of_patience(losses):
                break
    return Network(data, len(index), best_epoch, settings, notes, estimator=best, scale=scale, ramps=ramps)


def _row_limit(n: int) -> int:
    return ROWS_OF_MANY if n > MANY else ROWS


def _settings(data: Encoded, n: int, random_state: int, change: Change) -> dict[str, Any]:
    calm = n < SMALL and data.task != "regression"
    return {
        "units": max(1, round(UNITS * change.size)),
        "epochs": round((30 if calm else 10) * change.length),
        "rate": (2e-3 if calm else 3e-3) * change.rate,
        "falling": not calm,
        "alpha": 1e-4 if calm else 0.3,
        "batch": round((256 if calm or n > 10_000 else 128) * change.batch),
        "seed": random_state,
    }


def _empty(data: Encoded, settings: dict[str, Any], n: int) -> Any:
    kind = MLPRegressor if data.task == "regression" else MLPClassifier
    return kind(
        hidden_layer_sizes=(settings["units"],) * 2,
        batch_size=min(n, settings["batch"]),
        learning_rate_init=settings["rate"],
        alpha=settings["alpha"],
        random_state=settings["seed"],
    )


def _target(data: Encoded, scale: TargetScale, y: Array) -> Array:
    return scale.forward(y).astype(np.float32) if data.task == "regression" else y.astype(np.intp)


def _pass(
    estimator: Any, settings: dict[str, Any], epoch: int, matrix: NDArray[np.float32], target: Array, data: Encoded
) -> None:
    """One epoch; the step follows a cosine after a tenth of the epochs."""
    if settings["falling"]:
        share = max(0.0, epoch / settings["epochs"] - 0.1) / 0.9
        estimator.learning_rate_init = settings["rate"] * (0.5 + 0.5 * float(np.cos(np.pi * share))) + 1e-5
        if epoch:
            # partial_fit makes its optimiser once and reads the rate from there
            estimator._optimizer.learning_rate_init = estimator.learning_rate_init
    classes = {} if data.task == "regression" else {"classes": np.arange(n_classes(data))}
    estimator.partial_fit(matrix, target, **classes)
