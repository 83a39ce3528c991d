"""Sealed labels are looked for in all that was said and kept during a whole journey, and twelve planted leaks are found."""

import base64
import gzip
import io
import json
import logging
import tempfile
import uuid
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
import polars as pl
import pytest
from django.conf import settings
from django.core import mail
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import HttpResponse
from django.urls import NoReverseMatch, reverse

from datasets import store
from datasets.models import DatasetVersion, Finding, Look
from evaluations import services as evaluation_services
from evaluations.models import Ladder, Run
from projects import services
from projects.models import Project, User
from tests import canary
from tests.canary import Journal, Markers, Reader, in_temporary, marker
from tests.factories import (
    do_ingestions,
    do_runs,
    do_submissions,
    make_approved_project,
    make_team,
    make_user,
)
from tests.permission_table import ROLES
from tests.test_permission_walk import address, url_names
from tests.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("canary")]
ROWS = 320
OFFICES = {"steward": {"is_steward": True}, "administrator": {"is_administrator": True}}


@pytest.fixture
def folders(tmp_path: Path, monkeypatch) -> Path:
    """A data folder and a folder for temporary files of this test alone, and a log that keeps everything."""
    data = tmp_path / "data"
    for name in ("store", "vault", "quarantine", "temporary"):
        (tmp_path / name if name == "temporary" else data / name).mkdir(mode=0o700, parents=True)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    for name in ("STORE", "VAULT", "QUARANTINE"):
        monkeypatch.setattr(settings, name, data / name.lower())
    return tmp_path


@contextmanager
def everything_logged(journal: Journal) -> Iterator[None]:
    """All loggers at DEBUG, SQL with its values too, into the journal."""
    handler = logging.StreamHandler(journal.log)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s %(args)s"))
    root, sql = logging.getLogger(), logging.getLogger("django.db.backends")
    levels = root.level, sql.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    sql.setLevel(logging.DEBUG)
    connection.force_debug_cursor = True
    try:
        yield
    finally:
        connection.force_debug_cursor = False
        root.removeHandler(handler)
        root.setLevel(levels[0])
        sql.setLevel(levels[1])


@dataclass
class Journey:
    """What was done, by whom, and the labels that must be nowhere."""

    journal: Journal
    world: World
    markers: Markers


def rows(count: int = ROWS, seed: int = 0) -> list[tuple[str, ...]]:
    """Width, colour, belt and the marked label, which follows the width."""
    random = Random(seed)
    made = []
    for _ in range(count):
        width = random.random()
        label = marker(min(0.999, 0.8 * width + 0.19 * random.random()))
        made.append(
            (f"{width:.6f}", random.choice(("white", "blue", "red")), f"belt {random.randrange(9)}", repr(label))
        )
    return made


def as_file(table: list[tuple[str, ...]], name: str = "marked.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, "\n".join(["width,colour,belt,weight", *map(",".join, table)]).encode())


def sealed_labels(version: DatasetVersion, table: list[tuple[str, ...]]) -> set[float]:
    """The labels that are not in train and validation."""
    opened = {label for part in store.OPEN_PARTS for label in pl.read_parquet(store.part_path(version, part))["weight"]}
    return {float(row[3]) for row in table} - opened


def travel(journal: Journal) -> Journey:
    """From the upload to the report, with refusals and faults on the way."""
    names = ("loner", "other", "member", "owner", "reviewer", "handler", *OFFICES)
    people = {name: make_user(name, **OFFICES.get(name, {})) for name in names}
    clients = {name: client_of(journal, name, people) for name in names}
    team = make_team(people["owner"], people["member"], name="Belt team")
    project = make_approved_project(team, name="Weigher", user=people["owner"])
    services.assign_handler(project=project, handler=people["handler"], by=people["administrator"])
    services.lock_criterion(
        project=project,
        user=people["owner"],
        metric="rmse",
        level=2e16,
        smallest_difference=1e15,
        reason="",
        results_seen=0,
    )
    owner, steward = clients["owner"], clients["steward"]
    version = uploaded(owner, project, as_file(rows()))
    detail = reverse("datasets:version_detail", args=[version.pk])
    for client in (owner, clients["member"], steward):
        client.get(detail)
        client.get(f"/api/v1/versions/{version.pk}/report")
    owner.post(reverse("datasets:version_target", args=[version.pk]), {"target": "belt", "task": "regression"})
    do_ingestions()  # words are no numbers: refused
    owner.post(reverse("datasets:version_target", args=[version.pk]), {"target": "weight"})
    do_ingestions()
    owner.get(detail)
    for finding in version.findings.filter(severity=Finding.Severity.STOP):
        owner.post(
            reverse("datasets:version_finding", args=[version.pk]), {"keep": finding.pk, "reason": "Known early."}
        )
    owner.post(reverse("datasets:version_split", args=[version.pk]), {"meets": "same"})
    clients["member"].post(reverse("datasets:version_seal", args=[version.pk]))
    steward.post(reverse("datasets:version_seal", args=[version.pk]))
    do_ingestions()
    version = DatasetVersion.objects.select_related("dataset", "seal").get(pk=version.pk)
    assert version.state == DatasetVersion.State.SEALED, version.rejection
    markers = Markers(sealed_labels(version, rows()))

    ladder = climbed(owner, project, version)
    run = ladder.runs.get(recipe="linear")
    looked(owner, project, run, version)
    owner.post(reverse("evaluations:look", args=[project.slug]), look_form(run))  # refused: the gap runs
    fail_uploads(owner, project, version)
    opened(clients, project, run)

    upload = clients["owner"].post(
        f"/api/v1/projects/{project.slug}/uploads", {"name": "x.csv", "size": 10}, content_type="application/json"
    )
    invitation, secret = services.create_invitation(by=people["owner"], team=team)
    token, _ = services.create_token(user=people["owner"])
    proposal = project.proposals.get()
    values: dict[str, object] = defaultdict(lambda: uuid.UUID(int=0))  # of things that this journey does not make
    values |= {
        "team": team.slug,
        "invitation": invitation.pk,
        "secret": secret,
        "membership": team.memberships.get(user=people["member"]).pk,
        "token": token.token_key,
        "question": 1,
        "finding": version.findings.values_list("pk", flat=True).first() or 1,
        "proposal": proposal.pk,
        "dataset": version.dataset_id,
        "upload": upload.json().get("id", uuid.uuid4()),
        "run": run.pk,
    }
    world = World(people, project, project, project, version, version, ladder, values)
    return Journey(journal, world, markers)


def client_of(journal: Journal, name: str, people: dict[str, User]) -> Reader:
    client = Reader(journal, name)
    if name in people:
        client.force_login(people[name])
    return client


def uploaded(client: Reader, project: Project, file: SimpleUploadedFile) -> DatasetVersion:
    client.post(reverse("datasets:dataset_upload", args=[project.slug]), {"file": file, "name": "Marked"})
    do_ingestions()
    return DatasetVersion.objects.order_by("-uploaded_at")[0]


def climbed(client: Reader, project: Project, version: DatasetVersion) -> Ladder:
    ladder = evaluation_services.run_ladder(
        project=project, version=version, user=project.created_by, only=("always_same", "linear", "forest")
    )
    do_runs()
    for run in ladder.runs.all():
        client.get(reverse("evaluations:run_detail", args=[run.pk]))
        client.get(reverse("evaluations:run_figure", args=[run.pk]))
    return ladder


def look_form(run: Run) -> dict[str, str]:
    return {"run": str(run.pk), "reason": "The ladder is done.", "confirm": "LOOK", "key": str(uuid.uuid4())}


def looked(client: Reader, project: Project, run: Run, version: DatasetVersion) -> None:
    """A look whose first scoring fails, since the vault's file was changed."""
    client.get(reverse("evaluations:look", args=[project.slug]))
    client.post(reverse("evaluations:look", args=[project.slug]), look_form(run))
    sealed = settings.VAULT / str(version.pk) / "final"
    whole = sealed.read_bytes()
    sealed.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(Exception, match="was changed since it was sealed"):
        do_submissions()
    client.get(reverse("evaluations:look_list", args=[project.slug]))
    sealed.write_bytes(whole)
    client.post(reverse("evaluations:look", args=[project.slug]), look_form(run))
    do_submissions()
    assert Look.objects.filter(state=Look.State.SCORED).count() == 1
    client.get(reverse("evaluations:look_list", args=[project.slug]))


def fail_uploads(client: Reader, project: Project, version: DatasetVersion) -> None:
    """Files with the same labels, each broken where a label stands."""
    content = as_file(rows()).read()
    lines = content.split(b"\n")
    for name, broken in {
        "fields.csv": b"\n".join([*lines[:40], lines[40] + b",more", *lines[41:]]),
        "quote.csv": content.replace(lines[30], b'"' + lines[30], 1),
        "nul.csv": content.replace(b"belt", b"be\0lt", 1),
        "cut.csv.gz": gzip.compress(content)[:-20],
        "twice.csv": b"width,width,belt,weight\n" + b"\n".join(lines[1:]),
        "cut.parquet": b"PAR1" + content,
    }.items():
        client.post(
            reverse("datasets:dataset_upload", args=[project.slug]),
            {"file": SimpleUploadedFile(name, broken), "name": name},
        )
        client.post(f"/api/v1/datasets/{version.dataset_id}/versions", {"file": SimpleUploadedFile(name, broken)})
        do_ingestions()
    for refused in DatasetVersion.objects.exclude(pk=version.pk):
        client.get(reverse("datasets:version_detail", args=[refused.pk]))
        client.get(f"/api/v1/versions/{refused.pk}")


def opened(clients: dict[str, Reader], project: Project, run: Run) -> None:
    owner, handler = clients["owner"], clients["handler"]
    page = reverse("evaluations:opening", args=[project.slug])
    owner.post(page, {"simple": str(run.pk), "confirm": "OPEN"})
    handler.get(page)
    handler.post(reverse("evaluations:opening_agree", args=[project.slug]))
    do_submissions()
    assert "Verdict" in owner.get(reverse("evaluations:verdict", args=[project.slug])).content.decode()
    owner.get(reverse("evaluations:report", args=[project.slug]))


def crawl(journey: Journey, roles: tuple[str, ...]) -> None:
    """Every address, for these people."""
    for role in roles:
        client = client_of(journey.journal, role, journey.world.people)
        for name in sorted(url_names()):
            if name == "account_logout":
                continue
            with suppress(NoReverseMatch):  # what has a number, and this journey makes none
                client.get(address(name, journey.world))
        for word in ("marked", "weigh", "7.1", "e+17"):
            client.get(reverse("projects:search"), {"q": word})


def swept(journey: Journey, folders: Path) -> tuple[canary.Found, int]:
    found: canary.Found = {}
    files = 0
    for data in (folders / "data", Path(settings.DATA)):
        more, count = canary.search(
            journey.markers, journey.journal, data=data, vault=settings.VAULT, temporary=folders / "temporary"
        )
        found |= more
        files += count
    return found, files


def planted(journey: Journey, folders: Path) -> Iterator[str]:
    """Ten leaks, eleven with Redis, each on a surface and in another writing; the surface where it must be found."""
    label = journey.markers.labels[7]
    journal, version = journey.journal, journey.world.sealed
    words = {"headers": b"", "answers": b""}
    for surface, text in (("headers", f"X-Best: {label:.5e}"), ("answers", f"<td>{label:,.0f}</td>")):
        kept = dict(words) | {surface: text.encode()}
        journal.answers.append(("planted", kept["headers"], kept["answers"]))
        yield surface
        journal.answers.pop()
    journal.answers.append(
        ("planted chart", b"", json.dumps({"y": base64.b64encode(np.float64(label)).decode()}).encode())
    )
    yield "answers"
    journal.answers.pop()

    said = journal.log.getvalue()
    journal.log.write(f"KeyError: {label:.9g}\n")
    yield "log"
    journal.log.seek(len(said))
    journal.log.truncate()

    mail.outbox.append(mail.EmailMessage("Scored", f"Best row: {label!r}", to=["a@example.org"]))
    yield "mail"
    mail.outbox.pop()

    cache.set("planted", {"y": label})
    yield "cache"
    cache.delete("planted")

    task = {"body": base64.b64encode(json.dumps([[label], {}, {}]).encode()).decode(), "headers": {}}
    packed = io.BytesIO()
    np.savez_compressed(packed, y=np.array(journey.markers.labels[:9], "<f4"))
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("model/test.npz", packed.getvalue())
    table = io.BytesIO()
    pl.DataFrame({"n": [1, 2], "y": [0.5, label]}).write_parquet(table)
    messages = folders / "data" / "broker" / "messages"
    messages.mkdir(parents=True, exist_ok=True)
    for surface, path, content in (
        ("broker", messages / "1.celery.msg", json.dumps(task).encode()),
        ("files", store.version_folder(version) / "export.zip", archive.getvalue()),
        ("files", store.version_folder(version) / "train-copy.parquet", table.getvalue()),
        ("temporary", in_temporary("job.csv.gz"), gzip.compress(f"id,weight\n3,{label!r}\n".encode())),
    ):
        path.write_bytes(content)
        yield surface
        path.unlink()
    if client := canary.broker():
        client.lpush("planted", json.dumps(task))
        yield "broker"
        client.delete("planted")


@pytest.mark.long
def test_planted_leaks_are_found_and_nothing_else(folders, capsys):
    journal = Journal()
    with everything_logged(journal):
        journey = travel(journal)
        crawl(journey, ("stranger", "owner"))

    found, files = swept(journey, folders)
    assert found == {}
    surfaces = []
    for surface in planted(journey, folders):
        again, _ = swept(journey, folders)
        assert list(again) == [surface], again
        surfaces.append(surface)
    assert swept(journey, folders)[0] == {}
    assert len(surfaces) == 10 + (canary.broker() is not None)

    # last, since the files of a database keep a row that was taken back, PostgreSQL's until it tidies the page
    version = DatasetVersion.objects.filter(pk=journey.world.sealed.pk)
    version.update(columns=[*journey.world.sealed.columns, {"name": f"weight {journey.markers.labels[7]:.15g}"}])
    assert list(swept(journey, folders)[0]) == ["database", "database file"]
    version.update(columns=journey.world.sealed.columns)
    assert swept(journey, folders)[0].keys() <= {"database file"}
    with capsys.disabled():
        print(
            f" [{len(journal.answers):,} answers, {files:,} files, {len(journal.log.getvalue()):,} characters of log]"
        )


@pytest.mark.long
def test_no_role_sees_a_sealed_label_anywhere(folders, capsys):
    journal = Journal()
    with everything_logged(journal):
        journey = travel(journal)
        crawl(journey, ROLES)
        found, files = swept(journey, folders)

    assert found == {}
    assert len(journey.markers.labels) > ROWS // 6
    with capsys.disabled():
        print(
            f" [{len(journal.answers):,} answers, {files:,} files, {len(journal.log.getvalue()):,} characters of log]"
        )


@pytest.mark.parametrize(
    "write",
    [
        lambda y: repr(y).encode(),
        lambda y: f"{y:.0f}".encode(),
        lambda y: f"{y:,.2f}".encode(),
        lambda y: f"{y:.15g} {y:.9g}".encode(),
        lambda y: f"{y:.6g}".encode(),
        lambda y: b"ab" + np.array(y, "<f8").tobytes() + b"c",
        lambda y: b"a" + np.array(y, ">f8").tobytes(),
        lambda y: b"abc" + np.array(y, "<i8").tobytes(),
        lambda y: b"\xff" + np.array(y, "<f4").tobytes(),
        lambda y: as_npy(np.array([0.5, y], "<f4").astype("<f8")),
        lambda y: as_npy(np.array([0.5, float(f"{y:.8e}")])),
        lambda y: as_npy(np.array([0.5, float(f"{y:.5e}")])),
        lambda y: as_npy(np.array(["best", f"{y:.9g}"])),
        lambda y: as_npy(np.array([(1, f"{y:.9g}")], [("n", "<i4"), ("label", "U20")])),
        lambda y: b"x" + base64.b64encode(b"1" + np.array(y, "<f8").tobytes()),
        lambda y: base64.urlsafe_b64encode(b'{"y": ' + repr(y).encode()),
        lambda y: gzip.compress(gzip.compress(repr(y).encode())),
    ],
)
def test_searcher_knows_each_writing(write):
    markers = Markers([marker(0.1234567890123), marker(0.7)])

    assert markers.found_in(write(markers.labels[0]))
    assert not markers.found_in(write(marker(0.3)))


def as_npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def test_searcher_is_not_fooled_by_the_means_of_a_forest():
    chance = np.random.default_rng(0)
    markers = Markers(marker(share) for share in chance.random(128))
    means = 7.0e17 + 0.9e17 * chance.random(20_000)
    means[7] = markers.labels[0] + 1024  # of so many, one may begin with a marker's nine figures

    assert not markers.found_in(as_npy(means))
    assert markers.found_in(as_npy(np.array([markers.labels[5]], "<f4")))
    assert markers.found_in(as_npy(np.append(means.astype("<f4"), np.array(markers.labels[:9], "<f4"))))


def test_searcher_takes_a_page_for_what_it_is():
    page = HttpResponse("712345 items, 7.1 MB, 0x7123456, 2026-11-25 07:12:34.567891, 7,123,456")

    assert not Markers([712345678901234567.0]).found_in(page.content)
