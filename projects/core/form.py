"""The 25 questions of a proposal, in six sections, and which of them stay open. Data first."""

from collections.abc import Mapping as MappingOf
from dataclasses import dataclass

from projects.core import mapping
from projects.core.mapping import Mapping

TRIED = {
    "tried": "We tried it",
    "expected": "We expect so",
    "unknown": "We do not know yet (fine; it is shown as an open point)",
}
RAILS = {
    "limit": "A limit",
    "heuristic": "A heuristic",
    "person": "A person checks",
    "undo": "An undo",
    "fallback": "A fallback",
}
_UNKNOWN = {
    "unknown",
    "not known",
    "we do not know",
    "we do not know yet",
    "do not know",
    "don't know",
    "?",
    "tbd",
    "-",
    "–",
}


@dataclass(frozen=True)
class Question:
    """One question. `kind`: text; tried (with how sure one is); rails (with ticks); mapping (the builder)."""

    id: str
    label: str
    help: str
    good: str
    weak: str = ""
    required: bool = True
    kind: str = "text"


@dataclass(frozen=True)
class Section:
    """A page of the form."""

    key: str
    label: str
    questions: tuple[Question, ...]


Q = Question
SECTIONS = (
    Section(
        "problem",
        "Problem",
        (
            Q(
                "G1",
                "What is the problem?",
                "Say it as you would to a colleague in the canteen. Leave out “model” and “AI”.",
                "Mugs jam the tray washer.",
                "We want AI in the kitchen.",
            ),
            Q(
                "G2",
                "Who does what differently once they have the answer?",
                "Name a person or a machine and an action.",
                "The belt arm lifts the mug off.",
                "Better insights.",
            ),
            Q(
                "G3",
                "How is it done today, and how well?",
                "A number if you have one; “nobody measures it” is a fair answer.",
                "A person at the belt, about 91% right.",
            ),
            Q(
                "G4",
                "Who owns the result, and who may be affected?",
                "Include people who never use it. Personal data? A regulated decision (hiring, credit, health)?",
                "The canteen manager; no personal data.",
                required=False,
            ),
        ),
    ),
    Section(
        "dataset",
        "Dataset",
        (
            Q(
                "D1",
                "How many labelled examples exist today? How many in three months?",
                "Counts, not gigabytes. Thousands to millions is usual.",
                "6,200 today; 500 more each week.",
                "Lots.",
            ),
            Q(
                "D2",
                "Where do labels come from, and what does one cost?",
                "Left over from normal work, crowd, or scarce experts?",
                "Button presses of the belt staff, 0.10 each.",
                "Radiologists.",
            ),
            Q(
                "D3",
                "Would two people give the same label?",
                "Tested? Give the share. If nobody can say what is right, start there.",
                "The same for 95% of 200.",
                "Not tried.",
                kind="tried",
            ),
            Q(
                "D4",
                "How does this data differ from what the system will meet?",
                "Place, season, camera, customers, time.",
                "Old lighting at the belt; a new site from May.",
            ),
            Q(
                "D5",
                "May we use it?",
                "Owner, consent, licence, how long kept. “Unknown” is allowed and shown as an open point.",
                "Own photos, no faces.",
                required=False,
            ),
        ),
    ),
    Section(
        "reuse",
        "Reuse",
        (
            Q(
                "R1",
                "Where else could the same model serve, unchanged?",
                "Sites, products, teams, years.",
                "12 belts, about 3 years.",
            ),
            Q(
                "R2",
                "Which small change would break it, and how often does that happen?",
                "The warning of the talk: a bot that must be retrained for every level of a game.",
                "A new mug design, twice a year.",
            ),
            Q(
                "R3",
                "What remains useful if the project stops?",
                "Data, labels, test set, rule.",
                "Labelled photos of the belt.",
                required=False,
            ),
        ),
    ),
    Section(
        "feasibility",
        "Feasibility",
        (
            Q(
                "F1",
                "The X→Y mapping",
                "One row, one X, one Y. It must be true of every row, on the hardest day too.",
                "Photo → mug, yes or no.",
                "Customer data → best strategy.",
                kind="mapping",
            ),
            Q(
                "F2",
                "Given only X, can a skilled person say Y? How well?",
                "If not, what would a machine know that they do not?",
                "98% from the photo alone.",
                "The data will know.",
                kind="tried",
            ),
            Q(
                "F3",
                "When is X known, and when does the true Y turn up?",
                "X must exist before the answer is needed.",
                "X at once; Y seconds later.",
            ),
            Q(
                "F4",
                "What level is needed to be useful, and why that one?",
                "Feeds the success criterion.",
                "95%: below that the arm is slower than a person.",
            ),
            Q(
                "F5",
                "Who has done something similar? Simplest rule that might work?",
                "The rule becomes a rung of the ladder. A poor rule is a useful floor.",
                "A round shape plus a handle.",
                required=False,
            ),
        ),
    ),
    Section(
        "payoff",
        "Payoff",
        (
            Q(
                "P1",
                "If an oracle gave perfect answers from tomorrow, what would change?",
                "No oracle, no change: stop here.",
                "96,000 jams a year gone.",
                "People would know the menu.",
            ),
            Q(
                "P2",
                "What is that worth a year at best?",
                "The speed of light of the idea. Low, likely, high; show the sum.",
                "12 belts × 4 an hour × 2,000 h × 3 = 288,000.",
            ),
            Q(
                "P3",
                "What share could an imperfect system catch? What will it cost to build and run?",
                "Labels, computing, engineers, upkeep.",
                "60%; 90,000 in the first year.",
            ),
            Q(
                "P4",
                "Does someone who would pay agree with these numbers?",
                "Name the role.",
                "The canteen manager, yes.",
                required=False,
            ),
        ),
    ),
    Section(
        "fault_tolerance",
        "Fault tolerance",
        (
            Q(
                "T1",
                "What happens on a miss? On a false alarm? Cost of each?",
                "Feeds the operating point.",
                "A jam, 3.00; an extra lift, 0.20.",
            ),
            Q(
                "T2",
                "Who or what notices a wrong answer, and how fast?",
                "The worst case, not the usual one.",
                "The washer's sensor, within 5 s.",
            ),
            Q(
                "T3",
                "Which guard rails?",
                "Tick what there is, then say how each is tested.",
                "A weight limit on the arm; a stop button.",
                kind="rails",
            ),
            Q(
                "T4",
                "How many errors a week are acceptable, and who agreed?",
                "An error budget.",
                "40 for each belt.",
                required=False,
            ),
        ),
    ),
)
del Q
QUESTIONS = {question.id: question for section in SECTIONS for question in section.questions}
BY_KEY = {section.key: section for section in SECTIONS}
SECTION_OF = {question.id: section for section in SECTIONS for question in section.questions}


@dataclass(frozen=True)
class Reply:
    """What the team answered to one question."""

    text: str = ""
    choice: str = ""
    ticks: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Nothing at all was said; "we do not know yet" is an answer."""
        return not self.text.strip() and not self.ticks and self.choice != "unknown"

    @property
    def is_unknown(self) -> bool:
        return self.choice == "unknown" or self.text.strip().strip(".").lower() in _UNKNOWN


def is_answered(question: Question, replies: MappingOf[str, Reply], xy: Mapping) -> bool:
    """Whether something stands there, weak or strong."""
    if question.kind == "mapping":
        return bool(xy.x.strip()) and bool(xy.y.strip() or xy.y_kind == mapping.CANNOT_SAY)
    return not replies.get(question.id, Reply()).is_empty


def missing(replies: MappingOf[str, Reply], xy: Mapping) -> list[Question]:
    """Starred questions without any answer: the only thing that blocks a submission."""
    return [question for question in QUESTIONS.values() if question.required and not is_answered(question, replies, xy)]


def open_points(replies: MappingOf[str, Reply], xy: Mapping) -> list[tuple[Question, str]]:
    """What reviewers will see as open, each with its reason; none of it blocks a submission."""
    points = []
    for question in QUESTIONS.values():
        reply = replies.get(question.id, Reply())
        if not is_answered(question, replies, xy):
            points.append((question, "needed to submit" if question.required else "not answered"))
        elif question.kind == "mapping":
            points += [(question, reason) for reason in mapping.magic(xy)]
            if xy.whole_pairs >= mapping.PAIRS_WANTED and not xy.has_hard_pair:
                points.append((question, "No pair is marked as hard. At least one should be."))
        elif reply.is_unknown:
            points.append((question, "not known yet"))
    return points


def progress(section: Section, replies: MappingOf[str, Reply], xy: Mapping) -> tuple[int, int]:
    """Answered questions of a section, and all of them."""
    return sum(is_answered(question, replies, xy) for question in section.questions), len(section.questions)
