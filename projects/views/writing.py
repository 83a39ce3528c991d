"""Pages beside the proposal form: what colleagues write meanwhile, what was written before, and the planners."""

import json
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from dlstart_web.kit.say import say
from projects import permissions, selectors, services
from projects.core import payoff, rails
from projects.core.errors import FrozenVersion, ProjectProblem, StaleSave
from projects.core.form import BUILT_IN
from projects.forms import MappingForm, PayoffForm, PlanForm, RailsForm
from projects.http import Request
from projects.models import AnswerText, Plan, Proposal
from projects.permissions import Role
from projects.views.proposals import autosaving

PLANNERS: dict[str, type[PlanForm]] = {Plan.Kind.PAYOFF: PayoffForm, Plan.Kind.RAILS: RailsForm}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def answer_texts(request: Request, slug: str, number: int, question: str) -> HttpResponse:
    """Every text that stood, or was meant to stand, as the answer to a question; one of them can be put back."""
    project = permissions.get_project_or_404(request.user, slug, role=Role.MEMBER)
    proposal = selectors.get_proposal_or_404(request.user, project, number)
    form = selectors.form_of(proposal)
    asked = form.questions.get(question)
    if asked is None or asked.kind == "mapping":
        raise Http404("No question of this name.")
    section = form.section_of[question]
    problem = ""
    if request.method == "POST":
        kept = get_object_or_404(
            AnswerText.objects.select_related("answer__proposal"),
            pk=number_of(request.POST.get("text", "")),
            answer__proposal=proposal,
            answer__question=question,
        )
        try:
            services.put_text_back(kept=kept, user=request.user, revision=number_of(request.POST.get("revision", "")))
        except ProjectProblem as refused:
            problem = str(refused)
        else:
            messages.success(request, say("The earlier text is back. What stood there is among the earlier texts now."))
            response = redirect("projects:proposal_section", project.slug, proposal.number, section.key)
            response["Location"] += f"#q-{question}"
            return response
    context = {
        "project": project,
        "proposal": proposal,
        "section": section,
        "question": asked,
        "answer": proposal.answers.filter(question=question).first(),
        "texts": selectors.earlier_texts(proposal, question),
        "problem": problem,
    }
    return render(request, "projects/answer_texts.html", context, status=409 if problem else 200)


def number_of(text: str) -> int:
    """A number that a form sent; 0 for anything else."""
    return int(text) if text.isdecimal() and len(text) < 18 else 0


@login_required
@require_safe
def proposal_news(request: Request, slug: str, number: int) -> HttpResponse:
    """What was saved since a page had it, for that page to ask again and again; 204 where that is nothing."""
    project = permissions.get_project_or_404(request.user, slug, role=Role.MEMBER)
    proposal = selectors.get_proposal_or_404(request.user, project, number)
    seen: dict[str, int] = {}
    for name in request.GET:  # G1_revision is in the box, G1_shown beside it
        question = name.rpartition("_")[0]
        seen[question] = max(seen.get(question, 0), number_of(request.GET.get(name, "")))
    answers = selectors.answers_since(proposal, seen)
    is_over = proposal.state != Proposal.State.DRAFT
    has_mapping = seen.get("mapping", proposal.mapping_revision) < proposal.mapping_revision
    if not (answers or has_mapping or is_over):
        return HttpResponse(status=204)
    context = {"project": project, "proposal": proposal, "answers": answers, "is_over": is_over}
    if has_mapping:
        builder = MappingForm(proposal=proposal)
        context["fields"] = json.dumps({name: builder[name].value() for name in builder.fields})
    return render(request, "projects/_news.html", context)


@autosaving
@require_http_methods(["GET", "HEAD", "POST"])
def plan_edit(request: Request, slug: str, number: int, kind: str) -> HttpResponse:
    """A planner of a version: its fields are saved one by one, as they are typed or by the button."""
    project = permissions.get_project_or_404(request.user, slug, role=Role.MEMBER)
    proposal = selectors.get_proposal_or_404(request.user, project, number)
    if kind not in PLANNERS:
        raise Http404("No planner of this name.")
    if request.method != "POST" and proposal.state != Proposal.State.DRAFT:
        return redirect("projects:proposal_preview", project.slug, proposal.number)
    data = request.POST.copy() if request.method == "POST" else None
    page_form = PLANNERS[kind](data, stored=_planned(proposal, kind))
    problem, clashes, clashing = "", [], []
    if page_form.is_valid():
        try:
            services.save_plan(proposal=proposal, user=request.user, kind=kind, **page_form.plan())
        except FrozenVersion as frozen:
            problem = str(frozen)
        except StaleSave as stale:
            clashes, clashing = _clashes(page_form, stale), stale.fields
        if not (problem or clashes) and not request.htmx:
            messages.success(request, say("Saved."))
            return redirect("projects:plan_edit", project.slug, proposal.number, kind)
    context = {
        "project": project,
        "proposal": proposal,
        "kind": kind,
        "section": BUILT_IN.by_key["payoff" if kind == Plan.Kind.PAYOFF else "fault_tolerance"],
        "problem": problem,
        "clashes": clashes,
        **_worked_out(kind, _planned(proposal, kind)),
    }
    refused = bool(problem or clashes or page_form.errors)
    if request.htmx:
        context["form"] = page_form
        if not refused:
            context["base"] = json.dumps(page_form.plan()["values"])
        return render(request, "projects/_plan_saved.html", context, status=422 if refused else 200)
    if clashes and data is not None:  # saving again puts one's own in the place of theirs
        stored = _planned(proposal, kind)
        for name in set(page_form.fields) - {"base", *clashing}:
            data[name] = page_form.fields[name].prepare_value(stored.get(name, ""))
        data["base"] = json.dumps(stored)
        page_form = PLANNERS[kind](data, stored=stored)
    context["form"] = page_form
    status = 409 if problem or clashes else 422 if page_form.errors else 200
    return render(request, f"projects/plan_{kind}.html", context, status=status)


def _planned(proposal: Proposal, kind: str) -> dict[str, str]:
    plan = Plan.objects.filter(proposal=proposal, kind=kind).first()
    return plan.values if plan else {}


def _clashes(page_form: PlanForm, stale: StaleSave) -> list[tuple[str, str]]:
    """(what it is called, what stands there) of each field that a colleague changed meanwhile."""
    plan = stale.saved
    assert isinstance(plan, Plan)
    fields = page_form.fields
    return [(str(fields[name].label), fields[name].prepare_value(plan.values.get(name, ""))) for name in stale.fields]


def _worked_out(kind: str, values: dict[str, str]) -> dict[str, Any]:
    if kind == Plan.Kind.RAILS:
        return {"rails": rails.of_words(values), "columns": list(rails.COLUMNS.values())}
    numbers = payoff.of_words(values)
    return {"sums": payoff.sums(numbers), "says": payoff.verdict(numbers)}
