"""Writes about who reviews: conflicts noted beforehand, the invitation and its answer, due dates and reminders."""

from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from dlstart_web.kit.say import joined, say
from dlstart_web.kit.text import day_words
from projects import permissions, selectors
from projects.core.errors import ProjectProblem
from projects.models import Conflict, Notice, Project, Proposal, Review, User
from projects.selectors.records import OPEN_STATES, PENDING
from projects.services.notices import notify
from projects.services.reviews import lock_in_review, lock_own, open_if_complete

LATEST_DAYS = 90


@transaction.atomic
def note_conflict(*, project: Project, user: User, by: User, kind: str) -> Conflict:
    """Write down before any invitation why a person takes no part: named by the team's owner or the handler, or by oneself."""
    if kind not in Conflict.Kind.values:
        raise ProjectProblem(
            say("There is no kind “{kind}”. Choose one of {names}.", kind=kind, names=", ".join(Conflict.Kind.values))
        )
    if kind == Conflict.Kind.DECLARED and by.pk != user.pk:
        raise ProjectProblem(
            say("A person declares a conflict of their own. Name others as benefiting, or as line manager.")
        )
    if kind != Conflict.Kind.DECLARED and not (
        permissions.is_owner(by, project) or permissions.is_handler(by, project)
    ):
        raise ProjectProblem(
            say("Only an owner of {team} or the handler names who benefits or is a line manager.", team=project.team)
        )
    noted, _ = Conflict.objects.get_or_create(project=project, user=user, defaults={"kind": kind, "noted_by": by})
    for review in Review.objects.filter(proposal__project=project, reviewer=user, state__in=PENDING):
        Review.objects.filter(pk=review.pk).update(state=Review.State.CONFLICT)
        # Did the reviews open as the team names somebody, the team would know that this was a reviewer.
        if review.proposal.state in OPEN_STATES and not permissions.is_owner(by, project):
            open_if_complete(review.proposal, timezone.now())
    return noted


def _check_due(due_on: date, today: date) -> None:
    if not today <= due_on <= today + timedelta(days=LATEST_DAYS):
        raise ProjectProblem(
            say(
                "Due on {due_on} cannot be kept: choose a day from today to {most} days from now.",
                due_on=day_words(due_on, with_year=True),
                most=LATEST_DAYS,
            )
        )


@transaction.atomic
def assign_reviewer(
    *, proposal: Proposal, reviewer: User, by: User, due_on: date | None = None, now: datetime | None = None
) -> Review:
    """Ask a colleague for a review: nobody with a conflict, not the handler, nobody twice. Checked before they are told.

    Who was released is asked again, and goes on from what they had written.
    """
    moment = now or timezone.now()
    current = lock_in_review(proposal)
    project = current.project
    if not permissions.is_handler(by, project):
        raise ProjectProblem(say("Only the handler named for this proposal asks reviewers."))
    if current.reviews_opened_at:
        raise ProjectProblem(
            say("The reviews are open, so a new one would not be written blind. Decide, or ask for a revision.")
        )
    if reviewer.pk == project.handler_id:
        raise ProjectProblem(
            say(
                "{reviewer} handles this proposal, and a handler does not score it. Choose someone else.",
                reviewer=reviewer,
            )
        )
    if not reviewer.is_active or permissions.has_conflict(reviewer, project):
        raise ProjectProblem(
            say(
                "{reviewer} has a conflict with {team}. Choose someone who was never in the team, shared "
                "no project with it in the last twelve months, and is not named as benefiting.",
                reviewer=reviewer,
                team=project.team,
            )
        )
    today = timezone.localdate(moment)
    due = due_on or today + timedelta(days=settings.REVIEW_DAYS)
    _check_due(due, today)
    ahead = current.reviews.filter(state=Review.State.SUBMITTED).count()
    asked = {
        "state": Review.State.INVITED, "due_on": due, "ahead": ahead, "invited_at": moment,
        "reminded": Review.Reminder.NONE, "skipped_at": None,
    }  # fmt: skip
    review, is_new = Review.objects.get_or_create(proposal=current, reviewer=reviewer, defaults=asked)
    if not is_new and not Review.objects.filter(pk=review.pk, state=Review.State.RELEASED).update(**asked):
        raise ProjectProblem(say("{reviewer} was asked already. Choose someone else.", reviewer=reviewer))
    _tell(
        reviewer,
        say("You are asked to review {project}", project=project),
        say("It takes about 20 minutes and is due on {due}.", due=day_words(due, with_year=True)),
        review,
        Notice.Kind.ASSIGNED,
    )
    return review


@transaction.atomic
def release_review(
    *,
    review: Review,
    by: User,
    reason: str = "",
    instead: User | None = None,
    due_on: date | None = None,
    now: datetime | None = None,
) -> Review:
    """Wait no longer for a review that is not in; `release_needs_reason` says when a reason is due.

    What was typed stays its writer's own. With `instead` somebody else is asked in the same act; without, the discussion
    opens if this was the last review that was waited for.
    """
    moment = now or timezone.now()
    proposal = lock_in_review(review.proposal)
    project = proposal.project
    if not permissions.is_handler(by, project):
        raise ProjectProblem(say("Only the handler named for this proposal releases its reviewers."))
    current = Review.objects.select_for_update(of=("self",)).select_related("reviewer").get(pk=review.pk)
    reviewer = current.reviewer
    if current.state not in PENDING:
        raise ProjectProblem(
            say(
                "The review of {reviewer} is {state} meanwhile; nothing was changed.",
                reviewer=reviewer,
                state=current.get_state_display().lower(),
            )
        )
    if selectors.release_needs_reason(current, timezone.localdate(moment)) and not reason.strip():
        raise ProjectProblem(say("Reason: fill this in. {reviewer} said yes and has time left.", reviewer=reviewer))
    current.state, current.release_reason = Review.State.RELEASED, reason.strip()
    current.released_at, current.released_by = moment, by
    current.save(update_fields=["state", "release_reason", "released_at", "released_by"])
    if not permissions.has_conflict(reviewer, project):
        kind = [say("Nobody waits for it any more, and nothing is held against you. What you wrote is kept for you.")]
        said = [say("The handler says: {reason}", reason=current.release_reason)] if current.release_reason else []
        subject = say("You need not review {project} any more", project=project)
        _tell(reviewer, subject, joined("\n\n", [*kind, *said]), current, Notice.Kind.RELEASED)
    if instead is None:
        open_if_complete(proposal, moment)
    else:
        assign_reviewer(proposal=proposal, reviewer=instead, by=by, due_on=due_on, now=moment)
    return current


@transaction.atomic
def accept_review(*, review: Review) -> Review:
    """Say yes; the due date stands."""
    current = lock_own(review)
    if current.state == Review.State.INVITED:
        current.state = Review.State.ACCEPTED
        current.save(update_fields=["state"])
    return current


@transaction.atomic
def skip_review(*, review: Review, now: datetime | None = None) -> Review:
    """Put it behind the others in one's own queue; it stays to be written."""
    current = lock_own(review)
    current.skipped_at = now or timezone.now()
    current.save(update_fields=["skipped_at"])
    return current


GIVE_BACK = {
    "declined": Review.State.DECLINED,
    "conflict": Review.State.CONFLICT,
    "abstained": Review.State.ABSTAINED,
}


@transaction.atomic
def give_back_review(*, review: Review, why: str, now: datetime | None = None) -> Review:
    """Decline, abstain, or declare a conflict: then this person sees no review of the project, ever."""
    if why not in GIVE_BACK:
        raise ProjectProblem(
            say("“{why}” is no way to give a review back. Choose one of {names}.", why=why, names=", ".join(GIVE_BACK))
        )
    current = lock_own(review)
    current.state = GIVE_BACK[why]
    current.save(update_fields=["state"])
    open_if_complete(current.proposal, now or timezone.now())
    return current


def _tell(person: User, subject: str, words: str, review: Review, kind: str = Notice.Kind.REMINDER) -> None:
    """A mail about a review, with a link that its reader can open; it holds nothing of any review."""
    proposal = review.proposal
    name = "review_board" if person.pk == proposal.project.handler_id else "review_edit"
    page = reverse(f"projects:{name}", args=[proposal.project.slug, proposal.number])
    notify(user=person, kind=kind, words=subject, page=page, project=proposal.project, more=words)


def send_reminders(*, now: datetime) -> int:
    """One reminder two days before a review is due and one on the day; the day after, the handler is told instead.

    Each step is one conditional write, so two sweeps at once send one mail. Returns how many were told.
    """
    today, steps = timezone.localdate(now), Review.Reminder
    owed = (
        Review.objects.filter(
            state__in=PENDING, proposal__state__in=OPEN_STATES, due_on__lte=today + timedelta(days=2),
            reminded__lt=steps.HANDLER, reviewer__is_active=True,
        )
        .exclude(proposal__reviews_opened_at__isnull=False)
        .select_related("proposal__project__handler", "reviewer")
        .order_by("due_on")[:200]
    )  # fmt: skip
    told = 0
    for review in owed:
        late = (today - review.due_on).days
        step = steps.HANDLER if late > 0 else steps.TODAY if late == 0 else steps.BEFORE
        if permissions.has_conflict(review.reviewer, review.proposal.project):
            continue
        with transaction.atomic():
            if not Review.objects.filter(pk=review.pk, reminded__lt=step, state__in=PENDING).update(reminded=step):
                continue
            project, day = review.proposal.project, day_words(review.due_on, with_year=True)
            handler = project.handler
            if step != steps.HANDLER:
                words = (
                    say("Your review of {project} is due today", project=project)
                    if step == steps.TODAY
                    else say("Your review of {project} is due on {day}", project=project, day=day)
                )
                _tell(review.reviewer, words, say("It takes about 20 minutes."), review)
            elif handler is not None and permissions.is_handler(handler, project):
                words = say(
                    "{reviewer} was to review {project} by {day}. Wait, or release {reviewer} and ask somebody else.",
                    reviewer=review.reviewer,
                    project=project,
                    day=day,
                )
                _tell(handler, say("A review of {project} is late", project=project), words, review)
            told += 1
    return told
