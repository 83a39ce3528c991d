"""The gate of looks, a look spent, and the opening of the final tier."""

from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from datasets import selectors, vault
from datasets.core.budget import MOST_GAP_DAYS, NoLookLeft, next_look_at
from datasets.core.sealed_ladder import final_alpha
from datasets.models import Lineage, Look, LookGate, LookGrant, LookLimits, Opening, TestSet
from datasets.services.problems import NotYet
from dlstart_web.kit import audit, text
from dlstart_web.kit.say import say
from projects.models import Project, Team, User
from projects.permissions import has_conflict, is_handler, is_member, is_owner, require_administrator


@transaction.atomic
def set_gate(
    *,
    lineage: Lineage,
    project: Project,
    user: User,
    gap_days: int,
    looks_open: bool,
    members_may_look: bool,
    members_take_inputs: bool | None = None,
) -> Lineage:
    """The owner lengthens the gap between looks, closes or opens them, lets members spend; never shortens the gap.

    A new gap holds from the next look on. Whether members take inputs of sealed rows stays as it is where left out.
    """
    if not (is_owner(user, project) and selectors.project_has_lineage(project, lineage.pk)):
        raise PermissionDenied(say("Only an owner of {team} sets this, for its own data.", team=project.team))
    lineage = Lineage.objects.select_for_update().get(pk=lineage.pk)
    if gap_days == 0:
        gap_days, looks_open = lineage.look_gap_days, False  # a gap of 0 means closed, never unlimited
    if gap_days < lineage.look_gap_days:
        raise NotYet(
            "gap-shorter",
            say(
                "The gap is {days} days and can be lengthened, not shortened to {wanted}.",
                days=lineage.look_gap_days,
                wanted=gap_days,
            ),
        )
    lineage.look_gap_days, lineage.looks_open, lineage.members_may_look = gap_days, looks_open, members_may_look
    if members_take_inputs is not None:
        lineage.members_take_inputs = members_take_inputs
    lineage.save(update_fields=["look_gap_days", "looks_open", "members_may_look", "members_take_inputs"])
    audit.note("gate-set", lineage, actor=user.pk)
    return lineage


@transaction.atomic
def limit_looks(*, user: User, gap_days: int, bits: float, reason: str, now: datetime | None = None) -> LookLimits:
    """An administrator lengthens the gap or shortens the budget of bits for everybody, from the next look on; never back.

    Raises
    ------
    NotYet
        Shorter than 7 days or than now, more bits than now, nothing changed, or no reason.
    """
    require_administrator(user)
    before = selectors.look_limits()
    if not before.gap_days <= gap_days <= MOST_GAP_DAYS:
        raise NotYet(
            "gap",
            say(
                "Days between two looks: choose {least} to {most}; the gap is never shortened.",
                least=before.gap_days,
                most=MOST_GAP_DAYS,
            ),
        )
    if not 0 < bits <= before.bits:
        raise NotYet(
            "bits", say("Bits: choose more than 0 and at most {most:g}; the budget never grows.", most=before.bits)
        )
    if (gap_days, bits) == (before.gap_days, before.bits):
        raise NotYet("same", say("Nothing is different from the limits in force."))
    if not reason.strip():
        raise NotYet("reason-missing", say("Reason: fill this in. Everybody can read it."))
    made = LookLimits.objects.create(
        gap_days=gap_days, bits=bits, reason=reason.strip(), made_by=user, made_at=now or timezone.now()
    )
    audit.note("look-limits-set", made, actor=user.pk)
    return made


@transaction.atomic
def grant_look(*, project: Project, user: User, reason: str, now: datetime | None = None) -> LookGrant:
    """An administrator gives a team one more look while its gap runs, for a reason that everybody in the project reads.

    It counts like any look, with its bits, and the next gap starts with it. There is never more than one look at a time.

    Raises
    ------
    PermissionDenied
        For everybody else, and for an administrator who is or was in the team.
    NotYet
        If nothing is sealed, the team has a look or an open grant, or something else than the gap keeps it from looking.
    """
    require_administrator(user)
    if has_conflict(user, project):
        raise PermissionDenied(say("You are or were in {team}. Another administrator grants this.", team=project.team))
    now = now or timezone.now()
    version = selectors.version_sealed_latest(project)
    test_set = selectors.test_set_for_looks(version) if version else None
    if test_set is None:
        raise NotYet("not-sealed", say("No data is sealed in this project yet, so there is nothing to look at."))
    test_set = vault.locked(test_set.pk)
    try:
        selectors.look_check(test_set=test_set, project=project, team=project.team, user=None, now=now)
    except NoLookLeft as refusal:
        if refusal.reason != "gap":
            raise NotYet(refusal.reason, refusal.args[0]) from refusal
    else:
        raise NotYet(
            "look-there",
            say(
                "{team} has a look now. One more can be granted while the gap runs; looks do not pile up.",
                team=project.team,
            ),
        )
    grant = LookGrant.objects.create(
        lineage=test_set.lineage, project=project, team=project.team, reason=reason, granted_by=user, granted_at=now
    )
    audit.note("look-granted", grant, actor=user.pk)
    return grant


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
        raise PermissionDenied(say("Only an owner of {team} asks for this.", team=project.team))
    test_set = vault.locked(test_set.pk)
    if test_set.tier == TestSet.Tier.CHECKPOINT or not selectors.project_has_lineage(project, test_set.lineage_id):
        raise PermissionDenied(say("This is not the final tier of the project's data."))
    what = say("The final rows")
    if test_set.tier == TestSet.Tier.FRESH:
        what = say("The rows of fresh set {number}", number=test_set.number)
        final = selectors.opening_of_rows(selectors.test_set_final(test_set.version))
        if final is None or final.state != Opening.State.SCORED:
            raise NotYet(
                "final-first",
                say(
                    "The final rows of {version} are not opened yet. Open them first; a fresh set shows whether what they said "
                    "still holds.",
                    version=test_set.version,
                ),
            )
    if test_set.version.dataset.removed_at is not None:
        raise NotYet("removed", say("This data was removed; nothing of it is left to open."))
    live = Opening.objects.exclude(state=Opening.State.WITHDRAWN).filter(test_set__family=test_set.family)
    for opening in live.select_related("project"):
        if opening.state == Opening.State.SCORED:
            raise NotYet(
                "opened",
                say(
                    "{what} were opened on {day} by {project}. They open once; a new opening needs fresh rows.",
                    what=what,
                    day=text.day_words(opening.scored_at, with_year=True),
                    project=opening.project,
                ),
            )
        if opening.test_set_id == test_set.pk and opening.project_id == project.pk:
            return opening
        raise NotYet("asked", say("{what} are asked for by {project} already.", what=what, project=opening.project))
    if not project.is_sandbox and not selectors.project_is_approved(project):
        raise NotYet("not-approved", say("{what} open once the proposal is approved.", what=what))
    opening = Opening.objects.create(test_set=test_set, project=project, asked_by=user)
    audit.note("opening-asked", opening, actor=user.pk)
    return opening


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
        raise PermissionDenied(say("Only the handler named for this proposal agrees to an opening."))
    test_set = vault.locked(opening.test_set_id)
    opening = Opening.objects.get(pk=opening.pk)
    if opening.state in (Opening.State.AGREED, Opening.State.SCORED):
        return opening
    if opening.state == Opening.State.WITHDRAWN:
        raise NotYet("withdrawn", say("The team withdrew its question. An owner may ask again."))
    if test_set.is_pooled and selectors.look_ledger(test_set).filter(state=Look.State.SPENT).exists():
        raise NotYet("look-waiting", say("A look at these rows waits for its answer. Agree once it has come."))
    if test_set.is_pooled:  # its interval pays for the looks it took
        opening.alpha = final_alpha(test_set.looks + 1, test_set.releases, 1, test_set.log2_rungs)
    opening.state, opening.agreed_by, opening.agreed_at = Opening.State.AGREED, user, now or timezone.now()
    opening.save(update_fields=["state", "agreed_by", "agreed_at", "alpha"])
    audit.note("opening-agreed", opening, actor=user.pk)
    return opening


@transaction.atomic
def withdraw_opening(*, opening: Opening, user: User) -> Opening:
    """An owner takes the question back, as long as nobody has agreed."""
    if not is_owner(user, opening.project):
        raise PermissionDenied(say("Only an owner of {team} withdraws this.", team=opening.project.team))
    opening = Opening.objects.select_for_update().get(pk=opening.pk)
    if opening.state != Opening.State.ASKED:
        raise NotYet(opening.state, say("The handler has agreed; an agreed opening cannot be taken back."))
    opening.state = Opening.State.WITHDRAWN
    opening.save(update_fields=["state"])
    audit.note("opening-withdrawn", opening, actor=user.pk)
    return opening


@transaction.atomic
def accept_restored(*, now: datetime) -> audit.AuditEvent:
    """Go on from a database that is older than the one in use before: no team looks before a whole gap has passed.

    What was looked at since the copy is not in it, so each gate is set as if a look had been spent at this moment.
    """
    for lineage in Lineage.objects.select_for_update().exclude(test_sets=None).order_by("pk"):
        opens = next_look_at(now, selectors.gap_days(lineage))
        on_it = Q(projects__datasets__lineage=lineage) | Q(projects__data_uses__dataset__lineage=lineage)
        LookGate.objects.bulk_create(
            [
                LookGate(lineage=lineage, team=team, next_look_at=vault.LONG_AGO)
                for team in Team.objects.filter(on_it).distinct()
            ],
            ignore_conflicts=True,
        )
        LookGate.objects.filter(lineage=lineage, next_look_at__lt=opens).update(next_look_at=opens)
        LookGrant.objects.filter(lineage=lineage, look=None, ended_at=None).update(ended_at=now)
    return audit.accept()
