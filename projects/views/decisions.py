"""Pages of the discussion: changed scores, remarks, the team's reply, the decision, and letters before they are sent."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dlstart_web.kit.say import say, say_count
from projects import permissions, selectors, services
from projects.core.errors import ProjectProblem
from projects.forms import DecisionForm, LetterForm, ScoreChangeForm
from projects.http import Request
from projects.models import PendingDecision, Review
from projects.permissions import Role
from projects.selectors.records import OPEN_STATES
from projects.views.reviews import board_page, open_version


@login_required
@require_POST
def decision_make(request: Request, slug: str, number: int) -> HttpResponse:
    """The handler keeps a pending decision, puts its letter in the outbox, or decides."""
    project, proposal = open_version(request.user, slug, number, Role.HANDLER)
    page_form, go = DecisionForm(request.POST), request.POST.get("go", "")
    if page_form.is_valid():
        values = {"proposal": proposal, "user": request.user, **page_form.cleaned_data}
        try:
            if go in ("pending", "letter"):
                services.save_pending_decision(**values, letter=go == "letter")
            else:
                services.make_decision(**values)
        except ProjectProblem as problem:
            page_form.add_error(None, str(problem))
        else:
            if go == "letter":
                return redirect("projects:letter_edit", project.slug, proposal.number)
            kept = say("Kept as pending. Nobody but you sees it.")
            messages.success(
                request,
                kept
                if go == "pending"
                else say("Version {number} of {project} is decided.", number=proposal.number, project=project),
            )
            return redirect("projects:review_board", project.slug, proposal.number)
    return board_page(request, project, proposal, decision_form=page_form, form=page_form, status=422)


@login_required
@require_POST
def discussion_open(request: Request, slug: str, number: int) -> HttpResponse:
    """The handler waits no longer."""
    project, proposal = open_version(request.user, slug, number, Role.HANDLER)
    try:
        services.begin_discussion(proposal=proposal, user=request.user)
    except ProjectProblem as problem:
        messages.error(request, str(problem))
    else:
        messages.success(request, say("The discussion is open. Owners of the team see the reviews."))
    return redirect("projects:review_board", project.slug, proposal.number)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def scores_change(request: Request, slug: str, number: int) -> HttpResponse:
    """Change my scores in the discussion; the first ones stay readable."""
    project, proposal = open_version(request.user, slug, number)
    review = selectors.my_review(request.user, proposal)
    if review is None or review.state != Review.State.SUBMITTED or permissions.has_conflict(request.user, project):
        raise PermissionDenied(say("Only who has submitted a review changes its scores."))
    if proposal.state not in OPEN_STATES or not proposal.reviews_opened_at:
        messages.error(
            request, say("Scores change while the proposal is discussed: once all reviews are in, until it is decided.")
        )
        return redirect("projects:review_board", project.slug, proposal.number)
    form = ScoreChangeForm(request.POST if request.method == "POST" else None, review=review)
    if form.is_valid():
        try:
            count = services.change_scores(proposal=proposal, user=request.user, **form.values())
        except ProjectProblem as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(
                request,
                say_count(
                    count,
                    "{count} score changed. What stood there first is kept.",
                    "{count} scores changed. What stood there first is kept.",
                ),
            )
            return redirect("projects:review_board", project.slug, proposal.number)
    context = {"project": project, "proposal": proposal, "form": form}
    return render(request, "projects/scores_change.html", context, status=422 if form.is_bound else 200)


@login_required
@require_POST
def remark_add(request: Request, slug: str, number: int) -> HttpResponse:
    """Say something to the other reviewers."""
    project, proposal = open_version(request.user, slug, number)
    if not selectors.may_discuss(request.user, proposal):
        raise PermissionDenied(say("Only the reviewers whose review is in, and the handler, discuss this proposal."))
    text = request.POST.get("text", "")
    try:
        services.add_remark(proposal=proposal, user=request.user, text=text)
    except ProjectProblem as problem:
        return board_page(request, project, proposal, remark_problem=str(problem), remark_text=text, status=422)
    return redirect("projects:review_board", project.slug, proposal.number)


@login_required
@require_POST
def reply_send(request: Request, slug: str, number: int) -> HttpResponse:
    """The team's one reply."""
    project, proposal = open_version(request.user, slug, number, Role.OWNER)
    text = request.POST.get("text", "")
    try:
        services.reply_for_team(proposal=proposal, user=request.user, text=text)
    except ProjectProblem as problem:
        return board_page(request, project, proposal, reply_problem=str(problem), reply_text=text, status=422)
    messages.success(request, say("Your reply is sent. The reviewers and the handler read it."))
    return redirect("projects:review_board", project.slug, proposal.number)


@login_required
@require_safe
def outbox(request: Request) -> HttpResponse:
    """What I mean to decide: drafts, and letters that wait to be sent."""
    return render(request, "projects/outbox.html", {"waiting": selectors.outbox_of(request.user)})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def letter_edit(request: Request, slug: str, number: int) -> HttpResponse:
    """The letter as the team will read it; sending it decides."""
    project, proposal = open_version(request.user, slug, number, Role.HANDLER)
    pending = PendingDecision.objects.filter(proposal=proposal).first()
    if pending is None or proposal.state not in OPEN_STATES:
        raise Http404("No letter waits for this version.")
    words = pending.letter or services.letter_of(proposal, pending)
    form = LetterForm(request.POST if request.method == "POST" else None, initial={"letter": words})
    if form.is_valid():
        try:
            services.save_letter(pending=pending, user=request.user, text=form.cleaned_data["letter"])
            if request.POST.get("go") != "send":
                messages.success(request, say("The letter is kept in the outbox."))
                return redirect("projects:outbox")
            services.send_pending_decision(pending=pending, user=request.user)
        except ProjectProblem as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(
                request,
                say(
                    "Version {number} of {project} is decided, and the letter is sent.",
                    number=proposal.number,
                    project=project,
                ),
            )
            return redirect("projects:review_board", project.slug, proposal.number)
    reviewed = proposal.reviews.filter(state=Review.State.SUBMITTED).exists()
    context = {"project": project, "proposal": proposal, "pending": pending, "form": form, "reviewed": reviewed}
    return render(request, "projects/letter_edit.html", context, status=422 if form.is_bound else 200)
