"""What every page knows of the installation."""

from django.conf import settings


def installation(request) -> dict:
    """Version, rules and organisation for the foot; the theme for the root element."""
    theme = request.COOKIES.get("theme", "")
    return {
        "app_version": settings.VERSION,  # not "version": pages about data have one of their own
        "rules_version": settings.RULES_VERSION,
        "organisation": settings.ORGANISATION,
        "open_signup": settings.OPEN_SIGNUP,
        "theme": theme if theme in {"light", "dark"} else "",
    }
