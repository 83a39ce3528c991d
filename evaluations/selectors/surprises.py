"""Guesses made before a result, and how they came out: only what was guessed can surprise."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Exists, Max, OuterRef, Prefetch, QuerySet

from dlstart_web.kit.jobs import OPEN_STATES
from dlstart_web.kit.say import say
from evaluations.models import Ladder, Run
from evaluations.selectors.ladders import run_title
from evaluations.words import Speech, speech
from projects import selectors as project_selectors
from projects.models import User

SHOWN = 200


def _best(runs: Iterable[Run]) -> Run | None:
    return max((run for run in runs if run.score is not None), key=lambda run: run.goodness, default=None)


def _comparison(guess: float, best: Run, says: Speech) -> int:
    """1 where the best rung is better than guessed, -1 where it is worse, 0 where the guess lies within its range."""
    if best.low <= guess <= best.high:
        return 0
    return 1 if (best.score > guess) == says.measure.greater_is_better else -1


def _outcome(guess: float, best: Run, says: Speech) -> tuple[str, str]:
    """A word and a sentence: inside the range, or how far from the score and on which side."""
    compared = _comparison(guess, best, says)
    if not compared:
        return say("as guessed"), say("The guess lies within the range of the best rung.")
    gap = says.difference(abs(best.score - guess), signed=False)
    if compared > 0:
        return say("better"), say("{gap} better than guessed.", gap=gap)
    return say("worse"), say("{gap} worse than guessed.", gap=gap)


def guess_words(ladder: Ladder, runs: Sequence[Run], says: Speech) -> str:
    """ "You guessed 88.0, it got 94.6 (93.2–95.7).\" once a ladder has ended; only the guess before."""
    if ladder.guess is None:
        return ""
    best, guessed = _best(runs), say("Guessed before: {guess}", guess=says.number(ladder.guess))
    if best is None or any(run.is_open for run in runs):
        return say("{guessed}.", guessed=guessed)
    outcome = _outcome(ladder.guess, best, says)[1]
    return say(
        "{guessed}; the best rung got {score}. {outcome}",
        guessed=guessed,
        score=says.span(best.score, best.low, best.high),
        outcome=outcome,
    )


def _guessed(user: User) -> QuerySet[Ladder]:
    """Ended ladders with a guess, of projects that a person may read."""
    still_open = Run.objects.filter(ladder=OuterRef("pk"), state__in=OPEN_STATES)
    return (
        Ladder.objects.filter(guess__isnull=False, project__in=project_selectors.readable_projects(user).values("pk"))
        .exclude(Exists(still_open))
        .prefetch_related(Prefetch("runs", Run.objects.filter(score__isnull=False)))
    )


def guesses_beaten(user: User, since: datetime) -> tuple[int, int]:
    """Of a person's guesses whose ladders ended since a moment: how many were better than the best rung, of how many."""
    ended = _guessed(user).filter(asked_by=user).annotate(ended_at=Max("runs__ended_at")).filter(ended_at__gt=since)
    results = [(ladder, best) for ladder in ended if (best := _best(ladder.runs.all()))]
    return sum(_comparison(ladder.guess, best, speech(ladder.metric)) < 0 for ladder, best in results), len(results)


def surprises(user: User) -> list[dict[str, Any]]:
    """Ended ladders with a guess that a person may read: those that surprised first, then the newest."""
    rows = []
    for ladder in _guessed(user).select_related("project")[:SHOWN]:
        best, says = _best(ladder.runs.all()), speech(ladder.metric)
        if best is None:
            continue
        word, sentence = _outcome(ladder.guess, best, says)
        rows.append(
            {
                "project": ladder.project,
                "is_sandbox": ladder.project.is_sandbox,
                "at": ladder.asked_at,
                "is_mine": ladder.asked_by_id == user.pk,
                "measure": says.measure.title,
                "guess": says.number(ladder.guess),
                "result": says.span(best.score, best.low, best.high, best.rows_validation),
                "rung": run_title(best.recipe, best.change, best.name),
                "run": best.pk,
                "metric": ladder.metric,
                "value": ladder.guess,
                "score": best.score,
                "low": best.low,
                "high": best.high,
                "outcome": word,
                "sentence": sentence,
                "results_before": ladder.results_before,
            }
        )
    return sorted(rows, key=lambda row: row["outcome"] == "as guessed")
