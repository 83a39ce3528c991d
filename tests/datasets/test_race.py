"""Requests at once against one look: exactly one is granted, and nobody meets a locked database."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.db import connection

from datasets.models import Look, LookGate
from projects.models import Membership
from tests.factories import make_sealed_version

PROCESSES = 4
NOW = datetime(2026, 11, 22, 14, 5, tzinfo=UTC)


@contextmanager
def racers(project, user, threads: int) -> Iterator[list[subprocess.Popen]]:
    """Processes that wait for the start."""
    command = [sys.executable, "-m", "tests.datasets.racers", str(project.pk), str(user.pk), str(threads)]
    environment = os.environ | {"RACE_DATABASE": str(connection.settings_dict["NAME"])}
    with ExitStack() as stack:
        started = [
            stack.enter_context(
                subprocess.Popen(
                    command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                    env=environment,
                    cwd=settings.BASE_DIR,
                )
            )
            for _ in range(PROCESSES)
        ]
        assert {process.stdout.readline() for process in started} == {"ready\n"}
        yield started


def race(processes: list[subprocess.Popen], now: datetime) -> Counter:
    """What requests at once get."""
    for process in processes:
        process.stdin.write(f"{now.isoformat()}\n")
        process.stdin.flush()
    return Counter(end for process in processes for end in json.loads(process.stdout.readline()))


def race_rounds(rounds: int, *, threads: int) -> None:
    version = make_sealed_version()
    project = version.dataset.project
    owner = project.team.memberships.get(role=Membership.Role.OWNER).user

    with racers(project, owner, threads) as processes:
        for number in range(rounds):
            now = NOW + number * timedelta(days=7)
            ends = race(processes, now)

            assert ends == {"granted": 1, "gap": PROCESSES * threads - 1}
            assert Look.objects.count() == number + 1
            assert set(LookGate.objects.values_list("next_look_at", flat=True)) == {now + timedelta(days=7)}


@pytest.mark.django_db(transaction=True)
def test_80_requests_at_once_get_one_look():
    """Without the lock, 40 at once got several in each of ten rounds."""
    race_rounds(2, threads=20)


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_200_requests_at_once_get_one_look_in_50_rounds():
    race_rounds(50, threads=50)
