"""A file is gone through in a child process: what breaks there becomes a refusal in words, and nothing is left."""

import os
import subprocess
from dataclasses import asdict

import numpy as np
import polars as pl
import pytest

from datasets.core.errors import DataProblem
from datasets.core.split import Design
from datasets.limited import process
from datasets.limited.divide import divide
from datasets.limited.read import read as read_table
from datasets.models import DatasetVersion
from datasets.vault import box
from tests.factories import make_csv, make_project, make_sealed_version, make_version

GIB = 2**30


def read(tmp_path, *, memory=4 * GIB, disk=GIB, seconds=600, progress=lambda share: None, content=None):
    source = tmp_path / "upload"
    source.write_bytes(content or make_csv(500).read())
    arguments = {"source": str(source), "file_name": "mugs.csv", "out": str(tmp_path / "table"), "limits": {}}
    return process.run(read_table, arguments, memory=memory, disk=disk, seconds=seconds, progress=progress)


def test_child_reads_like_the_parent(tmp_path):
    shares = []

    found = read(tmp_path, progress=shares.append)

    assert found["rows"] == 500
    assert [column["name"] for column in found["columns"]] == ["width", "height", "colour", "belt", "mug"]
    assert (tmp_path / "table").exists()
    assert shares


def test_problem_of_the_file_comes_back_whole(tmp_path):
    with pytest.raises(DataProblem) as refusal:
        read(tmp_path, content=b"a,a\n1,2\n")

    assert (refusal.value.code, refusal.value.status) == ("DUPLICATE_COLUMN", 422)
    assert refusal.value.next.endswith("Nothing was stored.")


def test_too_little_memory_is_a_refusal_and_not_a_crash(tmp_path):
    with pytest.raises(DataProblem) as refusal:
        read(tmp_path, memory=GIB // 4)

    assert (refusal.value.code, refusal.value.status, refusal.value.limit) == ("UNPACKED_TOO_LARGE", 413, GIB // 4)


def test_too_much_on_disk_is_a_refusal(tmp_path):
    with pytest.raises(DataProblem) as refusal:
        read(tmp_path, disk=4_000)

    assert (refusal.value.code, refusal.value.status, refusal.value.limit) == ("UNPACKED_TOO_LARGE", 413, 4_000)


def test_too_much_time_is_a_refusal(tmp_path):
    with pytest.raises(DataProblem) as refusal:
        read(tmp_path, seconds=0)

    assert (refusal.value.code, refusal.value.limit) == ("UNREADABLE", 0)


def test_child_ends_when_the_job_is_taken_away(tmp_path):
    class Taken(Exception):
        pass

    def taken(share):
        raise Taken

    with pytest.raises(Taken):
        read(tmp_path, progress=taken)

    assert not subprocess.run(
        ["ps", "--ppid", str(os.getpid()), "-o", "args="], capture_output=True, text=True
    ).stdout.count("datasets.limited.read")


def test_child_knows_no_secret(tmp_path, monkeypatch):
    monkeypatch.setenv("DLSTART_VAULT_KEY", "secret")
    seen = {}
    start = subprocess.Popen

    def listen(*arguments, **options):
        seen.update(options["env"])
        return start(*arguments, **options)

    monkeypatch.setattr(subprocess, "Popen", listen)
    read(tmp_path)

    assert not [name for name in seen if name.startswith(("DLSTART", "DJANGO", "DATABASE"))]


@pytest.mark.django_db(transaction=True)
def test_crash_while_reading_refuses_the_version_and_leaves_nothing(settings):
    settings.TASKS_IN_PROCESS = frozenset()
    settings.INGEST_MEMORY = GIB // 4

    version = make_version(make_project(), file=make_csv(200), target="")

    assert version.state == DatasetVersion.State.REJECTED
    assert version.rejection["code"] == "UNPACKED_TOO_LARGE"
    assert list(settings.QUARANTINE.iterdir()) == []
    assert not (settings.STORE / "versions" / str(version.pk)).exists()


def test_child_divides_like_the_parent_and_hands_labels_over_the_pipe(tmp_path):
    generator = np.random.default_rng(0)
    table = pl.DataFrame({"x": generator.integers(0, 200, 900), "mug": generator.choice(["yes", "no"], 900)})
    table.write_parquet(tmp_path / "table.parquet")
    arguments = {
        "table": str(tmp_path / "table.parquet"),
        "design": asdict(Design(kind="random", target="mug", task="binary")),
        "secret": b"belt".hex(),
        "stored": None,
        "limits": {},
        "pasts": [],
        "key": "",
    }
    for name in ("here", "child"):
        (tmp_path / name).mkdir()

    found = process.run(
        divide,
        {**arguments, "out": str(tmp_path / "child")},
        memory=4 * GIB,
        disk=GIB,
        seconds=600,
        progress=lambda share: None,
    )

    expected = divide(**arguments, out=str(tmp_path / "here"))
    arrays, same = found.pop("arrays"), expected.pop("arrays")
    assert found == expected
    assert {name: values.tolist() for name, values in arrays.items()} == {
        name: values.tolist() for name, values in same.items()
    }
    assert {"labels final", "units final", "units validation"} < set(arrays)
    for file in (tmp_path / "child").iterdir():
        assert file.read_bytes() == (tmp_path / "here" / file.name).read_bytes(), file.name


@pytest.mark.django_db(transaction=True)
def test_whole_way_with_real_children(settings):
    settings.TASKS_IN_PROCESS = frozenset()

    version = make_sealed_version(make_project(is_sandbox=True))

    assert (version.state, version.task) == (DatasetVersion.State.SEALED, "binary")
    labels, groups = box.labels_of(version.test_sets.get(tier="final"))
    assert set(labels) == {"yes", "no"}
    assert (len(labels), groups) == (version.seal.parts["final"], None)


@pytest.mark.django_db(transaction=True)
@pytest.mark.long
def test_rows_that_were_sealed_are_known_again_in_a_child(settings):
    settings.TASKS_IN_PROCESS = frozenset()
    first = make_sealed_version(make_project(is_sandbox=True))

    again = make_sealed_version(make_project(is_sandbox=True))

    assert again.dataset.lineage == first.dataset.lineage
    assert again.findings.get(code="D119").message.startswith(f"{first.seal.parts['final']:,} of these rows")
    assert again.seal.parts == first.seal.parts
