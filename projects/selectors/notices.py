"""Reads of what people were told."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.core import signing
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from projects.models import Mute, Notice, Project, User
from projects.selectors.records import conflicted, readable_projects

SALT = "mail"


def notices_of(user: User) -> QuerySet[Notice]:
    """All that a person was told, newest first, of projects that may still be read; a conflict takes what is blind away.

    A release stays: it may itself be why the project is read no longer.
    """
    readable = Exists(readable_projects(user).filter(pk=OuterRef("project")))
    return (
        Notice.objects.filter(Q(project=None) | Q(readable) | Q(kind=Notice.Kind.RELEASED), user=user)
        .exclude(conflicted(user, "project", "project__team"), kind__in=Notice.BLIND)
        .select_related("project")
    )


def is_muted(user: User, project: Project | None) -> bool:
    """No mail about this project."""
    return project is not None and Mute.objects.filter(user=user, project=project).exists()


def mail_token(user: User, project: Project | None) -> str:
    """What the foot of a mail carries: whose mails, and of which project; without one, the digest."""
    return signing.dumps([user.pk, str(project.pk) if project else ""], salt=SALT)


def of_mail_token(token: str) -> tuple[User, Project | None] | None:
    """Who and what a token of a mail names; None if it is not ours."""
    try:
        user, project = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        return None
    person = User.objects.filter(pk=user, is_active=True).first()
    named = Project.objects.filter(pk=project).first() if project else None
    return (person, named) if person and (named or not project) else None


def wants_digest_now(user: User, now: datetime) -> bool:
    """Their hour has come today, in their own zone, and today's digest has not gone out."""
    if user.digest_hour is None:
        return False
    there = now.astimezone(ZoneInfo(user.time_zone) if user.time_zone else timezone.get_default_timezone())
    return there.hour >= user.digest_hour and (user.digest_on is None or user.digest_on < there.date())
