"""A real installation on the database of the tests: pages, worker and reaper, started by the one command."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.conf import settings
from django.db import connection, connections

READY = "dlstart is ready: "
QUICK = {
    "DLSTART_JOB_BEAT": "1",
    "DLSTART_JOB_STALE": "60",
    "DLSTART_JOB_SWEEP": "1",
    "DLSTART_LADDER_BUDGET": "20",
    "DLSTART_LOOK_TICK": "1",
    "DLSTART_WORKER_NICE": "0",  # a test waits for its worker, beside others that want the processor
}


@dataclass
class Installation:
    """Where it answers, and what it has said so far."""

    address: str
    said: list[str] = field(default_factory=list)
    process: subprocess.Popen[str] | None = None

    @property
    def words(self) -> str:
        return "".join(self.said)

    def url(self, path: str) -> str:
        return self.address + path


def database_url() -> str:
    """The database of the tests, as another process names it."""
    values = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{values['NAME']}"
    who = f"{values['USER']}:{values['PASSWORD']}@" if values["USER"] else ""
    return f"postgres://{who}{values['HOST']}:{values['PORT'] or 5432}/{values['NAME']}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def running(port: int = 0) -> Iterator[Installation]:
    """Start `dlstart run` on an empty or a filled database; at the end nothing of it is left."""
    port = port or free_port()
    connections.close_all()
    environment = {
        **os.environ,
        **QUICK,
        "DJANGO_SETTINGS_MODULE": "dlstart_web.settings",
        "DATABASE_URL": database_url(),
        "DLSTART_DATA": str(settings.DATA),
        "DLSTART_DEMO": "0",
        "PORT": str(port),
    }
    command = [sys.executable, "-m", "django", "run", "--tied"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout is not None
    installation, ready = Installation(f"http://127.0.0.1:{port}", process=process), threading.Event()

    def listen() -> None:
        for line in process.stdout:
            installation.said.append(line)
            if READY in "".join(installation.said[-8:]) and "Ctrl-C" in line:
                ready.set()
        ready.set()

    listener = threading.Thread(target=listen)
    listener.start()
    try:
        ready.wait(180)
        assert READY in installation.words, installation.words
        yield installation
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        listener.join()
        process.stdout.close()
