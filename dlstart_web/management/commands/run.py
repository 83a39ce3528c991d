"""Web, worker and reaper as one program, on one machine, with nothing else installed."""

import fcntl
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from io import StringIO
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError, connections
from django.utils import timezone

from dlstart_web import processes
from dlstart_web.env import env_bool, env_int
from dlstart_web.kit import audit
from dlstart_web.kit.lifeline import die_with_parent
from dlstart_web.management.commands.clock import words as clock_words
from dlstart_web.supervisor import Child, answers, supervise


class Command(BaseCommand):
    help = "Start the pages, the worker and the reaper; all of them end with this command."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tied", action="store_true", help="end when the program that started this one ends")

    def handle(self, *args: object, tied: bool, **options: object) -> None:
        if tied:
            die_with_parent(os.getppid(), signal.SIGTERM)
        address = f"http://127.0.0.1:{settings.PORT}"
        concurrency = env_int("DLSTART_WORKERS", 2, minimum=1)
        with only_one(settings.DATA / "run.lock", address):
            check_port(settings.PORT)
            words = self.prepare()
            connections.close_all()
            environment = {"DJANGO_SETTINGS_MODULE": os.environ["DJANGO_SETTINGS_MODULE"], "PYTHONUNBUFFERED": "1"}
            children = [
                Child("web", processes.web(f"127.0.0.1:{settings.PORT}"), environment),
                Child("worker", processes.worker(concurrency=concurrency), environment | processes.WORKER_ENVIRONMENT),
                Child("reaper", processes.REAPER, environment),
            ]
            if has_demo():
                children.append(Child("demo", processes.DEMO, environment, once=True))
            ready = f"\ndlstart is ready: {address}\n\n{words}Its data is in {settings.DATA}. Ctrl-C stops it.\n"
            code = supervise(
                children, is_ready=partial(answers, settings.PORT), on_ready=partial(self.say, ready), say=self.say
            )
        if code:
            raise CommandError("dlstart did not start.", returncode=code)

    def say(self, words: str) -> None:
        self.stdout.write(words)
        self.stdout.flush()

    def prepare(self) -> str:
        """Bring the database up to date and see to it that somebody can sign in; what to say of that."""
        try:
            call_command("migrate", verbosity=0)
        except OperationalError as fault:
            raise CommandError(f"The database does not answer: {str(fault).strip()}. DATABASE_URL names it.") from fault
        users = get_user_model().objects
        administrators = users.filter(is_administrator=True, is_active=True, is_demo=False)
        welcomed = settings.DATA / "welcomed"  # the demo comes once: whoever removed it does not get it back
        if env_bool("DLSTART_DEMO", default=True) and not welcomed.exists() and not users.exists():
            self.say("Loading the demo organisation. This happens once.")
            call_command("demo", "load", stdout=StringIO())
        welcomed.touch()
        words = ""
        if has_demo():
            call_command("demo", "load", stdout=StringIO())  # a restored copy lacks the log-ins
            words = said_by("demo", "logins") + "\n"
        if not administrators.exists():
            words += "Nobody administers it yet. This link, good for one use, makes the first administrator:\n"
            words += said_by("invite_administrator") + "\n"
        if older := audit.behind():
            words += f"{older} No look is granted until you run: dlstart audit accept\n"
        if wrong := clock_words(timezone.now()):
            words += wrong + "\n"
        return words


def has_demo() -> bool:
    return get_user_model().objects.filter(is_demo=True).exists()


def said_by(*command: str) -> str:
    """What a management command prints, its remarks included."""
    out = StringIO()
    call_command(*command, stdout=out, stderr=out)
    return out.getvalue()


@contextmanager
def only_one(path: Path, address: str) -> Iterator[None]:
    """Hold the lock of this data folder; it goes with the process, however that ends."""
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise CommandError(
                f"dlstart runs already on this data, at {file.read().strip() or address}. "
                "Open that address, or stop it there with Ctrl-C. For a second one set DLSTART_DATA and PORT."
            ) from None
        file.truncate(0)
        file.write(f"{address} (process {os.getpid()})")
        file.flush()
        yield


def check_port(port: int) -> None:
    """Refuse with one sentence what gunicorn would refuse with many."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as fault:
            raise CommandError(
                f"Port {port} cannot be used: {os.strerror(fault.errno or 0)}. "
                f"Choose another one, as in: PORT={port + 1} make run"
            ) from None
