"""Addresses made of names."""

from django.db import models
from django.utils.text import slugify


def free_slug(model: type[models.Model], name: str, *, fallback: str) -> str:
    """A slug of the name that no row has yet; a number is added where it is taken."""
    room = model._meta.get_field("slug").max_length or 50  # type: ignore[union-attr]
    base = slugify(name)[: room - 5].strip("-") or fallback
    taken = set(model._default_manager.filter(slug__startswith=base).values_list("slug", flat=True))
    number, slug = 2, base
    while slug in taken:
        slug, number = f"{base}-{number}", number + 1
    return slug


def free_name(model: type[models.Model], name: str) -> str:
    """The name itself, or with a number where it is taken."""
    room = model._meta.get_field("name").max_length or 50  # type: ignore[union-attr]
    base, number = name.strip()[: room - 5], 2
    taken = set(model._default_manager.filter(name__startswith=base).values_list("name", flat=True))
    name = base
    while name in taken:
        name, number = f"{base} {number}", number + 1
    return name
