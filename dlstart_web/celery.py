"""The queue. Workers run `celery -A dlstart_web worker`; requests never import this module, they ring (kit/jobs.py)."""

import os

from celery import Celery
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dlstart_web.settings")
app = Celery("dlstart")
app.conf.update(settings.CELERY)
app.autodiscover_tasks()
