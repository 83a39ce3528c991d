"""The catalogue, datasheets and requests for the API."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from datasets import catalogue
from datasets.catalogue import HOLDS, Filters
from datasets.core.datasheet import QUESTIONS
from datasets.models import AccessRequest, Dataset, DatasetVersion

TEXT_AT_MOST = 20_000


class CatalogueQuery(serializers.Serializer):
    """All that the catalogue may be asked for."""

    q = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    task = serializers.ChoiceField(DatasetVersion.Task.choices, required=False, allow_blank=True, default="")
    holds = serializers.ChoiceField(list(HOLDS), required=False, allow_blank=True, default="")
    kept_until = serializers.DateField(required=False, default=None)
    labels = serializers.BooleanField(required=False, default=False)
    no_people = serializers.BooleanField(required=False, default=False)
    reuse = serializers.BooleanField(required=False, default=False)
    askable = serializers.BooleanField(required=False, default=False)
    mine = serializers.BooleanField(required=False, default=False)

    def filters(self) -> Filters:
        return Filters(**self.validated_data)


class EntrySerializer(serializers.ModelSerializer):
    """An entry; `team` is null while a blind review of its project is owed, `columns` where only the entry is open."""

    team = serializers.SerializerMethodField()
    version = serializers.UUIDField(source="shown_id")
    state = serializers.SerializerMethodField()
    rows = serializers.SerializerMethodField()
    task = serializers.SerializerMethodField()
    columns = serializers.SerializerMethodField()
    answered = serializers.IntegerField(source="filled", help_text="of the ten questions of the datasheet")
    used_by = serializers.IntegerField(source="used", help_text="projects that work on it")
    may_use = serializers.BooleanField(help_text="whether its rows are open to you")

    class Meta:
        model = Dataset
        fields = (
            *("id", "name", "team", "version", "state", "rows", "task", "columns"),
            *("answered", "used_by", "may_use", "created_at"),
        )
        read_only_fields = fields

    def _version(self, entry: Any) -> DatasetVersion:
        return self.context["versions"][entry.shown_id]

    def get_team(self, entry: Any) -> str | None:
        return None if entry.hides_team else entry.project.team.slug

    def get_state(self, entry: Any) -> str:
        return self._version(entry).state

    def get_rows(self, entry: Any) -> int | None:
        return self._version(entry).rows_read

    def get_task(self, entry: Any) -> str:
        return self._version(entry).task

    @extend_schema_field(serializers.ListField(child=serializers.DictField(), allow_null=True))
    def get_columns(self, entry: Any) -> list[dict[str, str]] | None:
        return self._version(entry).columns if entry.is_open else None


class SheetAnswerSerializer(serializers.Serializer):
    """An answer; what is left out of a change stays."""

    text = serializers.CharField(max_length=TEXT_AT_MOST, allow_blank=True, required=False)
    choice = serializers.CharField(max_length=10, allow_blank=True, required=False)
    day = serializers.DateField(allow_null=True, required=False)


class DatasheetSerializer(serializers.Serializer):
    """The ten questions with what is recorded."""

    dataset = serializers.UUIDField(source="pk")
    answered = serializers.SerializerMethodField()
    answers = serializers.SerializerMethodField()

    def get_answered(self, dataset: Dataset) -> int:
        return catalogue.sheet_filled(dataset)

    @extend_schema_field(serializers.DictField(child=SheetAnswerSerializer()))
    def get_answers(self, dataset: Dataset) -> dict[str, Any]:
        replies = catalogue.sheet_replies(catalogue.sheet_answers(dataset))
        return {name: {"text": r.text, "choice": r.choice, "day": r.day} for name, r in replies.items()}


class DatasheetChange(serializers.Serializer):
    """Answers by question id; what is left out stays."""

    answers = serializers.DictField(child=SheetAnswerSerializer())

    def validate_answers(self, answers: dict[str, Any]) -> dict[str, Any]:
        for name, answer in answers.items():
            question = QUESTIONS.get(name)
            if question is None:
                raise serializers.ValidationError(
                    f"There is no question {name}. The questions are {', '.join(QUESTIONS)}."
                )
            choices = ["", *question.choices]
            if answer.get("choice", "") not in choices:
                raise serializers.ValidationError(f"{name}: choose one of {', '.join(choices[1:]) or 'none'}.")
            if answer.get("day") and not question.has_day:
                raise serializers.ValidationError(f"{name} has no day; that is for the question kept.")
        return answers


class AccessRequestRequest(serializers.Serializer):
    """Which team asks, and what for."""

    team = serializers.SlugField(help_text="Slug of one of your teams")
    purpose = serializers.CharField(max_length=2000)


class AccessRequestSerializer(serializers.ModelSerializer):
    """A request and its answer."""

    team = serializers.CharField(source="team.slug")

    class Meta:
        model = AccessRequest
        fields = (
            "id",
            "dataset",
            "team",
            "purpose",
            "asked_at",
            "state",
            "reason",
            "decided_at",
            "ended_at",
            "ended_reason",
        )
        read_only_fields = fields


class AccessDecisionRequest(serializers.Serializer):
    """Grant or decline; declining says why."""

    grant = serializers.BooleanField()
    reason = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")
