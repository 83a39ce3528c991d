"""What was measured, as a score from 1 to 5 beside what reviewers think; both parts are always shown (STATISTICS 7)."""

from dataclasses import dataclass

VALIDATION, SEALED = 1.5, 3.0  # how many reviewers the evidence counts for
ROWS = (100, 1_000, 10_000, 100_000)
TIMES_COST = (1, 3, 10, 30)
CONFLICTS_ALLOWED = 0.01


@dataclass(frozen=True)
class Evidence:
    """A measured score of one criterion, what it counts, and where it comes from in words."""

    score: float
    weight: float
    words: str


@dataclass(frozen=True)
class Updated:
    """Reviewers and evidence together, with both parts."""

    reviewers: float
    n: int
    evidence: Evidence | None

    @property
    def score(self) -> float:
        """``(R * mean + w * e) / (R + w)``."""
        if self.evidence is None:
            return self.reviewers
        weight = self.evidence.weight
        return (self.n * self.reviewers + weight * self.evidence.score) / (self.n + weight)


def _clipped(score: float) -> float:
    return min(5.0, max(1.0, score))


def feasibility(*, best: float, floor: float, level: float) -> float | None:
    """Where the best score lies between the constant answer (1) and the level (5), in the measure's own unit.

    Errors, where less is better, need no turning round. None if the constant answer is already at the level.
    """
    return None if level == floor else _clipped(1 + 4 * (best - floor) / (level - floor))


def dataset(*, labelled: int, conflicts: float = 0.0, has_stop: bool = False) -> float:
    """1 to 5 by labelled rows; one less for more than 1% of conflicting labels; a finding that says stop caps it at 2."""
    score = 1 + sum(labelled >= rows for rows in ROWS) - (conflicts > CONFLICTS_ALLOWED)
    return _clipped(min(score, 2) if has_stop else score)


def payoff(*, gain: float, cost: float) -> float | None:
    """1 to 5 by the yearly speed of light over the yearly cost; None without a cost."""
    return None if cost <= 0 else float(1 + sum(gain / cost >= times for times in TIMES_COST))


def fault_tolerance(mean: float) -> float:
    """One more than reviewers gave, where a guard rail of positive value is written down."""
    return _clipped(mean + 1)
