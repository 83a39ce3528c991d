"""Who may, in projects. A page asks here in its first line; what one may not see answers like what is not there."""

from enum import StrEnum
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404

from projects.models import Membership, Project, Proposal, Review, Team, User


class Role(StrEnum):
    READER = "reader"  # may read the submitted proposal and its results
    MEMBER = "member"  # of the project's team
    OWNER = "owner"  # of the project's team
    HANDLER = "handler"  # named by the administrator, without conflict
    STEWARD = "steward"  # a data steward outside any conflict, or the administrator standing in
    ADMINISTRATOR = "administrator"  # names the handler


def is_member(user: User, project: Project) -> bool:
    """In the project's team now."""
    return Membership.objects.filter(team=project.team_id, user=user.pk, left_at=None).exists()


def is_owner(user: User, project: Project) -> bool:
    """Owner of the project's team now."""
    return Membership.objects.filter(
        team=project.team_id, user=user.pk, left_at=None, role=Membership.Role.OWNER
    ).exists()


def has_conflict(user: User, project: Project) -> bool:
    """In the project's team, now or before, or self-declared: sees no reviews of it by any role and decides nothing about it."""
    return (
        Membership.objects.filter(team=project.team_id, user=user.pk).exists()
        or Review.objects.filter(proposal__project=project, reviewer=user, state=Review.State.CONFLICT).exists()
    )


def is_reviewer(user: User, project: Project) -> bool:
    """Assigned to a proposal of the project and not declined or in conflict."""
    gone = (Review.State.DECLINED, Review.State.CONFLICT)
    return Review.objects.filter(proposal__project=project, reviewer=user).exclude(
        state__in=gone
    ).exists() and not has_conflict(user, project)


def is_handler(user: User, project: Project) -> bool:
    """The named handler, as long as no conflict has come up."""
    return project.handler_id == user.pk and not has_conflict(user, project)


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
        return False
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
        raise PermissionDenied(WORDS[role].format(team=project.team))
    return project


def get_team_or_404(user: User, slug: str, *, role: Role = Role.MEMBER) -> Team:
    """A team for its members, and for the administrator, who stands in where an owner is missing."""
    team = Team.objects.filter(slug=slug).first()
    mine = Membership.objects.filter(team=team, user=user.pk, left_at=None).first() if team else None
    if team is None or not (mine or user.is_administrator):
        raise Http404("No team under this address.")
    if role == Role.OWNER and not (user.is_administrator or (mine and mine.role == Membership.Role.OWNER)):
        raise PermissionDenied(WORDS[Role.OWNER].format(team=team))
    return team


def require_administrator(user: User) -> None:
    """403 for everybody else."""
    if not user.is_administrator:
        raise PermissionDenied(WORDS[Role.ADMINISTRATOR])


WORDS = {
    Role.READER: "",
    Role.MEMBER: "Only members of {team} may do this.",
    Role.OWNER: "Only an owner of {team} may do this.",
    Role.HANDLER: "Only the handler named for this proposal may do this.",
    Role.STEWARD: "Only a data steward may do this.",
    Role.ADMINISTRATOR: "Only an administrator may do this.",
}
