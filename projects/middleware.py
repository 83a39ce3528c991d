"""What a person's settings change about every page."""

from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers


class LanguageMiddleware:
    """Pages speak the person's language; without one, the browser's. The API speaks English, whoever asks."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        language = getattr(request.user, "language", "")
        if request.path.startswith("/api/"):
            language = settings.LANGUAGE_CODE
        with translation.override(language or translation.get_language_from_request(request)):
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", translation.get_language())
        if not language:
            patch_vary_headers(response, ("Accept-Language", "Cookie"))
        return response


class TimeZoneMiddleware:
    """Times are written in the person's own zone; without one, in the installation's."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        zone = getattr(request.user, "time_zone", "")
        with timezone.override(ZoneInfo(zone) if zone else None):
            return self.get_response(request)
