"""Telling people: a line in the app always, a mail at once for what is urgent, one digest a day for the rest."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation

from dlstart_web.kit.say import say, say_count
from projects import selectors
from projects.models import Mute, Notice, Project, User

log = logging.getLogger(__name__)
Line = tuple[str, str]  # words and the path of a page
DIGEST_LINES = 30


@transaction.atomic
def notify(
    *,
    user: User,
    kind: str,
    words: str,
    page: str,
    project: Project | None = None,
    more: str = "",
    key: str = "",
    now: datetime | None = None,
) -> Notice | None:
    """Tell a person one thing; `more` goes into the mail alone. None if they were told this `key` before."""
    moment = now or timezone.now()
    if not user.is_active:
        return None
    at_once = kind in Notice.AT_ONCE and user.mails_at_once and not selectors.is_muted(user, project)
    try:
        with transaction.atomic():
            notice = Notice.objects.create(
                user=user, kind=kind, words=words, page=page, project=project, key=key, at=moment,
                mailed_at=moment if at_once else None,
            )  # fmt: skip
    except IntegrityError:
        return None
    if at_once:
        mail = partial(_mail, user, words, more, [], page, project)
        transaction.on_commit(mail, robust=True)
    return notice


def _mail(user: User, subject: str, words: str, lines: Sequence[Line], page: str, project: Project | None) -> None:
    """One mail in two forms, in the person's language. It carries links, and how to stop it."""
    with translation.override(user.language or settings.LANGUAGE_CODE):
        _write_mail(user, subject, words, lines, page, project).send()


def _write_mail(
    user: User, subject: str, words: str, lines: Sequence[Line], page: str, project: Project | None
) -> EmailMultiAlternatives:
    site = settings.SITE_ADDRESS.rstrip("/")
    stop = site + reverse("projects:mail_stop", args=[selectors.mail_token(user, project)])
    context = {
        "language": translation.get_language(),
        "subject": str(subject),
        "words": words,
        "lines": [(text, site + path) for text, path in lines],
        "page": site + page,
        "project": project,
        "stop": stop,
        "settings_page": site + reverse("projects:my_settings"),
        "organisation": settings.ORGANISATION,
    }
    mail = EmailMultiAlternatives(
        f"dlstart: {' '.join(str(subject).split())}",
        render_to_string("projects/mail.txt", context),
        settings.DEFAULT_FROM_EMAIL,
        [user.email],
        headers={"List-Unsubscribe": f"<{stop}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"},
    )
    mail.attach_alternative(render_to_string("projects/mail.html", context), "text/html")
    return mail


def send_digests(*, now: datetime, tasks_of: Callable[[User, datetime], list[selectors.Task]]) -> int:
    """Each person's mail of the day, once their hour has come; nothing goes to whom nothing waits. How many were sent.

    `tasks_of` says what waits for a person at a moment, over all apps, in the order in which it is shown.
    The day is taken by one conditional write, so two sweeps at once send one mail.
    """
    sent = 0
    tomorrow = (now + timedelta(days=1)).date()
    people = User.objects.filter(is_active=True, digest_hour__isnull=False).exclude(digest_on__gte=tomorrow)
    for user in people:
        if not selectors.wants_digest_now(user, now):
            continue
        zone = ZoneInfo(user.time_zone) if user.time_zone else timezone.get_default_timezone()
        day = now.astimezone(zone).date()
        if not User.objects.filter(pk=user.pk, digest_on=user.digest_on).update(digest_on=day):
            continue
        try:
            with timezone.override(zone):
                sent += _send_digest(user, now, tasks_of(user, now))
        except OSError:  # the mail server is away: the next sweep tries again
            log.exception("The digest of person %s was not sent", user.pk)
            User.objects.filter(pk=user.pk).update(digest_on=user.digest_on)
    return sent


def _send_digest(user: User, now: datetime, waiting: list[selectors.Task]) -> bool:
    mutes = Mute.objects.filter(user=user).select_related("project")
    muted = {mute.project_id for mute in mutes}
    quiet = tuple(reverse("projects:project_detail", args=[mute.project.slug]) for mute in mutes)
    tasks = [task for task in waiting if not (quiet and task.url.startswith(quiet))]
    fresh = [
        notice
        for notice in selectors.notices_of(user).filter(read_at=None, mailed_at=None, at__lte=now)
        if notice.project_id not in muted
    ]
    if not tasks and not fresh:
        return False
    minutes = sum(task.minutes for task in tasks)
    waits = say_count(
        len(tasks),
        "{count} thing waits for you, about {minutes} minutes.",
        "{count} things wait for you, about {minutes} minutes.",
        minutes=minutes,
    )
    lines: list[Line] = [
        (say("{task} ({minutes} min)", task=task.words, minutes=task.minutes), task.url) for task in tasks
    ]
    pages = {task.url for task in tasks}  # what waits is not told a second time
    lines += [(notice.words, notice.page) for notice in fresh if notice.page not in pages]
    _mail(
        user,
        say("Your day"),
        waits if tasks else say("News since yesterday."),
        lines[:DIGEST_LINES],
        reverse("evaluations:home"),
        None,
    )
    Notice.objects.filter(pk__in=[notice.pk for notice in fresh]).update(mailed_at=now)
    return True


@transaction.atomic
def mute_project(*, user: User, project: Project, muted: bool) -> None:
    """No mail about a project any more, or again."""
    if muted:
        Mute.objects.get_or_create(user=user, project=project)
    else:
        Mute.objects.filter(user=user, project=project).delete()


@transaction.atomic
def stop_digest(*, user: User) -> None:
    """No mail of the day any more."""
    User.objects.filter(pk=user.pk).update(digest_hour=None)


@transaction.atomic
def read_notices(*, user: User, upto: int, now: datetime | None = None) -> None:
    """What a person has seen in the app, up to a notice that stood on the page."""
    Notice.objects.filter(user=user, read_at=None, pk__lte=upto).update(read_at=now or timezone.now())
