"""What a model's curves and scores say, and what to do next: the rules of STATISTICS 5, in their order."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dlstart_web.kit.say import say
from evaluations.core.intervals import wilson

Array = NDArray[np.float64]

WINDOW = 5  # of the trailing median
FEWEST_EPOCHS = 10
NOISY = 0.25  # noise above this share of the fall makes a curve unreadable


@dataclass(frozen=True)
class Diagnosis:
    """A finding about one run. `best_x` is the epoch or round to keep, where the curve shows one."""

    code: str
    title: str
    message: str
    advice: str
    best_x: float | None


@dataclass(frozen=True)
class Shape:
    """What the two loss curves alone say; `best` is the index of the lowest smoothed validation loss."""

    code: str
    best: int
    sigma: float


def noise(values: Array) -> float:
    """Robust spread of the epoch noise, from second differences (whose variance is six times the noise's)."""
    second = np.diff(values, 2)
    return float(1.4826 * np.median(np.abs(second - np.median(second))) / np.sqrt(6))


def smooth(values: Array, window: int = WINDOW) -> Array:
    """Trailing median."""
    return np.array([np.median(values[max(0, i - window + 1) : i + 1]) for i in range(len(values))])


def slope(values: Array) -> tuple[float, float]:
    """Least-squares slope per step and its t; (0, 0) under five values."""
    n = len(values)
    if n < 5:
        return 0.0, 0.0
    x = np.arange(n) - (n - 1) / 2
    b = float((x * values).sum() / (x**2).sum())
    rest = values - values.mean() - b * x
    return b, b / (float(np.sqrt((rest**2).sum() / (n - 2) / (x**2).sum())) + 1e-12)


def read_curves(train: Sequence[float], validation: Sequence[float]) -> Shape:
    """TOO_SHORT, UNSTABLE, OVERFITTING, STILL_IMPROVING or CONVERGED, from losses per epoch (lower is better)."""
    tr, val = np.asarray(train, dtype=np.float64), np.asarray(validation, dtype=np.float64)
    epochs = len(val)
    if epochs < FEWEST_EPOCHS:
        return Shape("TOO_SHORT", int(np.argmin(val)) if epochs else 0, 0.0)
    sigma, smoothed = noise(val), smooth(val)
    m = int(np.argmin(smoothed))
    k = max(WINDOW, epochs // 10)
    if sigma > NOISY * max(float(val[0] - smoothed[m]), 1e-12):
        return Shape("UNSTABLE", m, sigma)
    rise = float(val[-k:].mean() - smoothed[m])
    needed = max(4 * sigma * float(np.sqrt(1 / WINDOW + 1 / k)), 0.02 * abs(float(smoothed[m])))
    if epochs - m > 5 and rise > needed and slope(val[m:])[1] > 3 and slope(tr[m:])[1] < 0:
        return Shape("OVERFITTING", m, sigma)
    span = max(10, epochs // 4)
    b, t = slope(val[-span:])
    if t < -3 and -b * span > 0.01 * abs(float(smoothed[m])):
        return Shape("STILL_IMPROVING", m, sigma)
    return Shape("CONVERGED", m, sigma)


def patience(sigma: float, drop: float) -> int:
    """Epochs without a new best before a fit ends: 10, or 20 when the noise passes 5% of the fall."""
    return 20 if sigma > 0.05 * drop else 10


def out_of_patience(losses: Sequence[float | None]) -> bool:
    """Whether early stopping ends a fit: ten epochs at least, and its patience over since the best one (Prechelt 1998).

    Parameters
    ----------
    losses : sequence of float
        Validation loss by epoch so far.
    """
    values = np.asarray(losses, dtype=np.float64)
    if len(values) < FEWEST_EPOCHS:
        return False
    drop = float(values[0] - smooth(values).min())
    return len(values) - 1 - int(np.argmin(values)) >= patience(noise(values), drop)


def diagnose(
    x: Sequence[float],
    train_loss: Sequence[float | None],
    validation_loss: Sequence[float | None],
    *,
    in_rounds: bool,
    train_score: float | None,
    validation_score: float | None,
    n_train: int,
    n_validation: int,
    level: float | None,
    write: Callable[[float], str] = "{:.3f}".format,
) -> Diagnosis:
    """Curves first, then scores.

    Parameters
    ----------
    x, train_loss, validation_loss : sequences
        The curve; points without both losses are passed over.
    in_rounds : bool
        Whether the model is fitted in rounds or epochs. One that isn't (a curve over rows) is fitted to its end, so only
        its scores are read.
    train_score, validation_score, level : float or None
        In unit form (`Metric.to_sealed`): 0 to 1, higher is better.
    n_train, n_validation : int
        Rows behind the two scores.
    write : callable
        Writes a score in unit form for people, in the metric's own unit.
    """
    known = [
        (a, b, c) for a, b, c in zip(x, train_loss, validation_loss, strict=True) if b is not None and c is not None
    ]
    shape = read_curves([b for _, b, _ in known], [c for _, _, c in known]) if in_rounds else Shape("CONVERGED", 0, 0.0)
    best_x = float(known[shape.best][0]) if in_rounds and known else None
    met = level is not None and validation_score is not None and validation_score >= level
    unit = f"{best_x:g}" if best_x is not None else ""
    match shape.code:
        case "TOO_SHORT":
            return Diagnosis(
                "TOO_SHORT", say("Too short to read"),
                say("The curve has {known} points; reading it takes {least}.", known=len(known), least=FEWEST_EPOCHS),
                say("Train longer, then look again."), best_x,
            )  # fmt: skip
        case "UNSTABLE":
            return Diagnosis(
                "UNSTABLE", say("The curve jumps about"),
                say("Validation loss jumps from step to step by more than a quarter of what it gained."),
                say("Lower the learning rate or raise the batch size; the curves say nothing yet."), best_x,
            )  # fmt: skip
        case "STILL_IMPROVING":
            return Diagnosis(
                "STILL_IMPROVING", say("Still improving"), say("Validation loss was still falling when training ended."),
                say("Train longer, or raise the learning rate; no other verdict yet."), best_x,
            )  # fmt: skip
        case "OVERFITTING":
            message = say(
                "Validation loss is lowest at {unit} and rises from there, while train loss goes on falling.", unit=unit
            )
            if met:
                advice = say("Keep {unit}: the level is met, there is nothing to fix.", unit=unit)
            else:
                advice = say(
                    "The model is probably too big or the data too small: stop at {unit}, then more rows, "
                    "augmentation, weight decay or a smaller network.",
                    unit=unit,
                )
            return Diagnosis("OVERFITTING", say("It learns its own rows by heart"), message, advice, best_x)
    return _read_scores(train_score, validation_score, n_train, n_validation, level, write, best_x)


def _read_scores(
    train: float | None,
    validation: float | None,
    n_train: int,
    n_validation: int,
    level: float | None,
    write: Callable[[float], str],
    best_x: float | None,
) -> Diagnosis:
    """CONVERGED, split by what the scores of a finished fit say."""
    settled = say("Training has settled")
    if train is None or validation is None:
        return Diagnosis(
            "CONVERGED", settled, say("The curves have levelled off."), say("Read the scores next."), best_x
        )
    if level is not None and validation >= level:
        message = say(
            "The curves have levelled off, and validation at {validation} meets the level of {level}.",
            validation=write(validation),
            level=write(level),
        )
        return Diagnosis(
            "CONVERGED", settled, message, say("The level is met on validation; there is nothing to fix."), best_x
        )
    if level is not None and wilson(train * n_train, n_train)[1] < level:
        message = say(
            "Even on its own {n_train:,} train rows it reaches {train}, clearly short of the level of {level}.",
            n_train=n_train,
            train=write(train),
            level=write(level),
        )
        advice = say("A bigger model, better features, or a check of the labels; more rows will not help.")
        return Diagnosis("UNDERFIT", say("It can't fit even its own rows"), message, advice, best_x)
    error = float(np.sqrt(max(0.0, validation * (1 - validation)) / max(1, n_validation)))
    if train - validation > max(0.05, 3 * error):
        message = say(
            "Train {train}, validation {validation}: it does clearly worse on rows it hasn't seen.",
            train=write(train),
            validation=write(validation),
        )
        advice = say("More rows or more regularisation; also look at the leakage and shift findings.")
        return Diagnosis("GAP", say("It generalises badly"), message, advice, best_x)
    message = say(
        "Train {train} and validation {validation} are close together, and the curves have levelled off.",
        train=write(train),
        validation=write(validation),
    )
    advice = say("This is the limit of the data as posed: look at the labels, the features or the level.")
    return Diagnosis("CONVERGED", settled, message, advice, best_x)
