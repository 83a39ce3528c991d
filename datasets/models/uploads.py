"""A file on its way in, piece by piece."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from datasets.models.versions import DatasetVersion
from projects.models import Project, User


class Upload(models.Model):
    """A file that comes in pieces and may break off between them. open -> finished (`version` is set) or expired.

    Invariant: the first `offset` bytes lie in the quarantine under this id; `offset` only grows.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="uploads")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="uploads")
    file_name = models.CharField(max_length=255)
    size = models.PositiveBigIntegerField()  # bytes, as declared
    offset = models.PositiveBigIntegerField(default=0)  # bytes that are here
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    version = models.ForeignKey(DatasetVersion, null=True, blank=True, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(offset__lte=models.F("size")), name="offset_within_size")]
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.file_name
