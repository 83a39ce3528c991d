"""The one migration of each app that a new database begins with leaves what the many that it replaces left."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest

ROOT = Path(__file__).resolve().parent.parent


@contextmanager
def new_database(folder: Path) -> Iterator[dict[str, str]]:
    """The environment of an installation that has none yet, in SQLite or, where the tests are on it, in PostgreSQL."""
    environment = os.environ | {"DLSTART_DATA": str(folder)}
    address = environment.pop("DATABASE_URL", "")
    if not address.startswith("postgres"):
        yield environment
        return
    import psycopg

    name = f"migrating_{uuid4().hex}"
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        try:
            yield environment | {"DATABASE_URL": f"{address.rpartition('/')[0]}/{name}"}
        finally:
            connection.execute(f"DROP DATABASE {name}")


def migrated(folder: Path, stop: str) -> dict:
    with new_database(folder) as environment:
        command = [sys.executable, "-m", "tests.migrating", stop]
        return json.loads(subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, check=True).stdout)


@pytest.mark.long
def test_installation_of_before_goes_on_to_what_a_new_one_begins_with(tmp_path):
    new = migrated(tmp_path / "new", "no")
    from_first = migrated(tmp_path / "first", "first")
    from_last = migrated(tmp_path / "last", "last")

    assert set(new["short"]) <= set(new["to_do"])
    assert from_first["schema"] == from_last["schema"] == new["schema"]
    assert from_first["rows"] == from_last["rows"] == new["rows"]
    assert len(from_first["to_do"]) > len(new["to_do"])
    assert len(from_last["to_do"]) == len(new["to_do"]) - len(new["short"])  # only what came since
