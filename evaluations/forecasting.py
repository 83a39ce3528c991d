"""What a worker does with the question "Would more data help?": fit a run's recipe on growing shares of train.

Scored on validation throughout; no sealed row takes part.
"""

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from dlstart_web.kit import jobs
from dlstart_web.kit.jobs import Pulse
from dlstart_web.kit.say import say
from evaluations import training
from evaluations.core import forecast
from evaluations.core.encoding import Encoded, SomeTrain
from evaluations.core.errors import EvaluationProblem
from evaluations.core.forecast import Measured
from evaluations.core.metrics import Metric, metric_for
from evaluations.core.recipes import RECIPES
from evaluations.models import Forecast, Run

AHEAD = np.geomspace(1, forecast.SURE_REACH, 13)  # times the data, at which the drawn forecast has its points


def execute(*, forecast_id: str, token: str) -> None:
    """Claim the forecast and do it; a stale or doubled message does nothing."""
    jobs.execute(Forecast, forecast_id, token, _work, problems=(EvaluationProblem,))


def _work(asked: Forecast, pulse: Pulse) -> Callable[[], None]:
    run = Run.objects.select_related("version__seal", "ladder__criterion").get(pk=asked.run_id)
    data, metric = training.encoded(run.version), metric_for(run.metric, run.version.task)
    scale = run.price["scale"] if run.price else None
    curve = _measure(run, data, metric, scale, asked.budget, pulse)
    result = _read(curve, metric, scale, run)

    def write() -> None:
        Forecast.objects.filter(pk=asked.pk).update(result=result)

    return write


def _measure(
    run: Run, data: Encoded, metric: Metric, scale: float | None, budget: float, pulse: Pulse
) -> Measured:  # fmt: skip
    """Errors by size and repeat; whole repeats only, as many as the budget allows and at least two."""
    began = time.process_time()
    y, truth = data.y("train"), data.y("validation")
    sizes = forecast.curve_sizes(min(len(y), run.rows_trained or len(y)), len(data.classes or ()))
    cost = (run.cpu_seconds or 0) * sum(sizes) / sizes[-1]  # of one repeat, if time grows with the rows
    wanted = forecast.REPEATS if forecast.REPEATS * cost <= budget else forecast.SLOW_REPEATS
    errors: list[list[float]] = []
    for repeat in range(wanted):
        row: list[float] = []
        for place, size in enumerate(sizes):
            pulse.check((repeat + place / len(sizes)) / wanted)
            left = budget - (time.process_time() - began)
            if left <= 0:
                break
            rows = forecast.stratified_rows(
                y, size, is_number=data.task == "regression", random_state=run.ladder.seed + repeat
            )
            fitted = RECIPES[run.recipe].fit(
                SomeTrain(data, rows),
                metric=metric,
                budget=left,
                random_state=run.ladder.seed + repeat,
                report=lambda point: pulse.check(),
                **training.fit_options(run),
            )
            row.append(1 - metric.to_sealed(metric.score(truth, fitted.predict("validation")), scale))
        if len(row) < len(sizes):
            break
        errors.append(row)
    if len(errors) < 2:
        raise EvaluationProblem(
            say(
                "{budget:g} CPU seconds were enough for {errors} of {wanted} passes over {sizes} data sizes; two are "
                "the least. Ask again with a larger budget.",
                budget=budget,
                errors=len(errors),
                wanted=wanted,
                sizes=len(sizes),
            )
        )
    return Measured(np.array(sizes, dtype=np.float64), np.array(errors).T, len(truth))


def _read(curve: Measured, metric: Metric, scale: float | None, run: Run) -> dict[str, Any]:
    """The measured curve in the metric's own unit, and what the laws say of it, or why they say nothing."""

    def scores(errors: Any) -> list[float]:
        return [metric.from_sealed(1 - float(error), scale) for error in np.clip(errors, 0, 1)]

    def band(middle: Any, below: Any, above: Any) -> dict[str, list[float]]:
        ends = list(zip(scores(below), scores(above), strict=True))
        return {"scores": scores(middle), "lows": [min(pair) for pair in ends], "highs": [max(pair) for pair in ends]}

    criterion = run.ladder.criterion
    level = criterion.level if criterion and criterion.metric == run.metric else None
    result: dict[str, Any] = {
        "sizes": [int(size) for size in curve.sizes],
        **band(curve.mean, curve.mean - curve.standard_error, curve.mean + curve.standard_error),
        "repeats": curve.errors.shape[1],
        "n_validation": curve.n_validation,
        "refusals": forecast.refusals(curve),
        "level": level,
        "ahead": None,
        "twice": None,
        "needed": None,
    }
    if result["refusals"]:
        return result
    laws, largest = forecast.draw_laws(curve, run.ladder.seed), curve.sizes[-1]
    seen = forecast.forecast(curve, largest * AHEAD, laws=laws)
    fresh = forecast.forecast(curve, np.array([2 * largest]), laws=laws, on_fresh_rows=True)
    result["ahead"] = {"sizes": [int(size) for size in largest * AHEAD], **band(seen.median, seen.low, seen.high)}
    result["twice"] = {key: values[0] for key, values in band(fresh.median, fresh.low, fresh.high).items()}
    if level is not None:
        needed = forecast.rows_needed(curve, 1 - metric.to_sealed(level, scale), laws=laws)
        result["needed"] = {"low": needed.optimistic, "likely": needed.likely, "high": needed.pessimistic}
    return result
