"""A small network, 32 units, on the commonest words and letters, with a curve over epochs; the best epoch is kept."""

import copy
from typing import Any, ClassVar

import numpy as np
import scipy.sparse as sp
from sklearn.neural_network import MLPClassifier, MLPRegressor

from dlstart_web.kit.say import say
from evaluations.core.diagnosis import out_of_patience
from evaluations.core.encoding import Encoded
from evaluations.core.metrics import Metric
from evaluations.core.recipes.base import (
    CURVE_ROWS,
    Array,
    Budget,
    Index,
    Judge,
    Report,
    TargetScale,
    check_classes,
    n_classes,
    one_thread,
    some_rows,
    target_scale,
)
from evaluations.core.recipes.words import TextFitted, both_texts, guess, matrix_of
from evaluations.core.remedies import AS_IS, Change

COLUMNS, ROWS = 20_000, 60_000
EPOCHS = 10
UNITS, BATCH, RATE, ALPHA = 32, 64, 2e-3, 0.1


class TextNetwork(TextFitted):
    """One hidden layer."""

    RECIPE = "text_network"
    TRUSTED: ClassVar[list[str]] = ["sklearn.neural_network._stochastic_optimizers.AdamOptimizer"]

    def refit(self, data: Encoded) -> "TextNetwork":
        rows, y = both_texts(data)
        index = some_rows(len(y), ROWS, 0)
        matrix, target = self.matrix(rows, index), _target(data, self.scale, y[index])
        estimator = _empty(data, self.settings, len(index))
        with one_thread():
            for _ in range(int(self.best_x)):
                _pass(estimator, matrix, target, data)
        return TextNetwork(
            data, len(index), self.best_x, self.settings, self.notes,
            estimator=estimator, scale=self.scale, chosen=self.chosen,
        )  # fmt: skip


def fit(
    data: Encoded, *, metric: Metric, budget: float, random_state: int, report: Report, change: Change = AS_IS
) -> TextNetwork:
    """Train for ten epochs; on so many columns the best one comes early."""
    check_classes(data)
    clock, judge = Budget(budget), Judge.of(data, metric)
    n, y = data.rows("train"), data.y("train")
    index = some_rows(n, ROWS, random_state)
    y, chosen = y[index], _commonest(data.texts("train"))
    matrix = matrix_of(data.part("train"), index, chosen, beside=False, ramps=False)
    unseen = matrix_of(data.part("validation"), judge.validation, chosen, beside=False, ramps=False)
    scale = target_scale(data, judge, y, matrix, unseen)
    target, shown = _target(data, scale, y), min(len(index), CURVE_ROWS)
    notes = [say("Fitted on {rows:,} of {n:,} rows.", rows=len(index), n=n)] if len(index) < n else []
    settings: dict[str, Any] = {
        "units": max(1, round(UNITS * change.size)),
        "batch": round(BATCH * change.batch),
        "rate": RATE * change.rate,
        "alpha": ALPHA,
        "columns": COLUMNS,
        "epochs": round(EPOCHS * change.length),
        "seed": random_state,
    }
    estimator = _empty(data, settings, len(index))
    best, best_loss, best_epoch = estimator, np.inf, 0
    losses: list[float | None] = []
    with one_thread():
        for epoch in range(1, settings["epochs"] + 1):
            _pass(estimator, matrix, target, data)
            on_train = guess(estimator, matrix[:shown], data, scale)
            point = judge.point(epoch, y[:shown], on_train, guess(estimator, unseen, data, scale))
            report(point)
            losses.append(point.validation_loss)
            if point.validation_loss is not None and point.validation_loss < best_loss:
                best, best_loss, best_epoch = copy.deepcopy(estimator), point.validation_loss, epoch
            if clock.over and epoch < settings["epochs"]:
                notes.append(
                    clock.note(say("after {epoch} of {epochs} epochs", epoch=epoch, epochs=settings["epochs"]))
                )
                break
            if out_of_patience(losses):
                break
    return TextNetwork(data, len(index), best_epoch, settings, notes, estimator=best, scale=scale, chosen=chosen)


def _commonest(texts: sp.csr_matrix) -> Index:
    """The columns that most texts have, in their order."""
    counts = np.bincount(texts.indices, minlength=texts.shape[1])
    return np.sort(np.argsort(-counts, kind="stable")[:COLUMNS])


def _empty(data: Encoded, settings: dict[str, Any], n: int) -> Any:
    kind = MLPRegressor if data.task == "regression" else MLPClassifier
    return kind(
        hidden_layer_sizes=(settings["units"],),
        batch_size=min(n, settings["batch"]),
        learning_rate_init=settings["rate"],
        alpha=settings["alpha"],
        random_state=settings["seed"],
    )


def _target(data: Encoded, scale: TargetScale, y: Array) -> Array:
    return scale.forward(y).astype(np.float32) if data.task == "regression" else y.astype(np.intp)


def _pass(estimator: Any, matrix: sp.csr_matrix, target: Array, data: Encoded) -> None:
    classes = {} if data.task == "regression" else {"classes": np.arange(n_classes(data))}
    estimator.partial_fit(matrix, target, **classes)
