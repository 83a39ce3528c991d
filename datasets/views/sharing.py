"""Data between teams: ask for it, answer, begin to use it; and what is wanted."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from datasets import catalogue, permissions, services
from datasets.forms import AskForm, DecideForm, UseForm, WantedAnswerForm, WantedForm
from datasets.models import AccessRequest, Dataset, Wanted, WantedAnswer
from datasets.views.catalogue import entry_context
from datasets.views.common import GET_POST, status_of
from dlstart_web.kit.say import say
from projects.http import Request


@login_required
@GET_POST
def access_ask(request: Request, pk: UUID) -> HttpResponse:
    """Ask to use another team's data."""
    dataset = permissions.get_entry_or_404(request.user, pk)
    teams = catalogue.team_candidates(request.user, dataset)
    form = AskForm(request.POST if request.method == "POST" else None, teams=teams)
    if form.is_valid():
        try:
            services.ask_access(dataset=dataset, user=request.user, **form.cleaned_data)
        except services.NotYet as problem:
            form.add_error("team", str(problem))
        else:
            messages.success(request, str(say("Asked for {dataset}. The answer stands on this page.", dataset=dataset)))
            return redirect("datasets:dataset_detail", dataset.pk)
    context = entry_context(request, dataset, "ask", form=form, has_team=teams.exists())
    return render(request, "datasets/access_ask.html", context, status=status_of(form))


@login_required
@GET_POST
def access_decide(request: Request, pk: int) -> HttpResponse:
    """Grant or decline a request, or take a grant back."""
    asked = get_object_or_404(
        AccessRequest.objects.select_related("dataset__project__team", "dataset__lineage", "team", "asked_by"), pk=pk
    )
    dataset = permissions.get_entry_or_404(request.user, asked.dataset_id)
    if not permissions.may_keep(request.user, dataset):
        raise PermissionDenied(say("An owner of the data's team or a data steward answers this."))
    form = DecideForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        answer = request.POST.get("answer")
        given = {"request": asked, "user": request.user, "reason": form.cleaned_data["reason"]}
        try:
            if answer == "end":
                services.take_access_back(**given)
            else:
                services.decide_access(grant=answer == "grant", **given)
        except services.NotYet as problem:
            form.add_error("reason", str(problem))
        else:
            messages.success(
                request,
                str(say("Answered. {team} sees it on the page of {dataset}.", team=asked.team, dataset=dataset)),
            )
            return redirect("datasets:dataset_detail", dataset.pk)
    context = entry_context(request, dataset, "requests", form=form, asked=asked)
    return render(request, "datasets/access_decide.html", context, status=status_of(form))


@login_required
@GET_POST
def dataset_use(request: Request, pk: UUID) -> HttpResponse:
    """Begin to work on a data set in one of my projects."""
    dataset = permissions.get_entry_or_404(request.user, pk)
    if not permissions.may_use_rows(request.user, dataset):
        raise PermissionDenied(say("Your team was not granted this data. Ask for it first."))
    projects = catalogue.project_candidates(request.user, dataset)
    form = UseForm(request.POST if request.method == "POST" else None, projects=projects)
    if form.is_valid():
        project = form.cleaned_data["project"]
        try:
            services.use_dataset(dataset=dataset, project=project, user=request.user)
        except services.NotYet as problem:
            form.add_error("project", str(problem))
        else:
            messages.success(
                request,
                str(
                    say(
                        "{project} works on {dataset} now. Its looks count for everybody who uses it.",
                        project=project,
                        dataset=dataset,
                    )
                ),
            )
            return redirect("datasets:project_data", project.slug)
    context = entry_context(request, dataset, "use", form=form, has_project=projects.exists())
    return render(request, "datasets/dataset_use.html", context, status=status_of(form))


# ---- wanted


def _wanted_or_404(request: Request, pk: int) -> Wanted:
    wanted = Wanted.objects.select_related("asked_by").filter(pk=pk).first()
    if wanted is None or (request.user.is_demo and not wanted.is_demo):
        raise Http404(say("Nothing wanted under this address."))
    return wanted


@login_required
@GET_POST
def wanted_create(request: Request) -> HttpResponse:
    """Ask for data that nobody has shown yet."""
    form = WantedForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        wanted = services.want_data(user=request.user, **form.cleaned_data)
        return redirect("datasets:wanted_detail", wanted.pk)
    return render(request, "datasets/wanted_create.html", {"form": form}, status=status_of(form))


@login_required
@require_safe
def wanted_detail(request: Request, pk: int) -> HttpResponse:
    """What is wanted, who needs it too, who has some."""
    return _wanted_page(request, _wanted_or_404(request, pk), None)


def _own_datasets(request: Request):
    own = Dataset.objects.filter(removed_at=None, project__team__memberships__user=request.user.pk)
    return own.filter(project__team__memberships__left_at=None)


def _wanted_page(request: Request, wanted: Wanted, form: WantedAnswerForm | None) -> HttpResponse:
    answers = list(wanted.answers.select_related("user", "dataset__project"))
    offers = [answer for answer in answers if answer.kind == WantedAnswer.Kind.HAS]
    found = [
        answer.dataset for answer in offers if answer.dataset and permissions.may_find(request.user, answer.dataset)
    ]
    context = {
        "wanted": wanted,
        "needs": [answer for answer in answers if answer.kind == WantedAnswer.Kind.NEEDS],
        "offers": offers,
        "found": {dataset.pk for dataset in found},
        "is_mine": wanted.asked_by_id == request.user.pk,
        "may_close": wanted.asked_by_id == request.user.pk or request.user.is_administrator,
        "i_need": any(a.user_id == request.user.pk and a.kind == WantedAnswer.Kind.NEEDS for a in answers),
        "form": form or WantedAnswerForm(datasets=_own_datasets(request)),
    }
    return render(request, "datasets/wanted_detail.html", context, status=422 if form else 200)


@login_required
@require_POST
def wanted_answer(request: Request, pk: int) -> HttpResponse:
    """I need it too; I have some; close it."""
    wanted = _wanted_or_404(request, pk)
    act = request.POST.get("act", "")
    try:
        if act == "close":
            services.close_wanted(wanted=wanted, user=request.user)
        elif act == "needs":
            services.answer_wanted(wanted=wanted, user=request.user, kind=WantedAnswer.Kind.NEEDS)
        else:
            form = WantedAnswerForm(request.POST, datasets=_own_datasets(request))
            if not form.is_valid():
                return _wanted_page(request, wanted, form)
            services.answer_wanted(wanted=wanted, user=request.user, kind=WantedAnswer.Kind.HAS, **form.cleaned_data)
    except services.NotYet as problem:
        messages.error(request, str(problem))
    return redirect("datasets:wanted_detail", wanted.pk)
