"""Train and validation as one ZIP, written while it is sent: nothing of it is held, and nothing sealed can be in it."""

import hashlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from django.conf import settings
from django.http import StreamingHttpResponse
from django.utils import translation

from datasets import catalogue, store
from datasets.core.card import write_card
from datasets.core.croissant import describe
from datasets.core.datasheet import QUESTIONS, words
from datasets.models import DatasetVersion

CHUNK = 2**20
ENDINGS = ("parquet", "csv")
MEDIA = ("picture", "sound")
ROOT = Path(__file__).resolve().parent.parent


class _Pipe(io.RawIOBase):
    """What the ZIP writes to: it can go forward only, and what was written is taken away at once."""

    def __init__(self) -> None:
        self.written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.written += data
        return len(data)

    def take(self) -> bytes:
        taken = bytes(self.written)
        self.written.clear()
        return taken


def version_response(version: DatasetVersion, ending: str, *, address: str, facts: list[tuple[str, str]]) -> Any:
    """The ZIP of a sealed version as a download that no cache keeps."""
    response = StreamingHttpResponse(
        archive(version, ending, address=address, facts=facts), content_type="application/zip"
    )
    name = "".join(letter if letter.isalnum() else "-" for letter in str(version))
    response["Content-Disposition"] = f'attachment; filename="{name.encode("ascii", "replace").decode()}-{ending}.zip"'
    response["Cache-Control"] = "private, no-store"
    return response


def archive(version: DatasetVersion, ending: str, *, address: str, facts: list[tuple[str, str]]) -> Iterator[bytes]:
    """The pieces of the ZIP: both open parts, croissant.json, README.md and, last, SHA256SUMS.

    Parameters
    ----------
    version : DatasetVersion
        Sealed.
    ending : {"parquet", "csv"}
    address : str
        Of the entry in the catalogue, written into card and description.
    facts : list of (str, str)
        What the server knows, for the card.
    """
    pipe, sums, files = _Pipe(), {}, {}
    with ZipFile(pipe, "w", allowZip64=True) as archived:
        for part in store.OPEN_PARTS:
            digest, size, name = hashlib.sha256(), 0, f"{part}.{ending}"
            with archived.open(_entry(version, name), "w", force_zip64=True) as entry:
                for chunk in _rows(version, part, ending):
                    digest.update(chunk)
                    size += len(chunk)
                    entry.write(chunk)
                    yield pipe.take()
            sums[name], files[part] = digest.hexdigest(), (digest.hexdigest(), size)
        with translation.override(settings.LANGUAGE_CODE):  # the same file for everybody
            texts = _texts(version, ending, files, address=address, facts=facts)
        for name, text in texts.items():
            content = text.encode()
            sums[name] = hashlib.sha256(content).hexdigest()
            archived.writestr(_entry(version, name), content)
        listed = "".join(f"{digest}  {name}\n" for name, digest in sums.items())
        archived.writestr(_entry(version, "SHA256SUMS"), listed.encode())
    yield pipe.take()


def holds_media(version: DatasetVersion) -> bool:
    """Whether a column holds pictures or sounds, which a CSV cannot."""
    return any(column["kind"] in MEDIA for column in version.seal.features)


def _entry(version: DatasetVersion, name: str) -> ZipInfo:
    """An entry as old as the seal, so that the same version gives the same file; Parquet is packed already."""
    entry = ZipInfo(name, version.seal.sealed_at.timetuple()[:6])
    entry.compress_type = ZIP_STORED if name.endswith(".parquet") else ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    return entry


def _rows(version: DatasetVersion, part: str, ending: str) -> Iterator[bytes]:
    """A part's file in pieces; CSV comes from a process of its own, since pages load no library for tables."""
    path = store.part_path(version, part)
    if ending == "parquet":
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk
        return
    yield from _said_by("datasets.core.csv_out", str(path), what=f"Part {part} of version {version.pk} as CSV")


def inputs_response(version: DatasetVersion, part: str, ending: str) -> StreamingHttpResponse:
    """The features of a part with public ids, in their order, as a download that no cache keeps; no label is in it."""
    order = {
        "source": str(store.part_path(version, part)),
        "part": part,
        "key": store.row_id_key(version).hex(),
        "columns": [column["name"] for column in version.seal.features],
        "ending": ending,
    }
    pieces = _said_by(
        "datasets.core.inputs_out", told=json.dumps(order), what=f"Inputs of {part} of version {version.pk}"
    )
    kind = "text/csv; charset=utf-8" if ending == "csv" else "application/vnd.apache.parquet"
    response = StreamingHttpResponse(pieces, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{part}-inputs.{ending}"'
    response["Cache-Control"] = "private, no-store"
    return response


def _said_by(module: str, *arguments: str, told: str = "", what: str) -> Iterator[bytes]:
    """What a module writes to standard output in a process of its own, while it writes it."""
    environment = {key: os.environ[key] for key in ("PATH", "LANG") if key in os.environ}
    child = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # its words may hold cells
        cwd=ROOT,
        env=environment | {"OMP_NUM_THREADS": "1"},
    )
    assert child.stdin
    assert child.stdout
    try:
        child.stdin.write(told.encode())
        child.stdin.close()
        while chunk := child.stdout.read(CHUNK):
            yield chunk
        if child.wait():
            raise RuntimeError(f"{what} could not be written.")
    finally:  # also where the reader went away
        child.kill()
        child.wait()
        child.stdout.close()


def _texts(
    version: DatasetVersion,
    ending: str,
    files: dict[str, tuple[str, int]],
    *,
    address: str,
    facts: list[tuple[str, str]],
) -> dict[str, str]:
    """What describes the files: for programs, and for people."""
    seal, dataset = version.seal, version.dataset
    replies = catalogue.sheet_replies(catalogue.sheet_answers(dataset))
    kinds = {column["name"]: column["kind"] for column in version.columns}
    columns = [*seal.features, {"name": version.target, "kind": kinds.get(version.target, "category")}]
    licence = words(QUESTIONS["licence"], replies["licence"])
    why = replies["why"].text or f"{dataset}, version {version.number}: {seal.rows_used:,} labelled rows."
    described = describe(
        name=str(dataset),
        description=why,
        number=version.number,
        url=address,
        licence=licence,
        creator=str(dataset.project.team),
        published=seal.sealed_at.date(),
        columns=columns,
        target=version.target,
        files=files,
        ending=ending,
    )
    card = write_card(
        name=str(version),
        task=version.task,
        target=version.target,
        facts=facts,
        replies=replies,
        parts={part: seal.parts[part] for part in store.OPEN_PARTS},
        ending=ending,
        address=address,
    )
    return {"croissant.json": json.dumps(described, indent=1, ensure_ascii=False), "README.md": card}
