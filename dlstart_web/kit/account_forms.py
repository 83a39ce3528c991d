"""allauth's forms with our words for what is missing, and without placeholders, which repeat the labels."""

from typing import Any

from allauth.account import forms as account
from allauth.mfa.base import forms as mfa
from allauth.mfa.totp import forms as totp

from dlstart_web.kit.forms import Spoken
from dlstart_web.kit.say import say


class _Plain(Spoken):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():  # type: ignore[attr-defined]
            field.widget.attrs.pop("placeholder", None)


class LoginForm(_Plain, account.LoginForm):
    """Address and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].help_text = ""  # the page has its own link beside the button
        if "remember" in self.fields:
            self.fields["remember"].label = say("Keep me signed in on this computer for 14 days")


class ResetPasswordForm(_Plain, account.ResetPasswordForm):
    """The address that the link goes to."""


class ResetPasswordKeyForm(_Plain, account.ResetPasswordKeyForm):
    """A new password, twice."""


class ChangePasswordForm(_Plain, account.ChangePasswordForm):
    """The old password and a new one, twice."""


class AddEmailForm(_Plain, account.AddEmailForm):
    """A further address."""


class ReauthenticateForm(_Plain, account.ReauthenticateForm):
    """The password, once more."""


class AuthenticateForm(_Plain, mfa.AuthenticateForm):
    """The six figures of the second step."""


class ActivateTOTPForm(_Plain, totp.ActivateTOTPForm):
    """The first six figures of a new device."""
