"""Data sets, their versions, what was found in them, and their seals."""

import secrets
import uuid

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from datasets.core.corrections import SET_ASIDE, Choice, Kind
from dlstart_web.kit.fields import SentenceField, SentencesField
from dlstart_web.kit.jobs import Job
from dlstart_web.kit.say import joined, say
from projects.models import Project, User


def new_secret() -> bytes:
    """32 random bytes: they decide which row goes to which part, and never leave the server."""
    return secrets.token_bytes(32)


class Lineage(models.Model):
    """All versions of data that have rows in common. It owns the split secret; what is known of looks outlives versions."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    secret = models.BinaryField(default=new_secret, editable=False)
    merged = models.JSONField(
        default=list, editable=False
    )  # lineages it took in: {"secret", "version": the last sealed}
    look_gap_days = models.PositiveSmallIntegerField(default=7)
    looks_open = models.BooleanField(default=True)  # a closed gate is its own setting, never a gap of 0
    members_may_look = models.BooleanField(default=False)  # an owner always may; members if the owner allows it
    members_take_inputs = models.BooleanField(default=True)  # of sealed rows, without labels; an owner always may
    created_at = models.DateTimeField(default=timezone.now)

    AUDITED = ("look_gap_days", "looks_open", "members_may_look", "members_take_inputs")
    AUDIT_MAY_LACK = Q(test_sets=None)  # of nothing sealed: no look is possible yet

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(look_gap_days__gte=7), name="look_gap_of_7_days_or_more")]


class Dataset(models.Model):
    """A labelled data set of a team, at home in one project; others use it by a `DataUse`.

    A deposit is at home in a sandbox made for it. One that was removed keeps its rows as a tombstone: its files are gone.
    Its lineage changes only at a seal: `lineages.join`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    lineage = models.ForeignKey(Lineage, on_delete=models.PROTECT, related_name="datasets")
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="datasets")
    name = models.CharField(max_length=100)
    is_listed = models.BooleanField(default=False)  # in everybody's catalogue; else for who may read its project
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    removed_at = models.DateTimeField(null=True, blank=True)
    removed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    removed_reason = models.TextField(blank=True, max_length=2000)

    AUDITED = ("removed_at", "removed_by_id", "removed_reason")
    AUDIT_MAY_LACK = Q(removed_at=None)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("datasets:dataset_detail", args=[self.pk])


class DatasetVersion(models.Model):
    """One uploaded file. checking -> ready (target to choose, findings to read) -> sealing -> sealed; or rejected.

    Invariant: once sealed, nothing of it changes, and the labels of its sealed parts are in the vault alone.
    """

    class State(models.TextChoices):
        CHECKING = "checking", say("Checking")
        READY = "ready", say("Ready")
        SEALING = "sealing", say("Sealing")
        SEALED = "sealed", say("Sealed")
        REJECTED = "rejected", say("Rejected")

    class Task(models.TextChoices):
        BINARY = "binary", say("yes or no")
        MULTICLASS = "multiclass", say("one of several")
        REGRESSION = "regression", say("a number")

    class Rule(models.TextChoices):
        RANDOM = "random", say("by chance")
        GROUP = "group", say("by group")
        TIME = "time", say("by time")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=8, choices=State, default=State.CHECKING)
    file_name = models.CharField(max_length=255)
    bytes = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    uploaded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(default=timezone.now)
    # what reading found
    rows_read = models.PositiveBigIntegerField(null=True, blank=True)
    columns = models.JSONField(default=list, blank=True)  # [{"name", "kind"}], kinds as corrected
    profile = SentencesField(default=dict, blank=True)
    rejection = SentencesField(null=True, blank=True)  # DataProblem.as_dict()
    # what people chose
    corrections = models.JSONField(default=dict, blank=True)  # Corrections.as_dict(), and "found": the kinds before
    target = models.CharField(max_length=255, blank=True)
    task = models.CharField(max_length=10, choices=Task, blank=True)
    group_column = models.CharField(max_length=255, blank=True)
    time_column = models.CharField(max_length=255, blank=True)
    dropped = models.JSONField(default=list, blank=True)
    annotators = models.JSONField(default=list, blank=True)  # columns of single annotators, where a person named them
    rule = models.CharField(max_length=6, choices=Rule, blank=True)
    horizon = models.FloatField(null=True, blank=True)  # how long after a row its label is known: days, or time's unit
    seconds = models.FloatField(default=0)  # worker seconds spent on it

    class Meta:
        constraints = [models.UniqueConstraint(fields=["dataset", "number"], name="one_version_per_number")]
        ordering = ["-number"]

    def __str__(self) -> str:
        return f"{self.dataset.name} v{self.number}"

    @property
    def kinds(self) -> dict[str, Kind]:
        """What each column is, as corrected."""
        return {column["name"]: column["kind"] for column in self.columns}

    @property
    def found(self) -> dict[str, Kind]:
        """What the reader found the corrected columns to be."""
        return self.corrections.get("found", {})

    @property
    def said(self) -> dict[str, Choice]:
        """What each column is in people's words: as `kinds`, and the order of a date where somebody said it."""
        return {**self.kinds, **self.corrections.get("kinds", {})}

    @property
    def is_header_open(self) -> bool:
        """Whether somebody should say which line names the columns, before one is chosen."""
        return self.profile.get("head", {}).get("is_sure") is False and self.corrections.get("header") is None

    @property
    def no_features(self) -> list[str]:
        """Columns left out of the features: dropped, or of a kind that is no feature."""
        return [name for name, kind in self.kinds.items() if name in self.dropped or kind in SET_ASIDE]

    @property
    def merged(self) -> dict[str, str]:
        """Spellings of labels, and the label each is read as."""
        return {spelling: merge.label for merge in self.merges.all() for spelling in merge.spellings}


class LabelMerge(models.Model):
    """Spellings of a label that are read as one label, by whom and when; the next versions take it over."""

    version = models.ForeignKey(DatasetVersion, on_delete=models.CASCADE, related_name="merges")
    label = models.CharField(max_length=1024)
    spellings = models.JSONField()
    merged_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    merged_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "label"], name="one_merge_per_label")]
        ordering = ["id"]

    def __str__(self) -> str:
        listed = joined(", ", [say("'{label}'", label=spelling) for spelling in self.spellings])
        return str(say("{spellings} read as '{label}'", spellings=listed, label=self.label))


class Finding(models.Model):
    """What a check found in a version, in its words. severity: stop, look or tip."""

    class Severity(models.TextChoices):
        STOP = "stop"
        LOOK = "look"
        TIP = "tip"

    version = models.ForeignKey(DatasetVersion, on_delete=models.CASCADE, related_name="findings")
    code = models.CharField(max_length=8)
    severity = models.CharField(max_length=4, choices=Severity)
    column = models.CharField(max_length=255, blank=True)
    message = SentenceField()
    evidence = SentencesField(default=dict, blank=True)
    needs_target = models.BooleanField(default=False)  # found when the target was chosen; replaced when it changes
    kept_reason = models.TextField(blank=True, max_length=2000)  # why it may stay; it is folded away then
    kept_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["id"]

    @property
    def columns(self) -> list[str]:
        """The columns it is about: several where a sum or a difference was found."""
        return self.evidence.get("columns") or ([self.column] if self.column else [])


class Viewing(models.Model):
    """Somebody saw rows of a version, sealed ones among them, before it was sealed; it stands on the certificate."""

    class How(models.TextChoices):
        REPORT = "report", say("opened the report")
        DOWNLOAD = "download", say("downloaded rows")

    version = models.ForeignKey(DatasetVersion, on_delete=models.CASCADE, related_name="viewings")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    how = models.CharField(max_length=8, choices=How)
    first_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "user", "how"], name="one_viewing_per_person_and_way")
        ]
        ordering = ["first_at", "pk"]


class Ingestion(Job):
    """What a worker does with a version: read the file, read it again as people corrected it, check it, seal or erase it."""

    TASK = "datasets.tasks.ingest"
    QUEUE = "ingest"

    class Stage(models.TextChoices):
        READ = "read"
        CORRECT = "correct"
        CHECK = "check"
        SEAL = "seal"
        ERASE = "erase"

    version = models.ForeignKey(DatasetVersion, on_delete=models.CASCADE, related_name="ingestions")
    stage = models.CharField(max_length=8, choices=Stage)
    corrections = models.JSONField(default=dict, blank=True)  # of the stage that corrects
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-queued_at", "-id"]

    def given_up(self) -> None:
        """The version goes back to where it was; a file that was never read is refused, and swept away later."""
        if self.stage == self.Stage.ERASE:
            return  # swept away later as well
        state = DatasetVersion.State.REJECTED if self.stage == self.Stage.READ else DatasetVersion.State.READY
        refused = {
            "code": "FAULT",
            "message": say("The worker fell silent each time it was tried."),
            "next": say("Try it once more."),
        }
        DatasetVersion.objects.filter(pk=self.version_id).update(state=state, rejection=refused)


class Seal(models.Model):
    """The certificate of a sealed version: rule, rows, fingerprints. Never changed."""

    version = models.OneToOneField(DatasetVersion, on_delete=models.PROTECT, related_name="seal")
    sealed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    sealed_at = models.DateTimeField(default=timezone.now)
    rule = models.CharField(max_length=6, choices=DatasetVersion.Rule)
    rows_used = models.PositiveBigIntegerField()
    parts = models.JSONField()  # {"train", "validation", "checkpoint", "final"}: rows
    classes = models.JSONField(null=True, blank=True)  # {label: {part: rows}}; None for a number
    fingerprints = models.JSONField()  # {part: SHA-256}
    features = models.JSONField()  # [{"name", "kind"}]
    types = models.JSONField(default=dict)  # {column: what its values are}, for who checks a part offline
    retired = models.PositiveBigIntegerField(default=0)  # rows used no more: sealed before, or in a gap of time
    sealed_elsewhere = models.PositiveBigIntegerField(default=0)  # rows sealed in another data set, which stay so
    is_pooled = models.BooleanField()  # checkpoint and final are one set (under 600 test rows)

    AUDITED = (
        *("version_id", "sealed_by_id", "sealed_at", "rule", "rows_used", "parts", "classes", "fingerprints"),
        *("features", "types", "retired", "sealed_elsewhere", "is_pooled"),
    )
    AUDIT_MAY_LACK = Q(pk=None)
