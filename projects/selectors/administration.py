"""Reads about what administrators settle."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from dlstart_web.kit.once import once_a_page
from projects.core import examples, letters, shapes
from projects.core.changes import Piece, word_changes
from projects.core.extras import Extras
from projects.core.rules import Rules
from projects.core.templates import TEMPLATES
from projects.core.wording import Wording
from projects.models import QuestionSet, ReviewRules, Team, TemplateWording


class Change(NamedTuple):
    """One version beside the one before: what changed in sentences, or each changed text with what stayed, went and came."""

    made: ReviewRules | QuestionSet | TemplateWording
    words: Sequence[str] = ()
    texts: Sequence[tuple[str, list[Piece]]] = ()


def rules_in_force() -> Rules:
    """What proposals submitted now are judged by."""
    latest = ReviewRules.objects.first()
    return latest.rules if latest else Rules()


def rules_numbered(number: int) -> Rules:
    """A version of the rules; those that came with dlstart where no such version was made here."""
    made = ReviewRules.objects.filter(number=number).first()
    return made.rules if made else Rules()


def rules_history() -> list[Change]:
    """All versions made here, newest first, with what each changed."""
    made = list(ReviewRules.objects.select_related("made_by"))
    versions = [*(each.rules for each in made), Rules()]
    return [
        Change(each, now.changes_from(before)) for each, (now, before) in zip(made, pairwise(versions), strict=True)
    ]


def extras_in_force() -> Extras:
    """What versions of proposals begun now ask beside the 25 questions."""
    latest = QuestionSet.objects.first()
    return latest.extras if latest else Extras()


def question_set_for(team: Team) -> QuestionSet | None:
    """What a version begun now keeps; none for demo teams, whose stories answer the 25 questions alone."""
    return None if team.is_demo else QuestionSet.objects.first()


def extras_numbered(number: int) -> Extras:
    """A version of the extra questions; those that came with dlstart, none, where no such version was made here."""
    made = QuestionSet.objects.filter(number=number).first()
    return made.extras if made else Extras()


def extras_history() -> list[Change]:
    """All versions made here, newest first, with what each changed."""
    made = list(QuestionSet.objects.select_related("made_by"))
    versions = [*(each.extras for each in made), Extras()]
    return [
        Change(each, now.changes_from(before)) for each, (now, before) in zip(made, pairwise(versions), strict=True)
    ]


@once_a_page
def wordings_in_force() -> dict[str, Wording]:
    """The texts of every template as they are now."""
    later = TemplateWording.objects.filter(template=OuterRef("template"), number__gt=OuterRef("number"))
    made = {
        each.template: each.wording for each in TemplateWording.objects.filter(~Exists(later), template__in=TEMPLATES)
    }
    return {key: made.get(key) or Wording(template) for key, template in TEMPLATES.items()}


def wording_numbered(key: str, number: int) -> Wording:
    """A version of a template; what came with dlstart where no such version was made here."""
    made = TemplateWording.objects.filter(template=key, number=number).first()
    return made.wording if made else Wording(TEMPLATES[key])


def wording_history(key: str) -> list[Change]:
    """All versions of a template made here, newest first, with what each changed."""
    made = list(TemplateWording.objects.filter(template=key).select_related("made_by"))
    versions = [*(each.wording for each in made), Wording(TEMPLATES[key])]
    return [
        Change(each, texts=[(label, _pieces(str(old), str(new))) for label, old, new in now.differences_from(before)])
        for each, (now, before) in zip(made, pairwise(versions), strict=True)
    ]


def _pieces(old: str, new: str) -> list[Piece]:
    """Word by word where there are paragraphs; a line is read better whole."""
    return word_changes(old, new) if "\n" in old + new else [("gone", old), ("same", " "), ("new", new)]


def shape_gallery() -> list[shapes.Shape]:
    """The shapes that a proposal may begin with."""
    return shapes.shapes_of(wordings_in_force()[shapes.TEMPLATE.key].texts)


def shape_named(key: str) -> shapes.Shape | None:
    """One of the gallery."""
    return next((shape for shape in shape_gallery() if shape.key == key), None)


def example_list() -> list[examples.Example]:
    """The invented proposals beside the form."""
    wordings = wordings_in_force()
    return [examples.reworded(each, wordings[examples.TEMPLATES[each.key].key].texts) for each in examples.EXAMPLES]


def letter_about(outcome: str, filled: dict[str, str]) -> str:
    """The letter about a decision, in the organisation's words where it has some."""
    return letters.letter(wordings_in_force()[letters.TEMPLATE.key].own.get(outcome, ""), filled)


def teams_of_all() -> QuerySet[Team]:
    """Every team, with its members and projects counted."""
    return Team.objects.annotate(
        n_members=Count("memberships", filter=Q(memberships__left_at=None), distinct=True),
        n_projects=Count("projects", distinct=True),
    ).order_by("name")
