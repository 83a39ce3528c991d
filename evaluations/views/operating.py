"""The operating point of a run, on validation, where everybody may play."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render

from dlstart_web.kit.say import say
from evaluations import permissions, selectors, services
from evaluations.core.rungs import family
from evaluations.forms import OperatingForm
from evaluations.models import Run
from evaluations.views.common import GET_POST, page_of
from projects.http import Request
from projects.models import Project
from projects.permissions import Role


@login_required
@GET_POST
def operating_point(request: Request, pk: UUID) -> HttpResponse:
    """What happens at a threshold, and what it costs; members keep one with the run."""
    writes = request.method == "POST"
    run = permissions.get_run_or_404(request.user, pk, role=Role.MEMBER if writes else Role.READER)
    found = selectors.behaviour_of(run)
    kept = selectors.kept_point(run)
    form = OperatingForm(
        request.POST if writes else request.GET,
        start=selectors.terms_known(request.user, run, kept),
        needs_threshold=writes,
    )
    if writes and form.is_valid():
        try:
            point = services.keep_point(
                run=run, user=request.user, threshold=form.cleaned_data["t"], terms=form.terms, found=found
            )
        except services.OutOfTurn as refusal:
            messages.warning(request, str(refusal))
        else:
            messages.success(
                request,
                say(
                    "Kept: this run says yes from {threshold} on.",
                    threshold=selectors.threshold_words(point.threshold),
                ),
            )
            return redirect("evaluations:operating_point", pk=pk)
    step = Project.Step.DEEP if family(run.recipe) == "deep" else Project.Step.SIMPLE
    page = page_of(request, run.project, step, "run") | {
        "run": run,
        "title": selectors.run_title(run.recipe, run.change, run.name),
        "form": form,
        "kept": kept,
        "found": found,
        "stated": form.start_words,
    }
    if found is not None and form.is_valid():
        page |= _context(run, found, form)
    name = "evaluations/_operating_point.html" if request.htmx and not writes else "evaluations/operating_point.html"
    return render(request, name, page, status=422 if form.errors or writes else 200)


def _context(run: Run, found: dict[str, Any], form: OperatingForm) -> dict[str, Any]:
    if found["kind"] == "binary":
        return selectors.binary_context(run, found, form.terms, form.cleaned_data["t"])
    if found["kind"] == "multiclass":
        return selectors.multiclass_context(found, form.terms)
    return selectors.regression_context(found)
