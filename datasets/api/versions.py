"""The API's doors to data: the same services and refusals as the pages."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.http import FileResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.generics import ListAPIView
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from datasets import permissions, selectors, services, store
from datasets.core.corrections import ORDERS
from datasets.core.errors import DataProblem
from datasets.models import DatasetVersion
from datasets.serializers import versions as serializers
from dlstart_web.kit.api import Page, Problem
from dlstart_web.kit.uploads import upload_refused
from projects.http import ApiRequest
from projects.models import Team
from projects.permissions import Role, get_project_or_404


@contextmanager
def refusals() -> Iterator[None]:
    """Problems of the data, and what is asked too early, as answers of the API."""
    try:
        yield
    except DataProblem as problem:
        said = problem.as_dict()
        kind = said.pop("code").lower().replace("_", "-")
        raise Problem(kind, said.pop("message"), status=problem.status, **said) from problem
    except services.NotYet as problem:
        raise Problem(problem.code, str(problem), status=409) from problem


def accepted(version: DatasetVersion) -> Response:
    """202 with the address to ask how far it is."""
    data = serializers.VersionSerializer(version).data
    return Response(data, status=status.HTTP_202_ACCEPTED, headers={"Location": data["status_url"]})


@contextmanager
def received(request: ApiRequest, kind: type[Serializer]) -> Iterator[dict[str, Any]]:
    """The fields and the file that came; refusals of these, and of what is done with them, as answers of the API."""
    sent = kind(data=request.data)
    with refusals():
        if size := upload_refused(request):
            raise services.too_large(size)
        sent.is_valid(raise_exception=True)
        yield dict(sent.validated_data)


class ByAge(Page):
    """Newest first."""

    ordering = "-created_at"


class DatasetList(ListAPIView):
    """Data sets of your teams."""

    request: ApiRequest
    parser_classes = [MultiPartParser]
    serializer_class = serializers.DatasetSerializer
    pagination_class = ByAge

    def get_queryset(self):
        return selectors.dataset_list_for(self.request.user)

    @extend_schema(
        operation_id="datasets_deposit",
        request={"multipart/form-data": serializers.DepositRequest},
        responses={202: serializers.VersionSerializer},
    )
    def post(self, request: ApiRequest) -> Response:
        """Deposit data that belongs to no project yet; its home is a sandbox of the team."""
        with received(request, serializers.DepositRequest) as given:
            mine = Team.objects.filter(memberships__user=request.user.pk, memberships__left_at=None)
            team = mine.filter(slug=given.pop("team")).first()
            if team is None:
                raise Problem("unknown-team", "You are in no team of this slug; GET /me names yours.", where="team")
            version = services.deposit_data(team=team, user=request.user, **given)
        return accepted(version)


class ProjectDatasets(APIView):
    """A project's data."""

    parser_classes = [MultiPartParser]

    @extend_schema(
        operation_id="datasets_upload",
        request={"multipart/form-data": serializers.UploadRequest},
        responses={202: serializers.VersionSerializer},
    )
    def post(self, request: ApiRequest, slug: str) -> Response:
        """Bring a new data set: one CSV, XLSX, ODS, ARFF, Parquet or ZIP file. Reading goes on after the answer; ask the status address."""
        project = get_project_or_404(request.user, slug, role=Role.MEMBER)
        with received(request, serializers.UploadRequest) as given:
            return accepted(services.accept_upload(project=project, user=request.user, **given))


class DatasetVersions(APIView):
    """Versions of a data set."""

    parser_classes = [MultiPartParser]

    @extend_schema(
        operation_id="dataset_versions_upload",
        request={"multipart/form-data": serializers.NextUploadRequest},
        responses={202: serializers.VersionSerializer},
    )
    def post(self, request: ApiRequest, pk: UUID) -> Response:
        """Bring the next version; the same file again answers with the version it already is."""
        dataset = permissions.get_dataset_or_404(request.user, pk)
        project = get_project_or_404(request.user, dataset.project.slug, role=Role.MEMBER)
        with received(request, serializers.NextUploadRequest) as given:
            return accepted(services.accept_upload(project=project, user=request.user, dataset=dataset, **given))


class VersionDetail(APIView):
    """One version."""

    @extend_schema(operation_id="version_status", responses=serializers.VersionSerializer)
    def get(self, request: ApiRequest, pk: UUID) -> Response:
        """How far it is; a refusal stands in `rejection`."""
        return Response(serializers.VersionSerializer(permissions.get_version_or_404(request.user, pk)).data)


class VersionReport(APIView):
    """What was read and found."""

    @extend_schema(operation_id="version_report", responses=serializers.VersionReportSerializer)
    def get(self, request: ApiRequest, pk: UUID) -> Response:
        """Columns, profile and findings with their codes. Who asks before the seal is named on the certificate."""
        version = permissions.get_version_or_404(request.user, pk)
        services.note_viewing(version=version, user=request.user)
        return Response(serializers.VersionReportSerializer(version).data)


class VersionColumns(APIView):
    """What the columns are."""

    @extend_schema(
        operation_id="version_columns",
        request=serializers.ColumnsRequest,
        responses={202: serializers.VersionSerializer},
    )
    def post(self, request: ApiRequest, pk: UUID) -> Response:
        """Correct the kinds of columns; the file is read again. A kind that does not fit stands in `rejection`."""
        version = permissions.get_version_or_404(request.user, pk)
        sent = serializers.ColumnsRequest(data=request.data)
        sent.is_valid(raise_exception=True)
        with refusals():
            return accepted(services.correct_kinds(version=version, user=request.user, **sent.validated_data))


class VersionHeader(APIView):
    """Where the table begins."""

    @extend_schema(
        operation_id="version_header",
        request=serializers.HeaderRequest,
        responses={202: serializers.VersionSerializer},
    )
    def post(self, request: ApiRequest, pk: UUID) -> Response:
        """Say which line names the columns; the file is read again where another one was taken for it."""
        version = permissions.get_version_or_404(request.user, pk)
        sent = serializers.HeaderRequest(data=request.data)
        sent.is_valid(raise_exception=True)
        with refusals():
            return accepted(services.correct_header(version=version, user=request.user, **sent.validated_data))


class VersionTarget(APIView):
    """The label column."""

    @extend_schema(
        operation_id="version_target",
        request=serializers.TargetRequest,
        responses={202: serializers.VersionSerializer},
    )
    def post(self, request: ApiRequest, pk: UUID) -> Response:
        """Choose the label column; the checks against it begin."""
        version = permissions.get_version_or_404(request.user, pk)
        sent = serializers.TargetRequest(data=request.data)
        sent.is_valid(raise_exception=True)
        with refusals():
            return accepted(services.choose_target(version=version, user=request.user, **sent.validated_data))


class FindingKeep(APIView):
    """A finding that may stay."""

    @extend_schema(
        operation_id="finding_keep", request=serializers.KeepRequest, responses=serializers.FindingSerializer
    )
    def post(self, request: ApiRequest, pk: UUID, finding: int) -> Response:
        """Say why it may stay."""
        version = permissions.get_version_or_404(request.user, pk)
        sent = serializers.KeepRequest(data=request.data)
        sent.is_valid(raise_exception=True)
        found = get_object_or_404(version.findings, pk=finding)
        with refusals():
            found = services.keep_finding(finding=found, user=request.user, **sent.validated_data)
        return Response(serializers.FindingSerializer(found).data)


class FindingAct(APIView):
    """What one can do about a finding."""

    @extend_schema(
        operation_id="finding_act", request=serializers.ActRequest, responses={202: serializers.VersionSerializer}
    )
    def post(self, request: ApiRequest, pk: UUID, finding: int) -> Response:
        """Leave its column out, merge its labels, or (owner or steward) divide by its column."""
        version = permissions.get_version_or_404(request.user, pk)
        sent = serializers.ActRequest(data=request.data)
        sent.is_valid(raise_exception=True)
        found = get_object_or_404(version.findings, pk=finding)
        act, column = sent.validated_data["act"], sent.validated_data["column"] or found.column
        with refusals():
            if act == "merge":
                version = services.merge_labels(finding=found, user=request.user)
            elif act == "category" or act in ORDERS:
                version = services.correct_kinds(version=version, user=request.user, kinds={column: act})
            elif act == "drop":
                version = services.drop_column(version=version, user=request.user, column=column)
            else:
                permissions.require_may_divide(request.user, version.dataset.project)
                version = services.choose_split(
                    version=version,
                    user=request.user,
                    meets="new" if act == "group" else "later",
                    group=column if act == "group" else "",
                    time=column if act == "time" else "",
                )
        return accepted(version)


class MergeDetail(APIView):
    """A merge of labels."""

    @extend_schema(operation_id="merge_undo", request=None, responses={202: serializers.VersionSerializer})
    def delete(self, request: ApiRequest, pk: UUID, merge: int) -> Response:
        """Let the spellings be labels of their own again."""
        version = permissions.get_version_or_404(request.user, pk)
        found = get_object_or_404(version.merges, pk=merge)
        with refusals():
            return accepted(services.undo_merge(merge=found, user=request.user))


class VersionSeal(APIView):
    """The seal."""

    @extend_schema(
        operation_id="version_seal", request=serializers.SealRequest, responses={202: serializers.VersionSerializer}
    )
    def post(self, request: ApiRequest, pk: UUID) -> Response:
        """Choose the split and seal for good: a steward, in a sandbox a member.

        A version that is ready again after the seal was asked for has a stop to settle. Name a group or a time with the
        target, and the checks look at them before the seal.
        """
        version = permissions.get_version_or_404(request.user, pk)
        permissions.require_steward(request.user, version.dataset.project)
        sent = serializers.SealRequest(data=request.data)
        sent.is_valid(raise_exception=True)
        with refusals():
            chosen = services.choose_split(version=version, user=request.user, **sent.validated_data, check=False)
            return accepted(services.seal_version(version=chosen, user=request.user).version)


class Certificate(APIView):
    """The certificate."""

    @extend_schema(operation_id="version_certificate", responses=serializers.CertificateSerializer)
    def get(self, request: ApiRequest, pk: UUID) -> Response:
        """Rule, rows and fingerprints of a sealed version."""
        return Response(
            serializers.CertificateSerializer(permissions.get_certificate_version_or_404(request.user, pk)).data
        )


class Split(APIView):
    """The rows of an open part."""

    @extend_schema(
        operation_id="version_split", responses={(200, "application/vnd.apache.parquet"): OpenApiTypes.BINARY}
    )
    def get(self, request: ApiRequest, pk: UUID, part: str) -> FileResponse:
        """Train or validation as Parquet. Sealed parts have no file to fetch."""
        version = permissions.get_rows_version_or_404(request.user, pk)
        if part in store.SEALED_PARTS:
            raise Problem(
                "sealed",
                f"Part {part} is sealed: its labels have no address. Train and validation can be fetched.",
                status=403,
                where=f"part {part}",
            )
        return store.part_response(version, part)
