"""A file that comes in pieces: begun, continued from where it broke off, finished, or given up."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO, Protocol

from django.conf import settings
from django.core.files import File
from django.db import transaction
from django.db.models import F, Sum
from django.utils import timezone

from datasets import store
from datasets.core.errors import NOTHING_STORED, DataProblem, shown
from datasets.models import Dataset, DatasetVersion, Upload
from datasets.services.problems import NotYet
from datasets.services.uploads import accept_upload, empty, refuse_while_sealing, too_large
from dlstart_web.kit import text
from dlstart_web.kit.say import joined, say
from projects.models import Project, User

BLOCK = 2**20  # bytes held in memory at a time


class Source(Protocol):
    """A request's body, or anything else that is read some bytes at a time."""

    def read(self, size: int, /) -> bytes: ...


class _Received(File):
    """What has come in pieces, as a file that accept_upload moves instead of copying it."""

    def __init__(self, file: BinaryIO, upload: Upload) -> None:
        super().__init__(file, name=upload.file_name)
        self.size = upload.size
        self.temporary_file_path = lambda: store.upload_path(upload)


def create_upload(*, project: Project, user: User, file_name: str, size: int) -> Upload:
    """Begin an upload of `size` bytes; nothing is sent yet, so what could not be taken is refused here.

    Raises
    ------
    DataProblem
        Empty, too large (413), or more than the disk has room for (507).
    NotYet
        If the person has as many uploads under way as one may have.
    """
    store.sweep_uploads()
    if size > settings.LIMITS["upload"]:
        raise too_large(size)
    if size == 0:
        raise empty()
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)  # two at once are counted one after the other
        under_way = Upload.objects.filter(version=None)
        if under_way.filter(owner=user).count() >= settings.UPLOADS_OPEN:
            raise NotYet(
                "too-many-uploads",
                say(
                    "You have {count} uploads under way, as many as one person may. Finish one or give it up first.",
                    count=settings.UPLOADS_OPEN,
                ),
            )
        promised = under_way.aggregate(bytes=Sum(F("size") - F("offset")))["bytes"] or 0
        _refuse_full_disk(size, promised)
        upload = Upload.objects.create(
            owner=user, project=project, file_name=shown(Path(file_name).name, 255), size=size, expires_at=_expiry()
        )
        os.close(os.open(store.upload_path(upload), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        return upload


def _expiry():
    return timezone.now() + timedelta(hours=settings.UPLOAD_HOURS)


def _refuse_full_disk(size: int, promised: int) -> None:
    room = max(0, shutil.disk_usage(settings.QUARANTINE).free - promised - settings.DISK_RESERVE)
    if size > room:
        raise DataProblem(
            "DISK_FULL",
            say(
                "The server has room for {room} at the moment; the file has {size}.",
                room=text.file_size_words(room),
                size=text.file_size_words(size),
            ),
            507,
            limit=room,
            found=size,
            next=joined(" ", [say("Tell the administrator, or come back later."), NOTHING_STORED]),
        )


@contextmanager
def _held(upload: Upload) -> Iterator[BinaryIO]:
    """The file of an upload, held by one request at a time: the lock goes with the process, however that ends."""
    try:
        file = store.upload_path(upload).open("r+b")
    except FileNotFoundError:
        raise NotYet("upload-gone", say("The bytes of this upload are gone. Give it up and begin anew.")) from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise NotYet(
                "upload-busy", say("Another connection is sending to this upload. Ask how far it is.")
            ) from None
        yield file


def append_upload(*, upload: Upload, offset: int, length: int, source: Source) -> Upload:
    """Take the next bytes; if the connection breaks, those that came are kept.

    Parameters
    ----------
    offset : int
        Where the sender believes the upload to be.
    length : int
        Bytes that the sender is about to send.

    Raises
    ------
    DataProblem
        More than was declared (413).
    NotYet
        If the upload is elsewhere, or another connection is at it: nothing was written.
    """
    if offset + length > upload.size:
        raise DataProblem(
            "TOO_LARGE",
            say(
                "The upload was declared with {size:,} bytes and would have {sent:,}.",
                size=upload.size,
                sent=offset + length,
            ),
            413,
            limit=upload.size,
            found=offset + length,
            next=say("Begin a new upload with the right size."),
        )
    with _held(upload) as file:
        upload.refresh_from_db()
        if upload.offset != offset:
            raise NotYet(
                "offset",
                say(
                    "The upload is at byte {offset:,}, not at {sent:,}. Go on from there.",
                    offset=upload.offset,
                    sent=offset,
                ),
            )
        reached = offset
        try:
            file.seek(offset)
            while reached < offset + length and (block := source.read(min(BLOCK, offset + length - reached))):
                file.write(block)
                reached += len(block)
        finally:
            file.flush()
            os.fsync(file.fileno())
            moved = Upload.objects.filter(pk=upload.pk, offset=offset, version=None).update(
                offset=reached, expires_at=_expiry()
            )
    if not moved:
        raise NotYet("upload-gone", say("This upload was given up meanwhile."))
    upload.refresh_from_db()
    return upload


def finish_upload(
    *, upload: Upload, user: User, name: str = "", dataset: Dataset | None = None, sha256: str = ""
) -> DatasetVersion:
    """Hand a whole upload on to be read; asked again, it answers with the same version.

    After a fault of ours the bytes are kept, so that it can be asked again.

    Parameters
    ----------
    sha256 : str, optional
        Of the file, where the sender knows it; bytes that have another are refused and dropped.

    Raises
    ------
    DataProblem
        For another SHA-256.
    NotYet
        While bytes are missing, or another version of the data set is being sealed.
    """
    if upload.version is not None:
        return upload.version
    if upload.offset < upload.size:
        raise NotYet(
            "upload-unfinished",
            say("{offset:,} of {size:,} bytes are here. Send the rest first.", offset=upload.offset, size=upload.size),
        )
    if dataset is not None:
        refuse_while_sealing(dataset)
    with _held(upload) as file:
        try:
            version = accept_upload(
                project=upload.project,
                user=user,
                file=_Received(file, upload),
                name=name,
                dataset=dataset,
                sha256=sha256,
            )
        except DataProblem:  # these bytes will never do; after a fault of ours they may
            drop_upload(upload=upload)
            raise
        Upload.objects.filter(pk=upload.pk).update(version=version)
    return version


def drop_upload(*, upload: Upload) -> None:
    """Give an upload up: its bytes go, a version made of it stays."""
    path = store.upload_path(upload)
    upload.delete()
    path.unlink(missing_ok=True)
