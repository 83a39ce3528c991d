"""The datasheet of a data set: written like a proposal, saved as one types."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from datasets import catalogue, permissions, services
from datasets.core.datasheet import QUESTIONS
from datasets.forms import SheetForm
from datasets.models import Dataset
from datasets.views.catalogue import entry_context
from datasets.views.common import GET_POST
from dlstart_web.kit.say import say
from projects.core.errors import StaleSave
from projects.http import Request
from projects.views.proposals import autosaving


def _writable(request: Request, pk: UUID) -> Dataset:
    """A data set whose datasheet the person may write: its team and the stewards."""
    dataset = permissions.get_entry_or_404(request.user, pk)
    if not permissions.may_see_data(request.user, dataset.project):
        raise PermissionDenied(
            say("Members of {team} and data stewards write its datasheet.", team=dataset.project.team)
        )
    return dataset


def _items(form: SheetForm, conflicts: dict[str, Any]) -> list[dict[str, Any]]:
    """Questions with their bound fields, as the page draws them."""
    items = []
    for question in form.questions:
        item = {"question": question, "text": form[question.id], "revision": form[f"{question.id}_revision"]}
        if question.choices:
            item["choice"] = form[f"{question.id}_choice"]
        if question.has_day:
            item["day"] = form[f"{question.id}_day"]
        items.append(item | {"conflict": conflicts.get(question.id)})
    return items


@login_required
@GET_POST
def datasheet(request: Request, pk: UUID) -> HttpResponse:
    """The ten questions on one page. A plain post saves them all; what a colleague saved meanwhile is shown beside."""
    dataset = _writable(request, pk)
    conflicts: dict[str, Any] = {}
    problem, status = "", 200
    form = SheetForm(answers=catalogue.sheet_answers(dataset))
    if request.method == "POST":
        data = request.POST.copy()
        form, status = SheetForm(data, answers={}), 422
        if form.is_valid():
            try:
                conflicts = _save_all(request, dataset, form)
            except services.NotYet as refused:
                problem = str(refused)
            if not conflicts and not problem:
                return redirect("datasets:dataset_detail", dataset.pk)
            for name, saved in conflicts.items():
                data[f"{name}_revision"] = str(saved.revision)
            form, status = SheetForm(data, answers={}), 409
    context = entry_context(request, dataset, "datasheet", form=form, conflicts=conflicts, problem=problem)
    version = context["version"]
    facts = catalogue.known_facts(version, is_open=True) if version else []
    context |= {"items": _items(form, conflicts), "facts": facts}
    return render(request, "datasets/datasheet.html", context, status=status)


def _save_all(request: Request, dataset: Dataset, form: SheetForm) -> dict[str, Any]:
    """Save what differs; answers that a colleague saved meanwhile come back with what is stored."""
    conflicts: dict[str, Any] = {}
    for question in form.questions:
        try:
            services.save_sheet_answer(dataset=dataset, user=request.user, **form.values(question))
        except StaleSave as stale:
            if not form.is_blank(question):  # nothing was written here that could be lost
                conflicts[question.id] = stale.saved
    return conflicts


@autosaving
@require_POST
def datasheet_answer(request: Request, pk: UUID, question: str) -> HttpResponse:
    """Autosave of one answer; the reply says when, or shows what somebody else saved."""
    dataset = _writable(request, pk)
    if question not in QUESTIONS:
        raise Http404(say("No question of this name."))
    asked = QUESTIONS[question]
    form = SheetForm(request.POST, answers={}, only=question)
    context: dict[str, Any] = {"question": asked, "questions": len(QUESTIONS)}
    if not form.is_valid():
        errors = form.errors.values()
        return render(request, "datasets/_sheet_not_saved.html", context | {"errors": errors}, status=422)
    try:
        answer = services.save_sheet_answer(dataset=dataset, user=request.user, **form.values(asked))
    except (StaleSave, services.NotYet) as refused:
        context |= {"problem": str(refused), "saved": getattr(refused, "saved", None)}
        return render(request, "datasets/_sheet_not_saved.html", context, status=422)
    context |= {"revision": answer.revision, "filled": catalogue.sheet_filled(dataset)}
    return render(request, "datasets/_sheet_saved.html", context)
