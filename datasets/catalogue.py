"""The organisation's catalogue: which entries a person may find, what they say, what waits for whom; nothing writes."""

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Case, Count, Exists, OuterRef, Q, QuerySet, Subquery, TextField, Value, When
from django.db.models.functions import Cast, Coalesce

from datasets.core.datasheet import MAY_REUSE, NO_PEOPLE, QUESTIONS, Reply, filled
from datasets.models import AccessRequest, Dataset, DatasetVersion, DataUse, SheetAnswer, Wanted, WantedAnswer
from datasets.words import in_words
from dlstart_web.kit import text
from dlstart_web.kit.say import joined, say
from projects.models import Membership, Project, Team, User
from projects.permissions import has_conflict
from projects.selectors import readable_projects

State = DatasetVersion.State
REMINDER = timedelta(days=30)  # before the day to which a data set is kept
TASKS = {"yes_no": "binary", "one_of": "multiclass", "number": "regression"}  # of a Y, by its kind
HOLDS = {"picture": say("pictures"), "sound": say("sounds"), "text": say("free text")}


@dataclass(frozen=True)
class Filters:
    """What a reader asks the catalogue for; "", False and None ask for nothing."""

    q: str = ""
    labels: bool = False
    task: str = ""
    holds: str = ""
    no_people: bool = False
    reuse: bool = False
    kept_until: date | None = None
    askable: bool = False
    mine: bool = False

    @property
    def are_set(self) -> bool:
        return self != Filters()


def of_shape(x_kind: str, y_kind: str) -> Filters | None:
    """What to ask the catalogue for data of a mapping's shape; None for an answer that no data set here can have."""
    if y_kind not in TASKS:
        return None
    return Filters(task=TASKS[y_kind], holds=x_kind if x_kind in HOLDS else "")


def _answers(question: str, **found: Any) -> Exists:
    return Exists(SheetAnswer.objects.filter(dataset=OuterRef("pk"), question=question, **found))


def entries_for(user: User) -> QuerySet[Dataset]:
    """Every data set whose entry a person may find: the rule of `permissions.may_find`, for lists.

    Adds `is_mine`; `may_use` (its rows); `is_open` (its columns); `hides_team` while a blind review of its project is
    owed; `shown_id`, the version that the entry speaks of; `filled` of ten questions; `used`, by how many projects.
    """
    now_in = {"memberships__user": user.pk, "memberships__left_at": None}
    in_team = Membership.objects.filter(team=OuterRef("project__team"), user=user.pk, left_at=None)
    granted = AccessRequest.objects.filter(
        dataset=OuterRef("pk"), state=AccessRequest.State.GRANTED, team__in=Team.objects.filter(**now_in)
    )
    readable = readable_projects(user)
    keeps = Q(project__is_sandbox=False) if user.is_steward or user.is_administrator else Q(pk=None)
    versions = DatasetVersion.objects.filter(dataset=OuterRef("pk")).order_by("-number").values("pk")
    answers = SheetAnswer.objects.filter(dataset=OuterRef("pk"), question__in=QUESTIONS)
    answers = answers.exclude(text="", choice="", day=None)
    uses = DataUse.objects.filter(dataset=OuterRef("pk"))
    count = lambda rows: Subquery(rows.order_by().values("dataset").annotate(n=Count("pk")).values("n"))  # noqa: E731
    return (
        (Dataset.objects.filter(project__is_demo=True) if user.is_demo else Dataset.objects.all())
        .filter(removed_at=None)
        .annotate(is_mine=Exists(in_team), is_granted=Exists(granted))
        .annotate(may_use=Case(When(Q(is_mine=True) | Q(is_granted=True) | keeps, then=True), default=False))
        .annotate(is_open=Case(When(Q(may_use=True) | Q(is_listed=True), then=True), default=False))
        .filter(Q(is_open=True) | Q(project__in=readable.values("pk")))
        .annotate(
            shown_id=Coalesce(
                Subquery(versions.filter(state=State.SEALED)[:1]),
                Case(When(is_open=True, then=Subquery(versions.exclude(state=State.REJECTED)[:1]))),
            ),
            hides_team=Exists(readable.filter(Q(hides_team=True), pk=OuterRef("project"))),
            filled=Coalesce(count(answers), 0),
            used=Coalesce(count(uses), 0) + Case(When(project__is_sandbox=True, then=0), default=1),
        )
        .exclude(shown_id=None)
        .select_related("project__team")
        .order_by("-created_at")
    )


def search(entries: QuerySet[Dataset], asked: Filters) -> QuerySet[Dataset]:
    """The entries that hold every word, in name, team, datasheet or a column's name, and that fit the filters."""
    shown = DatasetVersion.objects.filter(pk=OuterRef("shown_id"))
    described = shown.annotate(described=Cast("columns", TextField()))
    for word in asked.q.split()[:8]:
        named = Q(pk__in=[])
        for written in {json.dumps(word)[1:-1], json.dumps(word, ensure_ascii=False)[1:-1]}:
            # as it stands in the JSON text: PostgreSQL keeps letters, SQLite their escapes
            named |= Q(described__iregex=r'"name": "([^"\\]|\\.)*' + re.escape(written))
        entries = entries.filter(
            Q(name__icontains=word)
            | Q(project__team__name__icontains=word, hides_team=False)
            | Exists(SheetAnswer.objects.filter(dataset=OuterRef("pk"), text__icontains=word))
            | Q(Exists(described.filter(named)), is_open=True)
        )
    if asked.labels:
        entries = entries.filter(Exists(shown.exclude(target="")))
    if asked.task:
        entries = entries.filter(Exists(shown.filter(task=asked.task)))
    if asked.holds:
        entries = entries.filter(
            Exists(described.filter(described__contains=f'"kind": "{asked.holds}"')), Q(is_open=True)
        )
    if asked.no_people:
        entries = entries.filter(_answers("people", choice=NO_PEOPLE))
    if asked.reuse:
        entries = entries.filter(_answers("uses", choice=MAY_REUSE))
    if asked.kept_until:
        entries = entries.filter(_answers("kept", day__gte=asked.kept_until))
    if asked.askable:
        entries = entries.filter(Q(may_use=False))
    if asked.mine:
        entries = entries.filter(Q(is_mine=True))
    return entries


@dataclass(frozen=True)
class Row:
    """A line of the catalogue."""

    dataset: Any  # with the annotations of `entries_for`
    version: DatasetVersion
    request: AccessRequest | None  # the newest of the reader's teams


def rows_of(user: User, datasets: Iterable[Any]) -> list[Row]:
    """The lines of a page of entries, in two queries."""
    datasets = list(datasets)
    versions = DatasetVersion.objects.select_related("dataset").in_bulk([each.shown_id for each in datasets])
    asked = AccessRequest.objects.filter(
        dataset__in=datasets, team__memberships__user=user.pk, team__memberships__left_at=None
    )
    newest = {request.dataset_id: request for request in asked.order_by("asked_at", "pk")}
    return [Row(each, versions[each.shown_id], newest.get(each.pk)) for each in datasets]


# ---- a datasheet


def sheet_answers(dataset: Dataset) -> dict[str, SheetAnswer]:
    """Stored answers by question."""
    return {answer.question: answer for answer in dataset.sheet.select_related("edited_by")}


def sheet_replies(answers: dict[str, SheetAnswer]) -> dict[str, Reply]:
    """The same as the questions' core wants them, with an empty one where nothing is recorded."""
    replies = {name: Reply(answer.text, answer.choice, answer.day) for name, answer in answers.items()}
    return {name: replies.get(name, Reply()) for name in QUESTIONS}


def sheet_filled(dataset: Dataset) -> int:
    """How many of the ten questions are answered."""
    return filled(sheet_replies(sheet_answers(dataset)))


def sheet_tag(dataset: Dataset) -> str:
    """The entity tag of a datasheet: it changes with each save of any of its answers."""
    revisions = sorted(dataset.sheet.values_list("question", "revision"))
    return f'"{hashlib.sha256(f"{dataset.pk} {revisions}".encode()).hexdigest()[:32]}"'


def version_shown(user_may_see: bool, dataset: Dataset) -> DatasetVersion | None:
    """The version that an entry speaks of: the newest sealed one, or else, for who may see the columns, the newest."""
    versions = dataset.versions.select_related("dataset__project__team", "uploaded_by", "seal")
    sealed = versions.filter(state=State.SEALED).first()
    return sealed or (versions.exclude(state=State.REJECTED).first() if user_may_see else None)


def known_facts(version: DatasetVersion, *, is_open: bool) -> list[tuple[str, str]]:
    """What the server knows of a version by itself, for the head of its datasheet."""
    kinds: dict[str, int] = {}
    for column in version.columns:
        kinds[column["kind"]] = kinds.get(column["kind"], 0) + 1
    facts: list[tuple[str, str]] = [
        (say("Rows"), say("not read yet") if version.rows_read is None else text.thousands(version.rows_read))
    ]
    if is_open and kinds:
        listed = joined(", ", [say("{count} {kind}", count=kinds[kind], kind=in_words(kind)) for kind in sorted(kinds)])
        facts.append((say("Columns"), say("{columns:,}: {kinds}", columns=len(version.columns), kinds=listed)))
        missing = sum(column.get("missing", 0) for column in version.profile.get("columns", []))
        cells = (version.rows_read or 0) * len(version.columns)
        facts.append((say("Missing cells"), say("{missing:,} of {all:,}", missing=missing, all=cells)))
    if version.target:
        task = version.get_task_display() or say("kind not known yet")
        facts.append((say("Label"), say("“{column}”, {task}", column=version.target, task=task)))
    if version.state == State.SEALED:
        seal = version.seal
        if seal.classes:
            first = list(seal.classes.items())[:8]
            named = [say("{label} ({rows:,})", label=label, rows=sum(rows.values())) for label, rows in first]
            more = len(seal.classes) - len(first)
            facts.append(
                (say("Classes"), joined(", ", [*named, *([say("and {more} more", more=more)] if more else [])]))
            )
        parts = [say("{part} {rows:,}", part=in_words(part), rows=rows) for part, rows in seal.parts.items() if rows]
        facts.append((say("Split"), say("{rule}: {parts}", rule=version.get_rule_display(), parts=joined(", ", parts))))
    if is_open:
        found = version.findings.values_list("code", flat=True).distinct().order_by("code")
        facts.append((say("Findings"), ", ".join(found) or say("none")))
        facts.append((say("Uploaded by"), str(version.uploaded_by)))
    return facts


# ---- who asks whom, who uses what


def team_candidates(user: User, dataset: Dataset) -> QuerySet[Team]:
    """The person's teams that could ask for a data set: not its own, and with nothing asked or granted."""
    live = AccessRequest.objects.filter(dataset=dataset, state__in=("asked", "granted")).values("team")
    mine = Team.objects.filter(memberships__user=user.pk, memberships__left_at=None)
    return mine.exclude(pk=dataset.project.team_id).exclude(pk__in=live)


def project_candidates(user: User, dataset: Dataset) -> QuerySet[Project]:
    """Projects that could begin to work on a data set: of the person's teams that may use it, and without data yet."""
    granted = dataset.requests.filter(state=AccessRequest.State.GRANTED).values("team")
    return Project.objects.filter(
        Q(team__in=granted) | Q(team=dataset.project.team_id),
        team__memberships__user=user.pk,
        team__memberships__left_at=None,
        datasets=None,
        data_uses=None,
    )


def uses_of(dataset: Dataset, user: User) -> tuple[int, list[Project]]:
    """By how many projects a data set is used, and those of them that a person may read."""
    pks = list(dataset.uses.values_list("project", flat=True))
    if not dataset.project.is_sandbox:
        pks.append(dataset.project_id)
    return len(pks), list(readable_projects(user).filter(pk__in=pks))


def requests_to_answer(user: User) -> QuerySet[AccessRequest]:
    """Requests that wait for a person: an owner of the data's team; for stewards all, as `permissions.may_keep` says."""
    owned = Membership.objects.filter(
        team=OuterRef("dataset__project__team"), user=user.pk, left_at=None, role=Membership.Role.OWNER
    )
    reach = Q(Exists(owned))
    if user.is_steward or user.is_administrator:
        kept = Q(dataset__project__is_sandbox=False) | Q(dataset__is_listed=True)
        reach |= kept & Q(dataset__project__is_demo=True) if user.is_demo else kept
    waiting = AccessRequest.objects.filter(reach, state=AccessRequest.State.ASKED, dataset__removed_at=None)
    return waiting.select_related("dataset__project__team", "team", "asked_by").order_by("asked_at")


def requests_answered(user: User, since: Any) -> QuerySet[AccessRequest]:
    """What was answered to a person's teams since a moment."""
    mine = Team.objects.filter(memberships__user=user.pk, memberships__left_at=None)
    answered = AccessRequest.objects.filter(team__in=mine, decided_at__gte=since)
    return answered.select_related("dataset", "team", "decided_by").order_by("-decided_at")


def kept_no_longer(user: User, today: date) -> QuerySet[SheetAnswer]:
    """Data sets whose day comes within the reminder or is past: for the owners of their team."""
    owned = Membership.objects.filter(
        team=OuterRef("dataset__project__team"), user=user.pk, left_at=None, role=Membership.Role.OWNER
    )
    due = SheetAnswer.objects.filter(
        Exists(owned), question="kept", day__lte=today + REMINDER, dataset__removed_at=None
    )
    return due.select_related("dataset").order_by("day")


# ---- wanted


def wanted_open(user: User) -> QuerySet[Wanted]:
    """What is wanted, newest first, with `needs`: how many people ask for it."""
    reach = Wanted.objects.filter(is_demo=True) if user.is_demo else Wanted.objects.all()
    asked = WantedAnswer.objects.filter(wanted=OuterRef("pk"), kind=WantedAnswer.Kind.NEEDS)
    count = Subquery(asked.order_by().values("wanted").annotate(n=Count("pk")).values("n"))
    offers = WantedAnswer.objects.filter(wanted=OuterRef("pk"), kind=WantedAnswer.Kind.HAS)
    return reach.filter(closed_at=None).annotate(
        needs=Coalesce(count, Value(0)) + 1,
        is_offered=Exists(offers),
        is_mine=Case(When(asked_by=user, then=True), default=False),
    )


def conflict_hides_team(user: User, dataset: Any) -> bool:
    """Whether the page of one entry keeps silent about the team: a blind review of its project is owed."""
    project = dataset.project
    return (
        not has_conflict(user, project) and readable_projects(user).filter(Q(hides_team=True), pk=project.pk).exists()
    )
