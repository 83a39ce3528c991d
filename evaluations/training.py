"""What a worker does with a run: encode once, fit on train, score on validation, rank the board, keep what a look will score."""

import fcntl
import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.db import transaction
from numpy.typing import NDArray

from datasets import store
from datasets.models import DatasetVersion
from dlstart_web.kit import jobs
from dlstart_web.kit.jobs import OPEN_STATES, JobState, JobTaken, JobTooEarly, JobUnneeded, Pulse
from evaluations import ranks
from evaluations.core import diagnosis, summary
from evaluations.core.encoding import Encoded, encode
from evaluations.core.errors import Cancelled, EvaluationProblem
from evaluations.core.metrics import Metric, error_scale, floor_score, metric_for
from evaluations.core.recipes import RECIPES, CurvePoint, Fitted, blend, convolutional, load, own_rule
from evaluations.core.recipes.base import COARSE, Judge, one_thread, some_rows
from evaluations.core.rungs import RUNGS, family
from evaluations.models import Behaviour, Run
from evaluations.models import CurvePoint as StoredPoint
from evaluations.words import speech
from projects import services as project_services
from projects.models import Project

Array = NDArray[np.float64]

# How a ladder's budget is parted; what a cheap rung leaves goes to those after it. The constant answer costs nothing.
SHARES = {
    "linear": 1.0,
    "naive_bayes": 0.5,
    "tfidf_linear": 1.5,
    "forest": 1.0,
    "boosting": 2.0,
    "boosting_wide": 4.0,
    "network": 2.5,
    "text_network": 2.5,
    "convolutional": 5.0,
    "blend": 0.5,
}
NEVER_BLENDED = frozenset({"always_same", "own_rule", "blend"})
TRAIN_ROWS = 50_000  # train rows that a train score is taken from
WRITE_EVERY = 1.0  # seconds between two writes of curve points
POINT_FIELDS = ["train_loss", "validation_loss", "train_score", "validation_score"]


def execute(*, run_id: str, token: str) -> None:
    """Claim the run and do it; a stale or doubled message does nothing."""
    jobs.execute(Run, run_id, token, _work, problems=(EvaluationProblem,))


def run_folder(run: Run) -> Path:
    """Model and predictions of a run; nothing in it comes from a sealed label."""
    return settings.STORE / "runs" / str(run.pk)


def predictions(run: Run, part: str) -> Array:
    """What a run predicts for the rows of a part, in the order of its file."""
    stored: Array = np.load(run_folder(run) / f"{part}.npy", allow_pickle=False)
    return stored


# ---- the data, encoded once


def class_names(version: DatasetVersion) -> list[str] | None:
    """The classes in the order of their codes; None for a number."""
    return (
        None if version.seal.classes is None else sorted(version.seal.classes)
    )  # a database may forget the order of keys


def coded(version: DatasetVersion, labels: NDArray[Any]) -> Array:
    """Stored labels as a metric takes them: codes of classes, or numbers."""
    names = class_names(version)
    if names is None:
        return labels.astype(np.float64)
    codes = {name: code for code, name in enumerate(names)}
    return np.array([codes[str(label)] for label in labels], dtype=np.float64)


def encoded(version: DatasetVersion) -> Encoded:
    """The matrices of a sealed version; the first rung to come writes them, the others wait for it and map them."""
    folder = settings.STORE / "encoded" / str(version.pk)
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _lock(folder.with_suffix(".lock")):
        if not folder.exists():
            sealed = ("final",) if version.seal.is_pooled else ("checkpoint", "final")
            encode(
                train=store.part_path(version, "train"),
                validation=store.part_path(version, "validation"),
                sealed={part: store.part_path(version, part) for part in sealed},
                target=version.target,
                task=version.task,
                columns=version.seal.features,
                classes=class_names(version),
                out=folder,
            )
    return Encoded.open(folder)


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    """One process at a time; a killed holder lets go."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def groups_of(version: DatasetVersion) -> NDArray[Any] | None:
    """Which rows of validation belong together: of one group, or with the same features; None where each stands alone."""
    path = store.units_path(version)
    if not path.exists():
        return None
    units: NDArray[Any] = np.load(path, allow_pickle=False)
    return units


# ---- one run


def _work(run: Run, pulse: Pulse) -> Callable[[], None]:
    run.points.all().delete()  # of an attempt that fell silent
    with one_thread():
        return _fit(run, pulse)


def _fit(run: Run, pulse: Pulse) -> Callable[[], None]:
    began = time.process_time()
    version, metric = run.version, metric_for(run.metric, run.version.task)
    data = encoded(version)
    pulse.check(0.02)
    curve = _Curve(run, pulse, budget := _budget(run))
    try:
        if run.recipe == "blend":
            made = _blend(run, data, metric, curve.add)
        elif run.recipe == "own_rule":
            made = _predicted(own_rule.fit(data, text=run.ladder.rule, metric=metric, report=curve.add), data)
        else:
            fit = RECIPES[run.recipe].fit
            if run.recipe == "convolutional":
                fit = partial(convolutional.fit, checkpoint=run_folder(run))  # a killed attempt goes on from there
            fitted = fit(data, metric=metric, budget=budget, random_state=run.ladder.seed, report=curve.add)
            made = _predicted(fitted, data)
    except Cancelled as end:
        raise JobTaken(str(run.pk)) from end
    curve.write()
    pulse.check(0.9)
    groups, y = groups_of(version), data.y("validation")
    found = _scores(metric, data, made, groups)
    _keep(run, made)
    points = list(run.points.all())
    found |= {
        "rows_trained": made.fitted.rows_trained,
        "rows_validation": len(y),
        "best_x": made.fitted.best_x,
        "settings": made.fitted.settings | {"refit": made.is_refit},
        "note": " ".join([*made.fitted.notes, *data.notes]),
        "predictions_digest": _digest(run, version),
        "cpu_seconds": time.process_time() - began,
    }
    judged = _diagnose(run, found, points, metric, y)
    behaviour = None if run.recipe == "always_same" else summary.summarise(data, made.guesses["validation"], groups)
    pulse.check(0.95)
    board = ranks.Board(run, metric, y, groups, predictions)
    board.prepare(run, found["score"], found["goodness"], found["cpu_seconds"])
    return lambda: _write(run, found | {"diagnosis": judged}, behaviour, board)


def _budget(run: Run) -> float:
    """CPU seconds for this rung: its share of what the ended rungs of the ladder left; two at the least."""
    rungs = list(run.ladder.runs.all())
    left = run.ladder.budget - sum(rung.cpu_seconds or 0 for rung in rungs if rung.pk != run.pk)
    open_shares = sum(SHARES.get(rung.recipe, 0.1) for rung in rungs if rung.is_open)
    return max(2.0, left * SHARES.get(run.recipe, 0.1) / open_shares)


@dataclass(frozen=True)
class Made:
    """A fitted model, what it says of each part (of train: of `train_rows`), and what is handed in for looks."""

    fitted: Fitted
    handed_in: Fitted
    guesses: dict[str, Array]
    is_refit: bool


def train_rows(data: Encoded) -> NDArray[np.intp]:
    """The train rows that train scores are taken from: all, or 50,000 of them."""
    return np.sort(some_rows(data.rows("train"), TRAIN_ROWS, 0))


def _predicted(fitted: Fitted, data: Encoded) -> Made:
    """What a model says; of the sealed parts the recommended model, refitted on small data."""
    is_refit = fitted.REFITS and data.rows("train") < COARSE
    handed_in = fitted.refit(data) if is_refit else fitted
    guesses = {part: handed_in.predict(part) for part in data.parts if part in store.SEALED_PARTS}
    guesses |= {"train": fitted.predict("train", train_rows(data)), "validation": fitted.predict("validation")}
    return Made(fitted, handed_in, guesses, is_refit)


def _blend(run: Run, data: Encoded, metric: Metric, report: Callable[[CurvePoint], None]) -> Made:
    """Mix what the rungs below have predicted; JobTooEarly while one still runs, JobUnneeded where a mixture gains nothing."""
    others = [other for other in run.ladder.runs.order_by("rung") if other.recipe not in NEVER_BLENDED]
    if any(other.is_open for other in others):
        raise JobTooEarly(str(run.pk))
    members = [other for other in others if other.state == JobState.DONE]
    if len(members) < 2:
        raise JobUnneeded(f"A blend mixes two models or more; {len(members)} of this ladder has a score.")
    parts = ["train", "validation", *(part for part in data.parts if part in store.SEALED_PARTS)]
    said = {part: [predictions(member, part) for member in members] for part in parts}
    y, y_train = data.y("validation"), data.y("train")[train_rows(data)]
    mixture = blend.choose(data, y, said["validation"], run.ladder.seed)
    titles = [RUNGS[member.recipe].title for member in members]
    if mixture.gain <= 0:
        raise JobUnneeded("No mixture was better than the best single rung on rows it was not chosen by.")
    kept = [place for place, weight in enumerate(mixture.weights) if weight > 0]
    weights = [mixture.weights[place] for place in kept]
    for count in range(1, len(kept) + 1):  # the curve: the heaviest member alone, then one more at a time
        order = sorted(range(len(kept)), key=lambda place: -weights[place])[:count]
        share = [weights[place] / sum(weights[each] for each in order) for place in order]
        mixed = {
            part: blend.mix([said[part][kept[place]] for place in order], share) for part in ("train", "validation")
        }
        report(Judge(data, metric, np.arange(len(y)), y).point(count, y_train, mixed["train"], mixed["validation"]))
    settings = {"weights": {titles[place]: weight for place, weight in zip(kept, weights, strict=True)}}
    fitted, handed_in = (
        blend.Blend.of(data, [load(run_folder(members[place]) / kind, data) for place in kept], settings)
        for kind in ("fitted", "model")
    )
    fitted.notes.append("Its weights were chosen on validation, which flatters its score a little.")
    shares = list(settings["weights"].values())
    guesses = {part: blend.mix([said[part][place] for place in kept], shares) for part in parts}
    return Made(fitted, handed_in, guesses, any(member.settings.get("refit") for member in members))


def _scores(metric: Metric, data: Encoded, made: Made, groups: Array | None) -> dict[str, Any]:
    """Score and interval on validation, score on train, and what a look will need of them."""
    y, guess, y_train = data.y("validation"), made.guesses["validation"], data.y("train")
    score = metric.score(y, guess)
    low, high = metric.interval(y, guess, groups=groups)
    scale = error_scale(y_train, y) if metric.name in ("rmse", "mae") else None
    floor = floor_score(metric, y_train, y)
    sealed = metric.sealed(y, guess, None, floor=floor, scale=scale, groups=groups, seed=0, gate=False)
    error = metric.standard_error(y, guess, groups=groups) * sqrt(sealed.n) if sealed.form == "approximate" else None
    return {
        "score": score,
        "low": low,
        "high": high,
        "train_score": metric.score(y_train[train_rows(data)], made.guesses["train"]),
        "goodness": score if metric.greater_is_better else -score,
        "price": {
            "value": sealed.value,
            "form": sealed.form,
            "is_share": metric.counts is not None,
            "units_a_row": sealed.n / len(y),
            "unit_error": error,
            "floor": floor,
            "scale": scale,
        },
    }


def _keep(run: Run, made: Made) -> None:
    """Store what was said of each part and the model that is handed in."""
    folder = run_folder(run)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for part, guess in made.guesses.items():
        np.save(folder / f"{part}.npy", guess)
    made.fitted.save(folder / "fitted")  # validation has not seen it: what it looks at is found out with this one
    made.handed_in.save(folder / "model")


def _digest(run: Run, version: DatasetVersion) -> str:
    part = "final" if version.seal.is_pooled else "checkpoint"
    return hashlib.sha256(predictions(run, part).tobytes()).hexdigest()


def _diagnose(
    run: Run, found: dict[str, Any], points: list[StoredPoint], metric: Metric, y: Array
) -> dict[str, Any] | None:
    """The rules of STATISTICS 5 on the curve and the two scores; nothing to say of a constant answer."""
    if run.recipe in NEVER_BLENDED:
        return None
    scale, level = found["price"]["scale"], run.ladder.criterion.level if run.ladder.criterion else None
    judged = diagnosis.diagnose(
        [point.x for point in points],
        [point.train_loss for point in points],
        [point.validation_loss for point in points],
        in_rounds=run.curve != "rows",
        train_score=metric.to_sealed(found["train_score"], scale),
        validation_score=found["price"]["value"],
        n_train=found["rows_trained"],
        n_validation=len(y),
        level=None if level is None else metric.to_sealed(level, scale),
        write=lambda value: speech(metric.name).number(metric.from_sealed(value, scale)),
    )
    return {key: value for key, value in asdict(judged).items() if key != "best_x"}


def _write(run: Run, found: dict[str, Any], behaviour: dict[str, Any] | None, board: "ranks.Board") -> None:
    """Called in the transaction that ends the job: the results, the ranks of the whole board, the step reached."""
    project = Project.objects.select_for_update().get(pk=run.project_id)  # one board is ranked at a time
    Run.objects.filter(pk=run.pk).update(**found)
    if behaviour is not None:
        Behaviour.objects.update_or_create(run_id=run.pk, defaults={"found": behaviour})
    board.write()
    waiting = run.ladder.runs.filter(recipe="blend", state=JobState.QUEUED).first()
    if waiting and not run.ladder.runs.exclude(pk__in=(waiting.pk, run.pk)).filter(state__in=OPEN_STATES).exists():
        jobs.ring_on_commit(waiting)
    if family(run.recipe) == "deep":
        project_services.reach_step(project=project, step=Project.Step.DEEP)
    elif run.recipe != "always_same":
        project_services.reach_step(project=project, step=Project.Step.SIMPLE)


class _Curve:
    """Takes curve points as they come and writes them at most once a second, for as long as the run is ours."""

    def __init__(self, run: Run, pulse: Pulse, budget: float) -> None:
        self.run, self.pulse, self.budget = run, pulse, budget
        self.waiting: dict[float, CurvePoint] = {}
        self.began, self.written = time.process_time(), 0.0

    def add(self, point: CurvePoint) -> None:
        """The recipe's `report`; raises JobTaken once the run was cancelled or given to another worker."""
        self.pulse.check(min(0.9, 0.05 + 0.85 * (time.process_time() - self.began) / self.budget))
        self.waiting[float(point.x)] = point
        if time.monotonic() - self.written >= WRITE_EVERY:
            self.write()

    def write(self) -> None:
        rows = [
            StoredPoint(run=self.run, x=x, **{name: _finite(getattr(point, name)) for name in POINT_FIELDS})
            for x, point in self.waiting.items()
        ]
        with transaction.atomic():
            mine = Run.objects.select_for_update().filter(
                pk=self.run.pk, token=self.run.token, owner=self.run.owner, state=JobState.RUNNING
            )
            if not mine.exists():
                raise JobTaken(str(self.run.pk))
            StoredPoint.objects.bulk_create(
                rows, batch_size=150, update_conflicts=True, unique_fields=["run", "x"], update_fields=POINT_FIELDS
            )
        self.waiting.clear()
        self.written = time.monotonic()


def _finite(value: float | None) -> float | None:
    return float(value) if value is not None and np.isfinite(value) else None
