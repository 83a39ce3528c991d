"""What is known of data sets, versions and looks; nothing here writes."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Literal
from uuid import UUID

from django.db.models import Q, QuerySet

from datasets.core.acts import Act, acts_for
from datasets.core.budget import LIMIT_BITS, Gate, NoLookLeft, check_look, looks_left_without_release, spent_bits
from datasets.core.stages import step_words
from datasets.models import (
    Dataset,
    DatasetVersion,
    DataUse,
    Finding,
    Ingestion,
    Lineage,
    Look,
    LookGate,
    Opening,
    TestSet,
)
from dlstart_web.kit import text
from projects.models import APPROVING, Decision, Membership, Project, Team, User

CLOCK_SLACK = timedelta(minutes=1)  # requests overtake each other, and the clocks of two machines differ a little
LIVE_EVERY = timedelta(seconds=10)  # listeners are not told of progress more often
CLOSING = (Opening.State.AGREED, Opening.State.SCORED)


@dataclass(frozen=True)
class LookStatus:
    """What a person may know before spending a look.

    `bits` is what the ledger would stand at after the next look, `t` its number, `j` the releases so far; `refusal` is
    None when it would be granted now.
    """

    test_set: TestSet
    looks_now: int
    next_look_at: datetime | None
    counted_by: str
    refusal: str | None
    reason: str | None
    t: int
    j: int
    bits_spent: float
    bits_next: float
    looks_left: int

    @property
    def bits_cost(self) -> float:
        return max(0.0, self.bits_next - self.bits_spent)


def dataset_list_for(user: User) -> QuerySet[Dataset]:
    """The data sets of a person's teams; a steward and an administrator see all but the sandboxes of others."""
    teams = Membership.objects.filter(user=user.pk, left_at=None).values("team")
    mine = Dataset.objects.filter(project__team__in=teams)
    if user.is_steward or user.is_administrator:
        all_open = Dataset.objects.filter(project__is_sandbox=False)
        mine = mine | (all_open.filter(project__is_demo=True) if user.is_demo else all_open)
    return mine.select_related("project__team").prefetch_related("versions__seal").distinct()


def ingestion_words(job: Ingestion, now: datetime) -> str:
    """What a worker is doing with a version: "reading, 41%, about 20 s left"; no estimate before it could be one."""
    words = f"{step_words(job.stage, job.progress)}, {int(100 * job.progress)}%"
    return f"{words}, {text.time_left_words((job.ends_at - now).total_seconds())}" if job.ends_at else words


def ingestion_seen(job: Ingestion, now: datetime) -> str:
    """Changes with what is worth telling: at once with the state, and every 10 seconds while it runs."""
    turn = (now - job.started_at) // LIVE_EVERY if job.started_at and job.is_open else 0
    return f"{job.pk}-{job.state}-{job.attempts}-{turn}"


def version_list(project: Project) -> QuerySet[DatasetVersion]:
    """All versions of a project's data, latest first; of data that is at home in another project, the sealed ones."""
    used = Q(dataset__in=DataUse.objects.filter(project=project).values("dataset"))
    return (
        DatasetVersion.objects.filter(Q(dataset__project=project) | used & Q(state=DatasetVersion.State.SEALED))
        .select_related("dataset", "uploaded_by", "seal")
        .order_by("-uploaded_at")
    )


def version_sealed_latest(project: Project) -> DatasetVersion | None:
    """The version that runs and looks of a project use."""
    return version_list(project).filter(state=DatasetVersion.State.SEALED).order_by("-seal__sealed_at").first()


def project_has_lineage(project: Project, lineage: UUID) -> bool:
    """Data of this lineage is at home in the project, or the project uses it."""
    return Dataset.objects.filter(Q(project=project) | Q(uses__project=project), lineage=lineage).exists()


def versions_sealed(lineage: Lineage) -> QuerySet[DatasetVersion]:
    """The sealed versions of a lineage, the latest first."""
    sealed = DatasetVersion.objects.filter(dataset__lineage=lineage, state=DatasetVersion.State.SEALED)
    return sealed.select_related("dataset__lineage", "seal").prefetch_related("test_sets").order_by("-seal__sealed_at")


def versions_sealed_elsewhere(version: DatasetVersion) -> QuerySet[DatasetVersion]:
    """The sealed versions of all other lineages, the latest first; the demo's are compared with each other alone."""
    sealed = DatasetVersion.objects.filter(
        state=DatasetVersion.State.SEALED, dataset__project__is_demo=version.dataset.project.is_demo
    ).exclude(dataset__lineage=version.dataset.lineage_id)
    return sealed.select_related("dataset__lineage", "seal").prefetch_related("test_sets").order_by("-seal__sealed_at")


def opening_of_rows(test_set: TestSet) -> Opening | None:
    """The opening that was agreed for these rows, by whatever project and in whatever version."""
    return Opening.objects.filter(test_set__family=test_set.family, state__in=CLOSING).select_related("project").first()


def viewers_of(version: DatasetVersion) -> list[dict[str, object]]:
    """Who saw the rows before they were sealed, how and when, the uploader first."""
    first = {"name": str(version.uploaded_by), "how": "brought the file", "first_at": version.uploaded_at}
    later = version.viewings.select_related("user").exclude(user=version.uploaded_by_id)
    return [
        first,
        *({"name": str(one.user), "how": one.get_how_display(), "first_at": one.first_at} for one in later),
    ]


def findings_open(version: DatasetVersion) -> list[Finding]:
    """The stops that nobody has settled, by dropping a column, by dividing by it or by saying why it may stay."""
    stops = version.findings.filter(severity=Finding.Severity.STOP, kept_reason="")
    return [finding for finding in stops if not finding_settled(finding, version)]


def finding_settled(finding: Finding, version: DatasetVersion) -> str:
    """What settled a finding since it was found, as a sentence; "" if nothing did."""
    for column in finding.columns:
        if column in version.dropped:
            return f"“{column}” is left out."
        if version.rule == DatasetVersion.Rule.GROUP and column == version.group_column:
            return f"Rows are divided by “{column}”."
    if finding.code == "D207" and version.rule == DatasetVersion.Rule.TIME:
        return f"Rows are divided by “{version.time_column}”."
    return ""


def finding_acts(finding: Finding, version: DatasetVersion) -> list[Act]:
    """What people can still do about a finding."""
    if version.state != DatasetVersion.State.READY or finding.kept_reason or finding_settled(finding, version):
        return []
    roles = (version.target, version.group_column, version.time_column)
    is_feature = any(column not in roles for column in finding.columns)
    return acts_for(finding.code, finding.severity, is_feature=is_feature, needs_target=finding.needs_target)


def test_set_for_looks(version: DatasetVersion) -> TestSet | None:
    """The tier that takes the weekly looks: the checkpoint, or the pooled set."""
    for test_set in version.test_sets.select_related("lineage", "version__dataset"):
        if test_set.tier == TestSet.Tier.CHECKPOINT or test_set.is_pooled:
            return test_set
    return None


def test_set_final(version: DatasetVersion) -> TestSet | None:
    """The tier that is opened once."""
    return version.test_sets.select_related("lineage", "version").filter(tier=TestSet.Tier.FINAL).first()


def project_is_approved(project: Project) -> bool:
    """The latest decision on the proposal was go or try."""
    latest = Decision.objects.filter(proposal__project=project).order_by("-proposal__number").first()
    return latest is not None and latest.outcome in APPROVING


def lineage_teams_of(user: User, lineage: Lineage) -> list[Team]:
    """The teams on a lineage that a person is in now; two of them may spend for neither."""
    return list(
        Team.objects.filter(
            Q(projects__datasets__lineage=lineage) | Q(projects__data_uses__dataset__lineage=lineage),
            memberships__user=user.pk,
            memberships__left_at=None,
        ).distinct()
    )


def look_check(
    *, test_set: TestSet, project: Project, team: Team, user: User, now: datetime, zone: tzinfo = UTC
) -> None:
    """NoLookLeft with its sentence if the next look at a test set would be refused."""
    lineage = test_set.lineage
    looks_open = (
        lineage.looks_open
        and not project.is_sandbox
        and test_set.version.state == DatasetVersion.State.SEALED
        and test_set.version.dataset.removed_at is None
        and project_is_approved(project)
    )
    ledger = Look.objects.filter(test_set__lineage=lineage).exclude(state=Look.State.VOIDED).select_related("user")
    ledger = ledger.order_by("-spent_at")
    latest = ledger.first()
    gates = [
        _gate("team", LookGate.objects.filter(lineage=lineage, team=team).first(), ledger.filter(team=team).first()),
        _gate("person", LookGate.objects.filter(lineage=lineage, user=user).first(), ledger.filter(user=user).first()),
    ]
    check_look(
        now=now,
        looks_open=looks_open,
        gates=gates,
        t=test_set.looks + 1,
        j=test_set.releases,
        M=1,  # the rungs of the releases so far are summed in log2_rungs
        log2_rungs=test_set.log2_rungs,
        is_opened=test_set.is_pooled and opening_of_rows(test_set) is not None,
        clock_mark=latest.spent_at - CLOCK_SLACK if latest else None,
        zone=zone,
    )


def _gate(counted_by: Literal["team", "person"], gate: LookGate | None, last: Look | None) -> Gate:
    return Gate(
        opens_at=gate.next_look_at if gate else None,
        counted_by=counted_by,
        last_look_at=last.spent_at if last else None,
        last_look_by=str(last.user) if last else "",
    )


def look_status(project: Project, user: User, now: datetime, zone: tzinfo = UTC) -> LookStatus | None:
    """Whether a look is there now, when the next one is, and what is left of the ledger; None before the seal."""
    version = version_sealed_latest(project)
    test_set = test_set_for_looks(version) if version else None
    if test_set is None:
        return None
    t, j, log2_rungs = test_set.looks + 1, test_set.releases, test_set.log2_rungs
    refused: NoLookLeft | None = None
    try:
        look_check(test_set=test_set, project=project, team=project.team, user=user, now=now, zone=zone)
    except NoLookLeft as refusal:
        refused = refusal
    gap = timedelta(days=test_set.lineage.look_gap_days)
    return LookStatus(
        test_set=test_set,
        looks_now=0 if refused else 1,
        next_look_at=refused.next_look_at if refused else now + gap,
        counted_by=refused.counted_by if refused else "team",
        refusal=str(refused) if refused else None,
        reason=refused.reason if refused else None,
        t=t,
        j=j,
        bits_spent=max((look.bits or 0.0 for look in look_ledger(test_set)), default=0.0),
        bits_next=spent_bits(t, j, 1, log2_rungs),
        looks_left=looks_left_without_release(t, j, 1, LIMIT_BITS, log2_rungs),
    )


def look_ledger(test_set: TestSet) -> QuerySet[Look]:
    """Every look at these rows by anybody and in whatever version, in order."""
    return (
        Look.objects.filter(test_set__family=test_set.family)
        .select_related("user", "team", "project")
        .order_by("spent_at")
    )


def looks_at(dataset: Dataset) -> int:
    """How many looks were spent at a data set, by everybody who uses it."""
    return Look.objects.filter(test_set__version__dataset=dataset).exclude(state=Look.State.VOIDED).count()


def look_list(project: Project) -> QuerySet[Look]:
    """The looks a project has spent, in order."""
    return project.looks.select_related("user", "team", "test_set__version__dataset").order_by("spent_at")


def opening_latest(project: Project) -> Opening | None:
    """The opening of the final tier that was asked for last and not withdrawn."""
    openings = project.openings.exclude(state=Opening.State.WITHDRAWN)
    return openings.select_related("test_set", "asked_by", "agreed_by").order_by("-asked_at").first()
