"""Pages of one run, and the open runs on the home page."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from evaluations import permissions, selectors, services
from evaluations.core.rungs import family
from evaluations.models import Run
from evaluations.views.common import page_of
from evaluations.words import speech
from projects import permissions as project_permissions
from projects.http import Request
from projects.models import Project
from projects.permissions import Role


def _run_context(request: Request, run: Run) -> dict[str, Any]:
    says, points = speech(run.metric), selectors.run_points(run)
    return {
        "run": run,
        "says": says,
        "title": selectors.run_title(run.recipe),
        "state_label": selectors.state_label(run),
        "seen": f"{selectors.seen_mark([run])}.{len(points)}",
        "points": len(points),
        "columns": selectors.curve_columns(run, says),
        "curve_rows": selectors.curve_rows(run, points),
        "finding": selectors.curve_finding(run, points),
        "unit": selectors.CURVE_UNITS.get(run.curve, "step"),
        "is_member": project_permissions.is_member(request.user, run.project),
        "facts": selectors.run_facts(run),
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
    messages.success(request, "The run is cancelled." if services.cancel_run(run) else "The run had already ended.")
    return redirect("evaluations:run_detail", pk=pk)


@login_required
@require_POST
def run_retry(request: Request, pk: UUID) -> HttpResponse:
    """Queue a failed or cancelled run again."""
    run = permissions.get_run_or_404(request.user, pk, role=Role.MEMBER)
    again = services.retry_run(run)
    messages.success(
        request, "The run is queued again." if again else "Only a failed or cancelled run is queued again."
    )
    return redirect("evaluations:run_detail", pk=pk)


@login_required
@require_safe
def jobs_fragment(request: Request) -> HttpResponse:
    """My open runs, for the home page; polls itself while there are any."""
    jobs = selectors.open_jobs(request.user)
    rows = [{"run": run, "title": selectors.run_title(run.recipe), "label": selectors.state_label(run)} for run in jobs]
    return render(request, "evaluations/_jobs.html", {"jobs": rows})
