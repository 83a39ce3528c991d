"""Whether the machine's clock can be believed: it is compared with the last moment that was written down.

The reaper writes the moment down every few seconds (`beat`). A clock that is behind it went back. One that is more than
an hour past it, beyond the time that the machine itself counted since, leapt; then nothing is written down any more until
the clock is right again or an operator has said that it is (`accept`).
"""

import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.db import transaction

from dlstart_web.kit import audit
from dlstart_web.kit.models import AuditEvent, ClockMark

BACK = timedelta(minutes=1)  # requests overtake each other, and the clocks of two machines differ a little
LEAP = timedelta(hours=1)
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True)
class Uptime:
    """Seconds since the machine started, suspensions included, and which start that was ("" where it does not say)."""

    boot: str
    seconds: float


@dataclass(frozen=True)
class Reading:
    """What is known of a clock: the latest moment written down, the one that passed for certain, and what is wrong."""

    mark: datetime
    last: datetime
    went_back: bool
    leapt: bool

    @property
    def is_right(self) -> bool:
        return not (self.went_back or self.leapt)


def uptime() -> Uptime:
    """Of this machine, by a counter that setting the clock does not move."""
    boot = ""
    with suppress(OSError):
        boot = BOOT_ID.read_text(encoding="ascii").strip()
    return Uptime(boot, time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)))


def read(now: datetime, up: Uptime | None = None) -> Reading | None:
    """Compare a clock with the mark; None where none was ever written down."""
    mark = ClockMark.objects.filter(pk=1).first()
    return _compared(mark, now, up or uptime()) if mark else None


def beat(now: datetime, up: Uptime | None = None) -> Reading:
    """Write the moment down, unless the clock that says so cannot be believed."""
    up = up or uptime()
    with transaction.atomic():
        mark, is_new = ClockMark.objects.select_for_update().get_or_create(pk=1, defaults=_values(now, up))
        reading = _compared(mark, now, up)
        if not is_new and reading.is_right and now > mark.at:
            # within one start the anchor stays, so that many small leaps make a large one
            values = {"at": now} if _is_same_start(mark, up) else _values(now, up)
            ClockMark.objects.filter(pk=1).update(**values)
    return reading


@transaction.atomic
def accept(now: datetime, up: Uptime | None = None) -> AuditEvent:
    """An operator says that the clock is right now; the log keeps that it was said."""
    ClockMark.objects.update_or_create(pk=1, defaults=_values(now, up or uptime()))
    return audit.note("clock-accepted")


def _compared(mark: ClockMark, now: datetime, up: Uptime) -> Reading:
    # after a restart of the machine nobody can say how long it was off
    counted = timedelta(seconds=up.seconds - mark.uptime)
    last = mark.anchor + counted if _is_same_start(mark, up) else mark.at
    return Reading(mark.at, last, went_back=now < mark.at - BACK, leapt=now > last + LEAP)


def _is_same_start(mark: ClockMark, up: Uptime) -> bool:
    return up.boot != "" and up.boot == mark.boot and up.seconds >= mark.uptime


def _values(now: datetime, up: Uptime) -> dict[str, object]:
    return {"at": now, "anchor": now, "boot": up.boot, "uptime": up.seconds}
