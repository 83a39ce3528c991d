"""A random forest on codes: few trees, at most 20,000 rows. Never the best, worth a rung."""

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor, RandomForestClassifier, RandomForestRegressor

from dlstart_web.kit.say import say
from evaluations.core.encoding import Encoded
from evaluations.core.features import BLOCK, Rows
from evaluations.core.metrics import Metric
from evaluations.core.recipes.base import (
    CURVE_ROWS,
    SMALL,
    Array,
    Budget,
    EstimatorFitted,
    Index,
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
)

ROWS = 20_000
FOREST_BYTES = 500_000_000
MOST_TREES = 60
STEP = 30  # trees between two looks at the clock
LEAF, LEAVES_TRIED = 3, (1, 3)  # rows of a leaf; for few rows a ninth of them says which is better
MISSING = np.float32(-1e6)  # left of every value: trees may split missing ones off


class Forest(EstimatorFitted):
    """Random forest, or extra trees for few rows."""

    RECIPE = "forest"
    REFITS = False
    TRUSTED: ClassVar[list[str]] = ["sklearn.tree._tree.Tree"]  # node indices; our own files only

    def _predict(self, encoded: Rows, source: str | Rows, rows: Index | None) -> Array:
        index = np.arange(len(encoded)) if rows is None else rows
        starts = range(0, len(index), BLOCK)
        return np.concatenate([self._apply(_fill(encoded.tree[index[s : s + BLOCK]])) for s in starts])

    def refit(self, data: Encoded) -> "Forest":
        tree, y = both(data)
        index = some_rows(len(y), _row_limit(data, self.settings["trees"], self.settings["leaf"]), 0)
        with one_thread():
            estimator = _empty(data, self.settings["kind"], self.settings["leaf"], self.estimator.random_state)
            estimator.set_params(n_estimators=self.settings["trees"]).fit(_fill(tree[index]), y[index])
        return Forest(data, len(index), len(index), self.settings, self.notes, estimator=estimator)


def fit(data: Encoded, *, metric: Metric, budget: float, random_state: int, report: Report) -> Forest:
    """Grow the same number of trees on 1/9, 1/3 and all of at most 20,000 rows."""
    check_classes(data)
    clock, judge = Budget(budget), Judge.of(data, metric)
    n = data.rows("train")
    kind, trees = (say("extra trees"), MOST_TREES) if n < SMALL else (say("random forest"), 30)
    index = some_rows(n, _row_limit(data, trees, LEAF), random_state)
    matrix, y = _fill(data.tree("train")[index]), data.y("train")[index]
    unseen = _fill(data.tree("validation")[judge.validation])
    notes = [say("Fitted on {rows:,} of {n:,} rows.", rows=len(index), n=n)] if len(index) < n else []
    with one_thread():
        sizes = growing_sizes(len(index), (9, 3, 1))
        leaf = _leaf(data, judge, kind, random_state, matrix[: sizes[0]], y[: sizes[0]], unseen)
        for size, larger in zip(sizes, [*sizes[1:], None], strict=True):
            estimator = _empty(data, kind, leaf, random_state)
            for count in range(STEP, trees + 1, STEP):
                estimator.set_params(n_estimators=count).fit(matrix[:size], y[:size])
                if clock.over:
                    break
            shown = min(size, CURVE_ROWS)
            on_train = apply_estimator(estimator, matrix[:shown], data, TargetScale())
            on_validation = apply_estimator(estimator, unseen, data, TargetScale())
            report(judge.point(size, y[:shown], on_train, on_validation))
            if clock.over and (larger or count < trees):
                notes.append(
                    clock.note(
                        say(
                            "with {count} of {trees} trees on {rows:,} of {n:,} rows",
                            count=count,
                            trees=trees,
                            rows=size,
                            n=len(index),
                        )
                    )
                )
                break
    return Forest(data, size, size, {"kind": kind, "trees": count, "leaf": leaf}, notes, estimator=estimator)


def _leaf(
    data: Encoded,
    judge: Judge,
    kind: str,
    random_state: int,
    matrix: NDArray[np.float32],
    y: Array,
    unseen: NDArray[np.float32],
) -> int:
    """The fewest rows of a leaf: where rows are few, what a trial on some of them says of validation."""
    n = data.rows("train")
    if n >= SMALL or n > _row_limit(data, MOST_TREES, min(LEAVES_TRIED)):
        return LEAF

    def trial(leaf: int) -> float:
        estimator = _empty(data, kind, leaf, random_state).set_params(n_estimators=STEP).fit(matrix, y)
        return loss(data, judge.y_validation, apply_estimator(estimator, unseen, data, TargetScale()))

    return min(LEAVES_TRIED, key=trial)


def _row_limit(data: Encoded, trees: int, leaf: int) -> int:
    """Every node holds a figure for each class: many classes leave memory for fewer rows."""
    nodes_a_row = 1.8 / leaf
    return int(min(ROWS, FOREST_BYTES / (8 * nodes_a_row * trees * n_classes(data))))


def _empty(data: Encoded, kind: str, leaf: int, random_state: int) -> Any:
    number = data.task == "regression"
    common = {"min_samples_leaf": leaf, "n_jobs": 1, "random_state": random_state, "warm_start": True}
    if kind == "extra trees":
        return (ExtraTreesRegressor if number else ExtraTreesClassifier)(max_features=0.5, **common)
    if number:
        return RandomForestRegressor(max_features=0.33, **common)
    return RandomForestClassifier(max_features="sqrt", **common)


def _fill(tree: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.where(np.isnan(tree), MISSING, tree)
