"""A typed table and its target: what would spoil a test."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from datasets.core.checks import run_checks
from datasets.core.checks.spellings import look_alikes
from datasets.core.corrections import Kind
from datasets.core.errors import DataProblem
from datasets.core.findings import Finding
from datasets.core.limits import Limits
from datasets.core.profile import guess_task
from datasets.core.split import Design
from datasets.core.stages import Progress, nothing
from datasets.core.target import class_counts, label_texts, labels_of, used_rows


def check(
    *,
    table: str,
    target: str,
    task: str,
    group: str | None,
    time: str | None,
    drop: list[str],
    kinds: dict[str, Kind],
    merged: dict[str, str],
    annotators: list[str],
    limits: dict[str, int],
    progress: Progress = nothing,
) -> dict[str, Any]:
    """A typed table and its target -> the task, and what the checks find."""
    path = Path(table)
    task = task or guess_task(path, target, merged)
    _refuse_target(path, Design(kind="random", target=target, task=task, merged=merged), Limits(**limits))
    findings: list[Finding] = run_checks(
        path,
        target=target,
        task=task,
        group=group,
        time=time,
        drop=drop,
        merged=merged,
        annotators=annotators,
        kinds=kinds,
        progress=progress,
    )
    return {"task": task, "findings": [finding.as_dict() for finding in findings]}


def _refuse_target(path: Path, design: Design, limits: Limits) -> None:
    """DataProblem for a target that could not be divided: better now than at the seal.

    Labels that look alike count as one here: a finding proposes to merge them, and a refusal would hide it.
    """
    column = pl.read_parquet(path, columns=[design.target], glob=False).to_series()
    used = used_rows(path, column, design, [], limits)
    column = column.filter(pl.Series(used))
    try:
        class_counts(labels_of(column, design, limits), design, limits)
    except DataProblem as refusal:
        if refusal.code not in ("CLASS_TOO_SMALL", "NOT_TWO_CLASSES"):
            raise
        counts = dict(label_texts(column, design.merged).drop_nulls().value_counts().iter_rows())
        alike = look_alikes(counts)
        if not alike:
            raise
        merged = {label: alike.get(into, into) for label, into in design.merged.items()} | alike
        design = replace(design, merged=merged)
        class_counts(labels_of(column, design, limits), design, limits)
