"""Takes the demo's two data projects as far as they go, one real step at a time, while the workers do their part."""

import csv
import io
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.core.files.base import ContentFile
from django.db import transaction

from datasets import selectors as dataset_selectors
from datasets import services as dataset_services
from datasets.core.budget import NoLookLeft
from datasets.models import DatasetVersion, Opening
from dlstart_web.demo.people import STEWARD, TEAMS
from dlstart_web.demo.stories import STORIES
from dlstart_web.demo.stories.parts import Data, Story
from dlstart_web.kit.jobs import OPEN_STATES, JobState
from evaluations import services as evaluation_services
from evaluations.models import Run, Submission
from projects.models import Project, User

LADDER_SECONDS = 40  # CPU seconds for all rungs: small tables need no more, and the first visitor waits for it
REFUSALS = (
    dataset_services.NotYet,
    evaluation_services.OutOfTurn,
    NoLookLeft,
    PermissionDenied,
)
State = DatasetVersion.State


@dataclass(frozen=True)
class Position:
    """Where a story stands. `is_settled`: nothing more will happen by itself."""

    name: str
    words: str
    is_settled: bool


class Waiting(Exception):
    """A worker has to finish something first."""


class Settled(Exception):
    """The end of the story, or a place where a visitor took it another way."""


def advance() -> list[Position]:
    """Do all that can be done now; where each project with data stands then. Doing it twice changes nothing."""
    return [_advance(story) for story in STORIES if story.data]


def project_of(story: Story) -> Project | None:
    """The project of a story, unless it was removed."""
    return Project.objects.filter(is_demo=True, name=story.name, team__name=story.team).order_by("created_at").first()


def _advance(story: Story) -> Position:
    assert story.data is not None
    while True:
        try:
            with transaction.atomic():
                project = project_of(story)
                if project is None:
                    raise Settled("removed")
                # Two that advance at once: the second waits here and sees what the first has done.
                project = Project.objects.select_for_update().get(pk=project.pk)
                _step(project, story, story.data)
        except Waiting as moment:
            return Position(story.name, str(moment), is_settled=False)
        except (Settled, *REFUSALS) as end:
            return Position(story.name, str(end), is_settled=True)


def _step(project: Project, story: Story, data: Data) -> None:
    """One step; Waiting or Settled where there is none to do."""
    owner = _person(TEAMS[story.team][0])
    version = (
        DatasetVersion.objects.filter(dataset__project=project, dataset__name=data.name).order_by("number").first()
    )
    if version is None:
        file = ContentFile(_csv(data), name=data.file_name)
        dataset_services.accept_upload(project=project, user=owner, file=file, name=data.name)
    elif version.state in (State.CHECKING, State.SEALING):
        raise Waiting(f"{version.get_state_display()} {data.file_name}")
    elif version.rejection:
        raise Settled(f"{data.file_name} was refused: {version.rejection['message']}")
    elif version.state == State.SEALED:
        _train(project, version, data, owner)
    elif not version.target:
        dataset_services.choose_target(version=version, user=owner, target=data.target)
    elif not version.rule:
        dataset_services.choose_split(version=version, user=owner, meets="same")
    else:
        dataset_services.seal_version(version=version, user=_person(STEWARD))


def _train(project: Project, version: DatasetVersion, data: Data, owner: User) -> None:
    ladder = project.ladders.filter(version=version).order_by("asked_at").first()
    if ladder is None:
        evaluation_services.run_ladder(project=project, version=version, user=owner, budget=LADDER_SECONDS)
        return
    runs = list(ladder.runs.all())
    if still := sum(run.is_open for run in runs):
        raise Waiting(f"training, {len(runs) - still} of {len(runs)} rungs done")
    if not data.look_reason:
        raise Settled("ladder done, one look left" if not project.looks.exists() else "ladder done")
    _look(project, version, data, owner, {run.recipe: run for run in runs if run.state == JobState.DONE})


def _look(project: Project, version: DatasetVersion, data: Data, owner: User, done: dict[str, Run]) -> None:
    if "linear" not in done:
        raise Settled("the linear model has no result, so nothing is looked at")
    look = project.looks.order_by("spent_at").first()
    if look is None:
        evaluation_services.spend_look(
            project=project,
            user=owner,
            run=done["linear"],
            idempotency_key="demo",
            reason=data.look_reason,
            guess=done["linear"].score,
        )
    elif look.state == look.State.SPENT:
        raise Waiting("scoring the look")
    elif not data.is_opened:
        raise Settled("one look spent")
    else:
        _open(project, version, owner, done)


def _open(project: Project, version: DatasetVersion, owner: User, done: dict[str, Run]) -> None:
    opening = dataset_selectors.opening_latest(project)
    if opening is None:
        evaluation_services.ask_opening(project=project, user=owner, simple=done["linear"], deep=done.get("network"))
    elif opening.state == Opening.State.ASKED and project.handler:
        evaluation_services.agree_opening(opening=opening, user=project.handler)
    elif Submission.objects.filter(opening=opening, state__in=OPEN_STATES).exists():
        raise Waiting("opening the final rows")
    else:
        raise Settled(opening.verdict.title if hasattr(opening, "verdict") else "the final rows have no verdict")


def _person(key: str) -> User:
    return User.objects.get(is_demo=True, email=f"{key}@northlight.example")


def _csv(data: Data) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(data.cells())
    return text.getvalue().encode()
