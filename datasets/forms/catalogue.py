"""Forms of the catalogue: the search, datasheets, deposits, requests, what is wanted."""

from typing import Any

from django import forms

from datasets.catalogue import HOLDS, Filters
from datasets.core.datasheet import QUESTIONS, Question
from datasets.forms.versions import DatasetUploadForm
from datasets.models import Dataset, DatasetVersion, SheetAnswer
from dlstart_web.kit.forms import KitForm, speak_plainly
from dlstart_web.kit.say import say
from projects.models import Project, Team, User

TEXT_AT_MOST = 20_000
LINES = forms.Textarea(attrs={"rows": 3})


class CatalogueForm(KitForm):
    """What the catalogue is asked for. Its fields are all that an address of it may name, besides the page."""

    q = forms.CharField(
        label=say("Words"), required=False, max_length=200, help_text=say("In a name, a team, a datasheet or a column")
    )
    task = forms.ChoiceField(
        label=say("Kind of answer"), required=False, choices=[("", say("any")), *DatasetVersion.Task.choices]
    )
    holds = forms.ChoiceField(label=say("Has"), required=False, choices=[("", say("anything")), *HOLDS.items()])
    kept_until = forms.DateField(
        label=say("Kept at least until"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    labels = forms.BooleanField(label=say("has labels"), required=False)
    no_people = forms.BooleanField(label=say("no personal data"), required=False)
    reuse = forms.BooleanField(label=say("any team may use it"), required=False)
    askable = forms.BooleanField(label=say("can be asked for"), required=False)
    mine = forms.BooleanField(label=say("of my teams"), required=False)

    def filters(self) -> Filters:
        """What was asked, as the catalogue takes it."""
        return Filters(**self.cleaned_data)

    @classmethod
    def unknown(cls, names: Any) -> str:
        """A parameter that no filter knows, or "": a misspelt one would silently show everything."""
        return next((name for name in sorted(names) if name not in cls.base_fields), "")


class DepositForm(DatasetUploadForm):
    """Data without a project."""

    team = forms.ModelChoiceField(label=say("Team that keeps it"), queryset=Team.objects.none(), empty_label=None)
    is_listed = forms.BooleanField(
        label=say("Show its name, columns and datasheet to everybody here"),
        required=False,
        initial=True,
        help_text=say("Its rows stay with your team; others ask for them"),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["team"].queryset = Team.objects.filter(memberships__user=user, memberships__left_at=None)


class SheetForm(KitForm):
    """A datasheet, or one question of it: a text, what may be chosen, and the revision its writer saw."""

    def __init__(self, *args: Any, answers: dict[str, SheetAnswer], only: str = "", **kwargs: Any) -> None:
        self.questions = [question for question in QUESTIONS.values() if only in ("", question.id)]
        initial: dict[str, Any] = {}
        for question in self.questions:
            answer = answers.get(question.id, SheetAnswer())
            initial |= {question.id: answer.text, f"{question.id}_choice": answer.choice}
            initial |= {f"{question.id}_day": answer.day, f"{question.id}_revision": answer.revision}
        super().__init__(*args, initial=initial, **kwargs)
        for question in self.questions:
            self.fields[question.id] = forms.CharField(
                label=question.label,
                required=False,
                max_length=TEXT_AT_MOST,
                help_text=question.help,
                widget=forms.Textarea(attrs={"rows": 3}),
            )
            self.fields[f"{question.id}_revision"] = forms.IntegerField(required=False, widget=forms.HiddenInput)
            if question.choices:
                self.fields[f"{question.id}_choice"] = forms.ChoiceField(
                    label=say("In short"),
                    required=False,
                    choices=[("", say("Not recorded")), *question.choices.items()],
                    widget=forms.RadioSelect,
                )
            if question.has_day:
                self.fields[f"{question.id}_day"] = forms.DateField(
                    label=say("Kept until"),
                    required=False,
                    widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
                )
        speak_plainly(self)

    def values(self, question: Question) -> dict[str, Any]:
        """What `services.save_sheet_answer` takes for one question."""
        data = self.cleaned_data
        return {
            "question": question.id,
            "revision": data[f"{question.id}_revision"] or 0,
            "text": data[question.id],
            "choice": data.get(f"{question.id}_choice", ""),
            "day": data.get(f"{question.id}_day"),
        }

    def is_blank(self, question: Question) -> bool:
        """Whether nothing was written, chosen or dated for a question."""
        values = self.values(question)
        return not (values["text"].strip() or values["choice"] or values["day"])


class AskForm(KitForm):
    """Ask for data of another team."""

    team = forms.ModelChoiceField(label=say("For which of your teams"), queryset=Team.objects.none(), empty_label=None)
    purpose = forms.CharField(
        label=say("What do you want it for?"),
        max_length=2000,
        widget=LINES,
        help_text=say(
            "Who keeps the data reads this and decides. Say what you would train, and who would see the rows."
        ),
    )

    def __init__(self, *args: Any, teams: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["team"].queryset = teams


class DecideForm(KitForm):
    """Grant or decline, with a reason."""

    reason = forms.CharField(
        label=say("What the team should know"),
        required=False,
        max_length=2000,
        widget=LINES,
        help_text=say("Needed to decline: why not, and what would change it"),
    )


class UseForm(KitForm):
    """The project that works on a data set of somebody else, or on a deposit."""

    project = forms.ModelChoiceField(label=say("Project"), queryset=Project.objects.none(), empty_label=None)

    def __init__(self, *args: Any, projects: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["project"].queryset = projects


class ListingForm(KitForm):
    """Who finds the entry."""

    is_listed = forms.BooleanField(required=False)


class ReasonForm(KitForm):
    """Why a data set is removed."""

    reason = forms.CharField(
        label=say("Why is it removed?"),
        max_length=2000,
        widget=LINES,
        help_text=say("The sentence stays where the data was"),
    )
    is_sure = forms.BooleanField(label=say("Remove its files for good"))


class WantedForm(KitForm):
    """Data that one looks for."""

    title = forms.CharField(
        label=say("What data do you want?"), max_length=100, help_text=say("One line, such as “photos of the new belt”")
    )
    text = forms.CharField(label=say("What for, and how much would do?"), required=False, max_length=2000, widget=LINES)


class WantedAnswerForm(KitForm):
    """What a colleague has of it."""

    text = forms.CharField(
        label=say("What do you have?"),
        max_length=2000,
        widget=LINES,
        help_text=say("Where it lies, how much, with which labels"),
    )
    dataset = forms.ModelChoiceField(
        label=say("Already in the catalogue as"),
        required=False,
        queryset=Dataset.objects.none(),
        empty_label=say("not yet"),
    )

    def __init__(self, *args: Any, datasets: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["dataset"].queryset = datasets
