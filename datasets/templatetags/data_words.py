"""Words of data in templates."""

from django import template

from datasets.words import in_words

register = template.Library()
register.filter("in_words", in_words)
