"""Forms about people and teams."""

from typing import Any
from zoneinfo import available_timezones

from allauth.account.forms import SignupForm
from django import forms
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from dlstart_web.kit.forms import KitForm, Spoken
from projects import services
from projects.core.errors import InvitationSpent
from projects.models import Membership, User


class SignUpForm(Spoken, SignupForm):
    """A new account; it uses the invitation up that waits in the session."""

    name = forms.CharField(
        label="Your name", max_length=100, help_text="As colleagues know you. Reviews do not show it."
    )
    field_order = ["name", "email", "password1", "password2"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = "E-mail address"
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)

    def save(self, request: HttpRequest) -> User:
        """The account, its invitation and its team, all or nothing."""
        with transaction.atomic():
            user = super().save(request)
            services.welcome_user(user=user, secret=request.session.get("invitation", ""))
        request.session.pop("invitation", None)
        return user

    def try_save(self, request: HttpRequest) -> tuple[User | None, HttpResponse | None]:
        """A link that somebody else used while this form was filled in leads back to its page, which says so."""
        try:
            return super().try_save(request)
        except InvitationSpent:
            return None, redirect("projects:invitation_accept", request.session.pop("invitation", "none"))


class TeamForm(KitForm):
    name = forms.CharField(label="Name of the team", max_length=100)


class InvitationForm(KitForm):
    """Who is invited into a team, and as what."""

    email = forms.EmailField(
        label="E-mail address", required=False, help_text="The link is sent there. Left empty, you pass it on yourself."
    )
    role = forms.ChoiceField(
        label="Role",
        choices=[
            (Membership.Role.MEMBER, "Member: writes and trains"),
            (Membership.Role.OWNER, "Owner: also submits, locks and spends looks"),
        ],
        initial=Membership.Role.MEMBER,
        widget=forms.RadioSelect,
    )


class PersonInvitationForm(KitForm):
    """An invitation without a team: the person gets a team of their own."""

    email = forms.EmailField(
        label="E-mail address", required=False, help_text="The link is sent there. Left empty, you pass it on yourself."
    )


class PersonForm(KitForm):
    """Offices of a person. Reviewing is no office but an assignment."""

    is_administrator = forms.BooleanField(label="administrator", required=False)
    is_steward = forms.BooleanField(label="data steward", required=False)
    is_active = forms.BooleanField(label="may sign in", required=False)


class SettingsForm(KitForm):
    """A person's own settings."""

    name = forms.CharField(label="Your name", max_length=100)
    time_zone = forms.ChoiceField(label="Time zone", required=False, help_text="Times on all pages are written in it.")
    keys_on = forms.BooleanField(
        label="Single-letter keyboard shortcuts", required=False, help_text="They do nothing while you type."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zones = [
            (name, name.replace("_", " "))
            for name in sorted(available_timezones())
            if "/" in name and not name.startswith(("Etc/", "posix/", "right/"))
        ]
        self.fields["time_zone"].choices = [("", "as the installation"), *zones]


class TokenForm(KitForm):
    days = forms.IntegerField(label="Days until it ends", min_value=1, max_value=365, initial=90)
