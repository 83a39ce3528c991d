"""The X→Y mapping: its sentence, what it looks like, and where magic goes."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

X_KINDS = {"table": "table row", "picture": "picture", "text": "text", "sound": "sound"}
CANNOT_SAY = "cannot_say"
Y_KINDS = {
    "yes_no": "yes or no",
    "one_of": "one of several",
    "many_of": "several of many",
    "number": "a number",
    "order": "an order",
    "text_sound": "text or sound",
    CANNOT_SAY: "cannot say",
}
PAIRS_WANTED = 3
_MAGIC_WORDS = re.compile(r"\b(best|right strategy|understand\w*)\b", re.IGNORECASE)
_SHAPES = {
    ("picture", "yes_no"): "image classification",
    ("picture", "one_of"): "image classification",
    ("sound", "text_sound"): "speech recognition",
    ("text", "text_sound"): "speech synthesis or translation",
    ("text", "one_of"): "language understanding",
    ("text", "yes_no"): "language understanding",
    ("table", "order"): "recommendation",
    ("table", "yes_no"): "classification of table rows",
    ("table", "one_of"): "classification of table rows",
    ("table", "number"): "regression on table rows",
}


@dataclass(frozen=True)
class Mapping:
    """What the builder holds. `pairs` are (x, y, is hard)."""

    x: str = ""
    x_kind: str = ""
    y: str = ""
    y_kind: str = ""
    pairs: Sequence[tuple[str, str, bool]] = ()

    @property
    def whole_pairs(self) -> int:
        return sum(1 for x, y, _ in self.pairs if x.strip() and y.strip())

    @property
    def has_hard_pair(self) -> bool:
        return any(hard and x.strip() and y.strip() for x, y, hard in self.pairs)


def sentence(mapping: Mapping) -> str:
    """Like "Given one photo, say is it a mug? as yes or no."; what is missing stays open as […]."""
    kind = Y_KINDS.get(mapping.y_kind, "")
    return f"Given one {mapping.x.strip() or '[…]'}, say {mapping.y.strip() or '[…]'}" + (
        f" as {kind}." if kind else "."
    )


def magic(mapping: Mapping) -> list[str]:
    """Why magic goes here; empty where each step has an X and a Y."""
    reasons = []
    if not mapping.x.strip():
        reasons.append("There is no X: say what the system gets, once for each row.")
    if not mapping.y.strip():
        reasons.append("There is no Y: say what it answers, one question with one right answer.")
    if found := _MAGIC_WORDS.search(mapping.y):
        reasons.append(
            f"Y says “{found.group(0)}”, and nobody can label a row with that. Say what a person would write down."
        )
    if mapping.y_kind == CANNOT_SAY:
        reasons.append("The kind of Y is “cannot say”. Choose a kind, or stop here.")
    missing = PAIRS_WANTED - mapping.whole_pairs
    if missing > 0:
        reasons.append(
            f"{missing} of {PAIRS_WANTED} real pairs {'is' if missing == 1 else 'are'} missing. Copy them from real life."
        )
    return reasons


def shape(mapping: Mapping) -> str:
    """The well-known kind of task this looks like; "" where none comes to mind."""
    return _SHAPES.get((mapping.x_kind, mapping.y_kind), "")
