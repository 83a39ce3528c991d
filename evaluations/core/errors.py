"""What can go wrong in an evaluation, in words for the person who asked for it."""


class EvaluationProblem(Exception):
    """The data, the metric or a model file doesn't allow what was asked; the message says what and what to do next."""


class Cancelled(Exception):
    """Somebody ended the run; raised by `report`, let through by every recipe."""
