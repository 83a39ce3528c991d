"""The two commands: what they promise on paper, and `dlstart run` started for real."""

import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from dlstart_web import openmp, processes

ROOT = Path(__file__).resolve().parent.parent
DLSTART = Path(sys.executable).with_name("dlstart")
PATIENCE = 180  # seconds: a busy machine is no fault of an installation
ENVIRON_OF_TESTS = {"DATABASE_URL", "DLSTART_BROKER_URL", "DJANGO_SETTINGS_MODULE", "DLSTART_KEYS"}


def test_readme_begins_with_two_commands_that_make_knows():
    shown = re.search(r"\A# dlstart\n```\n(.*?)```", (ROOT / "README.md").read_text(), flags=re.S)
    assert shown
    commands = [line.split("#")[0].strip() for line in shown[1].strip().splitlines()]

    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.M))

    assert commands == ["make run", "make test"]
    assert {"run", "test", "setup", "test-long", "services", "bench", "lint", "clean"} <= targets


def test_compose_starts_what_the_run_command_starts():
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]

    assert set(services) == {"migrate", "web", "worker", "reaper", "postgres", "redis"}
    assert services["migrate"]["command"] == processes.MIGRATE
    assert services["web"]["command"] == processes.web("0.0.0.0:8000")
    assert services["worker"]["command"] == processes.worker()
    assert services["reaper"]["command"] == processes.REAPER
    assert processes.WORKER_ENVIRONMENT.items() <= services["worker"]["environment"].items()
    assert services["web"]["ports"] == ["127.0.0.1:8000:8000"]


def test_compose_holds_no_secret():
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]

    environment = services["web"]["environment"]

    for name in ("DLSTART_SECRET_KEY", "DLSTART_VAULT_KEY"):
        assert environment[name].startswith("${" + name + ":?")
    assert "${POSTGRES_PASSWORD:?" in environment["DATABASE_URL"]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux asks for libgomp.so.1")
def test_bundled_libgomp_serves_where_the_machine_has_none(tmp_path):
    folder = openmp.link(tmp_path / "openmp")
    code = "import ctypes; ctypes.CDLL('libgomp.so.1'); print(open('/proc/self/maps').read())"

    # The path given here goes before the machine's own library, as it would where that one is missing.
    environment = {**os.environ, "LD_LIBRARY_PATH": str(folder)}
    maps = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)

    assert {Path(line.split()[-1]).parent.name for line in maps.stdout.splitlines() if "libgomp" in line} == {
        "scikit_learn.libs"
    }


def until(condition: Callable[[], object]) -> object:
    """The first true value of `condition`, asked ten times a second; the last one when the time is over."""
    end, pause = time.monotonic() + PATIENCE, threading.Event()
    while not (value := condition()) and time.monotonic() < end:
        pause.wait(0.1)
    return value


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass
class Installation:
    """A folder of its own, and the processes that belong to it, told by their environment."""

    data: Path
    port: int
    started: ExitStack

    @property
    def environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if name not in ENVIRON_OF_TESTS}
        return {**inherited, "DLSTART_DATA": str(self.data), "DLSTART_DEMO": "0", "PORT": str(self.port)}

    def processes(self) -> dict[int, str]:
        """Process ids with their command lines; a dead one that nobody has collected yet has none."""
        found = {}
        for folder in Path("/proc").iterdir():
            if not folder.name.isdigit() or int(folder.name) == os.getpid():
                continue
            try:
                mine = f"DLSTART_DATA={self.data}".encode() in (folder / "environ").read_bytes().split(b"\0")
                words = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
            except OSError:  # it ended meanwhile
                continue
            if mine and words:
                found[int(folder.name)] = words
        return found

    def named(self, word: str) -> list[int]:
        return [pid for pid, command in self.processes().items() if word in command]

    def start(self, *command: str) -> subprocess.Popen:
        process = subprocess.Popen(
            command or [str(DLSTART), "run"],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        return self.started.enter_context(process)

    def get(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=PATIENCE) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refusal:
            with refusal:
                return refusal.code, refusal.read().decode()


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    """Empty for the first test that starts something; the others start on what it left."""
    return tmp_path_factory.mktemp("installation") / "var"


@pytest.fixture
def installation(data) -> Iterator[Installation]:
    with ExitStack() as started:
        it = Installation(data, free_port(), started)
        yield it
        for pid in it.processes():
            os.kill(pid, signal.SIGKILL)


def niceness(pid: int) -> int:
    return os.getpriority(os.PRIO_PROCESS, pid)


def said_until_ready(process: subprocess.Popen) -> str:
    """What the command says up to the line that names the data folder, its last one once all is up."""
    assert process.stdout
    said, end = "", time.monotonic() + PATIENCE
    while "Ctrl-C stops it." not in said:
        assert select.select([process.stdout], [], [], end - time.monotonic())[0], f"not ready:\n{said}"
        line = process.stdout.readline()
        assert line, f"ended:\n{said}"
        said += line
    return said


def stop(process: subprocess.Popen) -> int:
    """SIGTERM; the exit code."""
    process.terminate()
    return process.wait(PATIENCE)


def test_run_serves_refuses_a_second_start_and_ends_with_all_its_children(installation):
    process = installation.start()
    said = said_until_ready(process)

    # It says where, and how the first person gets in.
    assert f"http://127.0.0.1:{installation.port}\n" in said
    assert re.search(rf"http://127\.0\.0\.1:{installation.port}/\S+", said), said

    # It is the real thing: pages, style sheets, no fault pages, on this machine only.
    assert json.loads(installation.get("/healthz/")[1])["status"] == "ok"
    assert installation.get("/accounts/login/")[0] == 200
    assert installation.get("/static/css/base.css")[0] == 200
    status, page = installation.get("/nowhere/")
    assert (status, "DEBUG" in page, "Traceback" in page) == (404, False, False)
    listening = [line.split()[1] for line in Path("/proc/net/tcp").read_text().splitlines() if " 0A " in line]
    assert [at for at in listening if at.endswith(f":{installation.port:04X}")] == [f"0100007F:{installation.port:04X}"]
    assert oct((installation.data / "secret_key").stat().st_mode & 0o777) == "0o600"

    # A second start on the same data is refused with the address of the first.
    second = subprocess.run([DLSTART, "run"], cwd=ROOT, env=installation.environment, capture_output=True, text=True)
    assert (
        second.returncode,
        f"runs already on this data, at http://127.0.0.1:{installation.port}" in second.stderr,
    ) == (
        1,
        True,
    )
    assert "Traceback" not in second.stderr

    # The worker has what fits need in the parent, one thread a fit; a child that dies is replaced.
    assert until(lambda: len(installation.named("celery")) >= 3)  # the worker and its two children
    worker = min(installation.named("celery"))
    assert "lib_lightgbm" in Path(f"/proc/{worker}/maps").read_text()
    assert b"OMP_NUM_THREADS=1\0" in Path(f"/proc/{worker}/environ").read_bytes()
    # Pages come first: those who fit stand back behind them.
    later = min(niceness(min(installation.named("gunicorn"))) + 10, 19)
    assert until(lambda: {niceness(each) for each in installation.named("celery") if each != worker} == {later})
    [reaper] = installation.named("django reap")
    os.kill(reaper, signal.SIGKILL)
    assert until(lambda: set(installation.named("django reap")) - {reaper})

    assert stop(process) == 0
    assert until(lambda: not installation.processes()), installation.processes()


def test_run_leaves_no_child_behind_when_it_is_killed(installation):
    process = installation.start()
    said_until_ready(process)
    assert until(lambda: len(installation.named("celery")) >= 3)
    assert len(installation.processes()) >= 7  # itself, web and its worker, worker and its two children, reaper

    process.kill()

    process.wait(PATIENCE)
    assert until(lambda: not installation.processes()), installation.processes()


@pytest.mark.long
def test_run_ends_when_make_is_killed(installation):
    shell = installation.start("bash", "-c", f"{DLSTART} run --tied; true")
    said_until_ready(shell)

    shell.kill()

    shell.wait(PATIENCE)
    assert until(lambda: not installation.processes()), installation.processes()


def test_run_says_in_one_sentence_that_its_port_is_taken(installation):
    with socket.socket() as other:
        other.bind(("127.0.0.1", installation.port))
        other.listen()

        answer = subprocess.run(
            [DLSTART, "run"], cwd=ROOT, env=installation.environment, capture_output=True, text=True
        )

    port = installation.port
    assert (answer.returncode, answer.stdout) == (1, "")
    assert answer.stderr == (
        f"dlstart: Port {port} cannot be used: Address already in use. Choose another one, as in: PORT={port + 1} make run\n"
    )
