"""What people say about how a file is to be read, where that differs from what was found."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Kind = Literal["number", "category", "text", "date", "boolean", "id", "ignore", "picture", "sound"]

# What a column may be, and what that means for the models.
KINDS: dict[str, str] = {
    "number": "a measure or a count: more and less mean something",
    "category": "one of some values, codes too",
    "text": "words that somebody wrote",
    "date": "a day or a moment",
    "boolean": "yes or no",
    "id": "names the row or what it belongs to; no feature",
    "ignore": "left out",
}
MEDIA = ("picture", "sound")  # kinds that nobody chooses: the file has them or not
SET_ASIDE = ("id", "ignore")  # kinds that are no features


@dataclass(frozen=True)
class Corrections:
    """How a file is to be read.

    Parameters
    ----------
    kinds : mapping of str to Kind
        By column; columns that are not named keep the kind that is found.
    header : int or None
        The line (of a spreadsheet, the row) that names the columns, counted from 1; 0 if none does.
    sheet : str or None
        The sheet of a spreadsheet.
    """

    kinds: Mapping[str, Kind] = field(default_factory=dict)
    header: int | None = None
    sheet: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """The corrections as JSON-able fields."""
        return asdict(self)
