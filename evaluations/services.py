"""What people change in evaluations: ladders, runs, looks, the final opening. Refused in words; work starts after the commit."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.files import File
from django.db import transaction
from django.utils import timezone

from datasets import selectors as dataset_selectors
from datasets import services as dataset_services
from datasets import vault
from datasets.core.errors import shown
from datasets.models import DatasetVersion, Opening, SealedLadder
from dlstart_web.kit import jobs
from dlstart_web.kit.jobs import OPEN_STATES, JobState
from evaluations.core import rules
from evaluations.core.rungs import RUNGS, family, offered
from evaluations.models import (
    Declaration,
    Forecast,
    Inspection,
    KeptPoint,
    LabelQuestion,
    Ladder,
    Prediction,
    Run,
    Submission,
)
from projects import selectors as project_selectors
from projects.core.errors import ProjectProblem
from projects.core.measures import DEFAULT_MEASURE, MEASURES
from projects.models import Project, User

# What the services below may be refused with, besides OutOfTurn.
REFUSALS = (dataset_services.NotYet, ProjectProblem)


NEVER_FORECAST = frozenset({"always_same", "own_rule", "blend"})  # answers that more rows cannot change


class OutOfTurn(Exception):
    """Asked for before what it needs is there, or while something else goes on. `code` is for programs."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


@transaction.atomic
def run_ladder(
    *,
    project: Project,
    version: DatasetVersion,
    user: User,
    seed: int = 0,
    budget: int | None = None,
    metric: str = "",
    only: Iterable[str] = (),
    guess: float | None = None,
    rule: str = "",
) -> Ladder:
    """Queue one run a rung on the sealed version; outside a sandbox the success criterion must be locked before.

    Parameters
    ----------
    budget : int, optional
        CPU seconds for all rungs together.
    metric : str, optional
        For a sandbox without a criterion; the task's own measure where left out.
    only : iterable of str, optional
        Names of rungs; all that fit the features where left out.
    guess : float, optional
        The best score expected, in the metric's own unit; kept with how many results were known by then.
    rule : str, optional
        The team's own rule, which becomes a rung.

    Raises
    ------
    OutOfTurn
        Not sealed, no criterion, another measure than the task has, or a ladder that still runs.
    RuleProblem
        The rule cannot be read.
    """
    Project.objects.select_for_update().get(pk=project.pk)  # two clicks at once: the second sees the first
    if version.state != DatasetVersion.State.SEALED:
        raise OutOfTurn(
            "not-sealed", f"{version} is not sealed yet. Seal it first; then the server trains on its train rows."
        )
    if version.dataset.removed_at is not None:
        raise OutOfTurn("removed", f"{version.dataset} was removed, and its rows with it. What was measured stays.")
    criterion = project_selectors.current_criterion(project)
    if criterion is None and not project.is_sandbox:
        raise OutOfTurn("criterion-not-locked", "Lock the success criterion first; it takes five minutes.")
    name = criterion.metric if criterion else metric or DEFAULT_MEASURE[version.task]
    if version.task not in MEASURES[name].tasks:
        raise OutOfTurn(
            "other-measure",
            f"{MEASURES[name].title} does not judge a target that is {version.get_task_display()}. Amend the criterion first.",
        )
    running = Run.objects.filter(project=project, version=version, state__in=OPEN_STATES).count()
    if running:
        raise OutOfTurn("ladder-running", f"{running} of its runs have not ended. Wait for them, or cancel the ladder.")
    fitting = offered({column["kind"] for column in version.seal.features}, version.task)
    wanted = set(only) or set(fitting)
    if rule.strip():
        check_rule(version, rule)
    elif "own_rule" in set(only):
        raise OutOfTurn("no-rule", "The rung of your own rule needs the rule.")
    else:
        wanted.discard("own_rule")
    ladder = Ladder.objects.create(
        project=project,
        version=version,
        criterion=criterion,
        metric=name,
        budget=budget or settings.LADDER_BUDGET,
        seed=seed,
        rule=rule.strip(),
        asked_by=user,
        guess=guess,
        results_before=Run.objects.filter(project=project, score__isnull=False).count(),
    )
    for rung in (RUNGS[recipe] for recipe in fitting if recipe in wanted):
        run = Run.objects.create(
            ladder=ladder,
            project=project,
            version=version,
            recipe=rung.name,
            rung=rung.number,
            metric=name,
            curve=rung.curve,
        )
        jobs.ring_on_commit(run)
    return ladder


def check_rule(version: DatasetVersion, rule: str) -> None:
    """RuleProblem if the rule cannot be read against the features of a sealed version."""
    columns = {feature["name"]: feature["kind"] for feature in version.seal.features}
    rules.parse(rule, columns, version.task, sorted(version.seal.classes) if version.seal.classes else None)


def cancel_run(run: Run) -> bool:
    """Cancel an open run; its worker notices at its next beat and its results are dropped. False if it had ended."""
    return jobs.cancel(run)


def cancel_ladder(ladder: Ladder) -> int:
    """Cancel what is still open of a ladder; how many runs that were."""
    return sum(jobs.cancel(run) for run in ladder.runs.filter(state__in=OPEN_STATES))


@transaction.atomic
def retry_run(run: Run) -> bool:
    """Queue a failed or cancelled run again, with its attempts counted from the start; False if it is in another state."""
    if not _queue_again(run):
        return False
    run.refresh_from_db()
    jobs.ring_on_commit(run)
    return True


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
        raise OutOfTurn("run-not-done", "Only a run that has its validation score can be fitted on fewer rows.")
    if run.recipe in NEVER_FORECAST:
        raise OutOfTurn("no-curve", f"{RUNGS[run.recipe].title} does not learn from rows. Ask for another rung.")
    if run.forecasts.filter(state__in=OPEN_STATES).exists():
        raise OutOfTurn("forecast-running", "The forecast of this run has not ended. Wait for it.")
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
        raise OutOfTurn("run-not-done", "Only a run that has its validation score can be looked into.")
    if run.recipe == "always_same":
        raise OutOfTurn("no-columns", f"{RUNGS[run.recipe].title} looks at nothing. Ask for another rung.")
    if run.inspections.filter(state__in=OPEN_STATES).exists():
        raise OutOfTurn("inspection-running", "This run is being looked into. Wait for it.")
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
        raise OutOfTurn("no-row", f"Validation has {version.seal.parts['validation']:,} rows, numbered from 0.")
    values = {"note": note, "asked_by": user, "asked_at": timezone.now()}
    return LabelQuestion.objects.update_or_create(version=version, row=row, defaults=values)[0]


def _queue_again(job: Run | Submission) -> int:
    return (
        type(job)
        .objects.filter(pk=job.pk, state__in=(JobState.FAILED, JobState.CANCELLED))
        .update(
            state=JobState.QUEUED,
            token=uuid4(),
            owner="",
            attempts=0,
            progress=0,
            problem="",
            queued_at=timezone.now(),
            sent_at=None,
            started_at=None,
            heartbeat_at=None,
            ended_at=None,
        )
    )


@transaction.atomic
def spend_look(
    *,
    project: Project,
    user: User,
    run: Run,
    idempotency_key: str,
    reason: str = "",
    guess: float | None = None,
    now: datetime | None = None,
    zone: tzinfo = UTC,
) -> Submission:
    """Spend one of the team's looks on a run and queue the scoring; NoLookLeft if there is none.

    The same key, or the same predictions, bring back the submission of the look they were spent on.
    """
    version = _version_of(run, project)
    test_set = dataset_selectors.test_set_for_looks(version)
    if test_set is None:
        raise OutOfTurn("not-sealed", f"{version} has no test set to look at.")
    frozen = SealedLadder.objects.filter(test_set=test_set, project=project).exclude(metric=run.metric).first()
    if frozen:
        raise OutOfTurn(
            "measure-frozen",
            f"The looks at this test set are answered in {MEASURES[frozen.metric].title}, fixed at the first look. "
            "Fresh rows start with the measure of the criterion that is then in force.",
        )
    look = vault.spend_look(
        test_set=test_set,
        project=project,
        team=project.team,
        user=user,
        model_name=f"{RUNGS[run.recipe].title}, {run.ended_at:%d %b %H:%M}"
        if run.ended_at
        else RUNGS[run.recipe].title,
        predictions_digest=run.predictions_digest,
        idempotency_key=idempotency_key,
        reason=reason,
        guess=guess,
        now=now or timezone.now(),
        zone=zone,
    )
    submission, is_new = Submission.objects.get_or_create(look=look, defaults={"run": run})
    if is_new:
        jobs.ring_on_commit(submission)
    return submission


def _version_of(run: Run, project: Project) -> DatasetVersion:
    """The project's version, if this run may be scored on its sealed rows."""
    version = dataset_selectors.version_sealed_latest(project)
    criterion = project_selectors.current_criterion(project)
    if criterion is None:
        raise OutOfTurn("criterion-not-locked", "Lock the success criterion first; it takes five minutes.")
    if run.project_id != project.pk or run.state != JobState.DONE:
        raise OutOfTurn("run-not-done", "Only a run of this project that has its validation score can be handed in.")
    if version is None or run.version_id != version.pk:
        raise OutOfTurn(
            "other-version", f"This run was trained on another version of the data. Run the ladder on {version} first."
        )
    if run.metric != criterion.metric:
        raise OutOfTurn(
            "other-measure",
            f"This run was judged by {MEASURES[run.metric].title}, and the criterion asks for {MEASURES[criterion.metric].title}. "
            "Run the ladder again.",
        )
    return version


@transaction.atomic
def keep_point(
    *, run: Run, user: User, threshold: float, terms: Mapping[str, float], found: Mapping[str, Any] | None
) -> KeptPoint:
    """Keep a threshold with a yes-or-no run, with the costs it was chosen for; frozen once the final tier is asked for."""
    Project.objects.select_for_update().get(pk=run.project_id)
    if found is None or found["kind"] != "binary":
        raise OutOfTurn("no-threshold", "Only a run that answers yes or no, and was scored, has a threshold to keep.")
    if Opening.objects.filter(project=run.project_id).exists():
        raise OutOfTurn(
            "point-frozen",
            "The final tier was asked for, so operating points stay as they are: it may not choose them.",
        )
    values = {"threshold": threshold, "terms": dict(terms), "kept_by": user, "kept_at": timezone.now()}
    return KeptPoint.objects.update_or_create(run=run, defaults=values)[0]


@transaction.atomic
def ask_opening(*, project: Project, user: User, simple: Run | None, deep: Run | None) -> Opening:
    """An owner asks to open the final tier for the best simple and the best deep run, named before anything is seen."""
    runs = {"simple": simple, "deep": deep}
    named = [run for run in runs.values() if run is not None]
    if not named:
        raise OutOfTurn("no-run", "Name the best simple run, the best deep run, or both.")
    for kind, run in runs.items():
        if run is not None and family(run.recipe) != kind:
            raise OutOfTurn(f"not-{kind}", f"{RUNGS[run.recipe].title} is no {kind} model.")
    versions = [_version_of(run, project) for run in named]
    test_set = dataset_selectors.test_set_final(versions[0])
    if test_set is None:
        raise OutOfTurn("not-sealed", f"{versions[0]} has no final tier.")
    opening = dataset_services.ask_opening(test_set=test_set, project=project, user=user)
    Declaration.objects.get_or_create(opening=opening, defaults=runs)
    return opening


@transaction.atomic
def agree_opening(*, opening: Opening, user: User) -> Submission:
    """The handler agrees (in a sandbox a member), and the scoring is queued."""
    opening = dataset_services.agree_opening(opening=opening, user=user)
    named = opening.declaration
    submission, is_new = Submission.objects.get_or_create(
        opening=opening, defaults={"run": named.simple, "deep_run": named.deep}
    )
    if is_new:
        jobs.ring_on_commit(submission)
    return submission


@transaction.atomic
def retry_submission(submission: Submission) -> bool:
    """Score an opening again whose scorer died; a look that died was given back instead. False in any other state."""
    if submission.opening_id is None or not _queue_again(submission):
        return False
    submission.refresh_from_db()
    jobs.ring_on_commit(submission)
    return True
