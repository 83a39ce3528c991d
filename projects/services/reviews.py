"""Writes about reviews: what they say, when they open together, questions to the team."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from dlstart_web.kit.say import joined, say
from projects import permissions, selectors
from projects.core.criteria import BY_KEY, CANNOT_JUDGE, CRITERIA, REASON_NEEDED
from projects.core.errors import ProjectProblem, StaleSave
from projects.models import Notice, Proposal, Review, Score, TeamQuestion, User
from projects.selectors.records import OPEN_STATES, PENDING
from projects.services.notices import notify

IS_RELEASED = say("You were released from this review, so it does not count. What you wrote is kept.")


def lock_in_review(proposal: Proposal) -> Proposal:
    """The version as it is now, while it is under review."""
    current = Proposal.objects.select_for_update(of=("self",)).select_related("project").get(pk=proposal.pk)
    if current.state not in OPEN_STATES:
        raise ProjectProblem(
            say(
                "Version {number} is {state}; it is not under review now.",
                number=current.number,
                state=current.get_state_display().lower(),
            )
        )
    return current


def lock_own(review: Review, *, released: bool = False) -> Review:
    """The reviewer's row as it is now, while it can still change; with `released` also one whose reviewer was released."""
    rows = Review.objects.select_for_update(of=("self",)).select_related("proposal__project", "reviewer")
    if released and (kept := rows.filter(pk=review.pk, state=Review.State.RELEASED).first()):
        return kept
    lock_in_review(review.proposal)
    current = rows.get(pk=review.pk)
    if current.state == Review.State.RELEASED:
        if released:  # just now, before the lock was had
            return current
        raise ProjectProblem(IS_RELEASED)
    if current.state not in PENDING:
        raise ProjectProblem(
            say("Your review is {state} and stays as it is.", state=current.get_state_display().lower())
        )
    if permissions.has_conflict(current.reviewer, current.proposal.project):
        raise ProjectProblem(say("You have a conflict with this proposal, so you do not review it."))
    return current


@transaction.atomic
def save_review(
    *,
    review: Review,
    revision: int,
    scores: Mapping[str, tuple[int | None, str]],
    confidence: int | None = None,
    strength: str = "",
    worry: str = "",
    change_mind: str = "",
) -> Review:
    """Keep a draft as it is, complete or not; StaleSave if another window of the reviewer saved since.

    Who was released meanwhile has it kept, too: it stays their own, and counts for nothing.

    `scores` maps a criterion to its score (0 for "cannot judge", None for not yet) and its reason.
    """
    current = lock_own(review, released=True)
    if unknown := set(scores) - set(BY_KEY):
        raise ProjectProblem(
            say("There is no criterion “{key}”. The five are {names}.", key=unknown.pop(), names=", ".join(BY_KEY))
        )
    words = {"confidence": confidence, "strength": strength, "worry": worry, "change_mind": change_mind}
    wanted = {
        key: {"value": value or None, "cannot_judge": value == CANNOT_JUDGE, "reason": reason.strip()}
        for key, (value, reason) in scores.items()
    }
    stored = {score.criterion: score for score in current.scores.all()}
    same_words = all(getattr(current, name) == value for name, value in words.items())
    if same_words and all(
        key in stored and all(getattr(stored[key], name) == value for name, value in parts.items())
        for key, parts in wanted.items()
    ):
        return current  # the autosave that a click on the button set off has brought the same
    state = current.state if current.state == Review.State.RELEASED else Review.State.DRAFTING
    if not Review.objects.filter(pk=current.pk, revision=revision).update(
        **words, revision=F("revision") + 1, state=state
    ):
        raise StaleSave(current)
    for key, parts in wanted.items():
        Score.objects.update_or_create(review=current, criterion=key, defaults=parts)
    return Review.objects.get(pk=current.pk)


def gaps(review: Review) -> dict[str, str]:
    """What a review still needs before it counts, by field: criterion, `<criterion>_reason` or confidence."""
    found: dict[str, str] = {}
    scores = {score.criterion: score for score in review.scores.all()}
    for criterion in CRITERIA:
        score = scores.get(criterion.key)
        if score is None or (score.value is None and not score.cannot_judge):
            found[criterion.key] = say("{criterion}: choose 1 to 5, or “cannot judge”", criterion=criterion.label)
        elif score.value in REASON_NEEDED and not score.reason:
            found[f"{criterion.key}_reason"] = say(
                "{criterion}: a score of {value} needs a reason", criterion=criterion.label, value=score.value
            )
    if review.confidence is None:
        found["confidence"] = say("How sure are you: choose low, middle or high")
    return found


def open_if_complete(proposal: Proposal, moment: datetime) -> None:
    """Once the last review is in, or waited for no longer, the reviews open together."""
    if selectors.is_complete(proposal):
        open_reviews(proposal, moment)


def open_reviews(proposal: Proposal, moment: datetime) -> None:
    """The discussion begins, once: owners of the team see the reviews, and the handler is told."""
    if not Proposal.objects.filter(pk=proposal.pk, reviews_opened_at=None).update(reviews_opened_at=moment):
        return
    handler, project = proposal.project.handler, proposal.project
    if handler is not None and permissions.is_handler(handler, project):
        page = reverse("projects:review_board", args=[project.slug, proposal.number])
        words = say("They are open now. The discussion can begin.")
        subject = say("All reviews of {project} are in", project=project)
        notify(user=handler, kind=Notice.Kind.LAST_REVIEW, words=subject, page=page, project=project, more=words)


@transaction.atomic
def submit_review(*, review: Review, now: datetime | None = None) -> Review:
    """Count a review for good; from now on its writer sees the others'."""
    current = lock_own(review)
    if found := gaps(current):
        raise ProjectProblem(joined("", [joined("; ", found.values()), "."]))
    moment = now or timezone.now()
    current.state, current.submitted_at = Review.State.SUBMITTED, moment
    current.save(update_fields=["state", "submitted_at"])
    open_if_complete(current.proposal, moment)
    return current


@transaction.atomic
def ask_team(*, proposal: Proposal, user: User, text: str) -> TeamQuestion:
    """A question to the team, open to both sides from the start."""
    current = lock_in_review(proposal)
    if not (permissions.is_handler(user, current.project) or permissions.is_reviewer(user, current.project)):
        raise ProjectProblem(say("Only the reviewers and the handler of this proposal ask the team here."))
    if not text.strip():
        raise ProjectProblem(say("Question: fill this in."))
    question = TeamQuestion.objects.create(proposal=current, asked_by=user, text=text.strip())
    page = reverse("projects:proposal_preview", args=[current.project.slug, current.number]) + "#questions"
    for member in User.objects.filter(memberships__team=current.project.team_id, memberships__left_at=None):
        words = say("Somebody asks your team about {project}", project=current.project)
        notify(user=member, kind=Notice.Kind.ASKED, words=words, page=page, project=current.project)
    return question


@transaction.atomic
def answer_question(*, question: TeamQuestion, user: User, text: str, now: datetime | None = None) -> None:
    """The team's answer, once; two members answering at the same moment do not overwrite each other."""
    if not permissions.is_member(user, question.proposal.project):
        raise ProjectProblem(say("Only members of the team answer."))
    if not text.strip():
        raise ProjectProblem(say("Answer: fill this in."))
    written = TeamQuestion.objects.filter(pk=question.pk, answered_at=None).update(
        answer=text.strip(), answered_by=user, answered_at=now or timezone.now()
    )
    if not written:
        raise ProjectProblem(say("A colleague of yours has answered this already; the answer stands."))
    project = question.proposal.project
    page = reverse("projects:proposal_preview", args=[project.slug, question.proposal.number]) + "#questions"
    words = say("The team of {project} has answered your question", project=project)
    notify(user=question.asked_by, kind=Notice.Kind.NEWS, words=words, page=page, project=project)
