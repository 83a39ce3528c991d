"""Where one begins, and how an idea that was stopped is remembered."""

from django.db import models
from django.utils import timezone

from projects.models.records import Project, User


class ClassLink(models.Model):
    """A class to learn from, as an administrator lists it; without any, the ones that come with dlstart are shown."""

    title = models.CharField(max_length=100)
    address = models.URLField(max_length=300)
    note = models.CharField(max_length=200, blank=True)
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["position"]


class Grave(models.Model):
    """A good grave for a stopped idea: what was learned, what would reopen it, and when somebody is reminded.

    `watch` holds words: a data set whose name has one of them is told to the team, once each.
    """

    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="grave")
    learned = models.TextField(max_length=4000)
    reopen_when = models.TextField(blank=True, max_length=2000)
    watch = models.CharField(max_length=200, blank=True)
    remind_on = models.DateField(null=True, blank=True)
    reminded_at = models.DateTimeField(null=True, blank=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-at"]
