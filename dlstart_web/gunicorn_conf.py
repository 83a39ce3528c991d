"""What gunicorn is told besides its command line (processes.py)."""

import gc
import sys
from typing import Any

from django.conf import settings
from django.template.loader import get_template

from dlstart_web.kit.lifeline import die_with_parent

# Every question to the database gives the interpreter away; beside a thread that computes, Python hands it back after
# 5 ms, so that a page with twenty questions stood still for 100.
SWITCH_AFTER = 0.0005  # seconds

worker_class = "gthread"
loglevel = "warning"
graceful_timeout = 5
preload_app = True  # loaded once, and shared by the workers
control_socket_disable = True  # it would lie in the home folder and let two installations meet


def when_ready(server: Any) -> None:
    """Before the workers part: pages are read, so that no process does it for its first visitors, and what was loaded for
    good is not looked through again: a whole collection stopped every page for 200 ms."""
    for page in (settings.BASE_DIR / "templates").rglob("*.html"):
        get_template(str(page.relative_to(settings.BASE_DIR / "templates")))
    gc.collect()
    gc.freeze()


def post_fork(server: Any, worker: Any) -> None:
    """A worker ends with its master at once, even in the middle of a long request; its threads take short turns."""
    die_with_parent(server.pid)
    sys.setswitchinterval(SWITCH_AFTER)
