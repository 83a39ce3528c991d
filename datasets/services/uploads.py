"""A file comes in, and one of which nothing was sealed goes."""

import hashlib
import os
import uuid
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files import File
from django.db import transaction

from datasets import store
from datasets.core.errors import NOTHING_STORED, DataProblem, shown
from datasets.models import Dataset, DatasetVersion, Ingestion, Lineage, new_secret
from datasets.services.problems import NotYet
from dlstart_web.kit import audit, jobs, text
from dlstart_web.kit.say import joined, say
from projects.models import Project, User

State = DatasetVersion.State


def too_large(size: int) -> DataProblem:
    """The refusal of an upload over the limit."""
    limit = settings.LIMITS["upload"]
    return DataProblem(
        "TOO_LARGE",
        say(
            "The file has {size}; at most {limit} are read.",
            size=text.file_size_words(size),
            limit=text.file_size_words(limit),
        ),
        413,
        limit=limit,
        found=size,
        next=joined(" ", [say("Leave out columns or rows, or write it as Parquet."), NOTHING_STORED]),
    )


def empty() -> DataProblem:
    """The refusal of a file without a byte."""
    return DataProblem(
        "EMPTY_FILE",
        say("The file is empty."),
        found=0,
        next=joined(" ", [say("Choose a file with rows."), NOTHING_STORED]),
    )


def refuse_while_sealing(dataset: Dataset) -> None:
    """NotYet as long as a version of the data set is being sealed."""
    if dataset.versions.filter(state=State.SEALING).exists():
        raise NotYet(
            "sealing",
            say("A version of {dataset} is being sealed. Upload the next one when it is done.", dataset=dataset),
        )


def accept_upload(
    *,
    project: Project,
    user: User,
    file: File,
    name: str = "",
    dataset: Dataset | None = None,
    secret: bytes | None = None,
    sha256: str = "",
) -> DatasetVersion:
    """Keep an upload in quarantine and queue its reading; the same file twice in a data set is the same version.

    Parameters
    ----------
    file : File
        Read in chunks; one that already lies in a temporary file of the quarantine is moved, not copied.
    name : str
        Of a new data set; the file's name where left out.
    dataset : Dataset, optional
        To which this is the next version.
    secret : bytes, optional
        The split secret of a new data set, for a division that can be repeated; random where left out.
    sha256 : str, optional
        What the sender says the file's is.

    Raises
    ------
    DataProblem
        Too large (413), empty, or of another SHA-256 than the sender's.
    NotYet
        While another version of the data set is being read or sealed.
    """
    file_name = shown(Path(file.name or "upload").name, 255)
    key = uuid.uuid4()
    place = settings.QUARANTINE / str(key)
    try:
        size, digest = receive_file(file, place)
        if sha256 and sha256.lower() != digest:
            raise DataProblem(
                "OTHER_HASH",
                say(
                    "The bytes that came have SHA-256 {digest}…, the file that was sent {sha256}",
                    digest=digest[:12],
                    sha256=shown(sha256, 12),
                ),
                limit=shown(sha256, 64),
                found=digest,
                next=joined(" ", [say("Send it again."), NOTHING_STORED]),
            )
        with transaction.atomic():
            if dataset is None:
                name = (name or Path(file_name).stem)[:100]
                dataset = Dataset.objects.create(
                    lineage=Lineage.objects.create(look_gap_days=settings.LOOK_GAP_DAYS, secret=secret or new_secret()),
                    project=project,
                    name=name,
                    created_by=user,
                )
            else:
                dataset = Dataset.objects.select_for_update().get(pk=dataset.pk)
                if dataset.removed_at is not None:
                    raise NotYet(
                        "removed",
                        say(
                            "{dataset} was removed on {day}. Bring a new data set.",
                            dataset=dataset,
                            day=text.day_words(dataset.removed_at, with_year=True),
                        ),
                    )
            same = dataset.versions.filter(sha256=digest).exclude(state=State.REJECTED).first()
            if same is not None:
                place.unlink()
                return same
            refuse_while_sealing(dataset)
            last = dataset.versions.order_by("-number").first()
            version = DatasetVersion.objects.create(
                pk=key,
                dataset=dataset,
                number=last.number + 1 if last else 1,
                corrections=_inherited(last),
                file_name=file_name,
                bytes=size,
                sha256=digest,
                uploaded_by=user,
            )
            queue(version, Ingestion.Stage.READ, user)
            return version
    except BaseException:
        give_back(file, place)
        raise


def _inherited(last: DatasetVersion | None) -> dict[str, Any]:
    """What people said of the columns of one version holds for the next; where its table begins is found again.

    So does whether the day or the month comes first, where the cells of the next one leave it open.
    """
    if last is None:
        return {}
    said = {key: last.corrections.get(key, {}) for key in ("kinds", "found")}
    return said | {"orders": last.profile.get("orders", {})}


def give_back(file: File, place: Path) -> None:
    """Leave nothing at `place`; what was moved there lies where it came from, for another try."""
    if temporary := getattr(file, "temporary_file_path", None):
        with suppress(FileNotFoundError):
            os.replace(place, temporary())
    place.unlink(missing_ok=True)


def receive_file(file: File, place: Path) -> tuple[int, str]:
    """Size and SHA-256 of an upload that is now at `place`, readable by us alone."""
    limit, size, digest = settings.LIMITS["upload"], 0, hashlib.sha256()
    temporary = getattr(file, "temporary_file_path", None)
    handle = os.open(
        os.devnull if temporary else place, os.O_WRONLY | (0 if temporary else os.O_CREAT | os.O_EXCL), 0o600
    )
    with os.fdopen(handle, "wb") as copy:
        for chunk in file.chunks(2**20):
            size += len(chunk)
            if size > limit:
                raise too_large(file.size or size)
            digest.update(chunk)
            if not temporary:
                copy.write(chunk)
    if not size:
        raise empty()
    if temporary:
        os.replace(temporary(), place)
    return size, digest.hexdigest()


def queue(
    version: DatasetVersion, stage: Ingestion.Stage, user: User, *, corrections: dict[str, Any] | None = None
) -> Ingestion:
    job = Ingestion.objects.create(version=version, stage=stage, asked_by=user, corrections=corrections or {})
    jobs.ring_on_commit(job)
    return job


def delete_unsealed(*, dataset: Dataset) -> None:
    """Remove a data set of which nothing was sealed, with its files and its lineage; for `dlstart vet`."""
    versions = list(dataset.versions.all())
    if any(version.state == State.SEALED for version in versions):
        raise NotYet("sealed", say("{dataset} has a sealed version; what was sealed stays.", dataset=dataset))
    lineage = dataset.lineage
    with audit.recording("unsealed-deleted"):
        dataset.delete()
        lineage.delete()
    for version in versions:
        transaction.on_commit(partial(store.forget, version), robust=True)
