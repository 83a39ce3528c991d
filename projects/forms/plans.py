"""The forms of the planners beside the proposal. They take anything that was typed: what nobody knows is no error."""

import json
from typing import Any

from django import forms

from dlstart_web.kit.forms import KitForm
from dlstart_web.kit.say import english_marks, own_marks, say
from projects.core import payoff, rails
from projects.forms.proposals import base_of


class PlanForm(KitForm):
    """Fields of a plan, and in `base` what they held when the page was read: only what differs is written."""

    base = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, stored: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, initial=stored | {"base": json.dumps(stored)}, **kwargs)

    def clean_base(self) -> dict[str, str]:
        return base_of(self.cleaned_data["base"]) or {}

    def plan(self) -> dict[str, Any]:
        """What `services.save_plan` takes."""
        values = dict(self.cleaned_data)
        return {"base": values.pop("base"), "values": values}


class AmountField(forms.CharField):
    """A number, or what was typed in its place: kept with English marks, shown with the reader's."""

    def to_python(self, value: Any) -> str:
        return english_marks(super().to_python(value) or "")

    def bound_data(self, data: Any, initial: Any) -> Any:
        return english_marks(super().bound_data(data, initial) or "")

    def prepare_value(self, value: Any) -> Any:
        return own_marks(value or "")


class PayoffForm(PlanForm):
    """The numbers of the payoff."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, (label, hint) in payoff.FIELDS.items():
            self.fields[name] = AmountField(
                label=label,
                required=False,
                max_length=60,
                help_text=hint,
                widget=forms.TextInput(attrs={"class": "number", "inputmode": "decimal"}),
            )


class RailsForm(PlanForm):
    """The guard rails, a row each, with two rows to spare."""

    def __init__(self, *args: Any, stored: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, stored=stored, **kwargs)
        names = [*(key for key, value in stored.items() if value), *(self.data or ())]
        used = [
            int(end)
            for name, _, end in (key.rpartition("_") for key in names)
            if name in rails.COLUMNS and end.isdecimal()
        ]
        self.count = min(rails.ROWS_AT_MOST, max(3, max(used, default=0) + (0 if self.is_bound else 2)))
        for number in range(1, self.count + 1):
            for name, label in rails.COLUMNS.items():
                self.fields[f"{name}_{number}"] = forms.CharField(
                    label=say("{label}, row {number}", label=label, number=number),
                    required=False,
                    max_length=500,
                    widget=forms.Textarea(
                        attrs={
                            "rows": 2,
                            "cols": 16,
                            "aria-label": say("{label}, row {number}", label=label, number=number),
                        }
                    ),
                )

    def rows(self) -> list[dict[str, Any]]:
        """The rows as bound fields, for the table."""
        return [
            {"number": number, "cells": [self[f"{name}_{number}"] for name in rails.COLUMNS]}
            for number in range(1, self.count + 1)
        ]
