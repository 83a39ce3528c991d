"""Signing in by a token."""

from django.utils import timezone
from drf_spectacular.contrib.knox_auth_token import KnoxTokenScheme
from knox import auth
from knox.models import AbstractAuthToken


class TokenAuthentication(auth.TokenAuthentication):
    """Knox's, which reads all other tokens of the person on each request, to delete those that expired: one query less."""

    def _cleanup_token(self, auth_token: AbstractAuthToken) -> bool:
        return auth_token.expiry is not None and auth_token.expiry < timezone.now()


class TokenScheme(KnoxTokenScheme):
    """The same in the schema."""

    target_class = "dlstart_web.kit.tokens.TokenAuthentication"
