"""The five criteria colleagues score a proposal on, with a sentence for each score. Data, and nothing else.

Rounds keep the sentences they were scored by, so these stay as they are; administrators write others in `rules`.
"""

from dataclasses import dataclass

from dlstart_web.kit.say import say

CANNOT_JUDGE = 0
REASON_NEEDED = (1, 2, 5)  # a score this far from the middle is given with its reason
MINIMUM_REVIEWS = 3  # fewer: provisional, never ranked (STATISTICS 7)


@dataclass(frozen=True)
class Anchored:
    """One of the five. `anchors` are the sentences for 1 to 5; a median below `floor` blocks approval."""

    key: str
    label: str
    question: str
    anchors: tuple[str, ...]
    floor: int | None = None
    weight: float = 1.0  # in the overall score


CRITERIA = (
    Anchored(
        "dataset",
        say("Dataset"),
        say("Are there enough labelled examples, and do they look like real use?"),
        (
            say("No labels and no stated way to get them"),
            say("A few hundred, or two people often disagree; more needs scarce experts"),
            say("About a thousand usable, or a costed plan for a quarter; gaps to real use named"),
            say("Thousands that look like real use; agreement measured; rights clear"),
            say("Tens of thousands or more, labels fall out of normal work, provenance and agreement on file"),
        ),
    ),
    Anchored(
        "reuse",
        say("Reuse"),
        say("How often, and for how long, will the same model serve?"),
        (
            say("One-off answer, or each small change needs new labels and training"),
            say("One place or product; each new one starts over"),
            say("One team for about a year; drift known, retraining affordable"),
            say("Several teams or years; labels for retraining arrive anyway"),
            say("Organisation-wide for years; others can build on model or data"),
        ),
    ),
    Anchored(
        "feasibility",
        say("Feasibility"),
        say("Can anybody, or anything, say Y when given only X?"),
        (
            say("No X→Y can be written: magic goes here"),
            say("Mapping exists, but a skilled person given X cannot say Y"),
            say("People can; similar problems solved elsewhere, below the level needed"),
            say("Similar problems solved near the level, on like data; time and cost fit"),
            say("A simple model or system already comes close on our data"),
        ),
        floor=2,
    ),
    Anchored(
        "payoff",
        say("Payoff"),
        say("If it worked, what would it be worth, and who agrees?"),
        (
            say("Even an oracle would change little, or nobody would act"),
            say("Worth less than it costs, or never estimated"),
            say("Pays back a few times over, one owner agrees"),
            say("About ten times the cost, sums shown, owner will use it"),
            say("Changes what we can do; large even at a cautious share; budget promised"),
        ),
    ),
    Anchored(
        "fault_tolerance",
        say("Fault tolerance"),
        say("What happens when it is wrong, and who notices?"),
        (
            say("One wrong answer can hurt someone or break the law, nothing in between"),
            say("Errors costly and seen late; checks only hoped for"),
            say("Cost known; unsure cases go to a person; fallback on paper"),
            say("Errors cheap or caught by guard rails that exist; error budget agreed"),
            say("Errors harmless or undone at once; fallback automatic and rehearsed"),
        ),
        floor=2,
    ),
)
BY_KEY = {criterion.key: criterion for criterion in CRITERIA}
KEYS = tuple(BY_KEY)
