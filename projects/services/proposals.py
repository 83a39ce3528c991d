"""Writes about a proposal: answers that two editors cannot lose, submission, revision, withdrawal."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from dlstart_web.kit.say import say
from projects import selectors
from projects.core.errors import FrozenVersion, ProjectProblem, StaleSave
from projects.models import Answer, Attachment, Pair, Plan, Project, Proposal, ReviewRules, User
from projects.services.answers import lock_draft, save_answer, thin_texts
from projects.services.records import reach_step

MAPPING_FIELDS = ("x", "x_kind", "y", "y_kind", "row_means", "known_at", "truth_after")
PAIRS_AT_MOST = 20
OnePair = tuple[str, str, bool]  # X, Y, is hard


def flat_mapping(values: Mapping[str, str], pairs: Sequence[OnePair]) -> dict[str, str]:
    """A mapping as fields with names, without the empty ones."""
    flat = {name: values.get(name, "") for name in MAPPING_FIELDS}
    for number, (x, y, hard) in enumerate(pairs, start=1):
        flat |= {f"pair_{number}_x": x, f"pair_{number}_y": y, f"pair_{number}_hard": "on" if hard else ""}
    return {name: value for name, value in flat.items() if value}


def _merged_mapping(
    current: Proposal, wanted: dict[str, str], kept: list[OnePair], base: Mapping[str, str]
) -> tuple[dict[str, str], list[OnePair]]:
    """Each field from whoever changed it."""
    mine = flat_mapping(wanted, kept)
    stored = {name: getattr(current, name) for name in MAPPING_FIELDS}
    theirs = flat_mapping(stored, list(current.pairs.values_list("x", "y", "is_hard")))
    changed = {name for name in mine.keys() | base.keys() if mine.get(name, "") != base.get(name, "")}
    if any(theirs.get(name, "") not in (base.get(name, ""), mine.get(name, "")) for name in changed):
        raise StaleSave(current)
    both = theirs | {name: mine.get(name, "") for name in changed}
    numbers = [int(name.split("_")[1]) for name in both if name.startswith("pair_")]
    pairs = [
        (both.get(f"pair_{n}_x", ""), both.get(f"pair_{n}_y", ""), both.get(f"pair_{n}_hard", "") == "on")
        for n in range(1, max(numbers, default=0) + 1)
    ]
    return {name: both.get(name, "") for name in MAPPING_FIELDS}, pairs


@transaction.atomic
def save_mapping(
    *,
    proposal: Proposal,
    revision: int,
    values: dict[str, str],
    pairs: Sequence[tuple[str, str, bool]],
    with_room: bool = False,
    base: Mapping[str, str] | None = None,
) -> Proposal:
    """Save the X→Y builder with its pairs, guarded like an answer; `with_room` adds an empty pair to fill in.

    With `base`, the fields as their writer had read them (`flat_mapping`), what a colleague saved since is merged field
    by field; StaleSave only where both changed the same one.
    """
    current = lock_draft(proposal)
    wanted = {name: values.get(name, "").strip() for name in MAPPING_FIELDS}
    kept = [(x.strip(), y.strip(), hard) for x, y, hard in pairs]
    if base is not None and revision != current.mapping_revision:
        wanted, kept = _merged_mapping(current, wanted, kept, base)
        revision = current.mapping_revision
    while kept and not (kept[-1][0] or kept[-1][1]):
        kept.pop()
    if with_room:
        kept = kept + [("", "", False)] * (max(3, len(kept)) + 1 - len(kept))
    kept = kept[:PAIRS_AT_MOST]
    stored = list(current.pairs.values_list("x", "y", "is_hard"))
    if stored == kept and all(getattr(current, name) == value for name, value in wanted.items()):
        return current
    if not Proposal.objects.filter(pk=current.pk, mapping_revision=revision).update(
        **wanted, mapping_revision=F("mapping_revision") + 1
    ):
        raise StaleSave(current)
    current.pairs.all().delete()
    Pair.objects.bulk_create(
        Pair(proposal=current, position=position, x=x, y=y, is_hard=hard)
        for position, (x, y, hard) in enumerate(kept, start=1)
    )
    return Proposal.objects.get(pk=current.pk)


@transaction.atomic
def edit_proposal(
    *,
    proposal: Proposal,
    user: User,
    tag: str,
    answers: Mapping[str, Mapping[str, Any]],
    values: Mapping[str, str],
    pairs: Sequence[tuple[str, str, bool]] | None = None,
) -> Proposal:
    """Change several answers and the mapping at once, if the version is still the one its editor read (`tag`)."""
    current = lock_draft(proposal)
    if selectors.tag_of(current) != tag:
        raise StaleSave(current)
    revisions = dict(current.answers.values_list("question", "revision"))
    for question, parts in answers.items():
        save_answer(proposal=current, user=user, question=question, revision=revisions.get(question, 0), **parts)
    if values or pairs is not None:
        stored = {name: getattr(current, name) for name in MAPPING_FIELDS}
        kept = list(current.pairs.values_list("x", "y", "is_hard")) if pairs is None else pairs
        save_mapping(proposal=current, revision=current.mapping_revision, values={**stored, **values}, pairs=kept)
    return Proposal.objects.select_related("project").get(pk=current.pk)


@transaction.atomic
def submit_proposal(*, proposal: Proposal, user: User, now: datetime | None = None) -> Proposal:
    """Freeze a draft and hand it to review; refused only while a starred question is empty."""
    current = lock_draft(proposal)
    if missing := selectors.form_of(current).missing(selectors.replies_of(current), selectors.mapping_of(current)):
        raise ProjectProblem(
            say(
                "Still empty: {questions}. Weak answers are fine, empty ones are not.",
                questions=", ".join(question.id for question in missing),
            )
        )
    handled = current.project.handler_id is not None
    current.state = Proposal.State.IN_REVIEW if handled else Proposal.State.SUBMITTED
    current.submitted_at, current.submitted_by = now or timezone.now(), user
    current.review_rules = ReviewRules.objects.first()
    current.save(update_fields=["state", "submitted_at", "submitted_by", "review_rules"])
    thin_texts(current)
    reach_step(project=current.project, step=Project.Step.IDEA)
    return current


@transaction.atomic
def withdraw_proposal(*, proposal: Proposal) -> Proposal:
    """Take a version back before it is decided."""
    current = Proposal.objects.select_for_update().get(pk=proposal.pk)
    if current.state in (Proposal.State.DECIDED, Proposal.State.WITHDRAWN):
        raise FrozenVersion(current.number, current.get_state_display().lower())
    current.state = Proposal.State.WITHDRAWN
    current.save(update_fields=["state"])
    return current


@transaction.atomic
def revise_proposal(*, project: Project) -> Proposal:
    """The next draft, with the words of the last version as far as they are still asked for; that one stays as it is."""
    Project.objects.select_for_update().get(pk=project.pk)
    last = project.proposals.order_by("number").last()
    if last is None or last.state not in (Proposal.State.DECIDED, Proposal.State.WITHDRAWN):
        state = last.get_state_display().lower() if last else say("missing")
        raise ProjectProblem(
            say("The last version is {state}. Wait for its decision, or withdraw it, and then revise.", state=state)
        )
    fresh = Proposal.objects.create(
        project=project,
        number=last.number + 1,
        question_set=selectors.question_set_for(project.team),
        **{name: getattr(last, name) for name in MAPPING_FIELDS},
    )
    Answer.objects.bulk_create(
        Answer(
            proposal=fresh,
            question=a.question,
            text=a.text,
            choice=a.choice,
            ticks=a.ticks,
            edited_by_id=a.edited_by_id,
            edited_at=a.edited_at,
        )
        for a in last.answers.filter(question__in=selectors.form_of(fresh).questions)
    )
    Attachment.objects.bulk_create(
        Attachment(
            proposal=fresh,
            stored=a.stored,
            name=a.name,
            kind=a.kind,
            size=a.size,
            sha256=a.sha256,
            by_id=a.by_id,
            at=a.at,
        )
        for a in last.attachments.filter(removed_at=None)
    )
    Plan.objects.bulk_create(
        Plan(proposal=fresh, kind=plan.kind, values=plan.values, edited_by_id=plan.edited_by_id)
        for plan in last.plans.all()
    )
    Pair.objects.bulk_create(
        Pair(proposal=fresh, position=p.position, x=p.x, y=p.y, is_hard=p.is_hard) for p in last.pairs.all()
    )
    return fresh
