"""Pages about people: invitations, teams, offices, one's own settings and tokens."""

from datetime import datetime

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required, login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from knox.models import AuthToken

from dlstart_web.kit.say import say
from projects import permissions, services
from projects.core.errors import InvitationSpent, ProjectProblem
from projects.forms import InvitationForm, PersonForm, PersonInvitationForm, SettingsForm, TeamForm, TokenForm
from projects.http import Request
from projects.models import Invitation, Membership, Team, User
from projects.permissions import Role
from projects.services.people import digest_of

YEAR = 365 * 24 * 3600


def _open_invitation(secret: str, now: datetime) -> Invitation | None:
    return (
        Invitation.objects.select_related("team", "invited_by")
        .filter(digest=digest_of(secret), used_at=None, expires_at__gt=now)
        .first()
    )


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def invitation_accept(request: Request, secret: str) -> HttpResponse:
    """What a link opens. Reading it uses nothing up; joining, or making the account, does."""
    invitation = _open_invitation(secret, timezone.now())
    if invitation is None:
        request.session.pop("invitation", None)
        return render(request, "projects/invitation_spent.html", status=410)
    if not request.user.is_authenticated:
        request.session["invitation"] = secret
        return render(request, "projects/invitation_accept.html", {"invitation": invitation, "secret": secret})
    if request.method == "POST":
        try:
            services.accept_invitation(secret=secret, user=request.user)
        except InvitationSpent:
            return render(request, "projects/invitation_spent.html", status=410)
        request.session.pop("invitation", None)
        if invitation.team:
            messages.success(request, say("You are in the team {team} now.", team=invitation.team))
            return redirect("projects:team_detail", invitation.team.slug)
        return redirect("evaluations:home")
    return render(request, "projects/invitation_accept.html", {"invitation": invitation, "secret": secret})


@login_required
@require_safe
def team_list(request: Request) -> HttpResponse:
    """My teams."""
    memberships = (
        Membership.objects.filter(user=request.user, left_at=None).select_related("team").order_by("team__name")
    )
    return render(request, "projects/team_list.html", {"memberships": memberships})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def team_create(request: Request) -> HttpResponse:
    """A team of one's own."""
    form = TeamForm(request.POST) if request.method == "POST" else TeamForm()
    if form.is_valid():
        try:
            team = services.create_team(user=request.user, name=form.cleaned_data["name"])
        except ProjectProblem as problem:
            form.add_error("name", str(problem))
        else:
            return redirect("projects:team_detail", team.slug)
    return render(request, "projects/team_create.html", {"form": form}, status=422 if form.is_bound else 200)


def _team_page(request: Request, team: Team, **more) -> HttpResponse:
    memberships = team.memberships.select_related("user").order_by("-role", "joined_at")
    present = [membership for membership in memberships if membership.left_at is None]
    mine = next((membership for membership in present if membership.user_id == request.user.pk), None)
    may_manage = request.user.is_administrator or (mine is not None and mine.role == Membership.Role.OWNER)
    status = more.pop("status", 200)
    context = {
        "team": team,
        "present": present,
        "past": [membership for membership in memberships if membership.left_at is not None],
        "mine": mine,
        "may_manage": may_manage,
        "projects": team.projects.all() if mine else [],
        "invitations": team.invitations.filter(used_at=None, expires_at__gt=timezone.now()) if may_manage else [],
        "invitation_form": InvitationForm(),
        "rename_form": TeamForm(initial={"name": team.name}),
        "days": settings.INVITATION_DAYS,
    }
    return render(request, "projects/team_detail.html", context | more, status=status)


@login_required
@require_safe
def team_detail(request: Request, slug: str) -> HttpResponse:
    """A team for its members."""
    team = permissions.get_team_or_404(request.user, slug)
    return _team_page(request, team)


@login_required
@require_POST
def team_rename(request: Request, slug: str) -> HttpResponse:
    """Another name; the address stays."""
    team = permissions.get_team_or_404(request.user, slug, role=Role.OWNER)
    form = TeamForm(request.POST)
    if form.is_valid():
        try:
            services.rename_team(team=team, name=form.cleaned_data["name"])
        except ProjectProblem as problem:
            form.add_error("name", str(problem))
        else:
            return redirect("projects:team_detail", team.slug)
    return _team_page(request, team, rename_form=form, form=form, status=422)


@login_required
@require_POST
def invitation_create(request: Request, slug: str) -> HttpResponse:
    """A link into a team, shown this once."""
    team = permissions.get_team_or_404(request.user, slug, role=Role.OWNER)
    form = InvitationForm(request.POST)
    if not form.is_valid():
        return _team_page(request, team, invitation_form=form, form=form, status=422)
    invitation, secret = services.create_invitation(by=request.user, team=team, **form.cleaned_data)
    context = {"team": team, "invitation": invitation, "address": services.invitation_address(secret)}
    return render(request, "projects/invitation_created.html", context)


@login_required
@require_POST
def invitation_withdraw(request: Request, slug: str, pk: int) -> HttpResponse:
    """Close a link that nobody used."""
    team = permissions.get_team_or_404(request.user, slug, role=Role.OWNER)
    services.withdraw_invitation(invitation=get_object_or_404(team.invitations, pk=pk))
    return redirect("projects:team_detail", team.slug)


@login_required
@require_POST
def member_role(request: Request, slug: str, pk: int) -> HttpResponse:
    """Make a member an owner, or an owner a member."""
    team = permissions.get_team_or_404(request.user, slug, role=Role.OWNER)
    membership = get_object_or_404(team.memberships.select_related("user", "team"), pk=pk, left_at=None)
    role = Membership.Role.OWNER if request.POST.get("role") == Membership.Role.OWNER else Membership.Role.MEMBER
    return _changed(request, team, lambda: services.set_member_role(membership=membership, role=role, by=request.user))


@login_required
@require_POST
def member_leave(request: Request, slug: str, pk: int) -> HttpResponse:
    """Leave a team, or be taken out by an owner."""
    team = permissions.get_team_or_404(request.user, slug)
    membership = get_object_or_404(team.memberships.select_related("user", "team"), pk=pk, left_at=None)
    if membership.user_id != request.user.pk:
        permissions.get_team_or_404(request.user, slug, role=Role.OWNER)
    response = _changed(request, team, lambda: services.leave_team(membership=membership, by=request.user))
    left = membership.user_id == request.user.pk and response.status_code == 302
    return redirect("projects:team_list") if left and not request.user.is_administrator else response


def _changed(request: Request, team: Team, act) -> HttpResponse:
    try:
        act()
    except ProjectProblem as problem:
        return _team_page(request, team, problem=str(problem), status=409)
    return redirect("projects:team_detail", team.slug)


def _people_page(request: Request, **more) -> HttpResponse:
    people = User.objects.order_by("name", "pk")
    page = Paginator(people, 50).get_page(request.GET.get("page"))
    status = more.pop("status", 200)
    context = {
        "page": page,
        "open_signup": settings.OPEN_SIGNUP,
        "invitation_form": PersonInvitationForm(),
        "days": settings.INVITATION_DAYS,
    }
    return render(request, "projects/person_list.html", context | more, status=status)


@login_required
@require_safe
def person_list(request: Request) -> HttpResponse:
    """Everybody with an account, for the administrator."""
    permissions.require_administrator(request.user)
    return _people_page(request)


@login_required
@require_POST
def person_invite(request: Request) -> HttpResponse:
    """A link for somebody without a team."""
    permissions.require_administrator(request.user)
    form = PersonInvitationForm(request.POST)
    if not form.is_valid():
        return _people_page(request, invitation_form=form, form=form, status=422)
    invitation, secret = services.create_invitation(by=request.user, **form.cleaned_data)
    context = {"invitation": invitation, "address": services.invitation_address(secret)}
    return render(request, "projects/invitation_created.html", context)


@login_required
@require_POST
def person_edit(request: Request, pk: int) -> HttpResponse:
    """Change a person's offices, or close the account."""
    permissions.require_administrator(request.user)
    person = get_object_or_404(User, pk=pk)
    form = PersonForm(request.POST)
    if form.is_valid():
        try:
            services.update_person(person=person, by=request.user, **form.cleaned_data)
        except ProjectProblem as problem:
            return _people_page(request, problem=str(problem), status=409)
        messages.success(request, say("{person} is changed.", person=person))
    return redirect("projects:person_list")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def my_settings(request: Request) -> HttpResponse:
    """Name, time zone, language, mails, keyboard shortcuts."""
    user = request.user
    stored = {
        name: getattr(user, name)
        for name in ("name", "time_zone", "language", "department", "digest_hour", "mails_at_once", "keys_on")
    }
    form = SettingsForm(request.POST) if request.method == "POST" else SettingsForm(initial=stored)
    if not form.is_valid():
        return render(request, "projects/my_settings.html", {"form": form}, status=422 if form.is_bound else 200)
    services.update_settings(user=user, **form.cleaned_data)
    messages.success(request, say("Your settings are saved."))
    response = redirect("projects:my_settings")
    if form.cleaned_data["keys_on"]:
        response.delete_cookie("keys", samesite="Lax")
    else:
        response.set_cookie("keys", "off", max_age=YEAR, samesite="Lax", httponly=True, secure=request.is_secure())
    return response


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def token_list(request: Request) -> HttpResponse:
    """My tokens for scripts; a new one is shown this once."""
    form = TokenForm(request.POST) if request.method == "POST" else TokenForm()
    token = ""
    if form.is_valid():
        _, token = services.create_token(user=request.user, days=form.cleaned_data["days"])
        form = TokenForm()
    tokens = AuthToken.objects.filter(user=request.user).order_by("-created")
    context = {"form": form, "token": token, "tokens": tokens, "now": timezone.now()}
    return render(request, "projects/token_list.html", context, status=422 if form.is_bound else 200)


@login_required
@require_POST
def token_delete(request: Request, key: str) -> HttpResponse:
    """Close one of my tokens."""
    services.delete_token(user=request.user, key=key)
    return redirect("projects:token_list")
