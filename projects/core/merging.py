"""Two texts that grew out of one: brought together where their changes lie apart."""

import re
from difflib import SequenceMatcher

_WORDS = re.compile(r"\S+\s*|\s+")
Hunk = tuple[int, int, tuple[str, ...]]  # words [i, j) of the common text become these


def _hunks(base: list[str], text: list[str]) -> list[Hunk]:
    matcher = SequenceMatcher(None, base, text, autojunk=False)
    return [(i1, i2, tuple(text[j1:j2])) for kind, i1, i2, j1, j2 in matcher.get_opcodes() if kind != "equal"]


def merge(base: str, mine: str, theirs: str) -> str | None:
    """What both made of a common text, word by word; None where both changed, or touched, the same place.

    Parameters
    ----------
    base : str
        The text that both began with.
    mine, theirs : str
        What each made of it.

    Examples
    --------
    >>> merge("one two three", "ONE two three", "one two THREE")
    'ONE two THREE'
    """
    if mine in (base, theirs):
        return theirs
    if theirs == base:
        return mine
    words = _WORDS.findall(base)
    hunks = sorted({*_hunks(words, _WORDS.findall(mine)), *_hunks(words, _WORDS.findall(theirs))})
    pieces: list[str] = []
    done = -1
    for begin, end, put in hunks:
        if begin <= done:
            return None
        pieces += words[max(done, 0) : begin]
        pieces += put
        done = end
    return "".join([*pieces, *words[max(done, 0) :]])
