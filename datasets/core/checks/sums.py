"""Two columns whose sum or difference gives the label away, though neither does alone."""

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np
from scipy.stats import rankdata, spearmanr

from datasets.core.checks.context import Context
from datasets.core.checks.leakage import STOP_LOWER, auc_bound, numbers
from datasets.core.errors import shown
from datasets.core.findings import Finding
from dlstart_web.kit.say import say

STOP = 0.995  # of AUC or correlation: a label made from two columns is told almost without error
SCREENED, SCREEN_ROWS = 0.97, 1_000
MOST_PAIRS, MOST_TESTS = 500, 2_000
WORDS = {"sum": say("sum"), "difference": say("difference")}


def sums_give_label_away(look: Context, features: Sequence[str]) -> Iterator[Finding]:
    """Test a + b and a - b for the number columns; the nearest pair of each column is named.

    A screen on 1,000 rows picks what is counted on the whole sample. Beyond 500 pairs, the first columns are tried.
    """
    numeric = [name for name in features if look.sample[name].dtype.is_numeric()]
    tests = 1 if look.task != "multiclass" else len(look.classes) ** 2 // 2
    most = min(MOST_PAIRS, MOST_TESTS // tests)
    columns = numeric[: int(0.5 + (0.25 + 2 * most) ** 0.5)]
    if len(columns) < 2:
        return
    few = np.random.default_rng(2).permutation(len(look.sample))[:SCREEN_ROWS]
    look.looked_at["D206"], look.columns_looked_at["D206"] = len(few), (len(columns), len(numeric))
    values = {name: numbers(look.sample[name]) for name in columns}
    y = look.sample_y
    named: set[str] = set()
    for sign, word in ((1, "sum"), (-1, "difference")):
        pairs = list(combinations(columns, 2))
        if not pairs:
            continue
        screen = np.column_stack([_filled(values[a][few] + sign * values[b][few]) for a, b in pairs])
        for pair in np.flatnonzero(_screened(look, screen, y[few]) >= SCREENED):
            one, other = pairs[pair]
            if one in named and other in named:
                continue
            strength, passes = _strength(look, values[one] + sign * values[other], y)
            if passes:
                named |= {one, other}
                message = say(
                    "The {word} of '{one}' and '{other}' predicts the label ({measure} {strength:.3f}), though neither "
                    "does alone. Were both known before the label was? If not, leave one out.",
                    word=WORDS[word],
                    one=shown(one),
                    other=shown(other),
                    measure=say("correlation") if look.task == "regression" else "AUC",
                    strength=strength,
                )
                evidence = {"columns": [one, other], "of": word, "strength": round(strength, 4), "rows": len(y)}
                yield Finding("D206", "stop", one, message, evidence)


def _filled(values: np.ndarray) -> np.ndarray:
    known = ~np.isnan(values)
    return np.where(known, values, np.median(values[known]) if known.any() else 0.0)


def _screened(look: Context, screen: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The strength of each candidate on a few rows."""
    if look.task == "multiclass":
        return np.array([_least_apart(each, y)[0] for each in screen.T])
    ranks = rankdata(screen, axis=0)
    other = rankdata(y)
    ranks -= ranks.mean(0)
    other = other - other.mean()
    spread = np.sqrt((ranks**2).sum(0) * (other**2).sum())
    related: np.ndarray = np.abs(other @ ranks) / np.where(spread > 0, spread, np.inf)
    if look.task == "regression":
        return related
    positive = y == y.max()
    m, n = positive.sum(), (~positive).sum()
    area = (
        np.abs(ranks[positive].mean(0) - ranks[~positive].mean(0)) / (m + n) + 0.5 if m and n else np.zeros(len(ranks))
    )
    return area


def _strength(look: Context, combined: np.ndarray, y: np.ndarray) -> tuple[float, bool]:
    known = ~np.isnan(combined)
    combined, y = combined[known], y[known]
    if len(y) < 10 or np.ptp(combined) == 0:
        return 0.0, False
    if look.task == "regression":
        strength = abs(float(spearmanr(combined, y).statistic))
        return strength, strength >= STOP
    if look.task == "binary":
        strength, lower = auc_bound(combined, y == y.max())
    else:
        strength, lower = _least_apart(combined, y)
    return strength, strength >= STOP and lower > STOP_LOWER


def _least_apart(values: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """AUC and lower bound of the two classes that the values tell apart least."""
    pairs = combinations(np.unique(y), 2)
    return min((auc_bound(values[two], y[two] == a) for a, b in pairs for two in [(y == a) | (y == b)]), default=(0, 0))
