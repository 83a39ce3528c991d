"""200 requests at once against one look: exactly one is granted, and nobody meets a locked database."""

import json
import os
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.db import connection

from datasets.models import Look, LookGate
from projects.models import Membership
from tests.factories import make_sealed_version

PROCESSES, THREADS = 4, 50
NOW = datetime(2026, 11, 22, 14, 5, tzinfo=UTC)


def race(project, user, now: datetime) -> Counter:
    """What 200 requests in 4 processes get."""
    command = [
        sys.executable,
        "-m",
        "tests.datasets.racers",
        str(project.pk),
        str(user.pk),
        str(THREADS),
        now.isoformat(),
    ]
    environment = os.environ | {"RACE_DATABASE": str(connection.settings_dict["NAME"])}
    racers = [
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment, cwd=settings.BASE_DIR
        )
        for _ in range(PROCESSES)
    ]
    for racer in racers:
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        racer.stdin.write("go\n")
        racer.stdin.flush()
    return Counter(end for racer in racers for end in json.loads(racer.communicate(timeout=120)[0]))


def race_rounds(rounds: int) -> None:
    version = make_sealed_version()
    project = version.dataset.project
    owner = project.team.memberships.get(role=Membership.Role.OWNER).user

    for number in range(rounds):
        now = NOW + number * timedelta(days=7)
        ends = race(project, owner, now)

        assert ends == {"granted": 1, "gap": PROCESSES * THREADS - 1}
        assert Look.objects.count() == number + 1
        assert set(LookGate.objects.values_list("next_look_at", flat=True)) == {now + timedelta(days=7)}


@pytest.mark.django_db(transaction=True)
def test_200_requests_at_once_get_one_look():
    race_rounds(3)


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_200_requests_at_once_get_one_look_in_50_rounds():
    race_rounds(50)
