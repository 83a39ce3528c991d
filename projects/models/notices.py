"""What people are told, in the app and by mail."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from dlstart_web.kit.fields import SentenceField
from dlstart_web.kit.say import say
from projects.models.records import Project, User


class Notice(models.Model):
    """One thing that a person was told. The list in the app is complete; a mail goes out at once, by the digest, or never.

    Invariant: `words` hold no content of a review and no name of a reviewer; who may read the page behind it learns more.
    """

    class Kind(models.TextChoices):
        ASSIGNED = "assigned", say("you were assigned")
        ASKED = "asked", say("someone asked you")
        LAST_REVIEW = "last_review", say("the last review is in")
        DECISION = "decision", say("a decision was sent")
        LOOK_SCORED = "look_scored", say("a look was scored")
        JOB_FAILED = "job_failed", say("your job failed")
        RELEASED = "released", say("you were released from a review")
        REMINDER = "reminder", say("something is due")
        GLASS = "glass", say("somebody read past a conflict")
        NEWS = "news", say("news")

    AT_ONCE = (
        Kind.ASSIGNED,
        Kind.ASKED,
        Kind.LAST_REVIEW,
        Kind.DECISION,
        Kind.LOOK_SCORED,
        Kind.JOB_FAILED,
        Kind.RELEASED,
        Kind.REMINDER,
        Kind.GLASS,
    )
    BLIND = (Kind.ASSIGNED, Kind.LAST_REVIEW, Kind.RELEASED, Kind.REMINDER)  # says that there are reviews

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=11, choices=Kind)
    words = SentenceField(max_length=300)
    page = models.CharField(max_length=300)  # path of the page behind it
    project = models.ForeignKey(Project, null=True, blank=True, on_delete=models.CASCADE, related_name="notices")
    key = models.CharField(max_length=80, blank=True)  # of what is told once only
    at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True, blank=True)
    mailed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], condition=~Q(key=""), name="one_notice_per_person_and_key")
        ]
        indexes = [models.Index(fields=["user", "-at"])]
        ordering = ["-at", "-pk"]


class Mute(models.Model):
    """A person who wants no mail about a project. The list in the app goes on."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="mutes")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="mutes")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "project"], name="one_mute_per_person_and_project")]
