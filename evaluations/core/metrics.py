"""The one table of measures: name, direction, score, interval, and the form that the sealed ladder reads.

Classification: `y` holds class codes 0..k-1 and `prediction` probabilities of shape (n, k); code 1 is the positive
class of a binary task. Regression: both have shape (n,). "Unit form": a score in [0, 1],
higher is better (STATISTICS 1.3).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from datasets.core import sealed_ladder
from datasets.core.sealed_ladder import Form, SealedScore
from dlstart_web.kit.say import say
from evaluations.core import intervals, scores
from evaluations.core.draws import drawn
from evaluations.core.errors import EvaluationProblem
from evaluations.core.intervals import Array, Interval, WeightedScore

Task = Literal["binary", "multiclass", "regression"]

GATE_DRAWS = 999  # for the standard error behind the ladder's gate (STATISTICS 1.2)


@dataclass(frozen=True)
class Metric:
    """A measure. The callables are its parts; people call the methods.

    Parameters
    ----------
    name, title : str
        As in the command line and as on a page.
    unit : str
        What a score counts in: "%", say("nats"), "units of the target" or "" for a plain number.
    greater_is_better : bool
        Direction of `score` in its own unit. Unit form is always higher = better.
    tasks : tuple of str
        Tasks it can judge.
    weighted : callable
        (y, prediction) -> function of row weights -> score in the metric's own unit.
    form : str
        Which interval the sealed ladder may give.
    rows : callable or None
        (y, prediction, scale) -> Rows whose weighted mean is the unit form; None where the score is no mean of rows.
    counts : callable or None
        (y, prediction) -> (k, n), where the score is a share of k among n.
    """

    name: str
    title: str
    unit: str
    greater_is_better: bool
    tasks: tuple[Task, ...]
    weighted: Callable[[Array, Array], WeightedScore]
    form: Form = "approximate"
    rows: Callable[[Array, Array, float | None], scores.Rows] | None = None
    counts: Callable[[Array, Array], tuple[float, float]] | None = None

    # ---- in the metric's own unit

    def score(self, y: Array, prediction: Array) -> float:
        """The score of all rows, in the metric's own unit."""
        _check(y, prediction)
        return self.weighted(y, prediction)(np.ones(len(y)))

    def interval(self, y: Array, prediction: Array, alpha: float = 0.05, *, groups: Array | None = None) -> Interval:
        """The interval to show beside the score (STATISTICS 1.5): shares by Wilson, the others as they decide."""
        if self.counts is not None and not _grouped(groups):
            return intervals.wilson(*self.counts(y, prediction), alpha)
        return self.decision_interval(y, prediction, alpha, groups=groups)

    def decision_interval(
        self, y: Array, prediction: Array, alpha: float = 0.05, *, groups: Array | None = None
    ) -> Interval:
        """The interval that a verdict uses: shares by Clopper-Pearson, so that a claim is never made too often."""
        _check(y, prediction)
        if _grouped(groups):
            if self.unit == "%" and self.rows is not None:
                row = self.rows(y, prediction, None)
                return intervals.hoeffding(scores.mean(row), scores.units(row, groups), alpha)
            return self._bootstrap(y, prediction, alpha, groups)
        if self.counts is not None:
            return intervals.clopper_pearson(*self.counts(y, prediction), alpha)
        match self.name:
            case "roc_auc":
                return intervals.auc(y, prediction[:, 1], alpha)
            case "f1":
                tp, fp, fn = scores.binary_counts(y, prediction)
                return intervals.f1_from_counts(tp, fp, fn, alpha)
            case "rmse":
                low, high = intervals.log_t((y - prediction) ** 2, alpha)
                return float(np.sqrt(low)), float(np.sqrt(high))
            case "mae":
                return intervals.log_t(np.abs(y - prediction), alpha)
        return self._bootstrap(y, prediction, alpha, None)

    def exact_interval(
        self, y: Array, prediction: Array, alpha: float, *, scale: float | None = None, groups: Array | None = None
    ) -> Interval | None:
        """The finite-sample interval for a pooled set that was looked at, at alpha' (STATISTICS 0), if any."""
        if self.counts is not None and not _grouped(groups):
            return intervals.clopper_pearson(*self.counts(y, prediction), alpha)
        sealed = self.sealed(y, prediction, None, floor=0.0, scale=scale, groups=groups, seed=0, gate=False)
        if sealed.form == "approximate":
            return None
        low, high = sealed_ladder.interval(sealed.value, 0.0, sealed.n, 0.0, alpha, sealed.form)
        ends = self.from_sealed(low, scale), self.from_sealed(high, scale)
        return min(ends), max(ends)

    def remarks(self, y: Array, prediction: Array) -> list[str]:
        """What weakens the interval of these rows, in words."""
        if self.name == "roc_auc":
            fewer = int(min(np.sum(y == 1), np.sum(y == 0)))
            if fewer < 25:
                return [say("The rarer class has {fewer} rows here; the range is reliable from 25 on.", fewer=fewer)]
        if self.name in ("rmse", "mae") and len(y) > 3:
            centred = y - prediction - np.mean(y - prediction)
            if np.mean(centred**4) > 6 * np.mean(centred**2) ** 2:  # kurtosis above 6
                return [say("Heavy tails: a few large errors decide the score, and the true range is somewhat wider.")]
        return []

    # ---- in unit form, for the sealed ladder

    def to_sealed(self, score: float, scale: float | None = None) -> float:
        """A score in the metric's own unit -> unit form."""
        match self.name:
            case "rmse":
                value = 1 - min(score**2, scores.need(scale)) / scores.need(scale)
            case "mae":
                value = 1 - min(score, np.sqrt(scores.need(scale))) / np.sqrt(scores.need(scale))
            case "log_loss":
                value = 1 - score / scores.LOG_RANGE
            case "brier":
                value = 1 - score
            case _:
                value = score
        return float(min(1.0, max(0.0, value)))

    def from_sealed(self, value: float, scale: float | None = None) -> float:
        """Unit form -> the metric's own unit."""
        match self.name:
            case "rmse":
                return float(np.sqrt(scores.need(scale) * (1 - value)))
            case "mae":
                return float(np.sqrt(scores.need(scale)) * (1 - value))
            case "log_loss":
                return scores.LOG_RANGE * (1 - value)
            case "brier":
                return 1 - value
        return value

    def sealed(
        self,
        y: Array,
        prediction: Array,
        best_prediction: Array | None,
        *,
        floor: float,
        scale: float | None = None,
        groups: Array | None = None,
        seed: int,
        gate: bool = True,
    ) -> SealedScore:
        """What the scorer hands to the sealed ladder (STATISTICS 1.2 and 1.3); computed inside the vault, never shown.

        Parameters
        ----------
        best_prediction : ndarray or None
            The team's best so far on the same rows; None at its first look, when the floor stands in for it. Rows that
            are not a number were not predicted: the two are compared on the others.
        floor : float
            The floor s0 in unit form.
        scale : float, optional
            B of `error_scale`, for rmse and mae.
        groups : ndarray, optional
            Units of dependent rows.
        seed : int
            For the bootstrap standard error, where one is needed.
        gate : bool, default=True
            False skips the standard error.
        """
        _check(y, prediction)
        if best_prediction is not None and not (both := _rows_predicted(best_prediction)).all():
            common = self.sealed(
                y[both], prediction[both], best_prediction[both], floor=floor, scale=scale,
                groups=None if groups is None else groups[both], seed=seed,
            )  # fmt: skip
            whole = self.sealed(y, prediction, None, floor=floor, scale=scale, groups=groups, seed=seed, gate=False)
            return replace(whole, difference=common.difference, standard_error=common.standard_error)
        grouped = groups if _grouped(groups) else None
        if self.rows is not None:
            row = self.rows(y, prediction, scale)
            value, n = scores.mean(row), scores.units(row, grouped)
            form: Form = "hoeffding" if grouped is not None else self.form
        else:
            value = self.to_sealed(self.score(y, prediction), scale)
            n = self._bound_rows(y, prediction, grouped)
            form = "approximate" if grouped is not None else self.form
        if best_prediction is None:
            difference = value - floor
        elif self.rows is not None:
            difference = value - scores.mean(self.rows(y, best_prediction, scale))
        else:
            difference = value - self.to_sealed(self.score(y, best_prediction), scale)
        se = self._paired_error(y, prediction, best_prediction, scale, grouped, seed) if gate else 0.0
        return SealedScore(value=value, difference=difference, standard_error=se, n=max(1.0, n), form=form)

    def standard_error(self, y: Array, prediction: Array, *, groups: Array | None = None, seed: int = 0) -> float:
        """Bootstrap standard error in unit form, on VALIDATION, for an "approximate" interval (STATISTICS 1.3)."""
        return self._resampled_error(y, prediction, None, groups if _grouped(groups) else None, seed)

    def drawn(
        self, y: Array, prediction: Array, *, groups: Array | None = None, draws: int = intervals.DRAWS, seed: int = 0
    ) -> Array:
        """The score in each bootstrap draw: see `draws.drawn`."""
        is_class = self.tasks != ("regression",)
        return drawn(self.weighted, y, prediction, stratified=is_class, groups=groups, draws=draws, seed=seed)

    # ---- the parts

    def _bootstrap(self, y: Array, prediction: Array, alpha: float, groups: Array | None) -> Interval:
        return intervals.of_draws(self.drawn(y, prediction, groups=groups), self.score(y, prediction), alpha)

    def _bound_rows(self, y: Array, prediction: Array, groups: Array | None) -> float:
        if groups is not None:
            return scores.units(scores.Rows(y, np.full(len(y), 1 / len(y))), groups)
        if self.name == "roc_auc":
            return float(min(np.sum(y == 1), np.sum(y == 0)))
        if self.name == "f1":
            return float(max(np.sum(y == 1), np.sum(scores.labels(prediction) == 1)))
        return float(len(y))

    def _paired_error(
        self,
        y: Array,
        prediction: Array,
        best: Array | None,
        scale: float | None,
        groups: Array | None,
        seed: int,
    ) -> float:
        if self.rows is not None and (best is None or self.name != "precision"):
            row = self.rows(y, prediction, scale)
            difference = row.values if best is None else row.values - self.rows(y, best, scale).values
            return scores.standard_error(
                scores.Rows(difference, row.weights), y if self.name == "balanced_accuracy" else None, groups
            )
        if self.name == "roc_auc" and groups is None:
            models = [prediction[:, 1]] if best is None else [prediction[:, 1], best[:, 1]]
            c = intervals.delong(y, models)[1]
            return float(np.sqrt(max(0.0, c[0, 0] if best is None else c[0, 0] + c[1, 1] - 2 * c[0, 1])))
        return self._resampled_error(y, prediction, best, groups, seed)

    def _resampled_error(
        self, y: Array, prediction: Array, best: Array | None, groups: Array | None, seed: int
    ) -> float:
        values = self.drawn(y, prediction, groups=groups, draws=GATE_DRAWS, seed=seed)
        if best is not None:
            values = values - self.drawn(y, best, groups=groups, draws=GATE_DRAWS, seed=seed)
        return float(np.std(values, ddof=1))


def default_metric(task: str) -> Metric:
    """The measure a task gets when nobody names one."""
    return METRICS[{"binary": "roc_auc", "multiclass": "accuracy", "regression": "rmse"}[task]]


def metric_for(name: str, task: str) -> Metric:
    """The named metric, or EvaluationProblem if it doesn't exist or can't judge the task."""
    allowed = ", ".join(metric.name for metric in METRICS.values() if task in metric.tasks)
    if name not in METRICS or task not in METRICS[name].tasks:
        raise EvaluationProblem(
            say("'{name}' can't judge a {task} task; choose one of {allowed}.", name=name, task=task, allowed=allowed)
        )
    return METRICS[name]


def error_scale(y_train: Array, y_validation: Array) -> float:
    """B of STATISTICS 1.3 for rmse and mae: (3 x validation RMSE of the train mean) squared, frozen once."""
    scale = 9 * float(np.mean((y_validation - np.mean(y_train)) ** 2))
    if scale == 0:
        raise EvaluationProblem(
            say("The target has the same value in every validation row; there is nothing to predict.")
        )
    return scale


def constant_prediction(task: str, y_train: Array, n: int, n_classes: int) -> Array:
    """The constant answer fitted on train: class shares, or the mean."""
    if task == "regression":
        return np.full(n, float(np.mean(y_train)))
    shares = np.bincount(y_train.astype(int), minlength=n_classes) / len(y_train)
    return np.tile(shares, (n, 1))


def floor_score(metric: Metric, y_train: Array, y_validation: Array) -> float:
    """The floor s0 (STATISTICS 0) in unit form: the constant answer fitted on train, measured on validation."""
    if metric.tasks == ("regression",):
        if metric.name == "r2":
            return 0.0
        scale = error_scale(y_train, y_validation)
        return metric.to_sealed(
            metric.score(y_validation, constant_prediction("regression", y_train, len(y_validation), 0)), scale
        )
    n_classes = int(max(y_train.max(), y_validation.max())) + 1
    prevalence = float(np.mean(y_validation == 1))
    match metric.name:
        case "roc_auc":
            return 0.5
        case "balanced_accuracy":
            return 1 / n_classes
        case "precision" | "average_precision":
            return prevalence
        case "f1":
            return 2 * prevalence / (1 + prevalence)
        case "recall":
            return 0.0
    constant = constant_prediction("multiclass", y_train, len(y_validation), n_classes)
    if metric.rows is not None:
        return scores.mean(metric.rows(y_validation, constant, None))
    return metric.to_sealed(metric.score(y_validation, constant))


def _check(y: Array, prediction: Array) -> None:
    if len(y) == 0:
        raise EvaluationProblem(say("There are no rows to score."))
    if len(y) != len(prediction):
        raise EvaluationProblem(
            say("{prediction} predictions for {y} rows; each row needs one.", prediction=len(prediction), y=len(y))
        )
    if not np.isfinite(prediction).all():
        raise EvaluationProblem(say("Some predictions aren't numbers; the model diverged."))


def _rows_predicted(prediction: Array) -> NDArray[np.bool_]:
    return np.asarray(np.isfinite(prediction.reshape(len(prediction), -1).sum(axis=1)))


def _grouped(groups: Array | None) -> bool:
    return groups is not None and len(np.unique(groups)) < len(groups)


_CLASSES: tuple[Task, ...] = ("binary", "multiclass")
_BINARY: tuple[Task, ...] = ("binary",)
_SEVERAL: tuple[Task, ...] = ("multiclass",)
_NUMBERS: tuple[Task, ...] = ("regression",)

METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric(
            "accuracy",
            say("Accuracy"),
            "%",
            True,
            _CLASSES,
            scores.row_mean(scores.hit),
            "kl",
            scores.hit_rows(scores.everyone),
            scores.hit_counts(scores.everyone),
        ),
        Metric(
            "top5_accuracy",
            say("Top 5 accuracy"),
            "%",
            True,
            _SEVERAL,
            scores.row_mean(scores.top5),
            "kl",
            scores.top5_rows,
            scores.top5_counts,
        ),
        Metric(
            "balanced_accuracy",
            say("Balanced accuracy"),
            "%",
            True,
            _CLASSES,
            scores.from_confusion(scores.balanced),
            "hoeffding",
            scores.balanced_rows,
        ),
        Metric("macro_f1", say("Macro F1"), "%", True, _CLASSES, scores.from_confusion(scores.macro_f1)),
        Metric("f1", say("F1"), "%", True, _BINARY, scores.from_confusion(scores.f1), "f1"),
        Metric(
            "precision",
            say("Precision"),
            "%",
            True,
            _BINARY,
            scores.from_confusion(lambda t: scores.ratio(t[1, 1], t[:, 1].sum())),
            "kl",
            scores.hit_rows(scores.called_positive),
            scores.hit_counts(scores.called_positive),
        ),
        Metric(
            "recall",
            say("Recall"),
            "%",
            True,
            _BINARY,
            scores.from_confusion(lambda t: scores.ratio(t[1, 1], t[1].sum())),
            "kl",
            scores.hit_rows(scores.positives),
            scores.hit_counts(scores.positives),
        ),
        Metric("roc_auc", say("Area under the ROC curve"), "", True, _BINARY, scores.auc, "kl"),
        Metric("average_precision", say("Average precision"), "", True, _BINARY, scores.average_precision),
        Metric(
            "log_loss",
            say("Log loss"),
            say("nats"),
            False,
            _CLASSES,
            scores.row_mean(scores.log_loss),
            "kl",
            scores.log_rows,
        ),
        Metric(
            "brier", say("Brier score"), "", False, _CLASSES, scores.row_mean(scores.brier), "kl", scores.brier_rows
        ),
        Metric(
            "rmse",
            say("Root mean squared error"),
            say("units of the target"),
            False,
            _NUMBERS,
            scores.row_mean(lambda y, p: (y - p) ** 2, lambda mean: float(np.sqrt(mean))),
            "kl",
            scores.squared_rows,
        ),
        Metric(
            "mae",
            say("Mean absolute error"),
            say("units of the target"),
            False,
            _NUMBERS,
            scores.row_mean(lambda y, p: np.abs(y - p)),
            "kl",
            scores.absolute_rows,
        ),
        Metric("r2", say("Share of variance explained (R²)"), "", True, _NUMBERS, scores.r2),
    )
}
