"""Pages of one run, and the open runs on the home page."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from dlstart_web.kit.say import say
from evaluations import permissions, selectors, services
from evaluations.core.rungs import NO_CHANCE, family
from evaluations.forms import SpreadForm
from evaluations.models import Run
from evaluations.views.common import page_of
from evaluations.words import Speech, speech
from projects import permissions as project_permissions
from projects.http import Request
from projects.models import Project
from projects.permissions import Role


def _run_context(request: Request, run: Run) -> dict[str, Any]:
    says, points = speech(run.metric), selectors.run_points(run)
    return {
        "run": run,
        "says": says,
        "title": selectors.run_title(run.recipe, run.change, run.name),
        "state_label": selectors.state_label(run),
        "seen": f"{selectors.seen_mark([run])}.{len(points)}",
        "points": len(points),
        "columns": selectors.curve_columns(run, says),
        "curve_rows": selectors.curve_rows(run, points),
        "finding": selectors.curve_finding(run, points),
        "unit": selectors.CURVE_UNITS.get(run.curve, say("step")),
        "is_member": project_permissions.is_member(request.user, run.project),
        "facts": selectors.run_facts(run),
        "buttons": selectors.remedy_buttons(run),
        "remedy_result": selectors.remedy_result(run, says),
        "tried": [(other, selectors.run_title(other.recipe, other.change, other.name)) for other in run.remedies.all()],
    } | _spread_context(run, says)


def _spread_context(run: Run, says: Speech) -> dict[str, Any]:
    spread = selectors.spread_newest(run)
    return {
        "spread": spread,
        "spread_answer": selectors.spread_answer(spread, says) if spread and spread.result else None,
        "can_spread": run.score is not None and run.recipe not in NO_CHANCE,
        "spread_form": SpreadForm(),
    }


@login_required
@require_safe
def run_detail(request: Request, pk: UUID) -> HttpResponse:
    """One run: its curves, what they say, its score."""
    run = permissions.get_run_or_404(request.user, pk)
    step = Project.Step.DEEP if family(run.recipe) == "deep" else Project.Step.SIMPLE
    page = page_of(request, run.project, step, "run") | _run_context(request, run)
    return render(request, "evaluations/run_detail.html", page)


@login_required
@require_safe
def run_fragment(request: Request, pk: UUID) -> HttpResponse:
    """The state line of a run; when it has ended, htmx is told to load the page anew."""
    run = permissions.get_run_or_404(request.user, pk)
    if not run.is_open:
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    context = _run_context(request, run)
    if request.GET.get("seen") == context["seen"]:
        return HttpResponse(status=204)
    return render(request, "evaluations/_run.html", context | {"project": run.project})


@login_required
@require_safe
def run_figure(request: Request, pk: UUID) -> HttpResponse:
    """The curves as a Plotly figure; "open" while more points may come."""
    run = permissions.get_run_or_404(request.user, pk)
    points = selectors.run_points(run)
    seen = f"{selectors.seen_mark([run])}.{len(points)}"
    if request.GET.get("seen") == seen:
        return HttpResponse(status=204)
    figure = selectors.run_chart(run, points)
    return JsonResponse(figure | {"open": run.is_open, "finding": selectors.curve_finding(run, points), "seen": seen})


@login_required
@require_POST
def run_cancel(request: Request, pk: UUID) -> HttpResponse:
    """Cancel a run that has not ended."""
    run = permissions.get_run_or_404(request.user, pk, role=Role.MEMBER)
    messages.success(
        request, say("The run is cancelled.") if services.cancel_run(run) else say("The run had already ended.")
    )
    return redirect("evaluations:run_detail", pk=pk)


@login_required
@require_POST
def run_retry(request: Request, pk: UUID) -> HttpResponse:
    """Queue a failed or cancelled run again."""
    run = permissions.get_run_or_404(request.user, pk, role=Role.MEMBER)
    again = services.retry_run(run)
    messages.success(
        request, say("The run is queued again.") if again else say("Only a failed or cancelled run is queued again.")
    )
    return redirect("evaluations:run_detail", pk=pk)


@login_required
@require_POST
def run_remedy(request: Request, pk: UUID) -> HttpResponse:
    """Try the remedy of a diagnosis: the same rung with another setting, as a run of its own."""
    run = permissions.get_run_or_404(request.user, pk, role=Role.MEMBER)
    try:
        tried = services.try_remedy(run=run, remedy=request.POST.get("remedy", ""))
    except services.OutOfTurn as refusal:
        messages.warning(request, str(refusal))
        return redirect("evaluations:run_detail", pk=pk)
    return redirect("evaluations:run_detail", pk=tried.pk)


@login_required
@require_POST
def run_spread(request: Request, pk: UUID) -> HttpResponse:
    """Fit the rung with other seeds."""
    run = permissions.get_run_or_404(request.user, pk, role=Role.MEMBER)
    form = SpreadForm(request.POST)
    if not form.is_valid():
        messages.warning(request, say("CPU seconds: {problem}. Nothing was started.", problem=form.errors["budget"][0]))
        return redirect("evaluations:run_detail", pk=pk)
    try:
        services.ask_spread(run=run, user=request.user, **form.cleaned_data)
    except services.OutOfTurn as refusal:
        messages.warning(request, str(refusal))
    return redirect(reverse("evaluations:run_detail", args=[pk]) + "#spread")


@login_required
@require_safe
def run_spread_figure(request: Request, pk: UUID) -> HttpResponse:
    """The validation curves of the seeds as a Plotly figure; 204 where there are none."""
    run = permissions.get_run_or_404(request.user, pk)
    newest = selectors.spread_newest(run)
    if newest is None or not newest.result:
        return HttpResponse(status=204)
    return JsonResponse(selectors.spread_chart(newest) | {"open": False})


@login_required
@require_safe
def jobs_fragment(request: Request) -> HttpResponse:
    """My open runs, for the home page; polls itself while there are any."""
    jobs = selectors.open_jobs(request.user)
    rows = [
        {
            "run": run,
            "title": selectors.run_title(run.recipe, run.change, run.name),
            "label": selectors.state_label(run),
        }
        for run in jobs
    ]
    return render(request, "evaluations/_jobs.html", {"jobs": rows})
