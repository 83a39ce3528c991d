"""The form of the label planner."""

from typing import Any

from django import forms

from datasets.core.plan import LabelPlan, agreement_margin, plan_labels, rows_for_final, rows_within
from dlstart_web.kit.forms import KitForm
from dlstart_web.kit.say import say

MOST = 10**9  # labels that anybody could plan for


class LabelPlanForm(KitForm):
    """How many labels, by whom, at what cost. Nothing of it is stored: the address holds it all."""

    have = forms.IntegerField(label=say("Labelled rows there are"), min_value=0, max_value=MOST)
    rows = forms.IntegerField(
        label=say("Labelled rows wanted"),
        required=False,
        min_value=10,
        max_value=MOST,
        help_text=say("Or leave it empty and say below what the final part should be able to tell"),
    )
    level = forms.FloatField(
        label=say("Level to be shown, in percent"),
        required=False,
        min_value=1,
        max_value=99.9,
        help_text=say("A share of rows, such as 95 right of 100"),
    )
    margin = forms.FloatField(
        label=say("Within how many points"), required=False, min_value=0.1, max_value=50, help_text=say("Such as 2")
    )
    each = forms.FloatField(
        label=say("Cost of one label"), min_value=0, max_value=10**6, help_text=say("In any currency")
    )
    double = forms.FloatField(
        label=say("Share of the new rows that several people label, in percent"),
        min_value=0,
        max_value=100,
        help_text=say("Without it nobody knows whether two people agree; a fifth is a usual start"),
    )
    people = forms.IntegerField(label=say("People who label such a row"), min_value=2, max_value=20)
    equal = forms.FloatField(
        label=say("Share of equal labels that you expect, in percent"),
        min_value=1,
        max_value=99.9,
        help_text=say("Such as 90"),
    )

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        if not said.get("rows") and not (said.get("level") and said.get("margin")) and "rows" not in self.errors:
            self.add_error("rows", say("Say how many labelled rows you want, or fill in level and points below"))
        return said

    def plan(self) -> dict[str, Any]:
        """The sums, and what they rest on."""
        said = self.cleaned_data
        final = None
        if not said["rows"]:
            final = rows_within(said["level"] / 100, said["margin"] / 100)
        plan: LabelPlan = plan_labels(
            rows=said["rows"] or rows_for_final(final or 0),
            have=said["have"],
            each=said["each"],
            double_share=said["double"] / 100,
            people=said["people"],
        )
        margin = agreement_margin(plan.doubled, said["equal"] / 100)
        return {"plan": plan, "final": final, "agreement": None if margin is None else 100 * margin}
