"""The form that all forms are built on."""

from typing import Any

from django import forms

# What Django would say, in our words: what is wrong and what would be right.
_WORDS: dict[str, dict[str, str]] = {
    "IntegerField": {"invalid": "{label}: write a whole number, such as 12"},
    "FloatField": {"invalid": "{label}: write a number, such as 0.5"},
    "DecimalField": {"invalid": "{label}: write a number, such as 0.5"},
    "DateField": {"invalid": "{label}: write a date as year-month-day, such as 2026-11-22"},
    "DateTimeField": {"invalid": "{label}: write a date and time, such as 2026-11-22 14:30"},
    "EmailField": {"invalid": "{label}: write an address such as name@example.org"},
    "URLField": {"invalid": "{label}: write an address that begins with https://"},
    "FileField": {
        "required": "{label}: select a file",
        "empty": "{label}: the file is empty; select one with rows",
        "missing": "{label}: select a file",
        "invalid": "{label}: the file did not arrive; select it again",
        "max_length": "{label}: the name of the file has %(length)d characters, at most %(max)d are kept; rename it",
    },
    "ChoiceField": {
        "required": "{label}: choose one",
        "invalid_choice": "{label}: '%(value)s' is not among the choices; choose one of those shown",
    },
    "MultipleChoiceField": {
        "required": "{label}: choose at least one",
        "invalid_choice": "{label}: '%(value)s' is not among the choices; choose from those shown",
        "invalid_list": "{label}: choose from those shown",
    },
    "BooleanField": {"required": "{label}: tick the box to go on"},
}
_ALWAYS = {"required": "{label}: fill this in"}


def speak_plainly(form: forms.BaseForm) -> None:
    """Give each field that kept Django's words our own; what a form wrote itself stays."""
    for name, field in form.fields.items():
        label = str(field.label or name.replace("_", " ").capitalize()).rstrip(" ?:")
        given: dict[str, Any] = dict(_ALWAYS)
        own: dict[str, Any] = {}
        for kind in reversed(type(field).__mro__):
            given.update(_WORDS.get(kind.__name__, {}))
            own.update(getattr(kind, "default_error_messages", {}))
        for code, words in given.items():
            if field.error_messages.get(code) == own.get(code):
                field.error_messages[code] = words.replace("{label}", label)


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
