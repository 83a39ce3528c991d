"""A checked table into four parts, and what the pages draw of the open ones."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from datasets.core.divide import Division
from datasets.core.divide import divide as divide_table
from datasets.core.figures import look_over
from datasets.core.limits import Limits
from datasets.core.lineage import Past
from datasets.core.split import Design
from datasets.core.stages import Progress, nothing, within
from datasets.core.table import Column
from datasets.core.wall import media_wall


def divide(
    *,
    table: str,
    design: dict[str, Any],
    secret: str,
    stored: str | None,
    out: str,
    limits: dict[str, int],
    pasts: list[dict[str, Any]],
    key: str,
    others: Sequence[tuple[str, str]] = (),
    progress: Progress = nothing,
) -> dict[str, Any]:
    """The parts, their figures and what is remembered of the units as files in a folder; what must be locked away as arrays."""
    folder = Path(out)
    how = Design(**design)
    division = divide_table(
        Path(table),
        design=how,
        secret=bytes.fromhex(secret),
        stored=Path(stored) if stored else None,
        others=[(bytes.fromhex(theirs), Path(file)) for theirs, file in others],
        out=folder,
        limits=Limits(**limits),
        pasts=[Past.from_dict(past) for past in pasts],
        key=bytes.fromhex(key),
        progress=within(progress, 0, 0.9),
    )
    _draw(folder, division, how)
    return division.as_dict() | {"arrays": division.arrays()}


def _draw(folder: Path, division: Division, design: Design) -> None:
    """Leave the figures of the open parts beside them, and a wall of pictures if there are any."""
    target = Column(design.target, "number" if design.task == "regression" else "category")
    found = look_over(
        folder / "train.parquet",
        folder / "validation.parquet",
        columns=[target, *division.features],
        target=design.target,
        task=design.task,
    )
    for column, kind in [(each.name, each.kind) for each in division.features if each.kind in ("picture", "sound")][:1]:
        wall = media_wall(folder / "train.parquet", column=column, kind=kind, target=design.target, task=design.task)
        with ZipFile(folder / "wall.zip", "w") as archive:
            for place, (_, content) in enumerate(wall):
                archive.writestr(str(place), content)
        found["wall"] = {"column": column, "kind": kind, "labels": [label for label, _ in wall]}
    (folder / "figures.json").write_text(json.dumps(found))
