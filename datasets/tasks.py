"""Celery's doorway to ingestion."""

from celery import shared_task

from datasets import ingestion


@shared_task(name="datasets.tasks.ingest")
def ingest(pk: str, token: str) -> None:
    ingestion.execute(pk, token)


@shared_task(name="datasets.tasks.deposit")
def deposit(pk: str, token: str) -> None:
    ingestion.deposit(pk, token)
