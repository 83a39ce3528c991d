"""The demo organisation: load it, let it go on while workers train, say how to sign in, remove it."""

import time

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError, close_old_connections

from dlstart_web.demo.advance import Position, advance
from dlstart_web.demo.load import load, logins_path
from dlstart_web.demo.people import ORGANISATION
from dlstart_web.demo.remove import remove
from projects.models import Project, User

PAUSE = 0.5  # seconds between two looks at what the workers have done
PATIENCE = 1800  # seconds after which nobody waits any longer


class Command(BaseCommand):
    help = "Load the demo organisation, take its projects on, print its log-ins, say where it stands, or remove it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=["load", "advance", "logins", "status", "remove"])
        parser.add_argument("--once", action="store_true", help="advance: do what can be done now, and end")
        parser.add_argument("--yes", action="store_true", help="remove: do not ask")

    def handle(self, *args: object, action: str, once: bool, yes: bool, **options: object) -> None:
        if action == "load":
            self.load()
        elif action == "advance":
            self.advance(once)
        elif action == "logins":
            self.logins()
        elif action == "status":
            self.status()
        else:
            self.remove(yes)

    def load(self) -> None:
        if load():
            self.stdout.write(f"{ORGANISATION} is loaded. `demo advance` brings its data while a worker runs.")
        else:
            self.stdout.write(f"{ORGANISATION} was there already.")
        self.logins()

    def advance(self, once: bool) -> None:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            close_old_connections()
            try:
                positions = advance()
            except OperationalError as fault:
                # A database away for a moment: the next round goes on where this one stood.
                self.stderr.write(f"Not now: {fault}")
                time.sleep(10 * PAUSE)
                continue
            if once or all(position.is_settled for position in positions):
                return self.show(positions)
            time.sleep(PAUSE)
        raise CommandError(
            f"Its runs have not ended after {PATIENCE // 60} minutes. `demo advance` goes on; a worker must be running."
        )

    def show(self, positions: list[Position]) -> None:
        for position in positions:
            self.stdout.write(f"{position.name}: {position.words}")

    def logins(self) -> None:
        try:
            lines = logins_path().read_text()
        except FileNotFoundError:
            raise CommandError("The demo organisation is not loaded. `demo load` loads it.") from None
        self.stdout.write(
            f"Demo log-ins of {ORGANISATION}, to play with (invented people, passwords made at load):\n\n{lines}"
        )

    def status(self) -> None:
        projects = Project.objects.filter(is_demo=True).order_by("name")
        if not projects:
            self.stdout.write("The demo organisation is not loaded. `demo load` loads it.")
        for project in projects:
            self.stdout.write(f"{project.name}: reached {project.get_reached_display()}")

    def remove(self, yes: bool) -> None:
        if not (User.objects.filter(is_demo=True).exists() or Project.objects.filter(is_demo=True).exists()):
            self.stdout.write("There is no demo organisation to remove.")
            return
        if not yes:
            self.stdout.write(
                f"This removes {ORGANISATION} with all that its people did: projects, data, looks, results. For good."
            )
            try:
                answer = input("Type yes to remove it: ")
            except EOFError:
                raise CommandError("Nothing was removed. Where nobody can answer, add --yes.") from None
            if answer.strip().lower() != "yes":
                raise CommandError("Nothing was removed.")
        gone = remove()
        self.stdout.write(
            f"Removed: {gone['projects']} projects, {gone['teams']} teams, {gone['people']} people, their files and log-ins."
        )
