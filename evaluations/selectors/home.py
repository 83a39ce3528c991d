"""Where a person's projects stand."""

from datetime import datetime
from typing import Any

from datasets import selectors as dataset_selectors
from datasets.words import look_words
from projects import selectors as project_selectors
from projects.models import User

MOST = 50  # projects, the newest


def my_rows(user: User, now: datetime) -> list[dict[str, Any]]:
    """The person's projects as the table draws them, with the look of those that have a sealed set."""
    mine = project_selectors.projects_of(user).filter(archived_at=None)
    projects = list(project_selectors.with_state(mine, user)[:MOST])
    looks = dataset_selectors.looks_now(projects, user, now)
    return [
        row | ({"look": look_words(looks[row["project"].pk])} if row["project"].pk in looks else {})
        for row in project_selectors.project_rows(projects)
    ]
