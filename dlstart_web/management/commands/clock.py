"""The clock: what is known of it, or say that it is right."""

from datetime import datetime

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from dlstart_web.kit import clock


class Command(BaseCommand):
    help = "Compare the machine's clock with the last moment that was written down, or say that it is right now."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=["show", "accept"])
        parser.add_argument("--yes", action="store_true", help="accept: do not ask")

    def handle(self, *args: object, action: str, yes: bool, **options: object) -> None:
        now = timezone.now()
        self.stdout.write(words(now) or f"The clock reads {now:%a %-d %b %Y %H:%M} UTC, and nothing speaks against it.")
        if action == "show":
            return
        if not yes and input("Type ACCEPT if that time is right: ") != "ACCEPT":
            raise CommandError("Nothing was changed.", returncode=1)
        event = clock.accept(timezone.now())
        self.stdout.write(f"Written down as event {event.number}. Head: {event.digest}")


def words(now: datetime) -> str:
    """What is wrong with the clock, and what an operator does about it; "" if nothing is."""
    reading = clock.read(now)
    if reading is None or reading.is_right:
        return ""
    how, last = ("went back", reading.mark) if reading.went_back else ("leapt, or the machine was off", reading.last)
    return (
        f"The clock {how}: it reads {now:%a %-d %b %Y %H:%M} UTC, and the last moment on record is "
        f"{last:%a %-d %b %Y %H:%M} UTC. No look is granted until it is right, or you run: dlstart clock accept"
    )
