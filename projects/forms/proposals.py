"""Forms about projects and proposals."""

import json
from typing import Any

from django import forms

from dlstart_web.kit.forms import KitForm
from dlstart_web.kit.say import say
from projects.core.form import RAILS, TRIED, Question, Section
from projects.core.mapping import PAIRS_WANTED, X_KINDS, Y_KINDS
from projects.core.shapes import Shape
from projects.models import Answer, Proposal, Team, User
from projects.services.proposals import MAPPING_FIELDS, PAIRS_AT_MOST, flat_mapping

TEXT_AT_MOST = 20_000


class IdeaForm(KitForm):
    """An idea for the wall."""

    x = forms.CharField(label=say("Given one"), max_length=200, help_text=say("Such as “photo from the dish belt”"))
    y = forms.CharField(label=say("say"), max_length=200, help_text=say("Such as “is it a coffee mug?”"))
    problem = forms.CharField(
        label=say("What would be better then?"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class ProjectForm(KitForm):
    """The 30-second idea."""

    name = forms.CharField(
        label=say("Name of the idea"), max_length=100, help_text=say("Two or three words, such as “Mug finder”.")
    )
    idea = forms.CharField(
        label=say("What is the problem?"),
        required=False,
        max_length=TEXT_AT_MOST,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=say("Say it as you would to a colleague in the canteen. Leave out “model” and “AI”."),
    )
    team = forms.ModelChoiceField(label=say("Team"), queryset=Team.objects.none(), empty_label=None)
    is_private = forms.BooleanField(
        label=say("Private: only the team, the handler and the reviewers read it"), required=False
    )
    is_sandbox = forms.BooleanField(
        label=say("Sandbox: try it on your own data at once, on validation only; no review, no looks"), required=False
    )

    begin = forms.CharField(required=False, max_length=60, widget=forms.HiddenInput)  # "idea-7" or "shape-…"

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["team"].queryset = Team.objects.filter(memberships__user=user, memberships__left_at=None)


def base_of(text: str) -> dict[str, str] | None:
    """Fields as a page had read them; None where it sent nothing of the kind."""
    try:
        base = json.loads(text)
    except ValueError:
        return None
    return {str(name): str(value) for name, value in base.items()} if isinstance(base, dict) else None


class SectionForm(KitForm):
    """One page of the proposal: a box a question, the revision its writer saw beside it."""

    def __init__(self, *args: Any, section: Section, answers: dict[str, Answer], only: str = "", **kwargs: Any) -> None:
        self.questions = [q for q in section.questions if q.kind != "mapping" and only in ("", q.id)]
        kwargs["initial"] = {
            key: value for q in self.questions for key, value in self._stored(q, answers.get(q.id)).items()
        }
        super().__init__(*args, **kwargs)
        for question in self.questions:
            self.fields[question.id] = forms.CharField(
                label=question.label,
                required=False,
                max_length=TEXT_AT_MOST,
                help_text=question.help,
                widget=forms.Textarea(attrs={"rows": 4}),
            )
            self.fields[f"{question.id}_revision"] = forms.IntegerField(required=False, widget=forms.HiddenInput)
            if question.kind == "tried":
                self.fields[f"{question.id}_choice"] = forms.ChoiceField(
                    label=say("Did you try it?"), required=False, choices=list(TRIED.items()), widget=forms.RadioSelect
                )
            if question.kind == "rails":
                self.fields[f"{question.id}_ticks"] = forms.MultipleChoiceField(
                    label=say("What there is"),
                    required=False,
                    choices=list(RAILS.items()),
                    widget=forms.CheckboxSelectMultiple,
                )

    @staticmethod
    def _stored(question: Question, answer: Answer | None) -> dict[str, Any]:
        if answer is None:
            return {f"{question.id}_revision": 0}
        return {
            question.id: answer.text,
            f"{question.id}_revision": answer.revision,
            f"{question.id}_choice": answer.choice,
            f"{question.id}_ticks": answer.ticks,
        }

    def is_blank(self, question: str) -> bool:
        """Whether nothing was written, chosen or ticked for a question."""
        return not any(self.cleaned_data.get(f"{question}{part}") for part in ("", "_choice", "_ticks"))

    def values(self, question: Question) -> dict[str, Any]:
        """What `services.save_answer` takes for one question."""
        data = self.cleaned_data
        return {
            "question": question.id,
            "revision": data.get(f"{question.id}_revision") or 0,
            "text": data.get(question.id, ""),
            "choice": data.get(f"{question.id}_choice", ""),
            "ticks": data.get(f"{question.id}_ticks", []),
        }


class MappingForm(KitForm):
    """The X→Y builder with its pairs, in one form so that it works without script."""

    x = forms.CharField(
        label=say("Given one"), required=False, max_length=200, help_text=say("What the system gets, once for each row")
    )
    x_kind = forms.ChoiceField(
        label=say("Kind of X"),
        required=False,
        choices=[("", say("choose one")), *X_KINDS.items()],
        help_text=say("Decides which models are tried"),
    )
    y = forms.CharField(
        label=say("Say"), required=False, max_length=200, help_text=say("One question with one right answer")
    )
    y_kind = forms.ChoiceField(
        label=say("Kind of Y"),
        required=False,
        choices=[("", say("choose one")), *Y_KINDS.items()],
        help_text=say("“Cannot say” is an honest choice"),
    )
    row_means = forms.CharField(
        label=say("One row means"), required=False, max_length=200, help_text=say("One item, one day, one customer")
    )
    known_at = forms.CharField(
        label=say("X is known at"), required=False, max_length=200, help_text=say("Before the answer is needed")
    )
    truth_after = forms.CharField(
        label=say("The truth turns up after"), required=False, max_length=200, help_text=say("Seconds, days, never")
    )
    mapping_revision = forms.IntegerField(required=False, widget=forms.HiddenInput)
    pair_count = forms.IntegerField(required=False, widget=forms.HiddenInput)
    mapping_base = forms.CharField(required=False, widget=forms.HiddenInput)  # the fields as they were read

    def __init__(self, data: Any = None, *, proposal: Proposal, shape: Shape | None = None, **kwargs: Any) -> None:
        pairs = list(proposal.pairs.all())
        self.count = min(PAIRS_AT_MOST, max(PAIRS_WANTED, len(pairs)))
        if data is not None:
            posted = str(data.get("pair_count", ""))
            self.count = min(PAIRS_AT_MOST, int(posted)) if posted.isdecimal() else self.count
        initial = {name: getattr(proposal, name) for name in MAPPING_FIELDS}
        if shape is not None:
            initial |= {name: value for name, value in shape.mapping.items() if not initial[name]}
        initial |= {"mapping_revision": proposal.mapping_revision, "pair_count": self.count}
        for number, pair in enumerate(pairs, start=1):
            initial |= {f"pair_{number}_x": pair.x, f"pair_{number}_y": pair.y, f"pair_{number}_hard": pair.is_hard}
        read = {name: getattr(proposal, name) for name in MAPPING_FIELDS}
        initial["mapping_base"] = json.dumps(flat_mapping(read, [(pair.x, pair.y, pair.is_hard) for pair in pairs]))
        super().__init__(data, initial=initial, **kwargs)
        for number in range(1, self.count + 1):
            self.fields[f"pair_{number}_x"] = forms.CharField(
                label=say("X of pair {number}", number=number), required=False, max_length=200
            )
            self.fields[f"pair_{number}_y"] = forms.CharField(
                label=say("Y of pair {number}", number=number), required=False, max_length=200
            )
            self.fields[f"pair_{number}_hard"] = forms.BooleanField(
                label=say("Pair {number} is hard", number=number), required=False
            )
        for number in range(1, self.count + 1):
            for part in ("x", "y", "hard"):
                field = self.fields[f"pair_{number}_{part}"]
                field.widget.attrs |= {"aria-label": field.label} | ({} if part == "hard" else {"size": 16})

    def rows(self) -> list[dict[str, Any]]:
        """The pairs as bound fields, for the table."""
        return [
            {part: self[f"pair_{number}_{part}"] for part in ("x", "y", "hard")} | {"number": number}
            for number in range(1, self.count + 1)
        ]

    def values(self) -> dict[str, Any]:
        """What `services.save_mapping` takes."""
        data = self.cleaned_data
        pairs = [(data[f"pair_{n}_x"], data[f"pair_{n}_y"], data[f"pair_{n}_hard"]) for n in range(1, self.count + 1)]
        return {
            "revision": data["mapping_revision"] or 0,
            "values": {name: data[name] for name in MAPPING_FIELDS},
            "pairs": pairs,
            "base": base_of(data["mapping_base"]),
        }

    def as_base(self) -> str:
        """What was sent, as the base of the next save: a field that a colleague changed is not on the page yet."""
        said = self.values()
        return json.dumps(flat_mapping(said["values"], said["pairs"]))


class TextForm(KitForm):
    """A question to the team, or its answer."""

    text = forms.CharField(label=say("Your question"), max_length=4000, widget=forms.Textarea(attrs={"rows": 3}))
