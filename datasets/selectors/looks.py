"""What is known of looks: their limits and ledger, whether another one would be granted, and when."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Literal
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet

from datasets.core.budget import (
    LIMIT_BITS,
    Gate,
    NoLookLeft,
    check_look,
    looks_left_without_release,
    spent_bits,
)
from datasets.models import (
    Dataset,
    DatasetVersion,
    DataUse,
    Lineage,
    Look,
    LookGate,
    LookGrant,
    LookLimits,
    Opening,
    SealedLadder,
    TestSet,
)
from datasets.selectors.records import CLOSING, test_set_for_looks, version_sealed_latest
from dlstart_web.kit import audit, clock
from dlstart_web.kit.once import once_a_page
from dlstart_web.kit.say import joined, say
from projects.models import APPROVING, Decision, Project, Team, User

RESTORED = say(
    "Looks spent since would come back, so none is granted until an administrator of the machine has said that this "
    "database is to be used: `dlstart audit accept`. Validation scores stay free."
)
BEST_KNOWN_FROM = 0.9  # share of a test set's rows that the best so far must have predictions for (STATISTICS 1.6)


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


@once_a_page
def look_limits() -> LookLimits:
    """What holds for the looks of everybody: as an administrator set it last, else as this dlstart was started."""
    return LookLimits.objects.first() or first_look_limits()


def first_look_limits() -> LookLimits:
    return LookLimits(gap_days=settings.LOOK_GAP_DAYS, bits=LIMIT_BITS)


def gap_days(lineage: Lineage) -> int:
    """Days between two looks at a lineage: the owner's, or the administrator's where that is longer."""
    return max(lineage.look_gap_days, look_limits().gap_days)


@dataclass(frozen=True)
class Record:
    """What stands written about looks at some test sets, read at once for any number of them."""

    approved: frozenset[UUID]  # projects
    opened: frozenset[UUID]  # families of test sets that had their final opening
    spent: Mapping[UUID, list[Look]]  # by lineage, the latest first
    gates: Mapping[tuple[UUID, int | None, int | None], datetime]  # when they open: of a lineage for a team or a person
    granted: frozenset[tuple[UUID, int]]  # lineage and team that have one more look
    older: str  # why this database is older than one that was in use here before
    clock: clock.Reading | None
    limits: LookLimits


def record_of(
    test_sets: Collection[TestSet],
    *,
    projects: Collection[Project],
    teams: Collection[int],
    user: User | None,
    now: datetime,
) -> Record:
    """What `look_check` needs to know, for these projects and teams and this person."""
    lineages = {test_set.lineage_id for test_set in test_sets}
    decided = Decision.objects.filter(proposal__project__in=projects).order_by("proposal__number")
    outcomes = dict(decided.values_list("proposal__project", "outcome"))
    families = [test_set.family for test_set in test_sets if test_set.is_pooled]
    opened = Opening.objects.filter(test_set__family__in=families, state__in=CLOSING)
    spent: dict[UUID, list[Look]] = {}
    looks = Look.objects.filter(test_set__lineage__in=lineages).exclude(state=Look.State.VOIDED)
    for look in looks.select_related("test_set", "user").order_by("-spent_at"):
        spent.setdefault(look.test_set.lineage_id, []).append(look)
    gates = LookGate.objects.filter(Q(team__in=teams) | Q(user__isnull=False, user=user), lineage__in=lineages)
    granted = LookGrant.objects.filter(lineage__in=lineages, team__in=teams, look=None, ended_at=None)
    return Record(
        approved=frozenset(project for project, outcome in outcomes.items() if outcome in APPROVING),
        opened=frozenset(opened.values_list("test_set__family", flat=True)),
        spent=spent,
        gates={(gate.lineage_id, gate.team_id, gate.user_id): gate.next_look_at for gate in gates},
        granted=frozenset(granted.values_list("lineage", "team")),
        older=audit.behind(),
        clock=clock.read(now),
        limits=look_limits(),
    )


def look_check(
    *,
    test_set: TestSet,
    project: Project,
    team: Team,
    user: User | None,
    now: datetime,
    zone: tzinfo = UTC,
    record: Record | None = None,
) -> None:
    """NoLookLeft with its sentence if the next look at a test set would be refused; without a user, for nobody special."""
    record = record or record_of([test_set], projects=[project], teams=[team.pk], user=user, now=now)
    lineage = test_set.lineage
    looks_open = (
        lineage.looks_open
        and not project.is_sandbox
        and test_set.version.state == DatasetVersion.State.SEALED
        and test_set.version.dataset.removed_at is None
        and project.pk in record.approved
    )
    if looks_open and record.older:
        raise NoLookLeft(joined(" ", [record.older, RESTORED]), reason="restored", looks_spent=test_set.looks)
    spent = record.spent.get(lineage.pk, [])
    marks = [spent[0].spent_at - clock.BACK] if spent else []
    if record.clock and record.clock.went_back:
        marks.append(record.clock.mark)
    is_granted = (lineage.pk, team.pk) in record.granted
    gates = []
    if not is_granted:
        last = next((look for look in spent if look.team_id == team.pk), None)
        gates.append(_gate("team", record.gates.get((lineage.pk, team.pk, None)), last))
    if user is not None:
        last = next((look for look in spent if look.user_id == user.pk), None)
        if not (is_granted and last and last.team_id == team.pk):  # as in `look_was_for`
            gates.append(_gate("person", record.gates.get((lineage.pk, None, user.pk)), last))
    check_look(
        now=now,
        looks_open=looks_open,
        gates=gates,
        t=test_set.looks + 1,
        j=test_set.releases,
        M=1,  # the rungs of the releases so far are summed in log2_rungs
        log2_rungs=test_set.log2_rungs,
        limit=record.limits.bits,
        is_opened=test_set.is_pooled and test_set.family in record.opened,
        clock_mark=max(marks, default=None),
        leapt_from=record.clock.last if record.clock and record.clock.leapt else None,
        zone=zone,
    )


def looks_now(projects: Iterable[Project], user: User, now: datetime) -> dict[UUID, NoLookLeft | None]:
    """By project that has a sealed set to look at, what keeps its team and this person from a look; None: nothing does."""
    asked = {
        project.pk: project
        for project in projects
        if project.reached >= Project.Step.TEST_SET and not project.is_sandbox
    }
    uses: dict[UUID, set[UUID]] = {}
    for use in DataUse.objects.filter(project__in=asked):
        uses.setdefault(use.dataset_id, set()).add(use.project_id)
    sealed = TestSet.objects.filter(
        Q(version__dataset__project__in=asked) | Q(version__dataset__in=uses),
        Q(tier=TestSet.Tier.CHECKPOINT) | Q(is_pooled=True),
        version__state=DatasetVersion.State.SEALED,
    )
    latest: dict[UUID, TestSet] = {}
    for test_set in sealed.select_related("lineage", "version__dataset").order_by("version__seal__sealed_at"):
        dataset = test_set.version.dataset
        latest |= dict.fromkeys({dataset.project_id, *uses.get(dataset.pk, ())} & asked.keys(), test_set)
    if not latest:
        return {}
    found = [asked[key] for key in latest]
    teams = [project.team_id for project in found]
    record = record_of(latest.values(), projects=found, teams=teams, user=user, now=now)
    answers: dict[UUID, NoLookLeft | None] = {}
    for project in found:
        try:
            look_check(
                test_set=latest[project.pk], project=project, team=project.team, user=user, now=now, record=record
            )
        except NoLookLeft as refusal:
            answers[project.pk] = refusal
        else:
            answers[project.pk] = None
    return answers


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


def _gate(counted_by: Literal["team", "person"], opens_at: datetime | None, last: Look | None) -> Gate:
    return Gate(
        opens_at=opens_at,
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


def lineage_teams_of(user: User, lineage: Lineage) -> list[Team]:
    """The teams on a lineage that a person is in now; two of them may spend for neither."""
    return list(
        Team.objects.filter(
            Q(projects__datasets__lineage=lineage) | Q(projects__data_uses__dataset__lineage=lineage),
            memberships__user=user.pk,
            memberships__left_at=None,
        ).distinct()
    )
