"""How scores are written: percent or plain, differences, the name of a measure in a column's head."""

from dataclasses import dataclass

from dlstart_web.kit import text
from dlstart_web.kit.say import joined, say, say_count
from projects.core.measures import MEASURES, Measure

PERCENT = frozenset({"accuracy", "top5_accuracy", "balanced_accuracy", "macro_f1", "f1", "precision", "recall"})
HEADS = {"accuracy": say("% right")}


@dataclass(frozen=True)
class Speech:
    """A measure and how its numbers are written."""

    measure: Measure

    @property
    def percent(self) -> bool:
        return self.measure.name in PERCENT

    @property
    def head(self) -> str:
        """The measure with its unit, for the head of a column."""
        title = say("{measure}, %", measure=self.measure.title) if self.percent else self.measure.title
        return HEADS.get(self.measure.name, title)

    @property
    def direction(self) -> str:
        return say("higher is better") if self.measure.greater_is_better else say("lower is better")

    @property
    def at_least(self) -> str:
        """The word before a level."""
        return say("at least") if self.measure.greater_is_better else say("at most")

    def number(self, value: float | None, low: float | None = None, high: float | None = None) -> str:
        """A score without its range; the range decides the decimals."""
        words = text.score_words(value, low, high, percent=self.percent)[0]
        return say("{number}%", number=words) if self.percent and words != text.MISSING else words

    def span(self, value: float | None, low: float | None, high: float | None, rows: int | None = None) -> str:
        """ "94.6 (93.2–95.7, 1,240 rows)"."""
        number, span = text.score_words(value, low, high, percent=self.percent)
        beside = [part for part in (span, say_count(rows, "{count:,} row", "{count:,} rows") if rows else "") if part]
        return joined("", [number, " (", joined(", ", beside), ")"]) if beside else number

    def difference(self, value: float, *, signed: bool = True) -> str:
        """A gain or a loss: "+0.6 points", or "+0.012" where the measure is no percentage."""
        sign = "+" if signed and value > 0 else ""
        if not self.percent:
            return joined("", [sign, text.rounded(value, text.decimals_for(None, percent=False, size=value))])
        words = text.rounded(value * 100, 1)
        count = 1 if words in ("1.0", "−1.0") else 2
        return say_count(count, "{sign}{points} point", "{sign}{points} points", sign=sign, points=words)


def speech(metric: str) -> Speech:
    """How the scores of a metric are written."""
    return Speech(MEASURES[metric])
