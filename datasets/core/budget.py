"""When a team may look next, how many looks its ledger still holds, and the words of a refusal.

The vault grants a look with one conditional write on stored moments; this module computes those moments and says why
there is no look. A clock set back never opens a gate, and neither does one that leapt forward until an operator has
looked at it; the caller knows of both (`dlstart_web.kit.clock`).
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from math import ceil
from typing import Literal

from datasets.core.sealed_ladder import bits
from dlstart_web.kit.say import joined, say
from dlstart_web.kit.text import day_words, weekday_words

LIMIT_BITS = 48.0
LEAST_GAP_DAYS, MOST_GAP_DAYS = 7, 365
FREE = say("Validation scores stay free.")
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)

Reason = Literal["gap", "bits", "closed", "opened", "clock", "restored"]
CountedBy = Literal["team", "person", "test set"]


@dataclass(frozen=True)
class Gate:
    """The stored gate of a team, or of the person who spends: when it opens, and the last look that moved it."""

    opens_at: datetime | None
    counted_by: Literal["team", "person"]
    last_look_at: datetime | None = None
    last_look_by: str = ""


class NoLookLeft(Exception):
    """A look was refused; its text is the sentence to show.

    Parameters
    ----------
    sentence : str
        What happened and what now.
    reason : {"gap", "bits", "closed", "opened", "clock", "restored"}
        The gap runs; the ledger is full; looks are closed; the set was opened for good; the clock is wrong;
        the database is an older copy.
    looks_spent : int
        Looks on the test set so far, by everybody.
    counted_by : {"team", "person", "test set"}
        Whose count refused.
    next_look_at : datetime, optional
        When it will be granted; None where time alone does not bring it.
    last_look_by : str, default=""
        Who took the last look on that count.
    """

    def __init__(
        self,
        sentence: str,
        *,
        reason: Reason,
        looks_spent: int,
        counted_by: CountedBy = "test set",
        next_look_at: datetime | None = None,
        last_look_by: str = "",
    ) -> None:
        super().__init__(sentence)
        self.reason = reason
        self.looks_spent = looks_spent
        self.counted_by = counted_by
        self.next_look_at = next_look_at
        self.last_look_by = last_look_by


def next_look_at(last: datetime | None, gap_days: int) -> datetime | None:
    """When the next look opens after the one at ``last``; None, that is at once, before the first.

    Days are 24 hours long and start at the last look, so that neither the calendar nor a time zone moves them.
    """
    return None if last is None else last.astimezone(UTC) + timedelta(days=gap_days)


def answer_at(spent_at: datetime, tick: int, ready_at: datetime | None = None) -> datetime:
    """When the answer of a look is told: on a whole tick, so that how long the scoring took says nothing.

    Parameters
    ----------
    spent_at : datetime
        When the look was spent; the first tick that comes at least half a tick later is its own.
    tick : int
        Seconds between two ticks; 0 tells the answer at once.
    ready_at : datetime, optional
        When it could be told. Past its own tick it waits for the next one.
    """
    if tick == 0:
        return spent_at
    step = timedelta(seconds=tick)
    soonest = max(spent_at + step / 2, ready_at or spent_at)
    return _EPOCH - (_EPOCH - soonest) // step * step


def spent_bits(t: int, j: int, M: int, log2_rungs: float | None = None) -> float:
    """Bits that the next look, number ``t`` after ``j`` releases, brings the ledger to (see `sealed_ladder.bits`)."""
    return bits(t, j, M, log2_rungs)


def looks_left_without_release(
    t: int, j: int, M: int, limit: float = LIMIT_BITS, log2_rungs: float | None = None
) -> int:
    """Looks that the ledger still grants if none of them finds a new best.

    Parameters
    ----------
    t, j : int
        Number of the next look, and the releases so far.
    M : int
        Number of rungs.
    limit : float, default=48
        Bits of the checkpoint set.
    log2_rungs : float, optional
        See `sealed_ladder.bits`.

    Returns
    -------
    looks : int
        The next look included; 0 when it is refused.
    """
    # a look t costs 2 * log2(t) bits at the least, so none past 2^(limit / 2) is granted
    looks = range(t, max(t, 2 ** ceil(limit / 2)) + 1)
    return bisect_right(looks, limit, key=lambda look: bits(look, j, M, log2_rungs))


def check_look(
    *,
    now: datetime,
    looks_open: bool,
    gates: Sequence[Gate],
    t: int,
    j: int,
    M: int,
    log2_rungs: float | None = None,
    limit: float = LIMIT_BITS,
    is_opened: bool = False,
    clock_mark: datetime | None = None,
    leapt_from: datetime | None = None,
    zone: tzinfo = UTC,
) -> None:
    """Refuse the next look in words, if there is a reason to.

    Parameters
    ----------
    now : datetime
        Aware, as all moments here.
    looks_open : bool
        The setting of the project: approved, sealed, not closed by the owner.
    gates : sequence of Gate
        The team's, and the person's.
    t, j, M, log2_rungs
        The next look on the test set, see `sealed_ladder.bits`.
    limit : float, default=48
        Bits of the checkpoint set.
    is_opened : bool, default=False
        True once a pooled set had its final opening.
    clock_mark : datetime, optional
        The latest moment the server has recorded.
    leapt_from : datetime, optional
        The last moment that passed for certain, where the clock is more than an hour past it.
    zone : tzinfo, default=UTC
        The reader's, for the moments in the sentence.

    Raises
    ------
    NoLookLeft
        With the sentence to show. Reasons that time does not mend come first.
    """
    spent = t - 1
    if not looks_open:
        raise NoLookLeft(
            say(
                "Looks are closed here. They open when the proposal is approved and the data is sealed, "
                "unless the team's owner keeps them closed. {free}",
                free=FREE,
            ),
            reason="closed",
            looks_spent=spent,
        )
    if is_opened:
        raise NoLookLeft(
            say(
                "These rows had their final opening, and that ended their looks. Fresh rows bring new ones. {free}",
                free=FREE,
            ),
            reason="opened",
            looks_spent=spent,
        )
    cost = bits(t, j, M, log2_rungs)
    if cost > limit:
        raise NoLookLeft(
            say(
                "Look {t} would bring this checkpoint set to {cost:.1f} of its {limit:g} bits. "
                "Time does not restore bits; fresh rows do. {free}",
                t=t,
                cost=cost,
                limit=limit,
                free=FREE,
            ),
            reason="bits",
            looks_spent=spent,
        )
    if clock_mark is not None and now < clock_mark:
        raise NoLookLeft(
            say(
                "The server's clock reads {now}, but it has recorded {clock_mark} before. "
                "Looks wait until it has caught up, or an operator has set it right. {free}",
                now=write_moment(now, zone),
                clock_mark=write_moment(clock_mark, zone),
                free=FREE,
            ),
            reason="clock",
            looks_spent=spent,
        )
    if leapt_from is not None:
        raise NoLookLeft(
            say(
                "The server's clock reads {now}, and the last moment that passed for certain is {leapt_from}. "
                "Looks wait until an operator has said that this is the right time, with `dlstart clock accept` on the machine. {free}",
                now=write_moment(now, zone),
                leapt_from=write_moment(leapt_from, zone),
                free=FREE,
            ),
            reason="clock",
            looks_spent=spent,
        )
    shut = [gate for gate in gates if gate.opens_at is not None and now < gate.opens_at]
    if shut:
        last = max(shut, key=lambda gate: gate.opens_at or now)
        raise NoLookLeft(
            gap_words(last, now=now, zone=zone),
            reason="gap",
            looks_spent=spent,
            counted_by=last.counted_by,
            next_look_at=last.opens_at,
            last_look_by=last.last_look_by,
        )


# ---- words


def gap_words(gate: Gate, *, now: datetime, zone: tzinfo = UTC) -> str:
    """The refusal while the gap runs: when the gate opens, who looked last, what stays free."""
    if gate.opens_at is None:
        raise ValueError("A gate without a moment is open.")
    when, wait = write_moment(gate.opens_at, zone), write_wait(gate.opens_at - now)
    if gate.counted_by == "team":
        words = [say("Your team's next look opens {when}, in {wait}.", when=when, wait=wait)]
    else:
        words = [say("Your own next look, in any team, opens {when}, in {wait}.", when=when, wait=wait)]
    if gate.last_look_at is not None:
        last = gate.last_look_at.astimezone(zone)
        who = [gate.last_look_by] if gate.last_look_by else []
        words.append(say("Last look: {when}.", when=joined(", ", [*who, day_words(last)])))
    return joined(" ", [*words, FREE])


def write_moment(moment: datetime, zone: tzinfo = UTC) -> str:
    """A moment for its reader: "Thu 26 Nov 14:05 UTC", elsewhere "Thu 26 Nov 14:05 CET (13:05 UTC)"."""
    here, utc = moment.astimezone(zone), moment.astimezone(UTC)
    words = joined(" ", [weekday_words(here), f"{here:%H:%M %Z}"])
    if here.utcoffset() == timedelta(0):
        return words
    clock = f"{utc:%H:%M} UTC"
    there = clock if here.date() == utc.date() else joined(" ", [weekday_words(utc), clock])
    return say("{here} ({there})", here=words, there=there)


def write_wait(wait: timedelta) -> str:
    """A wait in its two largest units, "3 d 4 h" or "7 d", minutes rounded up so that nobody comes too early."""
    minutes = ceil(wait / timedelta(minutes=1))
    days, hours = divmod(minutes // 60, 24)
    if days:
        return say("{days} d {hours} h", days=days, hours=hours) if hours else say("{days} d", days=days)
    if hours:
        return say("{hours} h {minutes} min", hours=hours, minutes=minutes % 60)
    return say("{minutes} min", minutes=minutes)
