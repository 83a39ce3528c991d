"""The page of the success criterion."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render

from datasets import selectors as dataset_selectors
from datasets.models import DatasetVersion
from dlstart_web.kit.say import joined, say
from evaluations import selectors
from evaluations.forms import CriterionForm
from evaluations.views.common import GET_POST, page_of
from evaluations.words import speech
from projects import selectors as project_selectors
from projects import services as project_services
from projects.core.errors import ProjectProblem
from projects.http import Request
from projects.models import Criterion, Project, User
from projects.permissions import get_project_or_404


@login_required
@GET_POST
def criterion(request: Request, slug: str) -> HttpResponse:
    """Lock what success means, or amend it; the old one stays in sight."""
    project = get_project_or_404(request.user, slug)
    page = page_of(request, project, Project.Step.TEST_SET, "criterion")
    version = page["version"] or dataset_selectors.version_list(project).exclude(task="").first()
    data = request.POST if request.method == "POST" else None
    in_force: Criterion | None = page["criterion"]
    form = CriterionForm(
        data,
        task=version.task if version else "",
        classes=selectors.class_count(version),
        in_force=in_force,
    )
    if data is not None:
        if not page["is_owner"]:
            raise PermissionDenied(say("Only an owner of {team} may do this.", team=project.team))
        if form.is_valid() and data.get("go") != "ask":
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
                messages.success(request, say("Criterion {number} is locked.", number=locked.number))
                return redirect("evaluations:criterion", slug=slug)
    rows, positives = _final_rows(version), selectors.positives_of(version)
    best = selectors.best_run(project)
    spread = selectors.spread_of(best)
    tells = above = ""
    if form.is_bound and not form.errors:  # asked what the rows can tell of what was typed
        given = form.cleaned_data
        tells = selectors.power_words(speech(given["metric"]), given["level"], rows, positives, spread)
        above = selectors.people_words(Criterion(**{name: given[name] for name in ("metric", "level", "people")}))
    elif in_force is None and rows:
        tells = selectors.power_words(speech("accuracy"), 0.95, rows)
    page |= {
        "form": form,
        "results_seen": selectors.results_seen(project),
        "history": [_line(one) for one in project.criteria.select_related("locked_by").order_by("-number")],
        "guards": selectors.guard_rows(in_force, best) if in_force else [],
        "guard_note": selectors.guard_note(best),
        "power": selectors.power_words(speech(in_force.metric), in_force.level, rows, positives, spread)
        if in_force
        else "",
        "always_same": selectors.always_same(page["version"]),
        "costs": _costs(request.user, project) if version is None or version.task in ("", "binary") else {},
        "looks_wanted": selectors.looks_wanted_words(in_force, project.looks.all()) if in_force else "",
        "example": tells,
        "above": above,
        "rows": rows,
        "asked": form.is_bound and not form.errors,
    }
    return render(request, "evaluations/criterion.html", page, status=422 if form.errors else 200)


def _costs(user: User, project: Project) -> dict[str, Any]:
    """What a miss and a false alarm cost, and the run whose operating point says so; without one it is the proposal."""
    costs, kept = selectors.costs_known(user, project)
    run = kept.run if kept else None
    return {"known": costs, "run": run, "title": selectors.run_title(run.recipe, run.change, run.name) if run else ""}


def _line(one: Criterion) -> dict[str, Any]:
    """A locked criterion as it is read, and whether its record is still the one that was locked."""
    says = speech(one.metric)
    guards = [
        joined(" ", [said.measure.title, said.at_least, said.number(guard["level"])])
        for guard in one.guards
        if (said := speech(guard["metric"]))
    ]
    slices = [
        joined(" ", [f"{part['column']} = {part['value']}:", says.at_least, says.number(part["level"])])
        for part in one.slices
    ]
    return {
        "criterion": one,
        "says": says,
        "level": says.number(one.level),
        "gain": says.difference(one.smallest_difference, signed=False),
        "stands": selectors.stands_words(one),
        "people": selectors.people_words(one),
        "guards": guards + slices,
        "is_intact": project_selectors.fingerprint_of(one) == one.fingerprint,
    }


def _final_rows(version: DatasetVersion | None) -> int:
    """Rows of the final tier, or about how many a seal will put there."""
    if version is None:
        return 0
    if version.state == DatasetVersion.State.SEALED:
        return int(version.seal.parts["final"])
    rows = version.rows_read or 0
    return round(rows * (0.1 if rows * 0.2 >= 600 else 0.2))
