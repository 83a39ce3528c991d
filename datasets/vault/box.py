"""Encrypts and decrypts what is sealed; for the rooms of the vault alone.

A version's labels and its original file lie in their own folder, encrypted with AES-256-GCM in chunks under a key of
that version, which is wrapped with a key derived from the installation's.
"""

import io
import os
import shutil
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, keywrap
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from datasets import store
from datasets.models import DatasetVersion, TestSet

CHUNK = 4 * 2**20


class SealBroken(Exception):
    """What lies in the vault was changed, or is not of this installation's key."""


def seal(
    version: DatasetVersion,
    *,
    labels: Mapping[str, np.ndarray],
    groups: Mapping[str, np.ndarray] | None,
    original: Path,
) -> None:
    """Encrypt the labels of the sealed parts and the original upload; once, while the version is being sealed.

    Parameters
    ----------
    version : DatasetVersion
        In state "sealing".
    labels : mapping of str to ndarray of shape (n_rows,)
        Labels of "checkpoint" and "final" in the row order of their feature files.
    groups : mapping of str to ndarray of shape (n_rows,), or None
        Which rows belong together, where units hold more than one row.
    original : Path
        The upload as it came. Whoever calls removes it from quarantine once the seal is written down.
    """
    if not DatasetVersion.objects.filter(pk=version.pk, state=DatasetVersion.State.SEALING).exists():
        raise ValueError(f"Version {version.pk} is not being sealed; only then its labels go into the vault.")
    unfinished = settings.VAULT / f".{version.pk}"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    key = AESGCM.generate_key(bit_length=256)
    _write(unfinished / "key", keywrap.aes_key_wrap(_wrapping_key(version), key))
    for tier in store.SEALED_PARTS:
        content: dict[str, np.ndarray] = {"labels": _plain(labels[tier])}
        if groups is not None:
            content["groups"] = _plain(groups[tier])
        packed = io.BytesIO()
        np.savez(packed, allow_pickle=False, **content)
        packed.seek(0)
        _encrypt(packed, unfinished / tier, key=key, what=f"{version.pk}/{tier}")
    with original.open("rb") as upload:
        _encrypt(upload, unfinished / "original", key=key, what=f"{version.pk}/original")
    place = settings.VAULT / str(version.pk)
    shutil.rmtree(place, ignore_errors=True)  # of an attempt that died before it was written down
    os.rename(unfinished, place)
    store.sync_folder(settings.VAULT)


def seal_fresh(
    version: DatasetVersion, part: str, *, labels: np.ndarray, groups: np.ndarray | None, original: Path
) -> None:
    """Encrypt the labels of a fresh set and the file it came in, under the key of the version it is fresh for."""
    content = {"labels": _plain(labels)} | ({} if groups is None else {"groups": groups})
    packed = io.BytesIO()
    np.savez(packed, allow_pickle=False, **content)
    packed.seek(0)
    place, key = settings.VAULT / str(version.pk), _open_key(version)
    with original.open("rb") as upload:
        for source, name in ((packed, part), (upload, f"original-{part}")):
            unfinished = place / f".{name}"
            unfinished.unlink(missing_ok=True)  # of an attempt that died
            _encrypt(source, unfinished, key=key, what=f"{version.pk}/{name}")
            os.replace(unfinished, place / name)
    store.sync_folder(place)


def _plain(values: np.ndarray) -> np.ndarray:
    """Numbers as they are, everything else as text: no pickled object ever lies in the vault."""
    values = np.asarray(values)
    return values if values.dtype.kind in "fiub" else values.astype(str)


def _wrapping_key(version: DatasetVersion) -> bytes:
    """The key that wraps a version's own; another one for each version, so that keys cannot be swapped."""
    derive = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=f"dlstart vault {version.pk}".encode())
    return derive.derive(settings.VAULT_KEY.encode())


def _open_key(version: DatasetVersion) -> bytes:
    wrapped = (settings.VAULT / str(version.pk) / "key").read_bytes()
    try:
        return keywrap.aes_key_unwrap(_wrapping_key(version), wrapped)
    except (keywrap.InvalidUnwrap, ValueError) as fault:
        raise SealBroken(f"The key of version {version.pk} is not one of this installation.") from fault


def _write(path: Path, content: bytes) -> None:
    with _new_file(path) as file:
        file.write(content)
        _flush(file)


def _new_file(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _flush(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _chunks(file: BinaryIO, size: int) -> Iterator[tuple[int, bytes, bool]]:
    """Number, content and "is the last" of each chunk; an empty file has one empty chunk."""
    number, chunk = 0, file.read(size)
    while True:
        following = file.read(size)
        yield number, chunk, not following
        if not following:
            return
        number, chunk = number + 1, following


def _nonce(prefix: bytes, number: int, last: bool) -> bytes:
    # number and end are part of it: chunks cannot be swapped, and a file cannot be cut short (the STREAM construction)
    return prefix + struct.pack(">IB", number, last)


def _encrypt(source: BinaryIO, target: Path, *, key: bytes, what: str) -> None:
    cipher, prefix = AESGCM(key), os.urandom(7)
    with _new_file(target) as file:
        file.write(prefix)
        for number, chunk, last in _chunks(source, CHUNK):
            file.write(cipher.encrypt(_nonce(prefix, number, last), chunk, what.encode()))
        _flush(file)


def _decrypt(version: DatasetVersion, name: str) -> bytes:
    cipher, plain = AESGCM(_open_key(version)), []
    with (settings.VAULT / str(version.pk) / name).open("rb") as file:
        prefix = file.read(7)
        try:
            for number, chunk, last in _chunks(file, CHUNK + 16):
                plain.append(cipher.decrypt(_nonce(prefix, number, last), chunk, f"{version.pk}/{name}".encode()))
        except (InvalidTag, ValueError) as fault:
            raise SealBroken(f"{name} of version {version.pk} was changed since it was sealed.") from fault
    return b"".join(plain)


def labels_of(test_set: TestSet) -> tuple[np.ndarray, np.ndarray | None]:
    """Labels and groups of a sealed tier, for `answer` and `open_final` alone."""
    with np.load(io.BytesIO(_decrypt(test_set.version, test_set.part)), allow_pickle=False) as content:
        return content["labels"], content.get("groups", None)
