"""What a worker is at while it reads, checks or seals, told by the share of the work that is done.

The shares are those of the seconds it took with a CSV of 5 million rows and 20 columns (bench/ingest.py).
"""

from collections.abc import Callable

Progress = Callable[[float], None]

# For each stage its steps: up to which share of the stage each goes, and what it does.
STEPS: dict[str, tuple[tuple[float, str], ...]] = {
    "read": ((0.9, "reading"), (1.0, "describing the columns")),
    "correct": ((0.9, "reading"), (1.0, "describing the columns")),
    "check": ((1.0, "looking for what would spoil the test"),),
    "seal": (
        (0.5, "giving each row its key and its part"),
        (0.75, "writing the parts"),
        (0.9, "taking fingerprints"),
        (1.0, "encrypting"),
    ),
    "erase": ((1.0, "destroying the rows"),),
}


def nothing(share: float) -> None:
    """Nobody wants to know."""


def within(progress: Progress, low: float, high: float) -> Progress:
    """A progress whose 0 to 1 is `low` to `high` of another one."""
    return lambda share: progress(low + (high - low) * share)


def step_words(stage: str, share: float) -> str:
    """What is being done at this share of a stage."""
    return next((words for until, words in STEPS[stage] if share < until), STEPS[stage][-1][1])
