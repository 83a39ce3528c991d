"""The 25 questions of a proposal, in six sections, and which of them stay open. Data first."""

from collections.abc import Mapping as MappingOf
from dataclasses import dataclass
from functools import cached_property

from dlstart_web.kit.say import say
from projects.core import mapping
from projects.core.mapping import Mapping

TRIED = {
    "tried": say("We tried it"),
    "expected": say("We expect so"),
    "unknown": say("We do not know yet (fine; it is shown as an open point)"),
}
TRIED_SAID = TRIED | {"unknown": say("We do not know yet")}  # as it is read
RAILS = {
    "limit": say("A limit"),
    "heuristic": say("A heuristic"),
    "person": say("A person checks"),
    "undo": say("An undo"),
    "fallback": say("A fallback"),
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
    "unbekannt",
    "nicht bekannt",
    "noch nicht bekannt",
    "wissen wir nicht",
    "wissen wir noch nicht",
    "weiß nicht",
}


@dataclass(frozen=True)
class Question:
    """One question. `kind`: text; tried (with how sure one is); rails (with ticks); mapping (the builder)."""

    id: str
    label: str
    help: str
    good: str = ""
    weak: str = ""
    required: bool = True
    kind: str = "text"

    @property
    def is_extra(self) -> bool:
        """Asked by the organisation beside the 25: see `projects.core.extras`."""
        return self.id.startswith("X")


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
        say("Problem"),
        (
            Q(
                "G1",
                say("What is the problem?"),
                say("Say it as you would to a colleague in the canteen. Leave out “model” and “AI”."),
                say("Mugs jam the tray washer."),
                say("We want AI in the kitchen."),
            ),
            Q(
                "G2",
                say("Who does what differently once they have the answer?"),
                say("Name a person or a machine and an action."),
                say("The belt arm lifts the mug off."),
                say("Better insights."),
            ),
            Q(
                "G3",
                say("How is it done today, and how well?"),
                say("A number if you have one; “nobody measures it” is a fair answer."),
                say("A person at the belt, about 91% right."),
            ),
            Q(
                "G4",
                say("Who owns the result, and who may be affected?"),
                say("Include people who never use it. Personal data? A regulated decision (hiring, credit, health)?"),
                say("The canteen manager; no personal data."),
                required=False,
            ),
        ),
    ),
    Section(
        "dataset",
        say("Dataset"),
        (
            Q(
                "D1",
                say("How many labelled examples exist today? How many in three months?"),
                say("Counts, not gigabytes. Thousands to millions is usual."),
                say("6,200 today; 500 more each week."),
                say("Lots."),
            ),
            Q(
                "D2",
                say("Where do labels come from, and what does one cost?"),
                say("Left over from normal work, crowd, or scarce experts?"),
                say("Button presses of the belt staff, 0.10 each."),
                say("Radiologists."),
            ),
            Q(
                "D3",
                say("Would two people give the same label?"),
                say("Tested? Give the share. If nobody can say what is right, start there."),
                say("The same for 95% of 200."),
                say("Not tried."),
                kind="tried",
            ),
            Q(
                "D4",
                say("How does this data differ from what the system will meet?"),
                say("Place, season, camera, customers, time."),
                say("Old lighting at the belt; a new site from May."),
            ),
            Q(
                "D5",
                say("May we use it?"),
                say("Owner, consent, licence, how long kept. “Unknown” is allowed and shown as an open point."),
                say("Own photos, no faces."),
                required=False,
            ),
        ),
    ),
    Section(
        "reuse",
        say("Reuse"),
        (
            Q(
                "R1",
                say("Where else could the same model serve, unchanged?"),
                say("Sites, products, teams, years."),
                say("12 belts, about 3 years."),
            ),
            Q(
                "R2",
                say("Which small change would break it, and how often does that happen?"),
                say("The warning of the talk: a bot that must be retrained for every level of a game."),
                say("A new mug design, twice a year."),
            ),
            Q(
                "R3",
                say("What remains useful if the project stops?"),
                say("Data, labels, test set, rule."),
                say("Labelled photos of the belt."),
                required=False,
            ),
        ),
    ),
    Section(
        "feasibility",
        say("Feasibility"),
        (
            Q(
                "F1",
                say("The X→Y mapping"),
                say("One row, one X, one Y. It must be true of every row, on the hardest day too."),
                say("Photo → mug, yes or no."),
                say("Customer data → best strategy."),
                kind="mapping",
            ),
            Q(
                "F2",
                say("Given only X, can a skilled person say Y? How well?"),
                say("If not, what would a machine know that they do not?"),
                say("98% from the photo alone."),
                say("The data will know."),
                kind="tried",
            ),
            Q(
                "F3",
                say("When is X known, and when does the true Y turn up?"),
                say("X must exist before the answer is needed."),
                say("X at once; Y seconds later."),
            ),
            Q(
                "F4",
                say("What level is needed to be useful, and why that one?"),
                say("Feeds the success criterion."),
                say("95%: below that the arm is slower than a person."),
            ),
            Q(
                "F5",
                say("Who has done something similar? Simplest rule that might work?"),
                say("The rule becomes a rung of the ladder. A poor rule is a useful floor."),
                say("A round shape plus a handle."),
                required=False,
            ),
        ),
    ),
    Section(
        "payoff",
        say("Payoff"),
        (
            Q(
                "P1",
                say("If an oracle gave perfect answers from tomorrow, what would change?"),
                say("No oracle, no change: stop here."),
                say("96,000 jams a year gone."),
                say("People would know the menu."),
            ),
            Q(
                "P2",
                say("What is that worth a year at best?"),
                say("The speed of light of the idea. Low, likely, high; show the sum."),
                say("12 belts × 4 an hour × 2,000 h × 3 = 288,000."),
            ),
            Q(
                "P3",
                say("What share could an imperfect system catch? What will it cost to build and run?"),
                say("Labels, computing, engineers, upkeep."),
                say("60%; 90,000 in the first year."),
            ),
            Q(
                "P4",
                say("Does someone who would pay agree with these numbers?"),
                say("Name the role."),
                say("The canteen manager, yes."),
                required=False,
            ),
        ),
    ),
    Section(
        "fault_tolerance",
        say("Fault tolerance"),
        (
            Q(
                "T1",
                say("What happens on a miss? On a false alarm? Cost of each?"),
                say("Feeds the operating point."),
                say("A jam, 3.00; an extra lift, 0.20."),
            ),
            Q(
                "T2",
                say("Who or what notices a wrong answer, and how fast?"),
                say("The worst case, not the usual one."),
                say("The washer's sensor, within 5 s."),
            ),
            Q(
                "T3",
                say("Which guard rails?"),
                say("Tick what there is, then say how each is tested."),
                say("A weight limit on the arm; a stop button."),
                kind="rails",
            ),
            Q(
                "T4",
                say("How many errors a week are acceptable, and who agreed?"),
                say("An error budget."),
                say("40 for each belt."),
                required=False,
            ),
        ),
    ),
)
del Q


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


@dataclass(frozen=True)
class Form:
    """All pages, as one version of a proposal asks them."""

    sections: tuple[Section, ...] = SECTIONS

    @cached_property
    def questions(self) -> dict[str, Question]:
        return {question.id: question for section in self.sections for question in section.questions}

    @cached_property
    def section_of(self) -> dict[str, Section]:
        return {question.id: section for section in self.sections for question in section.questions}

    @cached_property
    def by_key(self) -> dict[str, Section]:
        return {section.key: section for section in self.sections}

    def missing(self, replies: MappingOf[str, Reply], xy: Mapping) -> list[Question]:
        """Starred questions without any answer: the only thing that blocks a submission."""
        return [q for q in self.questions.values() if q.required and not is_answered(q, replies, xy)]

    def open_points(self, replies: MappingOf[str, Reply], xy: Mapping) -> list[tuple[Question, str]]:
        """What reviewers will see as open, each with its reason; none of it blocks a submission."""
        points: list[tuple[Question, str]] = []
        for question in self.questions.values():
            reply = replies.get(question.id, Reply())
            if not is_answered(question, replies, xy):
                points.append((question, say("needed to submit") if question.required else say("not answered")))
            elif question.kind == "mapping":
                points += [(question, reason) for reason in mapping.magic(xy)]
                if xy.whole_pairs >= mapping.PAIRS_WANTED and not xy.has_hard_pair:
                    points.append((question, say("No pair is marked as hard. At least one should be.")))
            elif reply.is_unknown:
                points.append((question, say("not known yet")))
        return points


BUILT_IN = Form()
QUESTIONS = BUILT_IN.questions


def progress(section: Section, replies: MappingOf[str, Reply], xy: Mapping) -> tuple[int, int]:
    """Answered questions of a section, and all of them."""
    return sum(is_answered(question, replies, xy) for question in section.questions), len(section.questions)
