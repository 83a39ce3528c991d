"""What people write down about a data set: answers that two editors cannot lose."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from datasets import catalogue
from datasets.models import Dataset, SheetAnswer
from datasets.services.problems import NotYet
from dlstart_web.kit import text
from dlstart_web.kit.say import say
from projects.core.errors import StaleSave
from projects.models import User


def refuse_removed(dataset: Dataset) -> None:
    """NotYet for a data set of which only the tombstone is left."""
    if dataset.removed_at is not None:
        raise NotYet(
            "removed",
            say(
                "{dataset} was removed on {day}; what stands about it stays.",
                dataset=dataset,
                day=text.day_words(dataset.removed_at, with_year=True),
            ),
        )


@transaction.atomic
def save_sheet_answer(
    *,
    dataset: Dataset,
    user: User,
    question: str,
    revision: int,
    text: str = "",
    choice: str = "",
    day: date | None = None,
) -> SheetAnswer:
    """Save one answer over the revision its writer saw; StaleSave, with what is stored, if somebody saved since."""
    refuse_removed(dataset)
    values = {"text": text.replace("\r\n", "\n").strip(), "choice": choice, "day": day}
    answer, _ = SheetAnswer.objects.get_or_create(dataset=dataset, question=question, defaults={"edited_by": user})
    if all(getattr(answer, name) == value for name, value in values.items()):
        return answer
    saved = SheetAnswer.objects.filter(pk=answer.pk, revision=revision).update(
        **values, revision=F("revision") + 1, edited_by=user, edited_at=timezone.now()
    )
    answer = SheetAnswer.objects.select_related("edited_by").get(pk=answer.pk)
    if not saved:
        raise StaleSave(answer)
    return answer


@transaction.atomic
def edit_sheet(*, dataset: Dataset, user: User, tag: str, answers: Mapping[str, Mapping[str, Any]]) -> None:
    """Change several answers at once, if the datasheet is still the one its editor read (`tag`); else StaleSave."""
    dataset = Dataset.objects.select_for_update().get(pk=dataset.pk)
    if catalogue.sheet_tag(dataset) != tag:
        raise StaleSave(dataset)
    stored = catalogue.sheet_answers(dataset)
    for question, given in answers.items():
        old = stored.get(question)
        kept: dict[str, Any] = {"text": old.text, "choice": old.choice, "day": old.day} if old else {}
        revision = old.revision if old else 0
        save_sheet_answer(dataset=dataset, user=user, question=question, revision=revision, **kept | dict(given))
