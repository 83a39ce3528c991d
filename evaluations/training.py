"""What a worker does with a run: encode once, fit on train, score on validation, rank the board, keep what a look will score."""

import fcntl
import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
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
from dlstart_web.kit.jobs import JobState, JobTaken, Pulse
from evaluations import ranks
from evaluations.core import diagnosis, summary
from evaluations.core.encoding import Encoded, encode
from evaluations.core.errors import Cancelled, EvaluationProblem
from evaluations.core.metrics import Metric, error_scale, floor_score, metric_for
from evaluations.core.recipes import RECIPES, CurvePoint, Fitted, convolutional
from evaluations.core.recipes.base import COARSE, one_thread
from evaluations.core.rungs import family
from evaluations.models import Behaviour, Run
from evaluations.models import CurvePoint as StoredPoint
from evaluations.words import speech
from projects import services as project_services
from projects.models import Project

Array = NDArray[np.float64]

SHARES = {
    "linear": 0.2,
    "forest": 0.2,
    "boosting": 0.3,
    "network": 0.3,
    "naive_bayes": 0.1,
    "tfidf_linear": 0.3,
    "text_network": 0.3,
    "convolutional": 0.5,
}  # of a ladder's budget; the constant answer costs nothing
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
    asked = sum(SHARES.get(recipe, 0.1) for recipe in run.ladder.runs.values_list("recipe", flat=True))
    budget = max(2.0, SHARES.get(run.recipe, 0.1) / max(1.0, asked) * run.ladder.budget)
    curve = _Curve(run, pulse, budget)
    fit = RECIPES[run.recipe].fit
    if run.recipe == "convolutional":
        fit = partial(convolutional.fit, checkpoint=run_folder(run))  # a killed attempt goes on from there
    try:
        fitted = fit(data, metric=metric, budget=budget, random_state=run.ladder.seed, report=curve.add)
    except Cancelled as end:
        raise JobTaken(str(run.pk)) from end
    curve.write()
    pulse.check(0.9)
    groups = groups_of(version)
    y, guess = data.y("validation"), fitted.predict("validation")
    found = _scores(metric, data, fitted, y, guess, groups)
    _keep(run, fitted, data, guess)
    points = list(run.points.all())
    found |= {
        "rows_trained": fitted.rows_trained,
        "rows_validation": len(y),
        "best_x": fitted.best_x,
        "settings": fitted.settings | {"refit": data.rows("train") < COARSE},
        "note": " ".join([*fitted.notes, *data.notes]),
        "predictions_digest": _digest(run, version),
        "cpu_seconds": time.process_time() - began,
    }
    judged = _diagnose(run, found, points, metric, y)
    behaviour = None if run.recipe == "always_same" else summary.summarise(data, guess, groups)
    pulse.check(0.95)
    board = ranks.Board(run, metric, y, groups, predictions)
    board.prepare(run, found["score"], found["goodness"], found["cpu_seconds"])
    return lambda: _write(run, found | {"diagnosis": judged}, behaviour, board)


def _scores(
    metric: Metric, data: Encoded, fitted: Fitted, y: Array, guess: Array, groups: Array | None
) -> dict[str, Any]:
    """Score and interval on validation, score on train, and what a look will need of them."""
    score = metric.score(y, guess)
    low, high = metric.interval(y, guess, groups=groups)
    y_train = data.y("train")
    scale = error_scale(y_train, y) if metric.name in ("rmse", "mae") else None
    floor = floor_score(metric, y_train, y)
    sealed = metric.sealed(y, guess, None, floor=floor, scale=scale, groups=groups, seed=0, gate=False)
    error = metric.standard_error(y, guess, groups=groups) * sqrt(sealed.n) if sealed.form == "approximate" else None
    return {
        "score": score,
        "low": low,
        "high": high,
        "train_score": metric.score(y_train, fitted.predict("train")),
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


def _keep(run: Run, fitted: Fitted, data: Encoded, guess: Array) -> None:
    """Store what validation said, and model and sealed predictions of the recommended model: refitted on small data."""
    folder = run_folder(run)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    np.save(folder / "validation.npy", guess)
    fitted.save(folder / "fitted")  # validation has not seen it: what it looks at is found out with this one
    handed_in = fitted.refit(data) if data.rows("train") < COARSE else fitted
    for part in data.parts:
        if part in store.SEALED_PARTS:
            np.save(folder / f"{part}.npy", handed_in.predict(part))
    handed_in.save(folder / "model")


def _digest(run: Run, version: DatasetVersion) -> str:
    part = "final" if version.seal.is_pooled else "checkpoint"
    return hashlib.sha256(predictions(run, part).tobytes()).hexdigest()


def _diagnose(
    run: Run, found: dict[str, Any], points: list[StoredPoint], metric: Metric, y: Array
) -> dict[str, Any] | None:
    """The rules of STATISTICS 5 on the curve and the two scores; nothing to say of a constant answer."""
    if run.recipe == "always_same":
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
