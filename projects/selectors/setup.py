"""How the installation stands, and what its administrators do first."""

import shutil
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db.models import Count, Q

from dlstart_web.kit import jobs, workers
from dlstart_web.kit.jobs import JobState
from dlstart_web.kit.models import Backup, WorkerCheck
from dlstart_web.kit.say import joined, say
from dlstart_web.kit.text import file_size_words, moment_words
from projects.models import PendingDecision, SetupMark, Team, User

OLD = timedelta(days=7)  # for a backup
Key = SetupMark.Key


class Standing(NamedTuple):
    """What one wants to know of an installation at a glance. `disk_used` in percent, `disk_free` in bytes."""

    people: int
    queue: jobs.Queue
    workers: int
    disk_used: int
    disk_free: int
    letters: int
    backup: Backup | None
    backup_is_old: bool


def standing(now: datetime) -> Standing:
    """How the installation stands."""
    queue, disk, backup = jobs.queue_now(now), shutil.disk_usage(settings.DATA), Backup.objects.first()
    return Standing(
        people=User.objects.filter(is_active=True).count(),
        queue=queue,
        workers=workers.answering(now),
        disk_used=round(100 * disk.used / disk.total),
        disk_free=disk.free,
        letters=PendingDecision.objects.exclude(letter="").count(),
        backup=backup,
        backup_is_old=backup is not None and now - backup.made_at > OLD,
    )


class Step(NamedTuple):
    """One first step: `state` decides the tag ("done", "now", "warn" or "plain"), `acts` are values and words of its buttons."""

    label: str
    state: str
    words: str
    acts: list[tuple[str, str]] = []


def is_mail_kept_here() -> bool:
    """Whether mails go into a folder of this machine instead of to a mail server."""
    return not settings.EMAIL_BACKEND.endswith("smtp.EmailBackend")


def setup_steps(standing: Standing) -> list[Step]:
    """The five first steps, as far as each is."""
    marks = {mark.key: mark for mark in SetupMark.objects.select_related("by")}
    return [
        _mail_step(marks),
        _worker_step(standing),
        _backup_step(standing),
        Step(say("Look at the limits"), "done", say("{name} looked at them.", name=marks[Key.LIMITS].by))
        if Key.LIMITS in marks
        else Step(
            say("Look at the limits"),
            "plain",
            say("They stand below on this page: sizes, budgets, days between looks."),
            [(Key.LIMITS, say("I have looked at them"))],
        ),
        _team_step(),
    ]


def steps_open(steps: list[Step]) -> int:
    """How many first steps are not done."""
    return sum(step.state != "done" for step in steps)


def is_setup_put_away() -> bool:
    """Whether an administrator put the list of first steps away."""
    return SetupMark.objects.filter(key=Key.HIDDEN).exists()


def _mail_step(marks: dict[str, SetupMark]) -> Step:
    label, again = say("Send a mail"), (Key.MAIL_SENT.value, say("Send me one"))
    if is_mail_kept_here():
        words = say("No mail leaves this machine: DLSTART_EMAIL_URL names no mail server. Mails are kept in a folder.")
        return Step(label, "warn", words, [again])
    sent, arrived = marks.get(Key.MAIL_SENT), marks.get(Key.MAIL_ARRIVED)
    if sent is None:
        return Step(label, "plain", say("Invitations, letters and reminders need it."), [again])
    when = moment_words(sent.at)
    if arrived is None or arrived.at < sent.at:
        words = say(
            "The mail server took one for {address}, {when}. Whether it arrived, only you can see.",
            address=sent.by.email,
            when=when,
        )
        return Step(label, "now", words, [(Key.MAIL_ARRIVED.value, say("It arrived")), again])
    return Step(label, "done", say("One arrived at {address}, sent {when}.", address=sent.by.email, when=when), [again])


def _worker_step(standing: Standing) -> Step:
    label, again = say("Let a worker answer"), ("worker", say("Send it a job"))
    check = WorkerCheck.objects.order_by("-queued_at").first()
    if check is None:
        return Step(
            label,
            "plain",
            say("Workers read data and train models. A job that does nothing shows that one answers."),
            [again],
        )
    if check.is_open:
        words = say(
            "A job waits since {when}. No worker has taken it yet; load the page again.",
            when=moment_words(check.queued_at),
        )
        return Step(label, "now" if standing.workers else "warn", words)
    if check.state != JobState.DONE:
        return Step(label, "warn", check.problem, [again])
    seconds = (check.ended_at - check.queued_at).total_seconds()
    words = say("A worker answered within {seconds:.1f} s, {when}.", seconds=seconds, when=moment_words(check.ended_at))
    return Step(label, "done", words, [again])


def _backup_step(standing: Standing) -> Step:
    label, backup = say("Make a backup"), standing.backup
    how = say("Run “dlstart backup FOLDER” on the machine, then every night; it is read again before it counts.")
    if backup is None:
        return Step(label, "plain", how)
    words = say(
        "{place}: {count} files, {size}, {when}, read again.",
        place=backup.place,
        count=backup.files,
        size=file_size_words(backup.size),
        when=moment_words(backup.made_at),
    )
    if standing.backup_is_old:
        return Step(label, "warn", joined(" ", [words, how]))
    return Step(label, "done", words)


def _team_step() -> Step:
    """A team that works together: everybody has one of their own from the start."""
    together = Team.objects.filter(is_demo=False).annotate(
        present=Count("memberships", filter=Q(memberships__left_at=None))
    )
    team, label = together.filter(present__gt=1).order_by("pk").first(), say("Bring the first real team in")
    if team is None:
        return Step(label, "plain", say("Invite people, or ask an owner to invite them into their team."))
    return Step(label, "done", say("{team} works here.", team=team))
