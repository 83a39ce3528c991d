"""How a model decides on validation, as small JSON: what the page of the operating point needs, without a row in it."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlstart_web.kit.say import say
from evaluations.core import calibration, operating
from evaluations.core.encoding import Encoded
from evaluations.core.features import Matrix
from evaluations.core.guarding import FEWEST
from evaluations.core.intervals import Array, auc, delong, log_t
from evaluations.core.metrics import METRICS
from evaluations.core.scores import LOG_RANGE, Rows, brier_rows, log_rows

SHOWN_CLASSES = 20  # the commonest have a row and a column; the others share the last
SLICE_VALUES = 8  # the commonest values of a column are slices; the others share the last
SLICES = 48
BANDS = 10  # of predicted size
COVERAGES = [i / 10 for i in range(1, 11)]
RISK_POINTS = 100

Json = dict[str, Any]


def summarise(data: Encoded, guess: Array, groups: NDArray[Any] | None) -> Json:
    """What a model's predictions of the validation rows show, by the kind of its target.

    Parameters
    ----------
    data : Encoded
        For the labels and the category columns of validation.
    guess : ndarray of shape (n, n_classes) or (n,)
        Probabilities, or numbers.
    groups : ndarray of shape (n,), optional
        Rows that belong together; each group then counts once where an interval is drawn.
    """
    y = data.y("validation")
    units = len(y) if groups is None else len(np.unique(groups))
    head: Json = {"kind": data.task, "n": len(y), "units": units}
    if data.task == "binary":
        return head | _binary(data, y, guess, units)
    if data.task == "multiclass":
        return head | _classes(data, y, guess)
    return head | _numbers(data, y, guess)


# ---- yes or no


def _binary(data: Encoded, y: Array, guess: Array, units: int) -> Json:
    p = guess[:, 1]
    points = operating.thresholds(y, p)
    precision = METRICS["average_precision"].score(y, guess)
    around = operating.average_precision_interval(points, units=units)
    return {
        "yes": (data.classes or ["no", "yes"])[1],
        "positives": int(points.positives),
        "t": [float(f"{t:.6g}") for t in points.t],
        "tp": points.tp.astype(int).tolist(),
        "fp": points.fp.astype(int).tolist(),
        "roc": _area(float(delong(y, [p])[0][0]), auc(y, p)),
        "pr": _area(precision, (max(0.0, precision + around[0]), min(1.0, precision + around[1]))),
        "spread": {
            "log_loss": _spread(log_rows(y, guess, None)) * LOG_RANGE,
            "brier": _spread(brier_rows(y, guess, None)),
        },
        "calibration": _calibration(p, y),
        "abstain": _abstain(np.maximum(p, 1 - p), (p >= 0.5) != (y == 1)),
        "slices": [
            {"column": column, "value": value, **_counts_at(points, y[rows], p[rows])}
            for column, value, rows in _slices(data)
        ],
    }


def _spread(rows: Rows) -> float:
    """Standard deviation of the losses of single rows."""
    return float(np.std(rows.values, ddof=1)) if len(rows.values) > 1 else 0.0


def _area(value: float, ends: tuple[float, float]) -> Json:
    return {"area": value, "low": ends[0], "high": ends[1]}


def _counts_at(points: operating.Thresholds, y: Array, p: Array) -> Json:
    """Counts of some rows at the thresholds of all."""
    yes, no = np.sort(p[y == 1]), np.sort(p[y != 1])
    return {
        "positives": len(yes),
        "negatives": len(no),
        "tp": (len(yes) - np.searchsorted(yes, points.t)).tolist(),
        "fp": (len(no) - np.searchsorted(no, points.t)).tolist(),
    }


# ---- several classes


def _classes(data: Encoded, y: Array, guess: Array) -> Json:
    names, said = data.classes or [], np.argmax(guess, axis=1)
    truth = y.astype(int)
    common = np.argsort(-np.bincount(truth, minlength=len(names)), kind="stable")
    shown = np.sort(common[:SHOWN_CLASSES]) if len(names) > SHOWN_CLASSES else np.arange(len(names))
    place = np.full(len(names), len(shown))
    place[shown] = np.arange(len(shown))
    size = len(shown) + (len(names) > len(shown))
    matrix = np.zeros((size, size), dtype=int)
    np.add.at(matrix, (place[truth], place[said]), 1)
    right = (said == truth).astype(np.float64)
    return {
        "classes": [names[j] for j in shown] + [say("all others")] * (size - len(shown)),
        "lumped": int(size > len(shown)),
        "matrix": matrix.tolist(),
        "spread": {"log_loss": _spread(log_rows(y, guess, None)) * LOG_RANGE},
        "calibration": _calibration(guess.max(axis=1), right),
        "abstain": _abstain(guess.max(axis=1), right == 0),
        "slices": [
            {"column": column, "value": value, "n": int(rows.sum()), "right": int(right[rows].sum())}
            for column, value, rows in _slices(data)
        ],
    }


# ---- numbers


def _numbers(data: Encoded, y: Array, guess: Array) -> Json:
    error = guess - y
    low, high = np.quantile(error, [0.01, 0.99])
    edges = np.linspace(low, high, 21) if high > low else np.array([low - 0.5, low + 0.5])
    order = np.argsort(guess, kind="stable")
    return {
        "quantiles": np.quantile(error, [0.05, 0.25, 0.5, 0.75, 0.95]).tolist(),
        "bias": float(error.mean()),
        "histogram": {"edges": edges.tolist(), "rows": np.histogram(error, edges)[0].tolist()},
        "bands": [
            {"low": float(guess[rows[0]]), "high": float(guess[rows[-1]]), **_errors(error[rows])}
            for rows in np.array_split(order, min(BANDS, max(1, len(order) // FEWEST)))
        ],
        "slices": [{"column": column, "value": value, **_errors(error[rows])} for column, value, rows in _slices(data)],
    }


def _errors(error: Array) -> Json:
    size = np.abs(error)
    low, high = log_t(size)
    return {
        "n": len(error),
        "mae": float(size.mean()),
        "mae_low": low,
        "mae_high": high if np.isfinite(high) else None,
        "bias": float(error.mean()),
    }


# ---- for both kinds of classes


def _calibration(p: Array, y: Array) -> Json:
    found = calibration.reliability(p, y)
    judged: Json = {
        "ece": found.ece,
        "limit": found.limit,
        "n": found.n,
        "is_off": found.is_off,
        "bins": [
            {"said": s, "was": w, "low": a, "high": b, "rows": int(n)}
            for s, w, a, b, n in zip(found.said, found.was, found.low, found.high, found.rows, strict=True)
        ],
        "offer": None,
    }
    if found.is_off and len(p) < calibration.PLATT_BELOW:
        a, b = calibration.platt(p, y)
        judged["offer"] = {"kind": "platt", "a": a, "b": b}
    elif found.is_off:
        begins, values = calibration.isotonic(np.round(p, 3), y)
        judged["offer"] = {"kind": "isotonic", "from": begins.tolist(), "value": values.tolist()}
    return judged


def _abstain(confidence: Array, wrong: NDArray[np.bool_]) -> Json:
    found = operating.abstain(confidence, wrong)
    n = len(wrong)
    kept = np.unique(np.linspace(1, n, min(n, RISK_POINTS)).round().astype(int))
    rows = np.maximum(1, np.round(np.array(COVERAGES) * n)).astype(int)
    ranked = -np.sort(-confidence)
    return {
        "aurc": found.aurc,
        "coverage": (kept / n).tolist(),
        "risk": found.risk[kept - 1].tolist(),
        "rows": rows.tolist(),
        "errors": found.errors[rows - 1].astype(int).tolist(),
        "confidence": ranked[rows - 1].tolist(),
    }


def _slices(data: Encoded) -> Iterator[tuple[str, str, NDArray[np.bool_]]]:
    """Validation rows by the values of each category column: (column, value, which rows); at most 48 in all."""
    count = 0
    for column, value, rows in slices_of(data, data.tree("validation")):
        if rows.sum() >= FEWEST and count < SLICES:
            count += 1
            yield column, value, rows


def slices_of(data: Encoded, tree: Matrix) -> Iterator[tuple[str, str, NDArray[np.bool_]]]:
    """Rows of a code matrix by the values of each category column: (column, value, which rows)."""
    for j in data.categories:
        names, codes = data.features[j].values, np.asarray(tree[:, j])
        choices = [(names[code], codes == code) for code in range(min(len(names), SLICE_VALUES))]
        choices += [(say("all others"), codes >= SLICE_VALUES), (say("missing or new"), np.isnan(codes))]
        for value, rows in choices:
            yield data.features[j].source, str(value), rows
