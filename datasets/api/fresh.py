"""The API of fresh sets."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response
from rest_framework.views import APIView

from datasets import permissions, selectors, services
from datasets.api.versions import received
from datasets.serializers.versions import FreshDepositRequest, FreshDepositSerializer, FreshSetSerializer
from projects.http import ApiRequest
from projects.permissions import get_project_or_404


class FreshSets(APIView):
    """Rows that were labelled later, each a test set of its own."""

    parser_classes = [MultiPartParser]

    @extend_schema(responses=FreshSetSerializer(many=True), operation_id="fresh_sets")
    def get(self, request: ApiRequest, slug: str) -> Response:
        """Where they come from, how many rows were known and left out, and whether they were opened; in order."""
        project = get_project_or_404(request.user, slug)
        return Response(FreshSetSerializer(selectors.fresh_sets(project), many=True).data)

    @extend_schema(
        request={"multipart/form-data": FreshDepositRequest},
        responses={202: FreshDepositSerializer},
        operation_id="fresh_set_deposit",
    )
    def post(self, request: ApiRequest, slug: str) -> Response:
        """A steward deposits a fresh set: read, compared with all that is known, sealed. The same file is the same deposit."""
        project = permissions.get_deposit_project_or_404(request.user, slug)
        with received(request, FreshDepositRequest) as sent:
            deposit = services.deposit_fresh(project=project, user=request.user, **sent)
        headers = {"Location": f"/api/v1/fresh-deposits/{deposit.pk}"}
        return Response(FreshDepositSerializer(deposit).data, status=202, headers=headers)


class FreshDepositDetail(APIView):
    """A file that was brought to be a fresh set."""

    @extend_schema(responses=FreshDepositSerializer, operation_id="fresh_deposit")
    def get(self, request: ApiRequest, pk: UUID) -> Response:
        """Whether it is sealed, and what was left out; or why it was refused."""
        return Response(FreshDepositSerializer(permissions.get_fresh_deposit_or_404(request.user, pk)).data)
