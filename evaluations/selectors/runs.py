"""Reads about one run: its curve as a chart and as a table, and how it was made."""

from collections.abc import Sequence
from typing import Any, Literal

from dlstart_web.kit import text
from dlstart_web.kit.say import figure, say
from evaluations.core import charts, curves
from evaluations.core.rungs import RUNGS
from evaluations.models import CurvePoint, Run
from evaluations.words import Speech, speech

CURVE_POINTS = 300  # as many as a chart shows; the store has all
TITLES = {rung.title: rung.title for rung in RUNGS.values()}  # as a blend keeps its members: as they are read
CURVE_UNITS = {"epoch": say("epoch"), "round": say("round"), "rows": say("train rows")}


def run_points(run: Run, limit: int = CURVE_POINTS) -> list[CurvePoint]:
    """The curve, thinned evenly to about `limit` points; the first, the last and the best one stay."""
    points = list(run.points.all())
    if len(points) <= limit:
        return points
    step = len(points) / limit
    kept = {round(i * step) for i in range(limit)} | {len(points) - 1}
    return [point for place, point in enumerate(points) if place in kept or point.x == run.best_x]


def curve_shows(points: Sequence[CurvePoint]) -> Literal["loss", "score"]:
    """Loss where it was taken (the fit follows it), else the score."""
    return "loss" if any(point.validation_loss is not None for point in points) or not points else "score"


def curve_finding(run: Run, points: Sequence[CurvePoint]) -> str:
    """The sentence above the chart."""
    unit = CURVE_UNITS.get(run.curve, say("step"))
    if run.diagnosis:
        return str(run.diagnosis["message"])
    if not points:
        return say("Curves of train and validation appear here as the model learns.")
    if run.is_open:
        return say("{unit:capital} {x} so far", unit=unit, x=text.rounded(points[-1].x, 0))
    return say("Train and validation by {unit}", unit=unit)


def curve_columns(run: Run, says: Speech) -> list[str]:
    """Heads of the table below the chart."""
    name = says.measure.title
    return [
        CURVE_UNITS.get(run.curve, say("step")).capitalize(),
        say("Train loss"),
        say("Validation loss"),
        say("Train {measure:small}", measure=name),
        say("Validation {measure:small}", measure=name),
    ]


def curve_rows(run: Run, points: Sequence[CurvePoint], shown: int = 12) -> list[list[str]]:
    """Some points as a table in words: evenly spaced, the last and the best one among them."""
    step = max(1, len(points) // shown)
    rows = []
    for place, point in enumerate(points):
        if place % step and place != len(points) - 1 and point.x != run.best_x:
            continue
        cells: list[str] = [text.rounded(point.x, 0)]
        for value in (point.train_loss, point.validation_loss, point.train_score, point.validation_score):
            cells.append(text.rounded(value, 4) if text.is_number(value) else text.MISSING)
        rows.append(cells)
    return rows


def run_chart(run: Run, points: Sequence[CurvePoint]) -> dict[str, Any]:
    """Train and validation in one panel, as a figure."""
    show = curve_shows(points)
    task = run.version.task
    title = speech(run.metric).measure.title if show == "score" else "RMSE" if task == "regression" else say("Log loss")
    level = run.ladder.criterion.level if show == "score" and run.ladder.criterion else None
    over = RUNGS[run.recipe].curve
    return charts.curve_figure(
        curves.as_curve(points), over=over, show=show, y_title=title, level=level,
        kept_x=run.best_x if over != "rows" else None,
        kept_word=say("kept: {best_x}", best_x=text.rounded(run.best_x, 0)) if run.best_x is not None else "kept",
    )  # fmt: skip


def run_facts(run: Run) -> list[tuple[str, str]]:
    """How the run was made, in words."""
    if run.recipe == "upload":
        return [
            (say("Data"), str(run.version)),
            (say("Made"), say("elsewhere, and uploaded")),
            (say("Sealed rows"), say("predicted too") if run.predictions_digest else say("not predicted")),
        ]
    facts = [
        (say("Data"), str(run.version)),
        (say("Rows trained on"), text.thousands(run.rows_trained)),
        (say("CPU time"), text.duration_words(run.cpu_seconds)),
        (say("Seed"), str(run.ladder.seed)),
        (say("Attempts"), str(run.attempts)),
    ]
    for name, value in run.settings.items():
        if name == "refit":
            facts.append(
                (say("For looks"), say("fitted again on train and validation") if value else say("as fitted on train"))
            )
        elif isinstance(value, dict):
            facts += [(TITLES.get(key, key.replace("_", " ")), _setting(each)) for key, each in value.items()]
        elif name != "seed":
            facts.append((name.replace("_", " "), _setting(value)))
    return facts


def _setting(value: Any) -> str:
    if isinstance(value, bool):
        return say("yes") if value else say("no")
    return figure(f"{value:.4g}") if isinstance(value, float) else f"{value}"
