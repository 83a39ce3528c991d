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
    """One point of the list. `section` is the page of the form where it is mended; `plan` names a planner instead."""

    words: str
    is_met: bool
    note: str
    section: str
    plan: str = ""


def _said(replies: MappingOf[str, Reply], question: str) -> bool:
    reply = replies.get(question, Reply())
    return bool(reply.text.strip()) and not reply.is_unknown


def _tried(replies: MappingOf[str, Reply], question: str) -> bool:
    return replies.get(question, Reply()).choice == "tried"


def checks(form: Form, replies: MappingOf[str, Reply], xy: Mapping, sums: Payoff, rails: Sequence[Rail]) -> list[Check]:
    """The list, in the order of the form."""
    missing = [question.id for question in form.missing(replies, xy)]
    magic = joined(" ", mapping.magic(xy))
    gaps = sum(len(rail.gaps) for rail in rails)
    planned = say_count(gaps, "{count} gap", "{count} gaps") if rails else say("none is planned")
    worth = payoff.verdict(sums) if sums.is_begun else say("no sum yet")
    return [
        Check(say("Every starred question has an answer"), not missing, ", ".join(missing), "problem"),
        Check(
            say("Two people were given the same rows to label"),
            _tried(replies, "D3"),
            say("{question} is not tried", question="D3"),
            "dataset",
        ),
        Check(
            say("It is known that the data may be used"),
            _said(replies, "D5"),
            say("{question} is open", question="D5"),
            "dataset",
        ),
        Check(
            say("It is known what would break it"),
            _said(replies, "R2"),
            say("{question} is open", question="R2"),
            "reuse",
        ),
        Check(say("X and Y are said, with three real pairs and no magic"), not magic, magic, "feasibility"),
        Check(say("One of the pairs is hard"), xy.has_hard_pair, say("none is marked"), "feasibility"),
        Check(
            say("A person has tried to say Y from X alone"),
            _tried(replies, "F2"),
            say("{question} is not tried", question="F2"),
            "feasibility",
        ),
        Check(
            say("The simplest rule that might work is named"),
            _said(replies, "F5"),
            say("{question} is open", question="F5"),
            "feasibility",
        ),
        Check(
            say("The sum is whole: worth, share, costs, years"), sums.is_whole, say("no sum yet"), "payoff", "payoff"
        ),
        Check(say("It brings more than it costs"), (sums.ratio or 0) > 1, worth, "payoff", "payoff"),
        Check(
            say("Someone who would pay agrees with the numbers"),
            _said(replies, "P4"),
            say("{question} is open", question="P4"),
            "payoff",
        ),
        Check(
            say("Each way to go wrong has who notices, a guard rail and a test"),
            bool(rails) and not gaps,
            planned,
            "fault_tolerance",
            "rails",
        ),
        Check(
            say("The errors that are acceptable were agreed"),
            _said(replies, "T4"),
            say("{question} is open", question="T4"),
            "fault_tolerance",
        ),
    ]
