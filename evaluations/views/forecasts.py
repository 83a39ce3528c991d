"""The page "Would more data help?" of a run."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from evaluations import permissions, selectors, services
from evaluations.core.rungs import family
from evaluations.forms import ForecastForm
from evaluations.views.common import GET_POST, page_of
from evaluations.words import speech
from projects import permissions as project_permissions
from projects.http import Request
from projects.models import Project
from projects.permissions import Role


@login_required
@GET_POST
def run_forecast(request: Request, pk: UUID) -> HttpResponse:
    """The newest answer, the measurement while it goes on, and the form that asks."""
    role = Role.MEMBER if request.method == "POST" else Role.READER
    run = permissions.get_run_or_404(request.user, pk, role=role)
    form = ForecastForm(request.POST) if request.method == "POST" else ForecastForm()
    if form.is_valid():
        try:
            services.ask_forecast(run=run, user=request.user, **form.cleaned_data)
        except services.OutOfTurn as refusal:
            messages.warning(request, str(refusal))
        return redirect("evaluations:run_forecast", pk=pk)
    step = Project.Step.DEEP if family(run.recipe) == "deep" else Project.Step.SIMPLE
    says, newest = speech(run.metric), selectors.forecast_newest(run)
    page = page_of(request, run.project, step, "run") | {
        "run": run,
        "says": says,
        "title": selectors.run_title(run.recipe, run.change, run.name),
        "forecast": newest,
        "answer": selectors.forecast_answer(newest, says) if newest and newest.result else None,
        "form": form,
        "is_member": project_permissions.is_member(request.user, run.project),
    }
    return render(request, "evaluations/run_forecast.html", page, status=422 if form.is_bound else 200)


@login_required
@require_safe
def run_forecast_figure(request: Request, pk: UUID) -> HttpResponse:
    """Score by train rows, measured and forecast, as a Plotly figure; 204 where nothing was measured."""
    run = permissions.get_run_or_404(request.user, pk)
    newest = selectors.forecast_newest(run)
    if newest is None or not newest.result:
        return HttpResponse(status=204)
    return JsonResponse(selectors.forecast_chart(newest, speech(run.metric)) | {"open": False})
