"""The reaper: rings again what nobody picked up, queues again what fell silent, and reminds of reviews that are due."""

import signal
import threading

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import close_old_connections
from django.utils import timezone

from datasets.services.awaited import tell_awaited
from dlstart_web.kit import clock, jobs
from dlstart_web.management.commands.clock import words as clock_words
from evaluations.services.telling import tell_endings
from projects import services


class Command(BaseCommand):
    help = "Sweep over the jobs every few seconds, until stopped."

    def add_arguments(self, parser) -> None:
        parser.add_argument("--once", action="store_true", help="one sweep, then end")

    def handle(self, *args, once: bool, **options) -> None:
        if once:
            self.stdout.write(f"{jobs.reap(timezone.now())} jobs touched")
            self.stdout.write(f"{services.send_reminders(now=timezone.now())} people reminded of reviews")
            self.stdout.write(f"{tell_endings(now=timezone.now())} people told of endings")
            self.stdout.write(f"{services.send_digests(now=timezone.now())} mails of the day sent")
            return
        stop = threading.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: stop.set())
        said = ""
        while not stop.wait(settings.JOB_SWEEP):
            close_old_connections()
            try:
                clock.beat(timezone.now())
                if (wrong := clock_words(timezone.now())) and not said:
                    self.stderr.write(wrong)
                said = wrong
                jobs.reap(timezone.now())
                services.send_reminders(now=timezone.now())
                tell_endings(now=timezone.now())
                services.remind_of_graves(now=timezone.now())
                tell_awaited(now=timezone.now())
                services.send_digests(now=timezone.now())
            except Exception as fault:  # a database away for a moment must not end the reaper
                self.stderr.write(f"sweep failed: {fault}")
