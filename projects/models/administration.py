"""What an administrator settles for everybody, and where one has looked past a conflict."""

import uuid
from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import cached_property

from projects.core.extras import Extra, Extras
from projects.core.rules import Rules
from projects.core.templates import TEMPLATES
from projects.core.wording import Wording
from projects.models.records import Project, User

GLASS_OPEN = timedelta(hours=1)


class ReviewRules(models.Model):
    """A version of the rules of reviewing. Append-only: a change is the next number; number 1, built in, has no row."""

    number = models.PositiveIntegerField(unique=True)
    weights = models.JSONField()  # criterion key -> weight
    floors = models.JSONField()  # criterion key -> least median that does not block, or null
    anchors = models.JSONField(default=dict)  # criterion key -> five sentences, "" for those built in
    reviews_wanted = models.PositiveSmallIntegerField()
    names_hidden = models.BooleanField()
    reason = models.TextField(max_length=2000)
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)

    AUDITED = (
        "number",
        "weights",
        "floors",
        "anchors",
        "reviews_wanted",
        "names_hidden",
        "reason",
        "made_by_id",
        "made_at",
    )
    AUDIT_MAY_LACK = Q(pk=None)

    class Meta:
        ordering = ["-number"]

    @property
    def rules(self) -> Rules:
        return Rules(self.number, self.weights, self.floors, self.reviews_wanted, self.names_hidden, self.anchors)


class QuestionSet(models.Model):
    """A version of the extra questions. Append-only: a change is the next number; number 1, none, has no row."""

    number = models.PositiveIntegerField(unique=True)
    questions = models.JSONField()  # [{id, label, help, section, required}], see projects.core.extras
    reason = models.TextField(max_length=2000)
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)

    AUDITED = ("number", "questions", "reason", "made_by_id", "made_at")
    AUDIT_MAY_LACK = Q(pk=None)

    class Meta:
        ordering = ["-number"]

    @cached_property
    def extras(self) -> Extras:
        return Extras(self.number, tuple(Extra(**question) for question in self.questions))


class TemplateWording(models.Model):
    """A version of a template's own texts. Append-only: a change is the next number; number 1, built in, has no row."""

    template = models.CharField(max_length=40)  # a key of projects.core.templates
    number = models.PositiveIntegerField()
    words = models.JSONField()  # slot -> text, where it is not the one built in
    reason = models.TextField(max_length=2000)
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)

    AUDITED = ("template", "number", "words", "reason", "made_by_id", "made_at")
    AUDIT_MAY_LACK = Q(pk=None)

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["template", "number"], name="template_number_once")]

    @property
    def wording(self) -> Wording:
        return Wording(TEMPLATES[self.template], self.number, self.words)


class BreakGlass(models.Model):
    """An administrator in conflict reads the reviews of a project, with a reason that stays. Open for an hour."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="glasses")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField(max_length=2000)
    broken_at = models.DateTimeField(default=timezone.now)

    AUDITED = ("project_id", "user_id", "reason", "broken_at")
    AUDIT_MAY_LACK = Q(pk=None)

    class Meta:
        ordering = ["-broken_at"]

    @property
    def open_until(self) -> datetime:
        return self.broken_at + GLASS_OPEN


class SetupMark(models.Model):
    """What administrators did of the list of first steps, as far as nothing else shows that it is done."""

    class Key(models.TextChoices):
        MAIL_SENT = "mail"
        MAIL_ARRIVED = "arrived"
        LIMITS = "limits"
        HIDDEN = "hidden"

    key = models.CharField(max_length=7, choices=Key, primary_key=True)
    by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField(default=timezone.now)
