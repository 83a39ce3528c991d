"""A clock that was set back or leapt is noticed, whatever else happened to the machine meanwhile."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from dlstart_web.kit import clock
from dlstart_web.kit.clock import Uptime
from dlstart_web.kit.models import AuditEvent, ClockMark

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BEGAN = Uptime("a", 1000.0)


def later(span: timedelta, boot: str = "a") -> Uptime:
    return Uptime(boot, BEGAN.seconds + span.total_seconds())


def test_clock_is_not_judged_before_anything_was_written_down():
    assert clock.read(NOW) is None


@pytest.mark.parametrize("years", [10 * 365 * DAY, 8 * DAY, HOUR + timedelta(seconds=11)])
def test_clock_that_leaps_or_goes_back_is_noticed_and_not_written_down(years):
    clock.beat(NOW, BEGAN)
    soon = later(timedelta(seconds=10))

    ahead, behind = clock.beat(NOW + years, soon), clock.beat(NOW - years, soon)

    assert (ahead.leapt, ahead.went_back) == (True, False)
    assert (behind.leapt, behind.went_back) == (False, True)
    assert ClockMark.objects.get().at == NOW
    assert clock.beat(NOW + timedelta(seconds=10), soon).is_right


def test_time_that_the_machine_counted_itself_is_no_leap():
    clock.beat(NOW, BEGAN)

    assert clock.read(NOW + 3 * DAY, later(3 * DAY)).is_right  # the program was off, or the machine slept
    assert clock.read(NOW + 3 * DAY + HOUR, later(3 * DAY)).is_right
    assert clock.read(NOW + 3 * DAY + 2 * HOUR, later(3 * DAY)).leapt


def test_machine_that_was_off_for_more_than_an_hour_asks():
    clock.beat(NOW, BEGAN)

    assert clock.read(NOW + HOUR / 2, Uptime("b", 20.0)).is_right
    assert clock.read(NOW + 8 * HOUR, Uptime("b", 20.0)).leapt
    assert clock.read(NOW + 8 * HOUR, Uptime("", later(8 * HOUR).seconds)).leapt


def test_many_small_leaps_are_a_large_one():
    clock.beat(NOW, BEGAN)

    readings = [clock.beat(NOW + number * HOUR / 2, later(timedelta(seconds=number))) for number in range(1, 20)]

    assert [reading.is_right for reading in readings] == [True, True] + [False] * 17


def test_operator_accepts_the_clock_and_the_log_keeps_it(capsys):
    clock.beat(timezone.now() - 30 * DAY, Uptime("another", 5.0))
    call_command("clock", "show")
    before = capsys.readouterr().out
    call_command("clock", "accept", yes=True)
    capsys.readouterr()
    call_command("clock", "show")

    assert "leapt, or the machine was off" in before
    assert "dlstart clock accept" in before
    assert "nothing speaks against it" in capsys.readouterr().out
    assert AuditEvent.objects.get().act == "clock-accepted"
    assert clock.read(timezone.now()).is_right
