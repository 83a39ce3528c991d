"""The page of the success criterion."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render

from datasets import selectors as dataset_selectors
from datasets.models import DatasetVersion
from evaluations import selectors
from evaluations.forms import CriterionForm
from evaluations.views.common import GET_POST, page_of
from evaluations.words import speech
from projects import services as project_services
from projects.core.errors import ProjectProblem
from projects.http import Request
from projects.models import Criterion, Project
from projects.permissions import get_project_or_404


@login_required
@GET_POST
def criterion(request: Request, slug: str) -> HttpResponse:
    """Lock what success means, or amend it; the old one stays in sight."""
    project = get_project_or_404(request.user, slug)
    page = page_of(request, project, Project.Step.TEST_SET, "criterion")
    version = page["version"] or dataset_selectors.version_list(project).exclude(task="").first()
    data = request.POST if request.method == "POST" else None
    form = CriterionForm(data, task=version.task if version else "", is_amendment=page["criterion"] is not None)
    if data is not None:
        if not page["is_owner"]:
            raise PermissionDenied(f"Only an owner of {project.team} may do this.")
        if form.is_valid():
            try:
                locked = project_services.lock_criterion(
                    project=project,
                    user=request.user,
                    results_seen=selectors.results_seen(project),
                    **form.cleaned_data,
                )
            except ProjectProblem as problem:
                form.add_error(None, str(problem))
            else:
                messages.success(request, f"Criterion {locked.number} is locked.")
                return redirect("evaluations:criterion", slug=slug)
    rows = _final_rows(version)
    in_force: Criterion | None = page["criterion"]
    page |= {
        "form": form,
        "results_seen": selectors.results_seen(project),
        "history": [
            {"criterion": one, "says": speech(one.metric), "level": speech(one.metric).number(one.level),
             "gain": speech(one.metric).difference(one.smallest_difference, signed=False)}
            for one in project.criteria.select_related("locked_by").order_by("-number")
        ],
        "power": selectors.power_words(speech(in_force.metric), in_force.level, rows) if in_force else "",
        "example": "" if in_force or not rows else selectors.power_words(speech("accuracy"), 0.95, rows),
        "rows": rows,
    }  # fmt: skip
    return render(request, "evaluations/criterion.html", page, status=422 if form.errors else 200)


def _final_rows(version: DatasetVersion | None) -> int:
    """Rows of the final tier, or about how many a seal will put there."""
    if version is None:
        return 0
    if version.state == DatasetVersion.State.SEALED:
        return int(version.seal.parts["final"])
    rows = version.rows_read or 0
    return round(rows * (0.1 if rows * 0.2 >= 600 else 0.2))
