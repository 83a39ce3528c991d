"""Ladders and runs, looks and openings, files of rows and predictions, operating points."""

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
from evaluations.models import Run
from evaluations.selectors import TERMS_START, run_title
from evaluations.words import Speech, speech


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
