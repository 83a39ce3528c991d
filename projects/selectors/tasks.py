"""What waits for a person: each kind of task in one query."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Exists, Max, OuterRef, Q
from django.urls import reverse
from django.utils import timezone

from dlstart_web.kit.say import joined, say, say_count
from dlstart_web.kit.text import day_words
from projects import permissions
from projects.core.rules import Rules
from projects.models import TRY_HOURS, Decision, Project, Proposal, Review, TeamQuestion, User
from projects.permissions import GONE
from projects.selectors.records import (
    OPEN_STATES,
    PENDING,
    active_memberships,
    entrusted_projects,
    page_or_blank,
)
from projects.selectors.setup import is_setup_put_away, setup_steps, standing, steps_open
from projects.selectors.starting import tries_ending

DRAFTS = 5  # the newest


@dataclass(frozen=True)
class Task:
    """Something that waits for a person, since when, and by which day it is due if it has one."""

    words: str
    note: str
    url: str
    act: str
    minutes: int
    since: datetime
    due: date | None = None
    others_wait: bool = True


def in_order(tasks: Iterable[Task]) -> list[Task]:
    """What has a day first, by that day, so that what is overdue leads; then what others wait for; then the rest.

    Each the oldest first.
    """
    return sorted(tasks, key=lambda task: (task.due or date.max, not task.others_wait, task.since))


def due_words(due: date, today: date) -> str:
    """ "due 3 Mar", or that the day is past."""
    return say("was due {day}", day=day_words(due)) if due < today else say("due {day}", day=day_words(due))


def tasks_of(user: User, now: datetime) -> list[Task]:
    """What waits for a person in vetting, in a fixed number of queries; `in_order` orders it."""
    return [
        *_reviews(user, timezone.localdate(now)),
        *_questions(user),
        *_handled(user),
        *_without_handler(user),
        *_first_steps(user, now),
        *_approved(user),
        *_drafts(user),
        *_tries(user, now),
    ]


def _page(name: str, proposal: Proposal) -> str:
    return reverse(f"projects:{name}", args=[proposal.project.slug, proposal.number])


def _reviews(user: User, today: date) -> Iterator[Task]:
    owed = Review.objects.filter(reviewer=user, state__in=PENDING, proposal__state__in=OPEN_STATES)
    for review in owed.filter(proposal__project__in=entrusted_projects(user)).select_related("proposal__project"):
        draft = review.state == Review.State.DRAFTING
        notes = [
            *([due_words(review.due_on, today)] if review.due_on else []),
            say("draft saved") if draft else say("others stay hidden until yours is in"),
        ]
        yield Task(
            say("Review “{project}”", project=review.proposal.project),
            joined(" · ", notes),
            _page("review_edit", review.proposal),
            say("Continue the review") if draft else say("Review"),
            20,
            review.invited_at,
            review.due_on,
        )


def _questions(user: User) -> Iterator[Task]:
    mine = Exists(active_memberships(user, "proposal__project__team"))
    asked = TeamQuestion.objects.filter(mine, answered_at=None, proposal__state__in=OPEN_STATES)
    for question in asked.select_related("proposal__project"):
        yield Task(
            say("Answer a question on “{project}”", project=question.proposal.project),
            question.text[:120],
            _page("proposal_preview", question.proposal) + "#questions",
            say("Answer"),
            5,
            question.asked_at,
        )


def _handled(user: User) -> Iterator[Task]:
    handled = (
        Proposal.objects.filter(project__in=entrusted_projects(user), project__handler=user, state__in=OPEN_STATES)
        .select_related("project", "review_rules")
        .annotate(
            asked=Count("reviews", filter=~Q(reviews__state__in=GONE)),
            owed=Count("reviews", filter=Q(reviews__state__in=PENDING)),
        )
    )
    for judged in handled:
        wanted = (judged.review_rules.rules if judged.review_rules else Rules()).reviews_wanted
        if judged.asked < wanted:
            yield Task(
                say("Name reviewers for “{project}”", project=judged.project),
                say("{asked} of {wanted} reviewers asked", asked=judged.asked, wanted=wanted),
                _page("review_board", judged),
                say("Name reviewers"),
                5,
                judged.submitted_at,
            )
        elif not judged.owed:
            yield Task(
                say("Decide on “{project}”", project=judged.project),
                say("all reviews are in"),
                _page("review_board", judged),
                say("Decide"),
                15,
                judged.reviews_opened_at or judged.submitted_at,
            )


def _without_handler(user: User) -> Iterator[Task]:
    if not user.is_administrator:
        return
    nobody = Q(project__handler=None) | permissions.conflict(
        OuterRef("project__handler"), OuterRef("project"), OuterRef("project__team")
    )
    for proposal in Proposal.objects.filter(nobody, state__in=OPEN_STATES).select_related("project"):
        yield Task(
            say("Name a handler for “{project}”", project=proposal.project),
            say("nobody decides on it yet"),
            reverse("projects:handler_assign", args=[proposal.project.slug]),
            say("Name a handler"),
            2,
            proposal.submitted_at,
        )


def _first_steps(user: User, now: datetime) -> Iterator[Task]:
    """What an administrator does before people come, until it is done or put away."""
    if not user.is_administrator or is_setup_put_away():
        return
    if count := steps_open(setup_steps(standing(now))):
        yield Task(
            say("Set dlstart up"),
            say_count(count, "{count} first step open", "{count} first steps open"),
            reverse("projects:administration") + "#setup",
            say("Go through them"),
            15,
            user.joined_at,
            others_wait=False,
        )


def _approved(user: User) -> Iterator[Task]:
    waiting = Project.objects.filter(
        Exists(active_memberships(user)), is_sandbox=False, reached=Project.Step.REVIEW
    ).annotate(approved_at=Max("proposals__decision__decided_at"), locked_at=Max("criteria__locked_at"))
    for project in waiting:
        if project.locked_at:
            yield Task(
                say("{project}: bring the data", project=project),
                say("the success criterion is locked"),
                page_or_blank("datasets:project_data", project),
                say("Add data"),
                10,
                project.locked_at,
                others_wait=False,
            )
        else:
            yield Task(
                say("{project}: lock the success criterion", project=project),
                say("before you train"),
                page_or_blank("evaluations:criterion", project),
                say("Lock"),
                5,
                project.approved_at or project.created_at,
                others_wait=False,
            )


def _drafts(user: User) -> Iterator[Task]:
    drafts = Proposal.objects.filter(
        Exists(active_memberships(user, "project__team")), state=Proposal.State.DRAFT, project__is_sandbox=False
    )
    for proposal in drafts.select_related("project").order_by("-created_at")[:DRAFTS]:
        yield Task(
            say("Go on with the proposal of “{project}”", project=proposal.project),
            say("version {number}, draft", number=proposal.number),
            reverse("projects:proposal_section", args=[proposal.project.slug, proposal.number, "problem"]),
            say("Write"),
            10,
            proposal.created_at,
            others_wait=False,
        )


def _tries(user: User, now: datetime) -> Iterator[Task]:
    """Tries whose hours are used up, or nearly."""
    for decision in tries_ending(user, now):
        yield Task(
            say("Say what came of trying “{project}”", project=decision.proposal.project),
            _try_note(decision, now),
            reverse("projects:project_detail", args=[decision.proposal.project.slug]),
            say("Look"),
            10,
            decision.decided_at,
            timezone.localdate(decision.try_until),
        )


def _try_note(decision: Decision, now: datetime) -> str:
    ends = decision.try_until or now
    values = {"hours": decision.try_hours or TRY_HOURS, "day": day_words(timezone.localdate(ends))}
    if ends < now:
        return say("its {hours:,} hours were used up on {day}", **values)
    return say("its {hours:,} hours end on {day}", **values)
