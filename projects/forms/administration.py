"""Forms of administrators."""

from typing import Any

from django import forms
from django.forms import BoundField
from django.template.defaultfilters import linebreaksbr

from dlstart_web.kit.forms import KitForm, speak_plainly
from dlstart_web.kit.say import say
from projects.core.criteria import CRITERIA
from projects.core.extras import HELP_AT_MOST, LABEL_AT_MOST, MOST, Extra, Extras
from projects.core.form import SECTIONS
from projects.core.rules import ANCHOR_AT_MOST, MOST_REVIEWS, MOST_WEIGHT, Rules
from projects.core.wording import Wording, next_wording

_ONE_LINE = 200
FLOORS = [("", say("none")), ("2", "2"), ("3", "3"), ("4", "4")]


def _too_long(label: str, most: int) -> str:
    return say("{label}: at most {most} characters are kept; shorten it", label=label, most=most)


def _anchor_names(key: str) -> list[str]:
    """The fields of a criterion's five sentences."""
    return [f"anchor_{key}_{score}" for score in range(1, 6)]


def _moved(form: KitForm, fresh: KitForm) -> Any:
    """The data of a form, where what was left as it was is what `fresh` begins with."""
    data = form.data.copy()
    for name in fresh.fields:
        if name == "seen" or name not in form.changed_data:
            data[name] = fresh[name].initial
    return data


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
            value = float(criterion.weight)
            initial[f"weight_{criterion.key}"] = int(value) if value.is_integer() else value
            initial[f"floor_{criterion.key}"] = str(criterion.floor or "")
            own = rules.anchors.get(criterion.key, [""] * 5)
            initial |= dict(zip(_anchor_names(criterion.key), own, strict=True))
        super().__init__(*args, initial=initial, **kwargs)
        self.version = rules
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
            for score, name in enumerate(_anchor_names(criterion.key), start=1):
                label = say("{criterion}, {score}", criterion=criterion.label, score=score)
                self.fields[name] = forms.CharField(
                    label=label,
                    required=False,
                    max_length=ANCHOR_AT_MOST,
                    help_text=criterion.anchors[score - 1],
                    error_messages={"max_length": _too_long(label, ANCHOR_AT_MOST)},
                    widget=forms.Textarea(attrs={"rows": 2}),
                )
        speak_plainly(self)

    @property
    def rows(self) -> list[tuple[str, BoundField, BoundField]]:
        """A criterion with its two fields."""
        return [(c.label, self[f"weight_{c.key}"], self[f"floor_{c.key}"]) for c in CRITERIA]

    @property
    def anchors(self) -> list[dict[str, Any]]:
        """A criterion with the fields of its five sentences, and whether one has something to show."""
        found = [(c, [self[name] for name in _anchor_names(c.key)]) for c in CRITERIA]
        return [
            {"label": c.label, "fields": fields, "is_own": any(field.value() or field.errors for field in fields)}
            for c, fields in found
        ]

    def onto(self, rules: Rules) -> "RulesForm":
        """What was changed here, on rules that somebody made meanwhile: all that was left as it was is theirs."""
        return RulesForm(_moved(self, RulesForm(rules=rules)), rules=rules)

    def values(self) -> dict[str, Any]:
        """What the service takes."""
        given = self.cleaned_data
        return {
            "weights": {c.key: given[f"weight_{c.key}"] for c in CRITERIA},
            "floors": {c.key: int(given[f"floor_{c.key}"]) if given[f"floor_{c.key}"] else None for c in CRITERIA},
            "anchors": {c.key: [given[name] for name in _anchor_names(c.key)] for c in CRITERIA},
            **{name: given[name] for name in ("reviews_wanted", "names_hidden", "reason", "seen")},
        }


class QuestionsForm(KitForm):
    """The extra questions as they shall be, with room for two more. `seen` is the version that was read."""

    reason = forms.CharField(
        label=say("Reason"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=say("Everybody can read it."),
    )
    seen = forms.IntegerField(widget=forms.HiddenInput)

    PARTS = ("label", "help", "section", "place", "required")

    def __init__(self, *args: Any, extras: Extras, **kwargs: Any) -> None:
        super().__init__(*args, initial={"seen": extras.number}, **kwargs)
        self.version = extras
        kept = len(extras.questions)
        spare = max(min(2, MOST - kept), sum(f"label_{kept + number}" in self.data for number in range(1, 2 * MOST)))
        asked = [*extras.questions, *[Extra("", "", "", SECTIONS[0].key, False)] * spare]
        self.ids = {number: one.id for number, one in enumerate(asked, start=1)}
        for number, one in enumerate(asked, start=1):
            self._add_row(number, one)
        self.fields["reason"] = self.fields.pop("reason")  # last, as on the page
        speak_plainly(self)

    def _add_row(self, number: int, one: Extra) -> None:
        def text(name: str, label: str, most: int) -> None:
            self.fields[f"{name}_{number}"] = forms.CharField(
                label=label,
                initial=getattr(one, name),
                required=False,
                max_length=most,
                error_messages={"max_length": _too_long(label, most)},
                widget=forms.Textarea(attrs={"rows": 2}),
            )

        text("label", say("Question {number}", number=number), LABEL_AT_MOST)
        text("help", say("Hint to question {number}", number=number), HELP_AT_MOST)
        self.fields[f"section_{number}"] = forms.ChoiceField(
            label=say("Section of question {number}", number=number),
            initial=one.section,
            choices=[(section.key, section.label) for section in SECTIONS],
        )
        self.fields[f"place_{number}"] = forms.IntegerField(
            label=say("Place of question {number}", number=number),
            initial=number,
            required=False,
            min_value=1,
            max_value=2 * MOST,
            widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "number"}),
            help_text=say("The order in which they are asked, within each section"),
        )
        self.fields[f"required_{number}"] = forms.BooleanField(
            label=say("Needed to submit"), initial=one.required, required=False
        )
        if one.id:
            self.fields[f"gone_{number}"] = forms.BooleanField(label=say("Ask it no longer"), required=False)

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The questions, each with its bound fields and its id, "" for a new one."""
        return [
            {"id": name, "number": number}
            | {part: self[f"{part}_{number}"] for part in (*self.PARTS, "gone") if f"{part}_{number}" in self.fields}
            for number, name in self.ids.items()
        ]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        for number, name in self.ids.items():
            label = f"label_{number}"
            if given.get(f"gone_{number}") or given.get(label) or label in self.errors:
                continue
            if name:
                self.add_error(
                    label, say("Question {number}: write its words, or tick “Ask it no longer”", number=number)
                )
            elif given.get(f"help_{number}"):
                self.add_error(label, say("Question {number}: write its words; there is only a hint", number=number))
        return given

    def onto(self, extras: Extras) -> "QuestionsForm":
        """What was changed here, on questions that somebody made meanwhile: all that was left as it was is theirs.

        A question that was changed here and is asked no longer stands with all its words among the new ones.
        """
        fresh = QuestionsForm(extras=extras)
        data = {name: fresh[name].value() for name in fresh.fields} | {"reason": self["reason"].value()}
        rows, end = {name: number for number, name in fresh.ids.items() if name}, len(extras.questions)
        for number, name in self.ids.items():
            changed = {part for part in (*self.PARTS, "gone") if f"{part}_{number}" in self.changed_data}
            if not changed or (name not in rows and "gone" in changed):
                continue
            if name not in rows:
                changed |= {"label", "help", "section", "required"}
                end += 1
            for part in changed:
                data[f"{part}_{rows.get(name, end)}"] = self[f"{part}_{number}"].value()
        return QuestionsForm(data, extras=extras)

    def _order(self, number: int) -> tuple[int, int]:
        """Where a row goes; of two with one place, who came up goes before and who went down after."""
        place = self.cleaned_data[f"place_{number}"] or number
        return place, (place > number) - (place < number)

    def values(self) -> dict[str, Any]:
        """What the service takes."""
        given = self.cleaned_data
        questions = [
            Extra(self.ids[number], *(given[f"{part}_{number}"] for part in ("label", "help", "section", "required")))
            for number in sorted(self.ids, key=self._order)
            if given[f"label_{number}"] and not given.get(f"gone_{number}")
        ]
        return {"questions": questions, "reason": given["reason"], "seen": given["seen"]}


class WordingForm(KitForm):
    """The texts of a template as they shall be. `seen` is the version that was read."""

    reason = forms.CharField(
        label=say("Reason"),
        max_length=2000,
        required=False,  # a preview needs none
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=say("Everybody can read it."),
    )
    seen = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, wording: Wording, **kwargs: Any) -> None:
        super().__init__(*args, initial={"seen": wording.number}, **kwargs)
        self.version = wording
        for name, (_, slot) in wording.template.slots.items():
            widget = (
                forms.Select(choices=[("", "–"), *slot.choices.items()])
                if slot.choices
                else forms.TextInput()
                if slot.most <= _ONE_LINE
                else forms.Textarea(attrs={"rows": 4})
            )
            self.fields[name] = forms.CharField(
                label=slot.label,
                required=False,
                initial=wording.own.get(name, ""),
                help_text=linebreaksbr(slot.words(slot.usual)),
                widget=widget,
            )

    @property
    def groups(self) -> list[dict[str, Any]]:
        """The headings, each with its fields, and whether one has something to show."""
        found = [(group, [self[slot.name] for slot in group.slots]) for group in self.version.template.groups]
        return [
            {"group": group, "fields": fields, "is_own": any(field.value() or field.errors for field in fields)}
            for group, fields in found
        ]

    @property
    def typed(self) -> Wording:
        """The version that the boxes would make."""
        return next_wording(self.version, {name: self[name].value() or "" for name in self.version.template.slots})

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        for name, words in self.typed.problems().items():
            self.add_error(name, words)
        return given

    def onto(self, wording: Wording) -> "WordingForm":
        """What was changed here, on texts that somebody wrote meanwhile: all that was left as it was is theirs."""
        return WordingForm(_moved(self, WordingForm(wording=wording)), wording=wording)

    def values(self) -> dict[str, Any]:
        """What the service takes."""
        words = {name: self.cleaned_data[name] for name in self.version.template.slots}
        return {"words": words, "reason": self.cleaned_data["reason"], "seen": self.cleaned_data["seen"]}


class ReasonForm(KitForm):
    """Why, in words that stay."""

    reason = forms.CharField(
        label=say("Reason"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=say("Whoever reads these reviews later reads it too."),
    )
