"""How often a team may look, and when next."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from datasets import permissions, selectors, services
from datasets.core.calendar import next_look_event
from datasets.forms import GateForm, GrantForm, LimitsForm
from datasets.models import LookLimits
from datasets.views.common import GET_POST, page_context, status_of
from dlstart_web.kit.say import say
from projects.http import Request
from projects.permissions import Role, get_project_or_404, is_owner, require_administrator


@login_required
@GET_POST
def look_gate(request: Request, pk: UUID) -> HttpResponse:
    """How often the team may look at this data, and who spends: its owner's to say."""
    dataset = permissions.get_dataset_or_404(request.user, pk)
    project = dataset.project
    if not is_owner(request.user, project):
        raise PermissionDenied(say("Only an owner of {team} sets this.", team=project.team))
    form = GateForm(request.POST if request.method == "POST" else None, lineage=dataset.lineage)
    if form.is_valid():
        services.set_gate(lineage=dataset.lineage, project=project, user=request.user, **form.cleaned_data)
        messages.success(
            request, str(say("Looks at {dataset}: saved. A longer gap holds from the next look on.", dataset=dataset))
        )
        return redirect("datasets:project_data", project.slug)
    return render(
        request,
        "datasets/look_gate.html",
        page_context(request, project, dataset=dataset, form=form),
        status=status_of(form),
    )


@login_required
@GET_POST
def look_limits(request: Request) -> HttpResponse:
    """What holds for the looks of everybody, for everybody to read; administrators make it stricter."""
    limits = selectors.look_limits()
    if request.method == "POST":
        require_administrator(request.user)
    values = {"gap_days": limits.gap_days, "bits": f"{limits.bits:g}"}
    form = LimitsForm(request.POST) if request.method == "POST" else LimitsForm(initial=values)
    if form.is_valid():
        try:
            services.limit_looks(user=request.user, **form.cleaned_data)
        except services.NotYet as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, str(say("The limits are set. They hold from the next look on.")))
            return redirect("datasets:look_limits")
    history = LookLimits.objects.select_related("made_by")
    context = {"limits": limits, "history": history, "first": selectors.first_look_limits(), "form": form}
    return render(request, "datasets/look_limits.html", context, status=status_of(form))


@login_required
@GET_POST
def look_grant(request: Request, slug: str) -> HttpResponse:
    """An administrator gives the team one more look, for a reason that everybody in the project reads."""
    project = get_project_or_404(request.user, slug, role=Role.ADMINISTRATOR)
    form = GrantForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            services.grant_look(project=project, user=request.user, reason=form.cleaned_data["reason"])
        except services.NotYet as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(
                request,
                str(say("{team} has one more look. The reason stands with the project's looks.", team=project.team)),
            )
            return redirect("datasets:look_grant", slug)
    version = selectors.version_sealed_latest(project)
    context = page_context(
        request,
        project,
        form=form,
        test_set=selectors.test_set_for_looks(version) if version else None,
        grants=selectors.look_grants(project),
    )
    return render(request, "datasets/look_grant.html", context, status=status_of(form))


@login_required
@require_safe
def next_look(request: Request, slug: str) -> HttpResponse:
    """When the next look opens, as a calendar file; nothing is there while a look is open or time brings none."""
    project, now = get_project_or_404(request.user, slug), timezone.now()
    status = selectors.look_status(project, request.user, now)
    if status is None or status.looks_now or status.next_look_at is None:
        raise Http404(say("No look of this project waits for its day."))
    address = settings.SITE_ADDRESS.rstrip("/") + reverse("evaluations:look", args=[slug])
    content = next_look_event(opens_at=status.next_look_at, project=project.name, address=address, now=now)
    response = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="next-look-{slug}.ics"'
    return response
