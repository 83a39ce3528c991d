"""Predictions of the recommended model for unlabelled rows of the same columns."""

import csv
import tempfile
from pathlib import Path

import numpy as np
import polars as pl

from datasets import ingestion
from datasets.core.corrections import Corrections
from datasets.core.readers import Table, read_table
from datasets.core.readers.folders import NAME
from dlstart_web.kit.jobs import JobState
from evaluations import training
from evaluations.core.recipes import load
from evaluations.models import Ladder, Run


def recommended(ladder: Ladder) -> Run | None:
    """The run with the best score of a ladder."""
    runs = ladder.runs.filter(state=JobState.DONE)
    return max(runs, key=lambda run: run.goodness, default=None)


def _names(table: Path, read: Table) -> list[str]:
    """Names of the entries, where the file is an archive of pictures or sounds."""
    if not any(column.kind in ("picture", "sound") for column in read.columns):
        return []
    names: list[str] = pl.read_parquet(table, columns=[NAME]).to_series().to_list()
    return names


def predict(ladder: Ladder, rows: Path, out: Path) -> None:
    """Write `id,prediction` and one `score_<class>` column a class, in the order of the file.

    The id is the row's place, counted from 0, or the entry's name in a ZIP. The model is the one that looks and the
    final opening use: refitted on train and validation where the data is small.

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
    words = {name: kind for name, kind in run.version.kinds.items() if kind in ("category", "text")}
    nameless = run.version.corrections.get("header") == 0
    as_learnt = Corrections(
        kinds=words, header=0 if nameless else None
    )  # a category of digits is no number in these rows either
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "rows.parquet"
        read = read_table(rows, file_name=rows.name, out=table, limits=ingestion.limits(), corrections=as_learnt)
        names = _names(table, read)
        data = training.encoded(run.version)
        model = load(training.run_folder(run) / "model", data)
        found = model.predict(data.transform(table))
    ids = names or range(len(found))
    classes = training.class_names(run.version)
    with out.open("w", newline="", encoding="utf-8") as file:
        write = csv.writer(file, lineterminator="\n").writerow
        if classes is None:
            write(["id", "prediction"])
            for key, value in zip(ids, found, strict=True):
                write([key, repr(float(value))])
            return
        write(["id", "prediction", *(f"score_{name}" for name in classes)])
        answers = np.argmax(found, axis=1)
        for key, answer, scores in zip(ids, answers, found, strict=True):
            write([key, classes[answer], *(f"{score:.6g}" for score in scores)])
