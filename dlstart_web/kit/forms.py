"""The form that all forms are built on."""

import re
from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.utils import formats
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from dlstart_web.kit.say import Sentence, say

_NUMBER = say("{label}: write a number, such as 0.5", label="")
# What Django would say, in our words: what is wrong and what would be right.
_WORDS: dict[str, dict[str, Any]] = {
    "Field": {"required": say("{label}: fill this in", label="")},
    "IntegerField": {"invalid": say("{label}: write a whole number, such as 12", label="")},
    "FloatField": {"invalid": _NUMBER},
    "DecimalField": {"invalid": _NUMBER},
    "DateField": {"invalid": say("{label}: write a date as year-month-day, such as 2026-11-22", label="")},
    "DateTimeField": {"invalid": say("{label}: write a date and time, such as 2026-11-22 14:30", label="")},
    "EmailField": {"invalid": say("{label}: write an address such as name@example.org", label="")},
    "URLField": {"invalid": say("{label}: write an address that begins with https://", label="")},
    "FileField": {
        "required": say("{label}: select a file", label=""),
        "empty": say("{label}: the file is empty; select one with rows", label=""),
        "missing": say("{label}: select a file", label=""),
        "invalid": say("{label}: the file did not arrive; select it again", label=""),
        "max_length": say(
            "{label}: the name of the file has %(length)d characters, at most %(max)d are kept; rename it", label=""
        ),
    },
    "ChoiceField": {
        "required": say("{label}: choose one", label=""),
        "invalid_choice": say("{label}: '%(value)s' is not among the choices; choose one of those shown", label=""),
    },
    "MultipleChoiceField": {
        "required": say("{label}: choose at least one", label=""),
        "invalid_choice": say("{label}: '%(value)s' is not among the choices; choose from those shown", label=""),
        "invalid_list": say("{label}: choose from those shown", label=""),
    },
    "BooleanField": {"required": say("{label}: tick the box to go on", label="")},
}


def speak_plainly(form: forms.BaseForm) -> None:
    """Give each field that kept Django's words our own, and numbers their marks; what a form wrote itself stays."""
    for name, field in form.fields.items():
        if isinstance(field, forms.IntegerField | forms.DecimalField) and not field.localize:
            _take_marks(field)
        label = str(field.label or name.replace("_", " ").capitalize()).rstrip(" ?:")
        given: dict[str, Any] = {}
        own: dict[str, Any] = {}
        for kind in reversed(type(field).__mro__):
            given.update(_WORDS.get(kind.__name__, {}))
            own.update(getattr(kind, "default_error_messages", {}))
        for code, words in given.items():
            if field.error_messages.get(code) == own.get(code):
                field.error_messages[code] = Sentence(words.pattern, {"label": label})


def _take_marks(field: forms.IntegerField | forms.DecimalField) -> None:
    """Numbers are shown and typed with the reader's marks: in German 0,5 and 1.000; a decimal point is read everywhere."""
    field.localize = True
    if isinstance(field, forms.FloatField | forms.DecimalField):
        field.widget.is_localized = True
        return
    read = field.to_python

    def of_marked(value: Any) -> Any:
        mark = re.escape(str(formats.get_format("THOUSAND_SEPARATOR")))
        is_marked = isinstance(value, str) and re.fullmatch(rf"\s*-?\d{{1,3}}({mark}\d{{3}})+\s*", value)
        return read(re.sub(mark, "", value) if is_marked else value)

    field.to_python = of_marked  # type: ignore[method-assign]


class LongSelect(forms.Select):
    """A select of hundreds of choices without groups: Django renders two templates for each, which took 60 ms for the time zones."""

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        widget = self.get_context(name, value, attrs)["widget"]
        options = format_html_join(
            "\n",
            '<option value="{}"{}>{}</option>',
            (
                (one["value"], flatatt(one["attrs"]), one["label"])
                for _, group, _ in widget["optgroups"]
                for one in group
            ),
        )
        return format_html('<select name="{}"{}>\n{}\n</select>', name, flatatt(widget["attrs"]), options)


class Spoken:
    """What KitForm and KitModelForm share."""

    template_name = "components/form.html"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.use_required_attribute = False  # the server names what is missing, all at once
        speak_plainly(self)  # type: ignore[arg-type]
        for field in self.fields.values():  # type: ignore[attr-defined]
            if isinstance(field.widget, forms.NumberInput) and field.widget.input_type == "number":
                # A number box forgets what is no number; an ordinary one keeps it beside the error.
                field.widget.input_type = "text"
                field.widget.attrs.setdefault(
                    "inputmode", "numeric" if type(field) is forms.IntegerField else "decimal"
                )
                field.widget.attrs.setdefault("class", "number")


class KitForm(Spoken, forms.Form):
    """A form whose errors are said in our words; ``{{ form }}`` draws label, hint, error, box for each field."""


class KitModelForm(Spoken, forms.ModelForm):
    """The same for a model."""
