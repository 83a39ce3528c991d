"""What an idea could be worth, as sums that anybody can check; what nobody knows stays "???"."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from dlstart_web.kit.say import figure, joined, say

UNKNOWN = "???"
FIELDS = {
    "places": (say("How many places would use it?"), say("Belts, shops, teams")),
    "times": (say("How many times a year at each?"), say("4 an hour × 2,000 hours are 8,000")),
    "worth": (say("What is one right answer worth?"), say("Money, or hours, if you say so everywhere")),
    "low": (say("The most cautious guess, in percent of that"), say("50 says: perhaps half")),
    "high": (say("The boldest guess, in percent of that"), say("150 says: perhaps half as much again")),
    "share": (say("What share could an imperfect system catch, in percent?"), say("60 is a cautious start")),
    "build": (say("What will it cost to build?"), say("Labels, computing, engineers")),
    "run": (say("What will it cost to run, a year?"), say("Upkeep, people who check, machines")),
    "years": (say("For how many years?"), say("Until a change would break it")),
}
_NUMBER = re.compile(r"-?\d+(?:[.]\d+)?")


def amount(text: str) -> float | None:
    """The number in what was typed: "288,000", "3.00 each" or "60 %"; None where there is none, or it makes no sense."""
    plain = re.sub(r"(?<=\d)[,\u00a0\u202f '](?=\d{3}\b)", "", text.strip())
    found = _NUMBER.search(plain)
    value = float(found.group()) if found else math.nan
    return value if math.isfinite(value) and 0 <= value < 1e15 else None


def words(value: float | None) -> str:
    """A number as sums show it."""
    if value is None:
        return UNKNOWN
    if value == round(value) or abs(value) >= 1000:
        return figure(f"{value:,.0f}".replace("-", "−"))
    return figure(f"{value:,.2f}".replace("-", "−"))


@dataclass(frozen=True)
class Sum:
    """One line: what it is, how it comes about, what comes out (None: nobody knows)."""

    name: str
    how: str
    value: float | None

    @property
    def words(self) -> str:
        return words(self.value)


@dataclass(frozen=True)
class Payoff:
    """The numbers of an idea; None where nobody said one."""

    places: float | None = None
    times: float | None = None
    worth: float | None = None
    low: float | None = None
    high: float | None = None
    share: float | None = None
    build: float | None = None
    run: float | None = None
    years: float | None = None

    @property
    def oracle(self) -> float | None:
        """The speed of light: a year of perfect answers."""
        return _times(self.places, self.times, self.worth)

    @property
    def realistic(self) -> float | None:
        """What an imperfect system would bring in a year."""
        return _times(self.oracle, self.share, 0.01)

    @property
    def cost(self) -> float | None:
        """Building it, and running it for all its years."""
        running = _times(self.run, self.years)
        return None if self.build is None or running is None else self.build + running

    @property
    def gain(self) -> float | None:
        """What it brings over all its years."""
        return _times(self.realistic, self.years)

    @property
    def per_reuse(self) -> float | None:
        """Build cost for each place and year."""
        uses = _times(self.places, self.years)
        return self.build / uses if self.build is not None and uses else None

    @property
    def ratio(self) -> float | None:
        """How many times it pays back."""
        return self.gain / self.cost if self.gain is not None and self.cost else None

    @property
    def needed_share(self) -> float | None:
        """The share, in percent, from which on it pays."""
        yearly = _times(self.oracle, self.years)
        return 100 * self.cost / yearly if self.cost is not None and yearly else None

    @property
    def is_begun(self) -> bool:
        return any(getattr(self, name) is not None for name in FIELDS)

    @property
    def first_gap(self) -> str:
        """The first number that the sums want; "" where they are whole. Guesses at the worth are asked for, not needed."""
        return next((name for name in FIELDS if name not in ("low", "high") and getattr(self, name) is None), "")

    @property
    def is_whole(self) -> bool:
        return not self.first_gap


def _times(*factors: float | None) -> float | None:
    return None if None in factors else math.prod(factor for factor in factors if factor is not None)


def of_words(values: Mapping[str, str]) -> Payoff:
    """The numbers in what was typed."""
    return Payoff(**{name: amount(values.get(name, "")) for name in FIELDS})


def sums(payoff: Payoff) -> list[Sum]:
    """Every sum with its factors, in the order in which one asks."""
    p = payoff
    years = words(p.years)
    lines = [
        Sum(
            say("Oracle: perfect answers, a year"),
            joined(" × ", [words(value) for value in (p.places, p.times, p.worth)]),
            p.oracle,
        )
    ]
    for name, guess in ((say("Low guess of it"), p.low), (say("High guess of it"), p.high)):
        if guess is not None:
            lines.append(Sum(name, _part(p.oracle, guess), _times(p.oracle, guess, 0.01)))
    lines += [
        Sum(say("Realistic, a year"), _part(p.oracle, p.share), p.realistic),
        Sum(
            say("Brings over all years"),
            say("{realistic} × {years} years", realistic=words(p.realistic), years=years),
            p.gain,
        ),
        Sum(
            say("Costs over all years"),
            say("{build} + {run} × {years} years", build=words(p.build), run=words(p.run), years=years),
            p.cost,
        ),
        Sum(
            say("Cost of each reuse"),
            say(
                "{build} ÷ ({places} places × {years} years)", build=words(p.build), places=words(p.places), years=years
            ),
            p.per_reuse,
        ),
        Sum(say("Pays back, times"), joined(" ÷ ", [words(p.gain), words(p.cost)]), p.ratio),
    ]
    return lines


def _part(whole: float | None, percent: float | None) -> str:
    return joined(" × ", [words(whole), joined("", [words(percent), "%"])])


def verdict(payoff: Payoff) -> str:
    """What the sums say, in a sentence."""
    if payoff.oracle == 0:
        return say("Even an oracle would change nothing: stop here, or find another use.")
    if not payoff.is_whole or payoff.ratio is None or payoff.needed_share is None:
        return say("The sum is not whole yet. What nobody knows stays ???, and reviewers see it as open.")
    needed = payoff.needed_share
    least = say("{share:.0f}%", share=needed) if needed >= 1 else say("{share:.1f}%", share=needed)
    if needed > 100:
        return say("It costs more than even perfect answers bring. Make it cheaper, reuse it more, or stop here.")
    if payoff.ratio < 1:
        return say("It costs more than it brings. It would have to catch {least} to pay.", least=least)
    return say(
        "It pays back {times:.1f} times, and it pays from a share of {least} on.", times=payoff.ratio, least=least
    )
