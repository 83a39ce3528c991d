"""What a revision changed, word by word, and plans and files entry by entry."""

import re
from collections.abc import Mapping
from difflib import SequenceMatcher
from typing import NamedTuple

from dlstart_web.kit.say import say

Piece = tuple[str, str]  # ("same" | "gone" | "new", text)
_WORDS = re.compile(r"\s+|[^\s]+")


class CellChange(NamedTuple):
    """One entry of a plan, or one file, that differs; "" for what there is not."""

    name: str
    was: str
    now: str

    @property
    def kind(self) -> str:
        return say("changed") if self.was and self.now else say("added") if self.now else say("removed")


def cell_changes(old: Mapping[str, str], new: Mapping[str, str]) -> list[CellChange]:
    """The entries, by name, that differ: those of the old in their order, then those that only the new has."""
    found = (CellChange(name, old.get(name, ""), new.get(name, "")) for name in {**old, **new})
    return [change for change in found if change.was != change.now]


def word_changes(old: str, new: str) -> list[Piece]:
    """Two texts as one: pieces that stayed, went or came, in reading order; white space belongs to its neighbours."""
    before, after = _WORDS.findall(old), _WORDS.findall(new)
    pieces: list[Piece] = []
    for kind, i1, i2, j1, j2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "equal":
            pieces.append(("same", "".join(before[i1:i2])))
            continue
        if i2 > i1:
            pieces.append(("gone", "".join(before[i1:i2])))
        if j2 > j1:
            pieces.append(("new", "".join(after[j1:j2])))
    return pieces
