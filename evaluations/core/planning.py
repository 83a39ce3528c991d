"""How finely so many rows can read a measure, before anything is trained: approximations for planning. Web-safe."""

from collections.abc import Callable
from math import exp, lgamma, log, pi, sqrt

Z = 1.959964
SHARES = ("accuracy", "top5_accuracy", "balanced_accuracy", "macro_f1", "f1")  # read as shares of all rows
OF_POSITIVES = ("recall", "precision", "average_precision")  # read as shares of the true ones
UNBOUNDED = ("rmse", "mae", "log_loss")
OF_LOSSES = ("log_loss", "brier")  # means of a loss of each row, whose spread only a model shows


def reading(
    measure: str, level: float, rows: int, positives: float | None = None, spread: float | None = None
) -> tuple[float, float] | None:
    """The 95% range that a true `level` will read in.

    Parameters
    ----------
    measure : str
        Name of a measure.
    level : float
        In the measure's own unit.
    rows : int
        Rows that decide.
    positives : float, optional
        Share of true yes rows, in (0, 1); without it nothing is said of measures that rest on them.
    spread : float, optional
        Standard deviation of the loss of a row, of a model on validation; without it nothing is said of log loss and
        Brier score.

    Returns
    -------
    (low, high) or None
        None where what it rests on is not known.

    Notes
    -----
    Shares by the quantiles of the binomial distribution; the area under the ROC curve by Hanley and McNeil (1982);
    average precision as a share of the true rows, Boyd et al. (2013); errors of a number as for normal errors; R squared
    by the delta method; log loss and Brier score by the spread of the losses of single rows.
    """
    if measure in SHARES:
        return _share(level, rows)
    if measure in OF_POSITIVES:
        return None if positives is None else _share(level, round(rows * positives))
    if measure in OF_LOSSES:
        error = spread / sqrt(rows) if spread is not None and rows > 0 else None
    else:
        error = _ERRORS[measure](level, rows, positives) if measure in _ERRORS and rows > 0 else None
    if error is None:
        return None
    high = level + Z * error
    return max(0.0, level - Z * error), high if measure in UNBOUNDED else min(1.0, high)


def _share(level: float, rows: int) -> tuple[float, float] | None:
    """Shares that the 2.5% and 97.5% quantiles of a binomial count make."""
    if rows < 1 or not 0 < level < 1:
        return None
    mean, spread = rows * level, sqrt(rows * level * (1 - level))
    below = 0.0
    ends: list[float] = []
    for count in range(max(0, int(mean - 9 * spread)), rows + 1):
        ways = lgamma(rows + 1) - lgamma(count + 1) - lgamma(rows - count + 1)
        below += exp(ways + count * log(level) + (rows - count) * log(1 - level))
        while len(ends) < 2 and below >= (0.025, 0.975)[len(ends)]:
            ends.append(count / rows)
        if len(ends) == 2:
            break
    return ends[0], ends[1] if len(ends) == 2 else 1.0


def _auc(level: float, rows: int, positives: float | None) -> float | None:
    if positives is None or not 0 < positives < 1 or not 0 < level < 1:
        return None
    yes, no = rows * positives, rows * (1 - positives)
    q1, q2 = level / (2 - level), 2 * level**2 / (1 + level)
    variance = level * (1 - level) + (yes - 1) * (q1 - level**2) + (no - 1) * (q2 - level**2)
    return sqrt(variance / (yes * no))


_ERRORS: dict[str, Callable[[float, int, float | None], float | None]] = {
    "roc_auc": _auc,
    "rmse": lambda level, rows, _: level / sqrt(2 * rows),
    "mae": lambda level, rows, _: level * sqrt((pi / 2 - 1) / rows),
    "r2": lambda level, rows, _: 2 * (1 - level) * sqrt(level / rows) if 0 < level < 1 else None,
}
