"""Reads about predictions of unlabelled rows."""

from pathlib import Path

from django.conf import settings

from datasets.models import DatasetVersion
from dlstart_web.kit.jobs import JobState
from evaluations.models import Prediction, Run
from evaluations.selectors.ladders import candidates, project_metric
from projects.models import Project

PREDICTIONS = 20  # the newest that are listed


def run_recommended(project: Project, version: DatasetVersion) -> Run | None:
    """The run whose model predicts new rows: the best of the board that was fitted here."""
    return candidates(project, version, project_metric(project, version)).exclude(recipe="upload").first()


def prediction_path(job: Prediction) -> Path | None:
    """The file of the answers; None before they are there."""
    path: Path = settings.STORE / "predictions" / f"{job.pk}.csv"
    return path if job.state == JobState.DONE and path.is_file() else None
