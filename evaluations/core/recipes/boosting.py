"""Gradient boosting by LightGBM, stopped on validation, with a curve over rounds."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray

from dlstart_web.kit.say import say
from evaluations.core.encoding import Encoded
from evaluations.core.features import Rows
from evaluations.core.metrics import Metric
from evaluations.core.recipes.base import (
    COARSE,
    EVALUATION_ROWS,
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
from evaluations.core.remedies import AS_IS, Change

ROWS = 300_000  # fewer rows and more trees beat more rows and fewer trees in the same time
PICTURES = 20_000  # of several hundred numbers each
MIDDLE = 60_000  # up to here the shape of the wide booster is tried, from here on it is the large one
MANY = 300_000  # from here on the wide booster is the first to be cut: it takes half of its budget
BINS_OF_MANY = 63  # a third cheaper than 255, and no worse once there are rows enough for many trees
SAMPLE = 2_000  # rows that the cost of predicting is measured on
TRIAL_ROWS, TRIAL_ROUNDS = 30_000, 60
FEW_CLASSES = 3
MORE_TREES = 1.1  # a refit has more rows, hence room for a tenth more rounds

Coding = str  # "native": sets of categories; "codes": their order by frequency; "means": out-of-fold target means


@dataclass(frozen=True)
class Shape:
    """One booster's settings."""

    params: Mapping[str, float]
    rounds: int
    patience: int

    def changed(self, change: Change) -> "Shape":
        """The same with fewer or more leaves, other steps, or more rounds."""
        params = dict(self.params)
        params["num_leaves"] = max(2, round(params["num_leaves"] * change.size))
        params["learning_rate"] *= change.rate
        return Shape(params, round(self.rounds * change.length), round(self.patience * max(1, change.length)))


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
    return Shape(params, 800 if n < COARSE else 300, 30)


def wide(leaves: int, fraction: float, rate: float, fewest: int = 20, bins: int = 255) -> Shape:
    """Many leaves: for interactions and many rows."""
    params = {
        "num_leaves": leaves,
        "feature_fraction": fraction,
        "lambda_l2": 5,
        "min_child_samples": fewest,
        "learning_rate": rate,
        "max_bin": bins,
    }
    return Shape(params, 800, 20)


def wide_shapes(n: int, classes: int) -> list[Shape]:
    """What may be meant by many leaves at this size; where there are two, a trial decides.

    Each class grows its own trees, so many classes get small ones.
    """
    if n < SMALL or classes > FEW_CLASSES:
        return [wide(31, 0.5, 0.05 if n < SMALL else 0.1)]
    if n < MIDDLE:
        return [wide(31, 0.5, 0.1), wide(127, 0.8, 0.08, 10)]
    return [wide(127, 0.8, 0.12, bins=BINS_OF_MANY)]


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
        return type(self)(data, len(y), rounds, self.settings, self.notes, booster=booster, coding=self.coding)

    def _save_model(self, folder: Path) -> None:
        self.booster.save_model(folder / "model.txt")

    @classmethod
    def _load_model(cls, folder: Path, data: Encoded, state: dict[str, Any]) -> "Boosting":
        booster = lgb.Booster(model_file=folder / "model.txt")
        return cls(data=data, booster=booster, coding=state["settings"]["coding"], **state)


@dataclass(kw_only=True)
class BoostingWide(Boosting):
    """The same with many leaves."""

    RECIPE = "boosting_wide"


def fit(
    data: Encoded, *, metric: Metric, budget: float, random_state: int, report: Report, change: Change = AS_IS
) -> Boosting:
    """Small trees; below 20,000 rows categories are split by sets of values, above a trial says how they are read."""
    check_classes(data)
    clock = Budget(budget)
    n = data.rows("train")
    with one_thread():
        coding = ("native" if data.native else "codes") if n < COARSE else _coding(data, random_state, clock)
        shape = of_pictures() if data.has_pictures else narrow(n)
        shape = shape.changed(change)
        return fit_shape(Boosting, data, shape, coding, clock=clock, random_state=random_state, report=report)


def fit_wide(
    data: Encoded,
    *,
    metric: Metric,
    budget: float,
    random_state: int,
    report: Report,
    change: Change = AS_IS,
    coding: Coding | None = None,
) -> Boosting:
    """Large trees; below 20,000 rows categories are read by their frequency, above as `coding` or else a trial says."""
    check_classes(data)
    n = data.rows("train")
    clock = Budget(budget / 2 if n > MANY else budget)
    with one_thread():
        coding = "codes" if n < COARSE else coding or _coding(data, random_state, clock)
        shapes = wide_shapes(n, n_classes(data))
        candidates = [(Shape(shape.params, TRIAL_ROUNDS, 10), coding) for shape in shapes]
        shape = shapes[_best(data, candidates, n // 3, random_state, clock)].changed(change)
        return fit_shape(BoostingWide, data, shape, coding, clock=clock, random_state=random_state, report=report)


def fit_shape(
    kind: type[Boosting],
    data: Encoded,
    shape: Shape,
    coding: Coding,
    *,
    clock: Budget,
    random_state: int,
    report: Report,
) -> Boosting:
    """Boost in the given shape until validation stops improving, or the budget ends."""
    n = data.rows("train")
    limit = ROWS if n_classes(data) <= FEW_CLASSES else max(TRIAL_ROWS, ROWS * FEW_CLASSES // n_classes(data))
    limit = PICTURES if data.has_pictures else limit
    index = some_rows(n, limit, random_state) if n > limit else None
    booster, watch = _train(data, shape, coding, index, clock, random_state, report)
    notes = [say("Fitted on {rows:,} of {n:,} rows.", rows=limit, n=n)] if index is not None else []
    if watch.out_of_budget:
        notes.append(clock.note(say("after {rounds} of at most {most} rounds", rounds=watch.rounds, most=shape.rounds)))
    settings = {"shape": dict(shape.params), "coding": coding, "seed": random_state, "rounds": watch.best}
    rows = n if index is None else len(index)
    booster = lgb.Booster(model_str=booster.model_to_string(num_iteration=watch.best))
    return kind(data, rows, watch.best, settings, notes, booster=booster, coding=coding)


class _Watch:
    """Reports each round, keeps the best, and ends the fit by patience or budget.

    What the rows that wait will take to predict counts: every round adds a tree that each of them runs through.
    """

    def __init__(
        self, shape: Shape, clock: Budget, report: Report | None, sample: NDArray[np.float32], waiting: int
    ) -> None:
        self.patience, self.clock, self.report = shape.patience, clock, report
        self.sample, self.waiting = sample, waiting
        self.predicting = 0.0  # CPU seconds a round, measured anew whenever the trees have doubled
        self.best, self.best_loss, self.rounds = 0, np.inf, 0
        self.out_of_budget = False

    def __call__(self, env: Any) -> None:
        losses = {name: value for name, _, value, _ in env.evaluation_result_list}
        self.rounds = env.iteration + 1
        if losses["validation"] < self.best_loss:
            self.best, self.best_loss = self.rounds, losses["validation"]
        if self.report:
            self.report(CurvePoint(self.rounds, losses.get("train"), losses["validation"]))
        if self.waiting and self.rounds.bit_count() == 1:
            apart = Budget(0)
            env.model.predict(self.sample, num_threads=1)
            self.predicting = apart.spent * self.waiting / (len(self.sample) * self.rounds)
        is_over = not self.clock.reaches(self.predicting * self.rounds)
        self.out_of_budget = is_over and self.rounds < env.end_iteration
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
    rows = np.sort(some_rows(data.rows("validation"), EVALUATION_ROWS, 0))
    judged = _matrix(data, "validation", coding)[rows]
    unseen = train.create_valid(judged, data.y("validation")[rows])
    sets = {"validation": unseen} if report is None else {"train": train, "validation": unseen}
    waiting = 0 if report is None else _waiting(data)  # a trial predicts nothing
    watch = _Watch(shape, clock, report, judged[:SAMPLE], waiting)
    booster = lgb.train(
        params, train, shape.rounds, valid_sets=list(sets.values()), valid_names=list(sets), callbacks=[watch]
    )
    return booster, watch


def _waiting(data: Encoded) -> int:
    """Rows that a finished model predicts: every part, of train no more than its score is taken from."""
    return min(data.rows("train"), EVALUATION_ROWS) + sum(data.rows(part) for part in data.parts if part != "train")


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


def _coding(data: Encoded, random_state: int, clock: Budget) -> Coding:
    """How the booster reads categories, by a trial on a ninth of the rows."""
    codings: list[Coding] = ["codes"] + ["native"] * bool(data.native)
    if data.categories and n_classes(data) <= 10:
        codings.append("means")
    shape = wide(31, 0.8, 0.12)
    candidates = [(Shape(shape.params, TRIAL_ROUNDS, 10), coding) for coding in codings]
    rows = min(data.rows("train") // 9, TRIAL_ROWS)
    return codings[_best(data, candidates, rows, random_state, clock)] if data.categories else "codes"


def _best(
    data: Encoded, candidates: list[tuple[Shape, Coding]], rows: int, random_state: int, clock: Budget
) -> int:  # fmt: skip
    """Which candidate does best on validation after a short fit on some rows; a quarter of the budget may go here."""
    if len(candidates) == 1:
        return 0
    index = some_rows(data.rows("train"), rows, random_state)
    losses = []
    for shape, coding in candidates:
        limit = Budget(clock.seconds / (4 * len(candidates)))
        losses.append(_train(data, shape, coding, index, limit, random_state, None)[1].best_loss)
    return int(np.argmin(losses))


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
