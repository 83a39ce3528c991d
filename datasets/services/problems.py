"""What a service says when it is asked too early."""


class NotYet(Exception):
    """Asked for too early: the sentence says what comes first. `code` is for programs."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
