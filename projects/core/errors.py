"""Refusals of this app, in the words that people read."""

from collections.abc import Collection

from dlstart_web.kit.say import say


class ProjectProblem(Exception):
    """An act that the rules do not allow; its text says what was found, what is allowed and what to do."""


class FrozenVersion(ProjectProblem):
    """Somebody wants to change a proposal version that is no draft any more."""

    def __init__(self, number: int, state: str) -> None:
        super().__init__(
            say(
                "Version {number} is {state} and stays as it is. Start a revision to change the text.",
                number=number,
                state=state,
            )
        )


class StaleSave(ProjectProblem):
    """Another editor saved first. `saved` is what is stored now; nothing was overwritten."""

    def __init__(self, saved: object, fields: Collection[str] = ()) -> None:
        super().__init__(
            say(
                "Someone else saved this while you were writing. Both texts are kept: read theirs, then save the one you"
                " want."
            )
        )
        self.saved = saved
        self.fields = sorted(fields)  # which of several, where only some clash


class InvitationSpent(ProjectProblem):
    """A link that was used, withdrawn or has expired; we do not say which to somebody who merely guesses."""

    def __init__(self) -> None:
        super().__init__(
            say("This link no longer opens anything. A link works once and for a few days; ask for a new one.")
        )
