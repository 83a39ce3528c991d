"""Pages about a proposal: writing it, reading it, submitting, revising, withdrawing, questions and answers."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dlstart_web.kit.say import joined, say
from projects import permissions, selectors, services
from projects.core import form, mapping
from projects.core.errors import FrozenVersion, ProjectProblem, StaleSave
from projects.forms import MappingForm, SectionForm, TextForm
from projects.http import Request
from projects.models import AnswerText, Project, Proposal, User
from projects.permissions import Role


def _open(user: User, slug: str, number: int, role: Role = Role.READER) -> tuple[Project, Proposal]:
    """The project and one of its versions, for a person with this role."""
    project = permissions.get_project_or_404(user, slug, role=role)
    return project, selectors.get_proposal_or_404(user, project, number)


def autosaving(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """`login_required`, except that a signed-out writer is told so beside the text, which stays."""

    @wraps(view)
    def guarded(request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.htmx and not request.user.is_authenticated:
            told = render(request, "projects/_signed_out.html", status=422)
            told["Retry-After"] = "5"  # the page tries again by itself
            return told
        return login_required(view)(request, *args, **kwargs)

    return guarded


def _around(proposal: Proposal) -> dict[str, Any]:
    """How far the form is, for the strip of sections and the foot."""
    asked, replies, xy = selectors.form_of(proposal), selectors.replies_of(proposal), selectors.mapping_of(proposal)
    strip = []
    for section in asked.sections:
        done, total = form.progress(section, replies, xy)
        begun = say("{done} of {total}", done=done, total=total) if done else say("not begun")
        strip.append((section, say("done") if done == total else begun))
    return {
        "strip": strip,
        "open_count": len(asked.open_points(replies, xy)),
        "xy": xy,
        "magic": mapping.magic(xy) if xy.x or xy.y else [],
        "shape": mapping.shape(xy),
        "kind": selectors.kind_words(proposal),
    }


def _page(request: Request, project: Project, proposal: Proposal, section: form.Section, **more: Any) -> HttpResponse:
    sections = selectors.form_of(proposal).sections
    position = sections.index(section)
    status = more.pop("status", 200)
    editors = {answer.edited_by for answer in selectors.answers_of(proposal).values() if answer.edited_by}
    context = {
        "project": project,
        "proposal": proposal,
        "section": section,
        "next_section": sections[position + 1] if position + 1 < len(sections) else None,
        "steps": selectors.project_steps(project, here=Project.Step.IDEA),
        "examples": selectors.example_list(),
        "shapes": selectors.shape_gallery(),
        "editors": sorted(map(str, editors)),
        "writing_now": selectors.writing_now(proposal, request.user, timezone.now()),
        **_around(proposal),
        **more,
    }
    return render(request, "projects/proposal_section.html", context, status=status)


def _items(
    section: form.Section, page_form: SectionForm, conflicts: dict[str, Any], proposal: Proposal
) -> list[dict[str, Any]]:
    """Questions with their bound fields, as the page draws them."""
    items, examples = [], selectors.example_list()
    kept = set(AnswerText.objects.filter(answer__proposal=proposal).values_list("answer__question", flat=True))
    for question in section.questions:
        item: dict[str, Any] = {
            "question": question,
            "conflict": conflicts.get(question.id),
            "has_earlier": question.id in kept,
            "others": [
                (one.name, reply.text) for one in examples if (reply := one.replies.get(question.id)) and reply.text
            ],
        }
        if question.kind != "mapping":
            item |= {"text": page_form[question.id], "revision": page_form[f"{question.id}_revision"]}
            if question.kind == "tried":
                item["choice"] = page_form[f"{question.id}_choice"]
            if question.kind == "rails":
                item["ticks"] = page_form[f"{question.id}_ticks"]
        items.append(item)
    return items


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def proposal_section(request: Request, slug: str, number: int, section: str) -> HttpResponse:
    """One section of the form. A plain post saves it all; what a colleague saved meanwhile is shown beside, nothing is lost."""
    project, proposal = _open(request.user, slug, number, Role.MEMBER)
    part = selectors.form_of(proposal).by_key.get(section)
    if part is None:
        raise Http404("No section of this name.")
    has_mapping = any(question.kind == "mapping" for question in part.questions)
    if request.method != "POST":
        if proposal.state != Proposal.State.DRAFT:
            return redirect("projects:proposal_preview", project.slug, proposal.number)
        page_form = SectionForm(section=part, answers=selectors.answers_of(proposal))
        shape = selectors.shape_named(request.GET.get("shape", ""))
        builder = MappingForm(proposal=proposal, shape=shape) if has_mapping else None
        return _page(
            request,
            project,
            proposal,
            part,
            form=page_form,
            builder=builder,
            items=_items(part, page_form, {}, proposal),
        )
    data = request.POST.copy()
    page_form = SectionForm(data, section=part, answers={})
    builder = MappingForm(data, proposal=proposal) if has_mapping else None
    conflicts: dict[str, Any] = {}
    problem, fine = "", page_form.is_valid() and (builder is None or builder.is_valid())
    if fine:
        try:
            conflicts = _save_all(request.user, proposal, page_form, builder, with_room=data.get("add") == "pair")
        except FrozenVersion as frozen:
            problem = str(frozen)
    for question in [key for key in conflicts if key != "F1" and page_form.is_blank(key)]:
        # nothing was written here that could be lost: what a colleague wrote meanwhile stays, and is shown
        saved = conflicts.pop(question)
        data[question], data[f"{question}_choice"] = saved.text, saved.choice
        data[f"{question}_revision"] = str(saved.revision)
        data.setlist(f"{question}_ticks", saved.ticks)
    if fine and not conflicts and not problem:
        return _onward(data, project, proposal, part)
    for question, saved in conflicts.items():
        name = "mapping_revision" if question == "F1" else f"{question}_revision"
        data[name] = str(saved.mapping_revision if question == "F1" else saved.revision)
        data.pop("mapping_base", None)  # saving again puts one's own in the place of theirs
    shown = SectionForm(data, section=part, answers={})
    again = MappingForm(data, proposal=proposal) if has_mapping else None
    proposal.refresh_from_db()
    context = {
        "form": shown,
        "builder": again,
        "items": _items(part, shown, conflicts, proposal),
        "conflicts": conflicts,
        "problem": problem,
    }
    return _page(request, project, proposal, part, status=409 if conflicts or problem else 422, **context)


def _onward(data: Any, project: Project, proposal: Proposal, section: form.Section) -> HttpResponse:
    """Where a saved page leads: the next section, the section chosen, the preview, or here again."""
    wanted = data.get("go", "")
    if data.get("add") == "pair":
        response = redirect("projects:proposal_section", project.slug, proposal.number, section.key)
        response["Location"] += "#pairs"
        return response
    if wanted in form.BUILT_IN.by_key:
        return redirect("projects:proposal_section", project.slug, proposal.number, wanted)
    return redirect("projects:proposal_preview", project.slug, proposal.number)


def _save_all(
    user: User, proposal: Proposal, page_form: SectionForm, builder: MappingForm | None, *, with_room: bool
) -> dict[str, Any]:
    """Save what differs; answers that a colleague saved meanwhile come back with what is stored."""
    conflicts: dict[str, Any] = {}
    for question in page_form.questions:
        try:
            services.save_answer(proposal=proposal, user=user, **page_form.values(question))
        except StaleSave as stale:
            conflicts[question.id] = stale.saved
    if builder is not None:
        try:
            services.save_mapping(proposal=proposal, with_room=with_room, **builder.values())
        except StaleSave as stale:
            conflicts["F1"] = stale.saved
    return conflicts


@autosaving
@require_POST
def proposal_answer(request: Request, slug: str, number: int, question: str) -> HttpResponse:
    """Autosave of one answer; the reply says when, or shows what somebody else saved."""
    project, proposal = _open(request.user, slug, number, Role.MEMBER)
    questions = selectors.form_of(proposal)
    asked = questions.questions.get(question)
    if asked is None:
        raise Http404("No question of this name.")
    is_mapping = asked.kind == "mapping"
    section = questions.section_of[question]
    mapping_form = MappingForm(request.POST, proposal=proposal)
    answer_form = SectionForm(request.POST, section=section, answers={}, only=question)
    page_form = mapping_form if is_mapping else answer_form
    context = {"project": project, "proposal": proposal, "question": asked, "section": section}
    if not page_form.is_valid():
        return render(request, "projects/_not_saved.html", context | {"errors": page_form.errors.values()}, status=422)
    saved, base = None, ""
    try:
        if is_mapping:
            before, values = proposal.mapping_revision, mapping_form.values()
            proposal = services.save_mapping(proposal=proposal, **values)
            # what a colleague changed meanwhile is not on the page yet: it stays at the revision it has
            revision = proposal.mapping_revision if values["revision"] == before else values["revision"]
            base = mapping_form.as_base()
        else:
            saved = services.save_answer(proposal=proposal, user=request.user, **answer_form.values(asked))
            revision = saved.revision
    except StaleSave as stale:
        return render(
            request, "projects/_not_saved.html", context | {"problem": str(stale), "saved": stale.saved}, status=422
        )
    except FrozenVersion as frozen:
        return render(request, "projects/_not_saved.html", context | {"problem": str(frozen)}, status=422)
    context |= {"revision": revision, "base": base, "merged": saved.answer if saved and saved.merged else None}
    return render(request, "projects/_saved.html", context | _around(proposal))


@login_required
@require_safe
def proposal_preview(request: Request, slug: str, number: int) -> HttpResponse:
    """A version as reviewers read it, with its open points and the questions asked about it."""
    project, proposal = _open(request.user, slug, number)
    return render(request, "projects/proposal_preview.html", reading_context(request.user, project, proposal))


def reading_context(user: User, project: Project, proposal: Proposal) -> dict[str, Any]:
    """What a page that shows a whole version needs."""
    asked, xy = selectors.form_of(proposal), selectors.mapping_of(proposal)
    is_member = permissions.is_member(user, project)
    own = selectors.my_review(user, proposal)
    may_ask = not is_member and (permissions.is_handler(user, project) or permissions.is_reviewer(user, project))
    return {
        "project": project,
        "proposal": proposal,
        "versions": selectors.readable_proposals(user, project),
        "steps": selectors.project_steps(project, here=Project.Step.IDEA),
        "chapters": selectors.chapters_of(proposal),
        "pairs": proposal.pairs.all(),
        "kind": selectors.kind_words(proposal),
        "magic": mapping.magic(xy),
        "attachment_count": proposal.attachments.filter(removed_at=None).count(),
        "comment_count": proposal.comments.filter(done_at=None).count() if is_member else 0,
        "readiness": selectors.readiness_of(proposal),
        **selectors.planned(proposal),
        "points": asked.open_points(selectors.replies_of(proposal), xy),
        "question_count": len(asked.questions),
        "questions": selectors.questions_for(user, proposal),
        "may_ask": may_ask and proposal.state in ("submitted", "in_review"),
        "may_answer": is_member and proposal.state in ("submitted", "in_review"),
        "is_member": is_member,
        "is_owner": permissions.is_owner(user, project),
        "is_handler": permissions.is_handler(user, project),
        "own": own,
        "hides_team": selectors.owes_review(own, proposal),
        "ask_form": TextForm(),
    }


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def proposal_submit(request: Request, slug: str, number: int) -> HttpResponse:
    """List what is open, and hand the version to review; only empty starred questions stand in the way."""
    project, proposal = _open(request.user, slug, number, Role.OWNER)
    asked, replies, xy = selectors.form_of(proposal), selectors.replies_of(proposal), selectors.mapping_of(proposal)
    missing = asked.missing(replies, xy)
    problem = ""
    if request.method == "POST" and not missing:
        try:
            services.submit_proposal(proposal=proposal, user=request.user)
        except ProjectProblem as refused:
            problem = str(refused)
        else:
            done = say("Version {number} is submitted and stays as it is.", number=proposal.number)
            if project.handler_id is None:
                done = joined(" ", [done, say("An administrator names its handler.")])
            messages.success(request, done)
            return redirect("projects:project_detail", project.slug)
    points = [(asked.section_of[q.id], q, reason) for q, reason in asked.open_points(replies, xy) if q not in missing]
    context = {
        "project": project,
        "proposal": proposal,
        "readiness": selectors.readiness_of(proposal),
        "missing": [(asked.section_of[question.id], question) for question in missing],
        "points": points,
        "problem": problem,
        "refused": request.method == "POST",
        "steps": selectors.project_steps(project, here=Project.Step.IDEA),
    }
    status = 409 if problem else 422 if request.method == "POST" else 200
    return render(request, "projects/proposal_submit.html", context, status=status)


@login_required
@require_POST
def proposal_withdraw(request: Request, slug: str, number: int) -> HttpResponse:
    """Take a version back before it is decided."""
    project, proposal = _open(request.user, slug, number, Role.OWNER)
    try:
        services.withdraw_proposal(proposal=proposal)
    except ProjectProblem as problem:
        messages.error(request, str(problem))
    return redirect("projects:project_detail", project.slug)


@login_required
@require_POST
def proposal_revise(request: Request, slug: str) -> HttpResponse:
    """Start the next version with the words of the last."""
    project = permissions.get_project_or_404(request.user, slug, role=Role.OWNER)
    try:
        fresh = services.revise_proposal(project=project)
    except ProjectProblem as problem:
        messages.error(request, str(problem))
        return redirect("projects:project_detail", project.slug)
    return redirect("projects:proposal_section", project.slug, fresh.number, "problem")


@login_required
@require_safe
def proposal_changes(request: Request, slug: str, number: int) -> HttpResponse:
    """What a version changed against the one before it, or against another that the reader may see."""
    project, proposal = _open(request.user, slug, number)
    others = [version for version in selectors.readable_proposals(request.user, project) if version.number != number]
    chosen = request.GET.get("with", "")
    if chosen:
        before = next((version for version in others if str(version.number) == chosen), None)
    else:
        before = next((version for version in reversed(others) if version.number < number), None)
    if before is None:
        raise Http404("There is no version to compare with.")
    old, new = sorted((before, proposal), key=lambda version: version.number)
    context = {"project": project, "proposal": new, "before": before, "old": old, "chosen": proposal, "others": others}
    context |= {
        "changes": selectors.changes_between(old, new),
        "asked": selectors.asked_in_either(old, new),
        "tables": selectors.tables_between(old, new),
    }
    return render(request, "projects/proposal_changes.html", context)


def _asked(request: Request, project: Project, proposal: Proposal, page_form: TextForm, problem: str) -> HttpResponse:
    context = reading_context(request.user, project, proposal) | {
        "ask_form": page_form,
        "form": page_form,
        "problem": problem,
    }
    return render(request, "projects/proposal_preview.html", context, status=422)


@login_required
@require_POST
def question_ask(request: Request, slug: str, number: int) -> HttpResponse:
    """A reviewer or the handler asks the team."""
    project, proposal = _open(request.user, slug, number)
    if not (permissions.is_handler(request.user, project) or permissions.is_reviewer(request.user, project)):
        raise permissions.PermissionDenied(
            say("Only the reviewers and the handler of this proposal ask the team here.")
        )
    page_form, problem = TextForm(request.POST), ""
    if page_form.is_valid():
        try:
            services.ask_team(proposal=proposal, user=request.user, text=page_form.cleaned_data["text"])
        except ProjectProblem as refused:
            problem = str(refused)
        else:
            return _to_questions(request, project, proposal)
    return _asked(request, project, proposal, page_form, problem)


@login_required
@require_POST
def question_answer(request: Request, slug: str, number: int, pk: int) -> HttpResponse:
    """A member answers for the team."""
    project, proposal = _open(request.user, slug, number, Role.MEMBER)
    question = get_object_or_404(proposal.questions, pk=pk)
    page_form, problem = TextForm(request.POST), ""
    if page_form.is_valid():
        try:
            services.answer_question(question=question, user=request.user, text=page_form.cleaned_data["text"])
        except ProjectProblem as refused:
            problem = say("{problem} You wrote: {text}", problem=refused, text=page_form.cleaned_data["text"])
        else:
            return _to_questions(request, project, proposal)
    return _asked(request, project, proposal, page_form, problem)


def _to_questions(request: Request, project: Project, proposal: Proposal) -> HttpResponse:
    page = "review_edit" if request.POST.get("from") == "review" else "proposal_preview"
    response = redirect(f"projects:{page}", project.slug, proposal.number)
    response["Location"] += "#questions"
    return response
