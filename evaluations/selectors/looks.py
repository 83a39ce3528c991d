"""Reads about looks and the final tier: what the next look costs, the ledger, who was named for an opening."""

from collections.abc import Iterable
from math import sqrt
from typing import Any

from datasets.core import sealed_ladder
from datasets.core.plan import rows_within
from datasets.core.sealed_ladder import LadderState
from datasets.models import Look, Opening, SealedLadder, TestSet
from dlstart_web.kit import text
from evaluations.core.metrics import METRICS
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


def look_rows(looks: Iterable[Look], says: Speech) -> list[dict[str, Any]]:
    """The ledger as rows: an answer, or where it stands."""
    return [
        {
            "look": look,
            "status": "new_best" if look.released else "plain" if look.state == Look.State.SCORED else look.state,
            "label": "new best"
            if look.released
            else "no"
            if look.state == Look.State.SCORED
            else look.get_state_display().lower(),
            "read": says.number(look.rung) if look.released else "",
            "span": says.span(look.rung, look.lower, look.upper).partition(" ")[2].strip("()") if look.released else "",
            "guess": says.number(look.guess) if look.guess is not None else "",
        }
        for look in looks
    ]


def submission_of(look: Look | None = None, opening: Opening | None = None) -> Submission | None:
    """The job that scores a look or an opening."""
    named = {"look": look} if look else {"opening": opening}
    return Submission.objects.filter(**named).select_related("run", "deep_run").first()


def declaration_of(opening: Opening) -> dict[str, str]:
    """The two runs named before an opening, in words."""
    named = Declaration.objects.filter(opening=opening).select_related("simple", "deep").first()
    runs = {"simple": named.simple, "deep": named.deep} if named else {}
    return {kind: f"{run_title(run.recipe)}, {_validation(run)}" for kind, run in runs.items() if run}


def _validation(run: Run) -> str:
    return f"{speech(run.metric).span(run.score, run.low, run.high, run.rows_validation)} on validation"


def opened_elsewhere(test_set: TestSet, project: Project) -> Opening | None:
    """The opening that another project had of these rows."""
    scored = Opening.objects.filter(test_set__family=test_set.family, state=Opening.State.SCORED)
    return scored.exclude(project=project).select_related("project").first()


def power_words(says: Speech, level: float, rows: int) -> str:
    """How finely `rows` rows can tell a share at the level (the normal approximation, for planning only)."""
    if not says.percent or not rows or not 0 < level < 1:
        return ""
    half = 1.96 * sqrt(level * (1 - level) / rows)
    needed = rows_within(level, 0.01)
    low, high = max(0.0, level - half), min(1.0, level + half)
    span = f"{text.rounded(low * 100, 1)} to {text.rounded(high * 100, 1)}"
    return (
        f"{rows:,} final rows: a true {text.rounded(level * 100, 1)} will read {span}. "
        f"To be within 1 point: about {needed:,} rows."
    )
