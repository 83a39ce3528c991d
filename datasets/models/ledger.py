"""The sealed tiers, and the ledger of the looks at them."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from datasets.models.versions import DatasetVersion, Lineage
from projects.models import Project, Team, User


class TestSet(models.Model):
    """A sealed tier of a lineage with its counters. Locked while a look is charged.

    Invariant: `looks` and `releases` only grow, and are the same all over a family.
    """

    __test__ = False  # not for pytest

    class Tier(models.TextChoices):
        CHECKPOINT = "checkpoint"
        FINAL = "final"

    lineage = models.ForeignKey(Lineage, on_delete=models.PROTECT, related_name="test_sets")
    version = models.ForeignKey(DatasetVersion, on_delete=models.PROTECT, related_name="test_sets")
    tier = models.CharField(max_length=10, choices=Tier)
    is_pooled = models.BooleanField(default=False)  # the final tier that takes the looks as well
    rows = models.PositiveIntegerField()
    looks = models.PositiveIntegerField(default=0)  # t of STATISTICS 1.2
    releases = models.PositiveIntegerField(default=0)  # j
    log2_rungs = models.FloatField(default=0)  # sum of log2 M over the releases so far
    family = models.UUIDField(default=uuid.uuid4)  # test sets with rows in common: one count of looks, one opening

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "tier"], name="one_test_set_per_tier")]


class SealedLadder(models.Model):
    """What is frozen at a project's first look at a test set: metric, floor, step, number of rungs (STATISTICS 1.2)."""

    test_set = models.ForeignKey(TestSet, on_delete=models.PROTECT, related_name="ladders")
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+")
    metric = models.CharField(max_length=30)
    floor = models.FloatField()  # s0, per-row form
    scale = models.FloatField(null=True, blank=True)  # B of RMSE and MAE
    step = models.FloatField()  # eta
    rungs = models.PositiveIntegerField()  # M
    best = models.IntegerField(null=True, blank=True)  # k of the team's best rung
    best_look = models.ForeignKey("Look", null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["test_set", "project"], name="one_ladder_per_project")]


class LookGate(models.Model):
    """When a team or a person may look next at a lineage. A look is granted by one conditional UPDATE of these rows."""

    lineage = models.ForeignKey(Lineage, on_delete=models.PROTECT, related_name="gates")
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    next_look_at = models.DateTimeField()

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
        SPENT = "spent"
        SCORED = "scored"
        VOIDED = "voided"

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
    sentence = models.CharField(max_length=300, blank=True)

    objects = AppendOnly.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "idempotency_key"], name="one_look_per_idempotency_key")
        ]
        ordering = ["spent_at"]

    def delete(self, *args, **kwargs):
        raise TypeError("The ledger is append-only.")


class Opening(models.Model):
    """The one opening of a final tier: asked by an owner, agreed by the handler, then scored once.

    asked -> agreed -> scored; asked -> withdrawn. Invariant: at most one that is not withdrawn per test set.
    """

    class State(models.TextChoices):
        ASKED = "asked"
        AGREED = "agreed"
        SCORED = "scored"
        WITHDRAWN = "withdrawn"

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
    result = models.JSONField(null=True, blank=True)  # the `final` of the vet JSON

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["test_set"], condition=~Q(state="withdrawn"), name="one_opening_per_test_set"
            )
        ]
