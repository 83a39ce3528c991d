"""What a run looks at, and the rows whose labels somebody should ask about."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from dlstart_web.kit.say import say
from evaluations import permissions, selectors, services
from evaluations.core.rungs import family
from evaluations.forms import LabelQuestionForm
from evaluations.views.common import GET_POST, page_of
from evaluations.words import speech
from projects.http import Request
from projects.models import Project
from projects.permissions import Role


@login_required
@GET_POST
def run_inspection(request: Request, pk: UUID) -> HttpResponse:
    """Importance by column, dependences and, for members, the rows most wrong; a post asks for them."""
    role = Role.MEMBER if request.method == "POST" else Role.READER
    run = permissions.get_run_or_404(request.user, pk, role=role)
    if request.method == "POST":
        try:
            services.ask_inspection(run=run, user=request.user)
        except services.OutOfTurn as refusal:
            messages.warning(request, str(refusal))
        return redirect("evaluations:run_inspection", pk=pk)
    step = Project.Step.DEEP if family(run.recipe) == "deep" else Project.Step.SIMPLE
    newest = selectors.inspection_newest(run)
    page = page_of(request, run.project, step, "run") | {
        "run": run,
        "title": selectors.run_title(run.recipe, run.change, run.name),
        "inspection": newest,
    }
    if newest and newest.result:
        page["found"] = selectors.inspection_words(newest.result, speech(run.metric))
        page["wrong"] = selectors.wrong_rows(run, newest.result) if page["is_member"] else []
    return render(request, "evaluations/run_inspection.html", page)


@login_required
@require_POST
def run_label_question(request: Request, pk: UUID) -> HttpResponse:
    """Mark a validation row: ask the labeller."""
    run = permissions.get_run_or_404(request.user, pk, role=Role.MEMBER)
    form = LabelQuestionForm(request.POST)
    if form.is_valid():
        try:
            services.ask_labeller(version=run.version, user=request.user, **form.cleaned_data)
        except services.OutOfTurn as refusal:
            messages.warning(request, str(refusal))
        else:
            messages.success(request, say("Row {row} is marked: ask the labeller.", row=form.cleaned_data["row"]))
    else:
        messages.warning(request, say("Name a row by its number, and keep the note under 300 characters."))
    return redirect("evaluations:run_inspection", pk=pk)
