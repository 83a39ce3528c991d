"""The gate of looks, a look spent, and the opening of the final tier."""

from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from datasets import selectors, vault
from datasets.core.sealed_ladder import final_alpha
from datasets.models import Lineage, Look, Opening, TestSet
from datasets.services.problems import NotYet
from projects.models import Project, User
from projects.permissions import is_handler, is_member, is_owner


@transaction.atomic
def set_gate(
    *, lineage: Lineage, project: Project, user: User, gap_days: int, looks_open: bool, members_may_look: bool
) -> Lineage:
    """The owner lengthens the gap between looks, closes or opens them, lets members spend; never shortens the gap.

    A new gap holds from the next look on.
    """
    if not is_owner(user, project):
        raise PermissionDenied(f"Only an owner of {project.team} sets this.")
    lineage = Lineage.objects.select_for_update().get(pk=lineage.pk)
    if gap_days == 0:
        gap_days, looks_open = lineage.look_gap_days, False  # a gap of 0 means closed, never unlimited
    if gap_days < lineage.look_gap_days:
        raise NotYet(
            "gap-shorter",
            f"The gap is {lineage.look_gap_days} days and can be lengthened, not shortened to {gap_days}.",
        )
    lineage.look_gap_days, lineage.looks_open, lineage.members_may_look = gap_days, looks_open, members_may_look
    lineage.save(update_fields=["look_gap_days", "looks_open", "members_may_look"])
    return lineage


def spend_look(**look: Any) -> Look:
    """See `vault.spend_look`."""
    return vault.spend_look(**look)


@transaction.atomic
def ask_opening(*, test_set: TestSet, project: Project, user: User) -> Opening:
    """An owner asks to open the final tier; once for a lineage, whoever asks. The one that is open comes back.

    Raises
    ------
    PermissionDenied
        For who is no owner of the team (in a sandbox, no member).
    NotYet
        If the rows of this lineage had their opening, or the proposal is not approved.
    """
    if not (is_owner(user, project) or (project.is_sandbox and is_member(user, project))):
        raise PermissionDenied(f"Only an owner of {project.team} asks for this.")
    test_set = vault.locked(test_set.pk)
    if test_set.tier != TestSet.Tier.FINAL or not selectors.project_has_lineage(project, test_set.lineage_id):
        raise PermissionDenied("This is not the final tier of the project's data.")
    if test_set.version.dataset.removed_at is not None:
        raise NotYet("removed", "This data was removed; nothing of it is left to open.")
    live = Opening.objects.exclude(state=Opening.State.WITHDRAWN).filter(test_set__family=test_set.family)
    for opening in live.select_related("project"):
        if opening.state == Opening.State.SCORED:
            raise NotYet(
                "opened",
                f"The final rows were opened on {opening.scored_at:%d %b %Y} by {opening.project}. "
                "They open once; a new opening needs fresh rows.",
            )
        if opening.test_set_id == test_set.pk and opening.project_id == project.pk:
            return opening
        raise NotYet("asked", f"The final rows are asked for by {opening.project} already.")
    if not project.is_sandbox and not selectors.project_is_approved(project):
        raise NotYet("not-approved", "The final rows open once the proposal is approved.")
    return Opening.objects.create(test_set=test_set, project=project, asked_by=user)


@transaction.atomic
def agree_opening(*, opening: Opening, user: User, now: datetime | None = None) -> Opening:
    """The handler agrees (in a sandbox a member); from here on a pooled set takes no more looks.

    Raises
    ------
    PermissionDenied
        For who is not the handler of this project.
    NotYet
        While a look at the same rows waits for its answer, or the opening was withdrawn.
    """
    project = opening.project
    if not (is_handler(user, project) or (project.is_sandbox and is_member(user, project))):
        raise PermissionDenied("Only the handler named for this proposal agrees to an opening.")
    test_set = vault.locked(opening.test_set_id)
    opening = Opening.objects.get(pk=opening.pk)
    if opening.state in (Opening.State.AGREED, Opening.State.SCORED):
        return opening
    if opening.state == Opening.State.WITHDRAWN:
        raise NotYet("withdrawn", "The team withdrew its question. An owner may ask again.")
    if test_set.is_pooled and selectors.look_ledger(test_set).filter(state=Look.State.SPENT).exists():
        raise NotYet("look-waiting", "A look at these rows waits for its answer. Agree once it has come.")
    if test_set.is_pooled:  # its interval pays for the looks it took
        opening.alpha = final_alpha(test_set.looks + 1, test_set.releases, 1, test_set.log2_rungs)
    opening.state, opening.agreed_by, opening.agreed_at = Opening.State.AGREED, user, now or timezone.now()
    opening.save(update_fields=["state", "agreed_by", "agreed_at", "alpha"])
    return opening


@transaction.atomic
def withdraw_opening(*, opening: Opening, user: User) -> Opening:
    """An owner takes the question back, as long as nobody has agreed."""
    if not is_owner(user, opening.project):
        raise PermissionDenied(f"Only an owner of {opening.project.team} withdraws this.")
    opening = Opening.objects.select_for_update().get(pk=opening.pk)
    if opening.state != Opening.State.ASKED:
        raise NotYet(opening.state, "The handler has agreed; an agreed opening cannot be taken back.")
    opening.state = Opening.State.WITHDRAWN
    opening.save(update_fields=["state"])
    return opening
