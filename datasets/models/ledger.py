"""The sealed tiers, and the ledger of the looks at them."""

import uuid
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from datasets.core import budget
from datasets.models.versions import DatasetVersion, Lineage
from dlstart_web.kit.fields import SentenceField, SentencesField
from dlstart_web.kit.jobs import Job
from dlstart_web.kit.say import say
from projects.models import Project, Team, User


class TestSet(models.Model):
    """A sealed tier of a lineage with its counters. Locked while a look is charged.

    Invariant: `looks` and `releases` only grow, and are the same all over a family.
    """

    __test__ = False  # not for pytest

    class Tier(models.TextChoices):
        CHECKPOINT = "checkpoint", say("Checkpoint")
        FINAL = "final", say("Final")
        FRESH = "fresh", say("Fresh")  # labelled later, by a steward; opened once, by the rules of the final tier

    lineage = models.ForeignKey(Lineage, on_delete=models.PROTECT, related_name="test_sets")
    version = models.ForeignKey(DatasetVersion, on_delete=models.PROTECT, related_name="test_sets")
    tier = models.CharField(max_length=10, choices=Tier)
    number = models.PositiveIntegerField(default=0)  # of the fresh sets of a data set, from 1
    is_pooled = models.BooleanField(default=False)  # the final tier that takes the looks as well
    rows = models.PositiveIntegerField()
    looks = models.PositiveIntegerField(default=0)  # t of STATISTICS 1.2
    releases = models.PositiveIntegerField(default=0)  # j
    log2_rungs = models.FloatField(default=0)  # sum of log2 M over the releases so far
    family = models.UUIDField(default=uuid.uuid4)  # test sets with rows in common: one count of looks, one opening

    AUDITED = (
        *("lineage_id", "version_id", "tier", "number", "is_pooled", "rows"),
        *("looks", "releases", "log2_rungs", "family"),
    )
    AUDIT_MAY_LACK = Q(pk=None)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "tier", "number"], name="one_test_set_per_tier")]

    @property
    def part(self) -> str:
        """The name of its files: the tier, and of a fresh set its number."""
        return f"{self.tier}-{self.number}" if self.number else self.tier


class InputsTaken(models.Model):
    """Somebody downloaded the features of a sealed part, without labels; everybody in the project sees it. Never changed."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="inputs_taken")
    version = models.ForeignKey(DatasetVersion, on_delete=models.PROTECT, related_name="+")
    part = models.CharField(max_length=20)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    AUDITED = ("project_id", "version_id", "part", "user_id", "at")
    AUDIT_MAY_LACK = Q(pk=None)

    class Meta:
        ordering = ["-at", "-pk"]


class FreshDeposit(Job):
    """A labelled file on its way to become a fresh set of a sealed version. The job of `datasets.ingestion.fresh`.

    Invariant: one that is done is a test set; a refused one leaves nothing but why.
    """

    TASK = "datasets.tasks.deposit"
    QUEUE = "ingest"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="fresh_deposits")
    version = models.ForeignKey(DatasetVersion, on_delete=models.PROTECT, related_name="fresh_deposits")
    number = models.PositiveIntegerField()  # among those of the data set; its test set has the same
    origin = models.TextField(max_length=2000)  # where and when the rows were collected, in the steward's words
    file_name = models.CharField(max_length=255)
    bytes = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    found = SentencesField(null=True, blank=True)  # `core.fresh.Fresh.as_dict()`
    refusal = SentencesField(null=True, blank=True)  # DataProblem.as_dict()
    test_set = models.OneToOneField(TestSet, null=True, blank=True, on_delete=models.PROTECT, related_name="deposit")

    class Meta:
        ordering = ["-queued_at"]

    def given_up(self) -> None:
        """The file that came is thrown away like one that was refused."""
        (settings.QUARANTINE / str(self.pk)).unlink(missing_ok=True)


class SealedLadder(models.Model):
    """What is frozen at a project's first look at a test set: metric, floor, step, number of rungs (STATISTICS 1.2).

    A best that comes from an earlier version has predictions for the rows that both have, until it is handed in again.
    """

    test_set = models.ForeignKey(TestSet, on_delete=models.PROTECT, related_name="ladders")
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+")
    metric = models.CharField(max_length=30)
    floor = models.FloatField()  # s0, per-row form
    scale = models.FloatField(null=True, blank=True)  # B of RMSE and MAE
    step = models.FloatField()  # eta
    rungs = models.PositiveIntegerField()  # M
    best = models.IntegerField(null=True, blank=True)  # k of the team's best rung
    best_look = models.ForeignKey("Look", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    best_on = models.ForeignKey(
        TestSet, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )  # the set whose rows its predictions are of; this one where empty
    best_share = models.FloatField(default=1)  # of this set's rows, those that it has predictions for

    AUDITED = ("test_set_id", "project_id", "metric", "floor", "scale", "step", "rungs", "best")
    AUDIT_MAY_LACK = Q(pk=None)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["test_set", "project"], name="one_ladder_per_project")]


class LookGate(models.Model):
    """When a team or a person may look next at a lineage. A look is granted by one conditional UPDATE of these rows."""

    lineage = models.ForeignKey(Lineage, on_delete=models.PROTECT, related_name="gates")
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    next_look_at = models.DateTimeField()

    AUDITED = ("lineage_id", "team_id", "user_id", "next_look_at")
    AUDIT_MAY_LACK = Q(pk=None)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["lineage", "team"], name="one_gate_per_team"),
            models.UniqueConstraint(fields=["lineage", "user"], name="one_gate_per_person"),
            models.CheckConstraint(
                condition=Q(team__isnull=True) ^ Q(user__isnull=True), name="gate_of_team_or_person"
            ),
        ]


class AppendOnly(models.QuerySet):
    """Rows are added, and their outcome is written once; nothing is deleted."""

    def delete(self):
        raise TypeError("The ledger is append-only.")


class Look(models.Model):
    """One scoring on a test set: the ledger. spent -> scored | voided (only if our scorer died before the answer).

    Invariant: rows are never deleted, and a scored one never changes; a trigger in the database holds the line too.
    """

    class State(models.TextChoices):
        SPENT = "spent", say("Spent")
        SCORED = "scored", say("Scored")
        VOIDED = "voided", say("Voided")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    test_set = models.ForeignKey(TestSet, on_delete=models.PROTECT, related_name="ledger")
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="looks")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="looks")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="looks")
    idempotency_key = models.CharField(max_length=64)
    reason = models.TextField(blank=True, max_length=2000)
    guess = models.FloatField(null=True, blank=True)
    model_name = models.CharField(max_length=100)  # what was handed in, in words
    predictions_digest = models.CharField(max_length=64)
    spent_at = models.DateTimeField()
    state = models.CharField(max_length=6, choices=State, default=State.SPENT)
    # the answer
    scored_at = models.DateTimeField(null=True, blank=True)
    number = models.PositiveIntegerField(null=True, blank=True)  # t
    releases_before = models.PositiveIntegerField(null=True, blank=True)  # j
    released = models.BooleanField(null=True, blank=True)
    rung = models.FloatField(null=True, blank=True)  # in the metric's own unit
    lower = models.FloatField(null=True, blank=True)
    upper = models.FloatField(null=True, blank=True)
    bits = models.FloatField(null=True, blank=True)
    sentence = SentenceField(blank=True)

    objects = AppendOnly.as_manager()

    AUDITED = (
        *("test_set_id", "project_id", "team_id", "user_id", "idempotency_key", "reason", "guess", "model_name"),
        *("predictions_digest", "spent_at", "state", "scored_at", "number", "releases_before", "released"),
        *("rung", "lower", "upper", "bits", "sentence"),
    )
    AUDIT_MAY_LACK = Q(pk=None)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "idempotency_key"], name="one_look_per_idempotency_key")
        ]
        ordering = ["spent_at"]

    def delete(self, *args, **kwargs):
        raise TypeError("The ledger is append-only.")

    @property
    def answer_at(self) -> datetime:
        """The tick at which its answer is told, known from the moment it was spent."""
        return budget.answer_at(self.spent_at, settings.LOOK_TICK)


class LookLimits(models.Model):
    """What an administrator sets for the looks of everybody. Append-only: the latest holds, and is the strictest yet."""

    gap_days = models.PositiveSmallIntegerField()  # at least so many between two looks; an owner may ask for more
    bits = models.FloatField()  # at most so many for the lifetime of a test set
    reason = models.TextField(max_length=2000)
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)

    AUDITED = ("gap_days", "bits", "reason", "made_by_id", "made_at")
    AUDIT_MAY_LACK = Q(pk=None)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(gap_days__gte=budget.LEAST_GAP_DAYS), name="look_limits_gap_of_7_or_more"
            ),
            models.CheckConstraint(
                condition=Q(bits__gt=0, bits__lte=budget.LIMIT_BITS), name="look_limits_of_48_bits_or_less"
            ),
        ]
        ordering = ["-pk"]


class LookGrant(models.Model):
    """One more look for a team while its gap runs, given by an administrator for a reason that everybody reads.

    open -> used, by the team's next look whatever opened it | ended. Invariant: at most one is open per team and lineage.
    """

    lineage = models.ForeignKey(Lineage, on_delete=models.PROTECT, related_name="grants")
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="look_grants")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField(max_length=2000)
    granted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    granted_at = models.DateTimeField(default=timezone.now)
    look = models.OneToOneField(Look, null=True, blank=True, on_delete=models.PROTECT, related_name="grant")
    ended_at = models.DateTimeField(null=True, blank=True)  # over without a look: a restored database, joined data

    objects = AppendOnly.as_manager()

    AUDITED = (
        *("lineage_id", "project_id", "team_id", "reason", "granted_by_id", "granted_at", "look_id", "ended_at"),
    )
    AUDIT_MAY_LACK = Q(pk=None)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["lineage", "team"], condition=Q(look=None, ended_at=None), name="one_open_grant_per_team"
            )
        ]
        ordering = ["granted_at"]

    def delete(self, *args, **kwargs):
        raise TypeError("The ledger is append-only.")


class Opening(models.Model):
    """The one opening of a final tier: asked by an owner, agreed by the handler, then scored once.

    asked -> agreed -> scored; asked -> withdrawn. Invariant: at most one that is not withdrawn per test set.
    """

    class State(models.TextChoices):
        ASKED = "asked", say("Asked")
        AGREED = "agreed", say("Agreed")
        SCORED = "scored", say("Scored")
        WITHDRAWN = "withdrawn", say("Withdrawn")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    test_set = models.ForeignKey(TestSet, on_delete=models.PROTECT, related_name="openings")
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="openings")
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    agreed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    agreed_at = models.DateTimeField(null=True, blank=True)
    scored_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=9, choices=State, default=State.ASKED)
    alpha = models.FloatField(default=0.05)  # smaller where pooled looks were spent
    result = SentencesField(null=True, blank=True)  # the `final` of the vet JSON

    AUDITED = (
        *("test_set_id", "project_id", "asked_by_id", "asked_at", "agreed_by_id", "agreed_at", "scored_at"),
        *("state", "alpha", "result"),
    )
    AUDIT_MAY_LACK = Q(pk=None)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["test_set"], condition=~Q(state="withdrawn"), name="one_opening_per_test_set"
            )
        ]
