"""Forms about reviews and decisions."""

from typing import Any, ClassVar

from django import forms
from django.db.models import QuerySet

from dlstart_web.kit.forms import KitForm
from dlstart_web.kit.say import say
from projects import selectors
from projects.core.criteria import CRITERIA
from projects.models import Conflict, Decision, Project, Review, User
from projects.services.decisions import MOST_TRY_HOURS

CONFIDENCE = [("1", say("low")), ("2", say("middle")), ("3", say("high"))]
SCORES = [(str(value), str(value)) for value in range(6)]
_LONG = 20_000


class PersonChoiceForm(KitForm):
    """One of the people without a conflict."""

    person = forms.ModelChoiceField(label=say("Person"), queryset=User.objects.none(), empty_label=say("choose one"))

    def __init__(self, *args: Any, people: QuerySet[User], label: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].queryset = people
        self.fields["person"].label = label
        self.fields["person"].error_messages = {
            "required": say("{label}: choose one", label=label),
            "invalid_choice": say(
                "{label}: this person has a conflict, or was chosen already; choose one of those shown", label=label
            ),
        }


class ReviewerForm(PersonChoiceForm):
    """Whom the handler asks, and by when."""

    due_on = forms.DateField(
        label=say("Due on"),
        required=False,
        help_text=say("Left empty: in the usual number of days"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, *args: Any, label: str = say("Reviewer"), **kwargs: Any) -> None:
        super().__init__(*args, label=label, **kwargs)


class ReleaseForm(ReviewerForm):
    """Why a reviewer is released, and whom to ask instead."""

    reason = forms.CharField(
        label=say("Reason"),
        max_length=4000,
        required=False,
        help_text=say("The reviewer reads it"),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    field_order = ("reason", "person", "due_on")

    def __init__(self, *args: Any, needs_reason: bool, may_ask: bool, **kwargs: Any) -> None:
        super().__init__(*args, label=say("Ask instead"), **kwargs)
        self.fields["reason"].required = needs_reason
        self.fields["person"].required = False
        if not may_ask:  # the reviews are open: a new one would not be written blind
            del self.fields["person"], self.fields["due_on"]


class ConflictForm(KitForm):
    """Somebody outside the team who takes no part, and why."""

    person = forms.ModelChoiceField(label=say("Person"), queryset=User.objects.none(), empty_label=say("choose one"))
    kind = forms.ChoiceField(
        label=say("Why"),
        choices=[
            (Conflict.Kind.BENEFITS, say("Benefits from the project")),
            (Conflict.Kind.MANAGES, say("Line manager of somebody in the team")),
        ],
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].queryset = (
            User.objects.filter(is_active=True, is_demo=project.is_demo)
            .exclude(memberships__team=project.team_id)
            .exclude(conflicts__project=project)
            .order_by("name")
        )


class _ScoresForm(KitForm):
    """Five scores with reasons, each score in the words of the rules that the round began with."""

    scores_required: ClassVar[bool]

    def __init__(self, data: Any = None, *, review: Review, initial: dict[str, Any], **kwargs: Any) -> None:
        for score in review.scores.all():
            value = 0 if score.cannot_judge else score.value
            initial |= {score.criterion: value, f"{score.criterion}_reason": score.reason}
        super().__init__(data, initial=initial, **kwargs)
        self.criteria = selectors.rules_of(review.proposal).criteria
        for criterion in self.criteria:
            self.fields[criterion.key] = forms.ChoiceField(
                label=criterion.label, required=self.scores_required, choices=SCORES, widget=forms.RadioSelect
            )
            self.fields[f"{criterion.key}_reason"] = forms.CharField(
                label=say("Why this score for {criterion}?", criterion=criterion.label),
                required=False,
                max_length=_LONG,
                widget=forms.Textarea(attrs={"rows": 2}),
            )

    def scales(self) -> list[dict[str, Any]]:
        """Each criterion with its two fields."""
        return [{"criterion": c, "score": self[c.key], "reason": self[f"{c.key}_reason"]} for c in self.criteria]


class ReviewForm(_ScoresForm):
    """Five scores with reasons, and what would change the reviewer's mind. A draft may hold as little as it likes."""

    scores_required = False

    def __init__(self, data: Any = None, *, review: Review, **kwargs: Any) -> None:
        words = ("confidence", "strength", "worry", "change_mind", "revision")
        super().__init__(data, review=review, initial={name: getattr(review, name) for name in words}, **kwargs)
        self.fields["confidence"] = forms.ChoiceField(
            label=say("How sure are you?"), required=False, choices=CONFIDENCE, widget=forms.RadioSelect
        )
        for name, label, hint in (
            ("strength", say("One strength"), ""),
            ("worry", say("One worry"), ""),
            ("change_mind", say("What would change your mind?"), say("This becomes the team's list of things to do")),
        ):
            self.fields[name] = forms.CharField(
                label=label, help_text=hint, required=False, max_length=_LONG, widget=forms.Textarea(attrs={"rows": 2})
            )
        self.fields["revision"] = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def words(self) -> list[tuple[str, str]]:
        """All that stands in it, each with its label."""
        found: list[tuple[str, str]] = []
        for field in self.visible_fields():
            value = "" if field.value() is None else str(field.value())
            if choices := dict(getattr(field.field, "choices", ())):
                value = str((choices | {"0": say("cannot judge")}).get(value, value))
            found += [(str(field.label), value)] if value else []
        return found

    def values(self) -> dict[str, Any]:
        """What `services.save_review` takes."""
        data = self.cleaned_data
        scores = {c.key: (int(data[c.key]) if data[c.key] else None, data[f"{c.key}_reason"]) for c in CRITERIA}
        return {
            "revision": data["revision"] or 0,
            "scores": scores,
            "confidence": int(data["confidence"]) if data["confidence"] else None,
            "strength": data["strength"],
            "worry": data["worry"],
            "change_mind": data["change_mind"],
        }


class ScoreChangeForm(_ScoresForm):
    """One's own five scores, as they are now, and what changed one's mind."""

    scores_required = True

    def __init__(self, data: Any = None, *, review: Review, **kwargs: Any) -> None:
        super().__init__(data, review=review, initial={}, **kwargs)
        self.fields["why"] = forms.CharField(
            label=say("What changed your mind"),
            required=False,
            max_length=4000,
            help_text=say("Shown beside the old and the new score"),
            widget=forms.Textarea(attrs={"rows": 2}),
        )

    def values(self) -> dict[str, Any]:
        """What `services.change_scores` takes."""
        data = self.cleaned_data
        return {
            "scores": {c.key: (int(data[c.key]), data[f"{c.key}_reason"]) for c in CRITERIA},
            "why": data["why"],
        }


class LetterForm(KitForm):
    """The letter to the team."""

    letter = forms.CharField(
        label=say("Letter to the owners of the team"), max_length=_LONG, widget=forms.Textarea(attrs={"rows": 12})
    )


class DecisionForm(KitForm):
    """What the handler decides, with reasons."""

    outcome = forms.ChoiceField(
        label=say("What happens next?"),
        choices=[
            (Decision.Outcome.GO, say("Go: collect the data and seal a test set")),
            (Decision.Outcome.TRY, say("Try it, with a budget of hours")),
            (Decision.Outcome.REVISE, say("Revise: a new version with the open points answered")),
            (Decision.Outcome.HOLD, say("Hold until a date or an event")),
            (Decision.Outcome.STOP, say("Stop: say what was saved by stopping")),
        ],
        widget=forms.RadioSelect,
    )
    reasons = forms.CharField(
        label=say("Reasons to the team"),
        max_length=_LONG,
        help_text=say("Shown to the team as written, with the scores"),
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    hold_until = forms.CharField(
        label=say("Hold until"),
        max_length=200,
        required=False,
        help_text=say("A date or an event, where you chose hold"),
    )
    try_hours = forms.IntegerField(
        label=say("Hours to try it"),
        required=False,
        min_value=1,
        max_value=MOST_TRY_HOURS,
        help_text=say("From the decision on, where you chose to try it. Left empty: 336, which are two weeks"),
    )
    dissent = forms.CharField(
        label=say("Dissent to record"),
        max_length=_LONG,
        required=False,
        help_text=say("Kept with the decision for good"),
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("outcome") == Decision.Outcome.HOLD and not data.get("hold_until", "").strip():
            self.add_error("hold_until", say("Hold until: say the date or the event"))
        return data
