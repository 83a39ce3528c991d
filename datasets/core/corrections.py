"""What people say about how a file is to be read, where that differs from what was found."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from dlstart_web.kit.say import say

Kind = Literal["number", "category", "text", "date", "boolean", "id", "ignore", "picture", "sound"]
Order = Literal["date_day_first", "date_month_first"]
Choice = Kind | Order  # what somebody may say that a column is

# What a column may be, and what that means for the models.
KINDS: dict[str, str] = {
    "number": say("a measure or a count: more and less mean something"),
    "category": say("one of some values, codes too"),
    "text": say("words that somebody wrote"),
    "date": say("a day or a moment; where cells such as 03/04/2024 leave it open, say which comes first, day or month"),
    "boolean": say("yes or no"),
    "id": say("names the row or what it belongs to; no feature"),
    "ignore": say("left out"),
}
ORDERS: dict[str, str] = {"date_day_first": say("date, day first"), "date_month_first": say("date, month first")}
MEDIA = ("picture", "sound")  # kinds that nobody chooses: the file has them or not
SET_ASIDE = ("id", "ignore")  # kinds that are no features


@dataclass(frozen=True)
class Corrections:
    """How a file is to be read.

    Parameters
    ----------
    kinds : mapping of str to Choice
        By column; columns that are not named keep the kind that is found. An order makes it a date.
    header : int or None
        The line (of a spreadsheet, the row) that names the columns, counted from 1; 0 if none does.
    sheet : str or None
        The sheet of a spreadsheet.
    orders : mapping of str to Order
        Whether day or month came first in a column of the version before, for dates that leave it open here.
    """

    kinds: Mapping[str, Choice] = field(default_factory=dict)
    header: int | None = None
    sheet: str | None = None
    orders: Mapping[str, Order] = field(default_factory=dict)

    def kind(self, name: str) -> Kind | None:
        """The kind that was said for a column."""
        said = self.kinds.get(name)
        return "date" if said == "date_day_first" or said == "date_month_first" else said

    def as_dict(self) -> dict[str, Any]:
        """The corrections as JSON-able fields."""
        return asdict(self)
