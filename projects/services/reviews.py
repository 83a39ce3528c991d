"""Writes about reviews: who is asked, what they say, when reviews open, and what is decided."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from projects import permissions, selectors
from projects.core.criteria import BY_KEY, CANNOT_JUDGE, CRITERIA, MINIMUM_REVIEWS, REASON_NEEDED
from projects.core.errors import ProjectProblem, StaleSave
from projects.models import APPROVING, Decision, Project, Proposal, Review, Score, TeamQuestion, User
from projects.services.proposals import revise_proposal
from projects.services.records import reach_step

OPEN_STATES = (Proposal.State.SUBMITTED, Proposal.State.IN_REVIEW)
PENDING = (Review.State.INVITED, Review.State.DRAFTING)


def _lock_in_review(proposal: Proposal) -> Proposal:
    current = Proposal.objects.select_for_update(of=("self",)).select_related("project").get(pk=proposal.pk)
    if current.state not in OPEN_STATES:
        raise ProjectProblem(
            f"Version {current.number} is {current.get_state_display().lower()}; it is not under review now."
        )
    return current


@transaction.atomic
def assign_reviewer(*, proposal: Proposal, reviewer: User, by: User) -> Review:
    """Ask a colleague for a review: nobody of the team, now or before, not the handler, nobody twice."""
    current = _lock_in_review(proposal)
    project = current.project
    if not permissions.is_handler(by, project):
        raise ProjectProblem("Only the handler named for this proposal asks reviewers.")
    if current.reviews_opened_at:
        raise ProjectProblem(
            "The reviews are open, so a new one would not be written blind. Decide, or ask for a revision."
        )
    if reviewer.pk == project.handler_id:
        raise ProjectProblem(f"{reviewer} handles this proposal, and a handler does not score it. Choose someone else.")
    if not reviewer.is_active or permissions.has_conflict(reviewer, project):
        raise ProjectProblem(
            f"{reviewer} has a conflict with {project.team}. Choose someone who was never in the team."
        )
    review, is_new = Review.objects.get_or_create(proposal=current, reviewer=reviewer)
    if not is_new:
        raise ProjectProblem(f"{reviewer} was asked already. Choose someone else.")
    if current.state == Proposal.State.SUBMITTED:
        Proposal.objects.filter(pk=current.pk).update(state=Proposal.State.IN_REVIEW)
    return review


def _lock_own(review: Review) -> Review:
    """The reviewer's row as it is now, while it can still change."""
    _lock_in_review(review.proposal)
    current = (
        Review.objects.select_for_update(of=("self",)).select_related("proposal__project", "reviewer").get(pk=review.pk)
    )
    if current.state not in PENDING:
        raise ProjectProblem(f"Your review is {current.get_state_display().lower()} and stays as it is.")
    if permissions.has_conflict(current.reviewer, current.proposal.project):
        raise ProjectProblem("You belong to the team of this proposal now or did before, so you do not review it.")
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

    `scores` maps a criterion to its score (0 for "cannot judge", None for not yet) and its reason.
    """
    current = _lock_own(review)
    if unknown := set(scores) - set(BY_KEY):
        raise ProjectProblem(f"There is no criterion “{unknown.pop()}”. The five are {', '.join(BY_KEY)}.")
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
    if not Review.objects.filter(pk=current.pk, revision=revision).update(
        **words, revision=F("revision") + 1, state=Review.State.DRAFTING
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
            found[criterion.key] = f"{criterion.label}: choose 1 to 5, or “cannot judge”"
        elif score.value in REASON_NEEDED and not score.reason:
            found[f"{criterion.key}_reason"] = f"{criterion.label}: a score of {score.value} needs a reason"
    if review.confidence is None:
        found["confidence"] = "How sure are you: choose low, middle or high"
    return found


def _open_if_complete(proposal: Proposal, moment: datetime) -> None:
    """All asked-for reviews are in and there are enough of them: the reviews open together."""
    states = list(proposal.reviews.values_list("state", flat=True))
    if states.count(Review.State.SUBMITTED) >= MINIMUM_REVIEWS and not set(states) & set(PENDING):
        Proposal.objects.filter(pk=proposal.pk, reviews_opened_at=None).update(reviews_opened_at=moment)


@transaction.atomic
def submit_review(*, review: Review, now: datetime | None = None) -> Review:
    """Count a review for good; from now on its writer sees the others'."""
    current = _lock_own(review)
    if found := gaps(current):
        raise ProjectProblem("; ".join(found.values()) + ".")
    moment = now or timezone.now()
    current.state, current.submitted_at = Review.State.SUBMITTED, moment
    current.save(update_fields=["state", "submitted_at"])
    _open_if_complete(current.proposal, moment)
    return current


@transaction.atomic
def decline_review(*, review: Review, has_conflict: bool, now: datetime | None = None) -> Review:
    """Give the task back, or declare a conflict: then this person sees no review of the project, ever."""
    current = _lock_own(review)
    current.state = Review.State.CONFLICT if has_conflict else Review.State.DECLINED
    current.save(update_fields=["state"])
    _open_if_complete(current.proposal, now or timezone.now())
    return current


@transaction.atomic
def ask_team(*, proposal: Proposal, user: User, text: str) -> TeamQuestion:
    """A question to the team, open to both sides from the start."""
    current = _lock_in_review(proposal)
    if not (permissions.is_handler(user, current.project) or permissions.is_reviewer(user, current.project)):
        raise ProjectProblem("Only the reviewers and the handler of this proposal ask the team here.")
    if not text.strip():
        raise ProjectProblem("Question: fill this in.")
    return TeamQuestion.objects.create(proposal=current, asked_by=user, text=text.strip())


@transaction.atomic
def answer_question(*, question: TeamQuestion, user: User, text: str, now: datetime | None = None) -> None:
    """The team's answer, once; two members answering at the same moment do not overwrite each other."""
    if not permissions.is_member(user, question.proposal.project):
        raise ProjectProblem("Only members of the team answer.")
    if not text.strip():
        raise ProjectProblem("Answer: fill this in.")
    written = TeamQuestion.objects.filter(pk=question.pk, answered_at=None).update(
        answer=text.strip(), answered_by=user, answered_at=now or timezone.now()
    )
    if not written:
        raise ProjectProblem("A colleague of yours has answered this already; the answer stands.")


@transaction.atomic
def make_decision(
    *,
    proposal: Proposal,
    user: User,
    outcome: str,
    reasons: str,
    dissent: str = "",
    hold_until: str = "",
    now: datetime | None = None,
) -> Decision:
    """Decide a version for good. Go and try end the review step, unless a floor is missed; revise opens the next draft."""
    current = _lock_in_review(proposal)
    if not permissions.is_handler(user, current.project):
        raise ProjectProblem("Only the handler named for this proposal decides.")
    if outcome not in Decision.Outcome.values:
        raise ProjectProblem(f"There is no decision “{outcome}”. Choose one of {', '.join(Decision.Outcome.values)}.")
    if not reasons.strip():
        raise ProjectProblem("Reasons to the team: fill this in.")
    missed = [summary.criterion.label for summary in selectors.profile_of(current).missed_floors]
    if outcome in APPROVING and missed:
        raise ProjectProblem(
            f"{' and '.join(missed)} {'is' if len(missed) == 1 else 'are'} below the floor of 2, which blocks approval."
            " Choose revise, hold or stop."
        )
    if outcome in APPROVING and not current.reviews.filter(state=Review.State.SUBMITTED).exists():
        raise ProjectProblem("No review is in. Approval needs at least one, and three to be more than provisional.")
    moment = now or timezone.now()
    decision = Decision.objects.create(
        proposal=current,
        outcome=outcome,
        reasons=reasons.strip(),
        dissent=dissent.strip(),
        hold_until=hold_until.strip(),
        decided_by=user,
        decided_at=moment,
    )
    Proposal.objects.filter(pk=current.pk).update(
        state=Proposal.State.DECIDED, reviews_opened_at=current.reviews_opened_at or moment
    )
    if outcome in APPROVING:
        reach_step(project=current.project, step=Project.Step.REVIEW)
    if outcome == Decision.Outcome.REVISE:
        revise_proposal(project=current.project)
    return decision
