"""Reads about reviews. `visible_reviews` is the one door: pages, API, search and counts all pass through it."""

from dataclasses import dataclass
from datetime import date
from statistics import fmean
from typing import Any

from django.db.models import Avg, Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from dlstart_web.kit.say import joined, say, say_count
from projects import permissions
from projects.core.criteria import BY_KEY, CRITERIA
from projects.core.panel import Habit, habit
from projects.core.rules import Rules
from projects.core.scoring import Profile, Summary, profile
from projects.models import (
    Conflict,
    Decision,
    Membership,
    PendingDecision,
    Project,
    Proposal,
    Remark,
    Review,
    Score,
    ScoreChange,
    TeamQuestion,
    TeamReply,
    User,
)
from projects.selectors.administration import rules_in_force
from projects.selectors.records import OPEN_STATES, PENDING, conflicted, entrusted_projects

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def my_review(user: User, proposal: Proposal) -> Review | None:
    """The person's own review of a version, in whatever state."""
    return proposal.reviews.filter(reviewer=user).first()


def owes_review(own: Review | None, proposal: Proposal | None) -> bool:
    """A blind review of a version is still to be written: until then nothing names the team."""
    return own is not None and proposal is not None and own.state in PENDING and proposal.state in OPEN_STATES


def released_review(user: User, **version: Any) -> Review | None:
    """The person's own review of a version if they were released from it: theirs to read wherever the proposal is not."""
    own = Review.objects.filter(reviewer=user, state=Review.State.RELEASED, **version)
    return own.select_related("proposal__project").first()


def release_needs_reason(review: Review, today: date) -> bool:
    """Who said yes and has time left is released with a reason; who did not answer, or is late, without one too."""
    return review.state != Review.State.INVITED and (review.due_on is None or review.due_on >= today)


def is_complete(proposal: Proposal, *, without: Review | None = None) -> bool:
    """All asked-for reviews are in and there are enough of them; `without` one that is waited for no longer."""
    reviews = proposal.reviews.exclude(pk=without.pk) if without else proposal.reviews.all()
    states = list(reviews.values_list("state", flat=True))
    return states.count(Review.State.SUBMITTED) >= rules_of(proposal).reviews_wanted and not set(states) & set(PENDING)


def visible_reviews(user: User, proposal: Proposal) -> QuerySet[Review]:
    """The submitted reviews a person may see now; none where they are hidden, so that a count tells nothing.

    A reviewer: after the own one is in. The handler: as they come. Owners of the team: when all are in. Its members, and
    readers without a conflict: after the decision. Who has a conflict outside the team: never. An administrator who
    has broken the glass: for an hour.
    """
    project, submitted = proposal.project, proposal.reviews.filter(state=Review.State.SUBMITTED)
    own = my_review(user, proposal)
    decided = proposal.state == Proposal.State.DECIDED
    if permissions.has_broken_glass(user, project):
        return submitted
    if permissions.is_shut_out(user, project):
        return submitted.none()
    if owes_review(own, proposal):
        return submitted.none()
    if decided and permissions.may_read(user, project):
        return submitted
    if proposal.reviews_opened_at and permissions.is_owner(user, project):
        return submitted
    if permissions.has_conflict(user, project):
        return submitted.none()
    if permissions.is_handler(user, project) or (own is not None and own.state == Review.State.SUBMITTED):
        return submitted
    return submitted.none()


@dataclass(frozen=True)
class Voice:
    """One review as it is shown: a letter, and the name only to the handler."""

    letter: str
    name: str
    review: Review
    scores: dict[str, int | None]
    reasons: list[tuple[str, int | None, str]]


@dataclass(frozen=True)
class Row:
    """A criterion with the score of each reviewer."""

    summary: Summary
    cells: list[int | None]

    @property
    def gap(self) -> int:
        return (self.summary.high or 0) - (self.summary.low or 0)


@dataclass(frozen=True)
class Shift:
    """A score that was changed in the discussion: what it was at first, and why it moved."""

    letter: str
    label: str
    change: ScoreChange
    became: int | None


@dataclass(frozen=True)
class Board:
    """All that may be seen of the reviews of a version."""

    voices: list[Voice]
    profile: Profile
    rows: list[Row]
    shifts: list[Shift]
    names_hidden: bool  # from everybody but the handler


def rules_of(proposal: Proposal) -> Rules:
    """The rules a version is judged by: those it was submitted under, for a draft those in force now."""
    if proposal.state == Proposal.State.DRAFT:
        return rules_in_force()
    return proposal.review_rules.rules if proposal.review_rules else Rules()


def profile_of(proposal: Proposal) -> Profile:
    """What the submitted reviews say together, for the rules of a decision; pages ask `board_of`."""
    submitted = proposal.reviews.filter(state=Review.State.SUBMITTED).prefetch_related("scores")
    scores = [{score.criterion: score.value for score in review.scores.all()} for review in submitted]
    return profile(scores, rules_of(proposal).criteria)


def board_of(user: User, proposal: Proposal) -> Board | None:
    """The matrix of reviews, weakest criterion first; None while nothing may be seen."""
    reviews = list(visible_reviews(user, proposal).select_related("reviewer").prefetch_related("scores__changes"))
    if not reviews:
        return None
    rules = rules_of(proposal)
    names_shown = permissions.is_handler(user, proposal.project) or not rules.names_hidden
    voices = []
    for index, review in enumerate(reviews):
        scores = {score.criterion: score for score in review.scores.all()}
        voices.append(
            Voice(
                LETTERS[index % 26],
                str(review.reviewer) if names_shown else say("you") if review.reviewer_id == user.pk else "",
                review,
                {key: score.value for key, score in scores.items()},
                [
                    (c.label, scores[c.key].value, scores[c.key].reason)
                    for c in CRITERIA
                    if c.key in scores and scores[c.key].reason
                ],
            )
        )
    whole = profile([voice.scores for voice in voices], rules.criteria)
    rows = [Row(summary, [voice.scores.get(summary.criterion.key) for voice in voices]) for summary in whole.criteria]
    if proposal.reviews_opened_at and proposal.state in OPEN_STATES:  # discussed now: where they are furthest apart
        rows.sort(key=lambda row: -row.gap)
    return Board(voices, whole, rows, _shifts(voices), rules.names_hidden)


def _shifts(voices: list[Voice]) -> list[Shift]:
    """All changes, in the order of the reviewers; each says what came next."""
    found = []
    for voice in voices:
        for score in voice.review.scores.all():
            changes = list(score.changes.all())
            became = [*(change.value for change in changes[1:]), score.value]
            label = BY_KEY[score.criterion].label
            found += [Shift(voice.letter, label, *pair) for pair in zip(changes, became, strict=False)]
    return found


def may_discuss(user: User, proposal: Proposal) -> bool:
    """The handler, and reviewers whose review is in, once all reviews are open."""
    if permissions.has_conflict(user, proposal.project) or not proposal.reviews_opened_at:
        return False
    own = my_review(user, proposal)
    return permissions.is_handler(user, proposal.project) or (own is not None and own.state == Review.State.SUBMITTED)


def remarks_for(user: User, proposal: Proposal) -> list[tuple[str, Remark]]:
    """The discussion for those in it: each remark with the letter of who made it."""
    if not may_discuss(user, proposal):
        return []
    submitted = proposal.reviews.filter(state=Review.State.SUBMITTED).values_list("reviewer", flat=True)
    letters = {
        reviewer: say("Reviewer {letter}", letter=LETTERS[index % 26]) for index, reviewer in enumerate(submitted)
    }
    return [(letters.get(remark.author_id, say("The handler")), remark) for remark in proposal.remarks.all()]


def reply_for(user: User, proposal: Proposal) -> TeamReply | None:
    """The team's reply, for whoever may see the reviews it answers."""
    if not (permissions.is_owner(user, proposal.project) or visible_reviews(user, proposal).exists()):
        return None
    return TeamReply.objects.filter(proposal=proposal).first()


def shown_decision(user: User, project: Project, decision: Decision | None) -> Decision | None:
    """A decision as a person reads it: reasons and dissent speak of the reviews, so they are shown to nobody shut out."""
    if decision and permissions.is_shut_out(user, project):
        decision.reasons = decision.dissent = str(say("Not shown to you: you have a conflict with this project."))
    return decision


def outbox_of(user: User) -> list[PendingDecision]:
    """What this handler means to decide: drafts, and letters that wait to be sent."""
    found = PendingDecision.objects.filter(
        proposal__project__in=entrusted_projects(user),
        proposal__project__handler=user,
        proposal__state__in=OPEN_STATES,
    )
    return list(found.select_related("proposal__project").order_by("saved_at"))


def questions_for(user: User, proposal: Proposal) -> QuerySet[TeamQuestion]:
    """Questions and answers: open to the team, the handler and the reviewers, and to nobody else."""
    project = proposal.project
    if (
        permissions.is_member(user, project)
        or permissions.is_handler(user, project)
        or permissions.is_reviewer(user, project)
    ):
        return proposal.questions.select_related("asked_by", "answered_by")
    return proposal.questions.none()


def _outside(project: Project) -> QuerySet[User]:
    """Active people without a conflict."""
    return User.objects.filter(
        ~permissions.conflict(OuterRef("pk"), project.pk, project.team_id), is_active=True, is_demo=project.is_demo
    ).order_by("name")


def handler_candidates(project: Project, by: User) -> QuerySet[User]:
    """Who may be named handler: without a conflict, and scoring none of it.

    An administrator with a conflict chooses from everybody outside the team: a name left out would tell who reviews.
    """
    if permissions.has_conflict(by, project):
        outside = ~Exists(Membership.objects.filter(team=project.team_id, user=OuterRef("pk")))
        return User.objects.filter(outside, is_active=True, is_demo=project.is_demo).order_by("name")
    scoring = Review.objects.filter(proposal__project=project, reviewer=OuterRef("pk")).exclude(
        state__in=permissions.GONE
    )
    return _outside(project).filter(~Exists(scoring))


def reviewer_candidates(proposal: Proposal) -> QuerySet[User]:
    """Who may be asked for a review: without a conflict, not the handler, not asked before unless released."""
    asked = Review.objects.filter(proposal=proposal, reviewer=OuterRef("pk")).exclude(state=Review.State.RELEASED)
    return _outside(proposal.project).filter(~Exists(asked)).exclude(pk=proposal.project.handler_id)


@dataclass(frozen=True)
class Suggestion:
    """Somebody to ask, and why."""

    person: User
    load: int  # reviews under way, as far as the handler may know of them
    is_elsewhere: bool  # of another department than everybody in the team

    @property
    def words(self) -> str:
        load = (
            say_count(self.load, "{count} review under way", "{count} reviews under way")
            if self.load
            else say("no review under way")
        )
        return joined(", ", [part for part in (self.person.department, load) if part])


def reviewer_suggestions(proposal: Proposal, handler: User, *, count: int = 5) -> list[Suggestion]:
    """Whom to ask next, of those never asked: of another department first, then who has least to review.

    A load counts no review of a proposal with which the handler has a conflict: a number is a fact, too.
    """
    project = proposal.project
    known = (
        Review.objects.filter(reviewer=OuterRef("pk"), state__in=PENDING, proposal__state__in=OPEN_STATES)
        .exclude(conflicted(handler, "proposal__project", "proposal__project__team"))
        .order_by()
        .values("reviewer")
        .annotate(count=Count("pk"))
        .values("count")
    )
    home = set(
        User.objects.filter(memberships__team=project.team_id, memberships__left_at=None)
        .exclude(department="")
        .values_list("department", flat=True)
    )
    people = (
        reviewer_candidates(proposal).exclude(reviews__proposal=proposal).annotate(load=Coalesce(Subquery(known), 0))
    )
    found = [Suggestion(p, p.load, bool(p.department) and p.department not in home) for p in people]
    return sorted(found, key=lambda one: (not one.is_elsewhere, one.load, one.person.name))[:count]


def next_review(user: User, *, after: Review | None = None) -> Review | None:
    """The review to write next: skipped ones last, then where fewest were in when this one was asked for, then by date.

    The count is that of the invitation, so that the order tells nothing of reviews that came in since.
    """
    owed = (
        Review.objects.filter(reviewer=user, state__in=PENDING, proposal__state__in=OPEN_STATES)
        .filter(proposal__project__in=entrusted_projects(user))
        .select_related("proposal__project")
        .order_by(F("skipped_at").asc(nulls_first=True), "ahead", "due_on", "invited_at", "pk")
    )
    return owed.exclude(pk=after.pk).first() if after else owed.first()


def progress_of(user: User) -> tuple[int, int]:
    """Own reviews that are in, and all that were asked and not given back, of proposals still under review."""
    mine = Review.objects.filter(reviewer=user, proposal__state__in=OPEN_STATES).exclude(state__in=permissions.GONE)
    counts = mine.aggregate(done=Count("pk", filter=Q(state=Review.State.SUBMITTED)), total=Count("pk"))
    return counts["done"], counts["total"]


def conflicts_of(project: Project) -> QuerySet[Conflict]:
    """Who is named or declared, for the owners of the team and the handler."""
    return project.conflicts.select_related("user", "noted_by")


def reviews_of(user: User) -> QuerySet[Review]:
    """The person's own reviews, those still owed first."""
    return Review.objects.filter(reviewer=user).select_related("proposal__project").order_by("due_on", "-invited_at")


def habit_of(user: User) -> Habit:
    """How the person's scores lie to the others' on the same proposals; for that person alone, of reviews they may see."""
    mine = Review.objects.filter(
        reviewer=user, state=Review.State.SUBMITTED, proposal__project__in=entrusted_projects(user)
    )
    given = (
        Score.objects.filter(
            review__state=Review.State.SUBMITTED, review__proposal__in=mine.values("proposal"), value__isnull=False
        )
        .values_list("review__proposal", "review__reviewer")
        .annotate(mean=Avg("value"))
    )
    own: dict[int, float] = {}
    others: dict[int, list[float]] = {}
    for proposal, reviewer, mean in given:
        if reviewer == user.pk:
            own[proposal] = mean
        else:
            others.setdefault(proposal, []).append(mean)
    return habit([(mean, fmean(others[proposal])) for proposal, mean in own.items() if proposal in others])
