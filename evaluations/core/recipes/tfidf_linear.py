"""Logistic or ridge regression on words and letters, and on the table's other columns where there are any."""

from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.linear_model import LogisticRegression, Ridge

from dlstart_web.kit.say import say
from evaluations.core.encoding import Encoded
from evaluations.core.metrics import Metric
from evaluations.core.recipes.base import (
    CURVE_ROWS,
    Array,
    Budget,
    Judge,
    Report,
    TargetScale,
    check_classes,
    growing_sizes,
    one_thread,
    some_rows,
    target_scale,
)
from evaluations.core.recipes.words import TextFitted, both_texts, guess, matrix_of

ROWS = 30_000
STRENGTH = 4.0


class TfidfLinear(TextFitted):
    """Logistic regression, or ridge, on a sparse matrix."""

    RECIPE = "tfidf_linear"

    def refit(self, data: Encoded) -> "TfidfLinear":
        rows, y = both_texts(data)
        index = some_rows(len(y), _row_limit(data, len(y), self.beside, self.ramps), 0)
        with one_thread():
            estimator = _solve(data, self.matrix(rows, index), y[index], self.scale)
        return TfidfLinear(
            data, len(index), len(index), self.settings, self.notes,
            estimator=estimator, scale=self.scale, ramps=self.ramps, chosen=self.chosen, beside=self.beside,
        )  # fmt: skip


def fit(data: Encoded, *, metric: Metric, budget: float, random_state: int, report: Report) -> TfidfLinear:
    """Fit at 1/9, 1/3 and all of at most 30,000 rows."""
    check_classes(data)
    clock, judge = Budget(budget), Judge.of(data, metric)
    n, y = data.rows("train"), data.y("train")
    beside, ramps = bool(data.features) and not data.media, data.ramps_fit()
    index = some_rows(n, _row_limit(data, n, beside, ramps), random_state)
    y = y[index]
    matrix = matrix_of(data.part("train"), index, slice(None), beside=beside, ramps=ramps)
    unseen = matrix_of(data.part("validation"), judge.validation, slice(None), beside=beside, ramps=ramps)
    scale = target_scale(data, judge, y, matrix, unseen)
    notes = [say("Fitted on {rows:,} of {n:,} rows.", rows=len(index), n=n)] if len(index) < n else []
    with one_thread():
        sizes = [
            s for s in growing_sizes(len(index), (9, 3, 1)) if data.task == "regression" or len(np.unique(y[:s])) > 1
        ]
        for size, larger in zip(sizes, [*sizes[1:], None], strict=True):
            step = Budget(budget)
            estimator = _solve(data, matrix[:size], y[:size], scale)
            shown = min(size, CURVE_ROWS)
            on_train = guess(estimator, matrix[:shown], data, scale)
            report(judge.point(size, y[:shown], on_train, guess(estimator, unseen, data, scale)))
            if larger and not clock.reaches(step.spent * larger / size):  # a solver can't be stopped half-way
                notes.append(clock.note(say("on {rows:,} of {n:,} rows", rows=size, n=len(index))))
                break
    settings = {"C": STRENGTH, "reads": "both", "table columns": beside, "log target": scale.log}
    return TfidfLinear(
        data, size, size, settings, notes,
        estimator=estimator, scale=scale, ramps=ramps, chosen=slice(None), beside=beside,
    )  # fmt: skip


def _row_limit(data: Encoded, n: int, beside: bool, ramps: bool) -> int:
    return data.affordable(min(n, ROWS), ramps) if beside else min(n, ROWS)


def _solve(data: Encoded, matrix: sp.csr_matrix, y: Array, scale: TargetScale) -> Any:
    if data.task == "regression":
        return Ridge(alpha=1.0, solver="lsqr").fit(matrix, scale.forward(y).astype(np.float32))
    return LogisticRegression(C=STRENGTH, max_iter=200, tol=1e-3).fit(matrix, y)
