"""The ten questions of a datasheet, in plain words, after Gebru et al. (2021), Datasheets for Datasets. Data first."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from dlstart_web.kit.say import joined, say
from dlstart_web.kit.text import day_words

NOT_RECORDED = say("not recorded")


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
    Question(
        "why",
        say("Why was it made?"),
        say("The task it was collected for."),
        say("To see how often the tray washer jams."),
    ),
    Question(
        "paid",
        say("Who made it, and who paid?"),
        say("People, department, a grant or a supplier."),
        say("Belt staff; canteen budget."),
    ),
    Question(
        "row",
        say("What is one row?"),
        say("One thing, one moment, one label."),
        say("One photo of one tray, with one button press."),
    ),
    Question(
        "origin",
        say("How was it collected and labelled?"),
        say("Where the rows come from, who gave the labels, and whether a second person checked."),
        say("Camera above the belt; the person there presses a button. 200 were labelled twice, 95% the same."),
    ),
    Question(
        "people",
        say("Who is in it, and did they agree?"),
        say("Names, faces, voices, customers; consent or another ground."),
        say("Trays only; hands in 3% of the photos, without faces."),
        {
            NO_PEOPLE: say("No personal data"),
            "some": say("Personal data, on a stated ground"),
            "unclear": say("Not clear yet"),
        },
    ),
    Question(
        "gaps",
        say("What is missing, or known to be wrong?"),
        say("Places, seasons, kinds of rows that are not in it; labels that cannot be trusted."),
        say("No rows from the night shift; white mugs on white trays are often labelled wrong."),
    ),
    Question(
        "uses",
        say("What may it be used for, and what not?"),
        say("Say both."),
        say("Any project on trays. Not to rate the people at the belt."),
        {
            MAY_REUSE: say("Any team may use it"),
            "ask": say("Ask first, each time"),
            "only": say("Only for what it was made for"),
        },
    ),
    Question(
        "owner",
        say("Who owns it?"),
        say("Who answers questions about it, also next year."),
        say("The canteen manager."),
    ),
    Question(
        "kept",
        say("How long is it kept?"),
        say("The day on which it is kept on or removed; its owners are reminded 30 days before."),
        say("Until the contract with the supplier ends."),
        has_day=True,
    ),
    Question(
        "licence",
        say("Under which licence or terms?"),
        say("Its name, or the sentence of the contract."),
        say("Ours; not to leave the house."),
    ),
)
QUESTIONS = {question.id: question for question in _ALL}


def filled(replies: Mapping[str, Reply]) -> int:
    """How many of the ten are answered."""
    return sum(replies[name].is_filled for name in QUESTIONS if name in replies)


def words(question: Question, reply: Reply) -> str:
    """A reply in one text: what was chosen, the day, what was written."""
    day = say("Until {day}.", day=day_words(reply.day, with_year=True)) if reply.day else ""
    choice = question.choices.get(reply.choice, "")
    said = [say("{choice}.", choice=choice) if choice else "", day, reply.text.strip()]
    return joined("\n", [part for part in said if part]) or NOT_RECORDED
