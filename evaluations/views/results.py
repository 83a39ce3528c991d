"""Pages of the gates: what each needs, the decision from the verdict, and whether it paid."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from dlstart_web.kit.say import say
from evaluations import selectors, services
from evaluations.forms import PaidForm, ResultDecisionForm
from evaluations.models import ResultDecision, Verdict
from evaluations.views.common import GET_POST, page_of
from projects import permissions
from projects import selectors as project_selectors
from projects.core.errors import ProjectProblem
from projects.http import Request
from projects.models import Project
from projects.permissions import Role, get_project_or_404


@login_required
@require_safe
def gates(request: Request, slug: str) -> HttpResponse:
    """The three gates of a project, with what each needs."""
    project = get_project_or_404(request.user, slug)
    found = [
        (gate, [(need, project_selectors.page_or_blank(need.page, project)) for need in gate.needs])
        for gate in selectors.gates_of(project, request.user)
    ]
    decision = ResultDecision.objects.filter(project=project).select_related("decided_by").first()
    may_tell = permissions.is_owner(request.user, project) or permissions.is_handler(request.user, project)
    due = decision is not None and timezone.localdate() >= decision.check_on
    page = page_of(request, project, Project.Step.VERDICT, "gates")
    return render(
        request, "evaluations/gates.html", page | {"gates": found, "decision": decision, "may_tell": may_tell and due}
    )


@login_required
@GET_POST
def result_decide(request: Request, slug: str) -> HttpResponse:
    """The handler decides from the verdict."""
    project = get_project_or_404(request.user, slug, role=Role.HANDLER)
    verdict = Verdict.objects.filter(project=project).first()
    if verdict is None:
        raise Http404(say("There is no verdict to decide on yet."))
    form = ResultDecisionForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            services.decide_result(project=project, user=request.user, **form.cleaned_data)
        except (ProjectProblem, services.OutOfTurn) as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(
                request, say("{project} is decided. In half a year this page asks whether it paid.", project=project)
            )
            return redirect("evaluations:gates", slug)
    page = page_of(request, project, Project.Step.VERDICT, "gates")
    status = 422 if form.is_bound else 200
    return render(request, "evaluations/result_decide.html", page | {"form": form, "verdict": verdict}, status=status)


@login_required
@GET_POST
def result_paid(request: Request, slug: str) -> HttpResponse:
    """Half a year later: did it pay off?"""
    project = get_project_or_404(request.user, slug)
    if not permissions.is_handler(request.user, project):
        project = get_project_or_404(request.user, slug, role=Role.OWNER)
    decision = ResultDecision.objects.filter(project=project).first()
    if decision is None:
        raise Http404(say("Nothing was decided from a verdict yet."))
    form = PaidForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            services.note_outcome(decision=decision, user=request.user, **form.cleaned_data)
        except ProjectProblem as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(request, say("Written down. Everybody who reads the project sees it."))
            return redirect("evaluations:gates", slug)
    page = page_of(request, project, Project.Step.VERDICT, "gates")
    status = 422 if form.is_bound else 200
    return render(request, "evaluations/result_paid.html", page | {"form": form, "decision": decision}, status=status)
