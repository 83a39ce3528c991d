"""Who saw rows before they were sealed, which weakens the seal, and who took the inputs of sealed ones: both written down."""

from django.core.exceptions import PermissionDenied
from django.db import transaction

from datasets.models import DatasetVersion, InputsTaken, Viewing
from dlstart_web.kit import audit
from dlstart_web.kit.say import say
from projects.models import Project, User
from projects.permissions import is_owner


def note_viewing(*, version: DatasetVersion, user: User, how: str = Viewing.How.REPORT) -> None:
    """Write down, once, that a person saw a version which is not sealed yet; its uploader has seen it all anyway."""
    if version.state != DatasetVersion.State.SEALED and version.uploaded_by_id != user.pk:
        Viewing.objects.get_or_create(version=version, user=user, how=how)


@transaction.atomic
def take_inputs(*, project: Project, version: DatasetVersion, part: str, user: User) -> InputsTaken:
    """Write down who takes the features of a sealed part; PermissionDenied for a member where the owner keeps them."""
    if not version.dataset.lineage.members_take_inputs and not is_owner(user, project):
        raise PermissionDenied(
            say("The owners of {team} keep the inputs of sealed rows to themselves. Ask one.", team=project.team)
        )
    taken = InputsTaken.objects.create(project=project, version=version, part=part, user=user)
    audit.note("inputs-taken", taken, actor=user.pk)
    return taken
