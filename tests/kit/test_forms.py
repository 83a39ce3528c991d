import pytest
from django import forms
from django.template.loader import render_to_string
from django.utils import translation
from pytest_django.asserts import assertHTMLEqual

from dlstart_web.kit.forms import KitForm, LongSelect


class Upload(KitForm):
    file = forms.FileField(label="Labelled CSV file")
    target = forms.ChoiceField(label="Label column", choices=[("mug", "mug")])
    level = forms.FloatField(label="Good enough from", help_text="In %")
    note = forms.CharField(label="Note", required=False)
    reason = forms.CharField(label="Why?", error_messages={"required": "Say why you keep the column"})


def test_kit_form_says_what_is_missing_in_the_labels_words():
    form = Upload({"level": "much", "target": "cup"}, {})

    assert form.errors == {
        "file": ["Labelled CSV file: select a file"],
        "target": ["Label column: 'cup' is not among the choices; choose one of those shown"],
        "level": ["Good enough from: write a number, such as 0.5"],
        "reason": ["Say why you keep the column"],
    }


def test_kit_form_draws_label_hint_error_and_keeps_what_was_typed():
    shown = Upload({"level": "much"}, {}).render()

    assert 'aria-describedby="id_level_helptext id_level_error"' in shown
    assert 'id="id_level_error"' in shown
    assert 'value="much"' in shown
    assert 'type="number"' not in shown
    assert " required" not in shown
    assert "(optional)" in shown


class Amounts(KitForm):
    rows = forms.IntegerField()
    level = forms.FloatField()


@pytest.mark.parametrize(
    ("language", "rows", "level", "found"),
    [
        ("en-gb", "1,240", "0.5", (1240, 0.5)),
        ("de", "1.240", "0,5", (1240, 0.5)),
        ("de", "12", "0.5", (12, 0.5)),
        ("en-gb", "12", "0,5", (12, None)),
    ],
)
def test_numbers_are_typed_as_the_language_writes_them(language, rows, level, found):
    with translation.override(language):
        form = Amounts({"rows": rows, "level": level})
        form.is_valid()

    assert (form.cleaned_data.get("rows"), form.cleaned_data.get("level")) == found


def test_numbers_are_shown_as_the_language_writes_them():
    with translation.override("de"):
        shown = Amounts(initial={"rows": 1240, "level": 0.5}).render()

    assert 'value="1240"' in shown
    assert 'value="0,5"' in shown


def test_error_summary_links_to_each_field_with_the_same_words():
    form = Upload({}, {})

    shown = render_to_string("components/error_summary.html", {"form": form})

    assert shown.count("<li>") == 4
    assert '<a href="#id_file">Labelled CSV file: select a file</a>' in shown
    assert render_to_string("components/error_summary.html", {"form": Upload()}).strip() == ""


def test_error_summary_links_to_the_first_choice_of_a_group():
    class Split(KitForm):
        kind = forms.ChoiceField(label="What will it meet?", choices=[("a", "A"), ("b", "B")], widget=forms.RadioSelect)

    form = Split({})

    assert 'href="#id_kind_0"' in render_to_string("components/error_summary.html", {"form": form})
    assert 'id="id_kind_0"' in form.render()


def test_long_select_says_what_djangos_does():
    choices = [("", "none"), ("a<b", "A & B"), ("c", "C")]

    class Places(KitForm):
        short = forms.ChoiceField(choices=choices, widget=forms.Select(attrs={"translate": "no"}))
        long = forms.ChoiceField(choices=choices, widget=LongSelect(attrs={"translate": "no"}))

    form = Places(initial={"short": "a<b", "long": "a<b"})
    short, long = (form[name].as_widget(attrs={"id": "id"}).replace(name, "one") for name in ("short", "long"))

    assert '<option value="a&lt;b" selected>A &amp; B</option>' in long
    assertHTMLEqual(long, short)
