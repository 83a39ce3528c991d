"""Pages of the looks: the price, the act, the refusal, the ledger."""

from math import ceil
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from datasets import selectors as dataset_selectors
from datasets.core.budget import NoLookLeft
from datasets.models import TestSet
from dlstart_web.kit.say import say, say_count
from evaluations import selectors, services
from evaluations.forms import LookForm, RowsForm
from evaluations.views.common import GET_POST, page_of
from evaluations.views.handing_in import endings, take_rows
from evaluations.words import speech
from projects import permissions as project_permissions
from projects.http import Request
from projects.models import Project
from projects.permissions import Role, get_project_or_404

INPUTS_SHOWN = 20


def _look_context(request: Request, project: Project, page: dict[str, Any]) -> dict[str, Any]:
    now = timezone.now()
    status = dataset_selectors.look_status(project, request.user, now, timezone.get_current_timezone())
    version = page["version"]
    metric = selectors.project_metric(project, version) if version else "accuracy"
    says = speech(metric)
    looks = dataset_selectors.look_list(project)
    rows = selectors.look_rows(looks, says, now)
    criterion = page.get("criterion")  # the fragment shows no plan
    waiting = [row["answer_at"] for row in rows if row["answer_at"]]
    return {
        "status": status,
        "says": says,
        "metric": metric,
        "looks": rows,
        "grants": dataset_selectors.look_grants(project),
        "looks_wanted": selectors.looks_wanted_words(criterion, looks) if criterion else "",
        "is_open": bool(waiting),
        "seen": "-".join([*(row["look"].state for row in rows), *(f"{moment:%H%M%S}" for moment in waiting)]),
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
    runs = selectors.candidates_to_hand_in(project, version, page["metric"])
    best = runs.first()
    may = project_permissions.is_owner(request.user, project) or (
        page["is_member"] and status.test_set.lineage.members_may_look
    )
    days = status.gap_days
    page |= {
        "best": best,
        "may": may,
        "price": selectors.price_words(best, status.test_set) if best else "",
        "luck": selectors.luck_words(best, status.test_set) if best else "",
        "price_note": say_count(days, "0 left for {count} day", "0 left for {count} days"),
    } | _again_context(selectors.best_again(status.test_set, project), RowsForm(), status.test_set)
    if request.method != "POST":
        page["form"] = None
        if best and may and not page["again"]:
            page["form"] = LookForm(runs=runs, says=page["says"], initial={"run": request.GET.get("run") or best.pk})
        return render(request, "evaluations/look.html", page)
    if not may:
        raise PermissionDenied(say("An owner of {team} spends its looks, or allows members to.", team=project.team))
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


def _again_context(again: dict[str, Any] | None, form: RowsForm, test_set: TestSet) -> dict[str, Any]:
    """What the section of the best of an earlier version needs."""
    return {
        "again": again,
        "rows_form": form,
        "endings": endings(test_set.version) if again and again["run"] else (),
        "again_open": bool(again) and any(job.is_open for job in [*again["files"], again["job"]] if job),
    }


@login_required
@require_POST
def best_again(request: Request, slug: str) -> HttpResponse:
    """Hand in the best of an earlier version again; for the team."""
    project = get_project_or_404(request.user, slug, role=Role.MEMBER)
    status = dataset_selectors.look_status(project, request.user, timezone.now())
    again = selectors.best_again(status.test_set, project) if status else None
    if status and again and again["run"] and "without" not in request.POST:
        form = RowsForm(request.POST, request.FILES)
        if answer := take_rows(request, project, status.test_set, form, run=again["run"]):
            page = page_of(request, project, Project.Step.DEEP, "look")
            page |= _look_context(request, project, page) | _again_context(again, form, status.test_set)
            page |= {"may": True, "best": again["run"]}
            refused = render(request, "evaluations/look.html", page, status=answer[0])
            for name, value in answer[1].items():
                refused.headers[name] = value
            return refused
        return redirect("evaluations:look", slug=slug)
    try:
        services.hand_in_again(project=project, user=request.user)
    except services.OutOfTurn as refusal:
        messages.warning(request, str(refusal))
    return redirect("evaluations:look", slug=slug)


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
        page["inputs"] = dataset_selectors.inputs_taken(project)[:INPUTS_SHOWN]
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
