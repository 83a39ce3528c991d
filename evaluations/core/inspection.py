"""What a model looks at and where it errs, on validation: permutation importance, partial dependence, the rows most wrong."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluations.core.encoding import Encoded
from evaluations.core.metrics import Metric
from evaluations.core.recipes.base import Budget, Fitted, some_rows

Array = NDArray[np.float64]
Json = dict[str, Any]
Progress = Callable[[float], None]

REPEATS = 5
ROWS = 2_000  # validation rows that are permuted
TOP = 4  # columns whose dependence is drawn
GRID = 9
WRONG = 20


def importances(fitted: Fitted, metric: Metric, *, seed: int, clock: Budget, progress: Progress) -> Json:
    """How much worse the score gets when a column's values are dealt out anew (Breiman 2001), by column of the file.

    Columns that one file column became (the parts of a date) are permuted together. Ends with the budget, and says for
    how many columns it lasted.

    Returns
    -------
    dict
        "columns": [{"column", "mean", "sd", "low", "high"}], the most important first, in the metric's own unit and
        positive where the model does worse without; low and high are the extremes of the repeats. "left": columns
        that were not reached. "n": rows.
    """
    rng = np.random.default_rng(seed)
    data = fitted.data
    rows = np.sort(some_rows(data.rows("validation"), ROWS, seed))
    tree, y = np.asarray(data.tree("validation"))[rows], data.y("validation")[rows]
    sign = 1.0 if metric.greater_is_better else -1.0
    base = metric.score(y, fitted.predict(data.altered("validation", rows, tree)))
    names = list(dict.fromkeys(feature.source for feature in data.features))
    found: list[Json] = []
    for place, name in enumerate(names):
        progress(place / len(names))
        if clock.over:
            break
        columns = np.array([j for j, feature in enumerate(data.features) if feature.source == name])
        drops = []
        for _ in range(REPEATS):
            dealt = tree.copy()
            dealt[:, columns] = tree[np.ix_(rng.permutation(len(tree)), columns)]
            drops.append(sign * (base - metric.score(y, fitted.predict(data.altered("validation", rows, dealt)))))
        found.append(
            {
                "column": name,
                "mean": float(np.mean(drops)),
                "sd": float(np.std(drops, ddof=1)),
                "low": min(drops),
                "high": max(drops),
            }
        )
    found.sort(key=lambda each: -each["mean"])
    return {"columns": found, "left": len(names) - len(found), "n": len(rows)}


def dependence(fitted: Fitted, columns: list[str], *, seed: int, clock: Budget) -> list[Json]:
    """Mean answer when a column is set to the same value in all rows (Friedman 2001), for numbers and categories.

    The answer is the number predicted, the probability of yes, or of the class that moves most.
    """
    data, made = fitted.data, []
    rows = np.sort(some_rows(data.rows("validation"), ROWS // 4, seed))
    tree = np.asarray(data.tree("validation"))[rows]
    for name in columns:
        places = [j for j, feature in enumerate(data.features) if feature.source == name]
        if len(places) != 1 or clock.over:
            continue
        feature, known = data.features[places[0]], tree[~np.isnan(tree[:, places[0]]), places[0]]
        if feature.kind == "category":
            values = np.arange(min(len(feature.values), GRID), dtype=np.float32)
            labels = [feature.values[int(code)] for code in values]
        elif len(known):
            values = np.unique(np.quantile(known, np.linspace(0.02, 0.98, GRID)).astype(np.float32))
            labels = [f"{value:.4g}" for value in values]
        else:
            continue
        means = []
        for value in values:
            fixed = tree.copy()
            fixed[:, places[0]] = value
            answer = fitted.predict(data.altered("validation", rows, fixed))
            means.append(answer.mean(axis=0, keepdims=answer.ndim == 1))
        table = np.array(means)
        moves = 1 if data.task == "binary" else int(np.argmax(np.ptp(table, axis=0)))
        made.append(
            {
                "column": name,
                "is_number": feature.kind != "category",
                "of": data.classes[moves] if data.classes else None,
                "labels": labels,
                "at": values.astype(float).tolist(),
                "values": table[:, moves].tolist(),
            }
        )
    return made


def most_wrong(data: Encoded, guess: Array) -> list[Json]:
    """The validation rows where the model was surest of something else: the first places to look for wrong labels."""
    y = data.y("validation")
    if data.classes is None:
        loss = np.abs(guess - y)
        order = np.argsort(-loss, kind="stable")[:WRONG]
        return [
            {"row": int(i), "truth": f"{y[i]:.6g}", "answer": f"{guess[i]:.6g}", "loss": float(loss[i])} for i in order
        ]
    own = guess[np.arange(len(y)), y.astype(int)]
    said = np.argmax(guess, axis=1)
    surest = [int(i) for i in np.argsort(own, kind="stable")[:WRONG] if said[i] != y[i]]
    return [
        {
            "row": i,
            "truth": data.classes[int(y[i])],
            "answer": data.classes[int(said[i])],
            "loss": float(own[i]),  # the probability it gave to the label
        }
        for i in surest
    ]
