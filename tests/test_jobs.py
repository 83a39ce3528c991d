"""Jobs are never stuck: the rules of kit.jobs one by one, then a real worker that is killed and a broker that is wiped."""

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone
from redis import Redis

from dlstart_web import processes
from dlstart_web.kit import jobs
from dlstart_web.kit.jobs import JobState
from evaluations import services
from evaluations.models import Run
from tests.factories import make_bars, make_ladder, make_project, make_sealed_version

ROOT = Path(__file__).resolve().parent.parent
BEAT, STALE = 1, 30  # seconds: a worker that has to wait for a core is not dead
PATIENCE = 600


def make_run() -> Run:
    return make_ladder(make_sealed_version(make_project(is_sandbox=True)), only=("always_same",)).runs.get()


def claim(run: Run, token: object = None) -> Run | None:
    return jobs.claim(Run, str(run.pk), str(token or run.token), owner=f"worker-{uuid4().hex[:6]}")


def silence(run: Run, seconds: float = 3600) -> None:
    Run.objects.filter(pk=run.pk).update(heartbeat_at=timezone.now() - timedelta(seconds=seconds))


# ---- the rules, one by one


@pytest.mark.django_db
def test_claim_gives_a_job_to_one_worker_only():
    run = make_run()

    first, second = claim(run), claim(run)

    assert (first.state, first.attempts, second) == (JobState.RUNNING, 1, None)


@pytest.mark.django_db
def test_claim_ignores_a_stale_token():
    run = make_run()

    assert claim(run, uuid4()) is None
    assert Run.objects.get().state == JobState.QUEUED


@pytest.mark.django_db(transaction=True)
def test_claim_is_won_once_by_twenty_threads():
    run = make_run()

    def attempt(_: int) -> bool:
        try:
            return claim(run) is not None
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as pool:
        won = list(pool.map(attempt, range(20)))

    assert sum(won) == 1
    assert Run.objects.get().attempts == 1


@pytest.mark.django_db
def test_results_of_a_worker_that_was_taken_for_dead_are_dropped():
    run = make_run()
    wrote: list[str] = []

    def work(job: Run, pulse: jobs.Pulse) -> Callable[[], None]:
        silence(job)
        jobs.reap(timezone.now())  # gives the job a new token while this worker sleeps
        return lambda: wrote.append("late")

    jobs.execute(Run, str(run.pk), str(run.token), work)

    run.refresh_from_db()
    assert wrote == []
    assert (run.state, run.attempts) == (JobState.QUEUED, 1)
    assert "went silent" in run.history


@pytest.mark.django_db
def test_a_job_is_done_once_even_if_its_message_comes_twice():
    run = make_run()
    wrote: list[str] = []

    for _ in range(2):
        jobs.execute(Run, str(run.pk), str(run.token), lambda job, pulse: lambda: wrote.append("done"))

    assert wrote == ["done"]


@pytest.mark.django_db
def test_a_problem_of_the_data_is_kept_in_its_words_and_a_fault_of_ours_is_raised():
    first, second = make_run(), make_run()

    def refuse(job: Run, pulse: jobs.Pulse) -> None:
        raise ValueError("Class 'rare' has 2 rows.")

    jobs.execute(Run, str(first.pk), str(first.token), refuse, problems=(ValueError,))
    with pytest.raises(ValueError, match="rare"):
        jobs.execute(Run, str(second.pk), str(second.token), refuse)

    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, first.problem) == (JobState.FAILED, "Class 'rare' has 2 rows.")
    assert second.state == JobState.FAILED
    assert "rare" not in second.problem


@pytest.mark.django_db(transaction=True)
def test_a_cancelled_job_stops_its_worker_at_the_next_beat(settings):
    settings.JOB_BEAT = 0.02
    run = make_run()
    claimed = claim(run)

    with jobs.Pulse(claimed) as pulse:
        assert services.cancel_run(run)
        wait_for(pulse._taken.is_set)
        with pytest.raises(jobs.JobTaken):
            pulse.check(0.5)
    with pytest.raises(jobs.JobTaken):
        jobs.end(claimed, JobState.DONE)
    assert Run.objects.get().state == JobState.CANCELLED


@pytest.mark.django_db(transaction=True)
def test_a_beat_renews_the_heartbeat_and_the_progress(settings):
    settings.JOB_BEAT = 0.02
    claimed = claim(make_run())
    silence(claimed)

    with jobs.Pulse(claimed) as pulse:
        pulse.check(0.25)
        wait_for(lambda: Run.objects.get().progress == 0.25)

    assert timezone.now() - Run.objects.get().heartbeat_at < timedelta(minutes=30)


@pytest.mark.django_db
def test_reaper_queues_a_silent_job_again_until_its_attempts_are_spent(settings):
    run = make_run()
    for attempt in range(1, settings.JOB_ATTEMPTS + 1):
        run.refresh_from_db()
        assert claim(run).attempts == attempt
        silence(run)
        jobs.reap(timezone.now())

    run.refresh_from_db()
    assert run.state == JobState.FAILED
    assert "tried 3 times and given up" in run.problem
    assert run.history.count("Started again") == 2


@pytest.mark.django_db
def test_reaper_leaves_a_beating_job_alone_and_rings_what_nobody_heard():
    beating, unheard = make_run(), make_run()
    claim(beating)
    token = Run.objects.get(pk=beating.pk).token

    jobs.reap(timezone.now())

    assert Run.objects.get(pk=beating.pk).token == token
    assert Run.objects.get(pk=unheard.pk).sent_at is not None


@pytest.mark.django_db
def test_a_broker_that_is_away_loses_no_job(monkeypatch, caplog):
    run = make_run()
    monkeypatch.setattr(Run, "TASK", object())  # no broker takes a message without a name

    jobs.ring(run)

    assert Run.objects.get().state == JobState.QUEUED
    assert "the reaper will ring again" in caplog.text


# ---- the same with real processes


def wait_for(condition: Callable[[], object]) -> None:
    """Until the condition holds; fails when the patience is at its end."""
    pause, end = threading.Event(), time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            pytest.fail(f"not within {PATIENCE} s")
        pause.wait(0.05)


def database_address() -> str:
    """The database of the tests as a worker process reaches it."""
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}"))


@pytest.fixture
def start() -> Iterator[Callable[[list[str]], subprocess.Popen[bytes]]]:
    """Starts one of dlstart's processes on the tests' database and folders, in a group of its own; ends all at the end."""
    environment = {
        **os.environ,
        **processes.WORKER_ENVIRONMENT,
        "DJANGO_SETTINGS_MODULE": "dlstart_web.settings",
        "DATABASE_URL": database_address(),
        "DLSTART_DATA": str(settings.DATA),
        "DLSTART_KEYS": str(settings.KEYS),
        "DLSTART_BROKER_URL": settings.BROKER_URL,
        "DLSTART_JOB_BEAT": str(BEAT),
        "DLSTART_JOB_STALE": str(STALE),
        "DLSTART_JOB_SWEEP": "1",
        "DLSTART_WORKER_NICE": "0",
        "PYTHONPATH": str(ROOT),
    }
    started: list[subprocess.Popen[bytes]] = []

    def begin(command: list[str]) -> subprocess.Popen[bytes]:
        command = [sys.executable if part == "python" else part for part in command]
        started.append(
            subprocess.Popen(command, env=environment, cwd=ROOT, start_new_session=True, stdin=subprocess.DEVNULL)
        )
        return started[-1]

    yield begin
    for process in started:
        kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """kill -9 to a process and all it started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def empty_broker() -> None:
    """What a full disk, a new machine or a careless hand does to a broker."""
    if settings.BROKER_URL.startswith("redis"):
        Redis.from_url(settings.BROKER_URL).flushdb()
        return
    for folder in (settings.BROKER / "messages", settings.BROKER / "control"):
        shutil.rmtree(folder)
        folder.mkdir(mode=0o700)


def check_done_once(run: Run) -> None:
    """Finished, scored and ranked, with each point of its curve there once."""
    xs = list(run.points.values_list("x", flat=True))
    assert (run.state, run.rank, run.problem) == (JobState.DONE, 1, "")
    assert run.score is not None
    assert xs == sorted(set(xs))
    assert xs[0] == 1
    assert run.best_x in xs


@pytest.fixture
def slow_run(transactional_db) -> Run:
    """A queued run whose fit goes on for some seconds after its first curve point."""
    empty_broker()
    version = make_sealed_version(make_project(is_sandbox=True), rows=12_000)
    return make_ladder(version, only=("network",)).runs.get()


def test_worker_killed_in_mid_training_is_finished_once_and_the_run_says_so(slow_run, start):
    first = start(processes.worker(("train",), concurrency=1))
    wait_for(lambda: slow_run.points.count() >= 2)
    kill(first)
    assert Run.objects.get().state == JobState.RUNNING
    silence(slow_run)

    start(processes.REAPER)
    start(processes.worker(("train",), concurrency=1))
    wait_for(lambda: not Run.objects.get().is_open)

    run = Run.objects.get()
    check_done_once(run)
    assert run.attempts == 2
    assert "went silent" in run.history
    assert "Started again, attempt 2 of 3." in run.history


@pytest.mark.long
def test_broker_wiped_in_mid_training_loses_no_run(slow_run, start):
    start(processes.worker(("train",), concurrency=1))
    wait_for(lambda: slow_run.points.exists())
    second = make_ladder(make_sealed_version(make_project(is_sandbox=True)), only=("always_same",)).runs.get()
    empty_broker()

    start(processes.REAPER)
    wait_for(lambda: not Run.objects.filter(state__in=jobs.OPEN_STATES).exists())

    slow_run.refresh_from_db()
    second.refresh_from_db()
    check_done_once(slow_run)
    assert (second.state, second.attempts) == (JobState.DONE, 1)
    assert slow_run.attempts == 1


@pytest.mark.long
def test_killed_deep_run_goes_on_from_its_last_epoch_with_each_epoch_once(transactional_db, start):
    pytest.importorskip("torch")
    empty_broker()
    version = make_sealed_version(make_project(is_sandbox=True), file=make_bars(2_000, side=40), target="label")
    queued = make_ladder(version, only=("convolutional",)).runs.get()
    first = start(processes.worker(("train",), concurrency=1))
    wait_for(lambda: queued.points.count() >= 4)
    kill(first)
    silence(queued)
    before = dict(queued.points.values_list("x", "validation_loss"))

    start(processes.REAPER)
    start(processes.worker(("train",), concurrency=1))
    wait_for(lambda: not Run.objects.get().is_open)

    run = Run.objects.get()
    check_done_once(run)
    after = dict(run.points.values_list("x", "validation_loss"))
    epoch = int(re.fullmatch(r".*Went on after epoch (\d+), where it had been stopped\..*", run.note)[1])
    assert run.attempts == 2
    assert len(before) <= epoch < len(after)
    assert sorted(after) == list(range(1, len(after) + 1))
    assert {x: after[x] for x in before} == before  # the epochs before are those that were trained, not new ones
