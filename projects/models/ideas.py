"""Ideas before they are proposals."""

from django.db import models
from django.utils import timezone

from projects.models.records import Project, User


class Idea(models.Model):
    """An idea of 30 seconds on the wall, for everybody to see. open -> became a project; or taken down by its writer."""

    x = models.CharField(max_length=200)
    y = models.CharField(max_length=200)
    problem = models.TextField(blank=True, max_length=2000)
    by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="ideas")
    at = models.DateTimeField(default=timezone.now)
    is_demo = models.BooleanField(default=False)
    project = models.ForeignKey(Project, null=True, blank=True, on_delete=models.SET_NULL, related_name="ideas")
    closed_at = models.DateTimeField(null=True, blank=True)
    backers = models.ManyToManyField(User, related_name="backed_ideas")  # would use it

    class Meta:
        ordering = ["-at"]
