"""What the columns are: shown as found, corrected by people."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render

from datasets import permissions, services
from datasets.core.corrections import KINDS
from datasets.core.errors import DataProblem
from datasets.forms import HeaderForm, KindsForm
from datasets.models import DatasetVersion
from datasets.views.common import GET_POST, State, status_of, version_context
from dlstart_web.kit.say import say
from projects.http import Request

A_PAGE = 100


@login_required
@GET_POST
def version_header(request: Request, pk: UUID) -> HttpResponse:
    """Look at the first lines of the file, and say which one names the columns."""
    version = permissions.get_version_or_404(request.user, pk)
    services.note_viewing(version=version, user=request.user)
    form = HeaderForm(request.POST if request.method == "POST" else None, version=version)
    if form.is_valid():
        try:
            services.correct_header(version=version, user=request.user, **form.cleaned_data)
            return redirect("datasets:version_detail", version.pk)
        except (DataProblem, services.NotYet) as refusal:
            form.add_error(None, str(refusal))
    context = version_context(request, version, "columns", form=form, is_open=version.state == State.READY)
    return render(request, "datasets/version_header.html", context, status=status_of(form))


@login_required
@GET_POST
def version_columns(request: Request, pk: UUID) -> HttpResponse:
    """Look at what each column was found to be, and correct it; some columns at a time where there are many."""
    version = permissions.get_version_or_404(request.user, pk)
    services.note_viewing(version=version, user=request.user)
    page = Paginator(_described(version), A_PAGE).get_page(request.GET.get("page"))
    form = KindsForm(request.POST if request.method == "POST" else None, columns=list(page))
    if form.is_valid():
        try:
            services.correct_kinds(version=version, user=request.user, kinds=form.kinds())
            return redirect("datasets:version_detail", version.pk)
        except (DataProblem, services.NotYet) as refusal:
            form.add_error(None, str(refusal))
    context = version_context(
        request, version, "columns", form=form, page=page, meanings=KINDS, is_open=version.state == State.READY
    )
    return render(request, "datasets/version_columns.html", context, status=status_of(form))


def _described(version: DatasetVersion) -> list[dict[str, Any]]:
    """Columns with what was found of them."""
    found = services.found_kinds(version)
    rows = []
    for column in version.profile.get("columns", []):
        top = ", ".join(str(value) for value, _ in column.get("top", [])[:5])
        spread = say("{low} to {high}", low=column["min"], high=column["max"]) if column.get("max") is not None else ""
        rows.append(
            column | {"said": version.said[column["name"]], "found": found[column["name"]], "values": top or spread}
        )
    return rows
