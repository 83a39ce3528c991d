"""Files that come in pieces: broken off and continued, by one person, once, with the same bytes at the end."""

import base64
import hashlib
import os
import shutil
import socket
import threading
from datetime import timedelta
from io import BytesIO
from random import Random
from urllib.parse import urlsplit

import pytest
import requests
from django.conf import settings as site
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from datasets import ingestion, services, store
from datasets.models import DatasetVersion, Upload
from projects.services import create_token
from tests.factories import do_ingestions, make_project, make_user

pytestmark = pytest.mark.django_db(transaction=True)
PIECE = "application/offset+octet-stream"


def table(rows: int = 400) -> bytes:
    random = Random(5)
    lines = [f"{i},{random.random():.6f},{random.choice(('yes', 'no'))}" for i in range(rows)]
    return "\n".join(["id,width,mug", *lines]).encode()


def client_of(user) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


def owner_of(project):
    return project.team.memberships.get(role="owner", left_at=None).user


def begin(client, project, size: int, name: str = "belt.csv"):
    headers = {"Upload-Length": str(size), "Upload-Metadata": f"filename {base64.b64encode(name.encode()).decode()}"}
    return client.post(f"/api/v1/projects/{project.slug}/uploads", headers=headers)


def send(client, address: str, offset: int, content: bytes):
    return client.patch(address, content, content_type=PIECE, headers={"Upload-Offset": str(offset)})


def offset_of(client, address: str) -> int:
    return int(client.head(address).headers["Upload-Offset"])


@pytest.fixture
def project():
    return make_project()


@pytest.fixture
def client(project) -> APIClient:
    return client_of(owner_of(project))


def test_file_in_pieces_is_the_file_that_was_sent(client, project):
    content = table()

    begun = begin(client, project, len(content))
    address = begun.headers["Location"]
    assert (begun.status_code, begun.headers["Tus-Resumable"], offset_of(client, address)) == (201, "1.0.0", 0)
    assert store.upload_path(Upload.objects.get()).stat().st_mode & 0o777 == 0o600
    for start in range(0, len(content), 3000):
        answer = send(client, address, start, content[start : start + 3000])
        assert (answer.status_code, answer.headers["Upload-Offset"]) == (204, str(min(start + 3000, len(content))))
    done = client.post(f"{address}/finish", {"name": "Belt", "sha256": hashlib.sha256(content).hexdigest()}, "json")
    again = client.post(f"{address}/finish", {}, "json")

    assert (done.status_code, done.data["sha256"]) == (202, hashlib.sha256(content).hexdigest())
    assert again.data["id"] == done.data["id"]
    version = DatasetVersion.objects.get()
    assert (version.file_name, version.dataset.name) == ("belt.csv", "Belt")
    assert store.quarantine_path(version).read_bytes() == content
    do_ingestions()
    assert client.get(done.headers["Location"]).data["rows_read"] == 400


class Broken(BytesIO):
    """A connection that breaks when so many bytes have come."""

    def read(self, size: int = -1) -> bytes:
        if not (block := super().read(min(size, 1000))):
            raise OSError("the line is dead")
        return block


def test_bytes_before_a_break_are_kept(client, project):
    content = table()
    upload = services.create_upload(project=project, user=owner_of(project), file_name="b.csv", size=len(content))

    with pytest.raises(OSError):
        services.append_upload(upload=upload, offset=0, length=len(content), source=Broken(content[:5000]))

    address = f"/api/v1/uploads/{upload.pk}"
    assert offset_of(client, address) == 5000
    send(client, address, 5000, content[5000:])
    assert client.post(f"{address}/finish", {}, "json").data["sha256"] == hashlib.sha256(content).hexdigest()


def test_wrong_offset_is_409_and_writes_nothing(client, project):
    content = table()
    address = begin(client, project, len(content)).headers["Location"]
    send(client, address, 0, content[:1000])

    for offset in (0, 999, 1001):
        refused = send(client, address, offset, b"x" * 100)
        assert (refused.status_code, refused.json()["type"]) == (409, "offset")

    assert offset_of(client, address) == 1000
    assert store.upload_path(Upload.objects.get()).read_bytes() == content[:1000]


def test_of_two_clients_one_writes(client, project):
    content = table()
    upload = services.create_upload(project=project, user=owner_of(project), file_name="b.csv", size=len(content))
    begun, go_on = threading.Event(), threading.Event()

    class Slow(BytesIO):
        def read(self, size: int = -1) -> bytes:
            begun.set()
            go_on.wait(300)
            return super().read(size)

    def first() -> None:
        source = Slow(content)
        services.append_upload(upload=upload, offset=0, length=len(content), source=source)

    thread = threading.Thread(target=closing(first))
    thread.start()
    begun.wait(300)
    second = send(client, f"/api/v1/uploads/{upload.pk}", 0, b"x" * len(content))
    finish = client.post(f"/api/v1/uploads/{upload.pk}/finish", {}, "json")
    go_on.set()
    thread.join()

    assert (second.status_code, second.json()["type"]) == (409, "upload-busy")
    assert (finish.status_code, finish.json()["type"]) == (409, "upload-unfinished")
    done = client.post(f"/api/v1/uploads/{upload.pk}/finish", {}, "json")
    assert done.data["sha256"] == hashlib.sha256(content).hexdigest()


def closing(work):
    """Do the work in a thread and close the thread's connection to the database."""

    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    return run


def test_other_bytes_than_those_sent_are_refused_and_dropped(client, project):
    content = table()
    address = begin(client, project, len(content)).headers["Location"]
    send(client, address, 0, content)

    refused = client.post(f"{address}/finish", {"sha256": "0" * 64}, "json")

    assert (refused.status_code, refused.json()["type"]) == (422, "other-hash")
    assert client.get(address).status_code == 404
    assert (list(site.QUARANTINE.iterdir()), DatasetVersion.objects.count()) == ([], 0)


def test_bytes_outlast_a_fault_of_ours(client, project):
    content = table()
    address = begin(client, project, len(content)).headers["Location"]
    send(client, address, 0, content)
    client.raise_request_exception = False

    def locked(execute, sql, *rest):
        if sql.startswith('INSERT INTO "datasets_datasetversion"'):
            raise OperationalError("database is locked")
        return execute(sql, *rest)

    with connection.execute_wrapper(locked):
        failed = client.post(f"{address}/finish", {}, "json")
    again = client.post(f"{address}/finish", {}, "json")

    assert (failed.status_code, again.status_code) == (500, 202)
    assert again.data["sha256"] == hashlib.sha256(content).hexdigest()
    assert [path.name for path in site.QUARANTINE.iterdir()] == [again.data["id"]]


def test_what_is_too_much_is_refused_before_a_byte_is_sent(client, project, settings):
    settings.LIMITS = settings.LIMITS | {"upload": 2000}
    settings.UPLOADS_OPEN = 2

    large = begin(client, project, 2001)
    empty = begin(client, project, 0)
    nonsense = client.post(f"/api/v1/projects/{project.slug}/uploads", headers={"Upload-Length": "many"})
    first, second, third = (begin(client, project, 1000) for _ in range(3))
    longer = send(client, first.headers["Location"], 0, b"x" * 1001)
    client.delete(second.headers["Location"])

    assert (large.status_code, large.json()["type"], large.json()["limit"]) == (413, "too-large", 2000)
    assert (empty.status_code, nonsense.status_code) == (422, 422)
    assert (third.status_code, third.json()["type"]) == (409, "too-many-uploads")
    assert (longer.status_code, longer.json()["limit"]) == (413, 1000)
    assert begin(client, project, 1000).status_code == 201


def test_full_disk_is_507_and_counts_what_was_promised(client, project, settings):
    free = shutil.disk_usage(settings.QUARANTINE).free
    settings.LIMITS = settings.LIMITS | {"upload": 2 * free}
    settings.DISK_RESERVE = 0

    begun = begin(client, project, free * 2 // 3)
    refused = begin(client, project, free * 2 // 3)

    assert (begun.status_code, refused.status_code, refused.json()["type"]) == (201, 507, "disk-full")


def test_upload_is_nobody_elses(client, project):
    address = begin(client, project, 1000).headers["Location"]
    services_team = project.team
    member = make_user()
    services_team.memberships.create(user=member, role="member")

    for other in (client_of(member), client_of(make_user(is_administrator=True)), client_of(make_user())):
        answers = [
            other.get(address),
            other.head(address),
            send(other, address, 0, b"x"),
            other.delete(address),
            other.post(f"{address}/finish", {}, "json"),
        ]
        assert [answer.status_code for answer in answers] == [404] * 5
    assert APIClient().get(address).status_code == 401
    assert offset_of(client, address) == 0


def test_who_has_left_the_team_goes_on_with_nothing(client, project):
    address = begin(client, project, 1000).headers["Location"]
    project.team.memberships.update(left_at=timezone.now())

    assert send(client, address, 0, b"x" * 1000).status_code in (403, 404)
    assert Upload.objects.get().offset == 0


def test_expired_upload_is_gone_with_its_bytes(client, project):
    address = begin(client, project, 1000).headers["Location"]
    send(client, address, 0, b"x" * 500)
    kept = begin(client, project, 700).headers["Location"]
    gone = Upload.objects.filter(size=1000)
    gone.update(expires_at=timezone.now() - timedelta(seconds=1))
    path = store.upload_path(gone.get())

    assert client.get(address).status_code == 404
    ingestion.sweep()

    assert (path.exists(), gone.exists(), client.get(kept).status_code) == (False, False, 200)


def test_sweep_leaves_an_upload_that_waits(client, project):
    begin(client, project, 1000)
    path = store.upload_path(Upload.objects.get())
    os.utime(path, (0, 0))

    ingestion.sweep()

    assert path.exists()


def test_protocol_is_told_and_another_version_is_refused(client, project):
    address = begin(client, project, 1000).headers["Location"]

    told = client.options(address)
    other = client.head(address, headers={"Tus-Resumable": "0.2.2"})
    kind = client.patch(address, b"x", content_type="text/csv", headers={"Upload-Offset": "0"})

    assert (told.status_code, told.headers["Tus-Version"]) == (204, "1.0.0")
    assert told.headers["Tus-Extension"] == "creation,expiration,termination"
    assert (other.status_code, other.headers["Tus-Version"], kind.status_code) == (412, "1.0.0", 415)


def test_page_takes_an_upload_in_place_of_a_file(client, project):
    content = table()
    user, page = owner_of(project), Client()
    page.force_login(user)
    address = f"/projects/{project.slug}/data/upload/"
    upload = services.create_upload(project=project, user=user, file_name="belt.csv", size=len(content))

    early = page.post(address, {"upload": upload.pk})
    services.append_upload(upload=upload, offset=0, length=len(content), source=BytesIO(content))
    foreign = page.post(
        f"/projects/{make_project(project.team, name='Other').slug}/data/upload/", {"upload": upload.pk}
    )
    absent = page.post(address, {"upload": "nonsense"})
    done = page.post(address, {"upload": upload.pk, "name": "Belt"})

    assert (early.status_code, foreign.status_code, absent.status_code, done.status_code) == (422, 404, 404, 302)
    assert "Send the rest first" in early.content.decode()
    assert str(DatasetVersion.objects.get(dataset__name="Belt").pk) in done.url


def test_killed_client_goes_on_at_a_real_server(live_server, project):
    content = table(60_000)
    _, key = create_token(user=owner_of(project))
    session = requests.Session()
    session.headers["Authorization"] = f"Token {key}"
    begun = session.post(
        f"{live_server.url}/api/v1/projects/{project.slug}/uploads", headers={"Upload-Length": str(len(content))}
    )
    address = live_server.url + begun.headers["Location"]

    # a client that says it sends all and dies at 70%
    place = urlsplit(address)
    with socket.create_connection((place.hostname, place.port)) as line:
        head = f"PATCH {place.path} HTTP/1.1\r\nHost: {place.netloc}\r\nAuthorization: Token {key}\r\n"
        head += f"Content-Type: {PIECE}\r\nUpload-Offset: 0\r\nContent-Length: {len(content)}\r\n\r\n"
        line.sendall(head.encode() + content[: len(content) * 7 // 10])
    offset, tries = 0, 0
    while not offset and tries < 200:  # the server notices the end of the line by itself
        offset = int(session.head(address).headers["Upload-Offset"])
        tries += 1
    assert 0 < offset <= len(content) * 7 // 10
    while offset < len(content):
        piece = content[offset : offset + 2**18]
        sent = session.patch(address, piece, headers={"Content-Type": PIECE, "Upload-Offset": str(offset)})
        assert sent.status_code in (204, 409)  # as long as the broken connection holds the file, ask again
        offset = int(session.head(address).headers["Upload-Offset"])
    done = session.post(f"{address}/finish", json={"sha256": hashlib.sha256(content).hexdigest()})

    assert (done.status_code, done.json()["sha256"]) == (202, hashlib.sha256(content).hexdigest())
