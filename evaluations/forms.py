"""Forms of criterion, look and opening: what people type becomes domain values here."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from django import forms
from django.db.models import QuerySet

from datasets.models import DatasetVersion
from dlstart_web.kit.forms import KitForm
from evaluations import services
from evaluations.core.rules import RuleProblem
from evaluations.models import Run
from evaluations.selectors import TERMS_START, run_title
from evaluations.words import Speech, speech
from projects.core.measures import MEASURES


class CriterionForm(KitForm):
    """The measure, what is good enough in it, and what a deep model must gain. Shares are typed in percent."""

    metric = forms.ChoiceField(label="Measure")
    level = forms.FloatField(
        label="Good enough",
        help_text="In percent, such as 95, for measures that count rows: share sorted right, F1, precision, recall. "
        "For the others as they are written, such as 0.9",
    )
    smallest_difference = forms.FloatField(
        label="What deep learning must gain over the best simple model to be worth it",
        help_text="In the same unit: 2 points, or 0.02",
        initial=2.0,
        min_value=0,
    )
    reason = forms.CharField(
        label="Why this measure and this level", widget=forms.Textarea, max_length=4000, required=False,
        help_text="What happens below it, and who said so",
    )  # fmt: skip

    def __init__(self, *args: Any, task: str = "", is_amendment: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        measures = [measure for measure in MEASURES.values() if not task or task in measure.tasks]
        self.fields["metric"].choices = [(measure.name, f"{measure.title}: {measure.question}") for measure in measures]
        if is_amendment:
            self.fields["reason"].required = True
            self.fields["reason"].label = "Why it is amended"
            self.fields["reason"].help_text = "Everybody who reads the results sees this beside the old criterion"

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        metric, level, gain = (cleaned.get(name) for name in ("metric", "level", "smallest_difference"))
        if metric is None:
            return cleaned
        says = speech(metric)
        if level is not None:
            cleaned["level"] = level / 100 if says.percent else level
            if says.measure.unit == "share" and metric != "r2" and not 0 < cleaned["level"] <= 1:
                top = "100" if says.percent else "1"
                self.add_error("level", f"Good enough is {level:g}; {says.measure.title} goes from 0 to {top}")
        if gain is not None:
            cleaned["smallest_difference"] = gain / 100 if says.percent else gain
        return cleaned


class RunChoiceField(forms.ModelChoiceField):
    """Runs by name, with their validation score."""

    def label_from_instance(self, run: Run) -> str:
        says = speech(run.metric)
        return f"{run_title(run.recipe)}, {says.span(run.score, run.low, run.high)} on validation"


class LadderForm(KitForm):
    """What one may say of a new ladder: the team's own rule, and how much computing it may take."""

    rule = forms.CharField(
        label="Your own rule", required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
        help_text="What a person would do without learning, over your columns; it becomes a rung",
    )  # fmt: skip
    budget = forms.IntegerField(
        label="CPU seconds for all rungs", min_value=5, max_value=24 * 3600, required=False,
        help_text="Left out: what the server allows by itself",
    )  # fmt: skip

    def __init__(self, *args: Any, version: DatasetVersion | None = None, hint: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.version = version
        if hint:
            self.fields["rule"].help_text += f'. Your proposal says: "{hint}"'

    def clean_rule(self) -> str:
        rule = str(self.cleaned_data["rule"]).strip()
        if rule and self.version:
            try:
                services.check_rule(self.version, rule)
            except RuleProblem as problem:
                raise forms.ValidationError(str(problem)) from problem
        return rule


class ForecastForm(KitForm):
    """What "Would more data help?" may cost in computing, and what a label costs."""

    budget = forms.IntegerField(
        label="CPU seconds", min_value=5, max_value=24 * 3600, required=False,
        help_text="Beside the ladder's own. Left out: what the server allows by itself",
    )  # fmt: skip
    row_cost = forms.FloatField(
        label="Price of one label",
        min_value=0,
        required=False,
        help_text="In your own money; then the answer has a price",
    )


class LookForm(KitForm):
    """One look: on which run, why now, what one expects; confirmed by a typed word."""

    run = RunChoiceField(label="Run", queryset=Run.objects.none(), empty_label=None)
    guess = forms.FloatField(
        label="Your guess", required=False, help_text="Kept with the answer; it costs nothing to be wrong"
    )
    reason = forms.CharField(label="Why now?", widget=forms.Textarea(attrs={"rows": 3}), max_length=2000)
    confirm = forms.CharField(label="Type LOOK to confirm", help_text="This cannot be undone", max_length=20)
    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, runs: QuerySet[Run], says: Speech, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.says = says
        self.fields["run"].queryset = runs
        self.fields["guess"].label = f"Your guess, {says.head}"
        self.fields["confirm"].widget.attrs["autocomplete"] = "off"
        self.initial.setdefault("key", uuid4())

    def clean_guess(self) -> float | None:
        guess = self.cleaned_data["guess"]
        return guess / 100 if guess is not None and self.says.percent else guess

    def clean_confirm(self) -> str:
        word = self.cleaned_data["confirm"].strip()
        if word.upper() != "LOOK":
            raise forms.ValidationError(
                f"Type LOOK to confirm: '{word}' is there; type LOOK, or leave this page and nothing is spent"
            )
        return word


class OpeningForm(KitForm):
    """The best simple and the best deep run, named before the final tier is opened."""

    simple = RunChoiceField(label="Best simple run", queryset=Run.objects.none(), empty_label=None)
    deep = RunChoiceField(
        label="Best deep run", queryset=Run.objects.none(), required=False, empty_label="none, only the simple one"
    )
    confirm = forms.CharField(
        label="Type OPEN to ask", help_text="Once the handler agrees, these rows are opened for good", max_length=20
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
                f"Type OPEN to ask: '{word}' is there; type OPEN, or leave this page and nothing is asked"
            )
        return word


class GuessForm(KitForm):
    """What one expects of the best rung, before it is known."""

    guess = forms.FloatField(
        label="Your guess",
        required=False,
        help_text="Of the best rung on validation, before you see it; it costs nothing",
    )

    def __init__(self, *args: Any, says: Speech, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.says = says
        self.fields["guess"].label = f"Your guess, {says.head}"

    def clean_guess(self) -> float | None:
        guess = self.cleaned_data["guess"]
        guess = guess / 100 if guess is not None and self.says.percent else guess
        if guess is not None and self.says.measure.unit == "share" and not -1 <= guess <= 1:
            raise forms.ValidationError(f"Your guess goes to {'100' if self.says.percent else '1'} at most")
        return guess


class PredictForm(KitForm):
    """Rows without labels."""

    file = forms.FileField(
        label="Rows to predict",
        help_text="CSV, Parquet or ZIP, with the columns the model was fitted on; others are passed over",
    )


class LabelQuestionForm(KitForm):
    """Which row of validation, and what is odd about it."""

    row = forms.IntegerField(min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)
    note = forms.CharField(label="What is odd about it", max_length=300, required=False)


def _amount(label: str, hint: str = "", *, low: float | None = 0, high: float = 1e12) -> forms.FloatField:
    return forms.FloatField(label=label, help_text=hint, required=False, min_value=low, max_value=high)


class OperatingForm(KitForm):
    """A threshold, what answers cost, and what checks cost; what is left empty begins with what is known."""

    COSTS = ("miss", "alarm", "hit", "rest", "running", "today", "year")
    HELD = ("risk", "review", "miss")
    GUARDS = ("risk", "review", "caught", "error", "trips", "handling")

    t = _amount("Threshold", high=1)
    miss = _amount("Cost of a miss", "A yes that was called no")
    alarm = _amount("Cost of a false alarm", "A no that was called yes")
    hit = _amount("Gain of a found yes", "A yes that was called yes")
    rest = _amount("Gain of a no left alone", "A no that was called no")
    running = _amount("Running cost", "Of the model, a decision")
    today = _amount("Worth of today's process", "A decision; empty: always no or always yes", low=-1e12)
    year = _amount("Decisions a year", "How often it will be asked")
    risk = _amount("Risk you accept, %", "Share of answers that may be wrong", high=100)
    review = _amount("Cost of a check by a person", "Instead of an answer")
    caught = _amount("Guard rail: wrong and caught, %", "Share of all decisions", high=100)
    error = _amount("Cost of an error that gets through", "Each")
    trips = _amount("Guard rail: trips, %", "Share of all decisions", high=100)
    handling = _amount("Cost of handling one trip", "Each, right or wrong")

    def __init__(
        self, data: Mapping[str, str], *, start: tuple[Mapping[str, float], str], needs_threshold: bool = False
    ) -> None:
        begun, self.start_words = start
        given = {name: value for name, value in data.items() if value.strip()}
        super().__init__({**TERMS_START, **begun, **given})
        self.lacks_threshold = needs_threshold and "t" not in given

    def clean_t(self) -> float | None:
        if self.lacks_threshold:
            raise forms.ValidationError("Threshold: write a number from 0 to 1, such as 0.5")
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
