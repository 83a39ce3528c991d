"""How numbers and times are written, wherever people read them: pages, messages, the console."""

import math
from collections.abc import Callable
from datetime import date, datetime, timedelta, tzinfo
from decimal import ROUND_HALF_UP, Decimal

from dlstart_web.kit.say import figure, joined, say, say_count

MISSING = "–"
# Seconds of a unit, and how many of it are to come or gone.
_STEPS: tuple[tuple[int, Callable[[int], str], Callable[[int], str]], ...] = (
    (
        86_400,
        lambda n: say_count(n, "in {count} day", "in {count} days"),
        lambda n: say_count(n, "{count} day ago", "{count} days ago"),
    ),
    (
        3_600,
        lambda n: say_count(n, "in {count} hour", "in {count} hours"),
        lambda n: say_count(n, "{count} hour ago", "{count} hours ago"),
    ),
    (
        60,
        lambda n: say_count(n, "in {count} minute", "in {count} minutes"),
        lambda n: say_count(n, "{count} minute ago", "{count} minutes ago"),
    ),
)
WEEKDAYS = (say("Mon"), say("Tue"), say("Wed"), say("Thu"), say("Fri"), say("Sat"), say("Sun"))
MONTHS = (
    *(say("Jan"), say("Feb"), say("Mar"), say("Apr"), say("May"), say("Jun")),
    *(say("Jul"), say("Aug"), say("Sep"), say("Oct"), say("Nov"), say("Dec")),
)


def is_number(value: object) -> bool:
    """Whether there is a finite number to write."""
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool) and math.isfinite(value)


def rounded(value: float, decimals: int) -> str:
    """A number with thousands parted, a true minus sign, halves rounded up, and never a negative zero."""
    number = Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    return figure(f"{number + 0:,}".replace("-", "−"))


def thousands(value: object) -> str:
    """1240 as "1,240"; a missing count as a dash."""
    return rounded(float(value), 0) if is_number(value) else MISSING  # type: ignore[arg-type]


def decimals_for(width: float | None, *, percent: bool, size: float = 0.0) -> int:
    """How many decimals a score is written with, by the width of its range in the unit shown.

    Wider than 10: none; wider than 1: one. Percentages stop there; other units go on, to four at most. Without a range
    a percentage has one decimal and any other number three significant figures.
    """
    if width is None or width <= 0:
        if percent:
            return 1
        return min(4, max(0, 2 - math.floor(math.log10(abs(size))))) if size else 1
    wanted = 2 - math.ceil(math.log10(width))
    return min(1 if percent else 4, max(0, wanted))


def score_words(
    value: float | None, low: float | None = None, high: float | None = None, *, percent: bool = False
) -> tuple[str, str]:
    """A score and its range as they are shown: ("94.6", "93.2–95.7").

    Parameters
    ----------
    value, low, high : float or None
        In the measure's own unit; a share lies between 0 and 1.
    percent : bool, default=False
        Write a share in points of 100.

    Returns
    -------
    number, span : str
        "–" for a missing value, "" for a missing range.
    """
    factor = 100.0 if percent else 1.0
    if not is_number(value):
        return MISSING, ""
    shown = float(value) * factor  # type: ignore[arg-type]
    if not (is_number(low) and is_number(high)):
        return rounded(shown, decimals_for(None, percent=percent, size=shown)), ""
    ends = float(low) * factor, float(high) * factor  # type: ignore[arg-type]
    decimals = decimals_for(ends[1] - ends[0], percent=percent, size=shown)
    return rounded(shown, decimals), figure(rounded(ends[0], decimals) + "–" + rounded(ends[1], decimals))


def duration_words(seconds: object) -> str:
    """A length of time in its two largest units: "0.4 s", "48 s", "3 min 20 s", "2 h 5 min", "3 days"."""
    if isinstance(seconds, timedelta):
        seconds = seconds.total_seconds()
    if not is_number(seconds):
        return MISSING
    total = float(seconds)  # type: ignore[arg-type]
    if total < 9.95:
        return say("{seconds} s", seconds=rounded(total, 1))
    whole = round(total)
    if whole < 60:
        return say("{seconds} s", seconds=whole)
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        parts = [say("{minutes} min", minutes=minutes), *([say("{seconds} s", seconds=rest)] if rest else [])]
        return joined(" ", parts)
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return joined(
            " ", [say("{hours} h", hours=hours), *([say("{minutes} min", minutes=minutes)] if minutes else [])]
        )
    return say_count(hours // 24, "{count} day", "{count} days")


def time_left_words(seconds: float) -> str:
    """What is left of a wait, no finer than it can be known: "about 20 s left", "about 3 min left"."""
    if seconds < 0:
        return say("longer than expected")
    if seconds < 8:
        return say("a few seconds left")
    if seconds < 55:
        return say("about {seconds} s left", seconds=5 * round(seconds / 5))
    minutes = max(1, round(seconds / 60))
    if minutes < 90:
        return say("about {minutes} min left", minutes=minutes)
    return say("about {hours} h left", hours=round(minutes / 60))


def file_size_words(size: object) -> str:
    """A size in units of 1,000: "812 bytes", "41.3 MB"."""
    if not is_number(size):
        return MISSING
    amount = float(size)  # type: ignore[arg-type]
    if amount < 1000:
        return say_count(int(amount), "{count} byte", "{count} bytes")
    for unit in ("kB", "MB", "GB"):
        amount /= 1000
        if amount < 999.95 or unit == "GB":
            break
    return joined(" ", [rounded(amount, 1), unit])


def distance_words(moment: datetime, now: datetime) -> str:
    """How far a moment is from now, in one unit: "3 minutes ago", "in 6 days", "just now".

    What is to come is rounded up to the minute first, so that seven days are still seven a moment later.
    """
    seconds = (moment - now).total_seconds()
    if seconds > 60:
        seconds = 60 * math.ceil(seconds / 60)
    for size, ahead, back in _STEPS:
        count = int(abs(seconds) // size)
        if count:
            return ahead(count) if seconds > 0 else back(count)
    return say("in less than a minute") if seconds > 0 else say("just now")


def day_words(day: date, *, with_year: bool = False) -> str:
    """A day: "29 Nov", "29 Nov 2026"."""
    month = MONTHS[day.month - 1]
    if with_year:
        return say("{day} {month} {year}", day=day.day, month=month, year=str(day.year))
    return say("{day} {month}", day=day.day, month=month)


def weekday_words(day: date) -> str:
    """The same with its weekday: "Sun 29 Nov"."""
    return say("{weekday} {day}", weekday=WEEKDAYS[day.weekday()], day=day_words(day))


def hour_words(moment: datetime) -> str:
    """A moment in short, as it is given: "29 Nov 14:31"."""
    return joined(" ", [day_words(moment), f"{moment:%H:%M}"])


def moment_words(moment: datetime, zone: tzinfo | None = None) -> str:
    """A moment with its zone: "Sun 29 Nov 2026 14:31 CET"."""
    local = moment.astimezone(zone)
    return joined(" ", [weekday_words(local), f"{local:%Y %H:%M}", str(local.tzname())])


def position(value: float, low: float, high: float) -> str:
    """Where a value lies between two ends, in percent with two decimals, kept within the drawing."""
    share = (value - low) / (high - low) if high > low else 0.0
    return f"{min(max(share, 0.0), 1.0) * 100:.2f}%"
