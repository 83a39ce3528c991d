"""The rows of the log that `dlstart_web.kit.audit` writes and checks, the mark of `dlstart_web.kit.clock`, and what is known of
workers and backups."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from dlstart_web.kit.jobs import Job


class AuditEvent(models.Model):
    """One act, and what the rows it touched held afterwards. Never changed, never deleted: a trigger holds the line."""

    number = models.PositiveBigIntegerField(primary_key=True)  # 1, 2, 3, ... without a gap
    at = models.DateTimeField()
    actor = models.CharField(max_length=40, blank=True)  # the id of a person; empty where the server acted
    act = models.CharField(max_length=40)
    rows = models.TextField()  # canonical JSON: [table, id, {field: value}, or null for a row that is gone]
    previous = models.CharField(max_length=64)  # digest of the event before, zeros for the first
    digest = models.CharField(max_length=64)

    class Meta:
        ordering = ["number"]


class AuditHead(models.Model):
    """The one row that everybody who writes an event locks: number and digest of the last one."""

    number = models.PositiveBigIntegerField(default=0)
    digest = models.CharField(max_length=64)


class ClockMark(models.Model):
    """The one row with the latest moment that was written down, and the one that the machine has counted on from since."""

    at = models.DateTimeField()
    anchor = models.DateTimeField()
    boot = models.CharField(max_length=40, blank=True)
    uptime = models.FloatField()  # seconds since that start, at the anchor


class AuditNote(models.Model):
    """What somebody wrote into the log: an act outside this program, or why one inside was done. Never changed."""

    text = models.TextField(max_length=2000)
    by = models.CharField(max_length=40)  # the id of a person
    at = models.DateTimeField(default=timezone.now)

    AUDITED = ("text", "by", "at")
    AUDIT_MAY_LACK = Q(pk=None)


class WorkerSign(models.Model):
    """When a worker last said that it is there, busy or not."""

    name = models.CharField(max_length=200, primary_key=True)
    at = models.DateTimeField()


class WorkerCheck(Job):
    """Work that does nothing, to see whether a worker answers."""

    TASK = "dlstart_web.kit.tasks.answer"


class Backup(models.Model):
    """A copy of the database and the data folder that was read again and found whole."""

    made_at = models.DateTimeField()
    place = models.CharField(max_length=500)
    files = models.PositiveIntegerField()
    size = models.PositiveBigIntegerField()  # bytes

    class Meta:
        ordering = ["-made_at"]
