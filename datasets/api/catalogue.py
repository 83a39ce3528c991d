"""The catalogue by the API: search, datasheets, requests."""

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.generics import ListAPIView
from rest_framework.response import Response
from rest_framework.views import APIView

from datasets import catalogue, exports, permissions, services, store
from datasets.api.versions import ByAge, refusals
from datasets.models import AccessRequest, Dataset, DatasetVersion
from datasets.serializers import catalogue as serializers
from dlstart_web.kit.api import Problem
from projects.api.records import ETAG, IF_MATCH, check_filters
from projects.core.errors import StaleSave
from projects.http import ApiRequest
from projects.models import Team


class Catalogue(ListAPIView):
    """All data that you may find."""

    request: ApiRequest
    serializer_class = serializers.EntrySerializer
    pagination_class = ByAge

    def get_queryset(self):
        if getattr(self, "swagger_fake_view", False):
            return Dataset.objects.none()
        check_filters(self.request, *serializers.CatalogueQuery().fields)
        asked = serializers.CatalogueQuery(data=self.request.query_params)
        asked.is_valid(raise_exception=True)
        return catalogue.search(catalogue.entries_for(self.request.user), asked.filters())

    def paginate_queryset(self, queryset: Any) -> Any:
        page = super().paginate_queryset(queryset)
        self.versions = DatasetVersion.objects.in_bulk([entry.shown_id for entry in page])
        return page

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "versions": getattr(self, "versions", {})}

    @extend_schema(operation_id="catalogue_list", parameters=[serializers.CatalogueQuery])
    def get(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Every word must stand in a name, a team, a datasheet or a column; filters narrow. Newest first, without totals."""
        return super().get(request, *args, **kwargs)


class Datasheet(APIView):
    """A datasheet."""

    @extend_schema(operation_id="datasheet_retrieve", responses=serializers.DatasheetSerializer, parameters=[ETAG])
    def get(self, request: ApiRequest, pk: UUID) -> Response:
        """The ten questions; the ETag is what a change sends as If-Match."""
        return self._whole(permissions.get_entry_or_404(request.user, pk))

    @extend_schema(
        operation_id="datasheet_change",
        request=serializers.DatasheetChange,
        responses=serializers.DatasheetSerializer,
        parameters=[IF_MATCH, ETAG],
    )
    def patch(self, request: ApiRequest, pk: UUID) -> Response:
        """Change answers. Without If-Match 428; if somebody saved since you read it 412, and nothing is changed."""
        dataset = permissions.get_entry_or_404(request.user, pk)
        if not permissions.may_see_data(request.user, dataset.project):
            raise PermissionDenied(f"Members of {dataset.project.team} and data stewards write its datasheet.")
        tag = request.headers.get("If-Match", "")
        if not tag:
            raise Problem(
                "if-match-missing",
                "Send the ETag of the datasheet you read as If-Match, so that nobody's text is lost.",
                status=428,
            )
        sent = serializers.DatasheetChange(data=request.data)
        sent.is_valid(raise_exception=True)
        with refusals():
            try:
                services.edit_sheet(dataset=dataset, user=request.user, tag=tag, answers=sent.validated_data["answers"])
            except StaleSave as stale:
                detail = "Somebody saved since you read this. Read it again and repeat your change."
                raise Problem("stale", detail, status=412) from stale
        return self._whole(dataset)

    @staticmethod
    def _whole(dataset: Dataset) -> Response:
        return Response(serializers.DatasheetSerializer(dataset).data, headers={"ETag": catalogue.sheet_tag(dataset)})


class AccessRequests(APIView):
    """Requests to use a data set."""

    @extend_schema(operation_id="access_requests_list", responses=serializers.AccessRequestSerializer(many=True))
    def get(self, request: ApiRequest, pk: UUID) -> Response:
        """Those of your teams; for who keeps the data all of them. Newest first, at most 200."""
        dataset = permissions.get_entry_or_404(request.user, pk)
        asked = dataset.requests.select_related("team")
        if not permissions.may_keep(request.user, dataset):
            mine = Team.objects.filter(memberships__user=request.user.pk, memberships__left_at=None)
            asked = asked.filter(team__in=mine)
        return Response(serializers.AccessRequestSerializer(asked[:200], many=True).data)

    @extend_schema(
        operation_id="access_requests_create",
        request=serializers.AccessRequestRequest,
        responses={201: serializers.AccessRequestSerializer},
    )
    def post(self, request: ApiRequest, pk: UUID) -> Response:
        """Ask for the use of another team's data."""
        dataset = permissions.get_entry_or_404(request.user, pk)
        sent = serializers.AccessRequestRequest(data=request.data)
        sent.is_valid(raise_exception=True)
        team = team_of(request, sent.validated_data["team"])
        with refusals():
            asked = services.ask_access(
                dataset=dataset, team=team, user=request.user, purpose=sent.validated_data["purpose"]
            )
        return Response(serializers.AccessRequestSerializer(asked).data, status=status.HTTP_201_CREATED)


def team_of(request: ApiRequest, slug: str) -> Team:
    """One of the person's teams; 422 for any other slug."""
    mine = Team.objects.filter(memberships__user=request.user.pk, memberships__left_at=None, slug=slug).first()
    if mine is None:
        raise Problem("unknown-team", "You are in no team of this slug; GET /me names yours.", where="team")
    return mine


class AccessDecision(APIView):
    """The answer to a request."""

    @extend_schema(
        operation_id="access_request_decide",
        request=serializers.AccessDecisionRequest,
        responses=serializers.AccessRequestSerializer,
        parameters=[OpenApiParameter("pk", OpenApiTypes.INT, OpenApiParameter.PATH)],
    )
    def post(self, request: ApiRequest, pk: int) -> Response:
        """An owner of the data's team, or a steward, grants or declines; a grant that is declined later is taken back."""
        asked = get_object_or_404(AccessRequest.objects.select_related("team"), pk=pk)
        dataset = permissions.get_entry_or_404(request.user, asked.dataset_id)
        if not permissions.may_keep(request.user, dataset):
            raise PermissionDenied("An owner of the data's team or a data steward answers this.")
        sent = serializers.AccessDecisionRequest(data=request.data)
        sent.is_valid(raise_exception=True)
        with refusals():
            if asked.state == "granted" and not sent.validated_data["grant"]:
                asked = services.take_access_back(
                    request=asked, user=request.user, reason=sent.validated_data["reason"]
                )
            else:
                asked = services.decide_access(request=asked, user=request.user, **sent.validated_data)
        return Response(serializers.AccessRequestSerializer(asked).data)


class Download(APIView):
    """Train and validation with all that describes them."""

    @extend_schema(
        operation_id="version_download",
        parameters=[OpenApiParameter("format", OpenApiTypes.STR, enum=list(exports.ENDINGS), default="parquet")],
        responses={(200, "application/zip"): OpenApiTypes.BINARY},
    )
    def get(self, request: ApiRequest, pk: UUID) -> HttpResponseBase:
        """One ZIP: both parts as Parquet or CSV, croissant.json, README.md and SHA256SUMS."""
        version = permissions.get_rows_version_or_404(request.user, pk)
        ending = request.query_params.get("format", "parquet")
        if ending not in exports.ENDINGS:
            raise Problem("unknown-format", f"Choose one of {', '.join(exports.ENDINGS)}.", where="format")
        if not store.is_at_hand(version):
            raise Problem(
                "not-sealed", f"{version} is not sealed, or was removed: there is nothing to fetch.", status=409
            )
        if ending == "csv" and exports.holds_media(version):
            raise Problem(
                "media", f"{version} holds pictures or sounds, which a CSV cannot. Take parquet.", where="format"
            )
        address = request.build_absolute_uri(version.dataset.get_absolute_url())
        facts = catalogue.known_facts(version, is_open=True)
        return exports.version_response(version, ending, address=address, facts=facts)
