"""Reads about ladders: the staircase, its progress, what to do next."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import F, Q, QuerySet
from django.urls import reverse

from datasets import selectors as dataset_selectors
from datasets.models import DatasetVersion
from dlstart_web.kit.jobs import OPEN_STATES, JobState
from dlstart_web.kit.once import once_a_page
from dlstart_web.kit.say import say
from evaluations.core.metrics import METRICS, Metric
from evaluations.core.next_step import Standing, suggest
from evaluations.core.remedies import Change
from evaluations.core.rungs import NO_MODEL, RUNGS, family
from evaluations.models import Ladder, Run
from evaluations.words import Speech
from projects import selectors as project_selectors
from projects.core.measures import DEFAULT_MEASURE
from projects.models import Project, User

STATES = {
    JobState.QUEUED: "waiting",
    JobState.RUNNING: "running",
    JobState.DONE: "done",
    JobState.FAILED: "failed",
    JobState.CANCELLED: "cancelled",
}


def project_metric(project: Project, version: DatasetVersion) -> str:
    """The measure of the criterion in force; in a sandbox without one, that of its newest ladder, else the task's own."""
    criterion = project_selectors.current_criterion(project)
    if criterion:
        return criterion.metric
    newest = Ladder.objects.filter(project=project, version=version).values_list("metric", flat=True).first()
    return newest or DEFAULT_MEASURE[version.task]


def results_seen(project: Project) -> int:
    """Validation results that exist in a project: what a lock records."""
    return Run.objects.filter(project=project, score__isnull=False).count()


@once_a_page
def project_ladder(project: Project) -> Ladder | None:
    """The newest ladder of a project."""
    return (
        Ladder.objects.filter(project=project).select_related("version__dataset", "version__seal", "criterion").first()
    )


def rule_hint(project: Project) -> str:
    """What the newest proposal calls the simplest rule that might work (question F5); it is in words, not yet a rule."""
    proposal = project.proposals.order_by("-number").first()
    return proposal.answers.filter(question="F5").values_list("text", flat=True).first() or "" if proposal else ""


def ladder_runs(ladder: Ladder) -> list[Run]:
    """The runs of a ladder, the highest rung first."""
    return list(ladder.runs.order_by("-rung", F("budget").desc(nulls_last=True), "-queued_at"))


def ladder_rows(runs: Sequence[Run], says: Speech) -> list[dict[str, Any]]:
    """Rungs as the ladder's rows: highest first, with the gain over the next one below that has a score."""
    best = max((run for run in runs if run.score is not None), key=lambda run: run.goodness, default=None)
    rows = []
    for place, run in enumerate(runs):
        below = next((other.score for other in runs[place + 1 :] if other.score is not None), None)
        rows.append(
            {
                "rung": run.rung,
                "name": run_title(run.recipe, run.change, run.name),
                "url": reverse("evaluations:run_detail", args=[run.pk]),
                "note": run.note,
                "score": run.score,
                "low": run.low,
                "high": run.high,
                "gain": says.difference(run.score - below) if run.score is not None and below is not None else "",
                "seconds": run.cpu_seconds,
                "is_best": run is best and len(runs) > 1,
                "status": run.state,
                "status_label": state_label(run),
                "reason": run.problem,
            }
        )
    return rows


def state_label(run: Run) -> str:
    """A run's state in one or two words."""
    if run.state == JobState.RUNNING:
        return say("running, {percent}%", percent=round(100 * run.progress))
    if run.state == JobState.CANCELLED and run.problem:
        return say("not needed")  # it ended by itself, with its reason; a person who cancels gives none
    return STATES[JobState(run.state)]


def run_title(recipe: str, change: Mapping[str, float] | None = None, name: str = "") -> str:
    """The rung's name for people, with the remedy that the run tries, or with the name of what was uploaded."""
    title = RUNGS[recipe].title if recipe in RUNGS else recipe.replace("_", " ").capitalize()
    title = f"{title}: {name}" if name else title
    return f"{title}, {Change(**change).words()}" if change else title


def seen_mark(runs: Sequence[Run]) -> str:
    """Changes whenever what a fragment shows of these runs changes."""
    return "-".join(f"{run.state[0]}{round(100 * run.progress)}.{run.attempts}" for run in runs)


def told_apart(runs: Sequence[Run]) -> str:
    """What the paired test says of the two best runs of a ladder."""
    tested = [run for run in runs if run.score is not None and run.against_best and run.recipe != "always_same"]
    second = max(tested, key=lambda run: run.goodness, default=None)
    return (
        say(
            "{recipe} against the best: {sentence}",
            recipe=run_title(second.recipe, second.change, second.name),
            sentence=second.against_best["sentence"],
        )
        if second
        else ""
    )


def open_jobs(user: User, limit: int = 10) -> list[Run]:
    """Runs that wait or go on in the teams of a person, oldest first."""
    mine = Q(project__team__memberships__user=user, project__team__memberships__left_at=None)
    return list(
        Run.objects.filter(mine, state__in=OPEN_STATES)
        .select_related("project")
        .order_by("queued_at")
        .distinct()[:limit]
    )


# --- the best runs, and what to do next


def candidates(project: Project, version: DatasetVersion, metric: str, kind: str = "") -> QuerySet[Run]:
    """Scored runs, the best first; `kind` "simple" or "deep" keeps one family."""
    runs = Run.objects.filter(project=project, version=version, metric=metric, score__isnull=False, state=JobState.DONE)
    if kind:
        runs = runs.filter(recipe__in=[name for name in RUNGS if family(name) == kind])
    return runs.order_by(F("goodness").desc(), F("cpu_seconds").asc(nulls_last=True), "id")


def candidates_to_hand_in(project: Project, version: DatasetVersion, metric: str, kind: str = "") -> QuerySet[Run]:
    """Those of them that have said what they predict for the sealed rows: an upload may cover validation alone."""
    return candidates(project, version, metric, kind).exclude(recipe="upload", predictions_digest="")


# What a page makes of a suggestion: sign, title, the act, the page it leads to.
PANELS = {
    "LOCK_CRITERION": ("unknown", say("Lock the criterion"), say("To the criterion"), "evaluations:criterion"),
    "FIX_DATA": ("miss", say("Mend the data first"), say("To the data"), "datasets:project_data"),
    "SIMPLE_LOOKS_ENOUGH": (
        "good",
        say("A simple model looks good enough"),
        say("To the final tier"),
        "evaluations:opening",
    ),
    "TRY_DEEP": ("deep", say("Try deep learning"), "", ""),
    "MORE_ROWS": ("unknown", say("No rung settles it yet"), say("To the data"), "datasets:project_data"),
    "IMPROVE_LABELS": ("miss", say("Not reached on validation"), say("To the data"), "datasets:project_data"),
    "OPEN_FINAL": (
        "deep",
        say("A deep model is clearly at the level"),
        say("To the final tier"),
        "evaluations:opening",
    ),
}


def next_step(ladder: Ladder) -> dict[str, str]:
    """What validation alone suggests, from the best runs of the ladder's board: {"code", "message"}."""
    metric = METRICS[ladder.metric]
    criterion = ladder.criterion or project_selectors.current_criterion(ladder.project)
    board = (ladder.project, ladder.version, ladder.metric)
    simple, deep = (candidates(*board, kind).first() for kind in ("simple", "deep"))
    best = max((run for run in (simple, deep) if run is not None), key=lambda run: run.goodness, default=None)
    scale = best.price["scale"] if best else None
    asks = criterion is not None and criterion.metric == ladder.metric and best is not None
    step = suggest(
        has_stop_finding=bool(dataset_selectors.findings_open(ladder.version)),
        level=metric.to_sealed(criterion.level, scale) if asks else None,
        simple=_standing(simple, metric),
        deep=_standing(deep, metric),
        deep_told_apart=bool(simple and deep and deep.rank == 1 and simple.rank != 1),
        train_score=metric.to_sealed(best.train_score, scale) if best and best.train_score is not None else None,
        diagnosis=best.diagnosis["code"] if best and best.diagnosis else None,
        criterion_locked=criterion is not None,
    )
    return {"code": step.code, "message": step.message}


def next_step_panel(ladder: Ladder) -> dict[str, str]:
    """The same for a page, with its sign and the act it leads to."""
    step = next_step(ladder)
    sign, title, act, page = PANELS[step["code"]]
    learning = candidates(ladder.project, ladder.version, ladder.metric).exclude(recipe__in=NO_MODEL)
    learns = learning.first() if step["code"] in ("MORE_ROWS", "IMPROVE_LABELS", "TRY_DEEP") else None
    return step | {
        "sign": sign,
        "title": title,
        "act": act,
        "url": reverse(page, args=[ladder.project.slug]) if page else "",
        "forecast": reverse("evaluations:run_forecast", args=[learns.pk]) if learns else "",
    }


def _standing(run: Run | None, metric: Metric) -> Standing | None:
    if run is None:
        return None
    score, *ends = (metric.to_sealed(value, run.price["scale"]) for value in (run.score, run.low, run.high))
    return Standing(score, min(ends), max(ends))
