"""What people choose about a version that was read: target, split, the seal."""

from django.db import transaction

from datasets import permissions, selectors
from datasets.core.errors import DataProblem, shown
from datasets.core.findings import OF_A_SPLIT
from datasets.models import DatasetVersion, Ingestion, LabelMerge
from datasets.services.problems import NotYet
from datasets.services.uploads import queue
from dlstart_web.kit import text
from dlstart_web.kit.say import say
from projects import selectors as project_selectors
from projects.models import User

State = DatasetVersion.State

# What real use will meet (one of three answers) -> how the rows are divided.
RULES = {
    "same": DatasetVersion.Rule.RANDOM,
    "new": DatasetVersion.Rule.GROUP,
    "later": DatasetVersion.Rule.TIME,
}


def require_ready(version: DatasetVersion) -> DatasetVersion:
    """The version under lock, if it waits for people."""
    version = DatasetVersion.objects.select_for_update(of=("self",)).select_related("dataset").get(pk=version.pk)
    if version.dataset.removed_at is not None:
        raise NotYet(
            "removed",
            say(
                "{dataset} was removed on {day}.",
                dataset=version.dataset,
                day=text.day_words(version.dataset.removed_at, with_year=True),
            ),
        )
    if version.state == State.READY:
        return version
    sentences = {
        State.CHECKING: say("{version} is being checked. Choose when that is done.", version=version),
        State.SEALING: say("{version} is being sealed. Nothing about it changes any more.", version=version),
        State.SEALED: say(
            "{version} is sealed; nothing about it changes any more. Upload a new version to choose again.",
            version=version,
        ),
        State.REJECTED: say(
            "{version} was refused, so there is nothing to choose. Upload a mended file.", version=version
        ),
    }
    raise NotYet(version.state, sentences[State(version.state)])


def require_column(version: DatasetVersion, name: str) -> str:
    """The name itself; DataProblem if no column has it."""
    names = [column["name"] for column in version.columns]
    if name and name not in names:
        listed = ", ".join(shown(each, 40) for each in names[:12]) + (", …" if len(names) > 12 else "")
        raise DataProblem(
            "NO_SUCH_COLUMN",
            say("There is no column '{name}'.", name=shown(name)),
            where=say("column {name}", name=shown(name)),
            found=shown(name),
            next=say("The columns are {listed}.", listed=listed),
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
    annotators: list[str] | None = None,
) -> DatasetVersion:
    """Choose what is to be predicted, what belongs together and what tells the time; queues the checks.

    An empty `task` lets the values of the target decide. `annotators` are columns in which single people wrote their
    labels. Labels that the version before merged are merged here too. Refused with DataProblem where a column is not
    there or has two parts to play.
    """
    version = require_ready(version)
    if obstacle := header_obstacle(version):
        raise obstacle
    drop, annotators = list(dict.fromkeys(drop or [])), list(dict.fromkeys(annotators or []))
    for name in (target, group, time, *drop, *annotators):
        require_column(version, name)
    roles = [name for name in (target, group, time) if name]
    twice = next((name for name in roles if roles.count(name) > 1 or (name == target and name in drop)), None)
    if twice:
        raise DataProblem(
            "SAME_COLUMN",
            say("Column '{name}' was given two parts to play.", name=shown(twice)),
            where=say("column {name}", name=shown(twice)),
            next=say("Give each part a column of its own."),
        )
    if target != version.target:
        version.merges.all().delete()
    version.target, version.task, version.group_column, version.time_column = target, task, group, time
    version.annotators = annotators
    version.dropped, version.rule, version.rejection, version.state = drop, "", None, State.CHECKING
    version.save()
    _take_over_merges(version)
    queue(version, Ingestion.Stage.CHECK, user)
    return version


def _take_over_merges(version: DatasetVersion) -> None:
    """The merges of the latest version before with the same target, unless this one has some of that target."""
    before = version.dataset.versions.filter(number__lt=version.number, target=version.target).first()
    if before is None or version.merges.exists():
        return
    for merge in before.merges.all():
        LabelMerge.objects.create(
            version=version,
            label=merge.label,
            spellings=merge.spellings,
            merged_by_id=merge.merged_by_id,
            merged_at=merge.merged_at,
        )


@transaction.atomic
def choose_split(
    *,
    version: DatasetVersion,
    user: User,
    meets: str,
    group: str = "",
    time: str = "",
    horizon: float | None = None,
    check: bool = True,
) -> DatasetVersion:
    """Turn the answer to "what will it meet in real use" into the rule of the split.

    Where it names a group or a time that the checks did not know, they are queued again: what belongs together and how
    different the latest rows are is to be seen before the seal.

    Parameters
    ----------
    meets : {"same", "new", "later"}
        The same kind of rows; new groups, named by the column `group`; or a later time, told by the column `time`.
    horizon : float, optional
        For later times: how long after its row a label is known, in days, or in the unit of a time that is a number.
    check : bool
        False where the seal follows at once: a program that asks for it in one message waits for one answer.
    """
    version = require_ready(version)
    if not version.target:
        raise NotYet("target-missing", say("Choose the target first."))
    rule, known = RULES[meets], (version.group_column, version.time_column)
    if rule == DatasetVersion.Rule.GROUP:
        version.group_column = require_column(version, group or version.group_column)
        if not version.group_column:
            raise NotYet(
                "group-missing", say("Choose the column that names the group, so that each group stays in one part.")
            )
    if rule == DatasetVersion.Rule.TIME:
        version.time_column = require_column(version, time or version.time_column)
        if not version.time_column:
            raise NotYet(
                "time-missing", say("Choose the column that tells the time, so that the latest rows become the test.")
            )
    roles = [name for name in (version.target, version.group_column, version.time_column) if name]
    if len(set(roles)) < len(roles):
        raise DataProblem(
            "SAME_COLUMN",
            say("One column was given two parts to play: target, group and time are columns of their own."),
            next=say("Choose another column."),
        )
    version.rule, version.horizon = rule, horizon if rule == DatasetVersion.Rule.TIME else None
    if check and known != (version.group_column, version.time_column):
        version.state, version.rejection = State.CHECKING, None
        queue(version, Ingestion.Stage.CHECK, user)
    version.save(update_fields=["rule", "horizon", "group_column", "time_column", "state", "rejection"])
    version.findings.filter(code__in=OF_A_SPLIT).delete()
    return version


def header_obstacle(version: DatasetVersion) -> NotYet | None:
    """Somebody must say which line names the columns before one of them is chosen."""
    if not version.is_header_open:
        return None
    return NotYet("header-open", say("Say first which line of the file names the columns."))


def seal_obstacle(version: DatasetVersion) -> NotYet | None:
    """What must come before the seal, said in the order in which it is done."""
    project = version.dataset.project
    if obstacle := header_obstacle(version):
        return obstacle
    if not version.target or not version.task:
        return NotYet("target-missing", say("Choose the target first."))
    if not version.rule:
        return NotYet("split-missing", say("Answer the question about the split first."))
    if stops := selectors.findings_open(version):
        codes = ", ".join(sorted({finding.code for finding in stops}))
        return NotYet(
            "stop-open",
            say("Settle each stop first: leave the column out, or say why it may stay ({codes}).", codes=codes),
        )
    if not project.is_sandbox and project_selectors.current_criterion(project) is None:
        return NotYet(
            "criterion-not-locked",
            say("Lock the success criterion first; sealing comes after it, so that it cannot follow the data."),
        )
    return None


@transaction.atomic
def seal_version(*, version: DatasetVersion, user: User) -> Ingestion:
    """Queue the division and the seal; for good. In a sandbox a member seals, elsewhere a steward.

    Where the division shows a stop (sealed rows far from train), nothing is sealed: the version waits for people again.

    Raises
    ------
    PermissionDenied
        For everybody else.
    NotYet
        Without target, split or locked criterion, and while a stop is open.
    """
    version = require_ready(version)
    project = version.dataset.project
    permissions.require_steward(user, project)
    if obstacle := seal_obstacle(version):
        raise obstacle
    version.state, version.rejection = State.SEALING, None
    version.save(update_fields=["state", "rejection"])
    return queue(version, Ingestion.Stage.SEAL, user)
