"""Pages without a domain: method, glossary, keys, theme, and what is shown when a request cannot be served."""

import logging
import secrets
from http import HTTPStatus

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render, resolve_url
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from dlstart_web.kit.api import PROBLEM_TYPE
from dlstart_web.kit.context import installation

logger = logging.getLogger(__name__)
YEAR = 365 * 24 * 3600


@login_not_required
@require_safe
def method(request: HttpRequest) -> HttpResponse:
    """What dlstart does and whose method it is."""
    return render(request, "kit/method.html")


@login_not_required
@require_safe
def glossary(request: HttpRequest) -> HttpResponse:
    """One word for one thing."""
    return render(request, "kit/glossary.html")


@login_not_required
@require_safe
def keys(request: HttpRequest) -> HttpResponse:
    """The keyboard shortcuts and their switch."""
    return render(request, "kit/keys.html", {"keys_on": request.COOKIES.get("keys") != "off"})


def _back(request: HttpRequest) -> HttpResponseRedirect:
    """To the page that the form names, if it is one of ours."""
    target = request.POST.get("next", "")
    ours = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return HttpResponseRedirect(target if ours else resolve_url("kit:method"))


@login_not_required
@require_POST
def theme_set(request: HttpRequest) -> HttpResponse:
    """Keep the theme for this browser; anything but light and dark means: as the system."""
    response = _back(request)
    theme = request.POST.get("theme", "")
    if theme in {"light", "dark"}:
        response.set_cookie("theme", theme, max_age=YEAR, samesite="Lax", httponly=True, secure=request.is_secure())
    else:
        response.delete_cookie("theme", samesite="Lax")
    return response


@login_not_required
@require_POST
def language_set(request: HttpRequest) -> HttpResponse:
    """Keep the language for this browser; one that is not offered means: as the browser asks."""
    response = _back(request)
    language = request.POST.get("language", "")
    name, secure = settings.LANGUAGE_COOKIE_NAME, request.is_secure()
    if language in dict(settings.LANGUAGES):
        response.set_cookie(name, language, max_age=YEAR, samesite="Lax", httponly=True, secure=secure)
    else:
        response.delete_cookie(name, samesite="Lax")
    return response


@login_not_required
@require_POST
def keys_set(request: HttpRequest) -> HttpResponse:
    """Switch the single-letter keys on or off for this browser."""
    response = _back(request)
    if request.POST.get("keys") == "off":
        response.set_cookie("keys", "off", max_age=YEAR, samesite="Lax", httponly=True, secure=request.is_secure())
    else:
        response.delete_cookie("keys", samesite="Lax")
    return response


def _problem(request: HttpRequest, code: int, detail: str) -> HttpResponse | None:
    """The same refusal for a program, which asked under /api/; None where a person asked."""
    if not request.path_info.startswith("/api/"):
        return None
    title = HTTPStatus(code).phrase
    body = {"type": title.lower().replace(" ", "-"), "title": title, "status": code, "detail": detail}
    return JsonResponse(body, status=code, content_type=PROBLEM_TYPE)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400: the request makes no sense; nothing is said of why, which may hold what was sent."""
    return _problem(request, 400, "This request makes no sense.") or render(request, "400.html", status=400)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403: the sentence of the refusal, if it was raised with one."""
    return render(request, "403.html", {"reason": str(exception or "")}, status=403)


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404: the same words whether a thing is missing or not the reader's to see."""
    return _problem(request, 404, "Nothing under this address.") or render(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """500: a fault of ours with a number; the page asks neither the database nor the session."""
    fault = f"{secrets.token_hex(2)}-{secrets.token_hex(2)}"
    logger.error("fault %s at %s %s", fault, request.method, request.path)
    if answer := _problem(request, 500, f"A fault of ours, fault {fault}. Tell the administrator this number."):
        return answer
    context = {**installation(request), "fault": fault, "now": timezone.now()}
    return HttpResponse(render_to_string("500.html", context), status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 where a form's token is missing or old: usually a page kept open over a sign-out."""
    return render(request, "403_form.html", status=403)
