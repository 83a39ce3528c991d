"""What success is, what is decided from the verdict, and whether it paid."""

from typing import Any

from django import forms

from dlstart_web.kit.forms import KitForm
from dlstart_web.kit.say import joined, say
from evaluations.models import ResultDecision
from evaluations.words import speech
from projects.core.measures import MEASURES
from projects.core.success import LOOKS_AT_MOST
from projects.models import Criterion

GUARDS = SLICES = 2  # boxes on the page; the API takes five of each


class CriterionForm(KitForm):
    """The measure, what is good enough in it, what must hold beside it. Shares are typed in percent."""

    metric = forms.ChoiceField(label=say("Measure"))
    level = forms.FloatField(
        label=say("Good enough"),
        help_text=say(
            "In percent, such as 95, for measures that count rows: share sorted right, F1, precision, recall. "
            "For the others as they are written, such as 0.9"
        ),
    )
    smallest_difference = forms.FloatField(
        label=say("What deep learning must gain over the best simple model to be worth it"),
        help_text=say("In the same unit: 2 points, or 0.02"),
        initial=2.0,
        min_value=0,
    )
    today = forms.FloatField(
        label=say("What is reached today"),
        required=False,
        help_text=say("In the same unit, where somebody measured it"),
    )
    people = forms.FloatField(
        label=say("What skilled people reach"), required=False, help_text=say("Given only what the model is given")
    )
    looks_wanted = forms.IntegerField(
        label=say("Test looks wanted"), required=False, min_value=0, max_value=LOOKS_AT_MOST,
        help_text=say("How many you plan before you decide; it limits nothing"),
    )  # fmt: skip
    stop_rule = forms.CharField(
        label=say("We stop if"),
        max_length=300,
        required=False,
        help_text=say("Such as: no rung reaches 85 by 15 January"),
    )
    reason = forms.CharField(
        label=say("Why this measure and this level"), widget=forms.Textarea, max_length=4000, required=False,
        help_text=say("What happens below it, and who said so"),
    )  # fmt: skip

    def __init__(
        self,
        *args: Any,
        task: str = "",
        classes: int | None = None,
        in_force: Criterion | None = None,
        **kwargs: Any,
    ) -> None:
        """`in_force`: what an amendment begins with, unless the data rules its measure out."""
        super().__init__(*args, **kwargs)
        measures = [
            measure
            for measure in MEASURES.values()
            if (not task or task in measure.tasks) and (classes is None or classes >= measure.least_classes)
        ]
        choices = [(measure.name, joined(": ", [measure.title, measure.question])) for measure in measures]
        self.fields["metric"].choices = choices
        if in_force and in_force.metric in dict(choices):
            self.initial = _as_typed(in_force)
        self.guard_boxes = max(GUARDS, len(in_force.guards) if in_force else 0)
        self.slice_boxes = max(SLICES, len(in_force.slices) if in_force else 0)
        for number in range(1, self.guard_boxes + 1):
            self.fields[f"guard_{number}"] = forms.ChoiceField(
                label=say("Must also hold"), required=False, choices=[("", say("nothing more")), *choices]
            )
            self.fields[f"guard_{number}_level"] = forms.FloatField(label=say("Its level"), required=False)
        for number in range(1, self.slice_boxes + 1):
            self.fields[f"slice_{number}_column"] = forms.CharField(label=say("Column"), required=False, max_length=200)
            self.fields[f"slice_{number}_value"] = forms.CharField(label=say("Value"), required=False, max_length=200)
            self.fields[f"slice_{number}_level"] = forms.FloatField(label=say("Level on these rows"), required=False)
        if in_force:
            self.fields["reason"].required = True
            self.fields["reason"].label = say("Why it is amended")
            self.fields["reason"].help_text = say("Everybody who reads the results sees this beside the old criterion")

    def guards(self) -> list[tuple[Any, Any]]:
        """The boxes of each guard measure."""
        return [(self[f"guard_{n}"], self[f"guard_{n}_level"]) for n in range(1, self.guard_boxes + 1)]

    def slices(self) -> list[tuple[Any, Any, Any]]:
        """The boxes of each slice."""
        return [
            (self[f"slice_{n}_column"], self[f"slice_{n}_value"], self[f"slice_{n}_level"])
            for n in range(1, self.slice_boxes + 1)
        ]

    def _level(self, name: str, metric: str, value: float) -> float:
        """A level in the measure's own unit; an error at the field where it cannot be."""
        says = speech(metric)
        level = value / 100 if says.percent else value
        if says.measure.unit == "share" and metric != "r2" and not 0 < level <= 1:
            top = "100" if says.percent else "1"
            label = say("Good enough") if name == "level" else self.fields[name].label
            self.add_error(
                name,
                say(
                    "{label} is {value:g}; {measure} goes from 0 to {top}",
                    label=label,
                    value=value,
                    measure=says.measure.title,
                    top=top,
                ),
            )
        return level

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        metric, gain = data.get("metric"), data.get("smallest_difference")
        if metric is None:
            return data
        guards, slices = [], []
        for n in range(1, self.guard_boxes + 1):
            name, value = data.pop(f"guard_{n}", ""), data.pop(f"guard_{n}_level", None)
            if name and value is None:
                self.add_error(
                    f"guard_{n}_level", say("Its level: say what {measure} must reach", measure=MEASURES[name].title)
                )
            elif value is not None and not name:
                self.add_error(f"guard_{n}", say("Must also hold: say which measure must reach {level:g}", level=value))
            elif value is not None:
                guards.append({"metric": name, "level": self._level(f"guard_{n}_level", name, value)})
        for n in range(1, self.slice_boxes + 1):
            column, words, value = (data.pop(f"slice_{n}_{part}", None) for part in ("column", "value", "level"))
            if not column and not words and value is None:
                continue
            if not column or not words or value is None:
                self.add_error(f"slice_{n}_column", say("Column, value and level: a slice needs all three"))
            else:
                level_here = self._level(f"slice_{n}_level", metric, value)
                slices.append({"column": column, "value": words, "level": level_here})
        data |= {"guards": guards, "slices": slices}
        for name in ("level", "today", "people"):
            if data.get(name) is not None:
                data[name] = self._level(name, metric, data[name])
        if gain is not None:
            data["smallest_difference"] = gain / 100 if speech(metric).percent else gain
        return data


class ResultDecisionForm(KitForm):
    """What is decided from the verdict."""

    outcome = forms.ChoiceField(
        label=say("What happens next?"), choices=ResultDecision.Outcome.choices, widget=forms.RadioSelect
    )
    reasons = forms.CharField(
        label=say("Reasons"), max_length=20_000, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=say("Also where it differs from what the rules suggest: say why"),
    )  # fmt: skip
    hold_until = forms.CharField(
        label=say("Hold until"),
        max_length=200,
        required=False,
        help_text=say("A date or an event, where you chose hold"),
    )
    dissent = forms.CharField(
        label=say("Dissent to record"), max_length=20_000, required=False, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=say("Kept with the decision for good"),
    )  # fmt: skip


class PaidForm(KitForm):
    """Whether it paid off."""

    paid = forms.ChoiceField(
        label=say("Did it pay off?"), choices=ResultDecision.Paid.choices, widget=forms.RadioSelect
    )
    words = forms.CharField(
        label=say("What was learned"), max_length=4000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )


def _as_typed(criterion: Criterion) -> dict[str, Any]:
    """The boxes that lock the same again, without a reason."""
    metric = criterion.metric
    boxes: dict[str, Any] = {"metric": metric, "stop_rule": criterion.stop_rule, "looks_wanted": criterion.looks_wanted}
    for name in ("level", "smallest_difference", "today", "people"):
        boxes[name] = _number_typed(metric, getattr(criterion, name))
    for n, guard in enumerate(criterion.guards, start=1):
        boxes |= {f"guard_{n}": guard["metric"], f"guard_{n}_level": _number_typed(guard["metric"], guard["level"])}
    for n, part in enumerate(criterion.slices, start=1):
        boxes |= {f"slice_{n}_{name}": part[name] for name in ("column", "value")}
        boxes[f"slice_{n}_level"] = _number_typed(metric, part["level"])
    return boxes


def _number_typed(metric: str, value: float | None) -> float | None:
    """As a person types it: in percent where the measure counts rows, without what dividing by 100 left over."""
    if value is None or not speech(metric).percent:
        return value
    percent = round(100 * value, 9)
    return int(percent) if percent.is_integer() else percent
