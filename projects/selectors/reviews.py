"""Reads about reviews. `visible_reviews` is the one door: pages, API, search and counts all pass through it."""

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet

from projects import permissions
from projects.core.criteria import CRITERIA
from projects.core.scoring import Profile, Summary, profile
from projects.models import Membership, Project, Proposal, Review, TeamQuestion, User
from projects.selectors.records import OPEN_STATES, PENDING

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def my_review(user: User, proposal: Proposal) -> Review | None:
    """The person's own review of a version, in whatever state."""
    return proposal.reviews.filter(reviewer=user).first()


def visible_reviews(user: User, proposal: Proposal) -> QuerySet[Review]:
    """The submitted reviews a person may see now; none where they are hidden, so that a count tells nothing.

    A reviewer: after the own one is in. The handler: as they come. Owners of the team: when all are in. Every other
    reader: after the decision. Who declared a conflict: never.
    """
    project, submitted = proposal.project, proposal.reviews.filter(state=Review.State.SUBMITTED)
    own = my_review(user, proposal)
    decided = proposal.state == Proposal.State.DECIDED
    if Review.objects.filter(proposal__project=project, reviewer=user, state=Review.State.CONFLICT).exists():
        return submitted.none()
    if own is not None and own.state in PENDING and proposal.state in OPEN_STATES:
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


@dataclass(frozen=True)
class Board:
    """All that may be seen of the reviews of a version."""

    voices: list[Voice]
    profile: Profile
    rows: list[Row]


def profile_of(proposal: Proposal) -> Profile:
    """What the submitted reviews say together, for the rules of a decision; pages ask `board_of`."""
    submitted = proposal.reviews.filter(state=Review.State.SUBMITTED).prefetch_related("scores")
    return profile([{score.criterion: score.value for score in review.scores.all()} for review in submitted])


def board_of(user: User, proposal: Proposal) -> Board | None:
    """The matrix of reviews, weakest criterion first; None while nothing may be seen."""
    reviews = list(visible_reviews(user, proposal).select_related("reviewer").prefetch_related("scores"))
    if not reviews:
        return None
    names_shown = permissions.is_handler(user, proposal.project)
    voices = []
    for index, review in enumerate(reviews):
        scores = {score.criterion: score for score in review.scores.all()}
        voices.append(
            Voice(
                LETTERS[index % 26],
                str(review.reviewer) if names_shown else "you" if review.reviewer_id == user.pk else "",
                review,
                {key: score.value for key, score in scores.items()},
                [
                    (c.label, scores[c.key].value, scores[c.key].reason)
                    for c in CRITERIA
                    if c.key in scores and scores[c.key].reason
                ],
            )
        )
    whole = profile([voice.scores for voice in voices])
    rows = [Row(summary, [voice.scores.get(summary.criterion.key) for voice in voices]) for summary in whole.criteria]
    return Board(voices, whole, rows)


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
        ~Exists(Membership.objects.filter(team=project.team_id, user=OuterRef("pk"))),
        ~Exists(Review.objects.filter(proposal__project=project, reviewer=OuterRef("pk"), state=Review.State.CONFLICT)),
        is_active=True,
        is_demo=project.is_demo,
    ).order_by("name")


def handler_candidates(project: Project) -> QuerySet[User]:
    """Who may be named handler: without a conflict, and scoring none of it."""
    scoring = Review.objects.filter(proposal__project=project, reviewer=OuterRef("pk")).exclude(
        state=Review.State.DECLINED
    )
    return _outside(project).filter(~Exists(scoring))


def reviewer_candidates(proposal: Proposal) -> QuerySet[User]:
    """Who may be asked for a review: without a conflict, not the handler, not asked before."""
    asked = Review.objects.filter(proposal=proposal, reviewer=OuterRef("pk"))
    return _outside(proposal.project).filter(~Exists(asked)).exclude(pk=proposal.project.handler_id)


def reviews_of(user: User) -> QuerySet[Review]:
    """The person's own reviews, those still owed first."""
    return Review.objects.filter(reviewer=user).select_related("proposal__project").order_by("-invited_at")
