"""Pages of data: upload, report, target, split, seal, certificate. Each asks permission first; workers do the work."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from datasets import permissions, selectors, services, store
from datasets.core.errors import DataProblem
from datasets.forms import DatasetUploadForm, GateForm, KeepForm, SplitForm, TargetForm
from datasets.models import DatasetVersion, Ingestion
from dlstart_web.kit.uploads import upload_refused
from projects import selectors as project_selectors
from projects.http import Request
from projects.models import Project
from projects.permissions import Role, get_project_or_404, is_member, is_owner

GET_POST = require_http_methods(["GET", "HEAD", "POST"])
State = DatasetVersion.State


def _page(request: Request, project: Project, **more: Any) -> dict[str, Any]:
    """What the head of each page about a project's data needs."""
    return {
        "project": project,
        "proposal": project_selectors.latest_proposal(request.user, project),
        "steps": project_selectors.project_steps(project, Project.Step.TEST_SET),
        "is_member": is_member(request.user, project),
        "is_owner": is_owner(request.user, project),
        "is_steward": permissions.is_steward(request.user, project),
        **more,
    }


def _version_page(request: Request, version: DatasetVersion, tab: str, **more: Any) -> dict[str, Any]:
    return _page(request, version.dataset.project, version=version, tab=tab, **more)


def _status(form: Any) -> int:
    return 422 if form.is_bound else 200


# ---- lists


@login_required
@require_safe
def dataset_list(request: Request) -> HttpResponse:
    """The data sets of my teams."""
    page = Paginator(selectors.dataset_list_for(request.user), 50).get_page(request.GET.get("page"))
    return render(request, "datasets/dataset_list.html", {"page": page})


@login_required
@require_safe
def project_data(request: Request, slug: str) -> HttpResponse:
    """The versions of a project's data and what comes next; who only reads the proposal sees the sealed ones."""
    project = get_project_or_404(request.user, slug, role=_reader(request, slug))
    may_see = permissions.may_see_data(request.user, project)
    every = selectors.version_list(project)
    versions = list(every if may_see else every.filter(state=State.SEALED))
    newest = versions[0] if versions else None
    context = _page(
        request,
        project,
        versions=versions,
        newest=newest,
        may_see=may_see,
        obstacle=services.seal_obstacle(newest) if newest and newest.state == State.READY else None,
        looks=selectors.look_status(project, request.user, timezone.now()) if may_see else None,
    )
    return render(request, "datasets/project_data.html", context)


def _reader(request: Request, slug: str) -> Role:
    """A steward reaches a project by that office, everybody else by reading its proposal."""
    project = Project.objects.filter(slug=slug).first()
    return Role.STEWARD if project and permissions.is_steward(request.user, project) else Role.READER


@login_required
@require_safe
def project_fragment(request: Request, slug: str) -> HttpResponse:
    """What the project's own page says of its data."""
    project = get_project_or_404(request.user, slug, role=_reader(request, slug))
    version = selectors.version_sealed_latest(project)
    if version is None and permissions.may_see_data(request.user, project):
        version = selectors.version_list(project).first()
    return render(request, "datasets/_project.html", {"project": project, "version": version})


# ---- a file comes in


@login_required
@GET_POST
def dataset_upload(request: Request, slug: str) -> HttpResponse:
    """Bring a file: a new data set, or with `?dataset=` the next version of one."""
    project = get_project_or_404(request.user, slug, role=Role.MEMBER)
    dataset = None
    if key := request.GET.get("dataset"):
        try:
            dataset = project.datasets.filter(pk=UUID(key)).first()
        except ValueError:
            dataset = None
        if dataset is None:
            raise Http404("No data under this address.")
    problem = None
    if request.method != "POST":
        form = DatasetUploadForm(is_next=dataset is not None)
    else:
        form = DatasetUploadForm(request.POST, request.FILES, is_next=dataset is not None)
        try:
            if size := upload_refused(request):
                form.fields["file"].required = False
                raise services.too_large(size)
            if form.is_valid():
                version = services.accept_upload(
                    project=project, user=request.user, dataset=dataset, **form.cleaned_data
                )
                return redirect("datasets:version_detail", version.pk)
        except (DataProblem, services.NotYet) as refusal:
            problem = refusal
            form.add_error("file", str(refusal))
    context = _page(request, project, form=form, dataset=dataset, problem=problem)
    return render(request, "datasets/dataset_upload.html", context, status=_status(form))


# ---- one version


@login_required
@require_safe
def version_detail(request: Request, pk: UUID) -> HttpResponse:
    """The report: what was read, what was found, what comes next."""
    version = permissions.get_version_or_404(request.user, pk)
    context = _version_page(
        request,
        version,
        "report",
        job=version.ingestions.first(),
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
            if finding.severity == "stop" or finding.code == "D202":
                acts.append({"label": "Keep it, say why", "name": "keep", "value": finding.pk})
        rows.append({"severity": finding.severity, "code": finding.code, "message": message, "acts": acts})
    return rows


def _columns(version: DatasetVersion) -> list[dict[str, Any]]:
    """Columns of the profile with their part to play, at most 200 of them."""
    roles = {version.target: "label", version.group_column: "group", version.time_column: "time"}
    roles |= dict.fromkeys(version.dropped, "left out")
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
    if request.htmx and job and request.GET.get("seen") == _seen(job):
        return HttpResponse(status=204)
    response = render(request, "datasets/_version.html", {"version": version, "job": job, "seen": _seen(job)})
    if request.htmx and not (job and job.is_open):
        response.headers["HX-Refresh"] = "true"
    return response


def _seen(job: Ingestion | None) -> str:
    return f"{job.pk}-{job.state}-{job.progress:.2f}-{job.attempts}" if job else ""


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
        _version_page(request, version, "target", form=form),
        status=_status(form),
    )


@login_required
@GET_POST
def version_finding(request: Request, pk: UUID) -> HttpResponse:
    """Settle a finding: leave its column out, or say why it may stay."""
    version = permissions.get_version_or_404(request.user, pk)
    said = request.POST if request.method == "POST" else request.GET
    key = said.get("drop") or said.get("keep") or ""
    finding = get_object_or_404(version.findings, pk=int(key) if key.isdecimal() else 0)
    form = KeepForm(request.POST if "reason" in request.POST else None)
    try:
        if request.method == "POST" and "drop" in request.POST:
            services.drop_column(version=version, user=request.user, column=finding.column)
            return redirect("datasets:version_detail", version.pk)
        if form.is_valid():
            services.keep_finding(finding=finding, user=request.user, **form.cleaned_data)
            messages.success(request, f"{finding.code} stays; your reason stands beside it.")
            return redirect("datasets:version_detail", version.pk)
    except (DataProblem, services.NotYet) as refusal:
        messages.error(request, str(refusal))
        return redirect("datasets:version_detail", version.pk)
    context = _version_page(request, version, "report", form=form, finding=finding)
    return render(request, "datasets/version_finding.html", context, status=_status(form))


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
        _version_page(request, version, "split", form=form),
        status=_status(form),
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
    context = _version_page(
        request,
        version,
        "seal",
        obstacle=refusal,
        criterion=project_selectors.current_criterion(version.dataset.project),
        parts=parts,
        pooled=pooled,
    )
    return render(request, "datasets/version_seal.html", context, status=422 if request.method == "POST" else 200)


@login_required
@require_safe
def certificate(request: Request, pk: UUID) -> HttpResponse:
    """The seal certificate; it prints on one page."""
    version = permissions.get_certificate_version_or_404(request.user, pk)
    seal, parts = version.seal, certificate_parts(version)
    context = _version_page(
        request,
        version,
        "certificate",
        seal=seal,
        parts=parts,
        classes=[
            (label, [rows.get(part["name"], 0) for part in parts]) for label, rows in (seal.classes or {}).items()
        ],
        rule=rule_words(version),
        may_see=permissions.may_see_data(request.user, version.dataset.project),
        notes=[
            f"Seen before sealing by the uploader, {version.uploaded_by}. "
            "A fresh test set taken by a steward is stronger.",
            "A sealed set cannot show that the world has shifted.",
            f"Sealed in the vault with the labels: the original upload, SHA-256 {version.sha256}.",
        ],
    )
    return render(request, "datasets/certificate.html", context)


def certificate_parts(version: DatasetVersion) -> list[dict[str, Any]]:
    """The parts with rows, access and fingerprint; a pooled set is one part."""
    access = {
        "train": "free, download",
        "validation": "free, counted",
        "checkpoint": "one look a week",
        "final": "one look a week, then opened once" if version.seal.is_pooled else "opened once",
    }
    return [
        {
            "name": part,
            "rows": version.seal.parts[part],
            "access": access[part],
            "fingerprint": (fingerprint := version.seal.fingerprints.get(part, "")),
            "pieces": [fingerprint[at : at + 8] for at in range(0, len(fingerprint), 8)],  # so that it can break
        }
        for part in store.PARTS
        if not (part == "checkpoint" and version.seal.is_pooled)
    ]


def rule_words(version: DatasetVersion) -> str:
    """How the rows were divided, in a sentence."""
    how = {
        "random": "by chance, rows with the same features together",
        "group": f"by group, each value of “{version.group_column}” in one part",
        "time": f"by time, the latest rows of “{version.time_column}” sealed",
    }[version.seal.rule]
    return f"Rule: {how} · keyed hash of each row, the key stays on the server · {version.seal.rows_used:,} rows used"


@login_required
@require_safe
def part_download(request: Request, pk: UUID, part: str) -> FileResponse:
    """Train or validation as a Parquet file, for the team and the stewards; sealed parts have no address."""
    version = permissions.get_version_or_404(request.user, pk)
    return store.part_response(version, part)


# ---- the gate


@login_required
@GET_POST
def look_gate(request: Request, pk: UUID) -> HttpResponse:
    """How often the team may look at this data, and who spends: its owner's to say."""
    dataset = permissions.get_dataset_or_404(request.user, pk)
    project = dataset.project
    if not is_owner(request.user, project):
        raise PermissionDenied(f"Only an owner of {project.team} sets this.")
    form = GateForm(request.POST if request.method == "POST" else None, lineage=dataset.lineage)
    if form.is_valid():
        services.set_gate(lineage=dataset.lineage, project=project, user=request.user, **form.cleaned_data)
        messages.success(request, f"Looks at {dataset}: saved. A longer gap holds from the next look on.")
        return redirect("datasets:project_data", project.slug)
    return render(
        request, "datasets/look_gate.html", _page(request, project, dataset=dataset, form=form), status=_status(form)
    )
