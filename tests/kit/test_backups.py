import sqlite3
import subprocess
from contextlib import closing

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from dlstart_web.kit import backups
from dlstart_web.kit.models import Backup

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def data(settings, tmp_path):
    settings.DATA, settings.STORE, settings.VAULT = (tmp_path / name for name in ("var", "var/store", "var/vault"))
    (settings.STORE / "versions").mkdir(parents=True)
    settings.VAULT.mkdir()
    (settings.STORE / "versions" / "train.parquet").write_bytes(b"rows")
    (settings.VAULT / "labels").write_bytes(b"sealed")
    (settings.DATA / "secret_key").write_bytes(b"not in it")
    return tmp_path


def test_a_backup_is_whole_and_written_down(data, capsys):
    call_command("backup", str(data / "disk"))

    made = Backup.objects.get()
    (place,) = (data / "disk").iterdir()
    assert (str(place), made.files) == (made.place, 3)
    assert (place / "store" / "versions" / "train.parquet").read_bytes() == b"rows"
    assert sorted(path.name for path in place.iterdir()) == ["SHA256SUMS", "database", "store", "vault"]
    subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=place, check=True)
    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(place / "database")) as copy:
            assert copy.execute("SELECT count(*) FROM django_migrations").fetchone()[0] > 0
    assert "read again" in capsys.readouterr().out


def test_a_backup_that_cannot_be_whole_is_none(data):
    with pytest.raises(CommandError, match="lies in the data folder"):
        call_command("backup", str(data / "var" / "backups"))
    (data / "file").write_text("no folder")
    with pytest.raises(CommandError, match="No backup was made"):
        call_command("backup", str(data / "file"))
    now = timezone.now()
    backups.make_backup(into=data / "disk", now=now)
    with pytest.raises(OSError, match="not empty"):
        backups.make_backup(into=data / "disk", now=now)

    assert [path.suffix for path in (data / "disk").iterdir()] == [""]
    assert Backup.objects.count() == 1
