"""Where the files of a version lie: what the people of the team may read. Sealed labels never come here."""

import hashlib
import hmac
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zipfile import ZipFile

from django.conf import settings
from django.http import FileResponse, Http404
from django.utils import timezone

from datasets.models import DatasetVersion, Upload
from dlstart_web.kit.say import say

OPEN_PARTS = ("train", "validation")  # with labels, for the team
SEALED_PARTS = ("checkpoint", "final")  # features only: the labels are in the vault
PARTS = OPEN_PARTS + SEALED_PARTS
FRESH = re.compile(r"fresh-[1-9][0-9]*")  # later rows, see `core.fresh`


def version_folder(version: DatasetVersion) -> Path:
    """The folder of a version, made on first use."""
    folder = settings.STORE / "versions" / str(version.pk)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def table_path(version: DatasetVersion) -> Path:
    """All rows with their labels: there from reading until sealing, then gone for good."""
    return version_folder(version) / "table.parquet"


def head_path(version: DatasetVersion) -> Path:
    """The first lines of the file, to be looked at until the seal: in a file, since a database keeps old pages."""
    return version_folder(version) / "head.json"


def first_lines(version: DatasetVersion) -> list[str]:
    """The first lines of the file; none once they are gone."""
    try:
        lines: list[str] = json.loads(head_path(version).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return []
    return lines


def part_path(version: DatasetVersion, part: str) -> Path:
    """Rows of one part of a sealed version; checkpoint and final hold features only."""
    if part not in PARTS and not FRESH.fullmatch(part):
        raise ValueError(f"{part!r} is no part; there are {', '.join(PARTS)}.")
    return version_folder(version) / f"{part}.parquet"


def row_id_key(version: DatasetVersion) -> bytes:
    """The key of a version's public row ids. Where lineages become one it changes, and the inputs are fetched anew."""
    secret = bytes(version.dataset.lineage.secret)
    return hmac.digest(secret, f"dlstart row ids {version.pk}".encode(), hashlib.sha256)


def scored_parts(version: DatasetVersion) -> tuple[str, ...]:
    """Validation and the sealed parts that have rows: what predictions are made for."""
    return ("validation", *(("final",) if version.seal.is_pooled else SEALED_PARTS))


def retired_path(version: DatasetVersion) -> Path:
    """Features of rows that are used no more, so that they are known when they come again; there only where there are any."""
    return version_folder(version) / "retired.parquet"


def keys_path(version: DatasetVersion) -> Path:
    """Keyed hashes of the cells of a removed version with the parts, so that rows are known when they come again."""
    return version_folder(version) / "keys.parquet"


def assignments_path(version: DatasetVersion) -> Path:
    """Which unit went to which part, of this version and all before it."""
    return assignments_file(str(version_folder(version).name))


def assignments_file(version: str) -> Path:
    """The same by the id of a sealed version; it stays when the data is removed."""
    return settings.STORE / "versions" / version / "assignments.parquet"


def units_path(version: DatasetVersion) -> Path:
    """Which rows of validation belong together; there only where a unit holds more than one."""
    return version_folder(version) / "units.npy"


def figures_path(version: DatasetVersion) -> Path:
    """What the pages draw of train and validation, worked out when the version was sealed."""
    return version_folder(version) / "figures.json"


def wall_path(version: DatasetVersion) -> Path:
    """Small pictures or short sounds of train, a ZIP of PNGs or FLACs; there only where a column holds some."""
    return version_folder(version) / "wall.zip"


def wall_piece(version: DatasetVersion, place: int) -> bytes:
    """One picture or sound of the wall; 404 where there is none."""
    try:
        if not is_at_hand(version):
            raise FileNotFoundError(wall_path(version))
        with ZipFile(wall_path(version)) as archive:
            return archive.read(archive.infolist()[place])
    except (FileNotFoundError, IndexError) as fault:
        raise Http404(say("Nothing to look at or hear under this address.")) from fault


def read_figures(version: DatasetVersion) -> dict[str, Any] | None:
    """The figures of a sealed version; None where there are none."""
    path = settings.STORE / "versions" / str(version.pk) / "figures.json"
    return json.loads(path.read_text()) if is_at_hand(version) and path.exists() else None


def is_at_hand(version: DatasetVersion) -> bool:
    """Sealed and not removed: its open parts lie in the store."""
    return version.state == DatasetVersion.State.SEALED and version.dataset.removed_at is None


def quarantine_path(version: DatasetVersion) -> Path:
    """The upload as it came; it leaves for the vault when the version is sealed."""
    return settings.QUARANTINE / str(version.pk)


def upload_path(upload: Upload) -> Path:
    """What has come so far of a file that is sent in pieces."""
    return settings.QUARANTINE / str(upload.pk)


def sweep_uploads() -> None:
    """Remove uploads that were left lying until they expired."""
    for upload in Upload.objects.filter(expires_at__lte=timezone.now()):
        if upload.version_id is None:
            upload_path(upload).unlink(missing_ok=True)
        upload.delete()


@contextmanager
def work_folder(version: DatasetVersion) -> Iterator[Path]:
    """A folder beside the final places, for files that are not complete yet; gone afterwards whatever happens."""
    with TemporaryDirectory(dir=version_folder(version), prefix="unfinished-") as folder:
        yield Path(folder)


def put(source: Path, target: Path) -> None:
    """Move a complete file to its place: it is there in full or not at all, even after a power cut."""
    os.chmod(source, 0o600)
    with source.open("rb") as file:
        os.fsync(file.fileno())
    os.replace(source, target)
    sync_folder(target.parent)


def sync_folder(folder: Path) -> None:
    """Make a rename in a folder last."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def forget(version: DatasetVersion) -> None:
    """Remove what is stored of a version that was refused."""
    quarantine_path(version).unlink(missing_ok=True)
    shutil.rmtree(settings.STORE / "versions" / str(version.pk), ignore_errors=True)


def clear_unsealed(version: DatasetVersion) -> None:
    """Remove what still holds sealed labels in the clear; called once the seal is written down."""
    table_path(version).unlink(missing_ok=True)
    head_path(version).unlink(missing_ok=True)
    quarantine_path(version).unlink(missing_ok=True)


def withdraw(version: DatasetVersion) -> None:
    """Destroy the rows of a removed data set: the vault's with their key, the store's, the encoded ones, what was fitted.

    Which unit and which row was in which part stays: keyed hashes, which hold no value.
    """
    if version.dataset.removed_at is None:
        raise ValueError(f"The data set of version {version.pk} was not removed.")
    for relation in version._meta.related_objects:  # higher apps hold models and predictions that were made of the rows
        if forget_rows := getattr(relation.related_model, "forget_rows", None):
            forget_rows(version)
    (settings.VAULT / str(version.pk) / "key").unlink(missing_ok=True)
    shutil.rmtree(settings.VAULT / str(version.pk), ignore_errors=True)
    quarantine_path(version).unlink(missing_ok=True)
    for entry in version_folder(version).iterdir():
        if entry not in (assignments_path(version), keys_path(version)):
            entry.unlink() if entry.is_file() else shutil.rmtree(entry, ignore_errors=True)
    shutil.rmtree(settings.STORE / "encoded" / str(version.pk), ignore_errors=True)


def part_response(version: DatasetVersion, part: str) -> FileResponse:
    """The file of an open part for whoever was let in; 404 for all else."""
    if part not in OPEN_PARTS or not is_at_hand(version):
        raise Http404(say("No part under this address."))
    name = f"{version.dataset.name}-v{version.number}-{part}.parquet"
    file = part_path(version, part).open("rb")
    response = FileResponse(file, as_attachment=True, filename=name, content_type="application/vnd.apache.parquet")
    response["Cache-Control"] = "private, no-store"
    return response
