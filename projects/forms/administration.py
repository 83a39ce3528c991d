"""Forms of administrators."""

from typing import Any

from django import forms
from django.forms import BoundField

from dlstart_web.kit.forms import KitForm, speak_plainly
from dlstart_web.kit.say import say
from projects.core.criteria import CRITERIA
from projects.core.rules import MOST_REVIEWS, MOST_WEIGHT, Rules

FLOORS = [("", say("none")), ("2", "2"), ("3", "3"), ("4", "4")]


class RulesForm(KitForm):
    """The rules of reviewing as they shall be. `seen` is the version that was read."""

    reviews_wanted = forms.IntegerField(
        label=say("Reviews wanted"),
        min_value=1,
        max_value=MOST_REVIEWS,
        help_text=say(
            "A proposal's reviews open when so many are in. With fewer than three the figures stay provisional."
        ),
    )
    names_hidden = forms.BooleanField(
        label=say("Hide who wrote a review from everybody but the handler"),
        required=False,
        help_text=say("Reviewers who wrote under a promise keep it: rounds under way stay as they are."),
    )
    reason = forms.CharField(
        label=say("Reason"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=say("Everybody can read it."),
    )
    seen = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, rules: Rules, **kwargs: Any) -> None:
        initial: dict[str, Any] = {
            "reviews_wanted": rules.reviews_wanted,
            "names_hidden": rules.names_hidden,
            "seen": rules.number,
        }
        for criterion in rules.criteria:
            initial[f"weight_{criterion.key}"] = f"{criterion.weight:g}"
            initial[f"floor_{criterion.key}"] = str(criterion.floor or "")
        super().__init__(*args, initial=initial, **kwargs)
        for criterion in CRITERIA:
            weight = say("Weight of {criterion}", criterion=criterion.label)
            out = say("{label}: it may be 0 to {most:g}", label=weight, most=MOST_WEIGHT)
            self.fields[f"weight_{criterion.key}"] = forms.FloatField(
                label=weight,
                min_value=0,
                max_value=MOST_WEIGHT,
                widget=forms.TextInput(attrs={"inputmode": "decimal", "class": "number"}),
                error_messages={"min_value": out, "max_value": out},
            )
            self.fields[f"floor_{criterion.key}"] = forms.ChoiceField(
                label=say("Floor of {criterion}", criterion=criterion.label), choices=FLOORS, required=False
            )
        speak_plainly(self)

    @property
    def rows(self) -> list[tuple[str, BoundField, BoundField]]:
        """A criterion with its two fields."""
        return [(c.label, self[f"weight_{c.key}"], self[f"floor_{c.key}"]) for c in CRITERIA]

    def values(self) -> dict[str, Any]:
        """What the service takes."""
        given = self.cleaned_data
        return {
            "weights": {c.key: given[f"weight_{c.key}"] for c in CRITERIA},
            "floors": {c.key: int(given[f"floor_{c.key}"]) if given[f"floor_{c.key}"] else None for c in CRITERIA},
            **{name: given[name] for name in ("reviews_wanted", "names_hidden", "reason", "seen")},
        }


class ReasonForm(KitForm):
    """Why, in words that stay."""

    reason = forms.CharField(
        label=say("Reason"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=say("Whoever reads these reviews later reads it too."),
    )
