"""The five shapes of slide 3: X→Y mappings that are known to work, to begin with."""

from dataclasses import dataclass

from dlstart_web.kit.say import say


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
BY_KEY = {shape.key: shape for shape in SHAPES}
