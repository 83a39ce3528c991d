"""Data that a stopped idea waits for: its team is told when a set with such a name comes into the catalogue."""

from datetime import datetime

from datasets import catalogue
from datasets.models import Dataset
from dlstart_web.kit.say import say
from projects import services
from projects.models import Grave, Membership, User


def tell_awaited(*, now: datetime) -> int:
    """Each set once for each grave, and only to teams whose owner may find it. How many people were told."""
    told = 0
    for grave in Grave.objects.exclude(watch="").select_related("project__team"):
        owner = User.objects.filter(
            memberships__team=grave.project.team_id, memberships__left_at=None, memberships__role=Membership.Role.OWNER
        ).first()
        if owner is None:
            continue
        for word in {word for word in grave.watch.lower().replace(",", " ").split() if len(word) > 2}:
            for dataset in _found(owner, word, grave):
                words = say(
                    "“{dataset}” is in the catalogue; {project} waits for “{word}”",
                    dataset=dataset.name,
                    project=str(grave.project),
                    word=word,
                )
                told += services.tell_team(
                    project=grave.project, words=words, now=now, key=f"grave:{grave.pk}:{dataset.pk}"
                )
    return told


def _found(owner: User, word: str, grave: Grave) -> list[Dataset]:
    entries = catalogue.entries_for(owner).filter(name__icontains=word, created_at__gt=grave.at)
    return list(entries.exclude(project=grave.project)[:20])
