"""What reviews say together: mean, median and range side by side, weakest first, and never one number alone."""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from projects.core.criteria import CRITERIA, MINIMUM_REVIEWS, Anchored

USUAL_VARIANCE = 0.36  # of one reviewer's overall score; two reviewers' worth of it steadies a small sample
APART = 0.5  # mean and median this far apart are worth a look
DISCUSS_SD, DISCUSS_RANGE = 1.0, 3
BLOCKER = 2


@dataclass(frozen=True)
class Summary:
    """One criterion over its reviewers. Nobody could judge it: n is 0 and the figures are None."""

    criterion: Anchored
    scores: tuple[int, ...]
    mean: float | None = None
    median: float | None = None
    low: int | None = None
    high: int | None = None
    sd: float | None = None  # None with fewer than two scores
    is_weakest: bool = False

    @property
    def n(self) -> int:
        return len(self.scores)

    @property
    def is_blocker(self) -> bool:
        """A median of 2 or less is shown, and not averaged away."""
        return self.median is not None and self.median <= BLOCKER

    @property
    def is_below_floor(self) -> bool:
        """A must-meet floor is missed: this blocks approval, not discussion."""
        return self.median is not None and self.criterion.floor is not None and self.median < self.criterion.floor

    @property
    def needs_talk(self) -> bool:
        """Reviewers read the same text very differently."""
        if self.low is None or self.high is None:
            return False
        return (self.sd is not None and self.sd >= DISCUSS_SD) or self.high - self.low >= DISCUSS_RANGE

    @property
    def is_lopsided(self) -> bool:
        """Mean and median tell different stories."""
        return self.mean is not None and self.median is not None and abs(self.mean - self.median) >= APART


@dataclass(frozen=True)
class Profile:
    """The five summaries, weakest first, and what may be said about all of them together."""

    criteria: tuple[Summary, ...]
    reviewers: int
    overall: float | None  # weighted mean of the five means; None as long as one that counts has no score
    error: float | None  # standard error of `overall`

    @property
    def by_key(self) -> dict[str, Summary]:
        return {summary.criterion.key: summary for summary in self.criteria}

    @property
    def is_provisional(self) -> bool:
        return self.reviewers < MINIMUM_REVIEWS

    @property
    def weakest(self) -> Summary | None:
        return self.criteria[0] if self.criteria and self.criteria[0].is_weakest else None

    @property
    def talk_first(self) -> Summary | None:
        """The widest disagreement, where there is one worth a talk."""
        wide = [summary for summary in self.criteria if summary.needs_talk]
        return max(wide, key=lambda summary: (summary.high or 0) - (summary.low or 0), default=None)

    @property
    def missed_floors(self) -> tuple[Summary, ...]:
        return tuple(summary for summary in self.criteria if summary.is_below_floor)


def summarise(criterion: Anchored, scores: Sequence[int]) -> Summary:
    """Mean, median, range and sample standard deviation (ddof=1) of one criterion."""
    if not scores:
        return Summary(criterion, ())
    return Summary(
        criterion,
        tuple(scores),
        mean=statistics.fmean(scores),
        median=float(statistics.median(scores)),
        low=min(scores),
        high=max(scores),
        sd=statistics.stdev(scores) if len(scores) > 1 else None,
    )


def standard_error(overalls: Sequence[float]) -> float | None:
    """Standard error of the mean of reviewers' overall scores, steadied for few reviewers.

    Parameters
    ----------
    overalls : sequence of float
        One overall score a reviewer, 1 to 5.

    Returns
    -------
    float or None
        ``sqrt(s2 / R)`` with ``s2 = ((R - 1) * var + 2 * 0.36) / (R + 1)``; None without reviewers.
    """
    count = len(overalls)
    if not count:
        return None
    variance = statistics.variance(overalls) if count > 1 else 0.0
    return math.sqrt(((count - 1) * variance + 2 * USUAL_VARIANCE) / (count + 1) / count)


def _weighted(scores: Mapping[str, float], weights: Mapping[str, float]) -> float | None:
    """The weighted mean of what was judged; None where nothing that counts was."""
    judged = [key for key in weights if key in scores]
    return statistics.fmean([scores[key] for key in judged], [weights[key] for key in judged]) if judged else None


def profile(reviews: Sequence[Mapping[str, int | None]], criteria: Sequence[Anchored] = CRITERIA) -> Profile:
    """What reviews say together.

    Parameters
    ----------
    reviews : sequence of mappings
        One a reviewer: criterion key -> 1 to 5, or None for "cannot judge".
    criteria : sequence of Anchored, default=CRITERIA
        The five with the weights and floors in force.

    Returns
    -------
    Profile
        Summaries ordered by median, then mean, then the order of the form; unjudged ones last.
    """
    summaries = [
        summarise(criterion, [score for review in reviews if (score := review.get(criterion.key)) is not None])
        for criterion in criteria
    ]
    judged = [summary for summary in summaries if summary.n]
    ordered = sorted(judged, key=lambda summary: (summary.median, summary.mean))
    marked = tuple(
        Summary(s.criterion, s.scores, s.mean, s.median, s.low, s.high, s.sd, is_weakest=index == 0)
        for index, s in enumerate(ordered)
    )
    weights = {criterion.key: criterion.weight for criterion in criteria if criterion.weight}
    means = {s.criterion.key: s.mean for s in judged if s.mean is not None}
    overall = _weighted(means, weights) if weights.keys() <= means.keys() else None
    own = [_weighted({key: score for key, score in review.items() if score is not None}, weights) for review in reviews]
    error = standard_error([score for score in own if score is not None]) if overall is not None else None
    return Profile(marked + tuple(s for s in summaries if not s.n), len(reviews), overall, error)
