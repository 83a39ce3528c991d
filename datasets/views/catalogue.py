"""The catalogue, one entry of it, deposits, and what waits on the home page."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import SuspiciousOperation
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from datasets import catalogue, permissions, selectors, services
from datasets.core.datasheet import QUESTIONS, words
from datasets.core.errors import DataProblem
from datasets.forms import CatalogueForm, DepositForm, ListingForm, ReasonForm
from datasets.models import AccessRequest, Dataset
from datasets.views.common import GET_POST, status_of
from dlstart_web.kit.say import say
from dlstart_web.kit.uploads import upload_refused
from projects.http import Request


@login_required
@require_safe
def dataset_list(request: Request) -> HttpResponse:
    """The data of the whole organisation, as far as one may find it, and what is wanted."""
    if unknown := CatalogueForm.unknown(set(request.GET) - {"page"}):
        raise SuspiciousOperation(say("The catalogue has no filter {name}.", name=repr(unknown[:40])))
    form = CatalogueForm(request.GET)
    entries = catalogue.entries_for(request.user)
    found = catalogue.search(entries, form.filters()) if form.is_valid() else entries.none()
    page = Paginator(found, 50).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "boxes": [form[name] for name in ("labels", "no_people", "reuse", "askable", "mine")],
        "page": page,
        "rows": catalogue.rows_of(request.user, page),
        "is_filtered": form.is_valid() and form.filters().are_set,
        "wanted": catalogue.wanted_open(request.user)[:10],
        "questions": len(QUESTIONS),
    }
    return render(request, "datasets/dataset_list.html", context, status=200 if form.is_valid() else 422)


@login_required
@require_safe
def shape_fragment(request: Request) -> HttpResponse:
    """How many entries that one may find have the shape of a mapping, with the way to them."""
    asked = catalogue.of_shape(request.GET.get("x_kind", ""), request.GET.get("y_kind", ""))
    count = catalogue.search(catalogue.entries_for(request.user), asked).count() if asked else 0
    return render(request, "datasets/_shape.html", {"asked": asked, "count": count})


def entry_context(request: Request, dataset: Dataset, tab: str, **more: Any) -> dict[str, Any]:
    """What the head of each page of an entry needs."""
    user = request.user
    may_use = permissions.may_use_rows(user, dataset)
    version = catalogue.version_shown(may_use or dataset.is_listed, dataset)
    return {
        "dataset": dataset,
        "version": version,
        "tab": tab,
        "may_use": may_use,
        "is_open": may_use or dataset.is_listed,
        "may_keep": permissions.may_keep(user, dataset),
        "may_write": permissions.may_see_data(user, dataset.project),
        "hides_team": catalogue.conflict_hides_team(user, dataset),
        "filled": catalogue.sheet_filled(dataset),
        "questions": len(QUESTIONS),
        **more,
    }


@login_required
@require_safe
def dataset_detail(request: Request, pk: UUID) -> HttpResponse:
    """One entry: what it is, its datasheet, who uses it, how to get at it; of a removed one the tombstone."""
    dataset = permissions.get_entry_or_404(request.user, pk)
    used, readable = catalogue.uses_of(dataset, request.user)
    replies = catalogue.sheet_replies(catalogue.sheet_answers(dataset))
    asked = AccessRequest.objects.filter(
        dataset=dataset, team__memberships__user=request.user.pk, team__memberships__left_at=None
    )
    context = entry_context(request, dataset, "entry")
    version = context["version"]
    context |= {
        "answers": [
            {"question": question, "is_filled": replies[name].is_filled, "words": words(question, replies[name])}
            for name, question in QUESTIONS.items()
        ],
        "facts": catalogue.known_facts(version, is_open=context["is_open"]) if version else [],
        "found": [
            {"severity": each.severity, "code": each.code, "message": each.message, "reason": each.kept_reason}
            for each in version.findings.all()
        ]
        if version and version.state == version.State.SEALED and permissions.may_use_rows(request.user, dataset)
        else [],
        "columns": version.columns[:200] if version and context["is_open"] else [],
        "versions": dataset.versions.select_related("seal"),
        "used": used,
        "projects": readable,
        "asked": asked.select_related("team", "decided_by", "ended_by").order_by("-asked_at")[:5],
        "waiting": dataset.requests.filter(state="asked").select_related("team", "asked_by")
        if context["may_keep"]
        else [],
        "granted": dataset.requests.filter(state="granted").select_related("team") if context["may_keep"] else [],
        "may_ask": catalogue.team_candidates(request.user, dataset).exists(),
        "may_start": catalogue.project_candidates(request.user, dataset).exists(),
        "may_remove": services.may_remove(request.user, dataset),
    }
    return render(request, "datasets/dataset_detail.html", context)


@login_required
@require_POST
def dataset_listing(request: Request, pk: UUID) -> HttpResponse:
    """Show the entry to everybody, or not."""
    dataset = permissions.get_entry_or_404(request.user, pk)
    form = ListingForm(request.POST)
    form.is_valid()
    try:
        services.list_dataset(dataset=dataset, user=request.user, is_listed=form.cleaned_data["is_listed"])
    except services.NotYet as problem:
        messages.error(request, str(problem))
    else:
        saved = (
            say("{dataset}: saved. Everybody here finds it now.", dataset=dataset)
            if form.cleaned_data["is_listed"]
            else say("{dataset}: saved. Only who may read its project finds it now.", dataset=dataset)
        )
        messages.success(request, str(saved))
    return redirect("datasets:dataset_detail", dataset.pk)


@login_required
@GET_POST
def dataset_deposit(request: Request) -> HttpResponse:
    """Bring data that belongs to no project yet."""
    problem = None
    if request.method != "POST":
        form = DepositForm(user=request.user)
    else:
        form = DepositForm(request.POST, request.FILES, user=request.user)
        try:
            if size := upload_refused(request):
                form.fields["file"].required = False
                raise services.too_large(size)
            if form.is_valid():
                version = services.deposit_data(user=request.user, **form.cleaned_data)
                return redirect("datasets:version_detail", version.pk)
        except (DataProblem, services.NotYet) as refusal:
            problem = refusal
            form.add_error("file", str(refusal))
    context = {"form": form, "problem": problem, "has_team": request.user.memberships.filter(left_at=None).exists()}
    return render(request, "datasets/dataset_deposit.html", context, status=status_of(form))


@login_required
@GET_POST
def dataset_remove(request: Request, pk: UUID) -> HttpResponse:
    """Remove the files for good; the tombstone stays."""
    dataset = permissions.get_entry_or_404(request.user, pk)
    if not services.may_remove(request.user, dataset):
        return render(
            request,
            "403.html",
            {"reason": say("A data steward removes data that was sealed; before, an owner may.")},
            status=403,
        )
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            services.remove_dataset(dataset=dataset, user=request.user, reason=form.cleaned_data["reason"])
        except services.NotYet as problem:
            form.add_error("reason", str(problem))
        else:
            messages.success(
                request, str(say("{dataset} is removed. What was known of it stays on this page.", dataset=dataset))
            )
            return redirect("datasets:dataset_detail", dataset.pk)
    context = entry_context(request, dataset, "remove", form=form, looks=selectors.looks_at(dataset))
    return render(request, "datasets/dataset_remove.html", context, status=status_of(form))


@login_required
@require_safe
def home_fragment(request: Request) -> HttpResponse:
    """What waits about data on the home page: requests to answer, answers, days that come."""
    now = timezone.now()
    context = {
        "requests": catalogue.requests_to_answer(request.user)[:10],
        "answered": catalogue.requests_answered(request.user, now - timedelta(days=14))[:10],
        "due": catalogue.kept_no_longer(request.user, now.date())[:10],
        "today": now.date(),
    }
    return render(request, "datasets/_home.html", context)
