"""Who saw rows before they were sealed: it weakens the seal, so it is written down."""

from datasets.models import DatasetVersion, Viewing
from projects.models import User


def note_viewing(*, version: DatasetVersion, user: User, how: str = Viewing.How.REPORT) -> None:
    """Write down, once, that a person saw a version which is not sealed yet; its uploader has seen it all anyway."""
    if version.state != DatasetVersion.State.SEALED and version.uploaded_by_id != user.pk:
        Viewing.objects.get_or_create(version=version, user=user, how=how)
