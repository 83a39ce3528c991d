"""What the organisation keeps beside its data sets: datasheets, who asked for what, who uses what, what is wanted."""

from django.db import models
from django.utils import timezone

from datasets.core.datasheet import QUESTIONS
from datasets.models.versions import Dataset
from dlstart_web.kit.say import say
from projects.models import Project, Team, User


class SheetAnswer(models.Model):
    """What is known for one question of a datasheet. `revision` grows with each save; a save names the one it saw."""

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="sheet")
    question = models.CharField(max_length=10)  # an id of datasets.core.datasheet
    text = models.TextField(blank=True, max_length=20_000)
    choice = models.CharField(max_length=10, blank=True)
    day = models.DateField(null=True, blank=True)  # of the question how long it is kept
    revision = models.PositiveIntegerField(default=0)
    edited_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    edited_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["dataset", "question"], name="one_sheet_answer_per_question")]

    @property
    def choice_words(self) -> str:
        """What was chosen, as the form says it."""
        return QUESTIONS[self.question].choices.get(self.choice, self.choice)


class AccessRequest(models.Model):
    """A team asks to use another team's data. asked -> granted | declined, with a reason; asked -> withdrawn; granted -> ended.

    Invariant: one that is asked or granted per data set and team.
    """

    class State(models.TextChoices):
        ASKED = "asked", say("Asked")
        GRANTED = "granted", say("Granted")
        DECLINED = "declined", say("Declined")
        WITHDRAWN = "withdrawn", say("Withdrawn")
        ENDED = "ended", say("taken back")

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="requests")
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")
    purpose = models.TextField(max_length=2000)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=9, choices=State, default=State.ASKED)
    reason = models.TextField(blank=True, max_length=2000)
    decided_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    # a grant that was taken back; who granted it stays
    ended_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_reason = models.TextField(blank=True, max_length=2000)

    AUDITED = (
        *("dataset_id", "team_id", "state", "reason", "decided_by_id", "decided_at"),
        *("ended_by_id", "ended_at", "ended_reason"),
    )
    AUDIT_MAY_LACK = models.Q(state__in=("asked", "withdrawn"))

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["dataset", "team"],
                condition=models.Q(state__in=("asked", "granted")),
                name="one_live_request_per_team",
            )
        ]
        ordering = ["-asked_at"]


class DataUse(models.Model):
    """A project that works on a data set of another one: on the same versions, so on the same lineage and budget."""

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="uses")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="data_uses")
    begun_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    begun_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["dataset", "project"], name="one_use_per_project")]


class Wanted(models.Model):
    """Data that somebody asks the organisation for. open -> closed, by who asked."""

    title = models.CharField(max_length=100)
    text = models.TextField(blank=True, max_length=2000)
    asked_by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    is_demo = models.BooleanField(default=False)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-asked_at", "-pk"]

    def __str__(self) -> str:
        return self.title


class WantedAnswer(models.Model):
    """What a colleague says to it: I need it too, or I have some. One of each kind a person."""

    class Kind(models.TextChoices):
        NEEDS = "needs", say("needs it too")
        HAS = "has", say("has some")

    wanted = models.ForeignKey(Wanted, on_delete=models.CASCADE, related_name="answers")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=5, choices=Kind)
    text = models.TextField(blank=True, max_length=2000)
    dataset = models.ForeignKey(Dataset, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    said_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["wanted", "user", "kind"], name="one_answer_of_a_kind")]
        ordering = ["said_at", "pk"]
