"""What a worker is at while it reads, checks or seals, told by the share of the work that is done.

The shares are those of the seconds it took with a CSV of 5 million rows and 20 columns (bench/ingest.py).
"""

from collections.abc import Callable

from dlstart_web.kit.say import say

Progress = Callable[[float], None]

# For each stage its steps: up to which share of the stage each goes, and what it does.
STEPS: dict[str, tuple[tuple[float, str], ...]] = {
    "read": ((0.9, say("reading")), (1.0, say("describing the columns"))),
    "correct": ((0.9, say("reading")), (1.0, say("describing the columns"))),
    "check": ((1.0, say("looking for what would spoil the test")),),
    "seal": (
        (0.5, say("giving each row its key and its part")),
        (0.75, say("writing the parts")),
        (0.9, say("taking fingerprints")),
        (1.0, say("encrypting")),
    ),
    "erase": ((1.0, say("destroying the rows")),),
}


def nothing(share: float) -> None:
    """Nobody wants to know."""


def within(progress: Progress, low: float, high: float) -> Progress:
    """A progress whose 0 to 1 is `low` to `high` of another one."""
    return lambda share: progress(low + (high - low) * share)


def growing(progress: Progress) -> Progress:
    """The same progress, which never goes back."""
    reached = 0.0

    def tell(share: float) -> None:
        nonlocal reached
        reached = max(reached, share)
        progress(reached)

    return tell


def step_words(stage: str, share: float) -> str:
    """What is being done at this share of a stage."""
    return next((words for until, words in STEPS[stage] if share < until), STEPS[stage][-1][1])
