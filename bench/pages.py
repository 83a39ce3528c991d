"""How long pages take for 25 users, alone and beside one training: `make run`'s own installation, over real sockets.

    python bench/pages.py [SECONDS] [USERS]

Starts an installation in a temporary folder, waits until its demo has its verdicts, signs in as people of the demo and
follows every link from their home. Then each user opens a page, reads for about two seconds, and opens the next: once
with the worker idle, once while it trains ladders on 120,000 made-up rows, the next as soon as one has ended. Prints
milliseconds until the last byte and compressed bytes by page, the share of the time in which a rung was training, and
the processor time of pages, worker and users.
"""

import gzip
import http.client
import os
import random
import re
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from http.cookiejar import CookieJar
from pathlib import Path
from threading import Event, Thread

FOLDER = Path(tempfile.mkdtemp(prefix="dlstart-bench-"))
PORT = 8765
os.environ |= {"DLSTART_DATA": str(FOLDER / "var"), "PORT": str(PORT), "DLSTART_LOG_LEVEL": "WARNING"}
os.environ |= {"DJANGO_SETTINGS_MODULE": "dlstart_web.settings"}

import django

django.setup()

import numpy as np
from django.core.files import File
from django.db import connection
from django.db.models import Q, QuerySet
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone

from datasets import services as dataset_services
from datasets.models import DatasetVersion
from dlstart_web.kit.jobs import OPEN_STATES, JobState
from evaluations import services
from evaluations.models import Run
from projects import services as project_services
from projects.models import User

READING = 2.0  # seconds a user reads a page, on average
PEOPLE = 3  # of the demo, who share the users
MOST = 4  # addresses of one kind of page
ROWS = 120_000  # of the training
SKIPPED = ("/static/", "/accounts/logout", "/api/", "/admin/", "/-/")
HOST = f"http://127.0.0.1:{PORT}"


def main(seconds: int, users: int) -> None:
    """Start, follow, measure, stop."""
    command = [sys.executable, "-m", "django", "run", "--tied"]
    installation = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for_page()
        version = sealed_rows()
        manage = [sys.executable, "manage.py", "demo"]
        subprocess.run([*manage, "advance"], check=True, stdout=subprocess.DEVNULL)
        logins = subprocess.run([*manage, "logins"], check=True, capture_output=True, text=True).stdout
        sessions = [sign_in(*who) for who in re.findall(r"(\S+@\S+)\s+(\S+)", logins)[:PEOPLE]]
        addresses = [follow(session) for session in sessions]
        kinds = len({kind(path) for each in addresses for path in each})
        print(
            f"{users} users, {seconds} s, {sum(map(len, addresses))} addresses of {kinds} kinds, {os.cpu_count()} cores"
        )

        def measured(title: str) -> None:
            before, began = processor_seconds(installation.pid), timezone.now()
            taken = visit(sessions, addresses, seconds=seconds, users=users)
            after, ended = processor_seconds(installation.pid), timezone.now()
            show(title, taken)
            cores = {name: (after[name] - before[name]) / (ended - began).total_seconds() for name in after}
            told = ", ".join(f"{name} {share:.2f}" for name, share in cores.items())
            print(
                f"cores used: {told}; a rung was training {trained(began, ended):.0%} of the time; load {os.getloadavg()[0]:.1f}"
            )

        measured("alone")
        with training(version):
            measured("beside one training")
    finally:
        installation.terminate()
        installation.wait(60)


def wait_for_page() -> None:
    """Until the installation answers; RuntimeError after two minutes."""
    for _ in range(240):
        try:
            urllib.request.urlopen(f"{HOST}/", timeout=5).close()
        except OSError:
            time.sleep(0.5)
        else:
            return
    raise RuntimeError(f"{HOST} did not answer for two minutes.")


def sign_in(email: str, password: str) -> str:
    """The Cookie header of a person of the demo."""
    jar = CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    address = HOST + reverse("account_login")
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', opener.open(address).read().decode())
    assert token, "the sign-in page has no form"
    fields = {"csrfmiddlewaretoken": token[1], "login": email, "password": password}
    opener.open(urllib.request.Request(address, urllib.parse.urlencode(fields).encode(), {"Referer": address})).close()
    assert any(cookie.name.endswith("sessionid") for cookie in jar), f"{email} could not sign in"
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)


def follow(session: str) -> list[str]:
    """Addresses of pages reached by links from the home page, a few of each kind."""
    line, seen, kept = ["/"], {"/"}, defaultdict(list)
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=30)
    while line:
        path = line.pop(0)
        status, content_type, body = get(connection, path, session)
        assert status < 500, (path, status)
        if status != 200 or not content_type.startswith("text/html"):
            continue
        kept[kind(path)].append(path)
        for link in re.findall(r'href="(/[^"#]*)', body.decode()):
            link = link.replace("&amp;", "&")
            if link not in seen and not link.startswith(SKIPPED) and len(kept[kind(link)]) < MOST:
                seen.add(link)
                line.append(link)
    return [path for paths in kept.values() for path in paths[:MOST]]


def kind(path: str) -> str:
    """The name of the page at an address."""
    try:
        return resolve(urllib.parse.urlsplit(path).path).view_name
    except Resolver404:
        return "unknown"


def fetch(connection: http.client.HTTPConnection, path: str, session: str) -> tuple[http.client.HTTPResponse, bytes]:
    """The answer and its body as it came."""
    connection.request("GET", path, headers={"Cookie": session, "Accept-Encoding": "gzip"})
    answer = connection.getresponse()
    return answer, answer.read()


def get(connection: http.client.HTTPConnection, path: str, session: str) -> tuple[int, str, bytes]:
    """Status, content type and unpacked body."""
    answer, body = fetch(connection, path, session)
    packed = answer.headers.get("Content-Encoding") == "gzip"
    return answer.status, answer.headers.get("Content-Type", ""), gzip.decompress(body) if packed else body


def sealed_rows() -> DatasetVersion:
    """Made-up rows, brought in and sealed by the worker, in a sandbox of their own."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(ROWS, 30))
    y = (x[:, :5].sum(1) + np.sin(3 * x[:, 5]) + rng.normal(size=len(x)) > 0).astype(int)
    path = FOLDER / "training.csv"
    header = ",".join([*(f"x{i}" for i in range(30)), "y"])
    np.savetxt(path, np.column_stack([x, y]), "%.4f", delimiter=",", header=header, comments="")
    user = User.objects.create_user("bench@example.org", name="Bench")
    team = project_services.create_team(user=user, name="Bench")
    project = project_services.create_project(user=user, team=team, name="Bench", is_sandbox=True)
    with path.open("rb") as file:
        version = dataset_services.accept_upload(project=project, user=user, file=File(file, name=path.name))
    wait_for(version, version.State.READY)
    dataset_services.choose_target(version=version, user=user, target="y")
    wait_for(version, version.State.READY)
    dataset_services.choose_split(version=version, user=user, meets="same")
    wait_for(version, version.State.READY)
    dataset_services.seal_version(version=version, user=user)
    wait_for(version, version.State.SEALED)
    return version


def wait_for(version: DatasetVersion, state: str) -> None:
    """Until the worker has brought the version so far; TimeoutError after five minutes."""
    for _ in range(600):
        version.refresh_from_db()
        if version.state == state:
            return
        time.sleep(0.5)
    raise TimeoutError(f"{version} is still {version.state}: {version.rejection}")


@contextmanager
def training(version: DatasetVersion) -> Iterator[None]:
    """Ladders of the installation's own worker, one after another; the first is past its encoding when this begins."""
    enough, user, project = Event(), version.uploaded_by, version.dataset.project

    def go_on() -> None:
        seed = 0
        while not enough.wait(0.5):
            if not open_runs(version).exists():
                seed += 1
                services.run_ladder(project=project, version=version, user=user, seed=seed)
        connection.close()

    thread = Thread(target=go_on)
    thread.start()
    while not Run.objects.filter(version=version, state=JobState.DONE).exists():
        time.sleep(0.5)
    try:
        yield
    finally:
        enough.set()
        thread.join()
        for run in open_runs(version):
            services.cancel_run(run)


def open_runs(version: DatasetVersion) -> QuerySet[Run]:
    return Run.objects.filter(version=version, state__in=OPEN_STATES)


def trained(began: datetime, ended: datetime) -> float:
    """The share of a span in which at least one run was with a worker."""
    spans = Run.objects.filter(Q(ended_at=None) | Q(ended_at__gt=began), started_at__lt=ended).order_by("started_at")
    busy, until = timedelta(), began
    for start, end in spans.values_list("started_at", "ended_at"):
        end = min(end or ended, ended)
        busy += max(end - max(start, until), timedelta())
        until = max(until, end)
    return busy / (ended - began)


def processor_seconds(installation: int) -> dict[str, float]:
    """What pages, worker and reaper of the installation and the users here have taken so far. Each leads a session."""
    names = {"gunicorn": "pages", "celery": "worker", "reap": "reaper"}
    found = dict.fromkeys([*names.values()], 0.0) | {"users": time.process_time()}
    stats = [file.read_text().rsplit(")", 1)[1].split() for file in Path("/proc").glob("[0-9]*/stat") if file.exists()]
    for pid in Path(f"/proc/{installation}/task/{installation}/children").read_text().split():
        words = Path(f"/proc/{pid}/cmdline").read_text()
        for mark, name in names.items():
            if mark in words:
                ticks = sum(int(tick) for stat in stats if stat[3] == pid for tick in stat[11:15])
                found[name] = ticks / os.sysconf("SC_CLK_TCK")
    return found


def visit(
    sessions: list[str], addresses: list[list[str]], *, seconds: int, users: int
) -> dict[str, list[tuple[float, int]]]:
    """Milliseconds and compressed bytes of each visit, by kind of page."""
    taken: dict[str, list[tuple[float, int]]] = defaultdict(list)
    end = time.monotonic() + seconds

    def use(number: int) -> None:
        chance = random.Random(number)
        session, paths = sessions[number % len(sessions)], addresses[number % len(sessions)]
        connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=60)
        time.sleep(chance.random() * READING)
        while time.monotonic() < end:
            path = chance.choice(paths)
            began = time.monotonic()
            try:
                answer, body = fetch(connection, path, session)
            except ConnectionResetError:  # it lay idle for longer than the server keeps it: opened anew
                connection.close()
                answer, body = fetch(connection, path, session)
            taken[kind(path)].append(((time.monotonic() - began) * 1000, len(body)))
            assert answer.status == 200, (path, answer.status)
            time.sleep(chance.expovariate(1 / READING))

    with ThreadPoolExecutor(users) as pool:
        list(pool.map(use, range(users)))  # raises what befell a user
    return taken


def show(title: str, taken: dict[str, list[tuple[float, int]]]) -> None:
    """Slowest pages first."""
    every = [each for visits in taken.values() for each in visits]
    print(f"\n{title:40} visits   p50   p95   max ms   bytes")
    rows = [("all pages", every), *sorted(taken.items(), key=lambda item: -np.median([ms for ms, _ in item[1]]))]
    for name, visits in rows:
        times = [ms for ms, _ in visits]
        p50, p95 = np.percentile(times, [50, 95])
        print(f"{name:40} {len(visits):6} {p50:5.0f} {p95:5.0f} {max(times):8.0f} {max(size for _, size in visits):7,}")


if __name__ == "__main__":
    main(*(int(argument) for argument in (*sys.argv[1:], "60", "25")[:2]))
