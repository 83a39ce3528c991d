"""What this app may refuse."""

from datetime import datetime

from datasets import selectors as dataset_selectors
from datasets.models import DatasetVersion
from datasets.services import NotYet
from dlstart_web.kit.say import say
from projects.core.errors import ProjectProblem
from projects.models import Project

# What the services of this app may be refused with, besides OutOfTurn.
REFUSALS = (NotYet, ProjectProblem)


class OutOfTurn(Exception):
    """Asked for before what it needs is there, or while something else goes on. `code` is for programs."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


class TooManyRefused(Exception):
    """A team had as many files of predictions refused as a day allows; `next_at` is when it may send the next."""

    def __init__(self, sentence: str, next_at: datetime) -> None:
        super().__init__(sentence)
        self.next_at = next_at


def require_rows(project: Project, version: DatasetVersion) -> None:
    """OutOfTurn where the rows of a version were removed, or another team took back that a project may use them."""
    dataset = version.dataset
    if dataset.removed_at is not None:
        raise OutOfTurn(
            "removed", say("{dataset} was removed, and its rows with it. What was measured stays.", dataset=dataset)
        )
    if dataset_selectors.use_ended(project, dataset):
        raise OutOfTurn(
            "taken-back",
            say(
                "The use of {dataset} was taken back from your team; its page says why. What was measured stays.",
                dataset=dataset,
            ),
        )
