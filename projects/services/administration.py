"""Writes of administrators: the rules of reviewing, the extra questions, templates, and reading past a conflict."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from dlstart_web.kit import audit
from dlstart_web.kit.say import joined, say
from projects import permissions, selectors
from projects.core.errors import ProjectProblem
from projects.core.extras import Extra, next_version
from projects.core.rules import Rules, check, own_anchors
from projects.core.wording import next_wording
from projects.models import BreakGlass, Notice, Project, QuestionSet, Review, ReviewRules, TemplateWording, User
from projects.selectors.records import PENDING
from projects.services.notices import notify


def _overtaken(number: int, seen: int) -> ProjectProblem:
    return ProjectProblem(
        say(
            "Version {number} holds by now, and you read version {seen}. "
            "Read what changed, then make the next version.",
            number=number,
            seen=seen,
        )
    )


def _keep(
    made: ReviewRules | QuestionSet | TemplateWording,
    act: str,
    *,
    by: User,
    reason: str,
    now: datetime | None,
    seen: int,
) -> None:
    """Store the version after `seen` with who made it, when and why; refused if another administrator was first."""
    if not reason.strip():
        raise ProjectProblem(say("Reason: fill this in. Everybody can read it."))
    made.reason, made.made_by, made.made_at = reason.strip(), by, now or timezone.now()
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError:
        raise _overtaken(made.number, seen) from None
    audit.note(act, made, actor=by.pk)


@transaction.atomic
def change_rules(
    *,
    by: User,
    weights: Mapping[str, float],
    floors: Mapping[str, int | None],
    anchors: Mapping[str, Sequence[str]],
    reviews_wanted: int,
    names_hidden: bool,
    reason: str,
    seen: int,
    now: datetime | None = None,
) -> ReviewRules:
    """The next version of the rules, for proposals submitted from now on; rounds under way keep theirs.

    `anchors` maps a criterion to its five sentences, "" where the one built in is wanted. `seen` is the number of the
    version that was read: refused if another administrator changed it since.
    """
    if not by.is_administrator:
        raise ProjectProblem(say("Only an administrator changes the rules of reviewing."))
    before = selectors.rules_in_force()
    if before.number != seen:
        raise _overtaken(before.number, seen)
    rules = check(
        Rules(before.number + 1, dict(weights), dict(floors), reviews_wanted, names_hidden, own_anchors(anchors))
    )
    if not rules.changes_from(before):
        raise ProjectProblem(say("Nothing is different from the rules in force."))
    made = ReviewRules(
        number=rules.number,
        weights=rules.weights,
        floors=rules.floors,
        anchors=rules.anchors,
        reviews_wanted=rules.reviews_wanted,
        names_hidden=rules.names_hidden,
    )
    _keep(made, "rules-changed", by=by, reason=reason, now=now, seen=seen)
    return made


def _last_id() -> int:
    """The number of the last question that was ever asked here: none comes back for another question."""
    ever = (question["id"] for made in QuestionSet.objects.all() for question in made.questions)
    return max((int(name.removeprefix("X")) for name in ever), default=0)


@transaction.atomic
def change_questions(
    *, by: User, questions: Sequence[Extra], reason: str, seen: int, now: datetime | None = None
) -> QuestionSet:
    """The next version of the extra questions, for versions of proposals begun from now on; all others keep theirs.

    `seen` is the number of the version that was read: refused if another administrator changed it since.
    """
    if not by.is_administrator:
        raise ProjectProblem(say("Only an administrator changes the extra questions."))
    before = selectors.extras_in_force()
    if before.number != seen:
        raise _overtaken(before.number, seen)
    extras = next_version(before, questions, _last_id())
    if not extras.changes_from(before):
        raise ProjectProblem(say("Nothing is different from the questions in force."))
    made = QuestionSet(number=extras.number, questions=[asdict(one) for one in extras.questions])
    _keep(made, "questions-changed", by=by, reason=reason, now=now, seen=seen)
    return made


@transaction.atomic
def change_wording(
    *, by: User, template: str, words: Mapping[str, str], reason: str, seen: int, now: datetime | None = None
) -> TemplateWording:
    """The next version of a template's texts, from now on; what was written with them before stays as it is.

    `words` maps a slot to its text, "" where the one built in is wanted. `seen` is the number of the version that was
    read: refused if another administrator changed it since.
    """
    if not by.is_administrator:
        raise ProjectProblem(say("Only an administrator changes templates."))
    before = selectors.wordings_in_force()[template]
    if before.number != seen:
        raise _overtaken(before.number, seen)
    wording = next_wording(before, words)
    if problems := wording.problems():
        raise ProjectProblem(joined(" ", problems.values()))
    if not wording.changes_from(before):
        raise ProjectProblem(say("Nothing is different from the texts in force."))
    made = TemplateWording(template=template, number=wording.number, words=wording.own)
    _keep(made, "template-changed", by=by, reason=reason, now=now, seen=seen)
    return made


@transaction.atomic
def break_glass(*, project: Project, by: User, reason: str, now: datetime | None = None) -> BreakGlass:
    """Let an administrator read the reviews of a project for an hour. The reason stays, and the handler is told."""
    if not by.is_administrator:
        raise ProjectProblem(say("Only an administrator breaks the glass."))
    if not reason.strip():
        raise ProjectProblem(say("Reason: fill this in. The handler reads it, and it stays in the log."))
    owed = Review.objects.filter(proposal__project=project, reviewer=by, state__in=PENDING)
    if owed.exists():
        raise ProjectProblem(
            say("You were asked for a review of this proposal. Submit it, or give it back, before you read others'.")
        )
    moment = now or timezone.now()
    if permissions.has_broken_glass(by, project, moment):
        raise ProjectProblem(say("The glass is broken already; it closes an hour after you gave your reason."))
    glass = BreakGlass.objects.create(project=project, user=by, reason=reason.strip(), broken_at=moment)
    audit.note("glass-broken", glass, actor=by.pk)
    if project.handler:
        notify(
            user=project.handler,
            kind=Notice.Kind.GLASS,
            words=say("{by}, an administrator, reads the reviews of {project}", by=by, project=project),
            page=reverse("projects:review_overview", args=[project.slug]),
            project=project,
            more=say("The reason given: {reason}", reason=glass.reason),
        )
    return glass
