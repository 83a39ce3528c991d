"""What every page knows of the installation."""

from django.conf import settings
from django.utils import translation


def installation(request) -> dict:
    """Version, rules and organisation for the foot; theme and language for the root element."""
    theme = request.COOKIES.get("theme", "")
    is_demo = getattr(getattr(request, "user", None), "is_demo", False)
    return {
        "app_version": settings.VERSION,  # not "version": pages about data have one of their own
        "rules_version": settings.RULES_VERSION,
        "organisation": "Northlight Canteens" if is_demo else settings.ORGANISATION,
        "is_demo": is_demo,  # people of the demo organisation; what they see is invented, and it says so
        "demo_open": settings.DEMO_OPEN,
        "open_signup": settings.OPEN_SIGNUP,
        "language": translation.get_language(),
        "theme": theme if theme in {"light", "dark"} else "",
    }
