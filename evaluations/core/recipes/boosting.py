"""Gradient boosting by LightGBM, stopped on validation, with a curve over rounds."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray

from evaluations.core.encoding import Encoded
from evaluations.core.features import Rows
from evaluations.core.metrics import Metric
from evaluations.core.recipes.base import (
    COARSE,
    SMALL,
    Array,
    Budget,
    CurvePoint,
    Fitted,
    Index,
    Report,
    check_classes,
    n_classes,
    one_thread,
    some_rows,
)

ROWS = 300_000  # fewer rows and more trees beat more rows and fewer trees in the same time
PICTURES = 20_000  # of several hundred numbers each
TRIAL_FROM, TRIAL_ROWS = 2_000, 30_000
FEW_CLASSES = 3
MORE_TREES = 1.1  # a refit has more rows, hence room for a tenth more rounds

Coding = str  # "native": sets of categories; "codes": their order by frequency; "means": out-of-fold target means


@dataclass(frozen=True)
class Shape:
    """One booster's settings."""

    params: Mapping[str, float]
    rounds: int
    patience: int


def narrow(n: int) -> Shape:
    """Eight leaves: for few rows."""
    rate = 0.06 if n < SMALL else 0.12
    params = {
        "num_leaves": 8,
        "feature_fraction": 0.4,
        "lambda_l2": 3,
        "min_child_samples": 10,
        "learning_rate": rate,
    }
    return Shape(params, 800, 30)


def wide(n: int, classes: int) -> Shape:
    """Many leaves: for interactions and many rows. Each class grows its own trees, so many classes get smaller ones."""
    leaves, fraction, rate = (31, 0.5, 0.05 if n < SMALL else 0.1) if n < COARSE else (127, 0.8, 0.12)
    if classes > FEW_CLASSES:
        leaves = min(leaves, 31)
    params = {
        "num_leaves": leaves,
        "feature_fraction": fraction,
        "lambda_l2": 5,
        "min_child_samples": 20,
        "learning_rate": rate,
    }
    return Shape(params, 800, 20)


@dataclass(kw_only=True)
class Boosting(Fitted):
    """A LightGBM booster and the form in which it reads categories."""

    RECIPE = "boosting"

    booster: lgb.Booster
    coding: Coding

    def _predict(self, encoded: Rows, source: str | Rows, rows: Index | None) -> Array:
        matrix = self.data.means(source) if self.coding == "means" else encoded.tree
        if rows is not None:
            matrix = matrix[rows]
        return _shaped(self.data, self.booster.predict(matrix, num_threads=1))

    def refit(self, data: Encoded) -> "Boosting":
        parts = [_matrix(data, part, self.coding) for part in ("train", "validation")]
        y = np.concatenate([data.y("train"), data.y("validation")])
        rounds = max(10, int(self.best_x * MORE_TREES))
        params = _params(data, self.settings["shape"], self.settings["seed"])
        with one_thread():
            booster = lgb.train(params, _dataset(data, np.vstack(parts), y, self.coding, params), rounds)
        return Boosting(data, len(y), rounds, self.settings, self.notes, booster=booster, coding=self.coding)

    def _save_model(self, folder: Path) -> None:
        self.booster.save_model(folder / "model.txt")

    @classmethod
    def _load_model(cls, folder: Path, data: Encoded, state: dict[str, Any]) -> "Boosting":
        booster = lgb.Booster(model_file=folder / "model.txt")
        return cls(data=data, booster=booster, coding=state["settings"]["coding"], **state)


def fit(data: Encoded, *, metric: Metric, budget: float, random_state: int, report: Report) -> Boosting:
    """One good booster: narrow below 20,000 rows, wide above, the categories' coding by a trial on some of the rows."""
    check_classes(data)
    clock = Budget(budget)
    with one_thread():
        shape, coding = _choose(data, random_state, clock)
        return fit_shape(data, shape, coding, clock=clock, random_state=random_state, report=report)


def fit_shape(
    data: Encoded, shape: Shape, coding: Coding, *, clock: Budget, random_state: int, report: Report
) -> Boosting:
    """Boost in the given shape until validation stops improving, or the budget ends."""
    n = data.rows("train")
    limit = ROWS if n_classes(data) <= FEW_CLASSES else max(TRIAL_ROWS, ROWS * FEW_CLASSES // n_classes(data))
    limit = PICTURES if data.has_pictures else limit
    index = some_rows(n, limit, random_state) if n > limit else None
    booster, watch = _train(data, shape, coding, index, clock, random_state, report)
    notes = [f"Fitted on {limit:,} of {n:,} rows."] if index is not None else []
    if watch.out_of_budget:
        notes.append(clock.note(f"after {watch.rounds} of at most {shape.rounds} rounds"))
    settings = {"shape": dict(shape.params), "coding": coding, "seed": random_state, "rounds": watch.best}
    rows = n if index is None else len(index)
    booster = lgb.Booster(model_str=booster.model_to_string(num_iteration=watch.best))
    return Boosting(data, rows, watch.best, settings, notes, booster=booster, coding=coding)


class _Watch:
    """Reports each round, keeps the best, and ends the fit by patience or budget."""

    def __init__(self, shape: Shape, clock: Budget, report: Report | None) -> None:
        self.patience, self.clock, self.report = shape.patience, clock, report
        self.best, self.best_loss, self.rounds = 0, np.inf, 0
        self.out_of_budget = False

    def __call__(self, env: Any) -> None:
        losses = {name: value for name, _, value, _ in env.evaluation_result_list}
        self.rounds = env.iteration + 1
        if losses["validation"] < self.best_loss:
            self.best, self.best_loss = self.rounds, losses["validation"]
        if self.report:
            self.report(CurvePoint(self.rounds, losses.get("train"), losses["validation"]))
        self.out_of_budget = self.clock.over and self.rounds < env.end_iteration
        if self.out_of_budget or self.rounds - self.best >= self.patience:
            raise lgb.callback.EarlyStopException(self.best - 1, env.evaluation_result_list)


def _train(
    data: Encoded,
    shape: Shape,
    coding: Coding,
    index: Index | None,
    clock: Budget,
    random_state: int,
    report: Report | None,
) -> tuple[lgb.Booster, _Watch]:
    params = _params(data, shape.params, random_state)
    matrix, y = _matrix(data, "train", coding), data.y("train")
    if index is not None:
        matrix, y = matrix[index], y[index]
    train = _dataset(data, matrix, y, coding, params)
    rows = np.sort(some_rows(data.rows("validation"), 50_000, 0))
    unseen = train.create_valid(_matrix(data, "validation", coding)[rows], data.y("validation")[rows])
    sets = {"validation": unseen} if report is None else {"train": train, "validation": unseen}
    watch = _Watch(shape, clock, report)
    booster = lgb.train(
        params, train, shape.rounds, valid_sets=list(sets.values()), valid_names=list(sets), callbacks=[watch]
    )
    return booster, watch


def of_pictures() -> Shape:
    """Few columns a tree and coarse bins: gradient cells are many and alike."""
    params = {
        "num_leaves": 15,
        "feature_fraction": 0.1,
        "lambda_l2": 3,
        "min_child_samples": 10,
        "learning_rate": 0.15,
        "max_bin": 63,
    }
    return Shape(params, 300, 10)


def _choose(data: Encoded, random_state: int, clock: Budget) -> tuple[Shape, Coding]:
    """Shape and coding by a trial on some of the rows; few rows go without, since their noise would choose."""
    n = data.rows("train")
    if data.has_pictures:
        return of_pictures(), "codes"
    if n < TRIAL_FROM:
        return narrow(n), "native" if data.native else "codes"
    if n < COARSE:
        rows, rounds = n // 3, 300
        candidates = [(narrow(n), "codes"), (wide(n, n_classes(data)), "codes")] + (
            [(narrow(n), "native")] if data.native else []
        )
    else:
        rows, rounds = min(n // 9, TRIAL_ROWS), 60
        trial_shape = Shape({**wide(n, n_classes(data)).params, "num_leaves": 31}, 0, 0)
        codings = (
            ["codes"] + ["native"] * bool(data.native) + ["means"] * bool(data.categories and n_classes(data) <= 10)
        )
        candidates = [(trial_shape, c) for c in codings]
    if len(candidates) == 1:
        return wide(n, n_classes(data)), "codes"
    index = some_rows(n, rows, random_state)
    losses = []
    for shape, coding in candidates:
        trial = Shape(shape.params, rounds, 10)
        limit = Budget(clock.seconds / (3 * len(candidates)))  # a third of the budget chooses
        losses.append(_train(data, trial, coding, index, limit, random_state, None)[1].best_loss)
    shape, coding = candidates[int(np.argmin(losses))]
    return (shape if n < COARSE else wide(n, n_classes(data))), coding


def _params(data: Encoded, shape: Mapping[str, float], random_state: int) -> dict[str, Any]:
    objectives: dict[str, dict[str, Any]] = {
        "binary": {"objective": "binary", "metric": "binary_logloss"},
        "multiclass": {"objective": "multiclass", "metric": "multi_logloss", "num_class": n_classes(data)},
        "regression": {"objective": "regression", "metric": "rmse"},
    }
    common = {
        "num_threads": 1,
        "verbose": -1,
        "seed": random_state,
        "deterministic": True,
        "force_row_wise": True,
        "feature_pre_filter": False,
        "cat_smooth": 20,
        "min_data_per_group": 50,
        "bagging_fraction": 0.8,
        "bagging_freq": 1,
    }
    return objectives[data.task] | common | dict(shape)


def _dataset(
    data: Encoded, matrix: NDArray[np.float32], y: Array, coding: Coding, params: dict[str, Any]
) -> lgb.Dataset:
    native = data.native if coding == "native" else []
    return lgb.Dataset(matrix, y, params=params, categorical_feature=native)


def _matrix(data: Encoded, part: str, coding: Coding) -> NDArray[np.float32]:
    return data.means(part) if coding == "means" else data.tree(part)


def _shaped(data: Encoded, raw: Any) -> Array:
    raw = np.asarray(raw, dtype=np.float64)
    return np.column_stack([1 - raw, raw]) if data.task == "binary" else raw
