"""Filters for runs and for the parts of data that they are scored on."""

from django import template

from datasets.core.parts import PART_WORDS
from dlstart_web.kit.say import say
from evaluations import selectors
from evaluations.models import Run

register = template.Library()
PARTS = PART_WORDS | {"fresh": say("fresh")}


@register.filter
def run_title(run: Run) -> str:
    """The run's name for people."""
    return selectors.run_title(run.recipe, run.change, run.name)


@register.filter
def part_word(part: str) -> str:
    """The name of a part of the data; of a fresh set with its number."""
    name, _, number = part.partition("-")
    return say("fresh set {number}", number=number) if number else PARTS.get(name, part)
