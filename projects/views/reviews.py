"""Pages about reviews: writing one blind, the matrix once it may be seen, the decision."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dlstart_web.kit.say import say
from projects import permissions, selectors, services
from projects.core.criteria import CRITERIA, MINIMUM_REVIEWS
from projects.core.errors import ProjectProblem, StaleSave
from projects.core.panel import Habit
from projects.forms import DecisionForm, ReviewerForm, ReviewForm
from projects.http import Request
from projects.models import Decision, PendingDecision, Project, Proposal, Review, User
from projects.permissions import Role
from projects.selectors.records import OPEN_STATES, PENDING
from projects.services.reviews import IS_RELEASED
from projects.views.proposals import autosaving, reading_context

OPEN = OPEN_STATES
IS_IN = say("Your review is in. You see the others' now.")


def open_version(user: User, slug: str, number: int, role: Role = Role.READER) -> tuple[Project, Proposal]:
    """The project and one of its versions, for a person with this role."""
    project = permissions.get_project_or_404(user, slug, role=role)
    return project, selectors.get_proposal_or_404(user, project, number)


def own_review(user: User, slug: str, number: int) -> tuple[Project, Proposal, Review]:
    """The person's own review of a version; 403 for a reader who was not asked, or has a conflict."""
    project, proposal = open_version(user, slug, number)
    review = selectors.my_review(user, proposal)
    if review is None or permissions.has_conflict(user, project) or review.state in permissions.GONE:
        raise PermissionDenied(say("Only the people asked for a review of this version write one."))
    return project, proposal, review


@login_required
@require_safe
def review_list(request: Request) -> HttpResponse:
    """My reviews, and nobody else's."""
    reviews = list(selectors.reviews_of(request.user))
    owed = [review for review in reviews if review.state in PENDING and review.proposal.state in OPEN]
    done = [review for review in reviews if review not in owed]
    habit = selectors.habit_of(request.user)
    context = {"owed": owed, "done": done, "habit": habit, "habit_words": _habit_words(habit)}
    return render(request, "projects/review_list.html", context)


def _habit_words(habit: Habit) -> str:
    if habit.offset is None or abs(habit.offset) < 0.05:
        return say("You score as the others do")
    if habit.offset > 0:
        return say("You give {points:.1f} more than the others", points=habit.offset)
    return say("You give {points:.1f} less than the others", points=-habit.offset)


def released_page(request: Request, review: Review) -> HttpResponse:
    """What its writer was told and had written, to read and take along; a text that came after the release is kept, too."""
    form = ReviewForm(request.POST if "revision" in request.POST else None, review=review)
    status, problem = 422, ""
    if form.is_valid():
        try:
            review = services.save_review(review=review, **form.values())
        except StaleSave as stale:
            status, problem = 409, str(stale)
        else:
            if request.htmx:
                context = {"review": review, "words": IS_RELEASED, "now": timezone.now()}
                return render(request, "projects/_review_saved.html", context)
            messages.success(request, IS_RELEASED)
            return redirect("projects:review_edit", review.proposal.project.slug, review.proposal.number)
    if form.is_bound and request.htmx:
        context = {"problem": problem, "errors": form.errors.values()}
        return render(request, "projects/_not_saved.html", context, status=status)
    kept = ReviewForm(review=Review.objects.get(pk=review.pk)).words()
    if "download" in request.GET:
        text = "\n\n".join(f"{label}\n{words}" for label, words in kept)
        headers = {"Content-Disposition": f'attachment; filename="review-{review.proposal.project.slug}.txt"'}
        return HttpResponse(text + "\n", content_type="text/plain; charset=utf-8", headers=headers)
    context = {"review": review, "kept": kept, "form": form, "problem": problem}
    if form.is_bound:
        context["sent"] = form.words()
    return render(request, "projects/review_released.html", context, status=status if form.is_bound else 200)


def unless_released(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A page of one's own review; who is refused it for having been released reads `released_page`, whenever that was."""

    @wraps(view)
    def guarded(request: Request, slug: str, number: int) -> HttpResponse:
        try:
            return view(request, slug, number)
        except (PermissionDenied, Http404):
            version = {"proposal__project__slug": slug, "proposal__number": number}
            released = selectors.released_review(request.user, **version)
            if released is None:
                raise
            return released_page(request, released)

    return guarded


def desk(
    request: Request, project: Project, proposal: Proposal, review: Review, page_form: ReviewForm, **more: Any
) -> HttpResponse:
    """The proposal beside the form."""
    scored = sum(1 for criterion in CRITERIA if page_form[criterion.key].value() not in (None, ""))
    status = more.pop("status", 200)
    context = reading_context(request.user, project, proposal) | {
        "review": review,
        "form": page_form,
        "scored": scored,
        "progress": selectors.progress_of(request.user),
        "goes_on": request.session.get("review_then") == "next",
        **more,
    }
    return render(request, "projects/review_edit.html", context, status=status)


def _scored_words(review: Review) -> str:
    count = sum(1 for score in review.scores.all() if score.value or score.cannot_judge)
    return say("{count} of {all} scored.", count=count, all=len(CRITERIA))


@autosaving
@require_http_methods(["GET", "HEAD", "POST"])
@unless_released
def review_edit(request: Request, slug: str, number: int) -> HttpResponse:
    """The proposal on the left, the form on the right; a post keeps the draft."""
    project, proposal, review = own_review(request.user, slug, number)
    if review.state not in PENDING or proposal.state not in OPEN:
        return redirect("projects:review_board", project.slug, proposal.number)
    if request.method != "POST":
        return desk(request, project, proposal, review, ReviewForm(review=review))
    page_form = ReviewForm(request.POST, review=review)
    if not page_form.is_valid():
        if request.htmx:
            return render(request, "projects/_not_saved.html", {"errors": page_form.errors.values()}, status=422)
        return desk(request, project, proposal, review, page_form, status=422)
    try:
        review = services.save_review(review=review, **page_form.values())
    except ProjectProblem as problem:
        return refused(request, project, proposal, review, page_form, problem)
    if request.htmx:
        context = {"review": review, "words": _scored_words(review), "now": timezone.now()}
        return render(request, "projects/_review_saved.html", context)
    messages.success(request, say("Your draft is kept. Nobody else sees it."))
    return redirect("projects:review_edit", project.slug, proposal.number)


def refused(
    request: Request,
    project: Project,
    proposal: Proposal,
    review: Review,
    page_form: ReviewForm,
    problem: ProjectProblem,
) -> HttpResponse:
    """Say why nothing was saved, with all that was written still in the form; who was just released has it kept."""
    if released := selectors.released_review(request.user, pk=review.pk):
        return released_page(request, released)
    if request.htmx:
        return render(request, "projects/_not_saved.html", {"problem": str(problem)}, status=422)
    if isinstance(problem, StaleSave):
        data = request.POST.copy()
        review = Review.objects.get(pk=review.pk)
        data["revision"] = str(review.revision)
        page_form = ReviewForm(data, review=review)
    return desk(request, project, proposal, review, page_form, problem=str(problem), stored=review, status=409)


def _after_submitting(request: Request, review: Review) -> HttpResponse:
    """To the reviews that are open now, or to the next one to write; what was chosen is the first button next time."""
    goes_on = request.POST.get("then") == "next"
    request.session["review_then"] = "next" if goes_on else "read"
    following = selectors.next_review(request.user) if goes_on else None
    if following is not None:
        return redirect("projects:review_edit", following.proposal.project.slug, following.proposal.number)
    if goes_on:
        return redirect("projects:review_list")
    return redirect("projects:review_board", review.proposal.project.slug, review.proposal.number)


@login_required
@require_POST
@unless_released
def review_submit(request: Request, slug: str, number: int) -> HttpResponse:
    """Keep what was written, then count it if nothing is missing."""
    project, proposal, review = own_review(request.user, slug, number)
    if review.state == Review.State.SUBMITTED:  # the button was pressed twice
        messages.success(request, IS_IN)
        return _after_submitting(request, review)
    if review.state not in PENDING or proposal.state not in OPEN:
        messages.error(
            request,
            say(
                "Your review is {review}, the proposal {proposal}.",
                review=review.get_state_display().lower(),
                proposal=proposal.get_state_display().lower(),
            ),
        )
        return redirect("projects:review_board", project.slug, proposal.number)
    page_form = ReviewForm(request.POST, review=review)
    if not page_form.is_valid():
        return desk(request, project, proposal, review, page_form, status=422)
    try:
        review = services.save_review(review=review, **page_form.values())
        missing = services.gaps(review)
        if not missing:
            services.submit_review(review=review)
            messages.success(request, IS_IN)
            return _after_submitting(request, review)
    except ProjectProblem as problem:
        return refused(request, project, proposal, review, page_form, problem)
    data = request.POST.copy()
    data["revision"] = str(review.revision)
    page_form = ReviewForm(data, review=review)
    for name, words in missing.items():
        page_form.add_error(name, words)
    return desk(request, project, proposal, review, page_form, status=422)


@login_required
@require_safe
def review_overview(request: Request, slug: str) -> HttpResponse:
    """The reviews of the newest version one may read."""
    project = permissions.get_project_or_404(request.user, slug)
    versions = [v for v in selectors.readable_proposals(request.user, project) if v.state != Proposal.State.DRAFT]
    if not versions:
        return redirect("projects:project_detail", project.slug)
    return redirect("projects:review_board", project.slug, versions[-1].number)


def board_page(request: Request, project: Project, proposal: Proposal, **more: Any) -> HttpResponse:
    """Reviews and decision, with whatever form came back with an error."""
    user = request.user
    is_handler = permissions.is_handler(user, project)
    own = selectors.my_review(user, proposal)
    decision = Decision.objects.filter(proposal=proposal).select_related("decided_by").first()
    status = more.pop("status", 200)
    context: dict[str, Any] = {
        "project": project,
        "proposal": proposal,
        "kind": selectors.kind_words(proposal),
        "steps": selectors.project_steps(project, here=Project.Step.REVIEW),
        "board": selectors.board_of(user, proposal),
        "decision": selectors.shown_decision(user, project, decision),
        "is_handler": is_handler,
        "is_member": permissions.is_member(user, project),
        "is_owner": permissions.is_owner(user, project),
        "own": own,
        "waited_for": PENDING,
        "is_open": proposal.state in OPEN,
        "minimum": MINIMUM_REVIEWS,
        "rules": selectors.rules_of(proposal),
        "glasses": project.glasses.select_related("user"),
        "may_break_glass": user.is_administrator,
        "discusses": proposal.state in OPEN and selectors.may_discuss(user, proposal),
        "remarks": selectors.remarks_for(user, proposal),
        "reply": selectors.reply_for(user, proposal),
        "reply_words": services.REPLY_WORDS,
    }
    if is_handler and proposal.state in OPEN:
        context["asked"] = proposal.reviews.select_related("reviewer").order_by("invited_at")
        if not proposal.reviews_opened_at:
            context["reviewer_form"] = ReviewerForm(people=selectors.reviewer_candidates(proposal), prefix="reviewer")
            context["suggestions"] = selectors.reviewer_suggestions(proposal, user)
        context["conflicts"] = selectors.conflicts_of(project)
        pending = PendingDecision.objects.filter(proposal=proposal).first()
        context["pending"] = pending
        fields = ("outcome", "reasons", "dissent", "hold_until", "try_hours")
        context["decision_form"] = DecisionForm(
            initial={name: getattr(pending, name) for name in fields} if pending else None
        )
    return render(request, "projects/review_board.html", context | more, status=status)


@login_required
@require_safe
def review_board(request: Request, slug: str, number: int) -> HttpResponse:
    """The matrix, weakest criterion first; the same empty words whether there are no reviews or hidden ones."""
    project, proposal = open_version(request.user, slug, number)
    return board_page(request, project, proposal)
