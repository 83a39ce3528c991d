"""What the report says, fact by fact, in the order in which it is printed: the page, Markdown and JSON lay out these."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any, Literal

from django.utils.text import Truncator

from dlstart_web.kit import text
from dlstart_web.kit.say import joined, say, say_count
from evaluations.models import ResultDecision
from projects.models import Decision, Pair

RUNGS_SHOWN, GUARD_RAILS, FRESH_SETS = 8, 2, 1  # as many as the one page has room for
SIDE = 90  # characters of X, and of Y
NONE_YET = say("none yet")


@dataclass(frozen=True)
class Fact:
    """One thing that the report says.

    `room` is how many characters of it the one page takes, None for all, 0 where it has no line there; the appendix has
    whole what was cut. `drawn` is what the page draws beside or instead of the words.
    """

    name: str
    words: str
    room: int | None = None
    drawn: Any = None
    tone: Literal["", "is-strong", "people"] = ""  # a result; words that people wrote

    @property
    def on_page(self) -> str:
        if self.room is None:
            return str(self.words)
        return Truncator(self.words).chars(self.room) if self.room else ""

    @property
    def is_cut(self) -> bool:
        return self.on_page != str(self.words)


@dataclass(frozen=True)
class Section:
    """A part of the report with its facts; `beside` stands with its title."""

    key: str
    title: str
    facts: list[Fact]
    beside: str = ""

    @property
    def on_page(self) -> list[Fact]:
        return [fact for fact in self.facts if fact.room != 0]

    @property
    def left_out(self) -> int:
        return len(self.facts) - len(self.on_page)


def sections_of(report: dict[str, Any], zone: tzinfo) -> list[Section]:
    """Head, mapping, seven sections, decisions and foot. Moments are written in `zone`."""
    return [
        Section("head", report["project"].name, list(_head(report, zone))),
        Section("mapping", say("X→Y"), list(_mapping(report))),
        Section("criteria", say("1. Five criteria"), list(_criteria(report)), _judged_by(report)),
        Section("success", say("2. Success criterion"), list(_success(report, zone))),
        Section("data", say("3. Data and seal"), list(_data(report))),
        Section("ladder", say("4. Ladder"), list(_ladder(report)), _scored_on(report)),
        Section("looks", say("5. Looks and test"), list(_looks(report, zone))),
        Section("operating", say("6. Operating point and guard rails"), list(_operating(report))),
        Section("verdict", say("7. Verdict and decision"), list(_verdict(report))),
        Section("decision", say("Decision on the proposal"), list(_decision(report["decision"], zone))),
        Section("result", say("Decision from the verdict"), list(_decision(report["result_decision"], zone))),
        Section("foot", say("Made with"), list(_foot(report))),
    ]


def _head(report: dict[str, Any], zone: tzinfo) -> Iterator[Fact]:
    proposal = report["proposal"]
    yield Fact(say("Team"), report["team"] or say("hidden until you submit your review"))
    yield Fact(say("Version"), str(proposal.number) if proposal else NONE_YET)
    yield Fact(say("Made"), text.moment_words(report["now"], zone))
    if report["review_words"]:
        yield Fact(say("Next review"), report["review_words"])


def _mapping(report: dict[str, Any]) -> Iterator[Fact]:
    proposal = report["proposal"]
    if proposal and proposal.x and proposal.y:
        values = {"x": proposal.x, "y": proposal.y, "kind": report["kind"]}
        words = say("Given one {x}, say {y} as {kind}.", **values)
        yield Fact(
            say("Mapping"),
            words if report["kind"] else say("Given one {x}, say {y}.", **values),
            None if max(len(proposal.x), len(proposal.y)) <= SIDE else SIDE,
            drawn={"x": Truncator(proposal.x).chars(SIDE), "y": Truncator(proposal.y).chars(SIDE)},
        )
    else:
        yield Fact(say("Mapping"), say("No X→Y mapping is written yet: magic goes here."))
    if report["pairs"]:
        yield Fact(say("Pairs"), joined(" · ", map(_pair, report["pairs"])), 100)


def _pair(pair: Pair) -> str:
    words = joined(" → ", [pair.x or say("(gap)"), pair.y or say("(gap)")])
    return say("{pair} (hard)", pair=words) if pair.is_hard else words


def _judged_by(report: dict[str, Any]) -> str:
    if not report["medians"]:
        return ""
    return say_count(report["reviewers"], "{count} reviewer, median, range", "{count} reviewers, median, range")


def _criteria(report: dict[str, Any]) -> Iterator[Fact]:
    for median in report["medians"]:
        if median["median"] is None:
            words = say("not judged")
        else:
            values = {name: median[name] for name in ("median", "low", "high")}
            words = say("{median:g} ({low}–{high})", **values)
            words = say("{median}, weakest", median=words) if median["is_weakest"] else words
        yield Fact(median["label"], words, drawn=median)
    if not report["medians"]:
        yield Fact(say("Reviews"), say("none to show here"))


def _success(report: dict[str, Any], zone: tzinfo) -> Iterator[Fact]:
    criterion, says = report["criterion"], report["criterion_says"]
    if criterion is None:
        yield Fact(say("Criterion"), say("not locked"))
        return
    level = {"measure": says.measure.title, "at_least": says.at_least, "level": report["criterion_level"]}
    yield Fact(say("Measure"), say("{measure}, {at_least} {level}", **level), tone="is-strong")
    for name, known in ((say("Today"), criterion.today), (say("People"), criterion.people)):
        if known is not None:
            yield Fact(name, says.number(known))
    yield Fact(say("Margin"), say("{gain} over the best simple model", gain=report["criterion_gain"]))
    yield Fact(say("Also"), report["must_hold"] or say("nothing else must hold"), 110)
    amended = say_count(report["amendments"], "amended {count} time", "amended {count} times")
    yield Fact(
        say("Locked"),
        say(
            "{moment} by {person}, {seen}, {amended}, {fingerprint}",
            moment=text.moment_words(criterion.locked_at, zone),
            person=criterion.locked_by,
            seen=say_count(criterion.results_seen, "{count} result seen", "{count} results seen"),
            amended=amended if report["amendments"] else say("not amended"),
            fingerprint=criterion.fingerprint[:8],
        ),
    )


def _data(report: dict[str, Any]) -> Iterator[Fact]:
    version = report["version"]
    if version is None:
        yield Fact(say("Data"), say("none is sealed"))
    else:
        seal = version.seal
        yield Fact(say("Set"), say("{version}, {rows} rows", version=version, rows=text.thousands(seal.rows_used)), 90)
        rule = seal.get_rule_display()
        pooled = say("{rule}; checkpoint and final are one pooled set", rule=rule)
        yield Fact(say("Split"), pooled if seal.is_pooled else rule)
        for part in report["parts"]:
            rows, fingerprint = text.thousands(part["rows"]), part["fingerprint"][:8]
            yield Fact(part["name"], say("{rows} rows, {fingerprint}", rows=rows, fingerprint=fingerprint))
        yield Fact(say("Datasheet"), report["open_data"], 75)
    yield Fact(say("Open"), say("the uploader has seen the labels; a sealed set cannot show shift"))


def _scored_on(report: dict[str, Any]) -> str:
    if not report["validation_rows"]:
        return ""
    return say(
        "{measure} on validation, {rows} rows",
        measure=report["ladder_says"].measure.title,
        rows=text.thousands(report["validation_rows"]),
    )


def _ladder(report: dict[str, Any]) -> Iterator[Fact]:
    for place, row in enumerate(report["ladder_rows"]):
        yield Fact(row["short"], row["words"], None if place < RUNGS_SHOWN else 0, drawn=row)
    if not report["ladder_rows"]:
        yield Fact(say("Rungs"), say("nothing has been trained"))


def _looks(report: dict[str, Any], zone: tzinfo) -> Iterator[Fact]:
    opening = report["opening"]
    yield Fact(
        say("Looks"),
        say(
            "{looks} spent, wear {bits:.1f} of {budget:g} bits",
            looks=report["looks"],
            bits=report["bits"],
            budget=report["bits_budget"],
        ),
    )
    if report["best_look"]:
        yield Fact(say("Best rung"), report["best_look"].sentence, 90)
    opened = opening and say(
        "opened once, {moment}, agreed by {person}",
        moment=text.moment_words(opening.scored_at, zone),
        person=opening.agreed_by,
    )
    yield Fact(say("Final"), opened or say("not opened"))
    for side in report.get("sides", ()):
        yield Fact(side["name"], side["words"], tone="is-strong")
    if report.get("pair"):
        yield Fact(say("Deep gains"), report["pair"])
    for place, found in enumerate(report["fresh"]):
        words = say("{score}, labelled later", score=found["words"])
        yield Fact(say("Fresh {number}", number=found["number"]), words, None if place < FRESH_SETS else 0)


def _operating(report: dict[str, Any]) -> Iterator[Fact]:
    for name, words in report["operating"] or [(say("Operating point"), say("none is kept"))]:
        yield Fact(name, words)
    for place, words in enumerate(report["guards"] or [say("none is written down")]):
        yield Fact(say("Guard rail"), words, 62 if place < GUARD_RAILS else 0, tone="people")


def _verdict(report: dict[str, Any]) -> Iterator[Fact]:
    verdict = report["verdict"]
    if verdict is None:
        yield Fact(say("Verdict"), say("none: the final tier is not open"))
        return
    yield Fact(say("Verdict"), verdict.title)
    yield Fact(say("Measured"), verdict.sentence)
    yield Fact(say("Footnote"), verdict.footnote)


def _decision(one: Decision | ResultDecision | None, zone: tzinfo) -> Iterator[Fact]:
    if one is None:
        yield Fact(say("Decided"), NONE_YET)
        return
    yield Fact(say("Decided"), decided_words(one, zone), 80, tone="is-strong")
    if one.hold_until:
        yield Fact(say("Hold until"), one.hold_until, 45, tone="people")
    yield Fact(say("Reason"), one.reasons, 100, tone="people")
    yield Fact(say("Dissent"), one.dissent or say("none recorded"), 60, tone="people")


def decided_words(one: Decision | ResultDecision, zone: tzinfo) -> str:
    """What was decided, when and by whom."""
    return say(
        "{outcome}, {day}, by {person}",
        outcome=one.get_outcome_display(),
        day=text.day_words(one.decided_at.astimezone(zone), with_year=True),
        person=one.decided_by,
    )


def _foot(report: dict[str, Any]) -> Iterator[Fact]:
    yield Fact(say("Rules"), report["rules_version"])
    yield Fact("dlstart", report["version_number"])
    yield Fact(say("Live page"), report["live"])
