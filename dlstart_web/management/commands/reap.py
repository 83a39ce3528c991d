"""The reaper: rings again what nobody picked up, queues again what fell silent, and reminds of reviews that are due."""

import signal
import threading
from collections.abc import Callable
from functools import partial

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import close_old_connections
from django.utils import timezone

from datasets.services.awaited import tell_awaited
from dlstart_web.kit import clock, jobs
from dlstart_web.management.commands.clock import words as clock_words
from evaluations.selectors import tasks_of
from evaluations.services.telling import tell_due, tell_endings
from projects import services

SWEEPS: tuple[tuple[Callable[..., int], str], ...] = (
    (jobs.reap, "jobs touched"),
    (services.send_reminders, "people reminded of reviews"),
    (tell_endings, "people told of endings"),
    (tell_due, "people told of what is due"),
    (services.remind_of_graves, "teams reminded of stopped ideas"),
    (tell_awaited, "people told of data they wait for"),
    (partial(services.send_digests, tasks_of=tasks_of), "mails of the day sent"),
)


class Command(BaseCommand):
    help = "Sweep over the jobs every few seconds, until stopped."

    def add_arguments(self, parser) -> None:
        parser.add_argument("--once", action="store_true", help="one sweep, then end")

    def handle(self, *args, once: bool, **options) -> None:
        if once:
            for sweep, words in SWEEPS:
                self.stdout.write(f"{sweep(now=timezone.now())} {words}")
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
                for sweep, _ in SWEEPS:
                    sweep(now=timezone.now())
            except Exception as fault:  # a database away for a moment must not end the reaper
                self.stderr.write(f"sweep failed: {fault}")
