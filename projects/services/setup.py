"""First steps of an administrator: a mail, a job for a worker, what was looked at."""

from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.utils import timezone

from dlstart_web.kit import jobs
from dlstart_web.kit.models import WorkerCheck
from dlstart_web.kit.say import say
from projects.core.errors import ProjectProblem
from projects.models import SetupMark, User

MAIL_WAIT = 10  # seconds for each answer of the mail server


@transaction.atomic
def mark_setup(*, by: User, key: str) -> None:
    """Note a first step as done by this person, now."""
    SetupMark.objects.update_or_create(key=key, defaults={"by": by, "at": timezone.now()})


def send_mail_to_check(*, by: User) -> None:
    """Send a mail to this person and note that the server took it; ProjectProblem with its words if it did not."""
    mail = EmailMessage(
        str(say("A mail from dlstart")),
        str(say("You asked for it on the page Administration. Say there that it arrived.")) + "\n",
        settings.DEFAULT_FROM_EMAIL,
        [by.email],
        connection=get_connection(timeout=MAIL_WAIT),
    )
    try:
        mail.send()
    except (OSError, SMTPException) as fault:
        raise ProjectProblem(
            say(
                "No mail was sent. The mail server says: {fault}. Look at DLSTART_EMAIL_URL and DLSTART_FROM.",
                fault=fault,
            )
        ) from fault
    mark_setup(by=by, key=SetupMark.Key.MAIL_SENT)


@transaction.atomic
def ask_worker() -> WorkerCheck:
    """Queue a job that does nothing."""
    check = WorkerCheck.objects.create()
    jobs.ring_on_commit(check)
    return check
