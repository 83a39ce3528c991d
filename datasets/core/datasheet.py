"""The ten questions of a datasheet, in plain words, after Gebru et al. (2021), Datasheets for Datasets. Data first."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

NOT_RECORDED = "not recorded"


@dataclass(frozen=True)
class Question:
    """One question. `choices` are ticked beside the text; `has_day` asks for a date."""

    id: str
    label: str
    help: str
    good: str
    choices: Mapping[str, str] = field(default_factory=dict)
    has_day: bool = False


@dataclass(frozen=True)
class Reply:
    """What is known for a question."""

    text: str = ""
    choice: str = ""
    day: date | None = None

    @property
    def is_filled(self) -> bool:
        return bool(self.text.strip() or self.choice or self.day)


NO_PEOPLE, MAY_REUSE = "none", "reuse"
_ALL = (
    Question("why", "Why was it made?", "The task it was collected for.", "To see how often the tray washer jams."),
    Question(
        "paid",
        "Who made it, and who paid?",
        "People, department, a grant or a supplier.",
        "Belt staff; canteen budget.",
    ),
    Question(
        "row", "What is one row?", "One thing, one moment, one label.", "One photo of one tray, with one button press."
    ),
    Question(
        "origin",
        "How was it collected and labelled?",
        "Where the rows come from, who gave the labels, and whether a second person checked.",
        "Camera above the belt; the person there presses a button. 200 were labelled twice, 95% the same.",
    ),
    Question(
        "people",
        "Who is in it, and did they agree?",
        "Names, faces, voices, customers; consent or another ground.",
        "Trays only; hands in 3% of the photos, without faces.",
        {NO_PEOPLE: "No personal data", "some": "Personal data, on a stated ground", "unclear": "Not clear yet"},
    ),
    Question(
        "gaps",
        "What is missing, or known to be wrong?",
        "Places, seasons, kinds of rows that are not in it; labels that cannot be trusted.",
        "No rows from the night shift; white mugs on white trays are often labelled wrong.",
    ),
    Question(
        "uses",
        "What may it be used for, and what not?",
        "Say both.",
        "Any project on trays. Not to rate the people at the belt.",
        {MAY_REUSE: "Any team may use it", "ask": "Ask first, each time", "only": "Only for what it was made for"},
    ),
    Question("owner", "Who owns it?", "Who answers questions about it, also next year.", "The canteen manager."),
    Question(
        "kept",
        "How long is it kept?",
        "The day on which it is kept on or removed; its owners are reminded 30 days before.",
        "Until the contract with the supplier ends.",
        has_day=True,
    ),
    Question(
        "licence",
        "Under which licence or terms?",
        "Its name, or the sentence of the contract.",
        "Ours; not to leave the house.",
    ),
)
QUESTIONS = {question.id: question for question in _ALL}


def filled(replies: Mapping[str, Reply]) -> int:
    """How many of the ten are answered."""
    return sum(replies[name].is_filled for name in QUESTIONS if name in replies)


def words(question: Question, reply: Reply) -> str:
    """A reply in one text: what was chosen, the day, what was written."""
    day = f"Until {reply.day:%d %b %Y}." if reply.day else ""
    choice = question.choices.get(reply.choice, "")
    said = [f"{choice}." if choice else "", day, reply.text.strip()]
    return "\n".join(part for part in said if part) or NOT_RECORDED
