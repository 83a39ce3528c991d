"""One version: report, target, split, seal."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from datasets import permissions, selectors, services
from datasets.core.errors import DataProblem
from datasets.forms import SplitForm, TargetForm
from datasets.models import DatasetVersion, Ingestion
from datasets.views.common import GET_POST, State, status_of, version_context
from datasets.views.findings import finding_rows
from dlstart_web.kit.say import figure, say
from projects import selectors as project_selectors
from projects.http import Request


@login_required
@require_safe
def version_detail(request: Request, pk: UUID) -> HttpResponse:
    """The report: what was read, what was found, what comes next."""
    version = permissions.get_version_or_404(request.user, pk)
    services.note_viewing(version=version, user=request.user)
    may_divide = permissions.may_divide(request.user, version.dataset.project)
    context = version_context(
        request,
        version,
        "report",
        **_live(version.ingestions.first()),
        merges=version.merges.select_related("merged_by"),
        **finding_rows(version, may_divide=may_divide),
        columns=_columns(version),
        obstacle=services.seal_obstacle(version) if version.state == State.READY else None,
    )
    return render(request, "datasets/version_detail.html", context)


def _columns(version: DatasetVersion) -> list[dict[str, Any]]:
    """Columns of the profile with their part to play, at most 200 of them."""
    roles = {version.target: say("label"), version.group_column: say("group"), version.time_column: say("time")}
    roles = dict.fromkeys(version.annotators, say("annotator")) | roles
    roles |= {name: roles.get(name) or say("left out") for name in version.no_features}
    rows = []
    for column in version.profile.get("columns", [])[:200]:
        commonest = ", ".join(f"{value} ({figure(f'{count:,}')})" for value, count in column.get("top", [])[:3])
        spread = (
            say("{low} to {high}", low=_short(column["min"]), high=_short(column["max"]))
            if column.get("max") is not None
            else ""
        )
        rows.append(column | {"role": roles.get(column["name"], say("feature")), "values": commonest or spread})
    return rows


def _short(value: Any) -> str:
    return figure(f"{value:,.6g}") if isinstance(value, (int, float)) else str(value)


@login_required
@require_safe
def version_status(request: Request, pk: UUID) -> HttpResponse:
    """The live part: polled every 2 s while a worker is at it; when it has ended, the page is fetched anew."""
    version = permissions.get_version_or_404(request.user, pk)
    job = version.ingestions.first()
    live = _live(job)
    if request.htmx and job and request.GET.get("seen") == live["seen"]:
        return HttpResponse(status=204)
    response = render(request, "datasets/_version.html", {"version": version, **live})
    if request.htmx and not (job and job.is_open):
        response.headers["HX-Refresh"] = "true"
    return response


def _live(job: Ingestion | None) -> dict[str, Any]:
    """The job of a version and what is said of it."""
    now = timezone.now()
    if job is None:
        return {"job": None, "seen": "", "words": ""}
    return {
        "job": job,
        "seen": selectors.ingestion_seen(job, now),
        "words": selectors.ingestion_words(job, now),
    }


@login_required
@GET_POST
def version_target(request: Request, pk: UUID) -> HttpResponse:
    """Choose the label column from the real ones, and what is left out."""
    version = permissions.get_version_or_404(request.user, pk)
    form = TargetForm(request.POST if request.method == "POST" else None, version=version)
    if form.is_valid():
        try:
            services.choose_target(
                version=version,
                user=request.user,
                group=version.group_column,
                time=version.time_column,
                **form.cleaned_data,
            )
            return redirect("datasets:version_detail", version.pk)
        except DataProblem as refusal:
            form.add_error("target", str(refusal))
        except services.NotYet as refusal:
            form.add_error(None, str(refusal))
    return render(
        request,
        "datasets/version_target.html",
        version_context(request, version, "target", form=form),
        status=status_of(form),
    )


@login_required
@GET_POST
def version_split(request: Request, pk: UUID) -> HttpResponse:
    """The plain question: what will it meet in real use?"""
    version = permissions.get_version_or_404(request.user, pk)
    if request.method == "POST":
        permissions.require_may_divide(request.user, version.dataset.project)
    form = SplitForm(request.POST if request.method == "POST" else None, version=version)
    if form.is_valid():
        try:
            version = services.choose_split(version=version, user=request.user, **form.cleaned_data)
            page = "version_seal" if version.state == State.READY else "version_detail"
            return redirect(f"datasets:{page}", version.pk)
        except (DataProblem, services.NotYet) as refusal:
            form.add_error(None, str(refusal))
    return render(
        request,
        "datasets/version_split.html",
        version_context(request, version, "split", form=form),
        status=status_of(form),
    )


@login_required
@GET_POST
def version_seal(request: Request, pk: UUID) -> HttpResponse:
    """Confirm what cannot be undone: what is fixed, what it costs, who has seen the labels."""
    version = permissions.get_version_or_404(request.user, pk)
    refusal = services.seal_obstacle(version) if version.state == State.READY else None
    if request.method == "POST":
        try:
            services.seal_version(version=version, user=request.user)
            return redirect("datasets:version_detail", version.pk)
        except services.NotYet as too_early:
            refusal = too_early
    rows = version.rows_read or 0
    pooled = 0.2 * rows < 600
    parts = [round(share * rows) for share in (0.6, 0.2, *((0.2, 0) if pooled else (0.1, 0.1)))]
    context = version_context(
        request,
        version,
        "seal",
        obstacle=refusal,
        criterion=project_selectors.current_criterion(version.dataset.project),
        parts=parts,
        pooled=pooled,
        retires=selectors.retired_by(version) if version.state == State.READY else None,
    )
    return render(request, "datasets/version_seal.html", context, status=422 if request.method == "POST" else 200)
