"""Jobs: a row in the database is the truth, the broker only rings the bell.

A job is queued with a token. A worker claims it with one compare-and-set on (state, token), so a doubled or stale
message does nothing; while it works a thread renews the heartbeat; its results are written in one transaction with the
compare-and-set that ends it, so that a worker which was taken for dead cannot write beside its successor. The reaper
rings again what nobody picked up and queues again what fell silent.
"""

import logging
import os
import socket
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import ClassVar, TypeVar

from django.apps import apps
from django.conf import settings
from django.db import close_old_connections, connection, models, transaction
from django.db.models import Count, F, Max, Min, Q
from django.utils import timezone

from dlstart_web.celery import app
from dlstart_web.kit.fields import SentenceField
from dlstart_web.kit.say import Sentence, joined, say

log = logging.getLogger(__name__)
LEAST_SHARE = 0.05  # of the work, before anything is said of the rest
J = TypeVar("J", bound="Job")


class JobTaken(Exception):
    """The job is no longer ours: cancelled, or given to another worker after a silence."""


class JobTooEarly(Exception):
    """What the job needs is not there yet: it goes back to the queue, and the attempt does not count."""


class JobUnneeded(Exception):
    """The job found that there is nothing to do; it ends as cancelled, with this reason."""


class JobState(models.TextChoices):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


OPEN_STATES = (JobState.QUEUED, JobState.RUNNING)


class Job(models.Model):
    """Work for a worker. queued -> running -> done | failed | cancelled; a silent one goes back to queued.

    Invariant: `owner` and `token` name the one worker that may write results; both change when the job is queued again.
    """

    TASK: ClassVar[str]  # the Celery task that takes (id, token)
    QUEUE: ClassVar[str] = "train"

    state = models.CharField(max_length=9, choices=JobState, default=JobState.QUEUED, db_index=True)
    token = models.UUIDField(default=uuid.uuid4, editable=False)
    owner = models.CharField(max_length=100, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    queued_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    progress = models.FloatField(default=0)  # 0 to 1
    ends_at = models.DateTimeField(null=True, blank=True)  # if it goes on as it did up to the last mark
    problem = SentenceField(blank=True)  # why it failed, in words for the person who asked
    history = SentenceField(blank=True)  # what befell it on the way, one sentence a line

    class Meta:
        abstract = True

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES

    def given_up(self) -> None:
        """Called by the reaper after the last attempt; for a model that has something to put right."""


def ring(job: Job) -> None:
    """Tell the workers that `job` waits. May fail: the reaper rings again."""
    type(job)._default_manager.filter(pk=job.pk, token=job.token, state=JobState.QUEUED).update(sent_at=timezone.now())
    try:
        app.send_task(job.TASK, args=[str(job.pk), str(job.token)], queue=job.QUEUE)
    except Exception:
        log.exception(
            "The broker did not take the message for %s %s; the reaper will ring again.", job._meta.label, job.pk
        )


def ring_on_commit(job: Job) -> None:
    """Ring once the row is really there."""
    transaction.on_commit(partial(ring, job), robust=True)


def claim(model: type[J], pk: str, token: str, *, owner: str) -> J | None:
    """Take the queued job for this worker; None if the message is stale or doubled."""
    now = timezone.now()
    taken = model._default_manager.filter(pk=pk, token=token, state=JobState.QUEUED).update(
        state=JobState.RUNNING,
        owner=owner,
        started_at=now,
        heartbeat_at=now,
        attempts=F("attempts") + 1,
        progress=0,
        ends_at=None,
    )
    return model._default_manager.get(pk=pk) if taken else None


def _ours(job: Job) -> models.QuerySet:
    """The row of `job` as long as this worker holds it."""
    return type(job)._default_manager.filter(pk=job.pk, token=job.token, owner=job.owner, state=JobState.RUNNING)


def expected_end(began: datetime, share: float, now: datetime) -> datetime | None:
    """When work ends that did this share of itself (0 to 1) since it began; None where that is too little to say."""
    return now + (now - began) * (1 - share) / share if share >= LEAST_SHARE else None


class Pulse:
    """Renews the heartbeat of a claimed job from a thread; `check` raises JobTaken once the job is not ours any more."""

    watch: ClassVar[Callable[[float], None] | None] = None  # a command that works jobs off itself shows their progress

    def __init__(self, job: Job) -> None:
        self._job, self._progress = job, 0.0
        self._ends_at: datetime | None = None
        self._end, self._taken = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True, name=f"pulse-{job.pk}")

    def __enter__(self) -> "Pulse":
        self._thread.start()
        return self

    def __exit__(self, *exception) -> None:
        self._end.set()
        self._thread.join()

    def _beat(self) -> None:
        while not self._end.wait(settings.JOB_BEAT):
            try:
                close_old_connections()
                if not _ours(self._job).update(
                    heartbeat_at=timezone.now(), progress=self._progress, ends_at=self._ends_at
                ):
                    self._taken.set()
                    break
            except Exception:  # a database away for a moment: the next beat tries again
                log.exception("No heartbeat for %s %s", self._job._meta.label, self._job.pk)
        connection.close()

    def check(self, progress: float | None = None) -> None:
        """Called by the work between two steps: notes the progress (0 to 1), raises JobTaken if the job was taken away."""
        if progress is not None:
            self._progress = progress
            self._ends_at = expected_end(self._job.started_at or timezone.now(), progress, timezone.now())
            if Pulse.watch:
                Pulse.watch(progress)
        if self._taken.is_set():
            raise JobTaken(f"{self._job._meta.label} {self._job.pk}")


def end(job: Job, state: JobState, *, problem: str = "") -> None:
    """End a claimed job; JobTaken if it is not ours. Call it inside the transaction that writes the results."""
    ended = _ours(job).update(
        state=state, ended_at=timezone.now(), problem=problem, progress=1 if state == JobState.DONE else F("progress")
    )
    if not ended:
        raise JobTaken(f"{job._meta.label} {job.pk}")


def execute(
    model: type[J],
    pk: str,
    token: str,
    work: Callable[[J, Pulse], Callable[[], None] | None],
    *,
    problems: tuple[type[Exception], ...] = (),
    on_failure: Callable[[J, Exception], None] | None = None,
) -> None:
    """Claim a job and do its `work`, which returns what writes the results (called in the transaction that ends the job).

    An exception of `problems` ends the job as failed in its own words; any other ends it as a fault of ours and is
    raised again. `on_failure` runs in the same transaction.
    """
    job = claim(model, pk, token, owner=f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}")
    if job is None:
        return

    def fail(fault: Exception, words: str) -> None:
        with transaction.atomic():
            end(job, JobState.FAILED, problem=words)
            if on_failure:
                on_failure(job, fault)

    try:
        with Pulse(job) as pulse:
            write = work(job, pulse)
        with transaction.atomic():
            end(job, JobState.DONE)
            if write:
                write()
    except JobTaken:
        log.warning("%s %s was cancelled or taken over; its results are dropped.", model._meta.label, pk)
    except JobTooEarly:
        put_back(job)
    except JobUnneeded as reason:
        with transaction.atomic():
            end(job, JobState.CANCELLED, problem=_words_of(reason))
    except problems as problem:
        fail(problem, _words_of(problem))
    except Exception as fault:
        fail(fault, say("A fault of ours stopped this job. It is in the log under its id; the data was not at fault."))
        raise


def _words_of(fault: Exception) -> str:
    """What a fault says, for whoever reads it later; one that says more than its argument has `words`."""
    said = getattr(fault, "words", fault.args[0] if fault.args else "")
    return said if isinstance(said, Sentence) else str(fault)


@transaction.atomic
def cancel(job: Job) -> bool:
    """Cancel an open job; the worker notices at its next beat. False if it had already ended."""
    return bool(
        type(job)
        ._default_manager.filter(pk=job.pk, state__in=OPEN_STATES)
        .update(state=JobState.CANCELLED, token=uuid.uuid4(), ended_at=timezone.now())
    )


def queue_again(job: Job) -> bool:
    """Give a failed or cancelled job a new token and all its attempts; False if it is in another state."""
    ended = type(job)._default_manager.filter(pk=job.pk, state__in=(JobState.FAILED, JobState.CANCELLED))
    return bool(
        ended.update(
            state=JobState.QUEUED,
            token=uuid.uuid4(),
            owner="",
            attempts=0,
            progress=0,
            problem="",
            queued_at=timezone.now(),
            sent_at=None,
            started_at=None,
            heartbeat_at=None,
            ended_at=None,
        )
    )


def put_back(job: Job) -> bool:
    """Queue a job again that came too early; False if it moved meanwhile. It is rung for later, at the latest by the reaper."""
    return bool(
        _ours(job).update(
            state=JobState.QUEUED,
            token=uuid.uuid4(),
            owner="",
            sent_at=timezone.now(),
            attempts=F("attempts") - 1,
            progress=0,
        )
    )


def requeue(job: Job, *, sentence: str) -> bool:
    """Give a silent running job a new token and queue it again; False if it moved meanwhile."""
    return bool(
        _ours(job).update(
            state=JobState.QUEUED,
            token=uuid.uuid4(),
            owner="",
            sent_at=None,
            queued_at=timezone.now(),
            history=joined("\n", [job.history, sentence]) if job.history else sentence,
        )
    )


def job_models() -> list[type[Job]]:
    """Every kind of work there is."""
    return [model for model in apps.get_models() if issubclass(model, Job)]


@dataclass(frozen=True)
class Queue:
    """The work of all kinds as it stands. `waits_since` is when the oldest was queued, `answered_at` the last sign of a worker."""

    queued: int
    running: int
    failed_today: int
    waits_since: datetime | None
    answered_at: datetime | None


def queue_now(now: datetime) -> Queue:
    """How much waits and runs, over every kind of job."""
    found = [
        model._default_manager.aggregate(
            queued=Count("pk", filter=Q(state=JobState.QUEUED)),
            running=Count("pk", filter=Q(state=JobState.RUNNING)),
            failed=Count("pk", filter=Q(state=JobState.FAILED, ended_at__gt=now - timedelta(days=1))),
            waits_since=Min("queued_at", filter=Q(state=JobState.QUEUED)),
            answered_at=Max("heartbeat_at"),
        )
        for model in job_models()
    ]
    return Queue(
        queued=sum(each["queued"] for each in found),
        running=sum(each["running"] for each in found),
        failed_today=sum(each["failed"] for each in found),
        waits_since=min((each["waits_since"] for each in found if each["waits_since"]), default=None),
        answered_at=max((each["answered_at"] for each in found if each["answered_at"]), default=None),
    )


def reap(now: datetime) -> int:
    """One sweep over every kind of job; how many were rung again, queued again or given up."""
    touched = 0
    silent_since = now - timedelta(seconds=settings.JOB_STALE)
    for model in job_models():
        for job in model._default_manager.filter(state=JobState.RUNNING, heartbeat_at__lt=silent_since):
            touched += 1
            words = say("Its worker went silent at {clock} UTC.", clock=f"{job.heartbeat_at:%H:%M:%S}")
            if job.attempts < settings.JOB_ATTEMPTS:
                attempt, most = job.attempts + 1, settings.JOB_ATTEMPTS
                again = say("Started again, attempt {attempt} of {most}.", attempt=attempt, most=most)
                requeue(job, sentence=joined(" ", [words, again]))
                continue
            given_up = say("It was tried {count} times and given up.", count=job.attempts)
            if _ours(job).update(state=JobState.FAILED, ended_at=now, problem=joined(" ", [words, given_up])):
                job.given_up()
        unheard = Q(sent_at__isnull=True) | Q(sent_at__lt=silent_since)
        for job in model._default_manager.filter(unheard, state=JobState.QUEUED).order_by("queued_at")[:100]:
            touched += 1
            ring(job)
    return touched
