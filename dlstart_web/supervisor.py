"""Several processes as one program: started together, restarted when one dies, ended together."""

import http.client
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from dlstart_web.kit.lifeline import die_with_parent

ENDINGS = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}
GRACE = 7  # seconds between the request to end and the kill
LONG_LIFE = 30  # seconds after which a death counts as the first again


@dataclass
class Child:
    """One process; `failures` in a row make the wait before its next start longer.

    With `once` it starts when the others are ready, and its end is no death.
    """

    name: str
    command: list[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    once: bool = False
    process: subprocess.Popen | None = None
    started: float = 0.0
    failures: int = 0
    due: float = 0.0

    def start(self) -> None:
        parent = os.getpid()
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable if part == "python" else part for part in self.command],
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # a Ctrl-C in the terminal reaches us alone, and we decide
            preexec_fn=lambda: die_with_parent(parent),
        )

    def kill(self) -> None:
        """End the process and whatever it started, at once."""
        if self.process is None:
            return
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()


@contextmanager
def _wake_ups() -> Iterator[socket.socket]:
    """A socket that yields a byte for every signal of interest; select on it wakes at once."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        theirs.setblocking(False)
        wanted = {*ENDINGS, signal.SIGCHLD}
        if signal.getsignal(signal.SIGHUP) == signal.SIG_IGN:  # nohup: the terminal may go
            wanted.remove(signal.SIGHUP)
        before = {number: signal.signal(number, lambda *_: None) for number in wanted}
        before_fd = signal.set_wakeup_fd(theirs.fileno())
        try:
            yield ours
        finally:
            signal.set_wakeup_fd(before_fd)
            for number, handler in before.items():
                signal.signal(number, handler)


def _signals(wake_ups: socket.socket, seconds: float) -> set[int]:
    """The signals that came within `seconds`; returns at the first."""
    if not select.select([wake_ups], [], [], seconds)[0]:
        return set()
    return set(wake_ups.recv(4096))


def answers(port: int) -> bool:
    """Whether the web process serves. A redirect to https or a refused host name is an answer too."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
    try:
        connection.request("GET", "/healthz/")
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def supervise(
    children: list[Child], *, is_ready: Callable[[], bool], on_ready: Callable[[], None], say: Callable[[str], None]
) -> int:
    """Keep the children running until a signal asks for the end. Call it from the main thread.

    Returns
    -------
    int
        0 after a requested end; 1 if a child died before `is_ready` was true once.
    """
    ready = False
    with _wake_ups() as wake_ups:
        try:
            for child in children:
                if not child.once:
                    child.start()
            while not _signals(wake_ups, 1.0 if ready else 0.1) & ENDINGS:
                for child in children:
                    problem = _look_after(child)
                    if problem and not ready:
                        say(f"{problem} The lines above say why.")
                        return 1
                    if problem:
                        say(f"{problem} It is started again.")
                if not ready and is_ready():
                    ready = True
                    on_ready()
                    for child in children:
                        if child.once:
                            child.start()
            say("Stopping. Work in progress goes on at the next start. Once more ends it at once.")
            _ask_to_end(children, wake_ups)
            return 0
        finally:
            for child in children:
                child.kill()


def _look_after(child: Child) -> str:
    """Start a dead child again when its pause is over; a sentence at the moment its death is found, else nothing."""
    now = time.monotonic()
    if child.once:
        return ""
    if child.process is None:
        if now >= child.due:
            child.start()
        return ""
    code = child.process.poll()
    if code is None:
        return ""
    child.kill()  # what it may have left behind
    child.failures = 1 if now - child.started > LONG_LIFE else child.failures + 1
    child.due, child.process = now + min(2.0 ** (child.failures - 1), 30), None
    how = f"by signal {-code}" if code < 0 else f"with code {code}"
    return f"The {child.name} process ended {how}."


def _ask_to_end(children: list[Child], wake_ups: socket.socket) -> None:
    """Ask every child to end and wait for it, until all have, the grace is over, or a second signal comes."""
    running = [child.process for child in children if child.process is not None]
    for process in running:
        process.terminate()
    until = time.monotonic() + GRACE
    while any(process.poll() is None for process in running) and (left := until - time.monotonic()) > 0:
        if _signals(wake_ups, min(left, 0.5)) & ENDINGS:
            return
