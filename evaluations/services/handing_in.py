"""Predictions that were made elsewhere: a file comes in."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.files import File
from django.db import transaction
from django.utils import timezone

from datasets import selectors as dataset_selectors
from datasets import services as dataset_services
from datasets.core.errors import shown
from datasets.models import DatasetVersion, Opening, TestSet
from dlstart_web.kit import jobs
from dlstart_web.kit.jobs import OPEN_STATES, JobState
from dlstart_web.kit.say import say
from dlstart_web.kit.text import moment_words
from evaluations import selectors
from evaluations.models import Ladder, PredictionsFile, Run
from evaluations.services.problems import OutOfTurn, TooManyRefused, require_rows
from projects.models import Project, Team, User

REFUSED_A_DAY = 20  # files of a team: more would be probing


def hand_in_predictions(
    *, project: Project, user: User, file: File, name: str = "", only_check: bool = False, now: datetime | None = None
) -> PredictionsFile:
    """Keep a file of predictions in quarantine and queue its check; the same file again is the same entry.

    Parameters
    ----------
    file : File
        CSV or Parquet, see `core.handed_in`.
    name : str
        What the team calls the model.
    only_check : bool
        Say whether the file fits, and score nothing.

    Raises
    ------
    OutOfTurn
        Nothing is sealed, or no ladder of the version and measure has been run.
    TooManyRefused
        Twenty files of the team were refused within a day.
    DataProblem
        Too large, or empty.
    """
    return _take(
        ladder_to_join(project),
        project,
        user,
        file,
        now or timezone.now(),
        name=name.strip()[:40],
        only_check=only_check,
    )


def hand_in_rows(
    *, project: Project, user: User, file: File, run: Run, test_set: TestSet, now: datetime | None = None
) -> PredictionsFile:
    """Keep a file in which an uploaded model says what it predicts for more rows: nothing is spent, scored or answered.

    The rows are a fresh set that nobody has asked to open, or the test set that grew since the team's best was read.

    Raises
    ------
    OutOfTurn
        The run was fitted here, or the rows are none of those.
    TooManyRefused, DataProblem
        See `hand_in_predictions`.
    """
    if run.recipe != "upload" or run.project_id != project.pk:
        raise OutOfTurn(
            "not-uploaded", say("Only a model that was uploaded is sent more predictions; others predict here.")
        )
    require_rows(project, test_set.version)
    if not (_is_open_fresh_set(project, test_set) or _waits_for(project, run, test_set)):
        raise OutOfTurn("no-such-rows", say("These rows wait for no predictions of this model."))
    return _take(run.ladder, project, user, file, now or timezone.now(), name=run.name, of_run=run, test_set=test_set)


def _is_open_fresh_set(project: Project, test_set: TestSet) -> bool:
    """Whether a fresh set takes predictions: they are fixed once an opening is asked for."""
    asked = Opening.objects.filter(test_set=test_set).exclude(state=Opening.State.WITHDRAWN)
    return dataset_selectors.fresh_sets(project).filter(pk=test_set.pk).exists() and not asked.exists()


def _waits_for(project: Project, run: Run, test_set: TestSet) -> bool:
    """Whether a test set that grew waits for this run, the best so far."""
    ladder = dataset_selectors.ladder_to_hand_in_again(test_set, project)
    return ladder is not None and ladder.best_look.submission.run_id == run.pk


def _take(ladder: Ladder, project: Project, user: User, file: File, now: datetime, **fields: Any) -> PredictionsFile:
    """Keep the file and queue its check; the same one again is the same entry."""
    key = uuid4()
    place = settings.QUARANTINE / str(key)
    try:
        size, digest = dataset_services.receive_file(file, place)
        with transaction.atomic():
            Team.objects.select_for_update().get(pk=project.team_id)  # two files at once: the second counts the first
            what = {name: fields.get(name) for name in ("of_run", "test_set")}
            same = PredictionsFile.objects.filter(
                project=project, sha256=digest, only_check=fields.get("only_check", False), **what
            ).filter(ladder__version=ladder.version_id, ladder__metric=ladder.metric)
            before = same.exclude(state__in=(JobState.FAILED, JobState.CANCELLED)).first()
            if before is not None:
                place.unlink()
                return before
            _require_patience(project.team, now)
            asked = PredictionsFile.objects.create(
                pk=key,
                ladder=ladder,
                project=project,
                file_name=shown(Path(file.name or "predictions").name, 255),
                bytes=size,
                sha256=digest,
                asked_by=user,
                **fields,
            )
            jobs.ring_on_commit(asked)
    except BaseException:
        place.unlink(missing_ok=True)
        raise
    return asked


def version_to_predict(project: Project) -> DatasetVersion:
    """The version that predictions are made for."""
    version = dataset_selectors.version_sealed_latest(project)
    if version is None:
        raise OutOfTurn("not-sealed", say("No data is sealed in this project yet. Seal a data set first."))
    require_rows(project, version)
    return version


def ladder_to_join(project: Project) -> Ladder:
    """The newest ladder of the version and measure in force: simple models go first."""
    version = version_to_predict(project)
    metric = selectors.project_metric(project, version)
    ladder = Ladder.objects.filter(project=project, version=version, metric=metric).first()
    if ladder is None:
        raise OutOfTurn(
            "ladder-first",
            say("Simple models go first: run the ladder on {version}, then upload yours.", version=version),
        )
    return ladder


def _require_patience(team: Team, now: datetime) -> None:
    """TooManyRefused where the team had its refusals of the last 24 hours; files that wait count as if refused."""
    files = PredictionsFile.objects.filter(project__team=team)
    refused = files.filter(state=JobState.FAILED, refusal__isnull=False, ended_at__gt=now - timedelta(days=1))
    waiting = files.filter(state__in=OPEN_STATES).count()
    count = refused.count()
    if count + waiting < REFUSED_A_DAY:
        return
    if count < REFUSED_A_DAY:
        raise TooManyRefused(
            say(
                "{waiting} files of {team} wait for their check. Send the next when they have theirs.",
                waiting=waiting,
                team=team,
            ),
            now + timedelta(minutes=1),
        )
    ended = refused.order_by("-ended_at").values_list("ended_at", flat=True)[REFUSED_A_DAY - 1]
    opens = ended + timedelta(days=1)
    raise TooManyRefused(
        say(
            "{count} files of {team} were refused within a day; at most {most} are. The next may come on {when}.",
            count=count,
            team=team,
            most=REFUSED_A_DAY,
            when=moment_words(opens, timezone.get_current_timezone()),
        ),
        opens,
    )
