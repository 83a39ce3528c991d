"""Can two models be told apart on the same rows, and how many rows would it take (STATISTICS 1.7).

For validation and the final tier only: on the checkpoint set a paired test would say more than the ladder does.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import special

from datasets.core.sealed_ladder import ALPHA
from dlstart_web.kit.say import figure, joined, say
from evaluations.core import intervals, scores
from evaluations.core.intervals import Array, normal_quantile
from evaluations.core.metrics import Metric

POWER_Z = 0.841621  # 80% power


@dataclass(frozen=True)
class Comparison:
    """How two models differ on the same rows.

    Parameters
    ----------
    difference, low, high : float
        First minus second, in the metric's own unit turned so that a positive one means "the first is better".
    p : float
        Two-sided.
    n : int
        Rows.
    disagreement : float or None
        Share of rows where exactly one of the two is right; None where the measure isn't a share of rows.
    rows_needed : int or None
        To tell such a difference apart with 80% power; None for no difference at all.
    first_only, second_only : int or None
        Rows that the first alone, the second alone has right.
    alpha : float, default=0.05
        What the interval and the rows needed were reckoned with.
    """

    difference: float
    low: float
    high: float
    p: float
    n: int
    disagreement: float | None
    rows_needed: int | None
    first_only: int | None = None
    second_only: int | None = None
    alpha: float = 0.05

    def message(self, write: Callable[[float], str] = "{:+.3f}".format) -> str:
        """One sentence for a page; `write` gives a difference its sign and unit where it isn't a share."""
        share = self.disagreement is not None
        if share:
            write = _signed_percent
        found = say(
            "p = {p}, {interval} {low} to {high}",
            p=_p(self.p),
            interval=interval_name(self.alpha),
            low=write(self.low),
            high=write(self.high),
        )
        if self.p < self.alpha:
            return say(
                "Told apart: {difference} on {n:,} rows ({found}).",
                difference=write(self.difference),
                n=self.n,
                found=found,
            )
        values = {"difference": write(self.difference), "n": self.n, "found": found}
        if share:
            values |= {"share": self.disagreement}
            said = say(
                "Within noise: {difference} on {n:,} rows where the two models disagree on {share:.1%} ({found}).",
                **values,
            )
        else:
            said = say("Within noise: {difference} on {n:,} rows ({found}).", **values)
        choose = say("Choose on cost, speed or simplicity instead.")
        if self.rows_needed is None:
            return joined(" ", [said, say("No number of rows tells such a difference apart."), choose])
        needed = say("To tell a difference this small apart you would need about {rows:,} rows.", rows=self.rows_needed)
        return joined(" ", [said, needed, *([choose] if self.rows_needed > 4 * self.n else [])])


def interval_name(alpha: float) -> str:
    """What an interval is called.

    One that misses with less than 5% was paid for with looks at the same rows: then it is what holds with 95% over all
    of them together (STATISTICS 1.3).
    """
    if alpha == ALPHA:
        return say("{percent}% interval", percent=95)
    return say("{percent}% interval over all looks", percent=95)


def _signed_percent(share: float) -> str:
    return figure(f"{share:+.1%}".replace("-", "−"))


def mcnemar_midp(b: int, c: int) -> float:
    """Two-sided mid-p McNemar test of b against c discordant rows (Fagerland, Lydersen, Laake 2013)."""
    if b + c == 0:
        return 1.0
    k, m = min(b, c), b + c
    # 2 P(X <= k) - P(X = k)
    return float(min(1.0, special.bdtr(k, m, 0.5) + (special.bdtr(k - 1, m, 0.5) if k else 0.0)))


def mcnemar_exact(b: int, c: int) -> float:
    """Two-sided exact McNemar test: never too small, for a pooled set that was looked at."""
    return 1.0 if b + c == 0 else float(min(1.0, 2 * special.bdtr(min(b, c), b + c, 0.5)))


def bonett_price(b: int, c: int, n: int, alpha: float = 0.05) -> tuple[float, float, float]:
    """Difference of two shares on the same n rows with its interval, one row added to b and c (Bonett & Price 2012)."""
    p, q = (b + 1) / (n + 2), (c + 1) / (n + 2)
    half = normal_quantile(alpha) * float(np.sqrt((p + q - (p - q) ** 2) / (n + 2)))
    return p - q, max(-1.0, p - q - half), min(1.0, p - q + half)


def paired_delong(
    y: Array, first: Array, second: Array, alpha: float = 0.05
) -> tuple[float, float, float, float, float]:
    """Difference of two areas under the ROC curve: (difference, standard error, low, high, p)."""
    areas, c = intervals.delong(y, [first, second])
    difference = float(areas[0] - areas[1])
    se = float(np.sqrt(max(0.0, c[0, 0] + c[1, 1] - 2 * c[0, 1])))
    if se == 0:
        return difference, 0.0, difference, difference, 1.0 if difference == 0 else 0.0
    half = normal_quantile(alpha) * se
    p = float(2 * special.ndtr(-abs(difference) / se))
    return difference, se, difference - half, difference + half, p


def paired_bootstrap(
    metric: Metric,
    y: Array,
    first: Array,
    second: Array,
    *,
    alpha: float = 0.05,
    groups: Array | None = None,
    seed: int = 0,
) -> tuple[float, float, float, float]:
    """Difference of two scores in the metric's own unit by paired draws: (difference, low, high, p).

    Percentiles of 1999 draws up to 10,000 rows; above, a normal interval with the spread of fewer draws.
    """
    one, other = (metric.drawn(y, p, groups=groups, seed=seed) for p in (first, second))
    differences = one - other
    difference = metric.score(y, first) - metric.score(y, second)
    spread = float(differences.std(ddof=1))
    if spread == 0:
        return difference, difference, difference, 1.0 if difference == 0 else 0.0
    if len(differences) < intervals.DRAWS:
        half = normal_quantile(alpha) * spread
        return difference, difference - half, difference + half, float(2 * special.ndtr(-abs(difference) / spread))
    low, high = np.quantile(differences, [alpha / 2, 1 - alpha / 2])
    tail = min(int(np.sum(differences <= 0)), int(np.sum(differences >= 0)))
    return difference, float(low), float(high), min(1.0, 2 * (tail + 1) / (len(differences) + 1))


def rows_needed(delta: float, disagreement: float, alpha: float = 0.05) -> int | None:
    """Rows to tell two models apart that differ by delta and disagree on that share of rows (Connor 1987); None if delta is 0."""
    if delta == 0 or disagreement <= 0:
        return None
    spread = normal_quantile(alpha) * np.sqrt(disagreement) + POWER_Z * np.sqrt(max(0.0, disagreement - delta**2))
    return int(np.ceil(spread**2 / delta**2))


def rows_needed_by_error(difference: float, se: float, n: int, alpha: float = 0.05) -> int | None:
    """The same for a measure with a standard error on n rows."""
    if difference == 0 or se == 0:
        return None
    return int(np.ceil(n * ((normal_quantile(alpha) + POWER_Z) * se / difference) ** 2))


def compare(
    metric: Metric,
    y: Array,
    first: Array,
    second: Array,
    *,
    alpha: float = 0.05,
    groups: Array | None = None,
    seed: int = 0,
) -> Comparison:
    """Compare two models' predictions of the same rows.

    Accuracy, top 5 accuracy and recall by McNemar's mid-p test with Bonett and Price's interval, AUC by paired DeLong, the rest (and
    all measures where rows are grouped) by the paired bootstrap.
    """
    n = len(y)
    if groups is not None and len(np.unique(groups)) == n:
        groups = None
    if metric.name in ("accuracy", "top5_accuracy", "recall") and groups is None:
        taking_part = scores.positives(y, first) if metric.name == "recall" else scores.everyone(y, first)
        among = 5 if metric.name == "top5_accuracy" else 1
        one, other = scores.among_first(y, first, among), scores.among_first(y, second, among)
        b = int(np.sum(one & ~other & taking_part))
        c = int(np.sum(~one & other & taking_part))
        n = int(taking_part.sum())
        _, low, high = bonett_price(b, c, n, alpha)
        delta, disagreement = (b - c) / n, (b + c) / n
        needed = rows_needed(delta, disagreement, alpha)
        return Comparison(delta, low, high, mcnemar_midp(b, c), n, disagreement, needed, b, c, alpha)
    if metric.name == "roc_auc" and groups is None:
        difference, se, low, high, p = paired_delong(y, first[:, 1], second[:, 1], alpha)
        return Comparison(
            difference, low, high, p, n, None, rows_needed_by_error(difference, se, n, alpha), alpha=alpha
        )
    difference, low, high, p = paired_bootstrap(metric, y, first, second, alpha=alpha, groups=groups, seed=seed)
    if not metric.greater_is_better:
        difference, low, high = -difference, -high, -low
    se = (high - low) / (2 * normal_quantile(alpha))
    return Comparison(difference, low, high, p, n, None, rows_needed_by_error(difference, se, n, alpha), alpha=alpha)


def _p(p: float) -> str:
    return figure(f"{p:.2f}") if p >= 0.005 else say("under 0.005")
