"""What a story is made of. Days are counted back from the day of loading."""

from collections.abc import Callable
from dataclasses import dataclass, field

from projects.core.examples import BY_KEY
from projects.core.form import Reply
from projects.core.mapping import Mapping

Cells = list[list[str]]


@dataclass(frozen=True)
class Form:
    """A filled-in proposal."""

    mapping: Mapping
    row_means: str
    known_at: str
    truth_after: str
    replies: dict[str, Reply]


@dataclass(frozen=True)
class Opinion:
    """A review. `scores` maps a criterion to its score and reason; `day` is None as long as it is not submitted."""

    reviewer: str
    scores: dict[str, tuple[int, str]]
    confidence: int
    strength: str
    worry: str
    change_mind: str
    day: float | None


@dataclass(frozen=True)
class Exchange:
    """A question to the team, and its answer unless it still waits for one."""

    asked_by: str
    day: float
    text: str
    answered_by: str = ""
    answer: str = ""


@dataclass(frozen=True)
class Outcome:
    """What the handler decided."""

    outcome: str
    day: float
    reasons: str
    dissent: str = ""
    hold_until: str = ""


@dataclass(frozen=True)
class Farewell:
    """What a stopped idea taught, and what would reopen it."""

    learned: str
    reopen_when: str
    watch: str


@dataclass(frozen=True)
class Data:
    """A table to upload, the criterion locked before anybody trains on it, and how far the project goes with it."""

    name: str
    file_name: str
    cells: Callable[[], Cells]  # the first row holds the names of the columns
    target: str
    metric: str
    level: float
    smallest_difference: float
    reason: str
    today: float | None = None
    people: float | None = None
    looks_wanted: int | None = None
    look_reason: str = ""  # spend a look on the linear model, for this reason
    is_opened: bool = False  # open the final tier with the linear model and the network


@dataclass(frozen=True)
class Story:
    """One project on its way."""

    name: str
    team: str
    proposer: str
    day: float  # on which it was submitted
    form: Form
    asked: tuple[str, ...]  # reviewers
    opinions: tuple[Opinion, ...] = ()
    exchanges: tuple[Exchange, ...] = ()
    decision: Outcome | None = None
    data: Data | None = None
    plans: dict[str, dict[str, str]] = field(default_factory=dict)  # the planners' fields, by kind
    grave: Farewell | None = None


def of_example(key: str, **changes: str) -> Form:
    """The form of one of the examples that stand beside the proposal, with some texts of its own."""
    example = BY_KEY[key]
    replies = example.replies | {
        question: Reply(text, example.replies[question].choice if question in example.replies else "")
        for question, text in changes.items()
    }
    return Form(example.mapping, example.row_means, example.known_at, example.truth_after, replies)
