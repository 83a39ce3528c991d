"""Predictions of the recommended model for unlabelled rows of the same columns."""

import csv
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import polars as pl
from django.conf import settings

from datasets import ingestion
from datasets.core.errors import DataProblem
from datasets.core.readers.folders import NAME
from dlstart_web.kit import jobs
from dlstart_web.kit.jobs import Pulse
from evaluations import training
from evaluations.core.errors import EvaluationProblem
from evaluations.core.recipes import load
from evaluations.models import Prediction, Run


def execute(*, prediction_id: str, token: str) -> None:
    """Claim the prediction and do it; a stale or doubled message does nothing."""
    jobs.execute(
        Prediction, prediction_id, token, _work, problems=(DataProblem, EvaluationProblem),
        on_failure=lambda job, fault: source_path(job).unlink(missing_ok=True),
    )  # fmt: skip


def source_path(job: Prediction) -> Path:
    """The upload as it came; gone when it was predicted or refused."""
    return settings.QUARANTINE / str(job.pk)


def out_path(job: Prediction) -> Path:
    """The answers: ids and predictions, none of the columns that came."""
    return settings.STORE / "predictions" / f"{job.pk}.csv"


def _work(job: Prediction, pulse: Pulse) -> Callable[[], None]:
    run = Run.objects.select_related("version__seal").get(pk=job.run_id)
    out = out_path(job)
    out.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix="unfinished-") as folder:
        table = Path(folder) / "rows.parquet"
        read = ingestion.read_rows(
            source=source_path(job),
            file_name=job.file_name,
            out=table,
            corrections=ingestion.read_as(run.version),
            progress=pulse.check,
        )
        is_media = any(column["kind"] in ("picture", "sound") for column in read["columns"])
        write(run, table, entry_names(table) if is_media else [], Path(folder) / "answers.csv")
        (Path(folder) / "answers.csv").replace(out)

    def write_down() -> None:
        Prediction.objects.filter(pk=job.pk).update(rows=read["rows"])
        source_path(job).unlink(missing_ok=True)

    return write_down


def entry_names(table: Path) -> list[str]:
    """Names of the entries of an archive of pictures or sounds."""
    names: list[str] = pl.read_parquet(table, columns=[NAME]).to_series().to_list()
    return names


def write(run: Run, table: Path, names: Sequence[str], out: Path) -> None:
    """Write `id,prediction` and one `score_<class>` column a class, in the order of the file.

    The id is the row's place, counted from 0, or the entry's name. The model is the one that looks and the final
    opening use: refitted on train and validation where the data is small.

    Raises
    ------
    EvaluationProblem
        If the table lacks a column that the model was fitted on.
    """
    data = training.encoded(run.version)
    found = load(training.run_folder(run) / "model", data).predict(data.transform(table))
    ids = names or range(len(found))
    classes = training.class_names(run.version)
    with out.open("w", newline="", encoding="utf-8") as file:
        line = csv.writer(file, lineterminator="\n").writerow
        if classes is None:
            line(["id", "prediction"])
            for key, value in zip(ids, found, strict=True):
                line([key, repr(float(value))])
            return
        line(["id", "prediction", *(f"score_{name}" for name in classes)])
        answers = np.argmax(found, axis=1)
        for key, answer, scores in zip(ids, answers, found, strict=True):
            line([key, classes[answer], *(f"{score:.6g}" for score in scores)])
