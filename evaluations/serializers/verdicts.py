"""The verdict, what fresh sets said beside it, and the one-page report, as the API writes them."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from evaluations import selectors
from evaluations.models import Verdict
from evaluations.serializers.results import CriterionSerializer


class FreshResultSerializer(serializers.Serializer[Any]):
    """What a fresh set said, opened once; it never changes the verdict."""

    number = serializers.IntegerField()
    origin = serializers.CharField(source="deposit.origin")
    deposited_by = serializers.CharField(source="deposit.asked_by.name")
    rows = serializers.IntegerField(source="result.n")
    opened_at = serializers.DateTimeField(source="opening.scored_at")
    result = serializers.JSONField()


class DecidedSerializer(serializers.Serializer[Any]):
    outcome = serializers.CharField()
    reasons = serializers.CharField()
    dissent = serializers.CharField()
    decided_by = serializers.CharField()
    decided_at = serializers.DateTimeField()


class VerdictSerializer(serializers.ModelSerializer[Verdict]):
    """What the rules said at the opening, with the scores and intervals it rests on."""

    result = serializers.JSONField(source="opening.result", read_only=True)
    fresh = serializers.SerializerMethodField()
    decision = DecidedSerializer(read_only=True, allow_null=True, default=None)

    class Meta:
        model = Verdict
        fields = (
            "code",
            "title",
            "sentence",
            "rule",
            "footnote",
            "rows_to_decide",
            "rules_version",
            "made_at",
            "result",
            "fresh",
            "decision",
        )
        read_only_fields = fields

    @extend_schema_field(FreshResultSerializer(many=True))
    def get_fresh(self, verdict: Verdict) -> list[dict[str, Any]]:
        return list(FreshResultSerializer(selectors.fresh_results(verdict.project), many=True).data)


class PartSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    rows = serializers.IntegerField()
    fingerprint = serializers.CharField()


class MedianSerializer(serializers.Serializer[Any]):
    label = serializers.CharField()  # type: ignore[assignment]
    median = serializers.FloatField(allow_null=True)
    low = serializers.IntegerField(allow_null=True)
    high = serializers.IntegerField(allow_null=True)
    is_weakest = serializers.BooleanField()


class AppendixSerializer(serializers.Serializer[Any]):
    """Headings of one kind with what is recorded under each; a gap says "not recorded"."""

    title = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]
    gaps = serializers.IntegerField()
    sections = serializers.SerializerMethodField()

    def get_sections(self, chapter: Any) -> dict[str, dict[str, str]]:
        return {heading: dict(facts) for heading, facts in chapter.sections}


class OpenedSerializer(serializers.Serializer[Any]):
    opened_at = serializers.DateTimeField(source="scored_at")
    agreed_by = serializers.CharField()


class FactSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    words = serializers.CharField()


class SectionSerializer(serializers.Serializer[Any]):
    """A part of the report in words, as the page and Markdown have it."""

    title = serializers.CharField()
    beside = serializers.CharField(allow_blank=True)
    facts = FactSerializer(many=True)


class ReportSerializer(serializers.Serializer[Any]):
    """The one-page report as data: `sections` has all of it in words, in the order in which it is printed."""

    project = serializers.CharField(source="project.name")
    team = serializers.SerializerMethodField()
    version = serializers.IntegerField(source="proposal.number", default=None, allow_null=True)
    made_at = serializers.DateTimeField(source="now")
    reviewers = serializers.IntegerField()
    medians = MedianSerializer(many=True)
    criterion = CriterionSerializer(allow_null=True)
    data = serializers.CharField(source="version", allow_null=True)  # type: ignore[assignment]
    parts = PartSerializer(many=True)
    ladder = serializers.SerializerMethodField()
    looks = serializers.IntegerField()
    bits = serializers.FloatField()
    opening = OpenedSerializer(allow_null=True)
    verdict = VerdictSerializer(allow_null=True, default=None)
    mapping = serializers.SerializerMethodField()
    operating = serializers.SerializerMethodField()
    guard_rails = serializers.ListField(source="guards", child=serializers.CharField())
    sums = serializers.SerializerMethodField()
    decision = DecidedSerializer(allow_null=True)
    result_decision = DecidedSerializer(allow_null=True)
    review_on = serializers.CharField(allow_blank=True)
    live = serializers.CharField()
    sections = SectionSerializer(many=True)
    appendix = AppendixSerializer(source="chapters", many=True)

    def get_team(self, report: dict[str, Any]) -> str | None:
        """None while a blind review is owed."""
        return report["team"] or None

    def get_mapping(self, report: dict[str, Any]) -> dict[str, Any] | None:
        proposal = report["proposal"]
        if proposal is None:
            return None
        pairs = [{"x": pair.x, "y": pair.y, "is_hard": pair.is_hard} for pair in report["pairs"]]
        return {"x": proposal.x, "y": proposal.y, "kind": proposal.y_kind, "pairs": pairs}

    def get_operating(self, report: dict[str, Any]) -> dict[str, str]:
        return dict(report["operating"])

    def get_sums(self, report: dict[str, Any]) -> dict[str, float | None]:
        return {line.name: line.value for line in report["sums"]}

    def get_ladder(self, report: dict[str, Any]) -> list[dict[str, Any]]:
        wanted = ("rung", "name", "score", "low", "high", "seconds", "status")
        return [{key: row[key] for key in wanted} for row in report["ladder_rows"]]
