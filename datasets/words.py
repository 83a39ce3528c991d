"""What codes of data are called where people read them: parts, kinds of columns, gravity of findings, looks."""

from django.utils import timezone

from datasets.core.budget import NoLookLeft
from datasets.core.parts import PART_WORDS
from dlstart_web.kit.say import say
from dlstart_web.kit.text import moment_words

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


LOOKS_SHUT: dict[str, str] = {  # by the reason of a refusal that time alone does not mend
    "closed": say("looks: closed"),
    "bits": say("looks: used up"),
    "opened": say("looks: over"),
    "clock": say("looks: waiting for an operator"),
    "restored": say("looks: waiting for an operator"),
}


def look_words(refusal: NoLookLeft | None) -> str:
    """In short, whether there is a look now, else when the next one is, in the reader's time zone."""
    if refusal is None:
        return say("look: available")
    if refusal.next_look_at is None:
        return LOOKS_SHUT[refusal.reason]
    return say("next look: {when}", when=moment_words(refusal.next_look_at, timezone.get_current_timezone()))
