"""Reads about what a run looks at, and the rows it gets most wrong."""

from typing import Any

from dlstart_web.kit import text
from dlstart_web.kit.say import say
from evaluations.models import Inspection, LabelQuestion, Run
from evaluations.selectors.behaviours import polyline
from evaluations.words import Speech

Json = dict[str, Any]
SHOWN = 15


def inspection_newest(run: Run) -> Inspection | None:
    """The last time somebody asked."""
    return run.inspections.first()


def inspection_words(found: Json, says: Speech) -> Json:
    """Importances as rows with bars, dependences as lines, in words."""
    columns = found["importance"]["columns"]
    top = max([0.0, *(each["high"] for each in columns)]) or 1.0
    answers = [value for each in found["dependence"] for value in each["values"]]
    noise = [each["column"] for each in columns if each["low"] <= 0]
    return {
        "rows": [
            {
                "column": each["column"],
                "mean": says.difference(each["mean"], signed=False),
                "sd": says.difference(each["sd"], signed=False),
                "at": text.position(max(0.0, each["mean"]), 0, top),
                "low_at": text.position(max(0.0, each["low"]), 0, top),
                "high_at": text.position(max(0.0, each["high"]), 0, top),
                "is_noise": each["low"] <= 0,
            }
            for each in columns[:SHOWN]
        ],
        "more": max(0, len(columns) - SHOWN),
        "left": found["importance"]["left"],
        "n": found["importance"]["n"],
        "finding": _finding(columns),
        "noise": len(noise),
        "dependence": [_drawn(each, min(answers), max(answers)) for each in found["dependence"]],
    }


def _finding(columns: list[Json]) -> str:
    if not columns or columns[0]["mean"] <= 0:
        return say("No column alone makes a difference to its score")
    return say("It looks at “{column}” most: without it, it does worst", column=columns[0]["column"])


def _drawn(each: Json, low: float, high: float) -> Json:
    """One dependence as a polyline, on the scale of all of them: a column that moves little must look like it."""
    span = (high - low) or 1.0
    first, last = each["at"][0], each["at"][-1]
    x = [(value - first) / ((last - first) or 1.0) for value in each["at"]]
    return {
        "column": each["column"],
        "of": each["of"],
        "is_number": each["is_number"],
        "line": polyline(x, [(value - low) / span for value in each["values"]]),
        "low": f"{min(each['values']):.3g}",
        "high": f"{max(each['values']):.3g}",
        "bottom": f"{low:.3g}",
        "top": f"{high:.3g}",
        "first": each["labels"][0],
        "last": each["labels"][-1],
        "rows": [(label, f"{value:.4g}") for label, value in zip(each["labels"], each["values"], strict=True)],
    }


def wrong_rows(run: Run, found: Json) -> list[Json]:
    """The rows most wrong with the questions that were asked about them; for the team."""
    asked = {
        question.row: question
        for question in LabelQuestion.objects.filter(version=run.version_id).select_related("asked_by")
    }
    return [each | {"question": asked.get(each["row"]), "loss_words": f"{each['loss']:.3g}"} for each in found["wrong"]]
