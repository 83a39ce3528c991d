"""One version: report, target, findings, split, seal."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from datasets import permissions, selectors, services
from datasets.core.errors import DataProblem
from datasets.forms import KeepForm, SplitForm, TargetForm
from datasets.models import DatasetVersion, Ingestion
from datasets.views.common import GET_POST, State, status_of, version_context
from projects import selectors as project_selectors
from projects.http import Request


@login_required
@require_safe
def version_detail(request: Request, pk: UUID) -> HttpResponse:
    """The report: what was read, what was found, what comes next."""
    version = permissions.get_version_or_404(request.user, pk)
    services.note_viewing(version=version, user=request.user)
    context = version_context(
        request,
        version,
        "report",
        **_live(version.ingestions.first()),
        findings=_findings(version),
        columns=_columns(version),
        obstacle=services.seal_obstacle(version) if version.state == State.READY else None,
    )
    return render(request, "datasets/version_detail.html", context)


def _findings(version: DatasetVersion) -> list[dict[str, Any]]:
    """Findings as the component draws them, the gravest first, with the acts that are open."""
    rank = {"stop": 0, "look": 1, "tip": 2}
    rows = []
    for finding in sorted(version.findings.select_related("kept_by"), key=lambda each: rank[each.severity]):
        message, acts = finding.message, []
        is_dropped = finding.column and finding.column in version.dropped
        if is_dropped:
            message += " The column is left out."
        elif finding.kept_reason:
            message += f" Kept by {finding.kept_by}: “{finding.kept_reason}”"
        elif version.state == State.READY:
            is_feature = finding.column and finding.column not in (
                version.target,
                version.group_column,
                version.time_column,
            )
            if is_feature and finding.needs_target and finding.severity != "tip" and finding.code != "D202":
                acts.append({"label": f"Leave out {finding.column}", "name": "drop", "value": finding.pk})
            if finding.code == "D111" and finding.column != version.target:
                acts.append({"label": f"Make {finding.column} a category", "name": "category", "value": finding.pk})
            if finding.severity == "stop" or finding.code == "D202":
                acts.append({"label": "Keep it, say why", "name": "keep", "value": finding.pk})
        rows.append({"severity": finding.severity, "code": finding.code, "message": message, "acts": acts})
    return rows


def _columns(version: DatasetVersion) -> list[dict[str, Any]]:
    """Columns of the profile with their part to play, at most 200 of them."""
    roles = {version.target: "label", version.group_column: "group", version.time_column: "time"}
    roles |= {name: roles.get(name) or "left out" for name in version.no_features}
    rows = []
    for column in version.profile.get("columns", [])[:200]:
        commonest = ", ".join(f"{value} ({count:,})" for value, count in column.get("top", [])[:3])
        spread = f"{_short(column['min'])} to {_short(column['max'])}" if column.get("max") is not None else ""
        rows.append(column | {"role": roles.get(column["name"], "feature"), "values": commonest or spread})
    return rows


def _short(value: Any) -> str:
    return f"{value:,.6g}" if isinstance(value, (int, float)) else str(value)


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
def version_finding(request: Request, pk: UUID) -> HttpResponse:
    """Settle a finding: leave its column out, make it a category, or say why it may stay."""
    version = permissions.get_version_or_404(request.user, pk)
    said = request.POST if request.method == "POST" else request.GET
    key = said.get("drop") or said.get("keep") or said.get("category") or ""
    finding = get_object_or_404(version.findings, pk=int(key) if key.isdecimal() else 0)
    form = KeepForm(request.POST if "reason" in request.POST else None)
    try:
        if request.method == "POST" and "drop" in request.POST:
            services.drop_column(version=version, user=request.user, column=finding.column)
            return redirect("datasets:version_detail", version.pk)
        if request.method == "POST" and "category" in request.POST:
            services.correct_kinds(version=version, user=request.user, kinds={finding.column: "category"})
            return redirect("datasets:version_detail", version.pk)
        if form.is_valid():
            services.keep_finding(finding=finding, user=request.user, **form.cleaned_data)
            messages.success(request, f"{finding.code} stays; your reason stands beside it.")
            return redirect("datasets:version_detail", version.pk)
    except (DataProblem, services.NotYet) as refusal:
        messages.error(request, str(refusal))
        return redirect("datasets:version_detail", version.pk)
    context = version_context(request, version, "report", form=form, finding=finding)
    return render(request, "datasets/version_finding.html", context, status=status_of(form))


@login_required
@GET_POST
def version_split(request: Request, pk: UUID) -> HttpResponse:
    """The plain question: what will it meet in real use?"""
    version = permissions.get_version_or_404(request.user, pk)
    if request.method == "POST" and not permissions.may_divide(request.user, version.dataset.project):
        raise PermissionDenied(f"An owner of {version.dataset.project.team} or a data steward chooses the split.")
    form = SplitForm(request.POST if request.method == "POST" else None, version=version)
    if form.is_valid():
        try:
            services.choose_split(version=version, **form.cleaned_data)
            return redirect("datasets:version_seal", version.pk)
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
    )
    return render(request, "datasets/version_seal.html", context, status=422 if request.method == "POST" else 200)
