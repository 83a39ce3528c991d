"""Which workers are there, busy or not: each says so now and then."""

import logging
import threading
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

from dlstart_web.kit.models import WorkerSign

log = logging.getLogger(__name__)
EVERY = 30  # seconds
SILENT = timedelta(seconds=4 * EVERY)
GONE = timedelta(days=1)


def sign(name: str, now: datetime) -> None:
    """This worker is there; those that have been silent for long are forgotten."""
    WorkerSign.objects.update_or_create(name=name, defaults={"at": now})
    WorkerSign.objects.filter(at__lt=now - GONE).delete()


def answering(now: datetime) -> int:
    """How many workers gave a sign lately."""
    return WorkerSign.objects.filter(at__gt=now - SILENT).count()


def keep_signing(name: str) -> None:
    """Give a sign from a thread for as long as the process lives. It holds no connection between two of them: the worker
    forks."""

    def run() -> None:
        pause = threading.Event()
        while True:
            try:
                sign(name, timezone.now())
            except Exception:  # a database away for a moment: the next sign tries again
                log.exception("No sign of %s", name)
            finally:
                connection.close()
            pause.wait(EVERY)

    threading.Thread(target=run, daemon=True, name="signs").start()
