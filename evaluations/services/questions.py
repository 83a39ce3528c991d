"""What people ask of a run once it has its score."""

from pathlib import Path
from uuid import uuid4

from django.conf import settings
from django.core.files import File
from django.db import transaction
from django.utils import timezone

from datasets import services as dataset_services
from datasets.core.errors import shown
from datasets.models import DatasetVersion
from dlstart_web.kit import jobs
from dlstart_web.kit.jobs import OPEN_STATES, JobState
from dlstart_web.kit.say import say
from evaluations.core.rungs import NO_MODEL, RUNGS
from evaluations.models import Forecast, Inspection, LabelQuestion, Prediction, Run
from evaluations.services.problems import OutOfTurn, require_rows
from projects.models import Project, User


@transaction.atomic
def ask_forecast(*, run: Run, user: User, budget: int | None = None, row_cost: float | None = None) -> Forecast:
    """Queue the measurement behind "Would more data help?"; it has a budget of its own and reads no sealed row.

    Parameters
    ----------
    budget : int, optional
        CPU seconds.
    row_cost : float, optional
        What one label costs, in the team's own money.

    Raises
    ------
    OutOfTurn
        The run has no score, is no model that learns from rows, or a forecast of it still runs.
    """
    Project.objects.select_for_update().get(pk=run.project_id)  # two clicks at once: the second sees the first
    if run.state != JobState.DONE:
        raise OutOfTurn("run-not-done", say("Only a run that has its validation score can be fitted on fewer rows."))
    require_rows(run.project, run.version)
    if run.recipe in NO_MODEL:
        raise OutOfTurn(
            "no-curve", say("{rung} does not learn from rows. Ask for another rung.", rung=RUNGS[run.recipe].title)
        )
    if run.forecasts.filter(state__in=OPEN_STATES).exists():
        raise OutOfTurn("forecast-running", say("The forecast of this run has not ended. Wait for it."))
    asked = Forecast.objects.create(
        run=run, budget=budget or settings.FORECAST_BUDGET, row_cost=row_cost, asked_by=user
    )
    jobs.ring_on_commit(asked)
    return asked


@transaction.atomic
def ask_inspection(*, run: Run, user: User) -> Inspection:
    """Queue the question what a run looks at; it has a budget of its own and reads no sealed row."""
    Project.objects.select_for_update().get(pk=run.project_id)  # two clicks at once: the second sees the first
    if run.state != JobState.DONE:
        raise OutOfTurn("run-not-done", say("Only a run that has its validation score can be looked into."))
    require_rows(run.project, run.version)
    if run.recipe == "always_same":
        raise OutOfTurn(
            "no-columns", say("{rung} looks at nothing. Ask for another rung.", rung=RUNGS[run.recipe].title)
        )
    if run.recipe == "upload":
        raise OutOfTurn("no-model", say("Uploaded predictions have no model here that could be looked into."))
    if run.inspections.filter(state__in=OPEN_STATES).exists():
        raise OutOfTurn("inspection-running", say("This run is being looked into. Wait for it."))
    asked = Inspection.objects.create(run=run, asked_by=user)
    jobs.ring_on_commit(asked)
    return asked


def ask_prediction(*, project: Project, run: Run, file: File, user: User) -> Prediction:
    """Keep unlabelled rows in quarantine and queue their prediction by a run; DataProblem where they are too large or none."""
    key = uuid4()
    place = settings.QUARANTINE / str(key)
    try:
        size, _ = dataset_services.receive_file(file, place)
        with transaction.atomic():
            name = shown(Path(file.name or "rows").name, 255)
            asked = Prediction.objects.create(
                pk=key, project=project, run=run, file_name=name, bytes=size, asked_by=user
            )
            jobs.ring_on_commit(asked)
    except BaseException:
        place.unlink(missing_ok=True)
        raise
    return asked


def ask_labeller(*, version: DatasetVersion, row: int, note: str, user: User) -> LabelQuestion:
    """Mark a validation row whose label somebody should ask about; a second mark replaces the note."""
    if not 0 <= row < version.seal.parts["validation"]:
        raise OutOfTurn(
            "no-row",
            say("Validation has {rows:,} rows, numbered from 0.", rows=version.seal.parts["validation"]),
        )
    values = {"note": note, "asked_by": user, "asked_at": timezone.now()}
    return LabelQuestion.objects.update_or_create(version=version, row=row, defaults=values)[0]
