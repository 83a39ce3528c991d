"""Each language's catalogue is whole: it has every sentence, and nothing that is said no more."""

import re
import string

import pytest
from babel.messages.pofile import read_po

from dlstart_web.management.commands.languages import po_files
from tests.made_up_german import sentences


@pytest.mark.parametrize("code", po_files())
def test_catalogue_is_whole(code):
    with po_files()[code].open("rb") as file:
        catalogue = read_po(file, locale=code)
    held = {(message.context, message.id) for message in catalogue if message.id}
    said = {(message.context, message.id) for message in sentences()}

    assert said - held == set(), "run `dlstart manage languages` and fill in what it added"
    assert held - said == set()
    assert [m.id for m in catalogue if m.id and (m.fuzzy or not all(_all(m.string)))] == []
    assert [m.id for m in catalogue if m.id and any(_places(s) - _places(*_all(m.id)) for s in _all(m.string))] == []
    assert [
        m.id for m in catalogue if m.id and not any(_places(s) == _places(*_all(m.id)) for s in _all(m.string))
    ] == []


def _all(words: str | tuple[str, ...]) -> tuple[str, ...]:
    return words if isinstance(words, tuple) else (words,)


def _places(*words: str) -> set[str]:
    """What is filled in: {name} of `say`, %(name)s of a template."""
    found = {place for one in words for place in re.findall(r"%\((\w+)\)", one)}
    for one in words:
        try:
            found |= {place for _, place, _, _ in string.Formatter().parse(one) if place}
        except ValueError:  # braces that are none of ours
            pass
    return found
