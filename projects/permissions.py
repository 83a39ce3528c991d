"""Who may, in projects. A page asks here in its first line; what one may not see answers like what is not there."""

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import Exists, Q
from django.http import Http404
from django.utils import timezone

from dlstart_web.kit.once import once_a_page
from dlstart_web.kit.say import say
from projects.models import (
    GLASS_OPEN,
    BreakGlass,
    Conflict,
    Membership,
    Project,
    Proposal,
    Review,
    Team,
    User,
)

GONE = (  # asked, and writes no review
    Review.State.DECLINED,
    Review.State.CONFLICT,
    Review.State.ABSTAINED,
    Review.State.RELEASED,
)
SHARED_FOR = timedelta(days=365)


class Role(StrEnum):
    READER = "reader"  # may read the submitted proposal and its results
    MEMBER = "member"  # of the project's team
    OWNER = "owner"  # of the project's team
    HANDLER = "handler"  # named by the administrator, without conflict
    STEWARD = "steward"  # a data steward outside any conflict, or the administrator standing in
    ADMINISTRATOR = "administrator"  # names the handler


@once_a_page
def _role_in_team(user: User, project: Project) -> str | None:
    """Owner or member of the project's team now, or None."""
    now = Membership.objects.filter(team=project.team_id, user=user.pk, left_at=None)
    return next(iter(now.values_list("role", flat=True)), None)


def is_member(user: User, project: Project) -> bool:
    """In the project's team now."""
    return _role_in_team(user, project) is not None


def is_owner(user: User, project: Project) -> bool:
    """Owner of the project's team now."""
    return _role_in_team(user, project) == Membership.Role.OWNER


def conflict(user: Any, project: Any, team: Any) -> Q:
    """The rule of conflict, for one person and project or between the rows of a list: each part an id or an OuterRef.

    In the team, now or before; named as its beneficiary or line manager; declared by oneself; or, within the last twelve
    months, together with somebody of the team in another one that has a project.
    """
    since = timezone.now() - SHARED_FOR
    recent = Q(left_at=None) | Q(left_at__gt=since)
    theirs = Q(team__memberships__left_at=None) | Q(team__memberships__left_at__gt=since)
    together = Membership.objects.filter(
        recent,
        theirs,
        user=user,
        team__projects__is_sandbox=False,
        team__memberships__user__memberships__team=team,
        team__memberships__user__memberships__left_at=None,
    )
    return (
        Q(Exists(Membership.objects.filter(team=team, user=user)))
        | outside_conflict(user, project)
        | Q(Exists(together))
    )


def outside_conflict(user: Any, project: Any) -> Q:
    """Named or declared: no review of the project is ever shown to this person, in the team or out of it."""
    declared = Review.objects.filter(proposal__project=project, reviewer=user, state=Review.State.CONFLICT)
    return Q(Exists(Conflict.objects.filter(project=project, user=user))) | Q(Exists(declared))


@once_a_page
def has_conflict(user: User, project: Project) -> bool:
    """Sees no reviews of the project by any role and decides nothing about it."""
    return Project.objects.filter(conflict(user.pk, project.pk, project.team_id), pk=project.pk).exists()


def shut_out(user: Any, project: Any, team: Any) -> Q:
    """The rule of `is_shut_out` for the rows of a list, as `conflict` takes its parts; broken glass aside."""
    in_team = Exists(Membership.objects.filter(team=team, user=user, left_at=None))
    return outside_conflict(user, project) | conflict(user, project, team) & ~Q(in_team)


@once_a_page
def is_shut_out(user: User, project: Project) -> bool:
    """In conflict and not in the team now, or named or declared: is shown no review, before the decision or after it."""
    if not has_conflict(user, project) or has_broken_glass(user, project):
        return False
    return Project.objects.filter(shut_out(user.pk, project.pk, project.team_id), pk=project.pk).exists()


@once_a_page
def is_reviewer(user: User, project: Project) -> bool:
    """Assigned to a proposal of the project, and neither given back, released nor in conflict."""
    return Review.objects.filter(proposal__project=project, reviewer=user).exclude(
        state__in=GONE
    ).exists() and not has_conflict(user, project)


def is_handler(user: User, project: Project) -> bool:
    """The named handler, as long as no conflict has come up."""
    return project.handler_id == user.pk and not has_conflict(user, project)


def has_broken_glass(user: User, project: Project, now: datetime | None = None) -> bool:
    """An administrator who gave a reason for reading past a conflict, within the last hour."""
    since = (now or timezone.now()) - GLASS_OPEN
    return user.is_administrator and BreakGlass.objects.filter(project=project, user=user, broken_at__gt=since).exists()


def broken_glass(user: User, project: Any) -> Q:
    """The rule of `has_broken_glass` for the rows of a list: `project` an id or an OuterRef."""
    since = timezone.now() - GLASS_OPEN
    broken = BreakGlass.objects.filter(project=project, user=user, broken_at__gt=since)
    return Q(Exists(broken)) if user.is_administrator else Q(pk=None)


def is_apart(user: User, project: Project) -> bool:
    """A demo account and a real project: its password is printed at the start, so it reads the demo and nothing else."""
    return user.is_demo and not project.is_demo


def may_read(user: User, project: Project) -> bool:
    """Drafts and sandboxes belong to the team; a submitted proposal is open to colleagues unless it is private."""
    if is_apart(user, project):
        return False
    if is_member(user, project) or is_handler(user, project) or is_reviewer(user, project):
        return True
    if project.is_private or project.is_sandbox:
        return has_broken_glass(user, project)
    return project.proposals.exclude(state__in=(Proposal.State.DRAFT, Proposal.State.WITHDRAWN)).exists()


CHECKS = {
    Role.READER: may_read,
    Role.MEMBER: is_member,
    Role.OWNER: is_owner,
    Role.HANDLER: is_handler,
    Role.STEWARD: lambda user, project: (
        not is_apart(user, project)
        and (user.is_steward or user.is_administrator or (project.is_sandbox and is_member(user, project)))
    ),
    Role.ADMINISTRATOR: lambda user, project: user.is_administrator and user.is_active,
}
OFFICES = (Role.STEWARD, Role.ADMINISTRATOR)  # reach a private project without being able to read its proposal


def get_project_or_404(user: User, key: str | UUID, *, role: Role = Role.READER) -> Project:
    """The project with this slug (or id); 404 where the person may not even read it, 403 where the role is missing."""
    field = "pk" if isinstance(key, UUID) else "slug"
    project = Project.objects.select_related("team", "handler").filter(**{field: key}).first()
    if project is None or not (may_read(user, project) or (role in OFFICES and CHECKS[role](user, project))):
        raise Http404("No project under this address.")
    if role != Role.READER and not CHECKS[role](user, project):
        raise PermissionDenied(WORDS[role](project.team))
    return project


def get_team_or_404(user: User, slug: str, *, role: Role = Role.MEMBER) -> Team:
    """A team for its members, and for the administrator, who stands in where an owner is missing."""
    team = Team.objects.filter(slug=slug).first()
    mine = Membership.objects.filter(team=team, user=user.pk, left_at=None).first() if team else None
    if team is None or not (mine or user.is_administrator):
        raise Http404("No team under this address.")
    if role == Role.OWNER and not (user.is_administrator or (mine and mine.role == Membership.Role.OWNER)):
        raise PermissionDenied(WORDS[Role.OWNER](team))
    return team


def require_administrator(user: User) -> None:
    """403 for everybody else."""
    if not user.is_administrator:
        raise PermissionDenied(WORDS[Role.ADMINISTRATOR](None))


WORDS: dict[Role, Callable[[object], str]] = {
    Role.MEMBER: lambda team: say("Only members of {team} may do this.", team=team),
    Role.OWNER: lambda team: say("Only an owner of {team} may do this.", team=team),
    Role.HANDLER: lambda team: say("Only the handler named for this proposal may do this."),
    Role.STEWARD: lambda team: say("Only a data steward may do this."),
    Role.ADMINISTRATOR: lambda team: say("Only an administrator may do this."),
}
