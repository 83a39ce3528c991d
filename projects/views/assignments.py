"""Pages about who reviews: asking, accepting, skipping, giving back; and conflicts, noted before anybody is asked."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dlstart_web.kit.say import say
from projects import permissions, selectors, services
from projects.core.errors import ProjectProblem, StaleSave
from projects.forms import ConflictForm, ReleaseForm, ReviewerForm, ReviewForm
from projects.http import Request
from projects.models import Conflict, User
from projects.permissions import Role
from projects.selectors.records import OPEN_STATES, PENDING
from projects.views.reviews import board_page, desk, open_version, own_review, refused, unless_released


@login_required
@require_POST
def reviewer_assign(request: Request, slug: str, number: int) -> HttpResponse:
    """The handler asks a colleague, chosen from those without a conflict."""
    project, proposal = open_version(request.user, slug, number, Role.HANDLER)
    page_form = ReviewerForm(request.POST, people=selectors.reviewer_candidates(proposal), prefix="reviewer")
    if page_form.is_valid():
        reviewer: User = page_form.cleaned_data["person"]
        due_on = page_form.cleaned_data["due_on"]
        try:
            services.assign_reviewer(proposal=proposal, reviewer=reviewer, by=request.user, due_on=due_on)
        except ProjectProblem as problem:
            page_form.add_error("person", str(problem))
        else:
            messages.success(request, say("{reviewer} is asked for a review.", reviewer=reviewer))
            return redirect("projects:review_board", project.slug, proposal.number)
    return board_page(request, project, proposal, reviewer_form=page_form, form=page_form, status=422)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def reviewer_release(request: Request, slug: str, number: int, review: UUID) -> HttpResponse:
    """The handler reads what a release does, and may ask somebody else in the same act."""
    project, proposal = open_version(request.user, slug, number, Role.HANDLER)
    board = redirect(reverse("projects:review_board", args=[project.slug, proposal.number]) + "#reviewers")
    late = get_object_or_404(proposal.reviews.select_related("reviewer"), pk=review)
    if late.state not in PENDING or proposal.state not in OPEN_STATES:
        state = late.get_state_display().lower()
        messages.error(request, say("The review of {reviewer} is {state}.", reviewer=late.reviewer, state=state))
        return board
    needs_reason = selectors.release_needs_reason(late, timezone.localdate())
    form = ReleaseForm(
        request.POST if request.method == "POST" else None,
        people=selectors.reviewer_candidates(proposal),
        needs_reason=needs_reason,
        may_ask=not proposal.reviews_opened_at,
    )
    if form.is_valid():
        data = form.cleaned_data
        instead, due_on = data.get("person"), data.get("due_on")
        try:
            services.release_review(review=late, by=request.user, reason=data["reason"], instead=instead, due_on=due_on)
        except ProjectProblem as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(request, say("{reviewer} is released.", reviewer=late.reviewer))
            if instead:
                messages.success(request, say("{reviewer} is asked for a review.", reviewer=instead))
            return board
    context = {
        "project": project,
        "proposal": proposal,
        "late": late,
        "form": form,
        "needs_reason": needs_reason,
        "is_late": late.due_on is not None and late.due_on < timezone.localdate(),
        "opens": not proposal.reviews_opened_at and selectors.is_complete(proposal, without=late),
        "suggestions": ()
        if proposal.reviews_opened_at
        else selectors.reviewer_suggestions(proposal, request.user, count=3),
    }
    return render(request, "projects/reviewer_release.html", context, status=422 if form.is_bound else 200)


@login_required
@require_POST
@unless_released
def review_accept(request: Request, slug: str, number: int) -> HttpResponse:
    """Say yes to the invitation."""
    project, proposal, review = own_review(request.user, slug, number)
    try:
        services.accept_review(review=review)
    except ProjectProblem as problem:
        messages.error(request, str(problem))
        return redirect("projects:review_list")
    messages.success(request, say("You accepted. Take your time until it is due; what you type is kept."))
    return redirect("projects:review_edit", project.slug, proposal.number)


@login_required
@require_POST
@unless_released
def review_skip(request: Request, slug: str, number: int) -> HttpResponse:
    """Keep what was written, put this one behind the others of mine, and go to the next."""
    project, proposal, review = own_review(request.user, slug, number)
    page_form = ReviewForm(request.POST, review=review)
    if not page_form.is_valid():
        return desk(request, project, proposal, review, page_form, status=422)
    try:
        if page_form.has_changed():
            review = services.save_review(review=review, **page_form.values())
        services.skip_review(review=review)
    except StaleSave as problem:
        return refused(request, project, proposal, review, page_form, problem)
    except ProjectProblem as problem:
        messages.error(request, str(problem))
        return redirect("projects:review_list")
    following = selectors.next_review(request.user, after=review)
    if following is None:
        messages.success(request, say("This is the only review that waits for you. It stays on My reviews."))
        return redirect("projects:review_list")
    return redirect("projects:review_edit", following.proposal.project.slug, following.proposal.number)


SAID = {
    "conflict": say("Your conflict is noted. You see no reviews of this project."),
    "declined": say("The review is given back. The handler can ask somebody else."),
    "abstained": say("You abstain. The handler knows that you read it and give no scores."),
}


@login_required
@require_POST
@unless_released
def review_decline(request: Request, slug: str, number: int) -> HttpResponse:
    """Give the review back, abstain, or declare a conflict."""
    *_, review = own_review(request.user, slug, number)
    why = request.POST.get("why", "declined")
    try:
        services.give_back_review(review=review, why=why)
    except ProjectProblem as problem:
        messages.error(request, str(problem))
    else:
        messages.success(request, SAID[why])
    return redirect("projects:review_list")


@login_required
@require_safe
def review_next(request: Request) -> HttpResponse:
    """The review to write next."""
    review = selectors.next_review(request.user)
    if review is None:
        return redirect("projects:review_list")
    return redirect("projects:review_edit", review.proposal.project.slug, review.proposal.number)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def conflict_list(request: Request, slug: str) -> HttpResponse:
    """Who takes no part: everybody declares their own conflict; owners and the handler name others and see the names."""
    project = permissions.get_project_or_404(request.user, slug)
    may_name = permissions.is_owner(request.user, project) or permissions.is_handler(request.user, project)
    form = ConflictForm(request.POST if "kind" in request.POST else None, project=project) if may_name else None
    if request.method == "POST":
        try:
            if "declare" in request.POST:
                services.note_conflict(project=project, user=request.user, by=request.user, kind=Conflict.Kind.DECLARED)
                messages.success(request, say("Your conflict is noted. You see no reviews of this project."))
                return redirect("projects:project_list")
            if form is None:
                raise PermissionDenied(say("Only an owner of the team or the handler names others here."))
            if form.is_valid():
                noted = services.note_conflict(
                    project=project, user=form.cleaned_data["person"], by=request.user, kind=form.cleaned_data["kind"]
                )
                messages.success(
                    request, say("{user} takes no part in vetting {project}.", user=noted.user, project=project)
                )
                return redirect("projects:conflict_list", project.slug)
        except ProjectProblem as problem:
            messages.error(request, str(problem))
            return redirect("projects:conflict_list", project.slug)
    context = {
        "project": project,
        "form": form,
        "conflicts": selectors.conflicts_of(project) if may_name else [],
        "is_member": permissions.is_member(request.user, project),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "projects/conflict_list.html", context, status=status)
