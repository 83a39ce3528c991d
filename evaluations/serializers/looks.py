"""Looks and their ledger, as the API writes them."""

from typing import Any

from rest_framework import serializers

from datasets.models import InputsTaken, Look, LookGrant, Opening
from evaluations.models import BestAgain


class LookSerializer(serializers.ModelSerializer[Look]):
    """A line of the ledger. Nothing but the answer depends on the sealed labels."""

    by = serializers.CharField(source="user.name", read_only=True)
    answer_at = serializers.DateTimeField(
        read_only=True, help_text="when the answer is told: known when the look is spent, whatever the answer is"
    )

    class Meta:
        model = Look
        fields = (
            "id", "state", "by", "model_name", "reason", "guess", "spent_at", "answer_at", "scored_at", "number", "released",
            "rung", "lower", "upper", "bits", "sentence",
        )  # fmt: skip
        read_only_fields = fields


class BestAgainSerializer(serializers.ModelSerializer[BestAgain]):
    """The job in which the best of an earlier version predicts the rows that came since."""

    class Meta:
        model = BestAgain
        fields = ("id", "state", "problem")
        read_only_fields = fields


class ComingAgainSerializer(serializers.Serializer[Any]):
    """Why the best so far has to be handed in again before the next look."""

    words = serializers.CharField()
    job = BestAgainSerializer(allow_null=True)


class GrantAskSerializer(serializers.Serializer[Any]):
    """Why an administrator gives one more look."""

    reason = serializers.CharField(max_length=2000)


class GrantSerializer(serializers.ModelSerializer[LookGrant]):
    """One more look that an administrator gave; the team's next look uses it."""

    granted_by = serializers.CharField(source="granted_by.name", read_only=True)

    class Meta:
        model = LookGrant
        fields = ("reason", "granted_by", "granted_at", "look", "ended_at")
        read_only_fields = fields


class InputsTakenSerializer(serializers.ModelSerializer[InputsTaken]):
    """Somebody downloaded the features of a sealed part."""

    by = serializers.CharField(source="user.name", read_only=True)

    class Meta:
        model = InputsTaken
        fields = ("by", "version", "part", "at")
        read_only_fields = fields


class LedgerSerializer(serializers.Serializer[Any]):
    """The looks of a project, and whether there is one now."""

    looks_left = serializers.IntegerField()
    next_look_at = serializers.DateTimeField(allow_null=True)
    counted_by = serializers.CharField(
        allow_null=True, help_text="team, person or test set that refuses; grant where the look is an administrator's"
    )
    refusal = serializers.CharField(allow_null=True)
    bits_spent = serializers.FloatField()
    bits_budget = serializers.FloatField()
    rows = serializers.IntegerField()
    price = serializers.CharField(
        help_text="of the next look, from the best validation score; no sealed label has a part"
    )
    best_again = ComingAgainSerializer(allow_null=True)
    looks = LookSerializer(many=True)
    inputs_taken = InputsTakenSerializer(many=True, help_text="downloads of the inputs of sealed rows, the newest 20")
    grants = GrantSerializer(many=True, help_text="looks that an administrator gave beside the gap")


class LookAskSerializer(serializers.Serializer[Any]):
    """A look on one run. The header Idempotency-Key makes a repeat harmless."""

    run = serializers.UUIDField()
    reason = serializers.CharField(max_length=2000)
    guess = serializers.FloatField(
        required=False, allow_null=True, help_text="in the metric's own unit; a share between 0 and 1"
    )


class OpeningAskSerializer(serializers.Serializer[Any]):
    """The best simple run, the best deep run, or both: named before anybody sees what the rows say."""

    part = serializers.RegexField("^(final|fresh-[1-9][0-9]*)$", default="final", help_text="the rows to open")
    simple = serializers.UUIDField(required=False, allow_null=True)
    deep = serializers.UUIDField(required=False, allow_null=True)


class OpeningSerializer(serializers.ModelSerializer[Opening]):
    """The one opening of the final part or of a fresh set; what it said stands in the verdict."""

    part = serializers.CharField(source="test_set.part", read_only=True)
    asked_by = serializers.CharField(source="asked_by.name", read_only=True)
    agreed_by = serializers.CharField(source="agreed_by.name", read_only=True, allow_null=True)
    simple = serializers.UUIDField(source="declaration.simple_id", read_only=True, allow_null=True)
    deep = serializers.UUIDField(source="declaration.deep_id", read_only=True, allow_null=True)
    scoring = serializers.CharField(
        source="submission.state", read_only=True, allow_null=True, help_text="of the job, once the handler has agreed"
    )
    problem = serializers.CharField(source="submission.problem", read_only=True, allow_null=True)

    class Meta:
        model = Opening
        fields = (
            "id", "part", "state", "asked_by", "asked_at", "agreed_by", "agreed_at", "scored_at", "simple", "deep", "scoring",
            "problem",
        )  # fmt: skip
        read_only_fields = fields
