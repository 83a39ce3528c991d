"""What helps a team to write a proposal: earlier texts, and the planners."""

import uuid

from django.db import models
from django.utils import timezone

from projects.models.records import Answer, Proposal, User


class AnswerText(models.Model):
    """Every text that was once saved or typed as an answer: the common ground of two editors, and the way back.

    `revision` is the answer's after that save. Without one the text was set aside: a colleague had changed the same
    place since `base`, and the writer has not brought the two together yet.
    """

    answer = models.ForeignKey(Answer, on_delete=models.CASCADE, related_name="texts")
    revision = models.PositiveIntegerField(null=True, blank=True)
    base = models.PositiveIntegerField(default=0)
    text = models.TextField(blank=True)
    choice = models.CharField(max_length=20, blank=True)
    ticks = models.JSONField(default=list, blank=True)
    by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["answer", "revision"], name="one_text_per_revision")]
        ordering = ["at", "pk"]


class Plan(models.Model):
    """What a team worked out beside the form: the sum of the payoff, or the guard rails. One of each kind a version.

    `values` holds what was typed, by field; a core reads the numbers and rows out of it.
    """

    class Kind(models.TextChoices):
        PAYOFF = "payoff"
        RAILS = "rails"

    proposal = models.ForeignKey(Proposal, on_delete=models.CASCADE, related_name="plans")
    kind = models.CharField(max_length=6, choices=Kind)
    values = models.JSONField(default=dict)
    edited_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    edited_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["proposal", "kind"], name="one_plan_per_kind")]


class Attachment(models.Model):
    """A file beside a version, kept under `stored` in our own folder. Removed: the file goes, its name and hash stay."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    proposal = models.ForeignKey(Proposal, on_delete=models.CASCADE, related_name="attachments")
    stored = models.UUIDField(default=uuid.uuid4, editable=False)  # shared with the next version
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=40)  # media type, by its bytes
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["at", "pk"]


class Comment(models.Model):
    """A note of the team to itself, at a question or at the whole. open -> done. Nobody outside the team reads it."""

    proposal = models.ForeignKey(Proposal, on_delete=models.CASCADE, related_name="comments")
    question = models.CharField(max_length=6, blank=True)
    text = models.TextField(max_length=4000)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["at", "pk"]
