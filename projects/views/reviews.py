"""Pages about reviews: writing one blind, the matrix once it may be seen, the decision."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from projects import permissions, selectors, services
from projects.core.criteria import CRITERIA, MINIMUM_REVIEWS
from projects.core.errors import ProjectProblem, StaleSave
from projects.forms import DecisionForm, PersonChoiceForm, ReviewForm
from projects.http import Request
from projects.models import Decision, Project, Proposal, Review, User
from projects.permissions import Role
from projects.views.proposals import autosaving, reading_context

PENDING = (Review.State.INVITED, Review.State.DRAFTING)
OPEN = (Proposal.State.SUBMITTED, Proposal.State.IN_REVIEW)
IS_IN = "Your review is in. You see the others' now."


def _open(user: User, slug: str, number: int, role: Role = Role.READER) -> tuple[Project, Proposal]:
    project = permissions.get_project_or_404(user, slug, role=role)
    return project, selectors.get_proposal_or_404(user, project, number)


def _own(user: User, slug: str, number: int) -> tuple[Project, Proposal, Review]:
    """The person's own review of a version; 403 for a reader who was not asked, or has a conflict."""
    project, proposal = _open(user, slug, number)
    review = selectors.my_review(user, proposal)
    if review is None or permissions.has_conflict(user, project) or review.state == Review.State.DECLINED:
        raise PermissionDenied("Only the people asked for a review of this version write one.")
    return project, proposal, review


@login_required
@require_safe
def review_list(request: Request) -> HttpResponse:
    """My reviews, and nobody else's."""
    reviews = list(selectors.reviews_of(request.user))
    owed = [review for review in reviews if review.state in PENDING and review.proposal.state in OPEN]
    done = [review for review in reviews if review not in owed]
    return render(request, "projects/review_list.html", {"owed": owed, "done": done})


def _desk(
    request: Request, project: Project, proposal: Proposal, review: Review, page_form: ReviewForm, **more: Any
) -> HttpResponse:
    scored = sum(1 for criterion in CRITERIA if page_form[criterion.key].value() not in (None, ""))
    status = more.pop("status", 200)
    context = reading_context(request.user, project, proposal) | {
        "review": review,
        "form": page_form,
        "scored": scored,
        **more,
    }
    return render(request, "projects/review_edit.html", context, status=status)


def _scored_words(review: Review) -> str:
    count = sum(1 for score in review.scores.all() if score.value or score.cannot_judge)
    return f"{count} of {len(CRITERIA)} scored."


@autosaving
@require_http_methods(["GET", "HEAD", "POST"])
def review_edit(request: Request, slug: str, number: int) -> HttpResponse:
    """The proposal on the left, the form on the right; a post keeps the draft."""
    project, proposal, review = _own(request.user, slug, number)
    if review.state not in PENDING or proposal.state not in OPEN:
        return redirect("projects:review_board", project.slug, proposal.number)
    if request.method != "POST":
        return _desk(request, project, proposal, review, ReviewForm(review=review))
    page_form = ReviewForm(request.POST, review=review)
    if not page_form.is_valid():
        if request.htmx:
            return render(request, "projects/_not_saved.html", {"errors": page_form.errors.values()}, status=422)
        return _desk(request, project, proposal, review, page_form, status=422)
    try:
        review = services.save_review(review=review, **page_form.values())
    except ProjectProblem as problem:
        return _refused(request, project, proposal, review, page_form, problem)
    if request.htmx:
        context = {"review": review, "words": _scored_words(review), "now": timezone.now()}
        return render(request, "projects/_review_saved.html", context)
    messages.success(request, "Your draft is kept. Nobody else sees it.")
    return redirect("projects:review_edit", project.slug, proposal.number)


def _refused(
    request: Request,
    project: Project,
    proposal: Proposal,
    review: Review,
    page_form: ReviewForm,
    problem: ProjectProblem,
) -> HttpResponse:
    """Say why nothing was saved, with all that was written still in the form."""
    if request.htmx:
        return render(request, "projects/_not_saved.html", {"problem": str(problem)}, status=422)
    if isinstance(problem, StaleSave):
        data = request.POST.copy()
        review = Review.objects.get(pk=review.pk)
        data["revision"] = str(review.revision)
        page_form = ReviewForm(data, review=review)
    return _desk(request, project, proposal, review, page_form, problem=str(problem), stored=review, status=409)


@login_required
@require_POST
def review_submit(request: Request, slug: str, number: int) -> HttpResponse:
    """Keep what was written, then count it if nothing is missing."""
    project, proposal, review = _own(request.user, slug, number)
    if review.state == Review.State.SUBMITTED:  # the button was pressed twice
        messages.success(request, IS_IN)
        return redirect("projects:review_board", project.slug, proposal.number)
    if review.state not in PENDING or proposal.state not in OPEN:
        messages.error(
            request,
            f"Your review is {review.get_state_display().lower()}, the proposal {proposal.get_state_display().lower()}.",
        )
        return redirect("projects:review_board", project.slug, proposal.number)
    page_form = ReviewForm(request.POST, review=review)
    if not page_form.is_valid():
        return _desk(request, project, proposal, review, page_form, status=422)
    try:
        review = services.save_review(review=review, **page_form.values())
        missing = services.gaps(review)
        if not missing:
            services.submit_review(review=review)
            messages.success(request, IS_IN)
            return redirect("projects:review_board", project.slug, proposal.number)
    except ProjectProblem as problem:
        return _refused(request, project, proposal, review, page_form, problem)
    data = request.POST.copy()
    data["revision"] = str(review.revision)
    page_form = ReviewForm(data, review=review)
    for name, words in missing.items():
        page_form.add_error(name, words)
    return _desk(request, project, proposal, review, page_form, status=422)


@login_required
@require_POST
def review_decline(request: Request, slug: str, number: int) -> HttpResponse:
    """Give the review back, or declare a conflict."""
    *_, review = _own(request.user, slug, number)
    has_conflict = request.POST.get("why") == "conflict"
    try:
        services.decline_review(review=review, has_conflict=has_conflict)
    except ProjectProblem as problem:
        messages.error(request, str(problem))
        return redirect("projects:review_list")
    said = (
        "Your conflict is noted. You see no reviews of this project."
        if has_conflict
        else "The review is given back. The handler can ask somebody else."
    )
    messages.success(request, said)
    return redirect("projects:review_list")


@login_required
@require_safe
def review_overview(request: Request, slug: str) -> HttpResponse:
    """The reviews of the newest version one may read."""
    project = permissions.get_project_or_404(request.user, slug)
    versions = [v for v in selectors.readable_proposals(request.user, project) if v.state != Proposal.State.DRAFT]
    if not versions:
        return redirect("projects:project_detail", project.slug)
    return redirect("projects:review_board", project.slug, versions[-1].number)


def _board(request: Request, project: Project, proposal: Proposal, **more: Any) -> HttpResponse:
    user = request.user
    is_handler = permissions.is_handler(user, project)
    own = selectors.my_review(user, proposal)
    status = more.pop("status", 200)
    context: dict[str, Any] = {
        "project": project,
        "proposal": proposal,
        "kind": selectors.kind_words(proposal),
        "steps": selectors.project_steps(project, here=Project.Step.REVIEW),
        "board": selectors.board_of(user, proposal),
        "decision": Decision.objects.filter(proposal=proposal).select_related("decided_by").first(),
        "is_handler": is_handler,
        "is_member": permissions.is_member(user, project),
        "is_owner": permissions.is_owner(user, project),
        "own": own,
        "is_open": proposal.state in OPEN,
        "minimum": MINIMUM_REVIEWS,
    }
    if is_handler and proposal.state in OPEN:
        context["asked"] = proposal.reviews.select_related("reviewer").order_by("invited_at")
        if not proposal.reviews_opened_at:
            context["reviewer_form"] = PersonChoiceForm(
                people=selectors.reviewer_candidates(proposal), label="Reviewer", prefix="reviewer"
            )
        context["decision_form"] = DecisionForm()
    return render(request, "projects/review_board.html", context | more, status=status)


@login_required
@require_safe
def review_board(request: Request, slug: str, number: int) -> HttpResponse:
    """The matrix, weakest criterion first; the same empty words whether there are no reviews or hidden ones."""
    project, proposal = _open(request.user, slug, number)
    return _board(request, project, proposal)


@login_required
@require_POST
def reviewer_assign(request: Request, slug: str, number: int) -> HttpResponse:
    """The handler asks a colleague."""
    project, proposal = _open(request.user, slug, number, Role.HANDLER)
    page_form = PersonChoiceForm(
        request.POST, people=selectors.reviewer_candidates(proposal), label="Reviewer", prefix="reviewer"
    )
    if page_form.is_valid():
        reviewer: User = page_form.cleaned_data["person"]
        try:
            services.assign_reviewer(proposal=proposal, reviewer=reviewer, by=request.user)
        except ProjectProblem as problem:
            page_form.add_error("person", str(problem))
        else:
            messages.success(request, f"{reviewer} is asked for a review.")
            return redirect("projects:review_board", project.slug, proposal.number)
    return _board(request, project, proposal, reviewer_form=page_form, form=page_form, status=422)


@login_required
@require_POST
def decision_make(request: Request, slug: str, number: int) -> HttpResponse:
    """The handler decides, with reasons."""
    project, proposal = _open(request.user, slug, number, Role.HANDLER)
    page_form = DecisionForm(request.POST)
    if page_form.is_valid():
        try:
            services.make_decision(proposal=proposal, user=request.user, **page_form.cleaned_data)
        except ProjectProblem as problem:
            page_form.add_error(None, str(problem))
        else:
            messages.success(request, f"Version {proposal.number} of {project} is decided.")
            return redirect("projects:review_board", project.slug, proposal.number)
    return _board(request, project, proposal, decision_form=page_form, form=page_form, status=422)
