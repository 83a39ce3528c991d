"""The JSON of `dlstart vet` (docs/vet.md): read from the same rows that the pages show."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings

from datasets.models import DatasetVersion, Opening
from dlstart_web.kit.jobs import JobState
from evaluations import selectors
from evaluations.core.rungs import NO_BACKBONE, NO_TORCH, RUNGS, family, offered
from evaluations.models import Forecast, Ladder, Run
from evaluations.words import speech
from projects.core.measures import MEASURES

NO_RULE = "no rule was given; --rule takes one"


def rejected(file: dict[str, Any], problem: dict[str, str], seconds: float) -> dict[str, Any]:
    """A refusal: nothing was stored and nothing computed."""
    nothing = dict.fromkeys(("dataset", "best", "best_simple", "refit", "next_step", "forecast", "final"))
    return {
        "dlstart": settings.VERSION,
        "file": file,
        "rejected": {"code": problem["code"], "message": problem["message"]},
        **nothing,
        "ladder": [],
        "seconds": round(seconds, 3),
    }


def vetted(
    file: dict[str, Any],
    version: DatasetVersion,
    ladder: Ladder,
    opening: Opening | None,
    forecast: Forecast | None,
    *,
    only: Iterable[str],
    seconds: float,
) -> dict[str, Any]:
    """Data, ladder, next step and, where it was opened, the final."""
    runs = list(ladder.runs.order_by("rung"))
    done = sorted((run for run in runs if run.score is not None), key=lambda run: -run.goodness)
    simple = [run for run in done if family(run.recipe) == "simple"]
    return {
        "dlstart": settings.VERSION,
        "file": file,
        "rejected": None,
        "dataset": _dataset(version, ladder),
        "ladder": [*map(_entry, runs), *_skipped(set(only), version, runs)],
        "best": done[0].recipe if done else None,
        "best_simple": simple[0].recipe if simple else None,
        "refit": bool(done) and bool(done[0].settings.get("refit")),
        "next_step": selectors.next_step(ladder),
        "forecast": selectors.forecast_data(forecast, speech(ladder.metric)) if forecast else None,
        "final": _final(opening.result) if opening else None,
        "seconds": round(seconds, 3),
    }


def _final(result: dict[str, Any]) -> dict[str, Any]:
    sides = {
        kind: {key: result[kind][key] for key in ("recipe", "score", "low", "high")} if result[kind] else None
        for kind in ("simple", "deep")
    }
    return sides | {key: result[key] for key in ("n", "pooled", "alpha", "verdict", "message")}


def _dataset(version: DatasetVersion, ladder: Ladder) -> dict[str, Any]:
    seal = version.seal
    classes = seal.classes
    return {
        "rows_read": version.rows_read,
        "rows_used": seal.rows_used,
        "columns": len(version.columns),
        "target": version.target,
        "task": version.task,
        "metric": ladder.metric,
        "greater_is_better": MEASURES[ladder.metric].greater_is_better,
        "classes": None if classes is None else {label: sum(parts.values()) for label, parts in classes.items()},
        "group": version.group_column or None,
        "time": version.time_column or None,
        "parts": {part: seal.parts.get(part, 0) for part in ("train", "validation", "checkpoint", "final")},
        "findings": [
            {"code": found.code, "severity": found.severity, "column": found.column or None, "message": found.message}
            for found in version.findings.all()
        ],
        "seconds": round(version.seconds, 3),
    }


def _entry(run: Run) -> dict[str, Any]:
    scored = run.score is not None
    points = [
        {
            "x": point.x,
            "train_loss": point.train_loss,
            "validation_loss": point.validation_loss,
            "train_score": point.train_score,
            "validation_score": point.validation_score,
        }
        for point in selectors.run_points(run)
    ]
    is_skipped = run.state == JobState.CANCELLED or run.problem == NO_TORCH
    return {
        "rung": run.rung,
        "recipe": run.recipe,
        "state": "done" if scored else "skipped" if is_skipped else "failed",
        "reason": run.note or None if scored else run.problem,
        "train": {"score": run.train_score} if scored else None,
        "validation": {"score": run.score, "low": run.low, "high": run.high, "rank": run.rank} if scored else None,
        "seconds": round(run.cpu_seconds, 3) if scored else None,
        "rows_trained": run.rows_trained,
        "curve": {"x": RUNGS[run.recipe].curve, "points": points} if points else None,
        "diagnosis": {key: run.diagnosis[key] for key in ("code", "message")} if run.diagnosis else None,
    }


def _skipped(only: set[str], version: DatasetVersion, runs: list[Run]) -> list[dict[str, Any]]:
    """Recipes of the contract that did not run and why; all of them, or those that were asked for."""
    kinds = {column["kind"] for column in version.seal.features}
    listed = ", ".join(sorted(kinds))
    reasons = {
        name: f"does not fit features of kind {listed}" for name in RUNGS if name not in offered(kinds, version.task)
    }
    if "picture" in kinds and settings.BACKBONE is None:
        reasons["pretrained"] = NO_BACKBONE
    if all(run.recipe != "own_rule" for run in runs):
        reasons["own_rule"] = NO_RULE
    empty = dict.fromkeys(("rung", "train", "validation", "seconds", "rows_trained", "curve", "diagnosis"))
    return [
        empty | {"recipe": name, "state": "skipped", "reason": reason}
        for name, reason in reasons.items()
        if not only or name in only
    ]
