"""Logistic or ridge regression on scaled numbers, ramps and 0/1 categories, with a curve over growing rows."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression, Ridge

from dlstart_web.kit.say import say
from evaluations.core.encoding import Encoded
from evaluations.core.features import Rows
from evaluations.core.metrics import Metric
from evaluations.core.recipes.base import (
    CURVE_ROWS,
    Array,
    Budget,
    EstimatorFitted,
    Judge,
    Report,
    TargetScale,
    apply_estimator,
    both,
    check_classes,
    growing_sizes,
    loss,
    n_classes,
    one_thread,
    some_rows,
    target_scale,
)

ROWS = 30_000  # more rows move a linear model by less than its noise
FEW_ROWS = 1_000  # below, the penalty is chosen on validation too
NEWTON_LIMIT = 1_500  # features x classes up to which newton-cholesky is the faster solver


class Linear(EstimatorFitted):
    """Logistic regression, or ridge."""

    RECIPE = "linear"

    def refit(self, data: Encoded) -> "Linear":
        tree, y = both(data)
        index = some_rows(len(y), data.affordable(ROWS, self.ramps), 0)
        matrix = Rows(data.features, tree).dense(index, self.ramps)
        with one_thread():
            estimator = solve(data, matrix, y[index], self.settings["C"], self.scale)
        return Linear(
            data,
            len(index),
            len(index),
            self.settings,
            self.notes,
            estimator=estimator,
            scale=self.scale,
            ramps=self.ramps,
        )


def fit(data: Encoded, *, metric: Metric, budget: float, random_state: int, report: Report) -> Linear:
    """Fit at 1/27, 1/9, 1/3 and all of at most 30,000 rows."""
    check_classes(data)
    clock, judge = Budget(budget), Judge.of(data, metric)
    n, y, ramps = data.rows("train"), data.y("train"), data.ramps_fit()
    index = some_rows(n, data.affordable(ROWS, ramps), random_state)
    y = y[index]
    matrix, unseen = data.dense("train", index, ramps), data.dense("validation", judge.validation, ramps)
    scale = target_scale(data, judge, y, matrix, unseen)
    notes = [say("Fitted on {rows:,} of {n:,} rows.", rows=len(index), n=n)] if len(index) < n else []
    with one_thread():
        strength = 1.0
        if n < FEW_ROWS:
            trials = {c: apply_estimator(solve(data, matrix, y, c, scale), unseen, data, scale) for c in (0.1, 1.0)}
            strength = min(trials, key=lambda c: loss(data, judge.y_validation, trials[c]))
        sizes = [s for s in growing_sizes(len(index), (27, 9, 3, 1)) if _has_all_classes(data, y[:s], y)]
        for size, larger in zip(sizes, [*sizes[1:], None], strict=True):
            step = Budget(budget)
            estimator = solve(data, matrix[:size], y[:size], strength, scale)
            shown = min(size, CURVE_ROWS)
            on_train = apply_estimator(estimator, matrix[:shown], data, scale)
            on_validation = apply_estimator(estimator, unseen, data, scale)
            report(judge.point(size, y[:shown], on_train, on_validation))
            if larger and not clock.reaches(step.spent * larger / size):  # a solver can't be stopped half-way
                notes.append(clock.note(say("on {rows:,} of {n:,} rows", rows=size, n=len(index))))
                break
    settings = {"C": strength, "ramps": ramps, "log target": scale.log}
    return Linear(data, size, size, settings, notes, estimator=estimator, scale=scale, ramps=ramps)


def _has_all_classes(data: Encoded, part: Array, whole: Array) -> bool:
    return data.task == "regression" or len(np.unique(part)) == len(np.unique(whole))


def solve(data: Encoded, matrix: NDArray[np.float32], y: Array, strength: float, scale: TargetScale) -> Any:
    """Ridge for a number, logistic regression for classes."""
    if data.task == "regression":
        return Ridge(alpha=10 / strength).fit(matrix, scale.forward(y).astype(np.float32))
    solver = "newton-cholesky" if n_classes(data) * matrix.shape[1] < NEWTON_LIMIT else "lbfgs"
    return LogisticRegression(C=strength, solver=solver, max_iter=100, tol=1e-3).fit(matrix, y)
