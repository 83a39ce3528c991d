"""Predictions of the recommended model for unlabelled rows of the same columns."""

import tempfile
from dataclasses import replace
from pathlib import Path

from datasets import ingestion
from datasets.core.corrections import Corrections
from datasets.core.readers import read_table
from dlstart_web.kit.jobs import JobState
from evaluations import predicting
from evaluations.models import Ladder, Run


def recommended(ladder: Ladder) -> Run | None:
    """The run with the best score of a ladder."""
    runs = ladder.runs.filter(state=JobState.DONE)
    return max(runs, key=lambda run: run.goodness, default=None)


def predict(ladder: Ladder, rows: Path, out: Path) -> None:
    """Write what the recommended model says of each row of a file: see `evaluations.predicting.write`.

    Raises
    ------
    DataProblem
        If the file cannot be read.
    EvaluationProblem
        If it lacks a column that the model was fitted on.
    """
    run = recommended(ladder)
    if run is None:
        return
    as_learnt = Corrections(**ingestion.read_as(run.version))
    limits = replace(ingestion.limits(), least_rows=1)  # nothing is divided
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "rows.parquet"
        read = read_table(rows, file_name=rows.name, out=table, limits=limits, corrections=as_learnt)
        is_media = any(column.kind in ("picture", "sound") for column in read.columns)
        predicting.write(run, table, predicting.entry_names(table) if is_media else [], out)
