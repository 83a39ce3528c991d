"""Writes of the start page and of good graves."""

from datetime import date, datetime

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from dlstart_web.kit.say import say
from projects import selectors
from projects.core.errors import ProjectProblem
from projects.core.start import Link
from projects.models import ClassLink, Grave, Membership, Notice, Project, User
from projects.services.notices import notify


@transaction.atomic
def set_class_links(*, links: list[Link]) -> None:
    """Replace the list; an empty one brings back what comes with dlstart."""
    ClassLink.objects.all().delete()
    ClassLink.objects.bulk_create(
        ClassLink(title=link.title, address=link.address, note=link.note, position=position)
        for position, link in enumerate(links, start=1)
    )


@transaction.atomic
def write_grave(
    *, project: Project, user: User, learned: str, reopen_when: str = "", watch: str = "", remind_on: date | None = None
) -> Grave:
    """Write down, or change, what a stopped idea taught and what would reopen it."""
    if not selectors.may_be_buried(project):
        raise ProjectProblem(
            say(
                "{project} is under way. A grave is for what was stopped, put on hold, withdrawn or archived.",
                project=project,
            )
        )
    values = {
        "learned": learned.strip(),
        "reopen_when": reopen_when.strip(),
        "watch": watch.strip(),
        "remind_on": remind_on,
        "reminded_at": None,
        "by": user,
    }
    grave, _ = Grave.objects.update_or_create(project=project, defaults=values)
    return grave


def remind_of_graves(*, now: datetime) -> int:
    """Tell the team of each grave whose day has come, once. How many graves."""
    told = 0
    today = timezone.localdate(now)
    for grave in Grave.objects.filter(remind_on__lte=today, reminded_at=None).select_related("project"):
        with transaction.atomic():
            if Grave.objects.filter(pk=grave.pk, reminded_at=None).update(reminded_at=now):
                tell_team(
                    project=grave.project,
                    words=say("Look at {project} again: the day you named has come", project=grave.project),
                    now=now,
                )
                told += 1
    return told


def tell_team(*, project: Project, words: str, now: datetime, key: str = "") -> int:
    """News for each owner of the project's team; how many were told."""
    page = reverse("projects:project_grave", args=[project.slug])
    owners = User.objects.filter(
        memberships__team=project.team_id, memberships__left_at=None, memberships__role=Membership.Role.OWNER
    )
    kind = Notice.Kind.NEWS
    return sum(
        notify(user=owner, kind=kind, words=words, page=page, project=project, key=key, now=now) is not None
        for owner in owners
    )
