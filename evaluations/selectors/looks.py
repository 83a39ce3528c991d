"""Reads about looks and the final tier: what the next look costs, the ledger, who was named for an opening."""

from collections.abc import Iterable
from datetime import datetime
from math import sqrt
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from datasets.core import sealed_ladder
from datasets.core.budget import answer_at
from datasets.core.sealed_ladder import LadderState
from datasets.models import Look, Opening, SealedLadder, TestSet
from datasets.selectors import (
    BEST_KNOWN_FROM,
    fresh_sets,
    ladder_to_hand_in_again,
    test_set_for_looks,
    version_sealed_latest,
)
from dlstart_web.kit.say import joined, say
from evaluations.core import ranking
from evaluations.core.metrics import METRICS
from evaluations.core.rungs import RUNGS
from evaluations.core.verdict import TITLES
from evaluations.models import Declaration, Run, Submission
from evaluations.selectors.ladders import run_title
from evaluations.words import Speech, speech
from projects.models import Project


def price_words(run: Run, test_set: TestSet) -> str:
    """What the next look costs, from the run's validation score and the counters of the set: no sealed label has a part."""
    if not run.price:
        return ""
    metric, says, price = METRICS[run.metric], speech(run.metric), run.price
    ladder = SealedLadder.objects.filter(test_set=test_set, project=run.project_id).first()
    floor, scale = (ladder.floor, ladder.scale) if ladder else (price["floor"], price["scale"])
    step = ladder.step if ladder else sealed_ladder.grid_step(test_set.rows)
    state = LadderState(
        t=test_set.looks,
        j=test_set.releases,
        best_k=ladder.best if ladder else None,
        eta=step,
        M=ladder.rungs if ladder else sealed_ladder.rungs(floor, step),
        s0=floor,
        log2_rungs=test_set.log2_rungs,
    )
    cost = sealed_ladder.price(
        price["value"],
        state=state,
        n=price["units_a_row"] * test_set.rows,
        form="exact" if test_set.is_pooled and price["is_share"] else price["form"],
        is_pooled=test_set.is_pooled,
        unit_error=price["unit_error"],
    )
    return sealed_ladder.price_words(
        cost,
        price["value"],
        rows=test_set.rows,
        is_pooled=test_set.is_pooled,
        write=lambda value: says.number(metric.from_sealed(value, scale)),
        greater_is_better=metric.greater_is_better,
    )


def luck_words(run: Run, test_set: TestSet) -> str:
    """What luck alone is worth on these rows by now (STATISTICS 1.4), from the validation score: no sealed label has a part."""
    looks = test_set.looks + 1
    if not run.price or looks < 2:
        return ""
    metric, value, scale = METRICS[run.metric], run.price["value"], run.price["scale"]
    error = sqrt(value * (1 - value) / (run.price["units_a_row"] * test_set.rows))
    lucky = min(1.0, value + ranking.optimism(looks, error, run.ladder.agreement))
    worth = abs(metric.from_sealed(lucky, scale) - metric.from_sealed(value, scale))
    points = speech(run.metric).difference(worth, signed=False)
    return say(
        "With this look, the best of {looks} is flattered by about {points} through luck alone.",
        looks=looks,
        points=points,
    )


def best_again_words(ladder: SealedLadder) -> str:
    """Why the best of an earlier version has to be handed in again."""
    known = round(ladder.best_share * ladder.test_set.rows)
    return say(
        "Your best so far, {model}, has predictions for {known:,} of the {rows:,} rows of this test set. "
        "A look compares with it on {share:.0%} of them or more.",
        model=ladder.best_look.model_name,
        known=known,
        rows=ladder.test_set.rows,
        share=BEST_KNOWN_FROM,
    )


def best_again(test_set: TestSet, project: Project) -> dict[str, Any] | None:
    """The best that has to be handed in again, in words, with the newest job that does it; None where there is none."""
    ladder = ladder_to_hand_in_again(test_set, project)
    if ladder is None:
        return None
    run = ladder.best_look.submission.run
    is_uploaded = run.recipe == "upload"
    return {
        "words": best_again_words(ladder),
        "job": ladder.handed_in_again.first(),
        "run": run if is_uploaded else None,
        "files": run.more_rows.filter(test_set=test_set).select_related("asked_by") if is_uploaded else (),
    }


def look_rows(looks: Iterable[Look], says: Speech, now: datetime) -> list[dict[str, Any]]:
    """The ledger as rows: an answer, or when it comes."""
    return [
        {
            "look": look,
            "status": "new_best" if look.released else "plain" if look.state == Look.State.SCORED else look.state,
            "label": say("new best")
            if look.released
            else "no"
            if look.state == Look.State.SCORED
            else look.get_state_display().lower(),
            "read": says.number(look.rung) if look.released else "",
            "span": says.span(look.rung, look.lower, look.upper).partition(" ")[2].strip("()") if look.released else "",
            "guess": says.number(look.guess) if look.guess is not None else "",
            "answer_at": answer_at(look.spent_at, settings.LOOK_TICK, now) if look.state == Look.State.SPENT else None,
        }
        for look in looks
    ]


def submission_of(look: Look | None = None, opening: Opening | None = None) -> Submission | None:
    """The job that scores a look or an opening."""
    named = {"look": look} if look else {"opening": opening}
    return Submission.objects.filter(**named).select_related("run", "deep_run").first()


def opening_list(project: Project) -> QuerySet[Opening]:
    """Every opening that a project asked for, the latest first."""
    named = ("test_set", "asked_by", "agreed_by", "declaration", "submission")
    return project.openings.select_related(*named).order_by("-asked_at")


def declaration_of(opening: Opening) -> dict[str, str]:
    """The two runs named before an opening, in words."""
    named = Declaration.objects.filter(opening=opening).select_related("simple", "deep").first()
    runs = {"simple": named.simple, "deep": named.deep} if named else {}
    return {
        kind: f"{run_title(run.recipe, run.change, run.name)}, {_validation(run)}" for kind, run in runs.items() if run
    }


def _validation(run: Run) -> str:
    return say(
        "{score} on validation", score=speech(run.metric).span(run.score, run.low, run.high, run.rows_validation)
    )


def opened_elsewhere(test_set: TestSet, project: Project) -> Opening | None:
    """The opening that another project had of these rows."""
    scored = Opening.objects.filter(test_set__family=test_set.family, state=Opening.State.SCORED)
    return scored.exclude(project=project).select_related("project").first()


def test_set_called(project: Project, part: str) -> TestSet | None:
    """The test set that takes the looks, or a fresh set, by the name of its part; the newest of that name."""
    version = version_sealed_latest(project)
    looked_at = test_set_for_looks(version) if version else None
    sets = [*fresh_sets(project), *([looked_at] if looked_at else [])]
    return next((test_set for test_set in reversed(sets) if test_set.part == part), None)


def fresh_results(project: Project) -> list[dict[str, Any]]:
    """What fresh sets said, opened once each by this project: beside the verdict, which they never change."""
    opened = project.openings.filter(test_set__tier=TestSet.Tier.FRESH, state=Opening.State.SCORED)
    found = []
    for opening in opened.select_related("test_set__deposit__asked_by", "agreed_by").order_by("scored_at"):
        result = opening.result
        says = speech(result["metric"])
        sides = [side for side in (result["simple"], result["deep"]) if side]
        spans = (says.span(side["score"], side["low"], side["high"]) for side in sides)
        titles = (RUNGS[side["recipe"]].title for side in sides)
        read = joined("; ", (joined(" ", pair) for pair in zip(titles, spans, strict=True)))
        found.append(
            {
                "opening": opening,
                "number": opening.test_set.number,
                "result": result,
                "words": say("{read}, {n:,} rows", read=read, n=result["n"]),
                "title": TITLES.get(result["verdict"], say("No verdict")),
                "deposit": opening.test_set.deposit,
            }
        )
    return found
