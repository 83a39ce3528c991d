"""Pages of the looks: the price, the act, the refusal, the ledger."""

from math import ceil
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from datasets import selectors as dataset_selectors
from datasets.core.budget import NoLookLeft
from evaluations import selectors, services
from evaluations.forms import LookForm
from evaluations.views.common import GET_POST, page_of
from evaluations.words import speech
from projects import permissions as project_permissions
from projects.http import Request
from projects.models import Project
from projects.permissions import get_project_or_404


def _look_context(request: Request, project: Project, page: dict[str, Any]) -> dict[str, Any]:
    status = dataset_selectors.look_status(project, request.user, timezone.now(), timezone.get_current_timezone())
    version = page["version"]
    metric = selectors.project_metric(project, version) if version else "accuracy"
    says = speech(metric)
    looks = dataset_selectors.look_list(project)
    rows = selectors.look_rows(looks, says)
    return {
        "status": status,
        "says": says,
        "metric": metric,
        "looks": rows,
        "is_open": any(row["look"].state == "spent" for row in rows),
        "seen": "-".join(row["look"].state for row in rows),
    }


@login_required
@GET_POST
def look(request: Request, slug: str) -> HttpResponse:
    """Spend one of the team's looks: the price first, then the act."""
    project = get_project_or_404(request.user, slug)
    page = page_of(request, project, Project.Step.DEEP, "look")
    page |= _look_context(request, project, page)
    status, version = page["status"], page["version"]
    if version is None or status is None or page["criterion"] is None:
        return render(request, "evaluations/look.html", page)
    runs = selectors.candidates(project, version, page["metric"])
    best = runs.first()
    may = project_permissions.is_owner(request.user, project) or (
        page["is_member"] and status.test_set.lineage.members_may_look
    )
    days = status.test_set.lineage.look_gap_days
    page |= {
        "best": best,
        "may": may,
        "price": selectors.price_words(best, status.test_set) if best else "",
        "price_note": f"0 left for {days} days",
    }
    if request.method != "POST":
        page["form"] = LookForm(runs=runs, says=page["says"], initial={"run": best}) if best and may else None
        return render(request, "evaluations/look.html", page)
    if not may:
        raise PermissionDenied(f"An owner of {project.team} spends its looks, or allows members to.")
    form = page["form"] = LookForm(request.POST, runs=runs, says=page["says"])
    if not form.is_valid():
        return render(request, "evaluations/look.html", page, status=422)
    values = form.cleaned_data
    try:
        services.spend_look(
            project=project, user=request.user, run=values["run"], reason=values["reason"], guess=values["guess"],
            idempotency_key=request.headers.get("Idempotency-Key") or str(values["key"]),
            zone=timezone.get_current_timezone(),
        )  # fmt: skip
    except NoLookLeft as refusal:
        return _refused(request, page, refusal)
    except services.OutOfTurn as refusal:
        form.add_error(None, str(refusal))
        return render(request, "evaluations/look.html", page, status=422)
    return redirect("evaluations:look_list", slug=slug)


def _refused(request: Request, page: dict[str, Any], refusal: NoLookLeft) -> HttpResponse:
    page |= {"refusal": refusal}
    answer = render(request, "evaluations/look_refused.html", page, status=429)
    if refusal.next_look_at is not None:  # time alone brings the next one
        answer.headers["Retry-After"] = str(max(1, ceil((refusal.next_look_at - timezone.now()).total_seconds())))
    return answer


@login_required
@require_safe
def look_list(request: Request, slug: str) -> HttpResponse:
    """The ledger of the project's looks."""
    project = get_project_or_404(request.user, slug)
    page = page_of(request, project, Project.Step.DEEP, "look_list")
    page |= _look_context(request, project, page)
    if page["status"]:
        page["others"] = dataset_selectors.look_ledger(page["status"].test_set).exclude(project=project).count()
    return render(request, "evaluations/look_list.html", page)


@login_required
@require_safe
def look_fragment(request: Request, slug: str) -> HttpResponse:
    """The ledger's table while a look is being scored."""
    project = get_project_or_404(request.user, slug)
    page = {"project": project, "version": dataset_selectors.version_sealed_latest(project)}
    page |= _look_context(request, project, page)
    if page["is_open"] and request.GET.get("seen") == page["seen"]:
        return HttpResponse(status=204)
    return render(request, "evaluations/_looks.html", page)
