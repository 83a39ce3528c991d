"""What a worker does with predictions made elsewhere: read the file under limits, check its ids, score it on validation."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from django.conf import settings
from django.utils import timezone

from datasets import ingestion, store, vault
from datasets.core.errors import DataProblem
from datasets.core.row_ids import row_ids
from datasets.models import DatasetVersion, Opening, SealedLadder, TestSet
from dlstart_web.kit import jobs
from dlstart_web.kit.jobs import JobState, Pulse
from dlstart_web.kit.say import say
from evaluations import ranks, scoring, training
from evaluations.core import handed_in, summary
from evaluations.core.errors import EvaluationProblem
from evaluations.core.handed_in import Array
from evaluations.core.metrics import metric_for
from evaluations.core.rungs import RUNGS
from evaluations.models import Behaviour, PredictionsFile, Run
from projects import services as project_services
from projects.core.measures import MEASURES
from projects.models import Project


def execute(*, file_id: str, token: str) -> None:
    """Claim the file and do it; a stale or doubled message does nothing."""
    jobs.execute(
        PredictionsFile, file_id, token, _work, problems=(DataProblem, EvaluationProblem), on_failure=_refuse
    )  # fmt: skip


def _refuse(job: PredictionsFile, fault: Exception) -> None:
    job.given_up()
    if isinstance(fault, DataProblem):
        refusal = fault.as_dict() | {"status": fault.status}
        PredictionsFile.objects.filter(pk=job.pk).update(refusal=refusal)


def _work(job: PredictionsFile, pulse: Pulse) -> Callable[[], None]:
    job = PredictionsFile.objects.select_related("ladder__version__seal", "ladder__version__dataset").get(pk=job.pk)
    if job.test_set_id:
        return _more_rows(job, pulse)
    version = job.ladder.version
    key = store.row_id_key(version)
    ids = {part: row_ids(key, part, version.seal.parts[part]) for part in store.scored_parts(version)}
    said = read(job, version, ids, pulse)
    write_run = None if job.only_check else _score(job, version, said)

    def write() -> None:
        if write_run is not None:
            write_run()
        parts = {part: len(rows) for part, rows in said.items()}
        PredictionsFile.objects.filter(pk=job.pk).update(parts=parts, run=None if job.only_check else job.pk)
        job.given_up()  # the upload is thrown away; what it says is kept

    return write


def _more_rows(job: PredictionsFile, pulse: Pulse) -> Callable[[], None]:
    """What an uploaded model says of rows that came after it is kept with its run; no label is read, nothing is answered."""
    run = Run.objects.select_related("version__seal", "version__dataset").get(pk=job.of_run_id)
    test_set = TestSet.objects.select_related("version__seal", "version__dataset__lineage").get(pk=job.test_set_id)
    ids = {test_set.part: row_ids(store.row_id_key(test_set.version), test_set.part, test_set.rows)}
    said = read(job, run.version, ids, pulse)[test_set.part]

    def write() -> None:
        vault.locked(test_set.pk)
        asked = Opening.objects.filter(test_set=test_set).exclude(state=Opening.State.WITHDRAWN)
        if test_set.tier == TestSet.Tier.FRESH and asked.exists():
            raise EvaluationProblem(say("These rows were asked for meanwhile: what is predicted for them is fixed."))
        best = SealedLadder.objects.filter(test_set=test_set, project=job.project_id, best_look__submission__run=run)
        for ladder in best.select_related(
            "best_look__submission__run__version", "best_on__version__dataset", "test_set"
        ):
            # of rows that it was read on the best says what it said: another file would lower what there is to beat
            if (before := scoring.said_by_best(ladder)) is not None:
                known = np.isfinite(before.reshape(len(before), -1)).all(axis=1)
                said[known] = before[known]
            SealedLadder.objects.filter(pk=ladder.pk).update(best_on=None, best_share=1.0)
        np.save(training.set_path(run, test_set), said)
        PredictionsFile.objects.filter(pk=job.pk).update(parts={test_set.part: len(said)})
        job.given_up()

    return write


def read(
    job: PredictionsFile, version: DatasetVersion, ids: Mapping[str, Sequence[str]], pulse: Pulse
) -> dict[str, Array]:
    """What the file says of each part it covers; DataProblem where it does not fit."""
    classes = training.class_names(version)
    kinds = {"id": "category"} | ({"prediction": "category"} if classes is not None else {})
    with tempfile.TemporaryDirectory(dir=settings.STORE, prefix="unfinished-") as folder:
        table = Path(folder) / "predictions.parquet"
        ingestion.read_rows(
            source=settings.QUARANTINE / str(job.pk),
            file_name=job.file_name,
            out=table,
            corrections={"kinds": kinds, "header": 1},
            progress=pulse.check,
        )
        measure = MEASURES[job.ladder.metric]
        return handed_in.check(
            pl.read_parquet(table), ids, classes, measure=measure.title if measure.reads_scores else ""
        )


def _score(job: PredictionsFile, version: DatasetVersion, said: dict[str, Array]) -> Callable[[], None]:
    """Score on validation; what is returned writes the run, and ranks the whole board."""
    data, metric, groups = (
        training.encoded(version),
        metric_for(job.ladder.metric, version.task),
        training.groups_of(version),
    )
    y = data.y("validation")
    run = Run(
        pk=job.pk,
        ladder=job.ladder,
        project=job.project,
        version=version,
        recipe="upload",
        name=job.name,
        rung=RUNGS["upload"].number,
        metric=job.ladder.metric,
        curve=RUNGS["upload"].curve,
        state=JobState.DONE,
        rows_validation=len(y),
        progress=1,
    )
    found: dict[str, Any] = training.scores(metric, data, said, groups)
    training.keep_guesses(run, said)
    for name, value in found.items():
        setattr(run, name, value)
    if len(said) > 1:  # the sealed rows too
        run.predictions_digest = training.digest(run, version)
    behaviour = summary.summarise(data, said["validation"], groups)
    board = ranks.Board(run, metric, y, groups, training.predictions)
    board.prepare(run, run.score, run.goodness, None)

    def write() -> None:
        project = Project.objects.select_for_update().get(pk=job.project_id)  # one board is ranked at a time
        run.started_at, run.ended_at = job.started_at, timezone.now()
        run.save(force_insert=True)
        Behaviour.objects.create(run=run, found=behaviour)
        board.write()
        project_services.reach_step(project=project, step=Project.Step.DEEP)

    return write
