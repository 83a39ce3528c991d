"""Pages of the ladder and the leaderboard."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.formats import date_format
from django.views.decorators.http import require_POST, require_safe

from datasets import selectors as dataset_selectors
from dlstart_web.kit.jobs import JobState
from dlstart_web.kit.say import joined, say, say_count
from evaluations import permissions, selectors, services
from evaluations.forms import GuessForm, LadderForm
from evaluations.models import Ladder, Run
from evaluations.views.common import page_of
from evaluations.words import Speech, speech
from projects import permissions as project_permissions
from projects.http import Request
from projects.models import Criterion, Project
from projects.permissions import Role, get_project_or_404

BOARD_PAGE = 50


def _ladder_context(ladder: Ladder) -> dict[str, Any]:
    says, runs = speech(ladder.metric), selectors.ladder_runs(ladder)
    scored = [run for run in runs if run.score is not None]
    is_open = any(run.is_open for run in runs)
    n = next((run.rows_validation for run in scored), None)
    return {
        "ladder": ladder,
        "runs": runs,
        "rows": selectors.ladder_rows(runs, says),
        "says": says,
        "level": ladder.criterion.level if ladder.criterion else None,
        "caption": _ladder_caption(says, n),
        "n": n,
        "is_open": is_open,
        "form": LadderForm(initial={"rule": ladder.rule}, hint=selectors.rule_hint(ladder.project)),
        "done": (ended := sum(not run.is_open for run in runs)),
        "words": say("{ended} of {runs} rungs ended", ended=ended, runs=len(runs)),
        "seen": selectors.seen_mark(runs),
        "waiting": None if any(run.state == JobState.RUNNING for run in runs) else _longest_waiting(runs),
        "ended": [run for run in runs if not run.is_open and run.score is None],
        "histories": [run for run in runs if run.history],
        "optimism": selectors.optimism_words(ladder, len(scored), says),
        "next_step": None if is_open else selectors.next_step_panel(ladder),
        "told_apart": selectors.told_apart(runs),
        "guess_form": GuessForm(says=says),
        "guessed": selectors.guess_words(ladder, runs, says),
    }


def _ladder_caption(says: Speech, n: int | None) -> str:
    measure, direction = says.measure.title, says.direction
    rows = say("{measure}, {direction}, on validation rows the models never saw.", measure=measure, direction=direction)
    if n:
        rows = say(
            "{measure}, {direction}, on {n:,} validation rows the models never saw.",
            measure=measure,
            direction=direction,
            n=n,
        )
    return joined(" ", [rows, say("95% interval beside each. In order of complexity, not of luck.")])


def _longest_waiting(runs: list[Run]) -> Run | None:
    return min((run for run in runs if run.state == JobState.QUEUED), key=lambda run: run.queued_at, default=None)


@login_required
@require_safe
def ladder(request: Request, slug: str) -> HttpResponse:
    """The staircase of the newest ladder, live while it runs."""
    project = get_project_or_404(request.user, slug)
    page = page_of(request, project, Project.Step.SIMPLE, "ladder")
    return render(request, "evaluations/ladder.html", _ladder_page(request, project, page))


def _ladder_page(
    request: Request, project: Project, page: dict[str, Any], form: LadderForm | None = None
) -> dict[str, Any]:  # fmt: skip
    newest = selectors.project_ladder(project)
    if newest:
        page |= _ladder_context(newest)
    elif page["version"]:
        page["guess_form"] = GuessForm(says=speech(selectors.project_metric(project, page["version"])))
    page.setdefault("form", LadderForm(hint=selectors.rule_hint(project)))
    return page | ({"form": form} if form else {})


@login_required
@require_safe
def ladder_fragment(request: Request, pk: UUID) -> HttpResponse:
    """The living part of the ladder page; 204 while nothing has changed, and without a trigger once it has ended."""
    found = permissions.get_ladder_or_404(request.user, pk)
    context = _ladder_context(found)
    if request.GET.get("seen") == context["seen"] and context["is_open"]:
        return HttpResponse(status=204)
    context |= {"project": found.project, "is_member": project_permissions.is_member(request.user, found.project)}
    return render(request, "evaluations/_ladder.html", context)


@login_required
@require_POST
def ladder_run(request: Request, slug: str) -> HttpResponse:
    """Queue one run a rung."""
    project = get_project_or_404(request.user, slug, role=Role.MEMBER)
    version = dataset_selectors.version_sealed_latest(project)
    form = LadderForm(request.POST, version=version, hint=selectors.rule_hint(project))
    if not form.is_valid():
        page = _ladder_page(request, project, page_of(request, project, Project.Step.SIMPLE, "ladder"), form)
        return render(request, "evaluations/ladder.html", page, status=422)
    try:
        if version is None:
            raise services.OutOfTurn("not-sealed", say("No data is sealed in this project yet. Seal a data set first."))
        guessed = GuessForm(request.POST, says=speech(selectors.project_metric(project, version)))
        if not guessed.is_valid():
            raise services.OutOfTurn(
                "guess", say("{problem}. Nothing was started.", problem=guessed.errors["guess"][0])
            )
        services.run_ladder(
            project=project, version=version, user=request.user, **form.cleaned_data, **guessed.cleaned_data
        )
    except services.OutOfTurn as refusal:
        messages.warning(request, str(refusal))
    return redirect("evaluations:ladder", slug=slug)


@login_required
@require_POST
def ladder_cancel(request: Request, slug: str) -> HttpResponse:
    """Cancel what has not ended of the newest ladder."""
    project = get_project_or_404(request.user, slug, role=Role.MEMBER)
    newest = selectors.project_ladder(project)
    count = services.cancel_ladder(newest) if newest else 0
    told = (
        say_count(count, "{count} run cancelled.", "{count} runs cancelled.") if count else say("Nothing was running.")
    )
    messages.success(request, told)
    return redirect("evaluations:ladder", slug=slug)


@login_required
@require_safe
def leaderboard(request: Request, slug: str) -> HttpResponse:
    """All scored runs of the project's version, 50 a page."""
    project = get_project_or_404(request.user, slug)
    page = page_of(request, project, Project.Step.SIMPLE, "leaderboard")
    version = page["version"]
    if version is None:
        return render(request, "evaluations/leaderboard.html", page)
    metric = selectors.project_metric(project, version)
    says, sort = speech(metric), "time" if request.GET.get("sort") == "time" else "score"
    entries = selectors.board(project.pk, version.pk, metric, sort=sort)
    paginator = Paginator(entries.values(*selectors.BOARD), BOARD_PAGE)
    shown = paginator.get_page(request.GET.get("page"))
    rows = list(shown)
    in_force: Criterion | None = page["criterion"]
    newest = Ladder.objects.filter(project=project, version=version, metric=metric).first()
    n = rows[0]["rows_validation"] if rows else None
    page |= {
        "metric": metric,
        "says": says,
        "sort": sort,
        "shown": shown,
        "rows": selectors.board_rows(rows, selectors.tied_ranks(project.pk, version.pk, metric, rows)),
        "level": in_force.level if in_force else None,
        "level_note": say("locked {day}", day=date_format(in_force.locked_at, "j M Y")) if in_force else "",
        "n": n,
        "caption": _board_caption(says, n),
        "unranked": selectors.unranked_runs(project, version),
        "optimism": selectors.optimism_words(newest, paginator.count, says),
    }
    return render(request, "evaluations/leaderboard.html", page)


def _board_caption(says: Speech, n: int | None) -> str:
    rows = say_count(n, "{count:,} row", "{count:,} rows") if n else say("no rows yet")
    measure, direction = says.measure.title, says.direction
    return say("{measure}, {direction}, validation, {rows}.", measure=measure, direction=direction, rows=rows)


@login_required
@require_safe
def surprise_list(request: Request) -> HttpResponse:
    """What came out otherwise than people had guessed, in all projects that the person may read."""
    return render(request, "evaluations/surprise_list.html", {"rows": selectors.surprises(request.user)})
