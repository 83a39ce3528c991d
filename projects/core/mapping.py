"""The X→Y mapping: its sentence, what it looks like, and where magic goes."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from dlstart_web.kit.say import say, say_count

X_KINDS = {"table": say("table row"), "picture": say("picture"), "text": say("text"), "sound": say("sound")}
CANNOT_SAY = "cannot_say"
Y_KINDS = {
    "yes_no": say("yes or no"),
    "one_of": say("one of several"),
    "many_of": say("several of many"),
    "number": say("a number"),
    "order": say("an order"),
    "text_sound": say("text or sound"),
    CANNOT_SAY: say("cannot say"),
}
PAIRS_WANTED = 3
_MAGIC_WORDS = re.compile(
    r"\b(best|beste[mnrs]?|right strategy|richtige Strategie|understand\w*|versteh\w*)\b", re.IGNORECASE
)
_SHAPES = {
    ("picture", "yes_no"): say("image classification"),
    ("picture", "one_of"): say("image classification"),
    ("sound", "text_sound"): say("speech recognition"),
    ("text", "text_sound"): say("speech synthesis or translation"),
    ("text", "one_of"): say("language understanding"),
    ("text", "yes_no"): say("language understanding"),
    ("table", "order"): say("recommendation"),
    ("table", "yes_no"): say("classification of table rows"),
    ("table", "one_of"): say("classification of table rows"),
    ("table", "number"): say("regression on table rows"),
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
    x, y = (words if words.strip() else "[…]" for words in (mapping.x, mapping.y))
    if not kind:
        return say("Given one {x}, say {y}.", x=x, y=y)
    return say("Given one {x}, say {y} as {kind}.", x=x, y=y, kind=kind)


def magic(mapping: Mapping) -> list[str]:
    """Why magic goes here; empty where each step has an X and a Y."""
    reasons: list[str] = []
    if not mapping.x.strip():
        reasons.append(say("There is no X: say what the system gets, once for each row."))
    if not mapping.y.strip():
        reasons.append(say("There is no Y: say what it answers, one question with one right answer."))
    if found := _MAGIC_WORDS.search(mapping.y):
        reasons.append(
            say(
                "Y says “{word}”, and nobody can label a row with that. Say what a person would write down.",
                word=found.group(0),
            )
        )
    if mapping.y_kind == CANNOT_SAY:
        reasons.append(say("The kind of Y is “cannot say”. Choose a kind, or stop here."))
    missing = PAIRS_WANTED - mapping.whole_pairs
    if missing > 0:
        reasons.append(
            say_count(
                missing,
                "{count} of {wanted} real pairs is missing. Copy them from real life.",
                "{count} of {wanted} real pairs are missing. Copy them from real life.",
                wanted=PAIRS_WANTED,
            )
        )
    return reasons


def field_to_mend(mapping: Mapping) -> str:
    """The field of the builder where the first reason for magic is mended; that of the next pair where there is none."""
    if not mapping.x.strip():
        return "x"
    if not mapping.y.strip() or _MAGIC_WORDS.search(mapping.y):
        return "y"
    if mapping.y_kind == CANNOT_SAY:
        return "y_kind"
    for number, (x, y, _) in enumerate(mapping.pairs, start=1):
        if not (x.strip() and y.strip()):
            return f"pair_{number}_{'y' if x.strip() else 'x'}"
    return f"pair_{len(mapping.pairs) + 1}_x"


def shape(mapping: Mapping) -> str:
    """The well-known kind of task this looks like; "" where none comes to mind."""
    return _SHAPES.get((mapping.x_kind, mapping.y_kind), "")
