"""What a worker does to find out what a run looks at: on validation, with the model fitted on train alone."""

from collections.abc import Callable
from typing import Any

import polars as pl

from datasets import store
from dlstart_web.kit import jobs
from dlstart_web.kit.jobs import Pulse
from dlstart_web.kit.say import say
from evaluations import training
from evaluations.core import inspection
from evaluations.core.errors import EvaluationProblem
from evaluations.core.metrics import metric_for
from evaluations.core.recipes import load
from evaluations.core.recipes.base import Budget
from evaluations.models import Inspection, Run

BUDGET = 30.0  # CPU seconds
CELL, CELLS = 60, 12  # characters of a value, and columns, that are shown of a row


def execute(*, inspection_id: str, token: str) -> None:
    """Claim the inspection and do it; a stale or doubled message does nothing."""
    jobs.execute(Inspection, inspection_id, token, _work, problems=(EvaluationProblem,))


def _work(asked: Inspection, pulse: Pulse) -> Callable[[], None]:
    run = Run.objects.select_related("version__seal", "ladder").get(pk=asked.run_id)
    data, metric = training.encoded(run.version), metric_for(run.metric, run.version.task)
    folder = training.run_folder(run) / "fitted"
    if not folder.is_dir():
        raise EvaluationProblem(say("The model of this run that was fitted on train alone is not kept. Run it again."))
    fitted, clock, seed = load(folder, data), Budget(BUDGET), run.ladder.seed
    found = inspection.importances(fitted, metric, seed=seed, clock=clock, progress=pulse.check)
    best = [each["column"] for each in found["columns"][: inspection.TOP] if each["mean"] > 0]
    result = {
        "importance": found,
        "dependence": inspection.dependence(fitted, best, seed=seed, clock=Budget(BUDGET / 3)),
        "wrong": _with_cells(run, inspection.most_wrong(data, training.predictions(run, "validation")), best),
    }

    def write() -> None:
        Inspection.objects.filter(pk=asked.pk).update(result=result)

    return write


def _with_cells(run: Run, wrong: list[dict[str, Any]], best: list[str]) -> list[dict[str, Any]]:
    """The rows with what their columns hold, the important ones first; for the team, which has the file anyway."""
    names = [column["name"] for column in run.version.seal.features if column["kind"] not in ("picture", "sound")]
    if not names:
        return [each | {"cells": []} for each in wrong]
    shown = [*(name for name in best if name in names), *(name for name in names if name not in best)][:CELLS]
    places = [each["row"] for each in wrong]
    frame = pl.scan_parquet(store.part_path(run.version, "validation")).select(shown).collect()[places]
    for each, cells in zip(wrong, frame.iter_rows(named=True), strict=True):
        each["cells"] = [(name, str(value)[:CELL] if value is not None else "") for name, value in cells.items()]
    return wrong
