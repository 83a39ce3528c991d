"""The log of acts: check it, or say that a restored database is the one to go on with."""

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from datasets import services
from dlstart_web.kit import audit

SHOWN = 50  # faults that are listed


class Command(BaseCommand):
    help = "Walk the log, compute its hashes again, and compare each row with what the log says of it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=["verify", "accept"])
        parser.add_argument("--head", default="", help="verify: a head kept elsewhere, to be found again")
        parser.add_argument("--yes", action="store_true", help="accept: do not ask")

    def handle(self, *args: object, action: str, head: str, yes: bool, **options: object) -> None:
        if action == "verify":
            self.verify(head)
        else:
            self.accept(yes)

    def verify(self, kept_head: str) -> None:
        checked = audit.verify(kept_head.strip())
        for fault in checked.faults[:SHOWN]:
            self.stdout.write(str(fault))
        if len(checked.faults) > SHOWN:
            self.stdout.write(f"... and {len(checked.faults) - SHOWN:,} more")
        self.stdout.write(f"{checked.events:,} events, {checked.rows:,} rows compared. Head: {checked.head}")
        if checked.faults:
            raise CommandError(f"{len(checked.faults):,} found. The log and the database do not agree.", returncode=1)

    def accept(self, yes: bool) -> None:
        if not yes:
            self.stdout.write(
                "From here on this database counts as it is. What it forgot stays forgotten, the log says so for good, "
                "and no team looks before a whole gap has passed."
            )
            if input("Type ACCEPT to go on: ") != "ACCEPT":
                raise CommandError("Nothing was changed.", returncode=1)
        event = services.accept_restored(now=timezone.now())
        self.stdout.write(f"Written down as event {event.number}. Head: {event.digest}")
