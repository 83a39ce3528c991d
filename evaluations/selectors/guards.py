"""Reads about a criterion: what stands beside its level, what the test set can tell, whether guard measures and slices
hold on validation."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import floor, log10
from typing import Any

import numpy as np

from datasets.core.plan import rows_within
from datasets.models import DatasetVersion, Look
from dlstart_web.kit import text
from dlstart_web.kit.say import joined, say, say_count
from evaluations.core.guarding import NOT_MET, holds
from evaluations.core.intervals import f1_from_counts, wilson
from evaluations.core.planning import OF_LOSSES, SHARES, reading
from evaluations.models import Run
from evaluations.selectors.ladders import ladder_runs, project_ladder, run_title
from evaluations.selectors.operating import behaviour_of, kept_point
from evaluations.words import Speech, speech
from projects.models import Criterion, Project

SIDES = {"simple": say("simple"), "deep": say("deep")}

Span = tuple[float, float, float]  # value and ends


def stands_words(criterion: Criterion) -> str:
    """What is reached today and by people, as far as it was recorded: "today 91.0%, people 98.0%"."""
    says = speech(criterion.metric)
    said = []
    if criterion.today is not None:
        said.append(say("today {level}", level=says.number(criterion.today)))
    if criterion.people is not None:
        said.append(say("people {level}", level=says.number(criterion.people)))
    return joined(", ", said)


def people_words(criterion: Criterion) -> str:
    """That skilled people do not reach the level, where they do not."""
    says, people = speech(criterion.metric), criterion.people
    if people is None or (people >= criterion.level if says.measure.greater_is_better else people <= criterion.level):
        return ""
    return say(
        "People reach {people}, and {at_least} {level} is wanted: more than skilled people do. "
        "Say in the reason what a model would know that they do not.",
        people=says.number(people),
        at_least=says.at_least,
        level=says.number(criterion.level),
    )


def looks_wanted_words(criterion: Criterion, looks: Iterable[Look]) -> str:
    """How many looks were planned before deciding, and how many are spent; "" without a plan. Advice, and no limit."""
    wanted = criterion.looks_wanted
    if wanted is None:
        return ""
    spent = sum(look.state != Look.State.VOIDED for look in looks)
    plan = say_count(
        wanted,
        "{count} test look is planned before deciding, {spent} spent so far.",
        "{count} test looks are planned before deciding, {spent} spent so far.",
        spent=spent,
    )
    if spent <= wanted:
        return plan
    return joined(" ", [plan, say("That is more than planned. It limits nothing; each look wears the test set.")])


@dataclass(frozen=True)
class AlwaysSame:
    """The answer that is right most often without a model, and its share of the labelled rows of train and validation."""

    answer: str
    share: float
    rows: int

    @property
    def words(self) -> str:
        return say(
            "“{label}” for every row: {share} sorted right, of {rows:,} rows of train and validation",
            label=self.answer,
            share=speech("accuracy").number(self.share),
            rows=self.rows,
        )


def always_same(version: DatasetVersion | None) -> AlwaysSame | None:
    """What always the same answer gets, of a sealed version with classes; the sealed parts are not counted."""
    if version is None or version.state != DatasetVersion.State.SEALED or not version.seal.classes:
        return None
    counts = {
        label: parts.get("train", 0) + parts.get("validation", 0) for label, parts in version.seal.classes.items()
    }
    label, rows = max(counts, key=lambda each: counts[each]), sum(counts.values())
    return AlwaysSame(label, counts[label] / rows, rows) if rows else None


def positives_of(version: DatasetVersion | None) -> float | None:
    """The share of true yes rows, where the data is yes or no and its classes are counted."""
    if version is None or version.task != "binary":
        return None
    if version.state == DatasetVersion.State.SEALED and version.seal.classes:
        counts = {label: sum(parts.values()) for label, parts in version.seal.classes.items()}
    else:
        columns = version.profile.get("columns", [])
        counts = dict(next((c.get("top", []) for c in columns if c.get("name") == version.target), []))
    if len(counts) != 2:
        return None
    return counts[sorted(counts)[1]] / (sum(counts.values()) or 1) or None


def class_count(version: DatasetVersion | None) -> int | None:
    """How many classes the target has, where it has classes and they are counted."""
    if version is None or version.task == DatasetVersion.Task.REGRESSION:
        return None
    if version.state == DatasetVersion.State.SEALED:
        return len(version.seal.classes)
    columns = version.profile.get("columns", [])
    return next((column["distinct"] for column in columns if column["name"] == version.target), None)


@dataclass(frozen=True)
class Spread:
    """Standard deviations of the loss of a row, by measure, and whose they are."""

    of: Mapping[str, float]
    model: str


def spread_of(run: Run | None) -> Spread | None:
    """How far the losses of single rows of this run lie apart on validation; None where that was not counted."""
    found = behaviour_of(run) if run else None
    if run is None or not found or "spread" not in found:
        return None
    return Spread(found["spread"], run_title(run.recipe, run.change, run.name))


def power_words(
    says: Speech, level: float, rows: int, positives: float | None = None, spread: Spread | None = None
) -> str:
    """How finely `rows` rows can tell the chosen measure at the level; "" while no rows are known."""
    if not rows:
        return ""
    measure = says.measure.name
    losses = spread.of.get(measure) if spread else None
    span = reading(measure, level, rows, positives, losses)
    head = say_count(rows, "{count:,} final row", "{count:,} final rows")
    if span is None:
        if measure in OF_LOSSES:
            return say(
                "{head}: how finely they read {measure} depends on a model's probabilities. Ask after the first run.",
                head=head,
                measure=says.measure.title,
            )
        return ""
    scale = 100 if says.percent else 1
    places = 1 if says.percent else max(0, -floor(log10((span[1] - span[0]) or 1)))
    level_words, low, high = (text.rounded(value * scale, places) for value in (level, *span))
    if positives is not None and measure not in (*SHARES, *OF_LOSSES):
        head = say("{head} (about {rows:,} of them true)", head=head, rows=round(rows * positives))
    words = [say("{head}: a true {level} will read {low} to {high}.", head=head, level=level_words, low=low, high=high)]
    if spread and measure in OF_LOSSES:
        words.append(
            say("Its losses are taken to lie as far apart as those of {model} on validation.", model=spread.model)
        )
    if measure in SHARES:
        words.append(say("To be within 1 point: about {rows:,} rows.", rows=rows_within(level, 0.01)))
    return joined(" ", words)


@dataclass(frozen=True)
class Guard:
    """One thing that must hold beside the measure, and how it stands on validation."""

    label: str
    level: str
    value: str  # with its range, or "–"
    state: str  # met, not met, cannot tell
    why: str = ""

    @property
    def status(self) -> str:
        return {"met": "good", "not met": "bad"}.get(self.state, "unknown")


def best_run(project: Project) -> Run | None:
    """The run of the newest ladder that is best on validation."""
    ladder = project_ladder(project)
    runs = [run for run in ladder_runs(ladder) if run.score is not None] if ladder else []
    return max(runs, key=lambda run: run.goodness, default=None)


def guard_rows(criterion: Criterion, run: Run | None) -> list[Guard]:
    """Guard measures, then slices, of the best run on validation; they never change a verdict."""
    found = behaviour_of(run) if run else None
    at = kept.threshold if run and (kept := kept_point(run)) else 0.5
    rows = [
        _guard(speech(guard["metric"]), "", guard["level"], _measured(guard["metric"], found, at))
        for guard in criterion.guards
    ]
    for part in criterion.slices:
        name = f"{part['column']} = {part['value']}"
        rows.append(_guard(speech(criterion.metric), name, part["level"], _on_slice(criterion.metric, found, part, at)))
    return rows


@dataclass(frozen=True)
class Sealed:
    """What was locked beside the measure, as the rows of an opening said it of the declared models."""

    label: str
    level: str
    sides: list[tuple[str, Guard]]  # simple, deep


def sealed_guards(result: Mapping[str, Any]) -> list[Sealed]:
    """Guard measures and slices from the same opening as the verdict; none where that opening did not score them."""
    found = []
    for guard in result.get("guards", ()):
        says = speech(guard["metric"])
        where = f"{guard['column']} = {guard['value']}" if "column" in guard else ""
        label = say("{measure} on {where}", measure=says.measure.title, where=where) if where else says.measure.title
        level = joined(" ", [says.at_least, says.number(guard["level"])])
        sides = []
        for name in ("simple", "deep"):
            if side := guard.get(name):
                known = side["score"] is not None
                value = says.span(side["score"], side["low"], side["high"], side["n"]) if known else "–"
                sides.append((name, Guard(label, level, value, side["state"], side["why"])))
        found.append(Sealed(label, level, sides))
    return found


def guards_missed(guards: list[Sealed]) -> list[str]:
    """A sentence for each guard that a declared model does not meet."""
    return [
        say(
            "Not met by the {name} model: {measure:small} {level}; it reads {value}.",
            name=SIDES[name],
            measure=one.label,
            level=one.level,
            value=side.value,
        )
        for one in guards
        for name, side in one.sides
        if side.state == NOT_MET
    ]


def guard_note(run: Run | None) -> str:
    """Whose rows these are."""
    return (
        say("{model}, best on validation", model=run_title(run.recipe, run.change, run.name))
        if run
        else say("No run has a score yet.")
    )


def _guard(says: Speech, where: str, level: float, span: Span | None) -> Guard:
    label = say("{measure} on {where}", measure=says.measure.title, where=where) if where else says.measure.title
    asked = joined(" ", [says.at_least, says.number(level)])
    if span is None:
        return Guard(label, asked, "–", say("cannot tell"), say("not counted on validation for this run"))
    value, low, high = span
    greater = says.measure.greater_is_better
    return Guard(label, asked, says.span(value, low, high), holds(low, high, level, greater))


def _measured(metric: str, found: Mapping[str, Any] | None, at: float) -> Span | None:
    """A measure of the whole validation part, where its counts are kept."""
    if not found or found["kind"] != "binary":
        return None
    if metric in ("roc_auc", "average_precision"):
        area = found["roc" if metric == "roc_auc" else "pr"]
        return area["area"], area["low"], area["high"]
    tp, fp = _counts(found, found, at)
    return _of_counts(metric, tp, fp, found["positives"], found["n"] - found["positives"])


def _on_slice(metric: str, found: Mapping[str, Any] | None, part: Mapping[str, Any], at: float) -> Span | None:
    """The locked measure on the rows of one value of a column."""
    for one in found["slices"] if found else ():
        if (one["column"], str(one["value"])) != (part["column"], part["value"]):
            continue
        assert found is not None
        if found["kind"] == "binary":
            return _of_counts(metric, *_counts(found, one, at), one["positives"], one["negatives"])
        if found["kind"] == "multiclass" and metric == "accuracy":
            return (one["right"] / one["n"], *wilson(one["right"], one["n"]))
        if metric == "mae" and one.get("mae_high") is not None:
            return one["mae"], one["mae_low"], one["mae_high"]
    return None


def _counts(found: Mapping[str, Any], rows: Mapping[str, Any], at: float) -> tuple[int, int]:
    """True yes and false alarms among some rows when yes is said from the threshold on."""
    place = int(np.searchsorted(np.array(found["t"]), at))
    return (rows["tp"][place], rows["fp"][place]) if place < len(found["t"]) else (0, 0)


def _of_counts(metric: str, tp: float, fp: float, positives: float, negatives: float) -> Span | None:
    if metric == "f1":
        total = 2 * tp + fp + (positives - tp)
        return (2 * tp / total, *f1_from_counts(tp, fp, positives - tp)) if total else None
    k, n = {
        "recall": (tp, positives),
        "precision": (tp, tp + fp),
        "accuracy": (tp + negatives - fp, positives + negatives),
    }.get(metric, (0, 0))
    return (k / n, *wilson(k, n)) if n else None
