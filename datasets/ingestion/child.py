"""The door to the limited child process: what a stranger's table is asked there, and under which limits."""

from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from django.conf import settings

from datasets import lineages
from datasets.core.limits import Limits
from datasets.core.lineage import Match, Past
from datasets.core.stages import Progress
from datasets.limited import process
from datasets.limited.read import read
from datasets.limited.recognise import recognise
from datasets.models import DatasetVersion


def limits() -> Limits:
    """The limits of this installation."""
    known = {field.name for field in fields(Limits)}
    return Limits(**{name: value for name, value in settings.LIMITS.items() if name in known})


def in_child(task: process.Task, arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """What the task answers."""
    if task.__name__ in settings.TASKS_IN_PROCESS:
        return task(**arguments, progress=progress)
    return process.run(
        task,
        arguments,
        memory=settings.INGEST_MEMORY,
        disk=settings.LIMITS["parquet_unpacked"],
        seconds=settings.INGEST_SECONDS,
        progress=progress,
    )


def read_as(version: DatasetVersion) -> dict[str, Any]:
    """How more rows of a version are read: a category of digits is no number in them either, and a table without titles has none."""
    kinds = {name: kind for name, kind in version.kinds.items() if kind in ("category", "text")}
    kinds |= version.profile.get("orders", {})  # 03/04/2024 alone would leave it open
    return {"kinds": kinds, "header": 0 if version.corrections.get("header") == 0 else None}


def read_rows(
    *, source: Path, file_name: str, out: Path, corrections: dict[str, Any], progress: Progress
) -> dict[str, Any]:
    """A file of rows that are no data set (to be predicted), read under the same limits; DataProblem where it is refused."""
    arguments = {
        "source": str(source),
        "file_name": file_name,
        "out": str(out),
        "limits": asdict(limits()) | {"least_rows": 1},  # nothing is divided
        "corrections": corrections,
    }
    return in_child(read, arguments, progress)


def kin_of(
    version: DatasetVersion, table: Path, columns: Sequence[str], progress: Progress
) -> list[tuple[DatasetVersion, Match]]:
    """Sealed versions of other lineages that share rows with this table."""

    def recognised(pasts: list[Past]) -> dict[str, Match]:
        arguments = {
            "table": str(table),
            "columns": [*columns],
            "pasts": [past.as_dict() for past in pasts],
            "key": lineages.key().hex(),
        }
        found = in_child(recognise, arguments, progress)
        return {
            name: Match(overlap, sealed, found["arrays"][name]) for name, (overlap, sealed) in found["matches"].items()
        }

    return lineages.kin_of(version, columns, recognised)
