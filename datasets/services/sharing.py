"""Data between teams: deposits, who may use what, what is wanted, and what is removed for good."""

from datetime import datetime
from functools import partial

from django.core.exceptions import PermissionDenied
from django.core.files import File
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from datasets import catalogue, permissions, store
from datasets.models import (
    AccessRequest,
    Dataset,
    DatasetVersion,
    DataUse,
    Ingestion,
    Look,
    Opening,
    Wanted,
    WantedAnswer,
)
from datasets.services.problems import NotYet
from datasets.services.sheets import refuse_removed
from datasets.services.uploads import accept_upload, queue
from dlstart_web.kit import audit
from dlstart_web.kit.jobs import OPEN_STATES
from dlstart_web.kit.say import joined, say
from dlstart_web.kit.text import day_words
from projects import selectors as project_selectors
from projects import services as project_services
from projects.models import Membership, Notice, Project, Team, User
from projects.permissions import is_member, is_owner
from projects.services.notices import notify


def deposit_data(*, team: Team, user: User, file: File, name: str = "", is_listed: bool = True) -> DatasetVersion:
    """Bring data that belongs to no project yet: it gets a sandbox of the team as its home.

    Everything asks a data set's project who may see it, seal it and train on it, and a sandbox answers all of that
    already; a data set without a project would need a second answer at each of those places.

    Raises
    ------
    DataProblem
        As `accept_upload`; then no sandbox is left behind.
    """
    name = (name or (file.name or "deposit").rsplit(".", 1)[0])[:100]
    project = project_services.create_project(user=user, team=team, name=name, is_sandbox=True)
    try:  # no transaction around it: an upload is hashed while others write
        version = accept_upload(project=project, user=user, file=file, name=name)
    except BaseException:
        project.delete()
        raise
    Dataset.objects.filter(pk=version.dataset_id).update(is_listed=is_listed)
    return version


@transaction.atomic
def list_dataset(*, dataset: Dataset, user: User, is_listed: bool) -> None:
    """Show the entry to everybody in the organisation, or only to who may read its project; the owner's to say."""
    refuse_removed(dataset)
    if not permissions.may_keep(user, dataset):
        raise PermissionDenied(say("An owner of {team} or a data steward sets this.", team=dataset.project.team))
    Dataset.objects.filter(pk=dataset.pk).update(is_listed=is_listed)


# ---- access


@transaction.atomic
def ask_access(*, dataset: Dataset, team: Team, user: User, purpose: str) -> AccessRequest:
    """Ask to use another team's data; NotYet if the team has asked or may use it already."""
    refuse_removed(dataset)
    if not team.memberships.filter(user=user.pk, left_at=None).exists():
        raise PermissionDenied(say("Only members of {team} ask for it.", team=team))
    if team.pk == dataset.project.team_id:
        raise NotYet(
            "own-data", say("{dataset} is {team}'s own data; there is nobody to ask.", dataset=dataset, team=team)
        )
    try:
        with transaction.atomic():
            asked = AccessRequest.objects.create(dataset=dataset, team=team, asked_by=user, purpose=purpose.strip())
    except IntegrityError as fault:
        live = AccessRequest.objects.get(dataset=dataset, team=team, state__in=("asked", "granted"))
        if live.state == "granted":
            raise NotYet("asked", say("{team} was granted it already.", team=team)) from fault
        raise NotYet("asked", say("{team} has asked already; the answer will stand here.", team=team)) from fault
    words = say("{team} asks to use {dataset}", team=team.name, dataset=dataset.name)
    _tell_owners(dataset, dataset.project.team, Notice.Kind.ASKED, words, asked.purpose)
    return asked


@transaction.atomic
def decide_access(*, request: AccessRequest, user: User, grant: bool, reason: str = "") -> AccessRequest:
    """An owner of the data's team, or a steward, grants or declines; declining says why. Nobody decides for own teams.

    Raises
    ------
    PermissionDenied
        For everybody else.
    NotYet
        If it was answered already, or is declined without a reason.
    """
    dataset = request.dataset
    refuse_removed(dataset)
    if not permissions.may_keep(user, dataset):
        raise PermissionDenied(say("An owner of {team} or a data steward answers this.", team=dataset.project.team))
    if not is_owner(user, dataset.project) and request.team.memberships.filter(user=user.pk, left_at=None).exists():
        raise PermissionDenied(say("You are in {team}; somebody else answers its request.", team=request.team))
    if not grant and not reason.strip():
        raise NotYet("reason-missing", say("Say why not, and what would change it; the team reads it."))
    request = AccessRequest.objects.select_for_update().get(pk=request.pk)
    if request.state != AccessRequest.State.ASKED:
        raise NotYet(request.state, say("This request is {state} already.", state=_lower(request)))
    request.state = AccessRequest.State.GRANTED if grant else AccessRequest.State.DECLINED
    request.reason, request.decided_by, request.decided_at = reason.strip(), user, timezone.now()
    request.save(update_fields=["state", "reason", "decided_by", "decided_at"])
    audit.note("access-decided", request, actor=user.pk)
    named = {"team": request.team.name, "dataset": dataset.name}
    granted, declined = say("{team} was granted {dataset}", **named), say("{team} was declined {dataset}", **named)
    words = granted if grant else declined
    _tell_owners(dataset, request.team, Notice.Kind.DECISION, words, request.reason, request.asked_by)
    return request


@transaction.atomic
def take_access_back(*, request: AccessRequest, user: User, reason: str) -> AccessRequest:
    """End a grant: no download, no ladder and no look more. What was downloaded or measured stays, and so does the record.

    Raises
    ------
    PermissionDenied
        For who is no owner of the data's team and no steward.
    NotYet
        If nothing is granted, or without a reason.
    """
    dataset = request.dataset
    if not permissions.may_keep(user, dataset):
        raise PermissionDenied(say("An owner of {team} or a data steward takes this back.", team=dataset.project.team))
    if not reason.strip():
        raise NotYet("reason-missing", say("Say why it is taken back; the team reads it."))
    request = AccessRequest.objects.select_for_update().get(pk=request.pk)
    if request.state != AccessRequest.State.GRANTED:
        raise NotYet(request.state, say("This request is {state}; there is no grant to end.", state=_lower(request)))
    request.state = AccessRequest.State.ENDED
    request.ended_reason, request.ended_by, request.ended_at = reason.strip(), user, timezone.now()
    request.save(update_fields=["state", "ended_reason", "ended_by", "ended_at"])
    audit.note("access-taken-back", request, actor=user.pk)
    words = say("{team} may use {dataset} no more", team=request.team.name, dataset=dataset.name)
    stays = say("What was downloaded or measured before stays with the team.")
    more = joined("\n\n", [request.ended_reason, stays])
    _tell_owners(dataset, request.team, Notice.Kind.DECISION, words, more, request.asked_by)
    return request


def _tell_owners(dataset: Dataset, team: Team, kind: str, words: str, more: str, *others: User) -> None:
    """A notice to the owners of a team and some others; the page behind it says the same."""
    owners = team.memberships.filter(role=Membership.Role.OWNER, left_at=None).select_related("user")
    people = {person.pk: person for person in (*(membership.user for membership in owners), *others)}
    page = reverse("datasets:dataset_detail", args=[dataset.pk])
    project = dataset.project if team.pk == dataset.project.team_id else None
    for person in people.values():
        notify(user=person, kind=kind, words=words, page=page, project=project, more=more)


def _lower(request: AccessRequest) -> str:
    """The state of a request as it stands within a sentence."""
    return str(request.get_state_display()).lower()


@transaction.atomic
def use_dataset(*, dataset: Dataset, project: Project, user: User) -> DataUse:
    """Let a project without data work on a data set: on the same versions, so that lineage and looks are one budget."""
    refuse_removed(dataset)
    project = Project.objects.select_for_update().get(pk=project.pk)
    if not is_member(user, project):
        raise PermissionDenied(say("Only members of {team} choose its data.", team=project.team))
    if not catalogue.project_candidates(user, dataset).filter(pk=project.pk).exists():
        raise NotYet(
            "not-possible",
            say(
                "{project} has data of its own already, or its team was not granted {dataset} yet.",
                project=project,
                dataset=dataset,
            ),
        )
    if not project.is_sandbox and project_selectors.current_criterion(project) is None:
        raise NotYet(
            "criterion-not-locked",
            say(
                "Lock the success criterion of {project} first; the data comes after it, so that it cannot follow the data.",
                project=project,
            ),
        )
    if not dataset.versions.filter(state=DatasetVersion.State.SEALED).exists():
        raise NotYet(
            "not-sealed", say("{dataset} is not sealed yet. A project begins on it once it is.", dataset=dataset)
        )
    use = DataUse.objects.create(dataset=dataset, project=project, begun_by=user)
    project_services.reach_step(project=project, step=Project.Step.TEST_SET)
    return use


# ---- wanted


def want_data(*, user: User, title: str, text: str = "") -> Wanted:
    """Ask the organisation for data that nobody has shown yet."""
    return Wanted.objects.create(title=title.strip(), text=text.strip(), asked_by=user, is_demo=user.is_demo)


@transaction.atomic
def answer_wanted(
    *, wanted: Wanted, user: User, kind: str, text: str = "", dataset: Dataset | None = None
) -> WantedAnswer:
    """Say that one needs it too, or has some; saying it again replaces the words."""
    wanted = Wanted.objects.select_for_update().get(pk=wanted.pk)
    if wanted.closed_at is not None:
        raise NotYet(
            "closed",
            say(
                "“{wanted}” was closed on {day}. Ask anew if you need it.",
                wanted=wanted,
                day=day_words(wanted.closed_at, with_year=True),
            ),
        )
    if kind == WantedAnswer.Kind.NEEDS and wanted.asked_by_id == user.pk:
        raise NotYet("own", say("You asked for it; you are counted already."))
    answer, _ = WantedAnswer.objects.update_or_create(
        wanted=wanted,
        user=user,
        kind=kind,
        defaults={"text": text.strip(), "dataset": dataset, "said_at": timezone.now()},
    )
    return answer


@transaction.atomic
def close_wanted(*, wanted: Wanted, user: User) -> None:
    """Who asked closes it; so may an administrator."""
    if wanted.asked_by_id != user.pk and not user.is_administrator:
        raise PermissionDenied(say("Who asked for it closes it."))
    Wanted.objects.filter(pk=wanted.pk, closed_at=None).update(closed_at=timezone.now())


# ---- the end of a data set


def may_remove(user: User, dataset: Dataset) -> bool:
    """A steward; while nothing of it was sealed, an owner of the team too."""
    if permissions.may_keep(user, dataset) and not is_owner(user, dataset.project):
        return True
    if permissions.is_steward(user, dataset.project):
        return True
    is_sealed = dataset.versions.filter(state=DatasetVersion.State.SEALED).exists()
    return is_owner(user, dataset.project) and not is_sealed


@transaction.atomic
def remove_dataset(*, dataset: Dataset, user: User, reason: str, now: datetime | None = None) -> Dataset:
    """Remove the files of a data set for good. Name, report, fingerprints, reason and the ledger of its looks stay.

    Pages and downloads are without it at once; a worker then leaves keyed hashes of its rows, so that they are known
    when they come again and bring no look back, and destroys the rest.

    Raises
    ------
    PermissionDenied
        For who may not.
    NotYet
        Without a reason, twice, or while a worker, a look or an opening is at it.
    """
    dataset = Dataset.objects.select_for_update(of=("self",)).select_related("project__team").get(pk=dataset.pk)
    refuse_removed(dataset)
    if not may_remove(user, dataset):
        raise PermissionDenied(
            say("A data steward removes data that was sealed; before that an owner of its team may.")
        )
    if not reason.strip():
        raise NotYet("reason-missing", say("Say why it is removed; the sentence stays in its place."))
    versions = list(dataset.versions.all())  # each with this row as its dataset
    if Ingestion.objects.filter(version__in=versions, state__in=OPEN_STATES).exists():
        raise NotYet("busy", say("A worker is at {dataset}. Remove it when that is done.", dataset=dataset))
    if Look.objects.filter(test_set__version__in=versions, state=Look.State.SPENT).exists():
        raise NotYet("look-waiting", say("A look at it waits for its answer. Remove it once that has come."))
    if Opening.objects.filter(test_set__version__in=versions, state=Opening.State.AGREED).exists():
        raise NotYet("opening-waiting", say("The opening of its final rows is agreed. Remove it once they are scored."))
    dataset.removed_at, dataset.removed_by, dataset.removed_reason = now or timezone.now(), user, reason.strip()
    dataset.save(update_fields=["removed_at", "removed_by", "removed_reason"])
    audit.note("dataset-removed", dataset, actor=user.pk)
    for version in versions:
        if version.state == DatasetVersion.State.SEALED:  # a worker first notes how its rows are known again
            queue(version, Ingestion.Stage.ERASE, user)
        else:
            transaction.on_commit(partial(store.withdraw, version), robust=True)
    return dataset
