"""Sentences: English as a string, the reader's language wherever they are written."""

import json
import pickle
from datetime import UTC, datetime

import pytest
from django.template import Context, Template
from django.utils import translation

from dlstart_web.kit import text
from dlstart_web.kit.fields import SentenceField, SentencesField
from dlstart_web.kit.say import Sentence, figure, joined, packed, say, say_count, unpacked


@pytest.fixture
def german():
    with translation.override("de"):
        yield


def test_sentence_is_its_english_string():
    said = say("{rows:,} of {share:.1%}", rows=1240, share=0.125)

    assert said == "1,240 of 12.5%"
    assert str(said) == f"{said}" == said
    assert json.loads(json.dumps({"said": said})) == {"said": "1,240 of 12.5%"}


def test_sentence_is_written_in_the_readers_language(german):
    inner = say("Sun")
    said = joined(", ", [inner, say_count(1240, "{count:,} day", "{count:,} days"), figure("1,240.5")])

    assert said == "Sun, 1,240 days, 1,240.5"
    assert str(inner) == "So"
    assert str(said) == f"{said}" == "So, 1.240 days, 1.240,5"
    assert Template("{{ said }}|{{ number }}").render(Context({"said": said, "number": text.rounded(1240.5, 1)})) == (
        "So, 1.240 days, 1.240,5|1.240,5"
    )


def test_english_stays_english_whoever_makes_it(german):
    assert say("{day} at {share:.1f}", day=say("Sun"), share=0.5) == "Sun at 0.5"


def test_one_and_many():
    assert [say_count(n, "{count} row", "{count} rows") for n in (0, 1, 2)] == ["0 rows", "1 row", "2 rows"]


def test_what_people_typed_keeps_its_braces():
    assert say("Column '{name}'", name="{x.__class__}") == "Column '{x.__class__}'"
    assert joined("{", ["a", "b{c}"]) == "a{b{c}"


@pytest.mark.parametrize("send", [lambda said: pickle.loads(pickle.dumps(said)), lambda said: unpacked(packed(said))])
def test_sentence_travels_whole(send, german):
    said = say("{when}: {what}", when=say("Sun"), what=say_count(2, "{count} row", "{count} rows"))

    assert type(send(said)) is Sentence
    assert str(send(said)) == str(said)
    assert send(said) == said


def test_packed_keeps_keys_that_look_like_ours():
    held = {"~say": "a column", "rows": [1, {"~~figure": say("Sun")}]}

    assert unpacked(json.loads(json.dumps(packed(held)))) == held


@pytest.mark.parametrize("typed", ['{"~say": "{x:>999999999}", "values": {"x": 1}}', "plain", ""])
def test_field_takes_nobodys_words_for_a_pattern(typed):
    field = SentenceField()

    assert field.from_db_value(field.get_prep_value(typed)) == typed


def test_fields_keep_sentences(german):
    kept = SentenceField().from_db_value(SentenceField().get_prep_value(say("Sun")))
    sentences = SentencesField()
    inside = unpacked(sentences.get_prep_value({"said": [say("Sun")]}))

    assert str(kept) == str(inside["said"][0]) == "So"


def test_moment_in_german(german):
    assert str(text.moment_words(datetime(2026, 11, 29, 14, 31, tzinfo=UTC))).startswith("So")


def test_page_speaks_what_the_browser_asks_for(client):
    assert b'lang="en-gb"' in client.get("/glossary/").content
    answer = client.get("/glossary/", headers={"accept-language": "de-AT,de;q=0.9"})

    assert b'lang="de"' in answer.content
    assert answer.headers["Content-Language"] == "de"
    assert translation.get_language() == "en-gb"


@pytest.mark.django_db
def test_browser_is_told_a_language(client):
    client.post("/language/", {"language": "de", "next": "/glossary/"})
    assert b'lang="de"' in client.get("/glossary/").content

    client.post("/language/", {"language": "tlh"})
    assert b'lang="en-gb"' in client.get("/glossary/").content


@pytest.mark.django_db
def test_persons_setting_goes_before_the_browser_and_api_stays_english(sign_in):
    client = sign_in()
    fields = {"name": "Ada", "digest_hour": "", "language": "de"}
    assert client.post("/settings/", fields).status_code == 302

    assert b'lang="de"' in client.get("/settings/", headers={"accept-language": "en"}).content
    assert client.get("/api/v1/me", headers={"accept-language": "de"}).headers["Content-Language"] == "en-gb"


def test_label_inside_a_sentence_is_small_in_english_alone():
    said = say("It is {state}.", state=unpacked(packed(say("Sun").lower())))

    assert said == str(said) == "It is sun."
    with translation.override("de"):
        assert f"{say('Sun').lower()}" == "So"


def test_what_django_fills_in_is_in_the_readers_language(german):
    assert str(say("Sun") % {}) == "So"


def test_thing_is_kept_as_its_words():
    class Team:
        def __str__(self) -> str:
            return "Belt"

    assert packed(say("Team of {team}", team=Team()))["values"] == {"team": "Belt"}


def test_words_become_small_inside_a_sentence_whoever_wrote_them():
    assert [f"{say('{words:small}!', words=words)}" for words in ("Train", say("Sun"))] == ["train!", "sun!"]
