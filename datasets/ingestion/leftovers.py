"""What is left of refusals, of removed data sets and of workers that died."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from datasets import lineages, store
from datasets.core.errors import NOTHING_STORED, DataProblem
from datasets.models import DatasetVersion, Ingestion, Upload
from dlstart_web.kit import jobs
from dlstart_web.kit.jobs import Pulse
from dlstart_web.kit.say import Sentence, say

State = DatasetVersion.State
OUR_FAULT = {
    "code": "FAULT",
    "message": say("A fault of ours stopped this; the data was not at fault."),
    "next": say("Try it once more. If it stops again, tell the administrator the id of this version."),
}


def refuse(job: Ingestion, fault: Exception) -> None:
    """A file that cannot be read leaves nothing; a choice that does not fit leaves the version as it was."""
    if job.stage == Ingestion.Stage.ERASE:
        return  # it is removed already; the next sweep tries again
    version = job.version
    version.rejection = fault.as_dict() | {"status": fault.status} if isinstance(fault, DataProblem) else OUR_FAULT
    version.state = State.READY
    if job.stage == Ingestion.Stage.CORRECT:
        version.rejection["next"] = _as_it_was(version.rejection["next"])
    if job.stage == Ingestion.Stage.READ:
        version.state = State.REJECTED
        transaction.on_commit(partial(store.forget, version), robust=True)
    version.save(update_fields=["state", "rejection"])


def erase(version: DatasetVersion, job: Ingestion, pulse: Pulse) -> Callable[[], None]:
    lineages.keep_keys(version)
    return lambda: transaction.on_commit(partial(store.withdraw, version), robust=True)


def sweep() -> None:
    """Remove what a worker that died, or an upload that broke off, left behind."""
    store.sweep_uploads()
    waiting = Ingestion.objects.filter(stage=Ingestion.Stage.ERASE, state__in=jobs.OPEN_STATES).values("version")
    removed = DatasetVersion.objects.filter(state=State.SEALED, dataset__removed_at__isnull=False)
    for version in removed.exclude(pk__in=waiting).select_related("dataset__lineage", "seal"):
        if store.part_path(version, "train").exists():  # its worker died
            lineages.keep_keys(version)
            store.withdraw(version)
    old = (timezone.now() - timedelta(days=1)).timestamp()
    keys = {path: _key(path.name) for path in settings.QUARANTINE.iterdir()}
    versions = DatasetVersion.objects.in_bulk({key for key in keys.values() if key})
    uploads = Upload.objects.in_bulk({key for key in keys.values() if key and key not in versions})
    for path, key in keys.items():
        version = versions.get(key)
        if version is None:
            if key not in uploads and path.is_file() and path.stat().st_mtime < old:
                path.unlink(missing_ok=True)
        elif version.state == State.REJECTED:
            store.forget(version)
        elif version.state == State.SEALED:
            store.clear_unsealed(version)


def _key(name: str) -> UUID | None:
    """What a file is named after; nothing of ours has another name."""
    try:
        return UUID(name)
    except ValueError:
        return None


def _as_it_was(words: str) -> str:
    """The same advice where there is a version that keeps what it had."""
    if words == NOTHING_STORED:
        return say("All stays as it was.")
    if isinstance(words, Sentence):
        return Sentence(words.pattern, {name: _as_it_was(value) for name, value in words.values.items()})
    return words
