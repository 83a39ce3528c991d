"""Reads about the leaderboard: a page of it in a fixed number of queries, by the index."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet
from django.urls import reverse

from datasets.models import DatasetVersion
from datasets.selectors import version_list
from dlstart_web.kit import text
from dlstart_web.kit.jobs import JobState
from dlstart_web.kit.say import joined, say
from evaluations.models import BY_COST, Ladder, Run
from evaluations.selectors.ladders import run_title
from evaluations.words import Speech
from projects.core.measures import DEFAULT_MEASURE
from projects.models import Project

BOARD = (
    "id",
    "recipe",
    "change",
    "name",
    "rung",
    "rank",
    "score",
    "low",
    "high",
    "train_score",
    "cpu_seconds",
    "rows_validation",
    "ended_at",
)


def board(project_id: UUID, version_id: UUID, metric: str, *, sort: str = "score") -> QuerySet[Run]:
    """Scored runs of one version and measure: by rank, inside a rank by cost; or all by cost."""
    order = BY_COST if sort == "time" else ("rank", *BY_COST)
    return Run.objects.filter(project=project_id, version=version_id, metric=metric, score__isnull=False).order_by(
        *order
    )


@dataclass(frozen=True)
class BoardHead:
    """What a board is of: the newest sealed version, and the measure with its level."""

    version: UUID
    metric: str
    criterion: int | None
    level: float | None


def board_head(project: Project) -> BoardHead | None:
    """The head of a project's board in two small queries; None before anything is sealed."""
    sealed = version_list(project).filter(state=DatasetVersion.State.SEALED)
    newest = sealed.order_by("-seal__sealed_at").values_list("pk", "task")[:1]
    locked = project.criteria.exclude(locked_at=None).order_by("-number").values_list("metric", "number", "level")[:1]
    for version, task in newest:
        for metric, number, level in locked:
            return BoardHead(version, metric, number, level)
        ladders = Ladder.objects.filter(project=project.pk, version=version).values_list("metric", flat=True)[:1]
        return BoardHead(version, next(iter(ladders), DEFAULT_MEASURE[task]), None, None)
    return None


def board_rows(entries: Sequence[dict[str, Any]], tied: set[int]) -> list[dict[str, Any]]:
    """Entries of `board(...).values(*BOARD)` as the leaderboard's rows."""
    return [
        {
            "rank": entry["rank"],
            "tie": entry["rank"] in tied,
            "name": joined(
                ", ", [run_title(entry["recipe"], entry["change"], entry["name"]), text.hour_words(entry["ended_at"])]
            ),
            "url": reverse("evaluations:run_detail", args=[entry["id"]]),
            "rung": entry["rung"],
            "score": entry["score"],
            "low": entry["low"],
            "high": entry["high"],
            "train": entry["train_score"],
            "seconds": entry["cpu_seconds"],
            "is_baseline": entry["recipe"] == "always_same",
        }
        for entry in entries
    ]


def unranked_runs(project: Project, version: DatasetVersion) -> list[Run]:
    """The newest runs that ended without a score: listed below the board, never ranked."""
    ended = Run.objects.filter(project=project, version=version, state__in=(JobState.FAILED, JobState.CANCELLED))
    return list(ended.order_by("-ended_at")[:20])


def optimism_words(ladder: Ladder | None, models: int, says: Speech) -> str:
    """The honest figure under a board (STATISTICS 1.4)."""
    if ladder is None or not ladder.optimism or models < 2:
        return ""
    return say(
        "The best of {models:,} is flattered by about {points}.",
        models=models,
        points=says.difference(ladder.optimism, signed=False),
    )


def tied_ranks(project_id: UUID, version_id: UUID, metric: str, entries: Sequence[dict[str, Any]]) -> set[int]:
    """Ranks on a page that more than one run of the board shares."""
    shown = {entry["rank"] for entry in entries}
    shared = (
        board(project_id, version_id, metric).filter(rank__in=shown).order_by().values("rank").annotate(n=Count("id"))
    )
    return set(shared.filter(n__gt=1).values_list("rank", flat=True))
