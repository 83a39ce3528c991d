"""What happened since a person left, and where their projects stand."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.urls import reverse

from datasets import catalogue
from datasets import selectors as dataset_selectors
from datasets.words import look_words
from dlstart_web.kit.say import joined, say, say_count
from evaluations.models import ResultDecision
from evaluations.selectors.surprises import guesses_beaten
from projects import selectors as project_selectors
from projects.models import Decision, User

MOST = 50  # projects, the newest
NAMED = 3  # of what is new; more are only counted


def my_rows(user: User, now: datetime) -> list[dict[str, Any]]:
    """The person's projects as the table draws them, with the look of those that have a sealed set."""
    mine = project_selectors.projects_of(user).filter(archived_at=None)
    projects = list(project_selectors.with_state(mine, user)[:MOST])
    looks = dataset_selectors.looks_now(projects, user, now)
    return [
        row | ({"look": look_words(looks[row["project"].pk])} if row["project"].pk in looks else {})
        for row in project_selectors.project_rows(projects)
    ]


def since_left(user: User, left_at: datetime | None) -> list[tuple[str, str]]:
    """What others did since a person left, and how their own guesses came out: words and a page; nothing on a first visit."""
    return list(_since(user, left_at)) if left_at else []


def _since(user: User, left_at: datetime) -> Iterator[tuple[str, str]]:
    readable = project_selectors.readable_projects(user).values("pk")
    decided = Decision.objects.filter(proposal__project__in=readable, decided_at__gt=left_at).exclude(decided_by=user)
    results = ResultDecision.objects.filter(project__in=readable, decided_at__gt=left_at).exclude(decided_by=user)
    decisions = [
        say("{project}: {outcome}", project=name, outcome=model.Outcome(outcome).label.lower())
        for model, rows in (
            (Decision, decided.values_list("proposal__project__name", "outcome")),
            (ResultDecision, results.values_list("project__name", "outcome")),
        )
        for name, outcome in rows
    ]
    if decisions:
        count = say_count(len(decisions), "{count} decision", "{count} decisions")
        yield _named(count, decisions), reverse("projects:project_list")
    entries = catalogue.entries_for(user).filter(created_at__gt=left_at).exclude(created_by=user)
    if datasets := list(entries.values_list("name", flat=True)):
        count = say_count(len(datasets), "{count} new data set", "{count} new data sets")
        yield _named(count, datasets), reverse("datasets:dataset_list")
    beaten, guessed = guesses_beaten(user, left_at)
    if guessed:
        words = say_count(
            guessed,
            "your guess beat {beaten} of {count} result",
            "your guess beat {beaten} of {count} results",
            beaten=beaten,
        )
        yield words, reverse("evaluations:surprise_list")


def _named(count: str, names: Sequence[str]) -> str:
    if len(names) > NAMED:
        return count
    return joined("", [count, " (", joined(", ", names), ")"])
