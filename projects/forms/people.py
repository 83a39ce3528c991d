"""Forms about people and teams."""

from functools import cache
from typing import Any
from zoneinfo import available_timezones

from allauth.account.forms import SignupForm
from django import forms
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from dlstart_web.kit.forms import KitForm, LongSelect, Spoken
from dlstart_web.kit.say import say
from projects import services
from projects.core.errors import InvitationSpent
from projects.models import Membership, User


class SignUpForm(Spoken, SignupForm):
    """A new account; it uses the invitation up that waits in the session."""

    name = forms.CharField(
        label=say("Your name"), max_length=100, help_text=say("As colleagues know you. Reviews do not show it.")
    )
    field_order = ["name", "email", "password1", "password2"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = say("E-mail address")
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
    name = forms.CharField(label=say("Name of the team"), max_length=100)


class InvitationForm(KitForm):
    """Who is invited into a team, and as what."""

    email = forms.EmailField(
        label=say("E-mail address"),
        required=False,
        help_text=say("The link is sent there. Left empty, you pass it on yourself."),
    )
    role = forms.ChoiceField(
        label=say("Role"),
        choices=[
            (Membership.Role.MEMBER, say("Member: writes and trains")),
            (Membership.Role.OWNER, say("Owner: also submits, locks and spends looks")),
        ],
        initial=Membership.Role.MEMBER,
        widget=forms.RadioSelect,
    )


class PersonInvitationForm(KitForm):
    """An invitation without a team: the person gets a team of their own."""

    email = forms.EmailField(
        label=say("E-mail address"),
        required=False,
        help_text=say("The link is sent there. Left empty, you pass it on yourself."),
    )


class PersonForm(KitForm):
    """Offices of a person. Reviewing is no office but an assignment."""

    is_administrator = forms.BooleanField(label=say("administrator"), required=False)
    is_steward = forms.BooleanField(label=say("data steward"), required=False)
    is_active = forms.BooleanField(label=say("may sign in"), required=False)


class SettingsForm(KitForm):
    """A person's own settings."""

    name = forms.CharField(label=say("Your name"), max_length=100)
    time_zone = forms.ChoiceField(
        label=say("Time zone"),
        required=False,
        help_text=say("Times on all pages are written in it."),
        widget=LongSelect(attrs={"translate": "no"}),
    )
    language = forms.ChoiceField(
        label=say("Language"),
        required=False,
        choices=[("", say("as the browser asks")), *settings.LANGUAGES],
        help_text=say("Of pages and mails"),
    )
    department = forms.CharField(
        label=say("Department"),
        required=False,
        max_length=100,
        help_text=say("Handlers look for reviewers from another one than the team's"),
    )
    digest_hour = forms.TypedChoiceField(
        label=say("Mail of the day"),
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("", say("none")), *((hour, say("at {hour:02}:00", hour=hour)) for hour in range(24))],
        help_text=say("What waits for you and what is new; none is sent when nothing waits."),
    )
    mails_at_once = forms.BooleanField(
        label=say("Mail at once when I am assigned or asked, a decision is sent, a look is scored or a job fails"),
        required=False,
    )
    keys_on = forms.BooleanField(
        label=say("Single-letter keyboard shortcuts"), required=False, help_text=say("They do nothing while you type.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["time_zone"].choices = [("", say("as the installation")), *_zones()]


@cache
def _zones() -> list[tuple[str, str]]:
    """The time zones of places, with their words; they are read from hundreds of files."""
    names = [name for name in available_timezones() if "/" in name]
    left_out = ("Etc/", "posix/", "right/")
    return [(name, name.replace("_", " ")) for name in sorted(names) if not name.startswith(left_out)]


class TokenForm(KitForm):
    days = forms.IntegerField(label=say("Days until it ends"), min_value=1, max_value=365, initial=90)


class LogNoteForm(KitForm):
    """What an administrator writes into the log."""

    text = forms.CharField(
        label=say("Note"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=say("What was done outside dlstart, or why; it can never be changed"),
    )


class LogCheckForm(KitForm):
    """A head of the log that was kept elsewhere."""

    head = forms.RegexField(
        label=say("A head you kept"),
        regex=r"^[0-9a-f]{64}$",
        required=False,
        help_text=say("The 64 characters that an earlier check printed; they are looked for in the log"),
        error_messages={"invalid": say("A head you kept: it has 64 characters, 0 to 9 and a to f")},
    )
