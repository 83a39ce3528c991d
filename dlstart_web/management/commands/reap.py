"""The reaper: rings again what nobody picked up, queues again what fell silent."""

import signal
import threading

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import close_old_connections
from django.utils import timezone

from dlstart_web.kit import jobs


class Command(BaseCommand):
    help = "Sweep over the jobs every few seconds, until stopped."

    def add_arguments(self, parser) -> None:
        parser.add_argument("--once", action="store_true", help="one sweep, then end")

    def handle(self, *args, once: bool, **options) -> None:
        if once:
            self.stdout.write(f"{jobs.reap(timezone.now())} jobs touched")
            return
        stop = threading.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: stop.set())
        while not stop.wait(settings.JOB_SWEEP):
            close_old_connections()
            try:
                jobs.reap(timezone.now())
            except Exception as fault:  # a database away for a moment must not end the reaper
                self.stderr.write(f"sweep failed: {fault}")
