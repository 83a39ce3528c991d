"""Writes about people: invitations, accounts, teams. Each is one transaction and says what it refuses."""

import hashlib
import secrets
from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from knox.models import AuthToken

from dlstart_web.kit import audit
from dlstart_web.kit.say import joined, say
from dlstart_web.kit.text import moment_words
from projects.core.errors import InvitationSpent, ProjectProblem
from projects.models import Invitation, Membership, Team, User
from projects.services.slugs import free_name, free_slug

TOKEN_DAYS = 90


def digest_of(secret: str) -> str:
    """What is kept of a link's secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def invitation_address(secret: str) -> str:
    """The whole address of a link."""
    return settings.SITE_ADDRESS.rstrip("/") + reverse("projects:invitation_accept", args=[secret])


@transaction.atomic
def create_invitation(
    *,
    by: User | None,
    team: Team | None = None,
    email: str = "",
    role: str = Membership.Role.MEMBER,
    makes_administrator: bool = False,
    now: datetime | None = None,
) -> tuple[Invitation, str]:
    """A single-use link into dlstart, and into a team where one is given; its secret is returned once and never kept."""
    moment = now or timezone.now()
    secret = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        digest=digest_of(secret),
        email=email.strip().lower(),
        team=team,
        role=role,
        makes_administrator=makes_administrator,
        invited_by=by,
        created_at=moment,
        expires_at=moment + timedelta(days=settings.INVITATION_DAYS),
    )
    if invitation.email:
        transaction.on_commit(partial(_mail_invitation, invitation, invitation_address(secret)), robust=True)
    return invitation, secret


def _mail_invitation(invitation: Invitation, address: str) -> None:
    """In the language of who invites, who knows best what the other one reads."""
    by = invitation.invited_by or say("The administrator")
    into = say("the team {team}", team=invitation.team) if invitation.team else settings.ORGANISATION
    until = say(
        "It works once, until {until}. If you expected nothing, do nothing.",
        until=moment_words(invitation.expires_at, ZoneInfo("UTC")),
    )
    send_mail(
        str(say("{by} invites you to {into} on dlstart", by=by, into=into)),
        str(joined("\n\n", [say("Open this address to join {into}:", into=into), address, until])) + "\n",
        settings.DEFAULT_FROM_EMAIL,
        [invitation.email],
    )


@transaction.atomic
def withdraw_invitation(*, invitation: Invitation) -> None:
    """Close a link that nobody has used."""
    Invitation.objects.filter(pk=invitation.pk, used_at=None).update(expires_at=timezone.now())


@transaction.atomic
def accept_invitation(*, secret: str, user: User, now: datetime | None = None) -> Invitation:
    """Use a link up for a person; InvitationSpent if another was faster or it is past its time."""
    moment = now or timezone.now()
    used = Invitation.objects.filter(digest=digest_of(secret), used_at=None, expires_at__gt=moment).update(
        used_at=moment, used_by=user
    )
    if not used:
        raise InvitationSpent
    invitation = Invitation.objects.select_related("team").get(digest=digest_of(secret))
    if invitation.team:
        join_team(team=invitation.team, user=user, role=invitation.role)
    if invitation.makes_administrator:
        User.objects.filter(pk=user.pk).update(is_administrator=True)
        user.is_administrator = True
        audit.note("offices-set", user, actor=invitation.invited_by_id)
    return invitation


@transaction.atomic
def join_team(*, team: Team, user: User, role: str = Membership.Role.MEMBER) -> Membership:
    """Enter a team, or come back to it. A link never takes a role away."""
    membership, is_new = Membership.objects.get_or_create(team=team, user=user, defaults={"role": role})
    if not is_new and membership.left_at is not None:
        membership.left_at, membership.role = None, role
        membership.save(update_fields=["left_at", "role"])
        audit.note("team-joined", membership, actor=user.pk)
    elif not is_new and role == Membership.Role.OWNER and membership.role != role:
        membership.role = role
        membership.save(update_fields=["role"])
        audit.note("role-set", membership, actor=user.pk)
    elif is_new:
        audit.note("team-joined", membership, actor=user.pk)
    return membership


@transaction.atomic
def welcome_user(*, user: User, secret: str = "") -> None:
    """Complete a new account: use its invitation up; whoever is in no team gets one of their own."""
    if secret:
        accept_invitation(secret=secret, user=user)
    elif not settings.OPEN_SIGNUP:
        raise InvitationSpent
    if not Membership.objects.filter(user=user, left_at=None).exists():
        create_team(user=user, name=free_name(Team, str(say("Team of {user}", user=user))))


@transaction.atomic
def create_team(*, user: User, name: str) -> Team:
    """A team whose owner is its maker."""
    name = name.strip()
    if Team.objects.filter(name__iexact=name).exists():
        raise ProjectProblem(say("There is a team called “{name}” already. Choose another name.", name=name))
    team = Team.objects.create(name=name, slug=free_slug(Team, name, fallback="team"), is_demo=user.is_demo)
    membership = Membership.objects.create(team=team, user=user, role=Membership.Role.OWNER)
    audit.note("team-made", membership, actor=user.pk)
    return team


@transaction.atomic
def rename_team(*, team: Team, name: str) -> None:
    """Change the name; the address stays, so that links go on working."""
    if Team.objects.filter(name__iexact=name.strip()).exclude(pk=team.pk).exists():
        raise ProjectProblem(say("There is a team called “{name}” already. Choose another name.", name=name.strip()))
    Team.objects.filter(pk=team.pk).update(name=name.strip())


def _keep_an_owner(membership: Membership) -> None:
    """Refuse to take the last owner away. The team's row is locked, so two owners cannot leave at the same moment."""
    Team.objects.select_for_update().get(pk=membership.team_id)
    owners = Membership.objects.filter(
        team=membership.team_id, role=Membership.Role.OWNER, left_at=None, user__is_active=True
    )
    if membership.role == Membership.Role.OWNER and not owners.exclude(pk=membership.pk).exists():
        raise ProjectProblem(
            say(
                "{user} is the last owner of {team}. Make someone else an owner first.",
                user=membership.user,
                team=membership.team,
            )
        )


@transaction.atomic
def set_member_role(*, membership: Membership, role: str, by: User | None = None) -> None:
    """Owner or member; never the last owner away."""
    if role != Membership.Role.OWNER:
        _keep_an_owner(membership)
    Membership.objects.filter(pk=membership.pk, left_at=None).update(role=role)
    audit.note("role-set", membership, actor=by.pk if by else "")


@transaction.atomic
def leave_team(*, membership: Membership, by: User | None = None, now: datetime | None = None) -> None:
    """Leave, or be removed. The row stays: who was in a team has seen its work and reviews none of it."""
    _keep_an_owner(membership)
    Membership.objects.filter(pk=membership.pk, left_at=None).update(left_at=now or timezone.now())
    audit.note("team-left", membership, actor=by.pk if by else "")


@transaction.atomic
def update_person(
    *, person: User, is_administrator: bool, is_steward: bool, is_active: bool, by: User | None = None
) -> None:
    """Change offices, or close an account. One active administrator always stays."""
    others = User.objects.select_for_update().filter(is_administrator=True, is_active=True).exclude(pk=person.pk)
    if person.is_administrator and person.is_active and not (is_administrator and is_active) and not others.exists():
        raise ProjectProblem(say("{person} is the last administrator. Make someone else one first.", person=person))
    User.objects.filter(pk=person.pk).update(
        is_administrator=is_administrator, is_steward=is_steward, is_active=is_active
    )
    if not is_active:
        AuthToken.objects.filter(user=person).delete()
    audit.note("offices-set", person, actor=by.pk if by else "")


@transaction.atomic
def update_settings(
    *,
    user: User,
    name: str,
    time_zone: str,
    language: str = "",
    keys_on: bool,
    department: str = "",
    digest_hour: int | None = None,
    mails_at_once: bool = True,
) -> None:
    """A person's own settings."""
    words = {"name": name.strip(), "department": department.strip(), "time_zone": time_zone, "language": language}
    User.objects.filter(pk=user.pk).update(
        **words, keys_on=keys_on, digest_hour=digest_hour, mails_at_once=mails_at_once
    )


@transaction.atomic
def create_token(*, user: User, days: int = TOKEN_DAYS) -> tuple[AuthToken, str]:
    """A token for scripts; its text is returned once, and only a hash is kept."""
    if not 1 <= days <= 365:
        raise ProjectProblem(say("A token lives for 1 to 365 days; {days} was asked for.", days=days))
    return AuthToken.objects.create(user=user, expiry=timedelta(days=days))


@transaction.atomic
def delete_token(*, user: User, key: str) -> bool:
    """Close one's own token; False if there is none of that name."""
    return bool(AuthToken.objects.filter(user=user, token_key=key).delete()[0])
