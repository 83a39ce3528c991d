"""The catalogues of languages: bring them up to date with what the code and the templates say."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.messages import Catalog
from babel.messages.extract import extract_python
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils.translation.template import templatize

ROOMS = ("dlstart_web", "projects", "datasets", "evaluations")
# The functions that say something: which arguments are the words, and whether the first tells words of one spelling apart.
KEYWORDS = {
    "say": ((1,), False),
    "say_count": ((2, 3), False),
    "gettext": ((1,), False),
    "_": ((1,), False),  # of a literal in an argument of a tag or filter
    "pgettext": ((2,), True),
    "ngettext": ((1, 2), False),
    "npgettext": ((2, 3), True),
}


def spoken() -> Catalog:
    """Every sentence of code and templates, with the files that say it."""
    catalogue = Catalog(charset="utf-8")
    for place, words, context in _messages():
        catalogue.add(words, context=context, locations=[(place, 0)])
    return catalogue


def _messages() -> Iterator[tuple[str, Any, Any]]:
    files = [path for room in ROOMS for path in sorted((settings.BASE_DIR / room).rglob("*.py"))]
    files += sorted(path for path in (settings.BASE_DIR / "templates").rglob("*") if path.suffix in {".html", ".txt"})
    for path in files:
        source = path.read_text("utf-8")
        if path.suffix != ".py":  # as code without indentation, which a reader of code would stumble over
            source = "\n".join(line.lstrip() for line in templatize(source).splitlines())
        place = str(path.relative_to(settings.BASE_DIR))
        for _, function, words, _ in extract_python(io.BytesIO(source.encode()), dict.fromkeys(KEYWORDS), [], {}):
            said = words if isinstance(words, tuple) else (words,)
            numbers, context = KEYWORDS[str(function)]
            chosen = tuple(said[number - 1] for number in numbers if number <= len(said))
            if chosen and all(isinstance(one, str) and one for one in chosen):
                yield place, chosen if len(chosen) > 1 else chosen[0], said[0] if context else None


def po_files() -> dict[str, Path]:
    """The catalogue of each language but English, in which everything is written first."""
    folder = settings.LOCALE_PATHS[0]
    return {
        code: folder / code / "LC_MESSAGES" / "django.po" for code, _ in settings.LANGUAGES if not code.startswith("en")
    }


class Command(BaseCommand):
    help = (
        "Bring the catalogues of languages up to date; what is new stands there without words, ready to be filled in."
    )

    def handle(self, *args: object, **options: object) -> None:
        said = spoken()
        for code, path in po_files().items():
            with path.open("rb") as file:
                catalogue = read_po(file, locale=code)
            catalogue.update(said, no_fuzzy_matching=True, update_creation_date=False)
            catalogue.obsolete.clear()
            with path.open("wb") as file:
                write_po(file, catalogue, width=120, sort_output=True, include_lineno=False)
            empty = sum(not all(_parts(message.string)) for message in catalogue if message.id)
            self.stdout.write(f"{code}: {len(catalogue):,} sentences, {empty:,} without words.")


def _parts(words: Any) -> tuple[str, ...]:
    return words if isinstance(words, tuple) else (words,)
