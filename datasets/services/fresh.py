"""A steward deposits rows that were labelled later: a test set of its own."""

import uuid
from pathlib import Path

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.files import File
from django.db import transaction

from datasets import permissions, selectors
from datasets.core.errors import shown
from datasets.models import Dataset, FreshDeposit
from datasets.services.problems import NotYet
from datasets.services.uploads import receive_file, refuse_while_sealing
from dlstart_web.kit import jobs
from dlstart_web.kit.jobs import OPEN_STATES, JobState
from dlstart_web.kit.say import say
from projects.models import Project, User


def deposit_fresh(*, project: Project, user: User, file: File, origin: str) -> FreshDeposit:
    """Keep a labelled file in quarantine and queue its sealing as a fresh set; the same file again is the same deposit.

    Parameters
    ----------
    file : File
        The columns of the project's sealed version, label included.
    origin : str
        Where and when its rows were collected; shown with each score on them.

    Raises
    ------
    PermissionDenied
        For who is no steward of this data.
    NotYet
        Nothing is sealed, or another file of this data set is being sealed.
    DataProblem
        Too large, or empty.
    """
    if not permissions.is_steward(user, project):
        raise PermissionDenied(say("Only a data steward deposits a fresh set; ask one, and name the project."))
    version = selectors.version_sealed_latest(project)
    if version is None or version.dataset.removed_at is not None:
        raise NotYet(
            "not-sealed", say("No data is sealed in this project, so there is nothing that rows could be fresh for.")
        )
    key = uuid.uuid4()
    place = settings.QUARANTINE / str(key)
    try:
        size, digest = receive_file(file, place)
        with transaction.atomic():
            dataset = Dataset.objects.select_for_update().get(pk=version.dataset_id)
            deposits = FreshDeposit.objects.filter(version__dataset=dataset)
            gone = (JobState.FAILED, JobState.CANCELLED)
            same = deposits.filter(version=version, sha256=digest).exclude(state__in=gone).first()
            if same is not None:
                place.unlink()
                return same
            refuse_while_sealing(dataset)
            if deposits.filter(state__in=OPEN_STATES).exists():
                raise NotYet(
                    "deposit-waiting",
                    say("Another fresh set of this data is being sealed. Bring this one when it is done."),
                )
            # a refused file leaves its number; one whose worker fell silent keeps it, as that may still write
            numbers = deposits.filter(refusal__isnull=True).order_by("-number").values_list("number", flat=True)
            deposit = FreshDeposit.objects.create(
                pk=key,
                project=project,
                version=version,
                number=(numbers.first() or 0) + 1,
                origin=origin,
                file_name=shown(Path(file.name or "fresh").name, 255),
                bytes=size,
                sha256=digest,
                asked_by=user,
            )
            jobs.ring_on_commit(deposit)
            return deposit
    except BaseException:
        place.unlink(missing_ok=True)
        raise
