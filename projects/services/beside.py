"""Writes of what lies beside a proposal: attachments, the team's comments, the archive."""

import hashlib
import os
from datetime import datetime
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.core.files.base import File
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from dlstart_web.kit.say import say
from projects import permissions, selectors
from projects.core.errors import ProjectProblem
from projects.core.filetypes import ENDINGS, kind_of
from projects.models import Attachment, Comment, Notice, Project, Proposal, User
from projects.selectors.records import OPEN_STATES
from projects.services.answers import lock_draft
from projects.services.notices import notify

ATTACHMENTS_AT_MOST = 20
HEAD = 64 * 1024


def attachment_path(stored: UUID) -> Path:
    """Where a file lies: in our own folder, under a name that says nothing."""
    folder = settings.STORE / "attachments"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder / str(stored)


def attach_file(*, proposal: Proposal, user: User, name: str, file: File) -> Attachment:
    """Put a file beside a draft: its bytes must be what its name says, and small enough."""
    limit = settings.LIMITS["attachment"]
    if not file.size or file.size > limit:
        raise ProjectProblem(
            say(
                "“{name}” has {size:,} bytes. An attachment has 1 to {limit:,}; put larger files where "
                "they can be linked.",
                name=name,
                size=file.size or 0,
                limit=limit,
            )
        )
    file.seek(0)
    kind = kind_of(name, file.read(HEAD))
    if not kind:
        raise ProjectProblem(
            say(
                "“{name}” is not taken: its content must be what its name says, one of {names}.",
                name=name,
                names=", ".join(sorted(ENDINGS)),
            )
        )
    made = Attachment(proposal=proposal, name=name[-120:], kind=kind, size=file.size, by=user)
    path, digest = attachment_path(made.stored), hashlib.sha256()
    file.seek(0)
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
            while piece := file.read(HEAD):
                digest.update(piece)
                target.write(piece)
        made.sha256 = digest.hexdigest()
        with transaction.atomic():
            lock_draft(proposal)
            if proposal.attachments.filter(removed_at=None).count() >= ATTACHMENTS_AT_MOST:
                raise ProjectProblem(
                    say("There are {most} attachments already. Remove one first.", most=ATTACHMENTS_AT_MOST)
                )
            made.save(force_insert=True)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return made


@transaction.atomic
def remove_attachment(*, attachment: Attachment, now: datetime | None = None) -> None:
    """Take a file away from a draft; its bytes go with the last version that has it."""
    lock_draft(attachment.proposal)
    Attachment.objects.filter(pk=attachment.pk, removed_at=None).update(removed_at=now or timezone.now())
    if not Attachment.objects.filter(stored=attachment.stored, removed_at=None).exists():
        path = attachment_path(attachment.stored)
        transaction.on_commit(lambda: path.unlink(missing_ok=True), robust=True)


@transaction.atomic
def write_comment(*, proposal: Proposal, user: User, text: str, question: str = "") -> Comment:
    """A note of the team to itself; the others of the team are told."""
    if not permissions.is_member(user, proposal.project):
        raise ProjectProblem(say("Only members of {team} write here.", team=proposal.project.team))
    if question and question not in selectors.form_of(proposal).questions:
        raise ProjectProblem(say("There is no question of this name. Choose one of the list."))
    comment = Comment.objects.create(proposal=proposal, question=question, text=text.strip(), by=user)
    project = proposal.project
    page = reverse("projects:comment_list", args=[project.slug, proposal.number])
    others = User.objects.filter(memberships__team=project.team_id, memberships__left_at=None).exclude(pk=user.pk)
    for member in others:
        words = say("{user} commented on {project}", user=user, project=project)
        notify(user=member, kind=Notice.Kind.NEWS, words=words, page=page, project=project)
    return comment


@transaction.atomic
def finish_comment(*, comment: Comment, now: datetime | None = None) -> None:
    """It is dealt with."""
    Comment.objects.filter(pk=comment.pk, done_at=None).update(done_at=now or timezone.now())


@transaction.atomic
def archive_project(*, project: Project, archived: bool, now: datetime | None = None) -> None:
    """Take a project out of the lists, or back into them; not while it is under review. Nothing is lost or closed by it."""
    current = Project.objects.select_for_update().get(pk=project.pk)
    if archived and current.proposals.filter(state__in=OPEN_STATES).exists():
        raise ProjectProblem(
            say("{project} is under review. Withdraw its version first, or wait for the decision.", project=current)
        )
    Project.objects.filter(pk=project.pk).update(archived_at=(now or timezone.now()) if archived else None)
