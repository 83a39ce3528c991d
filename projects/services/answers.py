"""Writes of one answer: two people may type at once, and no text of either is lost."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from django.db import transaction
from django.utils import timezone

from dlstart_web.kit.say import say
from projects import selectors
from projects.core.errors import FrozenVersion, ProjectProblem, StaleSave
from projects.core.merging import merge
from projects.models import Answer, AnswerText, Proposal, User

PARTS = ("text", "choice", "ticks")


@dataclass(frozen=True)
class Saved:
    """What a save came to. `revision` holds what its writer sent; where `merged`, the answer has gone on from there."""

    answer: Answer
    revision: int
    merged: bool = False


def lock_draft(proposal: Proposal) -> Proposal:
    """The row as it is now, held until the transaction ends; FrozenVersion unless it is a draft."""
    current = Proposal.objects.select_for_update().get(pk=proposal.pk)
    if current.state != Proposal.State.DRAFT:
        raise FrozenVersion(current.number, current.get_state_display().lower())
    return current


def save_answer(
    *,
    proposal: Proposal,
    user: User,
    question: str,
    revision: int,
    text: str = "",
    choice: str = "",
    ticks: Sequence[str] = (),
    now: datetime | None = None,
) -> Saved:
    """Save one answer over the revision its writer saw. What a colleague saved since is merged where it lies elsewhere.

    Where both changed the same place: StaleSave with what is stored; what was typed is set aside, to be found again.
    """
    values = {"text": text.replace("\r\n", "\n"), "choice": choice, "ticks": list(ticks)}
    moment = now or timezone.now()
    try:
        return _save(proposal, user, question, revision, values, moment)
    except StaleSave as stale:
        aside = {"answer": cast(Answer, stale.saved), "by": user, "base": revision, "revision": None}
        if not AnswerText.objects.filter(**aside).update(**values, at=moment):
            AnswerText.objects.create(**aside, **values, at=moment)
        raise


@transaction.atomic
def _save(
    proposal: Proposal, user: User, question: str, revision: int, values: dict[str, Any], moment: datetime
) -> Saved:
    lock_draft(proposal)  # one save of a proposal at a time, so what is read here stays as it is
    answer, _ = Answer.objects.select_related("edited_by").get_or_create(
        proposal=proposal, question=question, defaults={"edited_by": user}
    )
    stored = {part: getattr(answer, part) for part in PARTS}
    if stored == values:
        return Saved(answer, answer.revision)
    if not answer.texts.filter(revision=answer.revision).exists():  # it came with the idea, or from an earlier version
        AnswerText.objects.create(
            answer=answer, revision=answer.revision, by=answer.edited_by, at=answer.edited_at, **stored
        )
    if answer.revision == revision:
        saved = _put(answer, user, values, moment)
        return Saved(saved, saved.revision)
    later = answer.texts.filter(by=user, revision__gt=revision, **values).last()
    if later:  # it had arrived: the answer was lost on its way back
        return Saved(answer, later.revision or answer.revision, merged=True)
    common = answer.texts.filter(revision=revision).first()
    if common is None:
        raise StaleSave(answer)
    base = {part: getattr(common, part) for part in PARTS}
    if values == base:  # only looked at
        return Saved(answer, revision, merged=True)
    both = _merged(base, values, stored)
    if both is None:
        raise StaleSave(answer)
    answer.revision += 1
    typed = _keep(answer, user, values, moment)
    _put(answer, user, both, moment)
    return Saved(answer, typed.revision or 0, merged=True)


def _put(answer: Answer, user: User, values: dict[str, Any], moment: datetime) -> Answer:
    """Make these the answer, as its next revision."""
    for part, value in values.items():
        setattr(answer, part, value)
    answer.revision, answer.edited_by, answer.edited_at = answer.revision + 1, user, moment
    answer.save(update_fields=[*PARTS, "revision", "edited_by", "edited_at"])
    _keep(answer, user, values, moment)
    return answer


def _keep(answer: Answer, user: User, values: dict[str, Any], moment: datetime) -> AnswerText:
    return AnswerText.objects.create(answer=answer, revision=answer.revision, by=user, at=moment, **values)


def _merged(base: dict[str, Any], mine: dict[str, Any], theirs: dict[str, Any]) -> dict[str, Any] | None:
    """Each part from whoever changed it, the text word by word; None where both changed the same."""
    text = merge(base["text"], mine["text"], theirs["text"])
    if text is None:
        return None
    both: dict[str, Any] = {"text": text}
    for part in ("choice", "ticks"):
        if mine[part] not in (base[part], theirs[part]) and theirs[part] != base[part]:
            return None
        both[part] = theirs[part] if mine[part] == base[part] else mine[part]
    return both


def put_text_back(*, kept: AnswerText, user: User, revision: int) -> Saved:
    """Make an earlier text the answer again, as a save like any other: what it replaces stays among the earlier ones."""
    answer = kept.answer
    if answer.revision != revision:
        raise ProjectProblem(
            say("A colleague has written here since you opened this page. Read it again, then choose.")
        )
    return save_answer(
        proposal=answer.proposal,
        user=user,
        question=answer.question,
        revision=revision,
        text=kept.text,
        choice=kept.choice,
        ticks=kept.ticks,
    )


def thin_texts(proposal: Proposal) -> None:
    """Of the texts typed on the way, keep the last of each sitting; for a version that is written."""
    texts: dict[int, list[AnswerText]] = {}
    for text in AnswerText.objects.filter(answer__proposal=proposal):
        texts.setdefault(text.answer_id, []).append(text)
    kept = [text.pk for one in texts.values() for text in selectors.sittings(one)]
    AnswerText.objects.filter(answer__proposal=proposal).exclude(pk__in=kept).delete()
