"""Forms of criterion, look and opening: what people type becomes domain values here."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from django import forms
from django.db.models import QuerySet

from datasets.models import DatasetVersion
from dlstart_web.kit.forms import KitForm
from dlstart_web.kit.say import joined, say
from evaluations import services
from evaluations.core.rules import RuleProblem
from evaluations.models import ResultDecision, Run
from evaluations.selectors import TERMS_START, run_title
from evaluations.words import Speech, speech
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


class RunChoiceField(forms.ModelChoiceField):
    """Runs by name, with their validation score."""

    def label_from_instance(self, run: Run) -> str:
        says = speech(run.metric)
        title, score = run_title(run.recipe, run.change, run.name), says.span(run.score, run.low, run.high)
        return say("{title}, {score} on validation", title=title, score=score)


class LadderForm(KitForm):
    """What one may say of a new ladder: the team's own rule, and how much computing it may take."""

    rule = forms.CharField(
        label=say("Your own rule"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
        help_text=say("What a person would do without learning, over your columns; it becomes a rung"),
    )  # fmt: skip
    budget = forms.IntegerField(
        label=say("CPU seconds for all rungs"), min_value=5, max_value=24 * 3600, required=False,
        help_text=say("Left out: what the server allows by itself"),
    )  # fmt: skip

    def __init__(self, *args: Any, version: DatasetVersion | None = None, hint: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.version = version
        if hint:
            said = say('Your proposal says: "{hint}"', hint=hint)
            self.fields["rule"].help_text = joined(". ", [self.fields["rule"].help_text, said])  # type: ignore[list-item]

    def clean_rule(self) -> str:
        rule = str(self.cleaned_data["rule"]).strip()
        if rule and self.version:
            try:
                services.check_rule(self.version, rule)
            except RuleProblem as problem:
                raise forms.ValidationError(str(problem)) from problem
        return rule


class SpreadForm(KitForm):
    """What the other seeds of a run may cost in computing."""

    budget = forms.IntegerField(
        label=say("CPU seconds"), min_value=5, max_value=24 * 3600, required=False,
        help_text=say("Beside the ladder's own. Left out: what the server allows by itself"),
    )  # fmt: skip


class ForecastForm(KitForm):
    """What "Would more data help?" may cost in computing, and what a label costs."""

    budget = forms.IntegerField(
        label=say("CPU seconds"), min_value=5, max_value=24 * 3600, required=False,
        help_text=say("Beside the ladder's own. Left out: what the server allows by itself"),
    )  # fmt: skip
    row_cost = forms.FloatField(
        label=say("Price of one label"),
        min_value=0,
        required=False,
        help_text=say("In your own money; then the answer has a price"),
    )


class LookForm(KitForm):
    """One look: on which run, why now, what one expects; confirmed by a typed word."""

    run = RunChoiceField(label=say("Run"), queryset=Run.objects.none(), empty_label=None)
    guess = forms.FloatField(
        label=say("Your guess"), required=False, help_text=say("Kept with the answer; it costs nothing to be wrong")
    )
    reason = forms.CharField(label=say("Why now?"), widget=forms.Textarea(attrs={"rows": 3}), max_length=2000)
    confirm = forms.CharField(label=say("Type LOOK to confirm"), help_text=say("This cannot be undone"), max_length=20)
    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, runs: QuerySet[Run], says: Speech, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.says = says
        self.fields["run"].queryset = runs
        self.fields["guess"].label = say("Your guess, {head}", head=says.head)
        self.fields["confirm"].widget.attrs["autocomplete"] = "off"
        self.initial.setdefault("key", uuid4())

    def clean_guess(self) -> float | None:
        guess = self.cleaned_data["guess"]
        return guess / 100 if guess is not None and self.says.percent else guess

    def clean_confirm(self) -> str:
        word = self.cleaned_data["confirm"].strip()
        if word.upper() != "LOOK":
            raise forms.ValidationError(
                say(
                    "Type LOOK to confirm: '{word}' is there; type LOOK, or leave this page and nothing is spent",
                    word=word,
                )
            )
        return word


class OpeningForm(KitForm):
    """The best simple and the best deep run, named before the final tier is opened."""

    simple = RunChoiceField(label=say("Best simple run"), queryset=Run.objects.none(), empty_label=None)
    deep = RunChoiceField(
        label=say("Best deep run"),
        queryset=Run.objects.none(),
        required=False,
        empty_label=say("none, only the simple one"),
    )
    confirm = forms.CharField(
        label=say("Type OPEN to ask"),
        help_text=say("Once the handler agrees, these rows are opened for good"),
        max_length=20,
    )

    def __init__(self, *args: Any, simple: QuerySet[Run], deep: QuerySet[Run], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["simple"].queryset = simple
        self.fields["deep"].queryset = deep
        self.fields["confirm"].widget.attrs["autocomplete"] = "off"
        self.initial.setdefault("simple", simple.first())
        self.initial.setdefault("deep", deep.first())

    def clean_confirm(self) -> str:
        word = self.cleaned_data["confirm"].strip()
        if word.upper() != "OPEN":
            raise forms.ValidationError(
                say(
                    "Type OPEN to ask: '{word}' is there; type OPEN, or leave this page and nothing is asked", word=word
                )
            )
        return word


class RowsForm(KitForm):
    """What an uploaded model says of more rows."""

    run = RunChoiceField(label=say("Uploaded model"), queryset=Run.objects.none(), empty_label=None)
    file = forms.FileField(
        label=say("Predictions"),
        help_text=say("CSV or Parquet: id,prediction, or id with scores; every row of the set, in any order"),
        error_messages={"required": say("Select a file of predictions")},
        max_length=255,
    )

    def __init__(self, *args: Any, runs: QuerySet[Run] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if runs is None:  # it is known which
            del self.fields["run"]
        else:
            self.fields["run"].queryset = runs


class GuessForm(KitForm):
    """What one expects of the best rung, before it is known."""

    guess = forms.FloatField(
        label=say("Your guess"),
        required=False,
        help_text=say("Of the best rung on validation, before you see it; it costs nothing"),
    )

    def __init__(self, *args: Any, says: Speech, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.says = says
        self.fields["guess"].label = say("Your guess, {head}", head=says.head)

    def clean_guess(self) -> float | None:
        guess = self.cleaned_data["guess"]
        guess = guess / 100 if guess is not None and self.says.percent else guess
        if guess is not None and self.says.measure.unit == "share" and not -1 <= guess <= 1:
            raise forms.ValidationError(
                say("Your guess goes to {value} at most", value="100" if self.says.percent else "1")
            )
        return guess


class PredictForm(KitForm):
    """Rows without labels."""

    file = forms.FileField(
        label=say("Rows to predict"),
        help_text=say("CSV, Parquet or ZIP, with the columns the model was fitted on; others are passed over"),
    )


class PredictionsForm(KitForm):
    """Predictions made elsewhere: scored, or only checked."""

    file = forms.FileField(
        label=say("Predictions"),
        help_text=say(
            "CSV or Parquet: id and prediction, or id and scores. All rows of validation; all sealed rows too if "
            "a look is to be spent on it"
        ),
    )
    name = forms.CharField(
        label=say("Name of the model"),
        required=False,
        max_length=40,
        help_text=say("Such as resnet18; it stands on the board"),
    )
    only_check = forms.BooleanField(label=say("Check the file only, and score nothing"), required=False)


class LabelQuestionForm(KitForm):
    """Which row of validation, and what is odd about it."""

    row = forms.IntegerField(min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)
    note = forms.CharField(label=say("What is odd about it"), max_length=300, required=False)


def _amount(label: str, hint: str = "", *, low: float | None = 0, high: float = 1e12) -> forms.FloatField:
    return forms.FloatField(label=label, help_text=hint, required=False, min_value=low, max_value=high)


class OperatingForm(KitForm):
    """A threshold, what answers cost, and what checks cost; what is left empty begins with what is known."""

    COSTS = ("miss", "alarm", "hit", "rest", "running", "today", "year")
    HELD = ("risk", "review", "miss")
    GUARDS = ("risk", "review", "caught", "error", "trips", "handling")

    t = _amount(say("Threshold"), high=1)
    miss = _amount(say("Cost of a miss"), say("A yes that was called no"))
    alarm = _amount(say("Cost of a false alarm"), say("A no that was called yes"))
    hit = _amount(say("Gain of a found yes"), say("A yes that was called yes"))
    rest = _amount(say("Gain of a no left alone"), say("A no that was called no"))
    running = _amount(say("Running cost"), say("Of the model, a decision"))
    today = _amount(say("Worth of today's process"), say("A decision; empty: always no or always yes"), low=-1e12)
    year = _amount(say("Decisions a year"), say("How often it will be asked"))
    risk = _amount(say("Risk you accept, %"), say("Share of answers that may be wrong"), high=100)
    review = _amount(say("Cost of a check by a person"), say("Instead of an answer"))
    caught = _amount(say("Guard rail: wrong and caught, %"), say("Share of all decisions"), high=100)
    error = _amount(say("Cost of an error that gets through"), say("Each"))
    trips = _amount(say("Guard rail: trips, %"), say("Share of all decisions"), high=100)
    handling = _amount(say("Cost of handling one trip"), say("Each, right or wrong"))

    def __init__(
        self, data: Mapping[str, str], *, start: tuple[Mapping[str, float], str], needs_threshold: bool = False
    ) -> None:
        begun, self.start_words = start
        given = {name: value for name, value in data.items() if value.strip()}
        super().__init__({**TERMS_START, **begun, **given})
        self.lacks_threshold = needs_threshold and "t" not in given

    def clean_t(self) -> float | None:
        if self.lacks_threshold:
            raise forms.ValidationError(say("Threshold: write a number from 0 to 1, such as 0.5"))
        threshold: float | None = self.cleaned_data["t"]
        return threshold

    @property
    def terms(self) -> dict[str, float]:
        """The numbers that were given or known, the threshold apart."""
        return {name: value for name, value in self.cleaned_data.items() if name != "t" and value is not None}

    @property
    def costs(self) -> list[Any]:
        return [self[name] for name in self.COSTS]

    @property
    def held(self) -> list[Any]:
        return [self[name] for name in self.HELD]

    @property
    def guards(self) -> list[Any]:
        return [self[name] for name in self.GUARDS]
