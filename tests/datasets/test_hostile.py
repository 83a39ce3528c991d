"""The pack of hostile files through the public door: refused in words, nothing left, and the next good file works."""

import json
import os
import resource
from contextlib import suppress
from dataclasses import asdict, fields
from pathlib import Path
from threading import Event, Thread

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from rest_framework.test import APIClient

from datasets.core.limits import Limits
from datasets.models import DatasetVersion, Ingestion
from dlstart_web.kit.jobs import JobState
from tests.datasets.hostile import media, tables
from tests.datasets.hostile.clear import lacks
from tests.factories import do_ingestions, make_csv, make_project

pytestmark = pytest.mark.django_db(transaction=True)
State = DatasetVersion.State
SMALL = {field.name: getattr(tables.SMALL, field.name) for field in fields(Limits)}
OVER = {name: (content, code, 413, words) for name, (content, code, words) in tables.OVER_A_LIMIT.items()}
DANGEROUS = ("xlsx bomb", "pickle that runs a command")
NAMES = (
    "../../etc/passwd",
    "a" * 250 + ".csv",
    "=cmd|' /c calc'!A1.csv",
    "<script>alert(1)</script>.csv",
    "x\u202ecsv.exe",
)


class Door:
    """A member of a team at the API."""

    def __init__(self) -> None:
        self.project = make_project()
        self.owner = self.project.team.memberships.get(role="owner", left_at=None).user
        self.client = APIClient()
        self.client.force_authenticate(self.owner)

    def send(self, content: bytes, name: str = "upload.csv"):
        """The answer to the upload, and what its status address says when a worker has been at it."""
        file = SimpleUploadedFile(name, content)
        answer = self.client.post(reverse("api_project_datasets", args=[self.project.slug]), {"file": file})
        if answer.status_code != 202:
            return answer, None
        do_ingestions()
        return answer, self.client.get(answer.data["status_url"]).data


def left(settings) -> list[str]:
    """Files of uploads, and folders of versions."""
    return [
        path.name
        for place in (settings.QUARANTINE, Path(settings.STORE) / "versions")
        if place.exists()
        for path in place.iterdir()
    ]


def misses(door: Door, settings, pack) -> list[str]:
    """Names of the pack's files that were not refused as it says, and how."""
    missed = []
    for name, (content, code, status, words) in pack.items():
        answer, said = door.send(content)
        if said is None:
            problem = json.loads(answer.content)
            told = (answer.status_code, problem["status"], answer["Content-Type"])
            if told != (status, status, "application/problem+json") or not (problem["title"] and problem["detail"]):
                missed.append(f"{name}: {answer.status_code} {problem}")
        elif said["state"] != State.REJECTED or said["rejection"]["code"] != code:
            missed.append(f"{name}: {said['state']} {said['rejection']}")
        else:
            kept = DatasetVersion.objects.get(pk=said["id"]).rejection
            sentence = f"{kept['message']} {kept['next']}"
            if kept["status"] != status or words not in sentence or not sentence.endswith("Nothing was stored."):
                missed.append(f"{name}: {kept}")
            if lacking := lacks(said["rejection"], status):
                missed.append(f"{name} does not say {lacking}: {said['rejection']}")
        if remains := left(settings):
            missed.append(f"{name} left {remains}")
    return missed


def takes_a_good_file(door: Door) -> bool:
    _, said = door.send(make_csv(20).read())
    return said is not None and said["state"] == State.READY


def test_pack_is_refused_in_words_and_leaves_nothing(settings):
    door = Door()
    every_eighth = dict(list(tables.REFUSED.items())[::8])  # all of them in the long test below

    missed = misses(door, settings, every_eighth)

    assert missed == []
    assert len(tables.REFUSED) + len(OVER) + len(tables.CHOICES) >= 120
    assert takes_a_good_file(door)
    assert not Ingestion.objects.exclude(state__in=[JobState.DONE, JobState.FAILED]).exists()


def test_files_over_a_limit_name_it(settings):
    settings.LIMITS = {**settings.LIMITS, **{name: value for name, value in SMALL.items() if name in settings.LIMITS}}
    door = Door()

    assert misses(door, settings, OVER) == []


def test_files_that_aim_at_the_machine_end_in_the_child(settings):
    settings.TASKS_IN_PROCESS = frozenset()
    door = Door()

    dangerous = {name: tables.REFUSED[name] for name in DANGEROUS} | tables.AIMED_AT_MEMORY

    assert misses(door, settings, dangerous) == []
    assert not Path("marker").exists()


def test_good_files_of_every_make_are_taken(settings):
    door = Door()

    every_third = dict(list(tables.ACCEPTED.items())[::3])

    taken = {name: door.send(content)[1] for name, (content, *_) in every_third.items()}

    assert {name: said for name, said in taken.items() if said is None or said["state"] != State.READY} == {}
    assert {name: said["rows_read"] for name, said in taken.items()} == {
        name: count for name, (_, count, _) in every_third.items()
    }
    assert len(tables.ACCEPTED) >= 20


def test_label_columns_that_cannot_be_divided_leave_the_version_as_it_was(settings):
    door = Door()
    missed = []

    for name, (content, target, code, words) in tables.CHOICES.items():
        _, read = door.send(content)
        answer = door.client.post(reverse("api_version_target", args=[read["id"]]), {"target": target}, format="json")
        do_ingestions()
        said = door.client.get(read["status_url"]).data
        found = answer.data["type"] if answer.status_code == 422 else said["rejection"]["code"]
        sentence = str(answer.data.get("detail")) if answer.status_code == 422 else said["rejection"]["message"]
        same = code.lower().replace("_", "-") == found.rsplit("/")[-1].lower().replace("_", "-")
        if not same or words.removeprefix("no column") not in sentence or said["state"] != State.READY:
            missed.append(f"{name}: {found} {sentence} {said['state']}")

    assert missed == []


def test_names_of_files_lead_nowhere(settings):
    door = Door()

    for name in NAMES:
        answer, said = door.send(make_csv(60).read(), name)
        assert (answer.status_code == 202 and said["state"] == State.READY) or answer.status_code == 422, name

    assert not any("/" in name or "\\" in name for name in DatasetVersion.objects.values_list("file_name", flat=True))
    assert sorted(left(settings)) == sorted(2 * [str(pk) for pk in DatasetVersion.objects.values_list("pk", flat=True)])


class Peak(Thread):
    """The most memory that any child of this process has held meanwhile, once it is a program of its own."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.ended, self.megabytes = Event(), 0.0

    def __enter__(self) -> "Peak":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        self.join()

    def run(self) -> None:
        own = Path("/proc/self")
        while not self.ended.wait(0.01):
            for child in (own / f"task/{os.getpid()}/children").read_text().split():
                with suppress(OSError, IndexError):  # it has ended
                    if b"datasets.limited" in Path(f"/proc/{child}/cmdline").read_bytes():
                        said = Path(f"/proc/{child}/status").read_text()
                        self.megabytes = max(self.megabytes, int(said.partition("VmHWM:")[2].split()[0]) / 2**10)


@pytest.mark.long
@pytest.mark.parametrize("pack", ["tables", "tables over a limit", "archives", "aimed at memory"])
def test_pack_in_child_processes_stays_within_memory(settings, pack):
    files, limits = {
        "tables": (tables.REFUSED, None),
        "tables over a limit": (OVER, tables.SMALL),
        "archives": (media.REFUSED, media.SMALL),
        "aimed at memory": (tables.AIMED_AT_MEMORY, None),
    }[pack]
    settings.TASKS_IN_PROCESS = frozenset()
    if limits:
        settings.LIMITS = {**settings.LIMITS, **asdict(limits)}
    door = Door()
    before = _resident()

    with Peak() as children:
        missed = misses(door, settings, files)

    grown = (_resident() - before) / 2**20
    child = children.megabytes
    print(f"{pack}: {len(files)} refused, child peak {child:.0f} MB, web +{grown:.0f} MB")
    assert missed == []
    assert takes_a_good_file(door)
    assert 0 < child < 1000
    assert grown < 100
    assert not any(path.name == "marker" for path in Path.cwd().iterdir())


@pytest.mark.long
@pytest.mark.parametrize("pack", ["tables", "archives"])
def test_odd_files_in_child_processes_are_taken_and_the_oddness_said(settings, pack):
    files, limits = {"tables": (tables.ACCEPTED, Limits()), "archives": (media.ACCEPTED, media.SMALL)}[pack]
    settings.TASKS_IN_PROCESS = frozenset()
    settings.LIMITS = {**settings.LIMITS, **asdict(limits)}
    door = Door()
    taken = {}

    for name, (content, *_) in files.items():
        said = door.send(content)[1]
        findings = DatasetVersion.objects.get(pk=said["id"]).findings
        taken[name] = (said["state"], said["rows_read"], {finding.code for finding in findings.all()})

    print(f"{pack}: {len(files)} accepted, {sum(bool(codes) for *_, codes in files.values())} of them with findings")
    assert {name: (state, count) for name, (state, count, _) in taken.items()} == {
        name: (State.READY, count) for name, (_, count, _) in files.items()
    }
    assert {name: codes for name, (*_, codes) in files.items() if not set(codes) <= taken[name][2]} == {}


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
