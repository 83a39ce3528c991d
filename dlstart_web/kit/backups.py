"""Backups: the database and the data folder, copied, and read again before they count."""

import hashlib
import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import connection

from dlstart_web.kit.models import Backup

SUMS = "SHA256SUMS"


class BackupFailed(Exception):
    """No backup was made; the reason is the message."""


def make_backup(*, into: Path, now: datetime) -> Backup:
    """Copy the database, the parts and the vault into a new folder, read the copy again, and write down that it is there.

    The database comes first: a file that is newer than it is no harm, one that it names and that is missing would be.

    Raises
    ------
    BackupFailed
        The folder lies in the data folder, or what was read again is not what was written.
    OSError
        The folder cannot be written, or the disk is full.
    """
    into = into.resolve()
    if into.is_relative_to(settings.DATA):
        raise BackupFailed(f"{into} lies in the data folder. Name a folder outside it, best on another disk.")
    place = into / f"dlstart-{now:%Y%m%d-%H%M%S}"
    part = place.with_name(place.name + ".part")
    part.mkdir(mode=0o700, parents=True)
    try:
        sums = {"database": _digest(_copy_database(part / "database"))}
        for folder in (settings.STORE, settings.VAULT):
            sums |= _copy_files(folder, part)
        (part / SUMS).write_text("".join(f"{digest}  {name}\n" for name, digest in sums.items()))
        changed = [name for name, digest in sums.items() if _digest(part / name) != digest]
        if changed:
            raise BackupFailed(f"{changed[0]} was read again and is another file. The disk of {into} is at fault.")
        part.rename(place)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    size = sum((place / name).stat().st_size for name in sums)
    return Backup.objects.create(made_at=now, place=str(place), files=len(sums), size=size)


def _copy_files(folder: Path, part: Path) -> dict[str, str]:
    """The digest of each file as it was read, by its name in the copy. What is removed meanwhile is left out."""
    sums = {}
    for source in sorted(path for path in folder.rglob("*") if path.is_file()):
        target = part / source.relative_to(settings.DATA)
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            shutil.copy2(source, target)
            sums[str(target.relative_to(part))] = _digest(source)
        except FileNotFoundError:
            target.unlink(missing_ok=True)
    return sums


def _copy_database(target: Path) -> Path:
    """A copy as of one moment, opened again."""
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        with closing(sqlite3.connect(target)) as copy:
            connection.connection.backup(copy)
            if copy.execute("PRAGMA integrity_check").fetchone() != ("ok",):
                raise BackupFailed("The copy of the database is not whole.")
        return target
    values = connection.settings_dict
    names = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD", "PGDATABASE": "NAME"}
    environment = {**os.environ, **{key: str(values[name]) for key, name in names.items() if values[name]}}
    try:
        for command in (["pg_dump", "--format=custom", f"--file={target}"], ["pg_restore", "--list", str(target)]):
            subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    except FileNotFoundError as missing:
        raise BackupFailed(f"{missing.filename} is not installed on this machine.") from missing
    except subprocess.CalledProcessError as fault:
        raise BackupFailed(f"{fault.cmd[0]}: {fault.stderr.strip()}") from fault
    return target


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
