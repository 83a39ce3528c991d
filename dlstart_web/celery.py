"""The queue. Workers run `celery -A dlstart_web worker`; requests never import this module, they ring (kit/jobs.py)."""

import os

from celery import Celery
from celery.signals import worker_process_init
from django.conf import settings

from dlstart_web.kit.lifeline import die_with_parent, stand_back

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dlstart_web.settings")
app = Celery("dlstart")
app.conf.update(settings.CELERY)
app.autodiscover_tasks()


@worker_process_init.connect(weak=False)
def _begin_child(**_: object) -> None:
    """A forked child ends with its worker, even in the middle of a fit; the job goes to the next one. Pages come first."""
    die_with_parent(os.getppid())
    stand_back(settings.WORKER_NICE)
