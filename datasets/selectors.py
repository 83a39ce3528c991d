"""What is known of data sets, versions and looks; nothing here writes."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Literal
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet

from datasets.core.acts import Act, acts_for
from datasets.core.budget import (
    LIMIT_BITS,
    Gate,
    NoLookLeft,
    check_look,
    looks_left_without_release,
    spent_bits,
)
from datasets.core.stages import step_words
from datasets.models import (
    AccessRequest,
    Dataset,
    DatasetVersion,
    DataUse,
    Finding,
    FreshDeposit,
    Ingestion,
    InputsTaken,
    Lineage,
    Look,
    LookGate,
    LookGrant,
    LookLimits,
    Opening,
    SealedLadder,
    TestSet,
)
from dlstart_web.kit import audit, clock, text
from dlstart_web.kit.once import once_a_page
from dlstart_web.kit.say import joined, say
from projects.models import APPROVING, Decision, Membership, Project, Team, User

RESTORED = say(
    "Looks spent since would come back, so none is granted until an administrator of the machine has said that this "
    "database is to be used: `dlstart audit accept`. Validation scores stay free."
)
LIVE_EVERY = timedelta(seconds=10)  # listeners are not told of progress more often
BEST_KNOWN_FROM = 0.9  # share of a test set's rows that the best so far must have predictions for (STATISTICS 1.6)
SEALED_SHARE = 0.2  # of the rows, checkpoint and final together
CLOSING = (Opening.State.AGREED, Opening.State.SCORED)


@dataclass(frozen=True)
class LookStatus:
    """What a person may know before spending a look.

    `bits` is what the ledger would stand at after the next look, `t` its number, `j` the releases so far; `refusal` is
    None when it would be granted now; `grant` is the one more look that an administrator gave.
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
    gap_days: int
    bits_budget: float
    grant: LookGrant | None = None

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
    words = [step_words(job.stage, job.progress), say("{number}%", number=int(100 * job.progress))]
    left = [text.time_left_words((job.ends_at - now).total_seconds())] if job.ends_at else []
    return joined(", ", words + left)


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


@once_a_page
def version_sealed_latest(project: Project) -> DatasetVersion | None:
    """The version that runs and looks of a project use."""
    return version_list(project).filter(state=DatasetVersion.State.SEALED).order_by("-seal__sealed_at").first()


def versions_judged(projects: Collection[UUID]) -> dict[UUID, DatasetVersion]:
    """By project, the version that its data is judged by: the last one sealed, else the last whose labels were checked."""
    uses: dict[UUID, list[UUID]] = {}
    for dataset, project in DataUse.objects.filter(project__in=projects).values_list("dataset", "project"):
        uses.setdefault(dataset, []).append(project)
    sealed = DatasetVersion.State.SEALED
    checked = DatasetVersion.objects.filter(
        Q(dataset__project__in=projects) | Q(dataset__in=uses, state=sealed),
        state__in=(DatasetVersion.State.READY, DatasetVersion.State.SEALING, sealed),
        dataset__removed_at=None,
    ).exclude(task="")
    judged: dict[UUID, DatasetVersion] = {}
    for version in sorted(
        checked.select_related("dataset", "seal").defer("profile", "columns"),
        key=lambda v: (True, v.seal.sealed_at) if v.state == sealed else (False, v.uploaded_at),
    ):
        judged[version.dataset.project_id] = version
        if version.state == sealed:
            judged |= dict.fromkeys(uses.get(version.dataset_id, ()), version)
    return judged


def use_ended(project: Project, dataset: Dataset) -> bool:
    """Whether the grant by which a project worked on another team's data was taken back."""
    granted = dataset.requests.filter(team=project.team_id, state=AccessRequest.State.GRANTED)
    return dataset.project.team_id != project.team_id and not granted.exists()


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


def retired_by(version: DatasetVersion) -> tuple[DatasetVersion, int, int] | None:
    """The sealed version whose sealed rows the later rows of a new cut in time replace, how many, and about how many come.

    None where as many come as go. How many rows are really later is known at the seal.
    """
    before = versions_sealed(version.dataset.lineage).first()
    if before is None or {version.rule, before.seal.rule} != {DatasetVersion.Rule.TIME}:
        return None
    sealed = before.seal.parts["checkpoint"] + before.seal.parts["final"]
    fresh = round(SEALED_SHARE * max(0, (version.rows_read or 0) - (before.rows_read or 0)))
    return (before, sealed, fresh) if fresh < sealed else None


def opening_of_rows(test_set: TestSet) -> Opening | None:
    """The opening that was agreed for these rows, by whatever project and in whatever version."""
    return Opening.objects.filter(test_set__family=test_set.family, state__in=CLOSING).select_related("project").first()


def viewers_of(version: DatasetVersion) -> list[dict[str, object]]:
    """Who saw the rows before they were sealed, how and when, the uploader first."""
    first = {"name": str(version.uploaded_by), "how": say("brought the file"), "first_at": version.uploaded_at}
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
            return say("“{column}” is left out.", column=column)
        if version.rule == DatasetVersion.Rule.GROUP and column == version.group_column:
            return say("Rows are divided by “{column}”.", column=column)
    if finding.code == "D207" and version.rule == DatasetVersion.Rule.TIME:
        return say("Rows are divided by “{column}”.", column=version.time_column)
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


def fresh_sets(project: Project) -> QuerySet[TestSet]:
    """The fresh sets of a project's data, those of other projects' too where it uses their data; in order."""
    mine = Dataset.objects.filter(Q(project=project) | Q(uses__project=project), removed_at=None)
    sets = TestSet.objects.filter(tier=TestSet.Tier.FRESH, version__dataset__in=mine)
    return sets.select_related("deposit__asked_by", "lineage", "version__dataset__lineage", "version__seal").order_by(
        "pk"
    )


def fresh_deposits(project: Project) -> QuerySet[FreshDeposit]:
    """Files that were brought to be fresh sets of a project, the latest first."""
    return project.fresh_deposits.select_related("asked_by", "version__dataset", "test_set")


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


@once_a_page
def look_limits() -> LookLimits:
    """What holds for the looks of everybody: as an administrator set it last, else as this dlstart was started."""
    return LookLimits.objects.first() or first_look_limits()


def first_look_limits() -> LookLimits:
    return LookLimits(gap_days=settings.LOOK_GAP_DAYS, bits=LIMIT_BITS)


def gap_days(lineage: Lineage) -> int:
    """Days between two looks at a lineage: the owner's, or the administrator's where that is longer."""
    return max(lineage.look_gap_days, look_limits().gap_days)


def look_check(
    *, test_set: TestSet, project: Project, team: Team, user: User | None, now: datetime, zone: tzinfo = UTC
) -> None:
    """NoLookLeft with its sentence if the next look at a test set would be refused; without a user, for nobody special."""
    lineage = test_set.lineage
    looks_open = (
        lineage.looks_open
        and not project.is_sandbox
        and test_set.version.state == DatasetVersion.State.SEALED
        and test_set.version.dataset.removed_at is None
        and project_is_approved(project)
    )
    if looks_open and (older := audit.behind()):
        raise NoLookLeft(joined(" ", [older, RESTORED]), reason="restored", looks_spent=test_set.looks)
    ledger = Look.objects.filter(test_set__lineage=lineage).exclude(state=Look.State.VOIDED).select_related("user")
    ledger = ledger.order_by("-spent_at")
    latest = ledger.first()
    reading = clock.read(now)
    marks = [latest.spent_at - clock.BACK] if latest else []
    if reading and reading.went_back:
        marks.append(reading.mark)
    is_granted = look_grant_open(lineage, team) is not None
    gates = []
    if not is_granted:
        gate = LookGate.objects.filter(lineage=lineage, team=team).first()
        gates.append(_gate("team", gate, ledger.filter(team=team).first()))
    if user is not None and not (is_granted and look_was_for(lineage, user, team)):
        gate = LookGate.objects.filter(lineage=lineage, user=user).first()
        gates.append(_gate("person", gate, ledger.filter(user=user).first()))
    check_look(
        now=now,
        looks_open=looks_open,
        gates=gates,
        t=test_set.looks + 1,
        j=test_set.releases,
        M=1,  # the rungs of the releases so far are summed in log2_rungs
        log2_rungs=test_set.log2_rungs,
        limit=look_limits().bits,
        is_opened=test_set.is_pooled and opening_of_rows(test_set) is not None,
        clock_mark=max(marks, default=None),
        leapt_from=reading.last if reading and reading.leapt else None,
        zone=zone,
    )


def look_grant_open(lineage: Lineage, team: Team) -> LookGrant | None:
    """The one more look that a team was granted and has not used."""
    return (
        LookGrant.objects.filter(lineage=lineage, team=team, look=None, ended_at=None)
        .select_related("granted_by")
        .first()
    )


def look_was_for(lineage: Lineage, user: User, team: Team) -> bool:
    """Whether a person's last look at a lineage was spent for this team: its grant waives that gap, and no other."""
    spent = Look.objects.filter(test_set__lineage=lineage, user=user).exclude(state=Look.State.VOIDED)
    return spent.order_by("-spent_at").values_list("team", flat=True).first() == team.pk


def look_grants(project: Project) -> QuerySet[LookGrant]:
    """Every one more look that a project was granted, in order."""
    return project.look_grants.select_related("granted_by", "look").order_by("granted_at")


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
    limits = look_limits()
    days = max(test_set.lineage.look_gap_days, limits.gap_days)
    grant = look_grant_open(test_set.lineage, project.team)
    return LookStatus(
        test_set=test_set,
        looks_now=0 if refused else 1,
        next_look_at=refused.next_look_at if refused else now + timedelta(days=days),
        counted_by=refused.counted_by if refused else "grant" if grant else "team",
        refusal=str(refused) if refused else None,
        reason=refused.reason if refused else None,
        t=t,
        j=j,
        bits_spent=max((look.bits or 0.0 for look in look_ledger(test_set)), default=0.0),
        bits_next=spent_bits(t, j, 1, log2_rungs),
        looks_left=looks_left_without_release(t, j, 1, limits.bits, log2_rungs),
        gap_days=days,
        bits_budget=limits.bits,
        grant=grant,
    )


def ladder_to_hand_in_again(test_set: TestSet, project: Project) -> SealedLadder | None:
    """The project's ladder on a test set, if its best has predictions for too few of the rows to be compared with."""
    ladders = SealedLadder.objects.filter(test_set=test_set, project=project, best_share__lt=BEST_KNOWN_FROM)
    ladders = ladders.filter(best_look__isnull=False, best_on__version__dataset__removed_at=None)
    return ladders.select_related("best_look", "test_set").first()


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


def inputs_taken(project: Project) -> QuerySet[InputsTaken]:
    """Who downloaded features of sealed rows, the latest first."""
    return project.inputs_taken.select_related("user", "version__dataset")


def opening_latest(project: Project, test_set: TestSet | None = None) -> Opening | None:
    """The opening of the final tier, or of a fresh set, that was asked for last and not withdrawn."""
    openings = project.openings.exclude(state=Opening.State.WITHDRAWN)
    openings = openings.filter(test_set=test_set) if test_set else openings.filter(test_set__tier=TestSet.Tier.FINAL)
    return openings.select_related("test_set", "asked_by", "agreed_by").order_by("-asked_at").first()
