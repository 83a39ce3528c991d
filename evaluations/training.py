"""What a worker does with a run: encode once, fit on train, score on validation, rank the board, keep what a look will score."""

import fcntl
import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.db import transaction
from numpy.typing import NDArray

from datasets import store
from datasets.models import Dataset, DatasetVersion, TestSet
from dlstart_web.kit import jobs
from dlstart_web.kit.jobs import OPEN_STATES, JobState, JobTaken, JobTooEarly, JobUnneeded, Pulse
from dlstart_web.kit.say import joined, say
from evaluations import ranks
from evaluations.core import diagnosis, summary
from evaluations.core.encoding import Encoded, encode
from evaluations.core.errors import Cancelled, EvaluationProblem
from evaluations.core.metrics import Metric, error_scale, floor_score, metric_for
from evaluations.core.recipes import RECIPES, CurvePoint, Fitted, blend, load, own_rule
from evaluations.core.recipes.base import COARSE, Budget, Judge, one_thread, some_rows
from evaluations.core.remedies import Change
from evaluations.core.rungs import NO_BACKBONE, NO_MODEL, RUNGS, family
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
    "pretrained": 10.0,
    "blend": 0.5,
}
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


def set_path(run: Run, test_set: TestSet) -> Path:
    """Predictions for rows that came after the run: of a later version, or of a fresh set."""
    return run_folder(run) / f"{test_set.pk}.npy"


def predict_set(run: Run, test_set: TestSet) -> Array:
    """What a run says of a fresh set: its model predicts it here, once; an upload has said it in a file."""
    path = set_path(run, test_set)
    if not path.exists():
        if run.recipe == "upload":
            raise EvaluationProblem(
                say(
                    "{model} has no predictions for fresh set {number}. Upload them first.",
                    model=run.name or say("The uploaded model"),
                    number=test_set.number,
                )
            )
        data = encoded(run.version)
        rows = data.transform(store.part_path(test_set.version, test_set.part))
        np.save(path, load(run_folder(run) / "model", data).predict(rows))
    stored: Array = np.load(path, allow_pickle=False)
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
    clock = Budget(budget)
    try:
        if run.recipe == "blend":
            made = _blend(run, data, metric, curve.add)
        elif run.recipe == "own_rule":
            made = _predicted(own_rule.fit(data, text=run.ladder.rule, metric=metric, report=curve.add), data, clock)
        else:
            options = fit_options(run)
            if run.recipe == "convolutional":
                options["checkpoint"] = run_folder(run)  # a killed attempt goes on from there
            narrow = run.ladder.runs.filter(recipe="boosting", remedy_of=None, state=JobState.DONE).first()
            if run.recipe == "boosting_wide" and narrow:
                options["coding"] = narrow.settings["coding"]  # one trial for both
            seed = run.ladder.seed
            fit = RECIPES[run.recipe].fit
            fitted = fit(data, metric=metric, budget=budget, random_state=seed, report=curve.add, **options)
            made = _predicted(fitted, data, clock)
    except Cancelled as end:
        raise JobTaken(str(run.pk)) from end
    curve.write()
    pulse.check(0.9)
    groups, y = groups_of(version), data.y("validation")
    found = scores(metric, data, made.guesses, groups)
    keep_guesses(run, made.guesses)
    made.fitted.save(run_folder(run) / "fitted")  # validation has not seen it: what it looks at is found out with it
    made.handed_in.save(run_folder(run) / "model")
    points = list(run.points.all())
    found |= {
        "rows_trained": made.fitted.rows_trained,
        "rows_validation": len(y),
        "best_x": made.fitted.best_x,
        "settings": made.fitted.settings | {"refit": made.is_refit},
        "note": joined(" ", [*made.fitted.notes, *data.notes]),
        "predictions_digest": digest(run, version),
        "cpu_seconds": time.process_time() - began,
    }
    judged = _diagnose(run, found, points, metric, y)
    behaviour = None if run.recipe == "always_same" else summary.summarise(data, made.guesses["validation"], groups)
    pulse.check(0.95)
    board = ranks.Board(run, metric, y, groups, predictions)
    board.prepare(run, found["score"], found["goodness"], found["cpu_seconds"])
    return lambda: _write(run, found | {"diagnosis": judged}, behaviour, board)


def fit_options(run: Run) -> dict[str, Any]:
    """What a recipe's `fit` is told besides: the remedy that this run tries, where the pretrained network lies."""
    options: dict[str, Any] = {"change": Change(**run.change)} if run.change else {}
    if run.recipe == "pretrained":
        if settings.BACKBONE is None:
            raise EvaluationProblem(NO_BACKBONE)
        options["backbone"] = settings.BACKBONE
    return options


def _budget(run: Run) -> float:
    """CPU seconds for this rung: its share of what the ended rungs of the ladder left; two at the least."""
    if run.budget is not None:
        return run.budget
    rungs = list(run.ladder.runs.filter(budget=None))
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


def _predicted(fitted: Fitted, data: Encoded, clock: Budget) -> Made:
    """What a model says; of the sealed parts the recommended model, refitted on small data where the budget has room.

    A fit on train and validation is taken to cost as much a row as the fit on train did.
    """
    is_refit = fitted.REFITS and data.rows("train") < COARSE
    again = clock.spent * (1 + data.rows("validation") / data.rows("train"))
    if is_refit and not clock.reaches(again):
        is_refit = False
        left = max(0.0, clock.seconds - clock.spent)
        fitted.notes.append(
            say(
                "Not fitted again on train and validation: that would take about {needed:,.0f} CPU seconds, "
                "and {left:,.0f} of this rung's {all:,.0f} are left.",
                needed=again,
                left=left,
                all=clock.seconds,
            )
        )
    handed_in = fitted.refit(data) if is_refit else fitted
    guesses = {part: handed_in.predict(part) for part in data.parts if part in store.SEALED_PARTS}
    guesses |= {"train": fitted.predict("train", train_rows(data)), "validation": fitted.predict("validation")}
    return Made(fitted, handed_in, guesses, is_refit)


def _blend(run: Run, data: Encoded, metric: Metric, report: Callable[[CurvePoint], None]) -> Made:
    """Mix what the rungs below have predicted; JobTooEarly while one still runs, JobUnneeded where a mixture gains nothing."""
    others = [
        other for other in run.ladder.runs.filter(remedy_of=None).order_by("rung") if other.recipe not in NO_MODEL
    ]
    if any(other.is_open for other in others):
        raise JobTooEarly(str(run.pk))
    members = [other for other in others if other.state == JobState.DONE]
    if len(members) < 2:
        raise JobUnneeded(
            say("A blend mixes two models or more; {members} of this ladder has a score.", members=len(members))
        )
    parts = ["train", "validation", *(part for part in data.parts if part in store.SEALED_PARTS)]
    said = {part: [predictions(member, part) for member in members] for part in parts}
    y, y_train = data.y("validation"), data.y("train")[train_rows(data)]
    mixture = blend.choose(data, y, said["validation"], run.ladder.seed)
    titles = [RUNGS[member.recipe].title for member in members]
    if mixture.gain <= 0:
        raise JobUnneeded(say("No mixture was better than the best single rung on rows it was not chosen by."))
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
    fitted.notes.append(say("Its weights were chosen on validation, which flatters its score a little."))
    shares = list(settings["weights"].values())
    guesses = {part: blend.mix([said[part][place] for place in kept], shares) for part in parts}
    return Made(fitted, handed_in, guesses, any(member.settings.get("refit") for member in members))


def scores(metric: Metric, data: Encoded, guesses: dict[str, Array], groups: Array | None) -> dict[str, Any]:
    """Score and interval on validation, score on train where that is known, and what a look will need of them."""
    y, guess, y_train = data.y("validation"), guesses["validation"], data.y("train")
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
        "train_score": metric.score(y_train[train_rows(data)], guesses["train"]) if "train" in guesses else None,
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


def keep_guesses(run: Run, guesses: dict[str, Array]) -> None:
    """Store what was said of each part; nothing once the data was removed."""
    if Dataset.objects.filter(pk=run.version.dataset_id, removed_at__isnull=False).exists():
        raise EvaluationProblem(say("The data was removed while this ran, so nothing of it is kept."))
    folder = run_folder(run)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for part, guess in guesses.items():
        np.save(folder / f"{part}.npy", guess)


def digest(run: Run, version: DatasetVersion) -> str:
    """Of what a look would score."""
    part = "final" if version.seal.is_pooled else "checkpoint"
    return hashlib.sha256(predictions(run, part).tobytes()).hexdigest()


def _diagnose(
    run: Run, found: dict[str, Any], points: list[StoredPoint], metric: Metric, y: Array
) -> dict[str, Any] | None:
    """The rules of STATISTICS 5 on the curve and the two scores; nothing to say of a constant answer."""
    if run.recipe in NO_MODEL:
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
