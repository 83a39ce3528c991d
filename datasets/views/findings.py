"""Findings of a version: what one can do about each, and those that somebody muted."""

from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from datasets import permissions, selectors, services
from datasets.core.acts import ON_A_PAGE
from datasets.core.corrections import ORDERS, Choice
from datasets.core.errors import DataProblem, shown
from datasets.core.findings import LEFT_OUT
from datasets.forms import KeepForm
from datasets.models import DatasetVersion, Finding
from datasets.views.common import GET_POST, status_of, version_context
from dlstart_web.kit.say import joined, say
from projects.http import Request

RANK = {"stop": 0, "look": 1, "tip": 2}
ACTS = ("drop", "group", "time", "merge", "category", *ORDERS, "keep")


def finding_rows(version: DatasetVersion, *, may_divide: bool) -> dict[str, list[dict[str, Any]]]:
    """Findings as the component draws them, the gravest first: open ones with their acts, muted ones with their reason."""
    rows: dict[str, list[dict[str, Any]]] = {"findings": [], "muted": []}
    for finding in sorted(version.findings.select_related("kept_by"), key=lambda each: RANK[each.severity]):
        message, reason, acts = finding.message, "", []
        if settled := selectors.finding_settled(finding, version):
            message = joined(" ", [message, settled])
        elif finding.kept_reason:
            reason = say("Kept by {name}: “{reason}”", name=finding.kept_by, reason=finding.kept_reason)
        else:
            acts = _buttons(finding, version, may_divide=may_divide)
        rows["muted" if finding.kept_reason and not _stays(finding) else "findings"].append(
            {"severity": finding.severity, "code": finding.code, "message": message, "reason": reason, "acts": acts}
        )
    return rows


def _stays(finding: Finding) -> bool:
    """A stop, and a column that is a feature by somebody's word, stay in sight."""
    return finding.severity == "stop" or finding.code in LEFT_OUT


def _buttons(finding: Finding, version: DatasetVersion, *, may_divide: bool) -> list[dict[str, Any]]:
    roles = (version.target, version.group_column, version.time_column)
    words = {
        "group": say("Group by {column}", column=shown(finding.column, 40)),
        "time": say("Divide by {column}", column=shown(finding.column, 40)),
        "merge": say("Merge into {label}", label=shown(finding.evidence.get("into", ""), 40)),
        "category": say("Make {column} a category", column=shown(finding.column, 40)),
        "date_day_first": say("The day comes first"),
        "date_month_first": say("The month comes first"),
        "columns": say("Correct the kinds"),
        "header": say("Look at the first lines"),
        "split": say("Divide it otherwise"),
        "upload": say("Upload a mended file"),
        "keep": say("Keep it, say why") if _stays(finding) else say("Mute, say why"),
    }
    pages = {act: reverse(f"datasets:version_{act}", args=[version.pk]) for act in ("columns", "header", "split")}
    upload = reverse("datasets:dataset_upload", args=[version.dataset.project.slug])
    pages["upload"] = f"{upload}?dataset={version.dataset_id}"
    buttons = []
    for act in selectors.finding_acts(finding, version):
        if act == "drop":
            buttons += [
                {
                    "label": say("Leave out {column}", column=shown(column, 40)),
                    "name": act,
                    "value": f"{finding.pk}/{place}",
                }
                for place, column in enumerate(finding.columns)
                if column not in roles
            ]
        elif act in ON_A_PAGE and (act != "split" or may_divide):
            buttons.append({"label": words[act], "href": pages[act]})
        elif act not in ("group", "time", "split") or may_divide:
            buttons.append({"label": words[act], "name": act, "value": str(finding.pk)})
    return buttons


@login_required
@GET_POST
def version_finding(request: Request, pk: UUID) -> HttpResponse:
    """Settle a finding: leave its column out, divide by it, merge its labels, or say why it may stay."""
    version = permissions.get_version_or_404(request.user, pk)
    said = request.POST if request.method == "POST" else request.GET
    act = next((each for each in ACTS if said.get(each)), "")
    key, _, place = said.get(act, "").partition("/")
    finding = get_object_or_404(version.findings, pk=int(key) if key.isdecimal() else 0)
    form = KeepForm(request.POST if "reason" in request.POST else None)
    try:
        if request.method == "POST" and act != "keep":
            _do(request, act, finding, int(place) if place.isdecimal() else 0)
            return redirect("datasets:version_detail", version.pk)
        if form.is_valid():
            services.keep_finding(finding=finding, user=request.user, **form.cleaned_data)
            messages.success(request, str(say("{code} stays; your reason stands beside it.", code=finding.code)))
            return redirect("datasets:version_detail", version.pk)
    except (DataProblem, services.NotYet) as refusal:
        messages.error(request, str(refusal))
        return redirect("datasets:version_detail", version.pk)
    context = version_context(request, version, "report", form=form, finding=finding, stays=_stays(finding))
    return render(request, "datasets/version_finding.html", context, status=status_of(form))


def _do(request: Request, act: str, finding: Finding, place: int) -> None:
    version = finding.version
    if act == "merge":
        services.merge_labels(finding=finding, user=request.user)
        messages.success(
            request, str(say("From now on these labels are read as '{label}'.", label=shown(finding.evidence["into"])))
        )
    elif act == "category" or act in ORDERS:
        services.correct_kinds(version=version, user=request.user, kinds={finding.column: cast(Choice, act)})
    elif act == "drop":
        columns = finding.columns or [""]
        services.drop_column(version=version, user=request.user, column=columns[min(place, len(columns) - 1)])
    else:
        permissions.require_may_divide(request.user, version.dataset.project)
        services.choose_split(
            version=version,
            user=request.user,
            meets="new" if act == "group" else "later",
            group=finding.column if act == "group" else "",
            time=finding.column if act == "time" else "",
        )
        messages.success(request, str(say("The rows will be divided by '{column}'.", column=shown(finding.column))))


@login_required
@GET_POST
def label_merge(request: Request, pk: UUID, merge: int) -> HttpResponse:
    """Take a merge of labels back, after a question."""
    version = permissions.get_version_or_404(request.user, pk)
    found = get_object_or_404(version.merges.select_related("merged_by"), pk=merge)
    if request.method == "POST":
        try:
            services.undo_merge(merge=found, user=request.user)
        except services.NotYet as refusal:
            messages.error(request, str(refusal))
        return redirect("datasets:version_detail", version.pk)
    return render(request, "datasets/label_merge.html", version_context(request, version, "report", merge=found))
