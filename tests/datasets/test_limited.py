"""A file is gone through in a child process: what breaks there becomes a refusal in words, and nothing is left."""

import os
import subprocess

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from datasets import limited
from datasets.core.errors import DataProblem
from datasets.models import DatasetVersion
from tests.factories import make_csv, make_project, make_version

GIB = 2**30


def read(tmp_path, *, memory=4 * GIB, seconds=60, progress=lambda share: None, content=None):
    source = tmp_path / "upload"
    source.write_bytes(content or make_csv(500).read())
    arguments = {"source": str(source), "file_name": "mugs.csv", "out": str(tmp_path / "table"), "limits": {}}
    return limited.run("read", arguments, memory=memory, seconds=seconds, progress=progress)


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
    ).stdout.count("datasets.limited")


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
    settings.FORCE_IN_PROCESS_INGESTION = False
    settings.INGEST_MEMORY = GIB // 4

    version = make_version(make_project(), file=make_csv(200), target="")

    assert version.state == DatasetVersion.State.REJECTED
    assert version.rejection["code"] == "UNPACKED_TOO_LARGE"
    assert list(settings.QUARANTINE.iterdir()) == []
    assert not (settings.STORE / "versions" / str(version.pk)).exists()


@pytest.mark.django_db(transaction=True)
def test_whole_way_with_real_children(settings):
    settings.FORCE_IN_PROCESS_INGESTION = False
    lines = [f"{i % 89}.5,{i % 7},{'yes' if i % 89 > 40 + i % 9 else 'no'}" for i in range(300)]

    version = make_version(make_project(), file=SimpleUploadedFile("m.csv", ("a,b,mug\n" + "\n".join(lines)).encode()))

    assert (version.state, version.task) == (DatasetVersion.State.READY, "binary")
