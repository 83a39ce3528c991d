"""How allauth asks us who may sign up."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest

from projects.models import User


class AccountAdapter(DefaultAccountAdapter):
    """Sign-up is by invitation; the invitation's secret waits in the session (projects.views.invitation_accept)."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return settings.OPEN_SIGNUP or "invitation" in request.session

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        """Keep the name that our sign-up form asks for."""
        user.name = form.cleaned_data["name"]
        return super().save_user(request, user, form, commit)
