"""Sentences for people: an English pattern with its values, put into the reader's language when it is read.

`say("{rows:,} rows have no label.", rows=12)` is a string, the English one: it compares, sorts, logs and serialises as
that. Wherever it is written for a person (`str()`, a template, an f-string, another sentence) it is written in the
language of who reads, its numbers too. So a worker says what it found once, and everybody reads it in their own words.

Knows no Django, so that cores may speak; the app tells `listen` how to translate.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

MARK = "~"  # keys of packed sentences begin with it; a key of somebody's data that does gets a second one
_INSIDE_A_NUMBER = re.compile(r"(?<=\d)[.,](?=\d)")
SMALL, CAPITAL = "small", "capital"  # ways to format a sentence inside another one: as words of it, as its beginning


@dataclass(frozen=True)
class Reader:
    """Who reads: how a pattern is put into their language, and how English marks of a number become theirs."""

    translate: Callable[[str], str]
    translate_many: Callable[[str, str, int], str]
    marks: Callable[[], dict[int, int] | None]  # for `str.translate`; None where they stay


_reader = Reader(lambda words: words, lambda one, many, count: one if count == 1 else many, lambda: None)


def listen(reader: Reader) -> None:
    """From now on sentences are written for this reader."""
    global _reader
    _reader = reader


class Sentence(str):
    """English words that can be written in another language; made by `say`, `say_count`, `joined` and `listed`."""

    pattern: str
    many: str | None
    number: int
    values: dict[str, Any]

    def __new__(cls, pattern: str, values: dict[str, Any], many: str | None = None, number: int = 1) -> "Sentence":
        values = {key: _kept(value) for key, value in values.items()}
        chosen = pattern if many is None or number == 1 else many
        self = super().__new__(cls, chosen.format(**{key: _plain(value) for key, value in values.items()}))
        self.pattern, self.many, self.number, self.values = pattern, many, number, values
        return self

    def __str__(self) -> str:
        if self.many is None:
            words = _reader.translate(self.pattern) if self.pattern else ""
        else:
            words = _reader.translate_many(self.pattern, self.many, self.number)
        return words.format(**{key: _local(value) for key, value in self.values.items()})

    def __format__(self, spec: str) -> str:
        words = str(self)
        if spec == SMALL:
            return words.lower() if words == str.__str__(self) else words
        return _with_capital(words) if spec == CAPITAL else format(words, spec)

    def lower(self) -> "Sentence":
        """As it is written inside a sentence: English small, other languages as they have it, nouns with capitals."""
        return Sentence(f"{{words:{SMALL}}}", {"words": self})

    def capitalize(self) -> "Sentence":
        """As it begins a line."""
        return Sentence(f"{{words:{CAPITAL}}}", {"words": self})

    def __mod__(self, values: Any) -> str:
        """What Django fills in where it tells an error, which is for the reader."""
        return str(self) % values

    def __reduce__(self) -> tuple[Any, ...]:
        return Sentence, (self.pattern, self.values, self.many, self.number)


class Figure(str):
    """A number as it is written in English, which other languages write with other marks."""

    def __str__(self) -> str:
        marks = _reader.marks()
        return self.translate(marks) if marks else str.__str__(self)

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)


class _Number:
    """A number that takes the reader's marks once it is formatted."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __format__(self, spec: str) -> str:
        return str(Figure(format(self.value, spec)))


def _kept(value: Any) -> Any:
    """A value that has no way of its own to be formatted is kept as its words, so that a sentence can be stored."""
    return str(value) if type(value).__format__ is object.__format__ else value


class _AsItIs(str):
    """Words inside a sentence that no language changes, or that are wanted in English."""

    def __format__(self, spec: str) -> str:
        if spec == SMALL:
            return str.lower(self)
        return _with_capital(self) if spec == CAPITAL else format(str.__str__(self), spec)


def _with_capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _plain(value: Any) -> Any:
    return _AsItIs(str.__str__(value)) if isinstance(value, str) else value


def _local(value: Any) -> Any:
    if isinstance(value, str) and not isinstance(value, Sentence | Figure):
        return _AsItIs(value)
    return _Number(value) if hasattr(value, "__float__") and not isinstance(value, bool) else value


def say(pattern: str, /, **values: Any) -> str:
    """A sentence.

    Parameters
    ----------
    pattern : str
        In English, with names in braces as for `str.format`: "{share:.1%} of {rows:,} rows". A literal at each call,
        so that the catalogue of languages can list it.
    **values
        Numbers, strings, or sentences of their own; of other things, what `str` says.
    """
    return Sentence(pattern, values)


def say_count(count: int, one: str, many: str, /, **values: Any) -> str:
    """A sentence whose form depends on a number, as in "{count:,} row" and "{count:,} rows"."""
    return Sentence(one, {"count": count} | values, many, int(count))


def figure(english: str) -> str:
    """A number written in English, as "1,240.5"."""
    return Figure(english)


def english_marks(typed: str) -> str:
    """What somebody typed, its numbers as English writes them."""
    marks = _reader.marks() or {}
    return _INSIDE_A_NUMBER.sub(lambda mark: mark[0].translate({local: mark for mark, local in marks.items()}), typed)


def own_marks(typed: str) -> str:
    """The inverse of `english_marks`."""
    return _INSIDE_A_NUMBER.sub(lambda mark: str(Figure(mark[0])), typed)


def joined(between: str, parts: Iterable[str]) -> str:
    """Several sentences, or other strings, one after the other."""
    named = {f"_{place}": part for place, part in enumerate(parts)}
    between = between.replace("{", "{{").replace("}", "}}")
    return Sentence(between.join(f"{{{name}}}" for name in named), named)


def listed(parts: Sequence[str]) -> str:
    """Several words as a list: "a", "a and b", "a, b and c"."""
    if len(parts) < 2:
        return joined("", parts)
    return say("{some} and {last}", some=joined(", ", parts[:-1]), last=parts[-1])


def packed(value: Any) -> Any:
    """What JSON can hold of a value with sentences anywhere in it; `unpacked` gives them back."""
    if isinstance(value, Sentence):
        held: dict[str, Any] = {f"{MARK}say": value.pattern, "values": packed(value.values)}
        return held if value.many is None else held | {"many": value.many, "number": value.number}
    if isinstance(value, Figure):
        return {f"{MARK}figure": str.__str__(value)}
    if isinstance(value, dict):
        return {f"{MARK}{key}" if str(key).startswith(MARK) else key: packed(held) for key, held in value.items()}
    if isinstance(value, list | tuple):
        return [packed(held) for held in value]
    return value


def unpacked(value: Any) -> Any:
    """The inverse of `packed`."""
    if isinstance(value, list):
        return [unpacked(held) for held in value]
    if not isinstance(value, dict):
        return value
    if f"{MARK}say" in value:
        return Sentence(value[f"{MARK}say"], unpacked(value["values"]), value.get("many"), value.get("number", 1))
    if f"{MARK}figure" in value:
        return Figure(value[f"{MARK}figure"])
    return {key[1:] if str(key).startswith(MARK) else key: unpacked(held) for key, held in value.items()}
