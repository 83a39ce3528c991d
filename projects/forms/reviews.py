"""Forms about reviews and decisions."""

from typing import Any

from django import forms
from django.db.models import QuerySet

from dlstart_web.kit.forms import KitForm
from projects.core.criteria import CRITERIA
from projects.models import Decision, Review, User

CONFIDENCE = [("1", "low"), ("2", "middle"), ("3", "high")]
SCORES = [(str(value), str(value)) for value in range(6)]
_LONG = 20_000


class PersonChoiceForm(KitForm):
    """One of the people without a conflict."""

    person = forms.ModelChoiceField(label="Person", queryset=User.objects.none(), empty_label="choose one")

    def __init__(self, *args: Any, people: QuerySet[User], label: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].queryset = people
        self.fields["person"].label = label
        self.fields["person"].error_messages = {
            "required": f"{label}: choose one",
            "invalid_choice": f"{label}: this person has a conflict, or was chosen already; choose one of those shown",
        }


class ReviewForm(KitForm):
    """Five scores with reasons, and what would change the reviewer's mind. A draft may hold as little as it likes."""

    def __init__(self, data: Any = None, *, review: Review, **kwargs: Any) -> None:
        stored = {score.criterion: score for score in review.scores.all()}
        initial: dict[str, Any] = {
            "confidence": review.confidence,
            "strength": review.strength,
            "worry": review.worry,
            "change_mind": review.change_mind,
            "revision": review.revision,
        }
        for key, score in stored.items():
            initial |= {key: 0 if score.cannot_judge else score.value, f"{key}_reason": score.reason}
        super().__init__(data, initial=initial, **kwargs)
        for criterion in CRITERIA:
            self.fields[criterion.key] = forms.ChoiceField(
                label=criterion.label, required=False, choices=SCORES, widget=forms.RadioSelect
            )
            self.fields[f"{criterion.key}_reason"] = forms.CharField(
                label=f"Why this score for {criterion.label}?",
                required=False,
                max_length=_LONG,
                widget=forms.Textarea(attrs={"rows": 2}),
            )
        self.fields["confidence"] = forms.ChoiceField(
            label="How sure are you?", required=False, choices=CONFIDENCE, widget=forms.RadioSelect
        )
        for name, label, hint in (
            ("strength", "One strength", ""),
            ("worry", "One worry", ""),
            ("change_mind", "What would change your mind?", "This becomes the team's list of things to do"),
        ):
            self.fields[name] = forms.CharField(
                label=label, help_text=hint, required=False, max_length=_LONG, widget=forms.Textarea(attrs={"rows": 2})
            )
        self.fields["revision"] = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def scales(self) -> list[dict[str, Any]]:
        """Each criterion with its two fields."""
        return [{"criterion": c, "score": self[c.key], "reason": self[f"{c.key}_reason"]} for c in CRITERIA]

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


class DecisionForm(KitForm):
    """What the handler decides, with reasons."""

    outcome = forms.ChoiceField(
        label="What happens next?",
        choices=[
            (Decision.Outcome.GO, "Go: collect the data and seal a test set"),
            (Decision.Outcome.TRY, "Try it: two weeks, with a small budget"),
            (Decision.Outcome.REVISE, "Revise: a new version with the open points answered"),
            (Decision.Outcome.HOLD, "Hold until a date or an event"),
            (Decision.Outcome.STOP, "Stop: say what was saved by stopping"),
        ],
        widget=forms.RadioSelect,
    )
    reasons = forms.CharField(
        label="Reasons to the team",
        max_length=_LONG,
        help_text="Shown as written, with the scores and without names",
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    hold_until = forms.CharField(
        label="Hold until", max_length=200, required=False, help_text="A date or an event, where you chose hold"
    )
    dissent = forms.CharField(
        label="Dissent to record",
        max_length=_LONG,
        required=False,
        help_text="Kept with the decision for good",
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("outcome") == Decision.Outcome.HOLD and not data.get("hold_until", "").strip():
            self.add_error("hold_until", "Hold until: say the date or the event")
        return data
