"""Writes about a proposal: answers that two editors cannot lose, submission, revision, withdrawal."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from projects import selectors
from projects.core import form
from projects.core.errors import FrozenVersion, ProjectProblem, StaleSave
from projects.models import Answer, Pair, Project, Proposal, User
from projects.services.records import reach_step

MAPPING_FIELDS = ("x", "x_kind", "y", "y_kind", "row_means", "known_at", "truth_after")
PAIRS_AT_MOST = 20


def _lock_draft(proposal: Proposal) -> Proposal:
    """The row as it is now, held until the transaction ends; FrozenVersion unless it is a draft."""
    current = Proposal.objects.select_for_update().get(pk=proposal.pk)
    if current.state != Proposal.State.DRAFT:
        raise FrozenVersion(current.number, current.get_state_display().lower())
    return current


@transaction.atomic
def save_answer(
    *,
    proposal: Proposal,
    user: User,
    question: str,
    revision: int,
    text: str = "",
    choice: str = "",
    ticks: Sequence[str] = (),
) -> Answer:
    """Save one answer over the revision its writer saw; StaleSave, with what is stored, if somebody saved since."""
    _lock_draft(proposal)
    values = {"text": text.replace("\r\n", "\n"), "choice": choice, "ticks": list(ticks)}
    answer, _ = Answer.objects.get_or_create(proposal=proposal, question=question, defaults={"edited_by": user})
    if all(getattr(answer, name) == value for name, value in values.items()):
        return answer
    saved = Answer.objects.filter(pk=answer.pk, revision=revision).update(
        **values, revision=F("revision") + 1, edited_by=user, edited_at=timezone.now()
    )
    answer = Answer.objects.select_related("edited_by").get(pk=answer.pk)
    if not saved:
        raise StaleSave(answer)
    return answer


@transaction.atomic
def save_mapping(
    *,
    proposal: Proposal,
    revision: int,
    values: dict[str, str],
    pairs: Sequence[tuple[str, str, bool]],
    with_room: bool = False,
) -> Proposal:
    """Save the X→Y builder with its pairs, guarded like an answer; `with_room` adds an empty pair to fill in."""
    current = _lock_draft(proposal)
    wanted = {name: values.get(name, "").strip() for name in MAPPING_FIELDS}
    kept = [(x.strip(), y.strip(), hard) for x, y, hard in pairs]
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
    current = _lock_draft(proposal)
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
    current = _lock_draft(proposal)
    if missing := form.missing(selectors.replies_of(current), selectors.mapping_of(current)):
        raise ProjectProblem(
            f"Still empty: {', '.join(question.id for question in missing)}. Weak answers are fine, empty ones are not."
        )
    current.state, current.submitted_at, current.submitted_by = Proposal.State.SUBMITTED, now or timezone.now(), user
    current.save(update_fields=["state", "submitted_at", "submitted_by"])
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
    """The next draft, with the words of the last version; that one stays as it is."""
    Project.objects.select_for_update().get(pk=project.pk)
    last = project.proposals.order_by("number").last()
    if last is None or last.state not in (Proposal.State.DECIDED, Proposal.State.WITHDRAWN):
        state = last.get_state_display().lower() if last else "missing"
        raise ProjectProblem(f"The last version is {state}. Wait for its decision, or withdraw it, and then revise.")
    fresh = Proposal.objects.create(
        project=project, number=last.number + 1, **{name: getattr(last, name) for name in MAPPING_FIELDS}
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
        for a in last.answers.all()
    )
    Pair.objects.bulk_create(
        Pair(proposal=fresh, position=p.position, x=p.x, y=p.y, is_hard=p.is_hard) for p in last.pairs.all()
    )
    return fresh
