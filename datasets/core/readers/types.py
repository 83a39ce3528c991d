"""What the cells of a text column are: whole numbers, numbers, yes or no, dates, or words."""

import re
from dataclasses import dataclass

import polars as pl

from datasets.core.table import MISSING_WORDS, Kind

_CLOCKS = ("%H:%M:%S", "%H:%M:%S%.f", "%H:%M")
_DAYS = ("%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y")
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

    def cast(self, texts: pl.Expr) -> pl.Expr:
        """The typed column; what does not fit becomes null."""
        if self.dtype == pl.Boolean:
            low = texts.str.to_lowercase()
            return pl.when(low == "true").then(True).when(low == "false").then(False)
        if not self.date_format:
            return texts if self.dtype == pl.String else texts.cast(self.dtype, strict=False)
        if self.dtype == pl.Date:
            return texts.str.to_date(self.date_format, strict=False)
        times = texts.str.to_datetime(self.date_format, time_unit="us", strict=False)
        return times.dt.replace_time_zone(None) if self.date_format.endswith("%z") else times


WORDS = Reading(pl.String())
WHOLE = Reading(pl.Int64())
REAL = Reading(pl.Float64())
YES_NO = Reading(pl.Boolean())


def is_nothing(bare: pl.Expr) -> pl.Expr:
    """Whether a cell, blanks around it taken off, is empty or a word that means "missing"."""
    # by pattern: with is_in or replace, the streaming engine takes minutes over a thousand columns
    return bare.str.contains(_NOTHING)


def cleaned(texts: pl.Expr) -> pl.Expr:
    """Texts without blanks around them, missing words as null."""
    bare = texts.str.strip_chars()
    return pl.when(~is_nothing(bare)).then(bare)


def candidates(texts: pl.Series) -> list[Reading]:
    """Ways to read a column, the narrowest that fits this sample first, words last.

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
    if texts.str.contains(_LOOKS_LIKE_A_DAY).all():
        few = texts.head(200)
        fitting = [each for each in map(_date, FORMATS) if _fits(few, each) and _fits(texts, each)]
        # 03/04/2024 is two days: without a cell that settles it, it stays a word
        if fitting and not ("/%Y" in fitting[0].date_format and len({f.date_format[:5] for f in fitting}) > 1):
            return [fitting[0], WORDS]
    return [WORDS]


def _date(date_format: str) -> Reading:
    return Reading(pl.Date() if date_format in _DAYS else pl.Datetime("us"), date_format)


def _fits(texts: pl.Series, reading: Reading) -> bool:
    frame = pl.DataFrame({"x": texts})
    return not bool(frame.select(reading.cast(pl.col("x")).is_null().any()).item())


def kind_of(dtype: pl.DataType, sample: pl.Series | None = None) -> Kind:
    """The kind of a typed column; words are text when the sampled cells are sentences that seldom repeat."""
    if dtype.is_numeric():
        return "number"
    if dtype == pl.Boolean:
        return "boolean"
    if dtype.is_temporal():
        return "date"
    words = sample.drop_nulls() if sample is not None else None
    if words is None or words.is_empty():
        return "category"
    blanks = words.str.count_matches(" ", literal=True).mean()
    sentences = isinstance(blanks, float) and blanks >= 3 and words.n_unique() > 0.5 * len(words)
    return "text" if sentences else "category"
