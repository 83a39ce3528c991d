"""Writes of the discussion: changed scores, remarks, the team's one reply, what is decided and the letter about it."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from dlstart_web.kit.say import say
from dlstart_web.kit.text import thousands
from projects import permissions, selectors
from projects.core import letters
from projects.core.criteria import BY_KEY, CANNOT_JUDGE, REASON_NEEDED
from projects.core.errors import ProjectProblem
from projects.models import (
    APPROVING,
    TRY_HOURS,
    Decision,
    Membership,
    Notice,
    PendingDecision,
    Project,
    Proposal,
    Remark,
    Review,
    ScoreChange,
    TeamReply,
    User,
)
from projects.services.notices import notify
from projects.services.proposals import revise_proposal
from projects.services.records import reach_step
from projects.services.reviews import lock_in_review, open_reviews

REPLY_WORDS = 500
MOST_TRY_HOURS = 90 * 24


def _lock_open(proposal: Proposal) -> Proposal:
    """The version while it is discussed."""
    current = lock_in_review(proposal)
    if not current.reviews_opened_at:
        raise ProjectProblem(
            say("The discussion opens when all reviews are in; until then everybody writes on their own.")
        )
    return current


@transaction.atomic
def begin_discussion(*, proposal: Proposal, user: User, now: datetime | None = None) -> None:
    """The handler opens the reviews without waiting for who is late; those still blind stay so."""
    current = lock_in_review(proposal)
    if not permissions.is_handler(user, current.project):
        raise ProjectProblem(say("Only the handler named for this proposal opens the discussion."))
    if not current.reviews.filter(state=Review.State.SUBMITTED).exists():
        raise ProjectProblem(say("No review is in, so there is nothing to discuss."))
    open_reviews(current, now or timezone.now())


@transaction.atomic
def change_scores(
    *, proposal: Proposal, user: User, scores: Mapping[str, tuple[int, str]], why: str, now: datetime | None = None
) -> int:
    """Change one's own scores in the discussion, saying why; what stood there is kept. Returns how many changed.

    `scores` maps a criterion to its new score (0 for "cannot judge") and reason.
    """
    current = _lock_open(proposal)
    review = current.reviews.filter(reviewer=user, state=Review.State.SUBMITTED).first()
    if review is None or permissions.has_conflict(user, current.project):
        raise ProjectProblem(say("Only who has submitted a review changes its scores."))
    stored = {score.criterion: score for score in review.scores.select_for_update()}
    changed = []
    for key, (value, reason) in scores.items():
        if key not in stored or not 0 <= value <= 5:
            raise ProjectProblem(say("{key}: choose one of the five criteria, and 0 to 5.", key=key))
        score, text = stored[key], reason.strip()
        if (score.value or CANNOT_JUDGE) == value and score.reason == text:
            continue
        if value in REASON_NEEDED and not text:
            raise ProjectProblem(
                say("{criterion}: a score of {value} needs a reason.", criterion=BY_KEY[key].label, value=value)
            )
        changed.append((score, value, text))
    if changed and not why.strip():
        raise ProjectProblem(say("What changed your mind: fill this in."))
    for score, value, text in changed:
        ScoreChange.objects.create(
            score=score, value=score.value, reason=score.reason, why=why.strip(), changed_at=now or timezone.now()
        )
        score.value, score.cannot_judge, score.reason = value or None, value == CANNOT_JUDGE, text
        score.save(update_fields=["value", "cannot_judge", "reason"])
    return len(changed)


@transaction.atomic
def add_remark(*, proposal: Proposal, user: User, text: str) -> Remark:
    """Say something to the other reviewers and the handler."""
    current = _lock_open(proposal)
    if not selectors.may_discuss(user, current):
        raise ProjectProblem(say("Only the reviewers whose review is in, and the handler, discuss this proposal."))
    if not text.strip():
        raise ProjectProblem(say("Your remark: fill this in."))
    return Remark.objects.create(proposal=current, author=user, text=text.strip())


@transaction.atomic
def reply_for_team(*, proposal: Proposal, user: User, text: str) -> TeamReply:
    """The team's one reply to the reviews, of 500 words at most; it is sent once and stays."""
    current = _lock_open(proposal)
    if not permissions.is_owner(user, current.project):
        raise ProjectProblem(say("Only an owner of {team} replies for the team.", team=current.project.team))
    words = len(text.split())
    if not 0 < words <= REPLY_WORDS:
        raise ProjectProblem(say("Your reply has {words} words; it needs 1 to {most}.", words=words, most=REPLY_WORDS))
    reply, is_new = TeamReply.objects.get_or_create(proposal=current, defaults={"text": text.strip(), "sent_by": user})
    if not is_new:
        raise ProjectProblem(say("Your team has replied already; there is one reply, and it stands."))
    return reply


def owners_of(project: Project) -> QuerySet[User]:
    """Who gets the letter."""
    return User.objects.filter(
        memberships__team=project.team_id,
        memberships__role=Membership.Role.OWNER,
        memberships__left_at=None,
        is_active=True,
    )


def _all_of(sentences: Iterable[str]) -> str:
    first, *others = sentences
    for other in others:
        first = say("{first} and {other}", first=first, other=other)
    return first


def check_decision(
    proposal: Proposal, user: User, outcome: str, reasons: str, hold_until: str, try_hours: int | None = None
) -> None:
    """Refuse what cannot be decided: without reasons, on hold without an end, or approval under a floor."""
    if not permissions.is_handler(user, proposal.project):
        raise ProjectProblem(say("Only the handler named for this proposal decides."))
    if outcome not in Decision.Outcome.values:
        raise ProjectProblem(
            say(
                "There is no decision “{outcome}”. Choose one of {names}.",
                outcome=outcome,
                names=", ".join(Decision.Outcome.values),
            )
        )
    if not reasons.strip():
        raise ProjectProblem(say("Reasons to the team: fill this in."))
    missed = [summary.criterion for summary in selectors.profile_of(proposal).missed_floors]
    if outcome in APPROVING and missed:
        raise ProjectProblem(
            say(
                "{floors}, which blocks approval. Choose revise, hold or stop.",
                floors=_all_of(
                    say("{criterion} is below the floor of {floor}", criterion=each.label, floor=each.floor)
                    for each in missed
                ),
            )
        )
    if outcome in APPROVING and not proposal.reviews.filter(state=Review.State.SUBMITTED).exists():
        raise ProjectProblem(
            say("No review is in. Approval needs at least one, and three to be more than provisional.")
        )
    if outcome == Decision.Outcome.HOLD and not hold_until.strip():
        raise ProjectProblem(say("Hold until: say the date or the event."))
    if try_hours is not None and not 1 <= try_hours <= MOST_TRY_HOURS:
        raise ProjectProblem(
            say(
                "{hours:,} hours to try it: choose 1 to {most:,}, or leave it out for two weeks.",
                hours=try_hours,
                most=MOST_TRY_HOURS,
            )
        )


def hours_of(outcome: str, try_hours: int | None) -> int | None:
    """Hours to try it, two weeks where none are named; none for any other outcome."""
    return (try_hours or TRY_HOURS) if outcome == Decision.Outcome.TRY else None


def letter_of(proposal: Proposal, decision: Decision | PendingDecision) -> str:
    """The letter as it would be sent; the handler may write it anew."""
    minds = proposal.reviews.filter(state=Review.State.SUBMITTED).values_list("change_mind", flat=True)
    filled = {
        "project": proposal.project.name,
        "version": str(proposal.number),
        "team": proposal.project.team.name,
        "outcome": decision.get_outcome_display().lower(),
        "reasons": decision.reasons,
        "reviews": letters.reviews_words(list(minds)),
        "until": decision.hold_until,
        "hours": thousands(decision.try_hours) if decision.try_hours else "",
    }
    return selectors.letter_about(decision.outcome, filled)


@transaction.atomic
def save_pending_decision(
    *,
    proposal: Proposal,
    user: User,
    outcome: str,
    reasons: str,
    dissent: str = "",
    hold_until: str = "",
    try_hours: int | None = None,
    letter: bool = False,
    now: datetime | None = None,
) -> PendingDecision:
    """Keep what the handler means to decide; with `letter` it goes to the outbox. Nobody else sees either."""
    current = lock_in_review(proposal)
    check_decision(current, user, outcome, reasons, hold_until, try_hours)
    values = {
        "outcome": outcome, "reasons": reasons.strip(), "dissent": dissent.strip(), "hold_until": hold_until.strip(),
        "try_hours": hours_of(outcome, try_hours), "saved_by": user, "saved_at": now or timezone.now(), "letter": "",
    }  # fmt: skip
    pending, _ = PendingDecision.objects.update_or_create(proposal=current, defaults=values)
    if letter:
        pending.letter = letter_of(current, pending)
        pending.save(update_fields=["letter"])
    return pending


@transaction.atomic
def save_letter(*, pending: PendingDecision, user: User, text: str) -> None:
    """The handler's own words for the letter."""
    current = lock_in_review(pending.proposal)
    if not permissions.is_handler(user, current.project):
        raise ProjectProblem(say("Only the handler named for this proposal writes its letter."))
    if not text.strip():
        raise ProjectProblem(say("Letter: fill this in."))
    PendingDecision.objects.filter(pk=pending.pk).update(letter=text.strip())


@transaction.atomic
def send_pending_decision(*, pending: PendingDecision, user: User, now: datetime | None = None) -> Decision:
    """Decide what was pending, and send the letter as it stands in the outbox."""
    current = PendingDecision.objects.select_related("proposal").get(pk=pending.pk)
    return make_decision(
        proposal=current.proposal, user=user, outcome=current.outcome, reasons=current.reasons,
        dissent=current.dissent, hold_until=current.hold_until, try_hours=current.try_hours,
        letter=current.letter, now=now,
    )  # fmt: skip


@transaction.atomic
def make_decision(
    *,
    proposal: Proposal,
    user: User,
    outcome: str,
    reasons: str,
    dissent: str = "",
    hold_until: str = "",
    try_hours: int | None = None,
    letter: str = "",
    now: datetime | None = None,
) -> Decision:
    """Decide a version for good and send the letter. Go and try end the review step; revise opens the next draft."""
    current = lock_in_review(proposal)
    check_decision(current, user, outcome, reasons, hold_until, try_hours)
    moment = now or timezone.now()
    decision = Decision.objects.create(
        proposal=current,
        outcome=outcome,
        reasons=reasons.strip(),
        dissent=dissent.strip(),
        hold_until=hold_until.strip(),
        try_hours=hours_of(outcome, try_hours),
        decided_by=user,
        decided_at=moment,
    )
    Proposal.objects.filter(pk=current.pk).update(
        state=Proposal.State.DECIDED, reviews_opened_at=current.reviews_opened_at or moment
    )
    letter = letter or letter_of(current, decision)
    PendingDecision.objects.filter(proposal=current).delete()
    page = reverse("projects:review_board", args=[current.project.slug, current.number])
    for owner in owners_of(current.project):
        notify(
            user=owner,
            kind=Notice.Kind.DECISION,
            words=say("{project}: {outcome}", project=current.project, outcome=decision.get_outcome_display().lower()),
            page=page,
            project=current.project,
            more=letter,
        )
    if outcome in APPROVING:
        reach_step(project=current.project, step=Project.Step.REVIEW)
    if outcome == Decision.Outcome.REVISE:
        revise_proposal(project=current.project)
    return decision
