"""What the vetting of a proposal needs beside its reviews."""

from django.db import models
from django.utils import timezone

from dlstart_web.kit.fields import SentenceField
from dlstart_web.kit.say import say
from projects.models.records import Decision, Project, Proposal, Score, User


class Conflict(models.Model):
    """Why a person outside the team takes no part in vetting a project. Never removed: what was known stays known.

    Invariant: whoever stands here sees no review of the project, in no role.
    """

    class Kind(models.TextChoices):
        BENEFITS = "benefits", say("benefits from the project")
        MANAGES = "manages", say("line manager of somebody in the team")
        DECLARED = "declared", say("declared it")

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="conflicts")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="conflicts")
    kind = models.CharField(max_length=8, choices=Kind)
    noted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    noted_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "user"], name="one_conflict_per_project_and_person")]
        ordering = ["noted_at"]


class ScoreChange(models.Model):
    """A score before it was changed in the discussion, and why; the first one stays readable for ever."""

    score = models.ForeignKey(Score, on_delete=models.CASCADE, related_name="changes")
    value = models.PositiveSmallIntegerField(null=True, blank=True)  # as it was; none for "cannot judge"
    reason = models.TextField(blank=True)  # as it was
    why = models.TextField(max_length=4000)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["changed_at", "pk"]


class Remark(models.Model):
    """What a reviewer or the handler says to the others once all reviews are open; the team does not read it."""

    proposal = models.ForeignKey(Proposal, on_delete=models.CASCADE, related_name="remarks")
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    text = models.TextField(max_length=4000)
    said_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["said_at", "pk"]


class TeamReply(models.Model):
    """The team's one reply to the reviews."""

    proposal = models.OneToOneField(Proposal, on_delete=models.CASCADE, related_name="reply")
    text = models.TextField(max_length=8000)
    sent_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    sent_at = models.DateTimeField(default=timezone.now)


class PendingDecision(models.Model):
    """What the handler means to decide, with the letter to the team. Nobody else sees it; it goes when it is sent."""

    proposal = models.OneToOneField(Proposal, on_delete=models.CASCADE, related_name="pending_decision")
    outcome = models.CharField(max_length=6, choices=Decision.Outcome)
    reasons = models.TextField(max_length=20_000)
    dissent = models.TextField(blank=True, max_length=20_000)
    hold_until = models.CharField(max_length=200, blank=True)
    try_hours = models.PositiveSmallIntegerField(null=True, blank=True)
    letter = SentenceField(blank=True, max_length=20_000)  # empty: not in the outbox yet
    saved_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    saved_at = models.DateTimeField(default=timezone.now)
