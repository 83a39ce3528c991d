"""What is known of data sets, versions, their findings and their sealed tiers."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet

from datasets.core.acts import Act, acts_for
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
    Opening,
    TestSet,
)
from dlstart_web.kit import text
from dlstart_web.kit.once import once_a_page
from dlstart_web.kit.say import joined, say
from projects.models import APPROVING, Decision, Membership, Project, User

LIVE_EVERY = timedelta(seconds=10)  # listeners are not told of progress more often
SEALED_SHARE = 0.2  # of the rows, checkpoint and final together
CLOSING = (Opening.State.AGREED, Opening.State.SCORED)


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


def inputs_taken(project: Project) -> QuerySet[InputsTaken]:
    """Who downloaded features of sealed rows, the latest first."""
    return project.inputs_taken.select_related("user", "version__dataset")


def opening_latest(project: Project, test_set: TestSet | None = None) -> Opening | None:
    """The opening of the final tier, or of a fresh set, that was asked for last and not withdrawn."""
    openings = project.openings.exclude(state=Opening.State.WITHDRAWN)
    openings = openings.filter(test_set=test_set) if test_set else openings.filter(test_set__tier=TestSet.Tier.FINAL)
    return openings.select_related("test_set", "asked_by", "agreed_by").order_by("-asked_at").first()
