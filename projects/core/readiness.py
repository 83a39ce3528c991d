"""What should stand before money is asked for. Nothing of it blocks a submission; what is missing is said."""

from collections.abc import Mapping as MappingOf
from collections.abc import Sequence
from dataclasses import dataclass

from dlstart_web.kit.say import joined, say, say_count
from projects.core import mapping, payoff
from projects.core.form import Form, Reply
from projects.core.mapping import Mapping
from projects.core.payoff import Payoff
from projects.core.rails import Rail


@dataclass(frozen=True)
class Check:
    """One point of the list. `field` is where it is mended: in `section` of the form, or in the planner `plan`."""

    words: str
    is_met: bool
    note: str
    section: str
    field: str
    plan: str = ""


def _said(replies: MappingOf[str, Reply], question: str) -> bool:
    reply = replies.get(question, Reply())
    return bool(reply.text.strip()) and not reply.is_unknown


def _tried(replies: MappingOf[str, Reply], question: str) -> bool:
    return replies.get(question, Reply()).choice == "tried"


def checks(form: Form, replies: MappingOf[str, Reply], xy: Mapping, sums: Payoff, rails: Sequence[Rail]) -> list[Check]:
    """The list, in the order of the form."""

    def at(question: str, field: str = "") -> tuple[str, str]:
        own = mapping.field_to_mend(xy) if question == "F1" else question
        return form.section_of[question].key, field or own

    missing = [question.id for question in form.missing(replies, xy)]
    first = missing[0] if missing else "G1"
    magic = joined(" ", mapping.magic(xy))
    gaps = sum(len(rail.gaps) for rail in rails)
    planned = say_count(gaps, "{count} gap", "{count} gaps") if rails else say("none is planned")
    gap = next((rail.first_gap for rail in rails if rail.gaps), "wrong_1")
    number = sums.first_gap or "places"
    worth = payoff.verdict(sums) if sums.is_begun else say("no sum yet")
    return [
        Check(say("Every starred question has an answer"), not missing, ", ".join(missing), *at(first)),
        Check(
            say("Two people were given the same rows to label"),
            _tried(replies, "D3"),
            say("{question} is not tried", question="D3"),
            *at("D3"),
        ),
        Check(
            say("It is known that the data may be used"),
            _said(replies, "D5"),
            say("{question} is open", question="D5"),
            *at("D5"),
        ),
        Check(
            say("It is known what would break it"),
            _said(replies, "R2"),
            say("{question} is open", question="R2"),
            *at("R2"),
        ),
        Check(say("X and Y are said, with three real pairs and no magic"), not magic, magic, *at("F1")),
        Check(say("One of the pairs is hard"), xy.has_hard_pair, say("none is marked"), *at("F1", "pair_1_hard")),
        Check(
            say("A person has tried to say Y from X alone"),
            _tried(replies, "F2"),
            say("{question} is not tried", question="F2"),
            *at("F2"),
        ),
        Check(
            say("The simplest rule that might work is named"),
            _said(replies, "F5"),
            say("{question} is open", question="F5"),
            *at("F5"),
        ),
        Check(
            say("The sum is whole: worth, share, costs, years"),
            sums.is_whole,
            say("no sum yet"),
            *at("P2", number),
            "payoff",
        ),
        Check(say("It brings more than it costs"), (sums.ratio or 0) > 1, worth, *at("P2", number), "payoff"),
        Check(
            say("Someone who would pay agrees with the numbers"),
            _said(replies, "P4"),
            say("{question} is open", question="P4"),
            *at("P4"),
        ),
        Check(
            say("Each way to go wrong has who notices, a guard rail and a test"),
            bool(rails) and not gaps,
            planned,
            *at("T3", gap),
            "rails",
        ),
        Check(
            say("The errors that are acceptable were agreed"),
            _said(replies, "T4"),
            say("{question} is open", question="T4"),
            *at("T4"),
        ),
    ]
