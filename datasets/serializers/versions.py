"""What the API takes and gives of data: explicit lists of fields, and none that holds a label."""

from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from datasets import selectors
from datasets.core.corrections import KINDS, MEDIA, ORDERS
from datasets.models import Dataset, DatasetVersion, Finding, FreshDeposit, LabelMerge, TestSet, Upload
from datasets.services import RULES

CERTIFICATE_FORMAT = 1  # as `core.verifying` reads it, which loads what pages must not


class UploadRequest(serializers.Serializer):
    """A file as multipart/form-data."""

    file = serializers.FileField(max_length=255)
    name = serializers.CharField(max_length=100, required=False, default="")


class DepositRequest(UploadRequest):
    """A file that belongs to no project yet."""

    team = serializers.SlugField(help_text="Slug of one of your teams")
    is_listed = serializers.BooleanField(default=True, help_text="whether everybody finds the entry")


class NextUploadRequest(serializers.Serializer):
    """The file of the next version."""

    file = serializers.FileField(max_length=255)


class FinishRequest(serializers.Serializer):
    """What becomes of an upload whose bytes are all here."""

    name = serializers.CharField(max_length=100, required=False, allow_blank=True, default="")
    dataset = serializers.UUIDField(required=False, allow_null=True, help_text="To which this is the next version")
    sha256 = serializers.RegexField(
        "^[0-9a-fA-F]{64}$", required=False, help_text="Of the whole file; other bytes are refused"
    )


class UploadSerializer(serializers.ModelSerializer):
    """How far an upload in pieces is."""

    project = serializers.CharField(source="project.slug", read_only=True)

    class Meta:
        model = Upload
        fields = ("id", "project", "file_name", "size", "offset", "expires_at", "version")
        read_only_fields = fields


class ColumnsRequest(serializers.Serializer):
    """What columns are, by name; those left out keep their kind."""

    kinds = serializers.DictField(child=serializers.ChoiceField([*KINDS, *ORDERS, *MEDIA]), allow_empty=False)


class HeaderRequest(serializers.Serializer):
    """Which line names the columns, counted from 1, 0 if none does; of a spreadsheet, which sheet holds the table."""

    line = serializers.IntegerField(min_value=0, max_value=1_000_000, required=False, allow_null=True)
    sheet = serializers.CharField(max_length=255, required=False, allow_blank=True, default="")


class TargetRequest(serializers.Serializer):
    """Label column, and the part that other columns play."""

    target = serializers.CharField(max_length=255)
    task = serializers.ChoiceField(DatasetVersion.Task.choices, required=False, allow_blank=True, default="")
    group = serializers.CharField(max_length=255, required=False, allow_blank=True, default="")
    time = serializers.CharField(max_length=255, required=False, allow_blank=True, default="")
    drop = serializers.ListField(child=serializers.CharField(max_length=255), required=False, default=list)
    annotators = serializers.ListField(
        child=serializers.CharField(max_length=255),
        required=False,
        default=list,
        help_text="columns in which single people wrote their labels; they are no features",
    )


class SealRequest(serializers.Serializer):
    """What real use will meet decides the split; the seal is for good."""

    meets = serializers.ChoiceField(
        [*RULES], help_text="same: new rows of the same kind; new: new groups; later: later times"
    )
    group = serializers.CharField(max_length=255, required=False, allow_blank=True, default="")
    time = serializers.CharField(max_length=255, required=False, allow_blank=True, default="")
    horizon = serializers.FloatField(
        required=False, allow_null=True, default=None, min_value=0, help_text="later: days until a label is known"
    )


class KeepRequest(serializers.Serializer):
    """Why a finding may stay."""

    reason = serializers.CharField(max_length=2000)


class ActRequest(serializers.Serializer):
    """What to do about a finding; its `acts` say what is open."""

    act = serializers.ChoiceField(["drop", "group", "time", "merge", "category", *ORDERS])
    column = serializers.CharField(
        max_length=255, required=False, allow_blank=True, default="", help_text="the finding's own, if left empty"
    )


class RejectionSerializer(serializers.Serializer):
    """Why a file or a choice was refused; the same members as a direct refusal."""

    code = serializers.CharField()
    message = serializers.CharField()
    where = serializers.CharField(allow_null=True, required=False)
    limit = serializers.JSONField(allow_null=True, required=False)
    found = serializers.JSONField(allow_null=True, required=False)
    next = serializers.CharField(allow_null=True, required=False)


class VersionSerializer(serializers.ModelSerializer):
    """Where a version stands; the status address of an upload gives this."""

    dataset = serializers.UUIDField(source="dataset_id")
    progress = serializers.SerializerMethodField()
    rejection = RejectionSerializer(allow_null=True)
    status_url = serializers.SerializerMethodField()

    class Meta:
        model = DatasetVersion
        fields = (
            *("id", "dataset", "number", "state", "progress", "file_name", "bytes", "sha256", "uploaded_at"),
            *("rows_read", "target", "task", "rule", "rejection", "status_url"),
        )
        read_only_fields = fields

    def get_progress(self, version: DatasetVersion) -> float:
        job = version.ingestions.first()
        return job.progress if job and job.is_open else 1.0

    def get_status_url(self, version: DatasetVersion) -> str:
        return reverse("api_version", args=[version.pk])


class DatasetSerializer(serializers.ModelSerializer):
    """A data set and its versions."""

    project = serializers.CharField(source="project.slug", read_only=True)
    versions = VersionSerializer(many=True, read_only=True)

    class Meta:
        model = Dataset
        fields = ("id", "name", "project", "created_at", "versions")
        read_only_fields = fields


class FindingSerializer(serializers.ModelSerializer):
    """What a check found, and what one can do about it.

    `keep`, `columns`, `header`, `split` and `upload` have addresses of their own, the other acts share one.
    """

    acts = serializers.SerializerMethodField()

    class Meta:
        model = Finding
        fields = ("id", "code", "severity", "column", "message", "evidence", "kept_reason", "acts")
        read_only_fields = fields

    def get_acts(self, finding: Finding) -> list[str]:
        return [*selectors.finding_acts(finding, finding.version)]


class MergeSerializer(serializers.ModelSerializer):
    """Spellings that are read as one label."""

    merged_by = serializers.CharField(source="merged_by.name", read_only=True)

    class Meta:
        model = LabelMerge
        fields = ("id", "label", "spellings", "merged_by", "merged_at")
        read_only_fields = fields


class VersionReportSerializer(VersionSerializer):
    """The report: columns, profile, findings."""

    findings = FindingSerializer(many=True, read_only=True)
    merges = MergeSerializer(many=True, read_only=True)

    class Meta:
        model = DatasetVersion
        fields = (
            *VersionSerializer.Meta.fields,
            *("columns", "corrections", "profile", "dropped", "annotators", "merges", "findings", "seconds"),
        )
        read_only_fields = fields


class ViewerSerializer(serializers.Serializer):
    """Somebody who saw the rows before they were sealed."""

    name = serializers.CharField()
    how = serializers.CharField()
    first_at = serializers.DateTimeField()


class CertificateSerializer(serializers.Serializer):
    """The seal of a version; `dlstart verify` reads it."""

    format = serializers.SerializerMethodField()
    version = serializers.UUIDField(source="pk")
    name = serializers.CharField(source="__str__")
    sealed_at = serializers.DateTimeField(source="seal.sealed_at")
    sealed_by = serializers.CharField(source="seal.sealed_by.name")
    uploaded_by = serializers.CharField(source="uploaded_by.name")
    seen_before_sealing = serializers.SerializerMethodField()
    original_sha256 = serializers.CharField(source="sha256")
    target = serializers.CharField()
    task = serializers.CharField()
    rule = serializers.CharField(source="seal.rule")
    group = serializers.CharField(source="group_column")
    time = serializers.CharField(source="time_column")
    horizon = serializers.FloatField(allow_null=True)
    left_out = serializers.SerializerMethodField()
    rows_used = serializers.IntegerField(source="seal.rows_used")
    retired = serializers.IntegerField(source="seal.retired")
    sealed_elsewhere = serializers.IntegerField(source="seal.sealed_elsewhere")
    parts = serializers.DictField(source="seal.parts", child=serializers.IntegerField())
    classes = serializers.SerializerMethodField()
    fingerprints = serializers.DictField(source="seal.fingerprints", child=serializers.CharField())
    types = serializers.DictField(source="seal.types", child=serializers.CharField())
    is_pooled = serializers.BooleanField(source="seal.is_pooled")
    merges = MergeSerializer(many=True)

    def get_format(self, version: DatasetVersion) -> int:
        return CERTIFICATE_FORMAT

    @extend_schema_field(ViewerSerializer(many=True))
    def get_seen_before_sealing(self, version: DatasetVersion) -> list[dict[str, Any]]:
        return list(ViewerSerializer(selectors.viewers_of(version), many=True).data)

    def get_left_out(self, version: DatasetVersion) -> list[str]:
        """Columns of the file that are neither features nor target."""
        return [column["name"] for column in version.columns if column["name"] not in version.seal.types]

    def get_classes(self, version: DatasetVersion) -> dict[str, Any] | None:
        return version.seal.classes


class FreshDepositRequest(serializers.Serializer):
    """Labelled rows as multipart/form-data: the columns of the sealed version, label included."""

    file = serializers.FileField(max_length=255)
    origin = serializers.CharField(
        max_length=2000, help_text="where and when the rows were collected; shown with each score"
    )


class FreshDepositSerializer(serializers.ModelSerializer):
    """A file on its way to become a fresh set: `part` names it once it is sealed, `refusal` says why it was not."""

    part = serializers.CharField(source="test_set.part", read_only=True, allow_null=True)
    deposited_by = serializers.CharField(source="asked_by.name", read_only=True)

    class Meta:
        model = FreshDeposit
        fields = (
            "id", "state", "version", "file_name", "origin", "deposited_by", "part", "found", "problem", "refusal", "queued_at",
            "ended_at",
        )  # fmt: skip
        read_only_fields = fields


class FreshSetSerializer(serializers.ModelSerializer):
    """A fresh set; `part` names its inputs, `found` counts the rows that were read, fresh and known."""

    part = serializers.CharField(read_only=True)
    origin = serializers.CharField(source="deposit.origin", read_only=True)
    deposited_by = serializers.CharField(source="deposit.asked_by.name", read_only=True)
    deposited_at = serializers.DateTimeField(source="deposit.ended_at", read_only=True)
    found = serializers.JSONField(source="deposit.found", read_only=True)
    is_opened = serializers.SerializerMethodField()

    class Meta:
        model = TestSet
        fields = ("number", "part", "version", "rows", "origin", "deposited_by", "deposited_at", "found", "is_opened")
        read_only_fields = fields

    def get_is_opened(self, test_set: TestSet) -> bool:
        return selectors.opening_of_rows(test_set) is not None
