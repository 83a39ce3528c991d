"""What every answer carries."""

from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpResponseForbidden
from django.shortcuts import resolve_url


class NoStoreMiddleware:
    """Pages of a signed-in person are never kept by a cache between us and them."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if getattr(request, "user", None) is not None and request.user.is_authenticated:
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response


class SignInMiddleware:
    """Who must sign in before a form is taken comes back to the form's page, not to the address that takes it. A fragment
    is refused: its script would take the sign-in page that it is led to for the answer."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if response.status_code != 302 or not response.url.startswith(f"{resolve_url(settings.LOGIN_URL)}?"):
            return response
        if request.htmx:
            return HttpResponseForbidden()
        page = urlsplit(request.headers.get("Referer", ""))
        if request.method == "POST" and page.netloc == request.get_host():
            return redirect_to_login(page._replace(scheme="", netloc="").geturl())
        return response
