"""Words of decisions in templates."""

from django import template

from projects.models import Decision

register = template.Library()


@register.filter
def outcome_word(code: str) -> str:
    """What was decided, as it stands inside a sentence: "go", "try it"."""
    return Decision.Outcome(code).label.lower()
