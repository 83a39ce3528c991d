"""What every recipe shares: curve points, the fitted model's shape, its budget, its target scale and its safe file."""

import json
import time
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Protocol, cast

import numpy as np
import skops.io
from numpy.typing import NDArray
from scipy.linalg import LinAlgWarning
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import Ridge
from sklearn.model_selection import cross_val_predict

from datasets.core import threads
from dlstart_web.kit.say import say
from evaluations.core.encoding import Encoded
from evaluations.core.errors import EvaluationProblem
from evaluations.core.features import Rows
from evaluations.core.metrics import Metric
from evaluations.core.rungs import Rung

Array = NDArray[np.float64]
Index = NDArray[np.intp]

SMALL, COARSE = 5_000, 20_000  # settings change below and above these train rows; from COARSE on nothing is refitted
CURVE_ROWS = 5_000  # train rows that a curve's train figures are taken from
EVALUATION_ROWS = 50_000  # validation rows that a curve and a choice look at
SKEWED = 1.0  # a target above this skewness is tried as its logarithm
TRIAL_ROWS, FOLDS = 5_000, 5
STATE = "fitted.json"


@dataclass(frozen=True)
class CurvePoint:
    """One point of a learning curve: loss is log loss or RMSE, the scores are in the metric's own unit."""

    x: float
    train_loss: float | None = None
    validation_loss: float | None = None
    train_score: float | None = None
    validation_score: float | None = None


Report = Callable[[CurvePoint], None]


class FitRecipe(Protocol):
    def __call__(
        self, data: Encoded, *, metric: Metric, budget: float, random_state: int, report: Report
    ) -> "Fitted": ...


@dataclass(frozen=True)
class Recipe(Rung):
    """A rung with the function that fits it.

    `fit(data, *, metric, budget, random_state, report)` fits on train within about `budget` CPU seconds, chooses on
    validation, and reports curve points as it goes; an exception out of `report` (Cancelled) ends it. A recipe that
    runs out of budget returns what it reached and says so in `notes`. A rung with rounds or epochs takes a `change`
    (core.remedies) of the settings that it would choose by itself.
    """

    fit: FitRecipe


MODELS: dict[str, "type[Fitted]"] = {}  # by recipe; each class enters itself


@dataclass
class Fitted(ABC):
    """A fitted model. Predicts parts by name or encoded rows; probabilities (n, n_classes), or numbers (n,)."""

    RECIPE: ClassVar[str]
    REFITS: ClassVar[bool] = True  # whether a fit on train and validation together is worth its time

    data: Encoded
    rows_trained: int
    best_x: float
    settings: dict[str, Any]
    notes: list[str] = field(default_factory=list)

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "RECIPE" in vars(cls):
            MODELS[cls.RECIPE] = cls

    def predict(self, source: str | Rows, rows: Index | None = None) -> Array:
        """Predict a part ("train", "validation", "checkpoint", "final") or encoded rows, or some rows of them."""
        encoded = self.data.part(source) if isinstance(source, str) else source
        with one_thread():
            return self._predict(encoded, source, rows)

    @abstractmethod
    def _predict(self, encoded: Rows, source: str | Rows, rows: Index | None) -> Array: ...

    @abstractmethod
    def refit(self, data: Encoded) -> "Fitted":
        """The same model on train and validation together, with what validation chose."""

    @abstractmethod
    def _save_model(self, folder: Path) -> None: ...

    @classmethod
    @abstractmethod
    def _load_model(cls, folder: Path, data: Encoded, state: dict[str, Any]) -> "Fitted": ...

    def save(self, folder: Path) -> None:
        """Write the model to a folder: JSON, LightGBM's text, or skops; never pickle."""
        folder.mkdir(parents=True, exist_ok=True)
        state = {
            "recipe": self.RECIPE,
            "rows_trained": self.rows_trained,
            "best_x": self.best_x,
            "settings": self.settings,
            "notes": self.notes,
        }
        (folder / STATE).write_text(json.dumps(state), encoding="utf-8")
        self._save_model(folder)

    @classmethod
    def load(cls, folder: Path, data: Encoded | None) -> "Fitted":
        """Read what `save` wrote, to predict rows of the same encoder."""
        state = json.loads((folder / STATE).read_text(encoding="utf-8"))
        return cls._load_model(folder, cast(Encoded, data), {k: v for k, v in state.items() if k != "recipe"})


def load(folder: Path, data: Encoded | None) -> Fitted:
    """The model that `Fitted.save` wrote to the folder, on the encoder it was fitted with; without one it predicts nothing."""
    recipe = json.loads((folder / STATE).read_text(encoding="utf-8"))["recipe"]
    return MODELS[recipe].load(folder, data)


class Budget:
    """CPU seconds of this process since the fit began, against those it was given."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._start = time.process_time()

    @property
    def spent(self) -> float:
        return time.process_time() - self._start

    @property
    def over(self) -> bool:
        return self.spent > self.seconds

    def reaches(self, seconds: float) -> bool:
        """Whether work of so many more seconds still fits."""
        return self.spent + seconds <= self.seconds

    def note(self, reached: str) -> str:
        """What to say of a model that ended early."""
        return say(
            "Stopped at its budget of {seconds:g} CPU seconds, {reached}.", seconds=self.seconds, reached=reached
        )


@dataclass(frozen=True)
class TargetScale:
    """How linear models and networks see a number to predict: centred, scaled, and as its logarithm where that serves."""

    log: bool = False
    mean: float = 0.0
    deviation: float = 1.0
    low: float = -np.inf
    high: float = np.inf

    @classmethod
    def of(cls, y: Array, *, log: bool = False) -> "TargetScale":
        """The scale of train's numbers, or of their logarithms."""
        z = np.log(y) if log else y
        return cls(log, float(z.mean()), float(z.std()) or 1.0, float(z.min()), float(z.max()))

    def forward(self, y: Array) -> Array:
        return ((np.log(y) if self.log else y) - self.mean) / self.deviation

    def backward(self, z: Array) -> Array:
        """Predictions stay within the range that train had."""
        y = np.clip(z * self.deviation + self.mean, self.low, self.high)
        return np.exp(y) if self.log else y


def target_scale(data: Encoded, judge: "Judge", y: Array, matrix: Any, unseen: Any) -> TargetScale:
    """The scale of the target; for a positive, skewed number the logarithm, if a quick ridge does better with it
    on validation and across folds of train.

    Parameters
    ----------
    y : ndarray of shape (n,)
        Of the rows of `matrix`.
    matrix, unseen : ndarray or sparse matrix, (n, n_columns) and (n_judged, n_columns)
        Train rows, and the validation rows of the judge.
    """
    if data.task != "regression":
        return TargetScale()
    if float(y.min()) <= 0 or skewness(y) <= SKEWED:
        return TargetScale.of(y)
    matrix, y = matrix[:TRIAL_ROWS], y[:TRIAL_ROWS]
    truth, losses = np.concatenate([y, judge.y_validation]), {}
    for scale in (TargetScale.of(y), TargetScale.of(y, log=True)):
        ridge, z = Ridge(alpha=10, solver="lsqr"), scale.forward(y)
        unfolded = cross_val_predict(ridge, matrix, z, cv=FOLDS)  # few validation rows alone would decide by chance
        guess = scale.backward(np.concatenate([unfolded, ridge.fit(matrix, z).predict(unseen)]))
        losses[scale] = loss(data, truth, guess)
    return min(losses, key=losses.__getitem__)


def skewness(y: Array) -> float:
    """The third standardised moment; 0 for a constant."""
    spread = float(y.std())
    return float(((y - y.mean()) ** 3).mean()) / spread**3 if spread else 0.0


@dataclass(kw_only=True)
class EstimatorFitted(Fitted):
    """A scikit-learn estimator that reads the dense form (linear, network) or filled codes (forest)."""

    estimator: Any
    scale: TargetScale = field(default_factory=TargetScale)
    ramps: bool = True

    # types beyond scikit-learn's public estimators that a file of ours may hold
    TRUSTED: ClassVar[list[str]] = []

    def _predict(self, encoded: Rows, source: str | Rows, rows: Index | None) -> Array:
        return np.concatenate([self._apply(block) for block in encoded.blocks(rows, self.ramps)])

    def _apply(self, matrix: NDArray[np.float32]) -> Array:
        return apply_estimator(self.estimator, matrix, self.data, self.scale)

    def _save_model(self, folder: Path) -> None:
        extra = {"scale": asdict(self.scale), "ramps": self.ramps} | self._state()
        (folder / "scale.json").write_text(json.dumps(extra), encoding="utf-8")
        skops.io.dump(self.estimator, folder / "model.skops")

    @classmethod
    def _load_model(cls, folder: Path, data: Encoded, state: dict[str, Any]) -> "Fitted":
        extra = json.loads((folder / "scale.json").read_text(encoding="utf-8"))
        estimator = skops.io.load(folder / "model.skops", trusted=cls.TRUSTED)
        scale, own = TargetScale(**extra["scale"]), cls._from_state(extra)
        return cls(data=data, estimator=estimator, scale=scale, ramps=extra["ramps"], **own, **state)

    def _state(self) -> dict[str, Any]:
        """Further fields of a kind of model, JSON-able."""
        return {}

    @classmethod
    def _from_state(cls, extra: dict[str, Any]) -> dict[str, Any]:
        """The same fields back from JSON."""
        return {}


def apply_estimator(estimator: Any, matrix: NDArray[np.float32], data: Encoded, scale: TargetScale) -> Array:
    """Predictions of a scikit-learn estimator; classes that its rows lacked get probability 0."""
    if data.task == "regression":
        return scale.backward(np.asarray(estimator.predict(matrix), dtype=np.float64))
    found = np.asarray(estimator.predict_proba(matrix), dtype=np.float64)
    if found.shape[1] == n_classes(data):
        return found
    out = np.zeros((len(found), n_classes(data)))
    out[:, np.asarray(estimator.classes_, dtype=int)] = found
    return out


def n_classes(data: Encoded) -> int:
    """How many classes there are; 1 for a number."""
    return len(data.classes) if data.classes else 1


def loss(data: Encoded, y: Array, prediction: Array) -> float:
    """What every choice is made on: log loss, or RMSE."""
    if data.task == "regression":
        return float(np.sqrt(np.mean((y - prediction) ** 2)))
    own = prediction[np.arange(len(y)), y.astype(int)] / prediction.sum(axis=1)
    return float(-np.log(np.clip(own, 1e-6, 1)).mean())


def some_rows(n: int, limit: int, random_state: int) -> Index:
    """All n row numbers in random order, or `limit` of them."""
    return np.random.default_rng(random_state).permutation(n)[:limit]


@dataclass(frozen=True)
class Judge:
    """Turns two predictions into a curve point, always on the same validation rows."""

    data: Encoded
    metric: Metric
    validation: Index
    y_validation: Array

    @classmethod
    def of(cls, data: Encoded, metric: Metric) -> "Judge":
        rows = np.sort(some_rows(data.rows("validation"), EVALUATION_ROWS, 0))
        return cls(data, metric, rows, data.y("validation")[rows])

    def point(self, x: float, y_train: Array, on_train: Array, on_validation: Array) -> CurvePoint:
        return CurvePoint(
            x=x,
            train_loss=loss(self.data, y_train, on_train),
            validation_loss=loss(self.data, self.y_validation, on_validation),
            train_score=self.metric.score(y_train, on_train),
            validation_score=self.metric.score(self.y_validation, on_validation),
        )


def growing_sizes(n: int, steps: tuple[int, ...]) -> list[int]:
    """Row counts of a learning curve: shares of n, at least 200 rows, all of them last."""
    return sorted({min(n, max(200, n // step)) for step in steps})


def both(data: Encoded) -> tuple[NDArray[np.float32], Array]:
    """The code matrix and labels of train and validation together."""
    tree = np.vstack([data.tree("train"), data.tree("validation")])
    return tree, np.concatenate([data.y("train"), data.y("validation")])


@contextmanager
def one_thread() -> Iterator[None]:
    """One thread for BLAS and OpenMP, and no word about solvers that stop at their iteration limit on purpose."""
    with threads.one_thread(), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", LinAlgWarning)  # newton-cholesky turns to lbfgs by itself
        yield


def check_classes(data: Encoded) -> None:
    """Refuse train rows with a single class: there is nothing to tell apart."""
    y = data.y("train")
    if data.task != "regression" and len(np.unique(y)) < 2:
        raise EvaluationProblem(say("The train part holds one class only; a model needs at least two to tell apart."))
