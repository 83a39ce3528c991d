"""Uploads that break the protocol, at a real server: refused at once, nothing kept, and the next one works."""

import json
import socket
import threading
from collections.abc import Iterator

import pytest
import requests

from datasets.models import DatasetVersion
from projects.services import create_token
from tests.factories import make_csv, make_project
from tests.journeys.installation import running

pytestmark = [pytest.mark.long, pytest.mark.django_db(transaction=True)]
SECONDS = 60  # after which a thread of the server must be free again
END = b"\r\n--x--\r\n"


def part(name: str, content: bytes, file: str = "") -> bytes:
    named = f'; filename="{file}"' if file else ""
    return f'--x\r\nContent-Disposition: form-data; name="{name}"{named}\r\n\r\n'.encode() + content + b"\r\n"


FILE = part("file", make_csv(60).read(), "a.csv")
WHOLE = FILE.removesuffix(b"\r\n") + END
LENGTH = "Content-Length: {}"
CHUNKED = "Transfer-Encoding: chunked"

CUT = {400, 422, None}  # None where the client has gone before an answer

# name -> (further header lines, body, statuses that may be answered)
BROKEN: dict[str, tuple[list[str], bytes, set[int | None]]] = {
    "body shorter than it says": ([LENGTH.format(len(WHOLE) + 500)], WHOLE[:-300], CUT),
    "client gone in the head of the file": ([LENGTH.format(len(WHOLE))], WHOLE[:40], CUT),
    "client gone before the body": ([LENGTH.format(len(WHOLE))], b"", CUT),
    "length below nothing": ([LENGTH.format(-5)], WHOLE, {400}),
    "length that is no number": ([LENGTH.format("many")], WHOLE, {400}),
    "two lengths": ([LENGTH.format(len(WHOLE)), LENGTH.format(5)], WHOLE, {400}),
    "length beside chunks": ([LENGTH.format(len(WHOLE)), CHUNKED], b"5\r\nhello\r\n0\r\n\r\n", {400}),
    "chunk that is no number": ([CHUNKED], b"many\r\n" + WHOLE, CUT),
    "chunk longer than what comes": ([CHUNKED], b"fffff\r\n" + WHOLE, CUT),
    "chunk shorter than what comes": ([CHUNKED], b"10\r\n" + WHOLE, CUT),
    "two files in one field": ([LENGTH.format(len(FILE) + len(WHOLE))], FILE + WHOLE, {400}),
    "10^5 fields": ([LENGTH.format(100_000 * len(part("f", b"x")) + len(WHOLE))], part("f", b"x") * 100_000 + WHOLE, {400}),
    "no file": ([LENGTH.format(len(part("name", b"n")) + 7)], part("name", b"n") + b"--x--\r\n", CUT),
    "another boundary": ([LENGTH.format(len(WHOLE))], WHOLE.replace(b"--x", b"--y"), CUT),
    "head of 100 kB": ([LENGTH.format(len(WHOLE)), "X-Much: " + "a" * 100_000], WHOLE, {400, 431, None}),
    "more than may be sent": ([LENGTH.format(3 * 2**30)], WHOLE[:-10], {413, 400, None}),
}  # fmt: skip


@pytest.fixture
def line(settings) -> Iterator[tuple[str, str, str]]:
    """Address, path and token of an upload to a real server."""
    project = make_project()
    _, key = create_token(user=project.team.memberships.get(role="owner", left_at=None).user)
    with running() as installation:
        yield installation.address, f"/api/v1/projects/{project.slug}/datasets", key


def answer(
    address: str, path: str, key: str, headers: list[str], body: bytes, *, ends: bool = True
) -> tuple[int | None, bytes]:
    """Status and body of what is said to raw bytes; None where nothing is. The sending side is closed behind them, or stays."""
    host, port = address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=2 * SECONDS) as line:
        head = [f"POST {path} HTTP/1.1", f"Host: {host}:{port}", f"Authorization: Token {key}", "Connection: close"]
        head += ["Content-Type: multipart/form-data; boundary=x", *headers, "", ""]
        try:
            line.sendall("\r\n".join(head).encode() + body)
            if ends:
                line.shutdown(socket.SHUT_WR)
        except OSError:  # it has heard enough
            pass
        said = b""
        try:
            while block := line.recv(2**16):
                said += block
        except ConnectionError:
            pass
    return (int(said.split()[1]) if said else None), said.partition(b"\r\n\r\n")[2]


def test_uploads_that_break_the_protocol_are_refused_and_leave_nothing(line, settings):
    address, path, key = line
    missed = {}

    for name, (headers, body, statuses) in BROKEN.items():
        status, said = answer(address, path, key, headers, body)
        if status not in statuses:
            missed[name] = (status, said[:300])
        left = [place.name for place in settings.QUARANTINE.iterdir()] if settings.QUARANTINE.exists() else []
        if left or DatasetVersion.objects.exists():
            missed[f"{name} left"] = left
    status, said = answer(address, path, key, *BROKEN["two files in one field"][:2])
    good = requests.post(
        address + path, files={"file": ("a.csv", make_csv(60).read())}, headers={"Authorization": f"Token {key}"},
        timeout=SECONDS,
    )  # fmt: skip

    assert not missed, "\n".join(f"{name}: {what}" for name, what in missed.items())
    assert set(json.loads(said)) >= {"type", "title", "status", "detail"}
    assert good.status_code == 202


def test_as_many_broken_uploads_as_the_server_has_threads_leave_it_free(line):
    address, path, key = line

    for _ in range(20):  # the server has 8 threads
        answer(address, path, key, [LENGTH.format(len(WHOLE))], WHOLE[:-100])

    assert requests.get(f"{address}/healthz/", timeout=SECONDS).status_code == 200


def test_clients_that_say_nothing_more_are_ended_and_the_server_is_free_again(line):
    address, path, key = line
    heard: list[int | None] = []

    def begin_and_wait() -> None:
        heard.append(answer(address, path, key, [LENGTH.format(10**9)], WHOLE[:100], ends=False)[0])

    clients = [threading.Thread(target=begin_and_wait) for _ in range(9)]  # one more than the server has threads
    for client in clients:
        client.start()
    free = requests.get(f"{address}/healthz/", timeout=2 * SECONDS)
    for client in clients:
        client.join()

    assert free.status_code == 200
    assert heard == [408] * 9
