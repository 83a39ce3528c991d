"""What a revision changed, word by word."""

import re
from difflib import SequenceMatcher

Piece = tuple[str, str]  # ("same" | "gone" | "new", text)
_WORDS = re.compile(r"\s+|[^\s]+")


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
