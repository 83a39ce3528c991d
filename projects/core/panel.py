"""What many reviewers say of many proposals: do they read the criteria alike, how strict is each, which proposals differ."""

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

AGREEMENT_FROM = 10  # proposals; with fewer, alpha says little
READ_ALIKE = 0.4
PRIOR_REVIEWS = 2  # a reviewer's offset is drawn to zero as by two reviews without one
ROUNDS = 50
REVIEWS_TO_CORRECT = 5
TOLD_APART = 1.96


def krippendorff_alpha(units: Iterable[Sequence[float]]) -> float | None:
    """How far reviewers agree beyond chance, on an interval scale.

    Parameters
    ----------
    units : iterable of sequences
        The scores of one thing judged, one a reviewer; those with fewer than two say nothing and are left out.

    Returns
    -------
    float or None
        1 for full agreement, 0 for what chance gives; None where no two scores can be compared or all are equal.

    Notes
    -----
    Krippendorff (2004), Content Analysis, chapter 11: one minus observed over expected squared difference.
    """
    judged = [unit for unit in units if len(unit) > 1]
    scores = [score for unit in judged for score in unit]
    n = len(scores)
    expected = _pairs(scores) / (n - 1) if n > 1 else 0.0
    if not expected:
        return None
    return 1 - sum(_pairs(unit) / (len(unit) - 1) for unit in judged) / expected


def _pairs(scores: Sequence[float]) -> float:
    """Sum of squared differences over ordered pairs: 2n times the sum of squares around the mean."""
    mean = statistics.fmean(scores)
    return 2 * len(scores) * sum((score - mean) ** 2 for score in scores)


@dataclass(frozen=True)
class Corrected:
    """Means with the reviewers' strictness taken out, and that strictness (above zero: gives more than others)."""

    means: dict[str, float]
    offsets: dict[str, float]


def correct_strictness(reviews: Mapping[str, Mapping[str, float]]) -> Corrected | None:
    """Means of proposals less what is a reviewer's habit; None where nothing is to be corrected.

    Parameters
    ----------
    reviews : mapping
        Proposal -> reviewer -> overall score of the review.

    Returns
    -------
    Corrected or None
        None if all reviewers saw the same proposals (their habits cancel), or somebody wrote fewer than five.

    Notes
    -----
    Proposal and reviewer effects in turn, 50 times; an offset is the sum of residuals over their count plus two.
    """
    seen = [frozenset(given) for given in reviews.values() if given]
    counts: dict[str, int] = {}
    for given in reviews.values():
        for reviewer in given:
            counts[reviewer] = counts.get(reviewer, 0) + 1
    if len(set(seen)) < 2 or min(counts.values()) < REVIEWS_TO_CORRECT:
        return None
    offsets = dict.fromkeys(counts, 0.0)
    means: dict[str, float] = {}
    for _ in range(ROUNDS):
        means = _means(reviews, offsets)
        sums = dict.fromkeys(counts, 0.0)
        for proposal, given in reviews.items():
            for reviewer, score in given.items():
                sums[reviewer] += score - means[proposal]
        offsets = {reviewer: total / (counts[reviewer] + PRIOR_REVIEWS) for reviewer, total in sums.items()}
    return Corrected(_means(reviews, offsets), offsets)


def _means(reviews: Mapping[str, Mapping[str, float]], offsets: Mapping[str, float]) -> dict[str, float]:
    return {
        proposal: statistics.fmean(score - offsets[reviewer] for reviewer, score in given.items())
        for proposal, given in reviews.items()
        if given
    }


@dataclass(frozen=True)
class Standing:
    """One proposal in the portfolio. `worth`: the most a year could gain, for each unit of its cost; None if not known."""

    key: str
    overall: float
    error: float
    worth: float | None = None

    @property
    def careful(self) -> float:
        """What orders proposals: the score less its standard error."""
        return self.overall - self.error


def are_apart(one: Standing, other: Standing) -> bool:
    """Whether two overall scores differ by more than their errors explain."""
    return abs(one.overall - other.overall) >= TOLD_APART * math.hypot(one.error, other.error)


def bands(standings: Iterable[Standing]) -> list[list[Standing]]:
    """Proposals in bands, best first: who cannot be told apart from the top of a band shares it.

    Inside a band the order is by `worth`, unknown last, then by score less error.
    """
    left = sorted(standings, key=lambda standing: (-standing.careful, standing.key))
    found = []
    while left:
        top = left[0]
        band = [standing for standing in left if standing is top or not are_apart(top, standing)]
        left = [standing for standing in left if standing not in band]
        found.append(
            sorted(band, key=lambda s: (s.worth is None, -(s.worth or 0.0), -s.careful, s.key)),
        )
    return found


def overlaps(order: Sequence[Standing]) -> list[tuple[int, int]]:
    """Runs of neighbouring ranks of which each overlaps with the next, as first and last rank."""
    runs: list[tuple[int, int]] = []
    for rank, (one, other) in enumerate(pairwise(order), start=1):
        if are_apart(one, other):
            continue
        if runs and runs[-1][1] == rank:
            runs[-1] = (runs[-1][0], rank + 1)
        else:
            runs.append((rank, rank + 1))
    return runs


@dataclass(frozen=True)
class Habit:
    """How a reviewer's scores lie to those of the others on the same proposals. `offset`: above zero gives more."""

    n: int
    offset: float | None
    distance: float | None  # mean size of the difference


def habit(pairs: Sequence[tuple[float, float]]) -> Habit:
    """From (own, mean of the others) of each proposal; the offset is drawn to zero while there are few."""
    if not pairs:
        return Habit(0, None, None)
    gaps = [own - others for own, others in pairs]
    return Habit(len(gaps), sum(gaps) / (len(gaps) + PRIOR_REVIEWS), statistics.fmean(abs(gap) for gap in gaps))
