"""What a worker does with the question how much of a score is chance: fit a run's recipe again with other seeds.

Scored on validation throughout; no sealed row takes part, and nothing enters the board.
"""

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from dlstart_web.kit import jobs
from dlstart_web.kit.jobs import Pulse
from dlstart_web.kit.say import say
from evaluations import training
from evaluations.core.errors import EvaluationProblem
from evaluations.core.metrics import metric_for
from evaluations.core.recipes import RECIPES, CurvePoint
from evaluations.core.recipes.base import one_thread
from evaluations.models import Run, Spread

SEEDS = 5  # the run's own among them
FEWEST = 3  # a spread of two is none
CURVE_POINTS = 100


def execute(*, spread_id: str, token: str) -> None:
    """Claim the spread and do it; a stale or doubled message does nothing."""
    jobs.execute(Spread, spread_id, token, _work, problems=(EvaluationProblem,))


def _work(asked: Spread, pulse: Pulse) -> Callable[[], None]:
    run = Run.objects.select_related("version__seal", "ladder").get(pk=asked.run_id)
    data, metric = training.encoded(run.version), metric_for(run.metric, run.version.task)
    y, first, began = data.y("validation"), run.ladder.seed, time.process_time()
    own = [CurvePoint(point.x, point.train_loss, point.validation_loss) for point in run.points.all()]
    fits: list[dict[str, Any]] = [{"seed": first, "score": run.score, "best_x": run.best_x, "curve": _thin(own)}]
    for seed in range(first + 1, first + SEEDS):
        left = asked.budget - (time.process_time() - began)
        if left < (run.cpu_seconds or 0):  # one that is cut short would show the budget, not chance
            break
        points: list[CurvePoint] = []

        def report(point: CurvePoint, points: list[CurvePoint] = points) -> None:
            points.append(point)
            pulse.check()

        with one_thread():
            fitted = RECIPES[run.recipe].fit(
                data, metric=metric, budget=left, random_state=seed, report=report, **training.fit_options(run)
            )
            score = metric.score(y, fitted.predict("validation"))
        fits.append({"seed": seed, "score": score, "best_x": fitted.best_x, "curve": _thin(points)})
        pulse.check((len(fits) - 1) / (SEEDS - 1))
    if len(fits) < FEWEST:
        raise EvaluationProblem(
            say(
                "{budget:,} CPU seconds were enough for {fits} of {seeds} seeds; {fewest} are the least. One fit "
                "took {seconds:.1f}; ask again with a larger budget.",
                budget=asked.budget,
                fits=len(fits),
                seeds=SEEDS,
                fewest=FEWEST,
                seconds=run.cpu_seconds,
            )
        )
    scores = [fit["score"] for fit in fits]
    result = {"fits": fits, "wanted": SEEDS, "mean": float(np.mean(scores)), "deviation": float(np.std(scores, ddof=1))}
    return lambda: _write(asked, result)


def _write(asked: Spread, result: dict[str, Any]) -> None:
    Spread.objects.filter(pk=asked.pk).update(result=result)


def _thin(points: list[CurvePoint]) -> list[list[float]]:
    """Validation losses by round or epoch: [[x, loss], ...], at most a hundred."""
    known = [[float(point.x), float(point.validation_loss)] for point in points if point.validation_loss is not None]
    return [known[i] for i in sorted({round(i) for i in np.linspace(0, len(known) - 1, CURVE_POINTS)})] if known else []
