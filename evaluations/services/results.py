"""Writes at the last gate: what people decide from the verdict, and half a year later whether it paid."""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from dlstart_web.kit.say import say
from dlstart_web.kit.text import day_words
from evaluations.models import ResultDecision, Verdict
from evaluations.services.problems import OutOfTurn
from projects import permissions
from projects.core.errors import ProjectProblem
from projects.models import Notice, Project, User
from projects.services.decisions import owners_of
from projects.services.notices import notify

ASKED_AFTER = timedelta(days=182)


@transaction.atomic
def decide_result(
    *,
    project: Project,
    user: User,
    outcome: str,
    reasons: str,
    dissent: str = "",
    hold_until: str = "",
    now: datetime | None = None,
) -> ResultDecision:
    """The handler decides from the verdict, once; what the rules suggest is not what has to be decided.

    Raises
    ------
    OutOfTurn
        No verdict yet, or decided already.
    ProjectProblem
        Not the handler, without reasons, or on hold without an end.
    """
    if not permissions.is_handler(user, project):
        raise ProjectProblem(say("Only the handler named for this proposal decides."))
    verdict = Verdict.objects.filter(project=project).first()
    if verdict is None:
        raise OutOfTurn("no-verdict", say("There is no verdict to decide on: the final tier is not open yet."))
    if outcome not in ResultDecision.Outcome.values:
        known = ", ".join(ResultDecision.Outcome.values)
        raise ProjectProblem(
            say("There is no decision “{outcome}”. Choose one of {known}.", outcome=outcome, known=known)
        )
    if not reasons.strip():
        raise ProjectProblem(say("Reasons: fill this in."))
    if outcome == ResultDecision.Outcome.HOLD and not hold_until.strip():
        raise ProjectProblem(say("Hold until: say the date or the event."))
    moment = now or timezone.now()
    try:
        with transaction.atomic():
            decision = ResultDecision.objects.create(
                verdict=verdict, project=project, outcome=outcome, reasons=reasons.strip(), dissent=dissent.strip(),
                hold_until=hold_until.strip(), decided_by=user, decided_at=moment,
                check_on=timezone.localdate(moment + ASKED_AFTER),
            )  # fmt: skip
    except IntegrityError as fault:
        raise OutOfTurn("decided", say("This verdict is decided already, and the decision stays.")) from fault
    page = reverse("evaluations:gates", args=[project.slug])  # where the decision and its reasons stand
    for owner in owners_of(project):
        words = say("{project}: {outcome}", project=project.name, outcome=ResultDecision.Outcome(outcome).label)
        notify(user=owner, kind=Notice.Kind.DECISION, words=words, page=page, project=project, more=decision.reasons)
    return decision


@transaction.atomic
def note_outcome(
    *, decision: ResultDecision, user: User, paid: str, words: str = "", now: datetime | None = None
) -> ResultDecision:
    """Did it pay off? An owner of the team or the handler says so, from the day on which it is asked."""
    project = decision.project
    if not (permissions.is_owner(user, project) or permissions.is_handler(user, project)):
        raise ProjectProblem(say("Only an owner of {team} or the handler says whether it paid.", team=project.team))
    if paid not in ResultDecision.Paid.values:
        raise ProjectProblem(
            say(
                "There is no answer “{paid}”. Choose one of {known}.",
                paid=paid,
                known=", ".join(ResultDecision.Paid.values),
            )
        )
    moment = now or timezone.now()
    if timezone.localdate(moment) < decision.check_on:
        raise ProjectProblem(
            say(
                "It is too early to tell: this is asked from {check_on} on.",
                check_on=day_words(decision.check_on, with_year=True),
            )
        )
    decision.paid, decision.paid_words, decision.paid_by, decision.paid_at = paid, words.strip(), user, moment
    decision.save(update_fields=["paid", "paid_words", "paid_by", "paid_at"])
    return decision
