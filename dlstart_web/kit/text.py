"""How numbers and times are written, wherever people read them: pages, messages, the console."""

import math
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

MISSING = "–"
_SECOND_STEPS = ((86_400, "day"), (3_600, "hour"), (60, "minute"))


def is_number(value: object) -> bool:
    """Whether there is a finite number to write."""
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool) and math.isfinite(value)


def rounded(value: float, decimals: int) -> str:
    """A number with thousands parted, a true minus sign, halves rounded up, and never a negative zero."""
    number = Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    return f"{number + 0:,}".replace("-", "−")


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
    return rounded(shown, decimals), f"{rounded(ends[0], decimals)}–{rounded(ends[1], decimals)}"


def duration_words(seconds: object) -> str:
    """A length of time in its two largest units: "0.4 s", "48 s", "3 min 20 s", "2 h 5 min", "3 days"."""
    if isinstance(seconds, timedelta):
        seconds = seconds.total_seconds()
    if not is_number(seconds):
        return MISSING
    total = float(seconds)  # type: ignore[arg-type]
    if total < 9.95:
        return f"{rounded(total, 1)} s"
    whole = round(total)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{hours // 24} days"


def time_left_words(seconds: float) -> str:
    """What is left of a wait, no finer than it can be known: "about 20 s left", "about 3 min left"."""
    if seconds < 0:
        return "longer than expected"
    if seconds < 8:
        return "a few seconds left"
    if seconds < 55:
        return f"about {5 * round(seconds / 5)} s left"
    minutes = max(1, round(seconds / 60))
    return f"about {minutes} min left" if minutes < 90 else f"about {round(minutes / 60)} h left"


def file_size_words(size: object) -> str:
    """A size in units of 1,000: "812 bytes", "41.3 MB"."""
    if not is_number(size):
        return MISSING
    amount = float(size)  # type: ignore[arg-type]
    if amount < 1000:
        return f"{int(amount)} bytes"
    for unit in ("kB", "MB", "GB"):
        amount /= 1000
        if amount < 999.95 or unit == "GB":
            break
    return f"{rounded(amount, 1)} {unit}"


def distance_words(moment: datetime, now: datetime) -> str:
    """How far a moment is from now, in one unit: "3 minutes ago", "in 6 days", "just now".

    What is to come is rounded up to the minute first, so that seven days are still seven a moment later.
    """
    seconds = (moment - now).total_seconds()
    if seconds > 60:
        seconds = 60 * math.ceil(seconds / 60)
    for size, unit in _SECOND_STEPS:
        count = int(abs(seconds) // size)
        if count:
            words = f"{count} {unit}{'' if count == 1 else 's'}"
            return f"in {words}" if seconds > 0 else f"{words} ago"
    return "in less than a minute" if seconds > 0 else "just now"


def moment_words(moment: datetime, zone: ZoneInfo | None = None) -> str:
    """A moment with its zone: "Sun 29 Nov 2026 14:31 CET"."""
    local = moment.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b %Y %H:%M} {local.tzname()}"


def position(value: float, low: float, high: float) -> str:
    """Where a value lies between two ends, in percent with two decimals, kept within the drawing."""
    share = (value - low) / (high - low) if high > low else 0.0
    return f"{min(max(share, 0.0), 1.0) * 100:.2f}%"
