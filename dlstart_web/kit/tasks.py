"""Celery's doorway to the work that does nothing, and the signs that workers give."""

from celery import shared_task
from celery.signals import worker_ready
from celery.worker import WorkController

from dlstart_web.kit import jobs, workers
from dlstart_web.kit.models import WorkerCheck


@shared_task(name=WorkerCheck.TASK)
def answer(pk: str, token: str) -> None:
    jobs.execute(WorkerCheck, pk, token, lambda check, pulse: None)


@worker_ready.connect(weak=False)
def give_signs(sender: WorkController, **_: object) -> None:
    workers.keep_signing(sender.hostname)
