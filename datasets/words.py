"""What codes of data are called where people read them: parts, kinds of columns, gravity of findings."""

from datasets.core.parts import PART_WORDS
from dlstart_web.kit.say import say

WORDS: dict[str, str] = {
    **PART_WORDS,
    "number": say("number"),
    "category": say("category"),
    "text": say("text"),
    "date": say("date"),
    "boolean": say("boolean"),
    "id": say("id"),
    "ignore": say("ignore"),
    "picture": say("picture"),
    "sound": say("sound"),
    "stop": say("stop"),
    "look": say("look"),
    "tip": say("tip"),
}


def in_words(code: str) -> str:
    """The words of a code; the code itself where it has none."""
    return WORDS.get(code, code)
