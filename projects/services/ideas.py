"""Writes on the idea wall."""

from django.db import transaction
from django.utils import timezone

from projects.models import Idea, User


@transaction.atomic
def write_idea(*, user: User, x: str, y: str, problem: str = "") -> Idea:
    """Put an idea on the wall; its writer would use it."""
    idea = Idea.objects.create(x=x.strip(), y=y.strip(), problem=problem.strip(), by=user, is_demo=user.is_demo)
    idea.backers.add(user)
    return idea


@transaction.atomic
def back_idea(*, idea: Idea, user: User, would_use: bool) -> None:
    """Say that one would use it, or no longer."""
    if would_use:
        idea.backers.add(user)
    else:
        idea.backers.remove(user)


@transaction.atomic
def close_idea(*, idea: Idea) -> None:
    """Take an idea down; the row stays."""
    Idea.objects.filter(pk=idea.pk, closed_at=None).update(closed_at=timezone.now())
