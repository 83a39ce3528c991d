"""Forms of an upload and its version: file, target, split, findings, looks."""

from typing import Any

from django import forms

from datasets import store
from datasets.core.corrections import KINDS, MEDIA, ORDERS
from datasets.core.errors import shown
from datasets.models import DatasetVersion, Lineage
from datasets.words import in_words
from dlstart_web.kit.forms import KitForm
from dlstart_web.kit.say import joined, say

LABEL = "label"  # what the reader of archives calls it
SHORT_LIST = 40  # columns; more are a list to choose from instead of boxes to tick


class DatasetUploadForm(KitForm):
    """A file, and what to call it."""

    file = forms.FileField(
        label=say("Labelled file"),
        help_text=say(
            "CSV, Excel (XLSX), ODS, ARFF or Parquet, one row an example, the right answer in a column; or a ZIP with a folder "
            "of pictures or sounds for each class. Up to 2 GB."
        ),
        error_messages={
            "required": say("Select a labelled table or ZIP file"),
            "missing": say("Select a labelled file"),
        },
        max_length=255,
    )
    name = forms.CharField(
        label=say("Name of the data set"),
        max_length=100,
        required=False,
        help_text=say("The file's name, if you leave this empty"),
    )

    def __init__(self, *args: Any, is_next: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if is_next:
            del self.fields["name"]


def column_choices(version: DatasetVersion) -> list[tuple[str, str]]:
    """The real columns with their kind."""
    return [(column["name"], f"{column['name']} ({in_words(column['kind'])})") for column in version.columns]


def usual_target(version: DatasetVersion) -> str:
    """The label that an archive of pictures or sounds came with; nothing for a plain table."""
    kinds = {column["name"]: column["kind"] for column in version.columns}
    return LABEL if LABEL in kinds and set(MEDIA) & set(kinds.values()) else ""


class TargetForm(KitForm):
    """Which column is the answer, what kind of answer it is, and which columns are no features."""

    target = forms.ChoiceField(
        label=say("Label column"),
        help_text=say("The column that holds the right answer, Y"),
        error_messages={"required": say("Choose the label column")},
    )
    task = forms.ChoiceField(
        label=say("Kind of answer"),
        required=False,
        choices=[("", say("Let the values decide")), *DatasetVersion.Task.choices],
        help_text=say("Two values are yes or no, words are classes, the rest is a number"),
    )
    drop = forms.MultipleChoiceField(
        label=say("Columns to leave out"),
        required=False,
        help_text=say("What would not be known before the answer is needed, and numbers that only name the row"),
    )

    annotators = forms.MultipleChoiceField(
        label=say("Columns of single annotators"),
        required=False,
        help_text=say(
            "Where several people labelled the same rows, each in a column: their agreement is measured, and the "
            "columns are no features. Columns called annotator_1 or rater_a are found without being named."
        ),
    )

    def __init__(self, *args: Any, version: DatasetVersion, **kwargs: Any) -> None:
        chosen = {"task": version.task, "drop": version.dropped, "annotators": version.annotators}
        kwargs.setdefault("initial", {"target": version.target or usual_target(version), **chosen})
        super().__init__(*args, **kwargs)
        columns = column_choices(version)
        self.fields["target"].choices = [("", say("Choose one")), *columns]
        for name in ("drop", "annotators"):
            self.fields[name].choices = columns
        if len(columns) <= SHORT_LIST:
            self.fields["drop"].widget = forms.CheckboxSelectMultiple(choices=columns)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("target") and cleaned["target"] in cleaned.get("drop", []):
            self.add_error(
                "drop", say("'{column}' is the label column; it cannot be left out", column=cleaned["target"])
            )
        if len(cleaned.get("annotators", [])) == 1:
            self.add_error("annotators", say("One annotator agrees with nobody; choose two columns or more, or none"))
        return cleaned


def choosable(kind: str) -> list[str]:
    """What a column of this kind may be made: a picture stays one, or is left out."""
    return [kind, "ignore"] if kind in MEDIA else [*KINDS, *ORDERS]


class KindsForm(KitForm):
    """What each of some columns is."""

    def __init__(self, *args: Any, columns: list[dict[str, Any]], **kwargs: Any) -> None:
        self.base_fields = {  # type: ignore[misc]
            f"kind_{place}": forms.ChoiceField(
                label=say("Kind of {column}", column=column["name"]),
                choices=[(kind, ORDERS.get(kind) or in_words(kind)) for kind in choosable(column["kind"])],
                initial=column["said"],
                required=False,
                widget=forms.Select(attrs={"aria-label": say("Kind of {column}", column=column["name"])}),
            )
            for place, column in enumerate(columns)
        }
        super().__init__(*args, **kwargs)
        self.columns = columns

    def rows(self) -> list[tuple[dict[str, Any], Any]]:
        """Each column with its bound field."""
        return list(zip(self.columns, self, strict=True))

    def kinds(self) -> dict[str, Any]:
        """Kinds by column, of those that were sent."""
        chosen = zip(self.columns, self.cleaned_data.values(), strict=True)
        return {column["name"]: kind for column, kind in chosen if kind}


class HeaderForm(KitForm):
    """Which sheet holds the table, where there are several, and which of its first lines names the columns."""

    sheet = forms.ChoiceField(
        label=say("Which sheet holds the table?"),
        help_text=say("Another sheet is read first; its lines are shown then"),
        required=False,
    )
    line = forms.TypedChoiceField(
        label=say("Which line names the columns?"),
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={"required": say("Choose the line that names the columns")},
    )

    def __init__(self, *args: Any, version: DatasetVersion, **kwargs: Any) -> None:
        head = version.profile.get("head", {"line": 0})
        kwargs.setdefault("initial", {"line": head["line"]})
        super().__init__(*args, **kwargs)
        lines = [
            (place, f"{place}: {line}") for place, line in enumerate(store.first_lines(version), 1) if line.strip()
        ]
        if len(sheets := head.get("sheets", [])) > 1:
            self.fields["sheet"].choices = [(name, name) for name in sheets]
        else:
            del self.fields["sheet"]
        self.fields["line"].choices = [*lines, (0, say("None of them: the columns have no names"))]


class SplitForm(KitForm):
    """What real use will meet: the plain question behind the split."""

    meets = forms.ChoiceField(
        label=say("In real use, what will it meet?"),
        choices=[
            ("same", say("The same kind of rows, new ones of them")),
            ("new", say("New groups: customers, machines, places it has not seen (each group stays in one part)")),
            ("later", say("Later times (the latest rows become the test)")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": say("Choose what it will meet")},
    )
    group = forms.ChoiceField(
        label=say("Column that names the group"),
        required=False,
        help_text=say("For new groups only. It is no feature."),
    )
    time = forms.ChoiceField(
        label=say("Column that tells the time"), required=False, help_text=say("For later times only")
    )
    horizon = forms.FloatField(
        label=say("Days until a label is known"),
        required=False,
        min_value=0,
        help_text=say(
            "For later times only: rows whose label was not known yet when the next part begins are left out. "
            "Where the time is a number, in its unit."
        ),
        error_messages={"invalid": say("Days until a label is known: write a number such as 30")},
    )

    MEETS = {rule: meets for meets, rule in (("same", "random"), ("new", "group"), ("later", "time"))}

    def __init__(self, *args: Any, version: DatasetVersion, **kwargs: Any) -> None:
        found = version.findings.filter(code__in=("D208", "D209"), kept_reason="").exclude(column=version.target)
        proposed = found.values_list("column", flat=True).first() or ""
        dates = (column["name"] for column in version.columns if column["kind"] == "date")
        kwargs.setdefault(
            "initial",
            {
                "meets": self.MEETS.get(version.rule),
                "group": version.group_column or proposed,
                "time": version.time_column or next(dates, ""),
                "horizon": version.horizon,
            },
        )
        super().__init__(*args, **kwargs)
        columns = [choice for choice in column_choices(version) if choice[0] != version.target]
        for name in ("group", "time"):
            self.fields[name].choices = [("", say("None")), *columns]
        if proposed and not version.group_column:
            group, said = self.fields["group"], say("The report proposes '{column}'.", column=shown(proposed, 40))
            group.help_text = joined(" ", [str(group.help_text), said])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("meets") != "later":
            cleaned["horizon"] = None
        for meets, column, words in (
            ("new", "group", say("Choose the column that names the group")),
            ("later", "time", say("Choose the column that tells the time")),
        ):
            if cleaned.get("meets") != meets:
                cleaned[column] = ""
            elif not cleaned.get(column):
                self.add_error(column, words)
        return cleaned


class KeepForm(KitForm):
    """Why a finding may stay."""

    reason = forms.CharField(
        label=say("Why may it stay?"),
        max_length=2000,
        widget=forms.Textarea,
        help_text=say(
            "Would you know this value before the answer is needed? Others read your reason beside the finding, "
            "in later versions too."
        ),
        error_messages={"required": say("Say why it may stay")},
    )


class GateForm(KitForm):
    """How often a team may look, and who spends."""

    gap_days = forms.IntegerField(
        label=say("Days between two looks"),
        help_text=say("7 or more. It can be lengthened, never shortened; 0 closes the looks."),
    )
    looks_open = forms.BooleanField(label=say("Looks are open"), required=False)
    members_may_look = forms.BooleanField(label=say("Members may spend looks, not owners only"), required=False)
    members_take_inputs = forms.BooleanField(
        label=say("Members may download the inputs of sealed rows, not owners only"),
        required=False,
        help_text=say("Features without labels, for models that are trained elsewhere; each download is written down"),
    )

    def __init__(self, *args: Any, lineage: Lineage, **kwargs: Any) -> None:
        names = ("look_gap_days", "looks_open", "members_may_look", "members_take_inputs")
        kwargs.setdefault("initial", {name.removeprefix("look_"): getattr(lineage, name) for name in names})
        super().__init__(*args, **kwargs)
        self.lineage = lineage

    def clean_gap_days(self) -> int:
        days = self.cleaned_data["gap_days"]
        if days and days < self.lineage.look_gap_days:
            raise forms.ValidationError(
                say(
                    "Days between two looks: {days} is less than the {now} now; the gap can only be lengthened",
                    days=days,
                    now=self.lineage.look_gap_days,
                )
            )
        if days > 365:
            raise forms.ValidationError(
                say("Days between two looks: {days} is more than 365; close the looks instead", days=days)
            )
        return days


class LimitsForm(KitForm):
    """What an administrator sets for the looks of everybody."""

    gap_days = forms.IntegerField(
        label=say("Days between two looks"), help_text=say("At least 7. It can be lengthened, never shortened.")
    )
    bits = forms.FloatField(
        label=say("Bits of a test set"),
        widget=forms.TextInput(attrs={"inputmode": "decimal", "class": "number"}),
        help_text=say("At most 48 for its lifetime. The budget can be shortened, and never grows."),
    )
    reason = forms.CharField(
        label=say("Reason"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=say("Everybody can read it."),
    )


class GrantForm(KitForm):
    """Why an administrator gives a team one more look."""

    reason = forms.CharField(
        label=say("Reason"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=say("Everybody who reads the project reads it, beside your name"),
    )


class FreshForm(KitForm):
    """Rows that were labelled later, and where they come from."""

    file = forms.FileField(
        label=say("Labelled file"),
        help_text=say(
            "The same columns as the sealed version, label included. Rows that are known, or nearly copies of known ones, "
            "are left out and counted; so are rows that are not later than the sealed ones, where time divides"
        ),
        error_messages={"required": say("Select a labelled file")},
        max_length=255,
    )
    origin = forms.CharField(
        label=say("Where and when were these rows collected?"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=say(
            "It stands beside each score on them, such as “new belt, 3 to 14 March, all trays of the early shift”"
        ),
    )
