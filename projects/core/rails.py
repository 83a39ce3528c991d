"""The guard-rail planner: what goes wrong, who notices, what catches it, on what that was tested. Blanks are gaps."""

from collections.abc import Mapping
from dataclasses import dataclass

from dlstart_web.kit.say import say

COLUMNS = {
    "wrong": say("What goes wrong"),
    "notices": say("Who or what notices"),
    "rail": say("Guard rail"),
    "tested": say("Tested on"),
}
GAPS = {
    "wrong": say("what goes wrong"),
    "notices": say("who or what notices"),
    "rail": say("guard rail"),
    "tested": say("tested on"),
}
ROWS_AT_MOST = 20


@dataclass(frozen=True)
class Rail:
    """One way to go wrong, and what is known of it."""

    wrong: str = ""
    notices: str = ""
    rail: str = ""
    tested: str = ""
    number: int = 1  # its row in the planner

    @property
    def is_blank(self) -> bool:
        return not (self.wrong or self.notices or self.rail or self.tested)

    @property
    def cells(self) -> list[tuple[str, str]]:
        """(column, words); words are empty for a gap."""
        return [(label, getattr(self, name)) for name, label in COLUMNS.items()]

    @property
    def gaps(self) -> list[str]:
        return [label for name, label in GAPS.items() if not getattr(self, name)]

    @property
    def first_gap(self) -> str:
        """The field to fill in first; "" where none is empty."""
        return next((f"{name}_{self.number}" for name in COLUMNS if not getattr(self, name)), "")


def of_words(values: Mapping[str, str]) -> list[Rail]:
    """The rows in what was typed, blank ones left out."""
    numbers = sorted({int(key.rpartition("_")[2]) for key in values})
    rows = [
        Rail(**{name: values.get(f"{name}_{number}", "").strip() for name in COLUMNS}, number=number)
        for number in numbers
    ]
    return [row for row in rows if not row.is_blank]
