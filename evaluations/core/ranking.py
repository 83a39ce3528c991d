"""The order of a leaderboard: what can't be told apart shares a rank (STATISTICS 1.7), and what choosing among k flatters."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from evaluations.core.errors import EvaluationProblem


@dataclass(frozen=True)
class Entry:
    """One line of a board; a score of None was never reached, and p_against_best isn't asked of the best."""

    key: str
    score: float | None
    cost: float
    p_against_best: float | None = None


@dataclass(frozen=True)
class Ranked:
    """An entry's place; rank None for an unscored one, which comes last."""

    key: str
    rank: int | None


def best_of(entries: Sequence[Entry], *, greater_is_better: bool = True) -> Entry | None:
    """The entry that the others are compared with: best score, then lowest cost, then key."""
    scored = [e for e in entries if e.score is not None]
    return min(scored, key=lambda e: _order(e, greater_is_better), default=None)


def rank(entries: Sequence[Entry], *, greater_is_better: bool = True, alpha: float = 0.05) -> list[Ranked]:
    """Rank a board.

    Rank 1 is for every entry that isn't significantly worse than the best, with Holm's correction over the board. The
    others follow by score, equal scores with equal ranks. Inside a rank: by cost, then key.

    Raises
    ------
    EvaluationProblem
        If a scored entry other than the best has no p value.
    """
    best = best_of(entries, greater_is_better=greater_is_better)
    if best is None:
        return [Ranked(e.key, None) for e in sorted(entries, key=lambda e: (e.cost, e.key))]
    others = [e for e in entries if e.score is not None and e is not best]
    worse = _holm(others, alpha)
    tied = sorted([best, *(e for e in others if e.key not in worse)], key=lambda e: (e.cost, e.key))
    ranked = [Ranked(e.key, 1) for e in tied]
    previous: Entry | None = None
    for entry in sorted((e for e in others if e.key in worse), key=lambda e: _order(e, greater_is_better)):
        same = previous is not None and entry.score == previous.score
        ranked.append(Ranked(entry.key, ranked[-1].rank if same else len(ranked) + 1))
        previous = entry
    unscored = sorted((e for e in entries if e.score is None), key=lambda e: (e.cost, e.key))
    return ranked + [Ranked(e.key, None) for e in unscored]


def _order(entry: Entry, greater_is_better: bool) -> tuple[float, float, str]:
    score = entry.score or 0.0
    return (-score if greater_is_better else score), entry.cost, entry.key


def _holm(others: Sequence[Entry], alpha: float) -> set[str]:
    """Keys that are significantly worse than the best: smallest p first, until one fails."""
    found: set[str] = set()
    p_values = []
    for entry in others:
        if entry.p_against_best is None:
            raise EvaluationProblem(f"Entry '{entry.key}' has a score but wasn't compared with the best.")
        p_values.append((entry.p_against_best, entry.key))
    for i, (p, key) in enumerate(sorted(p_values)):
        if p >= alpha / (len(p_values) - i):
            break
        found.add(key)
    return found


def expected_maximum(k: int) -> float:
    """m_k: the mean of the largest of k independent standard normals, by quadrature."""
    if k < 2:
        return 0.0
    x = np.linspace(-10, 10, 40_001)
    density = k * np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi) * np.exp((k - 1) * special.log_ndtr(x))
    return float(np.trapezoid(x * density, x))


def optimism(k: int, se: float, r: float = 0.5) -> float:
    """By how much the best of k equally good models is flattered, whose rows agree with correlation r (STATISTICS 1.4).

    `se` is the standard error of one score; r is 0.5 until three models exist, see `mean_correlation`.
    """
    return se * float(np.sqrt(max(0.0, 1 - r))) * expected_maximum(k)


def mean_correlation(rows: Sequence[np.ndarray]) -> float:
    """Mean pairwise correlation of the models' per-row correctness (or error) on validation; 0.5 for fewer than three."""
    varying = [r for r in rows if np.std(r) > 0]
    if len(varying) < 3:
        return 0.5
    c = np.corrcoef(np.array(varying, dtype=float))
    k = len(varying)
    return float((c.sum() - k) / (k * (k - 1)))
