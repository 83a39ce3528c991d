"""How long pages take for 25 users beside one training: `make run`'s own installation with its demo, over real sockets.

    python bench/pages.py [SECONDS] [USERS]

Starts an installation in a temporary folder, waits until its demo has its verdicts, signs in as people of the demo and
follows every link from their home. Then, beside a `dlstart vet` that trains on made-up rows, each user opens a page,
reads for about two seconds, and opens the next. Prints milliseconds until the last byte and compressed bytes by page.
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
from http.cookiejar import CookieJar
from pathlib import Path
from threading import Thread

import django
import numpy as np
from django.urls import Resolver404, resolve, reverse

READING = 2.0  # seconds a user reads a page, on average
PEOPLE = 3  # of the demo, who share the users
MOST = 4  # addresses of one kind of page
SKIPPED = ("/static/", "/accounts/logout", "/api/", "/admin/", "/-/")
PORT = 8765
HOST = f"http://127.0.0.1:{PORT}"


def main(seconds: int, users: int) -> None:
    """Start, follow, measure, stop."""
    folder = Path(tempfile.mkdtemp(prefix="dlstart-bench-"))
    environment = os.environ | {"DLSTART_DATA": str(folder / "var"), "PORT": str(PORT), "DLSTART_LOG_LEVEL": "WARNING"}
    os.environ |= {"DLSTART_DATA": environment["DLSTART_DATA"], "DJANGO_SETTINGS_MODULE": "dlstart_web.settings"}
    django.setup()
    installation = subprocess.Popen(
        [sys.executable, "-m", "django", "run", "--tied"], env=environment | {"DJANGO_SETTINGS_MODULE": "dlstart_web.settings"},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        manage = [sys.executable, "manage.py", "demo"]
        wait_for_page()
        subprocess.run([*manage, "advance"], env=environment, check=True, stdout=subprocess.DEVNULL)
        logins = subprocess.run([*manage, "logins"], env=environment, check=True, capture_output=True, text=True).stdout
        sessions = [sign_in(*who) for who in re.findall(r"(\S+@\S+)\s+(\S+)", logins)[:PEOPLE]]
        addresses = [follow(session) for session in sessions]
        kinds = len({kind(path) for each in addresses for path in each})
        print(
            f"{users} users, {seconds} s, {sum(map(len, addresses))} addresses of {kinds} kinds, {os.cpu_count()} cores"
        )
        for beside in (False, True):
            training = train(folder) if beside else None
            taken = visit(sessions, addresses, seconds=seconds, users=users)
            if training:
                assert training.poll() is None, "the training ended before the users did"
                training.kill()
            show("beside one training" if beside else "alone", taken)
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


def train(folder: Path) -> subprocess.Popen:
    """A `dlstart vet` that is busy for longer than the users."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200_000, 30))
    y = (x[:, :5].sum(1) + np.sin(3 * x[:, 5]) + rng.normal(size=len(x)) > 0).astype(int)
    file = folder / "training.csv"
    header = ",".join([*(f"x{i}" for i in range(30)), "y"])
    np.savetxt(file, np.column_stack([x, y]), "%.4f", delimiter=",", header=header, comments="")
    command = [str(Path(sys.executable).with_name("dlstart")), "vet", str(file), "--target", "y", "--budget", "1000"]
    command += ["--home", str(folder / "vet"), "--quiet"]
    started = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(20)  # past its reading
    return started


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
            except http.client.RemoteDisconnected:  # it lay idle for longer than the server keeps it: opened anew
                connection.close()
                answer, body = fetch(connection, path, session)
            taken[kind(path)].append(((time.monotonic() - began) * 1000, len(body)))
            assert answer.status == 200, (path, answer.status)
            time.sleep(chance.expovariate(1 / READING))

    threads = [Thread(target=use, args=(number,)) for number in range(users)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
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
