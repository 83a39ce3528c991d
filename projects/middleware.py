"""What a person's settings change about every page."""

from zoneinfo import ZoneInfo

from django.utils import timezone


class TimeZoneMiddleware:
    """Times are written in the person's own zone; without one, in the installation's."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        zone = getattr(request.user, "time_zone", "")
        with timezone.override(ZoneInfo(zone) if zone else None):
            return self.get_response(request)
