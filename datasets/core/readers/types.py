"""What the cells of a text column are: whole numbers, numbers, yes or no, dates, or words."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from datasets.core.corrections import ORDERS, Choice, Kind
from datasets.core.errors import DataProblem, shown
from datasets.core.media import FLAC
from datasets.core.table import MISSING_WORDS
from dlstart_web.kit.say import joined, say

_CLOCKS = ("%H:%M:%S", "%H:%M:%S%.f", "%H:%M")
_DAYS = ("%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%m-%d-%Y", "%d-%m-%Y")
_ORDERS = {"%d/": "date_day_first", "%d-": "date_day_first", "%m/": "date_month_first", "%m-": "date_month_first"}
FORMATS = (
    *_DAYS,
    *(f"{day}{gap}{clock}{zone}" for day in _DAYS for gap in " T" for clock in _CLOCKS for zone in ("", "Z", "%z")),
)
_NOTHING = "^(?:|" + "|".join(map(re.escape, MISSING_WORDS)) + ")$"
_LOOKS_LIKE_A_DAY = r"^\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}"


@dataclass(frozen=True)
class Reading:
    """How a column of texts is read: the Polars type, and the format where it is a date."""

    dtype: pl.DataType
    date_format: str = ""
    yes: tuple[str, ...] = ("true",)
    no: tuple[str, ...] = ("false",)
    marks: str = ""  # a key of MARKS, for numbers that are not written as programs do

    @property
    def order(self) -> str:
        """A key of `ORDERS` for dates that the other order may fit too."""
        return _ORDERS.get(self.date_format[:3], "")

    @property
    def is_plain(self) -> bool:
        """Whether a parser of CSV can make the type."""
        return not (self.date_format or self.marks)

    def cast(self, texts: pl.Expr) -> pl.Expr:
        """The typed column; what does not fit becomes null."""
        if self.dtype == pl.Boolean:
            low = texts.str.to_lowercase()
            yes, no = (pl.any_horizontal(low == word for word in words) for words in (self.yes, self.no))
            return pl.when(yes).then(True).when(no).then(False)
        if self.marks:
            pattern, noise = _MARKED[self.marks]
            bare = texts.str.replace_all(noise, "").str.replace(",", ".", literal=True)
            return pl.when(texts.str.contains(pattern)).then(bare).cast(self.dtype, strict=False)
        if not self.date_format:
            return texts if self.dtype == pl.String else texts.cast(self.dtype, strict=False)
        if self.dtype == pl.Date:
            return texts.str.to_date(self.date_format, strict=False)
        times = texts.str.to_datetime(self.date_format, time_unit="us", strict=False)
        return times.dt.replace_time_zone(None) if self.date_format.endswith("%z") else times


# How people write numbers where programs would write 1234.5.
MARKS = {
    "comma": say("a decimal comma, such as 1.234,5, read as numbers"),
    "point": say("commas between the thousands, such as 1,234.5, read as numbers"),
}
_SPACES = "\u0020\u00a0\u2009\u202f"
_MARKED = {
    "comma": (rf"^[+-]?(?:[1-9]\d{{0,2}}(?:[.{_SPACES}']\d{{3}})+|\d+)(?:,\d+)?$", rf"[.{_SPACES}']"),
    "point": (rf"^[+-]?(?:[1-9]\d{{0,2}}(?:[,{_SPACES}']\d{{3}})+|\d+)(?:\.\d+)?$", rf"[,{_SPACES}']"),
}

WORDS = Reading(pl.String())
WHOLE = Reading(pl.Int64())
REAL = Reading(pl.Float64())
YES_NO = Reading(pl.Boolean())
MARKED = {marks: [Reading(pl.Int64(), marks=marks), Reading(pl.Float64(), marks=marks)] for marks in ("point", "comma")}
ANY_YES_NO = Reading(pl.Boolean(), yes=("true", "yes", "y", "t", "1"), no=("false", "no", "n", "f", "0"))


def is_nothing(bare: pl.Expr) -> pl.Expr:
    """Whether a cell, blanks around it taken off, is empty or a word that means "missing"."""
    # by pattern: with is_in or replace, the streaming engine takes minutes over a thousand columns
    return bare.str.contains(_NOTHING)


def cleaned(texts: pl.Expr) -> pl.Expr:
    """Texts without blanks around them, missing words as null."""
    bare = texts.str.strip_chars()
    return pl.when(~is_nothing(bare)).then(bare)


def candidates(texts: pl.Series) -> list[Reading]:
    """Ways to read a column, the narrowest that fits this sample first, words last; dates may be open (`is_open`).

    Parameters
    ----------
    texts : Series of String
        Cleaned cells.
    """
    texts = texts.drop_nulls()
    if texts.is_empty():
        return [WHOLE, REAL, YES_NO, WORDS]
    if _fits(texts, REAL):
        return [WHOLE, REAL, WORDS] if _fits(texts, WHOLE) else [REAL, WORDS]
    if _fits(texts, YES_NO):
        return [YES_NO, WORDS]
    if marks := _marks(texts):
        return [*MARKED[marks], WORDS]
    if texts.str.contains(_LOOKS_LIKE_A_DAY).all():
        return [*_dates(texts, map(_date, FORMATS)), WORDS]
    return [WORDS]


def chosen(name: str, kind: Choice | None, texts: pl.Series) -> list[Reading]:
    """Ways to read a column of the kind that somebody chose for it; as `candidates` where nobody did.

    Raises
    ------
    DataProblem
        If no date is in these cells. Whether all others fit is seen when they are read.
    """
    if kind in ("category", "text"):
        return [WORDS]
    if kind == "number":
        known = texts.drop_nulls()
        marks = "" if known.is_empty() or _fits(known, REAL) else _marks(known)
        return [*(MARKED[marks] if marks else []), WHOLE, REAL, *MARKED["point"], *MARKED["comma"]]
    if kind == "boolean":
        return [ANY_YES_NO]
    if kind == "date" or kind in ORDERS:
        texts = texts.drop_nulls()
        allowed = [date for date in map(_date, FORMATS) if kind == "date" or date.order in ("", kind)]
        if texts.is_empty():
            return [date for date in allowed if kind != "date" or not date.order]
        allowed.append(_date("%Y%m%d"))
        dates = _dates(texts, allowed)
        if not dates:
            nearest = min((_misfits(texts, date) for date in allowed), key=lambda misfits: misfits.sum())
            raise does_not_fit(name, kind, texts.filter(nearest))
        return dates
    return candidates(texts)


def is_open(readings: list[Reading]) -> bool:
    """Whether dates can be read with the day or with the month first."""
    return len({reading.order for reading in readings} - {""}) > 1


def which_order(name: str) -> DataProblem:
    """The refusal of a date whose cells fit both orders."""
    one, other = (say("{words} ({code})", words=words, code=code) for code, words in ORDERS.items())
    return DataProblem(
        "KIND_DOES_NOT_FIT",
        say(
            "Column '{name}' holds dates such as 03/04/2024 only, where the day or the month may come first.",
            name=shown(name),
        ),
        where=say("column {name}", name=shown(name)),
        found="date",
        next=say("Choose {one} or {other}.", one=one, other=other),
    )


def _marks(texts: pl.Series) -> str:
    """How these cells mark decimals and thousands, by the cells alone; "" where they are no numbers or leave it open.

    1,234 may be either: one cell such as 1,5 or 0,234 or 1.234,5 settles a decimal comma, one such as 1,234,567 or
    1,234.5 settles commas between thousands.
    """
    fitting = [marks for marks in MARKED if _fits(texts, MARKED[marks][1])]
    if len(fitting) < 2:
        return fitting[0] if fitting else ""
    return "" if texts.str.contains(r"[.,]").any() else "point"


def may_be_numbers(texts: pl.Series) -> bool:
    """Whether cells such as 1,234 are numbers, and leave open which ones."""
    texts = texts.drop_nulls()
    return len(texts) > 0 and all(_fits(texts, readings[1]) for readings in MARKED.values())


def does_not_fit(name: str, kind: Choice, texts: pl.Series) -> DataProblem:
    """The refusal of a kind for a column, with one of the cells that do not fit it."""
    advice = {
        "date": say(
            "Dates are read as 2024-03-31, with 14:05:00 behind it where there is a time; mend the cells, or choose category."
        ),
        "date_day_first": say("Choose the other order or category, or mend the cells."),
        "date_month_first": say("Choose the other order or category, or mend the cells."),
        "boolean": say(
            "Yes or no is read from true and false, yes and no, 1 and 0; mend the cells, or choose category."
        ),
    }
    words = [say("Column '{name}' cannot be read as {kind}.", name=shown(name), kind=ORDERS.get(kind, kind))]
    if len(texts):
        words.append(say("It holds '{cell}'.", cell=shown(texts[0], 40)))
    return DataProblem(
        "KIND_DOES_NOT_FIT",
        joined(" ", words),
        where=say("column {name}", name=shown(name)),
        found=shown(texts[0], 40) if len(texts) else None,
        next=advice.get(kind, say("Mend the cells, or choose category or text.")),
    )


def _dates(texts: pl.Series, allowed: Iterable[Reading]) -> list[Reading]:
    """The ways to read these cells as dates: none, one or, as with 03/04/2024, one for each order."""
    few = texts.head(200)
    fitting = [each for each in allowed if _fits(few, each) and _fits(texts, each)]
    by_order = {date.order: date for date in reversed(fitting)}
    return fitting[:1] if "" in by_order else list(by_order.values())


def _date(date_format: str) -> Reading:
    return Reading(pl.Date() if date_format in (*_DAYS, "%Y%m%d") else pl.Datetime("us"), date_format)


def _fits(texts: pl.Series, reading: Reading) -> bool:
    return not _misfits(texts, reading).any()


def _misfits(texts: pl.Series, reading: Reading) -> pl.Series:
    return pl.DataFrame({"x": texts}).select(reading.cast(pl.col("x")).is_null()).to_series()


def kind_of(dtype: pl.DataType, sample: pl.Series | None = None) -> Kind:
    """The kind of a typed column; words are text when the sampled cells are sentences that seldom repeat."""
    if dtype.is_numeric():
        return "number"
    if dtype == pl.Boolean:
        return "boolean"
    if dtype.is_temporal():
        return "date"
    if dtype == pl.Binary:
        cells = sample.drop_nulls() if sample is not None else None
        return "sound" if cells is not None and len(cells) and cells[0].startswith(FLAC) else "picture"
    words = sample.drop_nulls() if sample is not None else None
    if words is None or words.is_empty():
        return "category"
    blanks = words.str.count_matches(" ", literal=True).mean()
    sentences = isinstance(blanks, float) and blanks >= 3 and words.n_unique() > 0.5 * len(words)
    return "text" if sentences else "category"
