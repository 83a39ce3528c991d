"""What people do about findings: leave a column out, merge labels, say why something may stay."""

from django.db import transaction

from datasets.core.errors import DataProblem, shown
from datasets.models import DatasetVersion, Finding, Ingestion, LabelMerge
from datasets.services.choices import require_column, require_ready
from datasets.services.problems import NotYet
from datasets.services.uploads import queue
from dlstart_web.kit.say import say
from projects.models import User

State = DatasetVersion.State


@transaction.atomic
def drop_column(*, version: DatasetVersion, user: User, column: str) -> DatasetVersion:
    """Take a column out of the features and check again: other rows may now be the same."""
    version = require_ready(version)
    if require_column(version, column) in (version.target, version.group_column, version.time_column):
        raise DataProblem(
            "SAME_COLUMN",
            say("Column '{column}' is the target, the group or the time; it is no feature.", column=shown(column)),
            where=say("column {name}", name=shown(column)),
            next=say("Choose another target, group or time first."),
        )
    version.dropped = list(dict.fromkeys([*version.dropped, column]))
    version.state = State.CHECKING
    version.save(update_fields=["dropped", "state"])
    queue(version, Ingestion.Stage.CHECK, user)
    return version


@transaction.atomic
def keep_finding(*, finding: Finding, user: User, reason: str) -> Finding:
    """Say why what was found may stay; it stands beside the finding for good."""
    require_ready(finding.version)
    if not reason.strip():
        raise NotYet("reason-missing", say("Say why it may stay; others will read it beside the finding."))
    finding.kept_reason, finding.kept_by = reason.strip()[:2000], user
    finding.save(update_fields=["kept_reason", "kept_by"])
    return finding


@transaction.atomic
def merge_labels(*, finding: Finding, user: User) -> DatasetVersion:
    """Read the spellings of a finding as one label from now on, in this version and the next ones; checks again."""
    version = require_ready(finding.version)
    if finding.code != "D405":
        raise NotYet("nothing-to-merge", say("{code} names no labels that could be merged.", code=finding.code))
    label, spellings = finding.evidence["into"], finding.evidence["spellings"]
    merge = version.merges.filter(label=label).first()
    if merge:
        merge.spellings, merge.merged_by = sorted({*merge.spellings, *spellings}), user
        merge.save(update_fields=["spellings", "merged_by"])
    else:
        LabelMerge.objects.create(version=version, label=label, spellings=spellings, merged_by=user)
    return _check_again(version, user)


@transaction.atomic
def undo_merge(*, merge: LabelMerge, user: User) -> DatasetVersion:
    """Let the spellings be labels of their own again; checks again."""
    version = require_ready(merge.version)
    merge.delete()
    return _check_again(version, user)


def _check_again(version: DatasetVersion, user: User) -> DatasetVersion:
    if version.task != DatasetVersion.Task.REGRESSION:
        version.task = ""  # three spellings of two answers were several classes; now they are yes or no
    version.state, version.rejection = State.CHECKING, None
    version.save(update_fields=["task", "state", "rejection"])
    queue(version, Ingestion.Stage.CHECK, user)
    return version
