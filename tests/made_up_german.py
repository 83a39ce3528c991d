"""A made-up German in which every sentence of the catalogue stands between marks: what stands outside of them is unsaid."""

import re
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path

from babel.messages import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.apps import apps
from django.db import models

from dlstart_web.kit.fields import SentenceField, SentencesField
from dlstart_web.management.commands.languages import spoken

OPEN, CLOSE = "⟦", "⟧"
FOR_PROGRAMS = ("api_", "health", "metrics")  # English, whoever asks
READ_ALOUD = ("title", "aria-label", "aria-description", "placeholder", "alt", "data-label", "data-confirm")
# The same in every language: names, units, formats, what a program prints.
NAMES = frozenset(
    "dlstart Bryan Catanzaro Parquet CSV TSV JSON XLSX ARFF ZIP PNG JPEG WAV FLAC UTC API SHA URL PyTorch scikit learn "  # noqa: SIM905
    "LightGBM skops ONNX Python AUC RMSE MAE Brier Croissant HTML Markdown English Deutsch GiB MiB min".split()
)
CELLS = ("red", "white", "blue", "item")  # of the files that the world uploads
FINGERPRINT = re.compile(r"\b[0-9a-f]{4}( [0-9a-f]{4})+\b|\b[0-9a-f]{8,}\b")
FIELD = re.compile(r"\{[a-z]+\}")  # of a letter, such as {reasons}
WORD = re.compile(r"[^\W\d_]{3,}")


@cache
def sentences() -> list[Message]:
    """All that is said; to gather it takes seconds."""
    return [message for message in spoken() if message.id]


class Page(HTMLParser):
    """What a page says: its texts and the attributes that are read aloud, but for what has translate="no"."""

    VOID = frozenset(
        {"meta", "link", "input", "br", "img", "hr", "source", "wbr", "col", "area", "base", "embed", "track"}
    )

    def __init__(self, content: str) -> None:
        super().__init__()
        self.said: list[str] = []
        self.silent: list[bool] = [False]
        self.depth = 0  # of the marks that are open: a sentence goes on behind a tag inside it
        self.feed(content)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        silent = self.silent[-1] or tag in {"script", "style", "code"} or given.get("translate") == "no"
        if not silent:
            self.said += [value for name in READ_ALOUD if (value := given.get(name))]
        if tag not in self.VOID:
            self.silent.append(silent)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.silent.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID and len(self.silent) > 1:
            self.silent.pop()

    def handle_data(self, data: str) -> None:
        if not self.silent[-1]:
            self.said.append(OPEN * self.depth + data)
            self.depth = max(0, self.depth + data.count(OPEN) - data.count(CLOSE))


def outside(words: str) -> str:
    """What stands outside of the marks that the made-up language sets around each sentence of the catalogue."""
    depth, kept = 0, []
    for character in words:
        depth += (character == OPEN) - (character == CLOSE)
        kept.append(character if not depth and character != CLOSE else " ")
    return "".join(kept)


def made_up_language(folder: Path) -> Path:
    """A German in which every sentence is the English one between marks; a sentence that is in no catalogue has none."""
    catalogue = Catalog(locale="de")
    for message in sentences():
        catalogue.add(message.id, _marked(message.id), context=message.context)
    for package in ("django", "allauth"):
        root = Path(find_spec(package).submodule_search_locations[0])
        for path in root.rglob("de/LC_MESSAGES/django.po"):
            with path.open("rb") as file:
                theirs = read_po(file, locale="de")
            for message in theirs:
                if message.id and catalogue.get(message.id, message.context) is None:
                    catalogue.add(message.id, _marked(message.id), context=message.context)
    target = folder / "de" / "LC_MESSAGES"
    target.mkdir(parents=True)
    with (target / "django.mo").open("wb") as file:
        write_mo(file, catalogue)
    return folder


def _marked(words: str | tuple[str, ...]) -> str | tuple[str, ...]:
    if isinstance(words, tuple):
        return tuple(f"{OPEN}{one}{CLOSE}" for one in words)
    return f"{OPEN}{words}{CLOSE}"


def typed_by_people() -> list[str]:
    """What the database holds of what people wrote, the longest first; sentences of ours are no such thing."""
    found = set(CELLS)
    for model in apps.get_models():
        ours = (SentenceField, SentencesField)
        kinds = (models.CharField, models.TextField, models.JSONField)
        names = [f.attname for f in model._meta.concrete_fields if isinstance(f, kinds) and not isinstance(f, ours)]
        if names:
            for row in model._default_manager.values_list(*names):
                found |= {text for value in row for text in _strings(value)}
    return sorted((text for text in found if len(text) > 1), key=len, reverse=True)


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, held in value.items():
            yield str(key)
            yield from _strings(held)
    elif isinstance(value, list):
        for held in value:
            yield from _strings(held)


def unsaid(content: str, data: list[str], seen: set[str]) -> set[str]:
    """The texts of a page, but for those seen before, with a word that came neither from a catalogue nor from a person."""
    new = set(Page(content).said) - seen
    seen |= new
    return {text for text in new if is_unsaid(text, data)}


def is_unsaid(text: str, data: list[str]) -> bool:
    """Whether there is a word in a text that came neither from a catalogue nor from a person."""
    rest = FIELD.sub(" ", FINGERPRINT.sub(" ", outside(text)))
    for known in data:
        if known in rest:
            rest = rest.replace(known, " ")
    return bool(set(WORD.findall(rest)) - NAMES)
