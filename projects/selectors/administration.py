"""Reads about what administrators settle."""

from itertools import pairwise
from typing import NamedTuple

from django.db.models import Count, Q, QuerySet

from projects.core.extras import Extras
from projects.core.rules import Rules
from projects.models import QuestionSet, ReviewRules, Team


class Change(NamedTuple):
    """One version, of the rules or of the extra questions, beside the one before."""

    made: ReviewRules | QuestionSet
    words: list[str]


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


def teams_of_all() -> QuerySet[Team]:
    """Every team, with its members and projects counted."""
    return Team.objects.annotate(
        n_members=Count("memberships", filter=Q(memberships__left_at=None), distinct=True),
        n_projects=Count("projects", distinct=True),
    ).order_by("name")
