"""What people change about data sets and looks: one transaction each, work starts after the commit."""

import hashlib
import os
import uuid
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.files import File
from django.db import transaction
from django.utils import timezone

from datasets import permissions, selectors, store, vault
from datasets.core.errors import NOTHING_STORED, DataProblem, shown
from datasets.core.sealed_ladder import final_alpha
from datasets.models import Dataset, DatasetVersion, Finding, Ingestion, Lineage, Look, Opening, TestSet, new_secret
from dlstart_web.kit import jobs, text
from projects import selectors as project_selectors
from projects.models import Project, User
from projects.permissions import is_handler, is_member, is_owner

State = DatasetVersion.State

# What real use will meet (one of three answers) -> how the rows are divided.
RULES = {
    "same": DatasetVersion.Rule.RANDOM,
    "new": DatasetVersion.Rule.GROUP,
    "later": DatasetVersion.Rule.TIME,
}


class NotYet(Exception):
    """Asked for too early: the sentence says what comes first. `code` is for programs."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


# ---- a file comes in


def too_large(size: int) -> DataProblem:
    """The refusal of an upload over the limit."""
    limit = settings.LIMITS["upload"]
    return DataProblem(
        "TOO_LARGE",
        f"The file has {text.file_size_words(size)}; at most {text.file_size_words(limit)} are read.",
        413,
        limit=limit,
        found=size,
        next=f"Leave out columns or rows, or write it as Parquet. {NOTHING_STORED}",
    )


def accept_upload(
    *,
    project: Project,
    user: User,
    file: File,
    name: str = "",
    dataset: Dataset | None = None,
    secret: bytes | None = None,
) -> DatasetVersion:
    """Keep an upload in quarantine and queue its reading; the same file twice in a data set is the same version.

    Parameters
    ----------
    file : File
        Read in chunks; one that already lies in a temporary file of the quarantine is moved, not copied.
    name : str
        Of a new data set; the file's name where left out.
    dataset : Dataset, optional
        To which this is the next version.
    secret : bytes, optional
        The split secret of a new data set, for a division that can be repeated; random where left out.

    Raises
    ------
    DataProblem
        Too large (413) or empty.
    NotYet
        While another version of the data set is being read or sealed.
    """
    file_name = shown(Path(file.name or "upload").name, 255)
    key = uuid.uuid4()
    place = settings.QUARANTINE / str(key)
    try:
        size, digest = _receive(file, place)
        with transaction.atomic():
            if dataset is None:
                name = (name or Path(file_name).stem)[:100]
                dataset = Dataset.objects.create(
                    lineage=Lineage.objects.create(look_gap_days=settings.LOOK_GAP_DAYS, secret=secret or new_secret()),
                    project=project,
                    name=name,
                    created_by=user,
                )
            else:
                dataset = Dataset.objects.select_for_update().get(pk=dataset.pk)
            same = dataset.versions.filter(sha256=digest).exclude(state=State.REJECTED).first()
            if same is not None:
                place.unlink()
                return same
            if dataset.versions.filter(state=State.SEALING).exists():
                raise NotYet("sealing", f"A version of {dataset} is being sealed. Upload the next one when it is done.")
            last = dataset.versions.order_by("-number").values_list("number", flat=True).first() or 0
            version = DatasetVersion.objects.create(
                pk=key,
                dataset=dataset,
                number=last + 1,
                file_name=file_name,
                bytes=size,
                sha256=digest,
                uploaded_by=user,
            )
            _queue(version, Ingestion.Stage.READ, user)
            return version
    except BaseException:
        place.unlink(missing_ok=True)
        raise


def _receive(file: File, place: Path) -> tuple[int, str]:
    """Size and SHA-256 of an upload that is now at `place`, readable by us alone."""
    limit, size, digest = settings.LIMITS["upload"], 0, hashlib.sha256()
    temporary = getattr(file, "temporary_file_path", None)
    handle = os.open(
        os.devnull if temporary else place, os.O_WRONLY | (0 if temporary else os.O_CREAT | os.O_EXCL), 0o600
    )
    with os.fdopen(handle, "wb") as copy:
        for chunk in file.chunks(2**20):
            size += len(chunk)
            if size > limit:
                raise too_large(file.size or size)
            digest.update(chunk)
            if not temporary:
                copy.write(chunk)
    if not size:
        raise DataProblem(
            "EMPTY_FILE", "The file is empty.", found=0, next=f"Choose a file with rows. {NOTHING_STORED}"
        )
    if temporary:
        os.replace(temporary(), place)
    return size, digest.hexdigest()


def _queue(version: DatasetVersion, stage: Ingestion.Stage, user: User) -> Ingestion:
    job = Ingestion.objects.create(version=version, stage=stage, asked_by=user)
    jobs.ring_on_commit(job)
    return job


# ---- what people choose


def _ready(version: DatasetVersion) -> DatasetVersion:
    """The version under lock, if it waits for people."""
    version = DatasetVersion.objects.select_for_update().get(pk=version.pk)
    if version.state == State.READY:
        return version
    sentences = {
        State.CHECKING: f"{version} is being checked. Choose when that is done.",
        State.SEALING: f"{version} is being sealed. Nothing about it changes any more.",
        State.SEALED: f"{version} is sealed; nothing about it changes any more. Upload a new version to choose again.",
        State.REJECTED: f"{version} was refused, so there is nothing to choose. Upload a mended file.",
    }
    raise NotYet(version.state, sentences[State(version.state)])


def _column(version: DatasetVersion, name: str) -> str:
    names = [column["name"] for column in version.columns]
    if name and name not in names:
        listed = ", ".join(shown(each, 40) for each in names[:12]) + (", …" if len(names) > 12 else "")
        raise DataProblem(
            "NO_SUCH_COLUMN",
            f"There is no column '{shown(name)}'.",
            where=f"column {shown(name)}",
            found=shown(name),
            next=f"The columns are {listed}.",
        )
    return name


@transaction.atomic
def choose_target(
    *,
    version: DatasetVersion,
    user: User,
    target: str,
    task: str = "",
    group: str = "",
    time: str = "",
    drop: list[str] | None = None,
) -> DatasetVersion:
    """Choose what is to be predicted, what belongs together and what tells the time; queues the checks.

    An empty `task` lets the values of the target decide. Refused with DataProblem where a column is not there or has
    two parts to play.
    """
    version = _ready(version)
    drop = list(dict.fromkeys(drop or []))
    for name in (target, group, time, *drop):
        _column(version, name)
    roles = [name for name in (target, group, time) if name]
    twice = next((name for name in roles if roles.count(name) > 1 or (name == target and name in drop)), None)
    if twice:
        raise DataProblem(
            "SAME_COLUMN",
            f"Column '{shown(twice)}' was given two parts to play.",
            where=f"column {shown(twice)}",
            next="Give each part a column of its own.",
        )
    version.target, version.task, version.group_column, version.time_column = target, task, group, time
    version.dropped, version.rule, version.rejection, version.state = drop, "", None, State.CHECKING
    version.save()
    _queue(version, Ingestion.Stage.CHECK, user)
    return version


@transaction.atomic
def drop_column(*, version: DatasetVersion, user: User, column: str) -> DatasetVersion:
    """Take a column out of the features and check again: other rows may now be the same."""
    version = _ready(version)
    if _column(version, column) in (version.target, version.group_column, version.time_column):
        raise DataProblem(
            "SAME_COLUMN",
            f"Column '{shown(column)}' is the target, the group or the time; it is no feature.",
            where=f"column {shown(column)}",
            next="Choose another target, group or time first.",
        )
    version.dropped = list(dict.fromkeys([*version.dropped, column]))
    version.state = State.CHECKING
    version.save(update_fields=["dropped", "state"])
    _queue(version, Ingestion.Stage.CHECK, user)
    return version


@transaction.atomic
def keep_finding(*, finding: Finding, user: User, reason: str) -> Finding:
    """Say why what was found may stay; it stands beside the finding for good."""
    _ready(finding.version)
    if not reason.strip():
        raise NotYet("reason-missing", "Say why it may stay; others will read it beside the finding.")
    finding.kept_reason, finding.kept_by = reason.strip()[:2000], user
    finding.save(update_fields=["kept_reason", "kept_by"])
    return finding


@transaction.atomic
def choose_split(*, version: DatasetVersion, meets: str, group: str = "", time: str = "") -> DatasetVersion:
    """Turn the answer to "what will it meet in real use" into the rule of the split.

    Parameters
    ----------
    meets : {"same", "new", "later"}
        The same kind of rows; new groups, named by the column `group`; or a later time, told by the column `time`.
    """
    version = _ready(version)
    if not version.target:
        raise NotYet("target-missing", "Choose the target first.")
    rule = RULES[meets]
    if rule == DatasetVersion.Rule.GROUP:
        version.group_column = _column(version, group or version.group_column)
        if not version.group_column:
            raise NotYet(
                "group-missing", "Choose the column that names the group, so that each group stays in one part."
            )
    if rule == DatasetVersion.Rule.TIME:
        version.time_column = _column(version, time or version.time_column)
        if not version.time_column:
            raise NotYet(
                "time-missing", "Choose the column that tells the time, so that the latest rows become the test."
            )
    roles = [name for name in (version.target, version.group_column, version.time_column) if name]
    if len(set(roles)) < len(roles):
        raise DataProblem(
            "SAME_COLUMN",
            "One column was given two parts to play: target, group and time are columns of their own.",
            next="Choose another column.",
        )
    version.rule = rule
    version.save(update_fields=["rule", "group_column", "time_column"])
    return version


def seal_obstacle(version: DatasetVersion) -> NotYet | None:
    """What must come before the seal, said in the order in which it is done."""
    project = version.dataset.project
    if not version.target or not version.task:
        return NotYet("target-missing", "Choose the target first.")
    if not version.rule:
        return NotYet("split-missing", "Answer the question about the split first.")
    if stops := selectors.findings_open(version):
        codes = ", ".join(sorted({finding.code for finding in stops}))
        return NotYet("stop-open", f"Settle each stop first: leave the column out, or say why it may stay ({codes}).")
    if not project.is_sandbox and project_selectors.current_criterion(project) is None:
        return NotYet(
            "criterion-not-locked",
            "Lock the success criterion first; sealing comes after it, so that it cannot follow the data.",
        )
    return None


@transaction.atomic
def seal_version(*, version: DatasetVersion, user: User) -> Ingestion:
    """Queue the division and the seal; for good. In a sandbox a member seals, elsewhere a steward.

    Raises
    ------
    PermissionDenied
        For everybody else.
    NotYet
        Without target, split or locked criterion, and while a stop is open.
    """
    version = _ready(version)
    project = version.dataset.project
    permissions.require_steward(user, project)
    if obstacle := seal_obstacle(version):
        raise obstacle
    version.state, version.rejection = State.SEALING, None
    version.save(update_fields=["state", "rejection"])
    return _queue(version, Ingestion.Stage.SEAL, user)


# ---- looks


@transaction.atomic
def set_gate(
    *, lineage: Lineage, project: Project, user: User, gap_days: int, looks_open: bool, members_may_look: bool
) -> Lineage:
    """The owner lengthens the gap between looks, closes or opens them, lets members spend; never shortens the gap.

    A new gap holds from the next look on.
    """
    if not is_owner(user, project):
        raise PermissionDenied(f"Only an owner of {project.team} sets this.")
    lineage = Lineage.objects.select_for_update().get(pk=lineage.pk)
    if gap_days == 0:
        gap_days, looks_open = lineage.look_gap_days, False  # a gap of 0 means closed, never unlimited
    if gap_days < lineage.look_gap_days:
        raise NotYet(
            "gap-shorter",
            f"The gap is {lineage.look_gap_days} days and can be lengthened, not shortened to {gap_days}.",
        )
    lineage.look_gap_days, lineage.looks_open, lineage.members_may_look = gap_days, looks_open, members_may_look
    lineage.save(update_fields=["look_gap_days", "looks_open", "members_may_look"])
    return lineage


def spend_look(**look: Any) -> Look:
    """See `vault.spend_look`."""
    return vault.spend_look(**look)


# ---- the final tier


@transaction.atomic
def ask_opening(*, test_set: TestSet, project: Project, user: User) -> Opening:
    """An owner asks to open the final tier; once for a lineage, whoever asks. The one that is open comes back.

    Raises
    ------
    PermissionDenied
        For who is no owner of the team (in a sandbox, no member).
    NotYet
        If the rows of this lineage had their opening, or the proposal is not approved.
    """
    if not (is_owner(user, project) or (project.is_sandbox and is_member(user, project))):
        raise PermissionDenied(f"Only an owner of {project.team} asks for this.")
    test_set = TestSet.objects.select_for_update(of=("self",)).select_related("lineage").get(pk=test_set.pk)
    if test_set.tier != TestSet.Tier.FINAL or not project.datasets.filter(lineage=test_set.lineage_id).exists():
        raise PermissionDenied("This is not the final tier of the project's data.")
    live = Opening.objects.exclude(state=Opening.State.WITHDRAWN).filter(test_set__lineage=test_set.lineage)
    for opening in live.select_related("project"):
        if opening.state == Opening.State.SCORED:
            raise NotYet(
                "opened",
                f"The final rows were opened on {opening.scored_at:%d %b %Y} by {opening.project}. "
                "They open once; a new opening needs fresh rows.",
            )
        if opening.test_set_id == test_set.pk and opening.project_id == project.pk:
            return opening
        raise NotYet("asked", f"The final rows are asked for by {opening.project} already.")
    if not project.is_sandbox and not selectors.project_is_approved(project):
        raise NotYet("not-approved", "The final rows open once the proposal is approved.")
    return Opening.objects.create(test_set=test_set, project=project, asked_by=user)


@transaction.atomic
def agree_opening(*, opening: Opening, user: User, now: datetime | None = None) -> Opening:
    """The handler agrees (in a sandbox a member); from here on a pooled set takes no more looks.

    Raises
    ------
    PermissionDenied
        For who is not the handler of this project.
    NotYet
        While a look at the same rows waits for its answer, or the opening was withdrawn.
    """
    project = opening.project
    if not (is_handler(user, project) or (project.is_sandbox and is_member(user, project))):
        raise PermissionDenied("Only the handler named for this proposal agrees to an opening.")
    test_set = TestSet.objects.select_for_update().get(pk=opening.test_set_id)
    opening = Opening.objects.get(pk=opening.pk)
    if opening.state in (Opening.State.AGREED, Opening.State.SCORED):
        return opening
    if opening.state == Opening.State.WITHDRAWN:
        raise NotYet("withdrawn", "The team withdrew its question. An owner may ask again.")
    if test_set.is_pooled and test_set.ledger.filter(state=Look.State.SPENT).exists():
        raise NotYet("look-waiting", "A look at these rows waits for its answer. Agree once it has come.")
    if test_set.is_pooled:  # its interval pays for the looks it took
        opening.alpha = final_alpha(test_set.looks + 1, test_set.releases, 1, test_set.log2_rungs)
    opening.state, opening.agreed_by, opening.agreed_at = Opening.State.AGREED, user, now or timezone.now()
    opening.save(update_fields=["state", "agreed_by", "agreed_at", "alpha"])
    return opening


@transaction.atomic
def withdraw_opening(*, opening: Opening, user: User) -> Opening:
    """An owner takes the question back, as long as nobody has agreed."""
    if not is_owner(user, opening.project):
        raise PermissionDenied(f"Only an owner of {opening.project.team} withdraws this.")
    opening = Opening.objects.select_for_update().get(pk=opening.pk)
    if opening.state != Opening.State.ASKED:
        raise NotYet(opening.state, "The handler has agreed; an agreed opening cannot be taken back.")
    opening.state = Opening.State.WITHDRAWN
    opening.save(update_fields=["state"])
    return opening


@transaction.atomic
def delete_unsealed(*, dataset: Dataset) -> None:
    """Remove a data set of which nothing was sealed, with its files and its lineage; for `dlstart vet`."""
    versions = list(dataset.versions.all())
    if any(version.state == State.SEALED for version in versions):
        raise NotYet("sealed", f"{dataset} has a sealed version; what was sealed stays.")
    lineage = dataset.lineage
    dataset.delete()
    lineage.delete()
    for version in versions:
        transaction.on_commit(partial(store.forget, version), robust=True)
