"""What an administrator writes into the log of acts."""

from django.db import transaction

from dlstart_web.kit import audit
from dlstart_web.kit.models import AuditEvent, AuditNote
from projects.models import User
from projects.permissions import require_administrator


@transaction.atomic
def write_note(*, user: User, text: str) -> AuditEvent:
    """A sentence that stays in the log, such as why a copy of the database was restored; for administrators."""
    require_administrator(user)
    note = AuditNote.objects.create(text=text, by=str(user.pk))
    return audit.note("note-written", note, actor=user.pk)
