"""Pages of a fresh set: predicted where a model was uploaded, asked for, agreed to, opened once."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from datasets import selectors as dataset_selectors
from datasets.models import TestSet
from dlstart_web.kit.say import say
from evaluations import permissions, selectors, services
from evaluations.forms import OpeningForm, RowsForm
from evaluations.models import Run
from evaluations.views.common import GET_POST, page_of
from evaluations.views.handing_in import endings, take_rows
from evaluations.words import speech
from projects import permissions as project_permissions
from projects.http import Request
from projects.models import Project
from projects.permissions import Role, get_project_or_404


def _context(request: Request, project: Project, test_set: TestSet) -> dict[str, Any]:
    page = page_of(request, project, Project.Step.VERDICT, "fresh")
    in_force = page["criterion"]
    asked = dataset_selectors.opening_latest(project, test_set)
    page |= {"test_set": test_set, "opening": asked, "deposit": test_set.deposit}
    if in_force is None or page["version"] is None:
        return page
    says = speech(in_force.metric)
    page |= {"says": says, "level": says.number(in_force.level)}
    if asked:
        submission = selectors.submission_of(opening=asked)
        done = [found for found in selectors.fresh_results(project) if found["opening"] == asked]
        page |= {
            "declaration": selectors.declaration_of(asked),
            "submission": submission,
            "may_agree": permissions.may_agree(request.user, project),
            "found": done[0] if done else None,
        }
        return page
    runs = {
        kind: selectors.candidates_to_hand_in(project, page["version"], in_force.metric, kind)
        for kind in ("simple", "deep")
    }
    page["elsewhere"] = selectors.opened_elsewhere(test_set, project)
    page["runs"] = runs
    page["uploads"] = runs["deep"].filter(recipe="upload")
    page["files"] = project.handed_in.filter(test_set=test_set).select_related("asked_by", "of_run")
    page["is_open"] = any(file.is_open for file in page["files"])
    page["endings"] = endings(test_set.version)
    return page


@login_required
@GET_POST
def fresh_set(request: Request, slug: str, pk: int) -> HttpResponse:
    """Ask to open a fresh set for one simple and one deep run; the handler agrees on the same page."""
    project = get_project_or_404(request.user, slug)
    test_set = permissions.get_fresh_set_or_404(project, pk)
    page = _context(request, project, test_set)
    runs, form = page.get("runs"), None
    if runs and runs["simple"].exists():
        form = OpeningForm(request.POST if request.method == "POST" else None, **runs)
    if request.method == "POST":
        if not page["is_owner"]:
            raise PermissionDenied(say("Only an owner of {team} may do this.", team=project.team))
        if form is not None and form.is_valid():
            named = {kind: form.cleaned_data[kind] for kind in ("simple", "deep")}
            try:
                services.ask_opening(project=project, user=request.user, test_set=test_set, **named)
            except (services.OutOfTurn, *services.REFUSALS) as refusal:
                form.add_error(None, str(refusal))
            else:
                return redirect("evaluations:fresh_set", slug, pk)
    page |= {"form": form, "rows_form": RowsForm(runs=page["uploads"]) if page.get("uploads") else None}
    return render(request, "evaluations/fresh_set.html", page, status=422 if request.method == "POST" else 200)


@login_required
@require_POST
def fresh_agree(request: Request, slug: str, pk: int) -> HttpResponse:
    """The handler agrees, and the set is scored once."""
    project = get_project_or_404(request.user, slug)
    permissions.require_may_agree(request.user, project)
    asked = dataset_selectors.opening_latest(project, permissions.get_fresh_set_or_404(project, pk))
    if asked is None:
        raise Http404(say("Nobody has asked to open this set."))
    try:
        services.agree_opening(opening=asked, user=request.user)
    except (services.OutOfTurn, *services.REFUSALS) as refusal:
        messages.warning(request, str(refusal))
    return redirect("evaluations:fresh_set", slug, pk)


@login_required
@require_POST
def fresh_retry(request: Request, slug: str, pk: int) -> HttpResponse:
    """Score an agreed set again after a fault of ours."""
    project = get_project_or_404(request.user, slug)
    if not (permissions.may_agree(request.user, project) or project_permissions.is_owner(request.user, project)):
        raise PermissionDenied(say("Only an owner of the team or the handler may do this."))
    asked = dataset_selectors.opening_latest(project, permissions.get_fresh_set_or_404(project, pk))
    submission = selectors.submission_of(opening=asked) if asked else None
    if submission is None or not services.retry_submission(submission):
        messages.warning(request, say("There is no scoring that ended with a fault."))
    return redirect("evaluations:fresh_set", slug, pk)


@login_required
@require_POST
def fresh_predictions(request: Request, slug: str, pk: int) -> HttpResponse:
    """What an uploaded model says of the rows of a fresh set; for the team."""
    project = get_project_or_404(request.user, slug, role=Role.MEMBER)
    test_set = permissions.get_fresh_set_or_404(project, pk)
    page = _context(request, project, test_set)
    form = RowsForm(request.POST, request.FILES, runs=page.get("uploads", Run.objects.none()))
    answer = take_rows(request, project, test_set, form)
    if answer is None:
        return redirect("evaluations:fresh_set", slug, pk)
    runs = page.get("runs")
    page |= {"rows_form": form, "form": OpeningForm(**runs) if runs and runs["simple"].exists() else None}
    rendered = render(request, "evaluations/fresh_set.html", page, status=answer[0])
    for name, value in answer[1].items():
        rendered.headers[name] = value
    return rendered
