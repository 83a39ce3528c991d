"""X→Y mappings that are known to work, to begin with: the five of slide 3, and those that administrators write."""

from collections.abc import Mapping
from dataclasses import dataclass
from operator import itemgetter

from dlstart_web.kit.say import say
from projects.core.mapping import CANNOT_SAY, X_KINDS, Y_KINDS
from projects.core.wording import Group, Slot, Template


@dataclass(frozen=True)
class Shape:
    """A well-known kind of mapping. `size` and `measure` are what is usual, not what is needed."""

    key: str
    name: str
    x: str
    x_kind: str
    y: str
    y_kind: str
    row_means: str
    size: str
    measure: str
    begin: str  # what simple thing to try first

    @property
    def mapping(self) -> dict[str, str]:
        """The fields of a proposal that it fills in."""
        names = ("x", "x_kind", "y", "y_kind", "row_means")
        return {name: str(getattr(self, name)) for name in names}  # as whoever begins with it reads it


SHAPES = (
    Shape(
        "image-classification",
        say("Image classification"),
        say("picture of one thing"),
        "picture",
        say("which of these things is it?"),
        "one_of",
        say("one picture"),
        say("1,000 labelled pictures of each class to train anew; some hundreds where a pretrained network fits"),
        say("share sorted right; balanced accuracy where one class is rare"),
        say("average colour and edges with a linear model"),
    ),
    Shape(
        "speech-recognition",
        say("Speech recognition"),
        say("recording of one utterance"),
        "sound",
        say("which words were said?"),
        "text_sound",
        say("one utterance"),
        say("hundreds to thousands of hours with transcripts; a few commands need far less"),
        say("word error rate; share sorted right for single commands"),
        say("a bought recogniser, and a list of the ten commands you need"),
    ),
    Shape(
        "speech-synthesis",
        say("Speech synthesis"),
        say("sentence to be read aloud"),
        "text",
        say("how does it sound, read well?"),
        "text_sound",
        say("one sentence"),
        say("about 20 hours of one speaker, cut into sentences"),
        say("listeners' opinion from 1 to 5, blind"),
        say("recorded phrases, joined"),
    ),
    Shape(
        "recommendation",
        say("Recommendation"),
        say("a person's past choices, and one item"),
        "table",
        say("will this person choose it?"),
        "yes_no",
        say("one person shown one item"),
        say("tens of choices a person and a hundred an item; millions of rows are usual"),
        say("average precision; share of the top ten that was chosen"),
        say("what is most chosen by everybody"),
    ),
    Shape(
        "language-understanding",
        say("Language understanding"),
        say("message as it came in"),
        "text",
        say("what does the writer want?"),
        "one_of",
        say("one message"),
        say("some hundred messages of each intent, labelled by two people"),
        say("macro F1, since rare intents count too"),
        say("a list of words for each intent"),
    ),
)
_OWN = tuple(f"own-{number}" for number in range(1, 6))
_KEYS = (*(shape.key for shape in SHAPES), *_OWN)
_PLACES = tuple(map(str, range(100)))  # "0" hides a shape
_PARTS: tuple[tuple[str, str, Mapping[str, str] | None], ...] = (
    ("name", say("Name"), None),
    ("x", say("X"), None),
    ("x_kind", say("Kind of X"), X_KINDS),
    ("y", say("Y"), None),
    ("y_kind", say("Kind of Y"), {key: words for key, words in Y_KINDS.items() if key != CANNOT_SAY}),
    ("row_means", say("One row means"), None),
    ("size", say("Usual data"), None),
    ("measure", say("Usual measure"), None),
    ("begin", say("Try first"), None),
)


def _group(place: int, key: str, shape: Shape | None) -> Group:
    slots = [Slot(f"{key}_{part}", label, getattr(shape, part, ""), choices=choices) for part, label, choices in _PARTS]
    label = shape.name if shape else say("New shape {number}", number=place - len(SHAPES))
    return Group(label, (*slots, Slot(f"{key}_place", say("Place; 0 hides it"), str(place))))


def _check(texts: Mapping[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for key in _KEYS:
        place = texts[f"{key}_place"]
        if place not in _PLACES:
            found[f"{key}_place"] = say(
                "Place: “{place}” is no whole number from 0 to {most}.", place=place, most=_PLACES[-1]
            )
        if key in _OWN and any(texts[f"{key}_{part}"] for part, _, _ in _PARTS):
            found |= {
                f"{key}_{part}": say("{label}: a new shape needs it.", label=label)
                for part, label, _ in _PARTS
                if not texts[f"{key}_{part}"]
            }
    if not found and not shapes_of(texts):
        found[f"{_KEYS[0]}_place"] = say("All shapes are hidden. Leave at least one.")
    return found


def shapes_of(texts: Mapping[str, str]) -> list[Shape]:
    """The shapes that are shown, in their order."""
    placed = [
        (int(texts[f"{key}_place"]), Shape(key, **{part: texts[f"{key}_{part}"] for part, _, _ in _PARTS}))
        for key in _KEYS
    ]
    return [shape for place, shape in sorted(placed, key=itemgetter(0)) if place and shape.name]


TEMPLATE = Template(
    "shapes",
    say("Shapes that are known to work"),
    say(
        "What the gallery shows, and what a proposal may begin with. Proposals that began with a shape stay as they are."
    ),
    tuple(
        _group(place, key, next((shape for shape in SHAPES if shape.key == key), None))
        for place, key in enumerate(_KEYS, start=1)
    ),
    _check,
)
