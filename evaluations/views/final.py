"""Pages of the final tier: asked, agreed, verdict."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from datasets import selectors as dataset_selectors
from datasets.models import Opening
from dlstart_web.kit.say import say
from evaluations import permissions, selectors, services
from evaluations.forms import OpeningForm
from evaluations.views.common import GET_POST, page_of
from evaluations.words import speech
from projects import permissions as project_permissions
from projects.http import Request
from projects.models import Project
from projects.permissions import get_project_or_404


@login_required
@GET_POST
def opening(request: Request, slug: str) -> HttpResponse:
    """Ask to open the final tier for one simple and one deep run; the handler agrees on the same page."""
    project = get_project_or_404(request.user, slug)
    page = page_of(request, project, Project.Step.VERDICT, "opening")
    version, in_force = page["version"], page["criterion"]
    asked = dataset_selectors.opening_latest(project)
    if asked and asked.state == Opening.State.SCORED:
        return redirect("evaluations:verdict", slug=slug)
    page["opening"] = asked
    if version is None or in_force is None:
        return render(request, "evaluations/opening.html", page)
    test_set = dataset_selectors.test_set_final(version)
    says = speech(in_force.metric)
    page |= {"test_set": test_set, "says": says, "level": says.number(in_force.level)}
    if asked:
        page |= {
            "declaration": selectors.declaration_of(asked),
            "submission": selectors.submission_of(opening=asked),
            "may_agree": permissions.may_agree(request.user, project),
        }
        return render(request, "evaluations/opening.html", page)
    simple = selectors.candidates_to_hand_in(project, version, in_force.metric, "simple")
    deep = selectors.candidates_to_hand_in(project, version, in_force.metric, "deep")
    page["elsewhere"] = selectors.opened_elsewhere(test_set, project) if test_set else None
    data = request.POST if request.method == "POST" else None
    form = OpeningForm(data, simple=simple, deep=deep) if simple.exists() else None
    page["form"] = form
    if data is not None and form is not None:
        if not page["is_owner"]:
            raise PermissionDenied(say("Only an owner of {team} may do this.", team=project.team))
        if form.is_valid():
            try:
                services.ask_opening(
                    project=project,
                    user=request.user,
                    simple=form.cleaned_data["simple"],
                    deep=form.cleaned_data["deep"],
                )
            except (services.OutOfTurn, *services.REFUSALS) as refusal:
                form.add_error(None, str(refusal))
            else:
                return redirect("evaluations:opening", slug=slug)
    return render(request, "evaluations/opening.html", page, status=422 if form is not None and form.errors else 200)


@login_required
@require_POST
def opening_agree(request: Request, slug: str) -> HttpResponse:
    """The handler agrees, and the final tier is scored once."""
    project = get_project_or_404(request.user, slug)
    permissions.require_may_agree(request.user, project)
    asked = dataset_selectors.opening_latest(project)
    if asked is None:
        raise Http404(say("Nobody has asked to open the final tier."))
    try:
        services.agree_opening(opening=asked, user=request.user)
    except (services.OutOfTurn, *services.REFUSALS) as refusal:
        messages.warning(request, str(refusal))
    return redirect("evaluations:verdict", slug=slug)


@login_required
@require_POST
def opening_retry(request: Request, slug: str) -> HttpResponse:
    """Score an agreed opening again after a fault of ours."""
    project = get_project_or_404(request.user, slug)
    if not (permissions.may_agree(request.user, project) or project_permissions.is_owner(request.user, project)):
        raise PermissionDenied(say("Only an owner of the team or the handler may do this."))
    asked = dataset_selectors.opening_latest(project)
    submission = selectors.submission_of(opening=asked) if asked else None
    if submission is None or not services.retry_submission(submission):
        messages.warning(request, say("There is no scoring that ended with a fault."))
    return redirect("evaluations:verdict", slug=slug)


@login_required
@require_safe
def verdict(request: Request, slug: str) -> HttpResponse:
    """What the rules say once the final tier is open; before that, where the way to it stands."""
    project = get_project_or_404(request.user, slug)
    page = page_of(request, project, Project.Step.VERDICT, "verdict")
    asked = dataset_selectors.opening_latest(project)
    page |= {"opening": asked, "submission": selectors.submission_of(opening=asked) if asked else None}
    page |= selectors.verdict_context(project, page["criterion"])
    page["may_agree"] = permissions.may_agree(request.user, project)
    if request.htmx:
        if page["verdict"] is None and page["submission"] is not None and page["submission"].is_open:
            return HttpResponse(status=204)
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    return render(request, "evaluations/verdict.html", page)
