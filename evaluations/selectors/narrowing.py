"""The portfolio's table narrowed and put in another order; ranks and bands stay those of the whole."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from dlstart_web.kit.say import say
from evaluations.selectors.portfolio import Entry
from projects.core.criteria import KEYS
from projects.models import Decision, Proposal

GATES = {"1": say("1, the idea"), "2": say("2, the data"), "3": say("3, the result")}


@dataclass(frozen=True)
class Filter:
    """One question, its values as they occur in what the person may see, and the one that is chosen ("" for all)."""

    name: str
    label: str
    choices: list[tuple[str, str]]
    chosen: str


def _state(entry: Entry) -> list[tuple[str, str]]:
    decision = entry.judged.decision
    if decision:
        return [(decision.outcome, say("decided: {outcome:small}", outcome=Decision.Outcome(decision.outcome).label))]
    state = entry.judged.proposal.state
    return [(state, say("{state:small}", state=Proposal.State(state).label))]


FILTERS: dict[str, tuple[str, Callable[[Entry], list[tuple[str, str]]]]] = {
    "state": (say("State"), _state),
    "gate": (say("Gate"), lambda entry: [(str(entry.gate), GATES[str(entry.gate)])]),
    "team": (say("Team"), lambda entry: [(name, name) for name in (entry.judged.team,) if name]),
    "department": (say("Department"), lambda entry: [(name, name) for name in entry.judged.departments]),
}

# What each head sorts by: best or most first, names from A on; what is not known comes last.
SORTS: dict[str, Callable[[Entry], Any]] = {
    "name": lambda entry: entry.name.lower(),
    **{key: lambda entry, key=key: entry.judged.profile.by_key[key].median for key in KEYS},  # type: ignore[misc]
    "gap": lambda entry: entry.widest,
    "overall": lambda entry: entry.overall,
    "gate": lambda entry: entry.gate,
    "asked": lambda entry: entry.asked,
}


def filters_of(entries: Iterable[Entry], asked: Mapping[str, str]) -> list[Filter]:
    """The four questions; one with nothing to choose from is left out, unless it was asked."""
    entries, found = list(entries), []
    for name, (label, values) in FILTERS.items():
        choices = sorted({value for entry in entries for value in values(entry)}, key=lambda choice: choice[1])
        chosen = asked.get(name, "").strip()
        if len(choices) > 1 or chosen:
            found.append(Filter(name, label, choices, chosen))
    return found


def narrowed(entries: Iterable[Entry], filters: Iterable[Filter]) -> list[Entry]:
    """Those that answer every filter as chosen."""
    wanted = [(FILTERS[one.name][1], one.chosen) for one in filters if one.chosen]
    return [entry for entry in entries if all(chosen in dict(values(entry)) for values, chosen in wanted)]


def in_order(entries: Iterable[Entry], sort: str) -> list[Entry]:
    """By one head of the table, entries that tie in the order they came; as they came where no head is named."""
    entries, key = list(entries), SORTS.get(sort)
    if key is None:
        return entries
    known = [entry for entry in entries if key(entry) is not None]
    return [*sorted(known, key=key, reverse=sort != "name"), *(entry for entry in entries if key(entry) is None)]
