from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from django import forms
from django.conf import settings
from django.template import Context, Template
from django.test import override_settings
from django.utils import translation

from dlstart_web.kit.forms import KitForm


def draw(source: str, **context) -> str:
    return Template("{% load kit %}" + source).render(Context(context))


def test_score_writes_number_and_range():
    assert (
        draw("{% score 0.946 0.932 0.957 True %}") == '<span class="score"><b>94.6</b> <small>93.2–95.7</small></span>'
    )
    assert draw("{% score missing %}", missing=None) == '<span class="score"><b>–</b></span>'


def test_score_text_names_the_rows():
    assert draw("{% score_text 0.946 0.932 0.957 True 1240 %}") == "94.6 (93.2–95.7, 1,240 rows)"


@override_settings(TIME_ZONE="Europe/Berlin")
def test_local_time_shows_the_zone_and_keeps_utc():
    shown = draw("{{ moment|local_time }}", moment=datetime(2026, 11, 29, 13, 31, tzinfo=UTC))

    assert shown == (
        '<time datetime="2026-11-29T13:31:00+00:00" title="2026-11-29 13:31:00 UTC">Sun 29 Nov 2026 14:31 CET</time>'
    )


@pytest.mark.parametrize(
    ("view", "namespaces", "shown"),
    [
        ("datasets:dataset_list", ["datasets"], ' aria-current="page"'),
        ("datasets:seal", ["datasets"], ' aria-current="true"'),
        ("projects:search", ["projects"], ""),
    ],
)
def test_here_marks_the_link_of_the_page_and_of_its_part(view, namespaces, shown):
    request = SimpleNamespace(resolver_match=SimpleNamespace(view_name=view, namespaces=namespaces))

    assert draw("{% here 'datasets:dataset_list' 'datasets' %}", request=request) == shown


def test_status_tag_has_shape_word_and_colour():
    shown = draw('{% include "components/status_tag.html" with status="failed" label="failed" only %}')

    assert 'class="tag tag--bad"' in shown
    assert "<svg" in shown
    assert ">failed</span>" in shown


def test_ladder_draws_a_row_without_a_score_and_escapes_names():
    rows = [
        {"rung": 1, "name": "<b>mine</b>", "score": 0.8, "low": 0.7, "high": 0.9, "seconds": 1},
        {"rung": 0, "name": "always same", "score": None, "status": "failed", "reason": "out of memory"},
    ]

    shown = draw(
        '{% include "components/ladder.html" with rows=rows level=0.95 percent=True unit="% right" caption="x" only %}',
        rows=rows,
    )

    assert "&lt;b&gt;mine&lt;/b&gt;" in shown
    assert "out of memory" in shown
    assert 'x1=""' not in shown


def test_board_puts_the_level_between_the_rows():
    rows = [
        {"rank": 1, "name": "first", "score": 0.96, "low": 0.95, "high": 0.97, "rung": 2, "seconds": 1},
        {"rank": 2, "name": "second", "score": 0.90, "low": 0.88, "high": 0.92, "rung": 1, "seconds": 1},
    ]

    shown = draw(
        '{% include "components/board.html" with rows=rows level=0.95 percent=True unit="%" caption="c" only %}',
        rows=rows,
    )

    assert shown.index("first") < shown.index("good enough: 95.0") < shown.index("second")


def test_components_hold_nothing_inline():
    sources = [path.read_text() for path in (Path(settings.BASE_DIR) / "templates").rglob("*.html")]
    assert [
        word
        for source in sources
        for word in (" style=", "<style", "onclick=", "onload=", "javascript:")
        if word in source
    ] == []


def test_score_scale_keeps_the_choice():
    class Rate(KitForm):
        score = forms.ChoiceField(choices=[(str(i), i) for i in range(6)], widget=forms.RadioSelect)

    criterion = {"label": "Dataset", "question": "", "anchors": ["a", "b", "c", "d", "e"]}
    shown = draw(
        '{% include "components/scale.html" with criterion=criterion score=form.score only %}',
        criterion=criterion,
        form=Rate({"score": "3"}),
    )

    assert shown.count("checked") == 1
    assert 'value="3" checked' in shown


def test_label_inside_a_sentence_is_small_in_english_alone():
    assert draw('{{ "Try it"|inside }}') == "try it"
    with translation.override("de"):
        assert draw('{{ "Entwurf"|inside }}') == "Entwurf"


def test_word_of_a_status_that_is_its_code():
    assert draw('{{ "queued"|status_word }} {{ "My own"|status_word }}') == "queued My own"
