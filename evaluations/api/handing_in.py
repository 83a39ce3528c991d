"""The API of predictions made elsewhere: inputs out, files in."""

from typing import Any
from uuid import UUID

from django.http import Http404, StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response
from rest_framework.views import APIView

from datasets import services as dataset_services
from datasets.core.errors import DataProblem
from dlstart_web.kit.api import Problem
from dlstart_web.kit.uploads import upload_refused
from evaluations import permissions, selectors, services
from evaluations.api.ladders import refuse
from evaluations.models import PredictionsFile, Run
from evaluations.serializers import PredictionsAskSerializer, PredictionsFileSerializer
from evaluations.views.handing_in import inputs, retry_after
from projects.http import ApiRequest
from projects.models import Project
from projects.permissions import Role, get_project_or_404


class InputsView(APIView):
    """The rows to predict."""

    @extend_schema(
        operation_id="inputs",
        responses={
            (200, "application/vnd.apache.parquet"): OpenApiTypes.BINARY,
            (200, "text/csv"): OpenApiTypes.BINARY,
        },
    )
    def get(self, request: ApiRequest, slug: str, part: str, ending: str) -> StreamingHttpResponse:
        """Features of validation, checkpoint or final with public ids, as csv or parquet; no label is in it."""
        return inputs(request.user, get_project_or_404(request.user, slug, role=Role.MEMBER), part, ending)


class PredictionsListView(APIView):
    """Predictions made elsewhere."""

    parser_classes = [MultiPartParser]

    @extend_schema(
        operation_id="predictions_hand_in",
        request={"multipart/form-data": PredictionsAskSerializer},
        responses={
            202: PredictionsFileSerializer,
            429: OpenApiResponse(description="20 files of the team were refused within a day; Retry-After"),
        },
    )
    def post(self, request: ApiRequest, slug: str) -> Response:
        """Upload a file: it is checked and, unless only that was asked, scored on validation. Free; the same file is the same entry."""
        project = get_project_or_404(request.user, slug, role=Role.MEMBER)
        asked = PredictionsAskSerializer(data=request.data)
        try:
            if size := upload_refused(request):
                raise dataset_services.too_large(size)
            asked.is_valid(raise_exception=True)
            file = _hand_in(project, request, **asked.validated_data)
        except DataProblem as refusal:
            said = refusal.as_dict()
            kind = said.pop("code").lower().replace("_", "-")
            raise Problem(kind, said.pop("message"), status=refusal.status, **said) from refusal
        except services.TooManyRefused as refusal:
            headers, at = retry_after(refusal), refusal.next_at.isoformat()
            raise Problem("too-many-refused", str(refusal), status=429, headers=headers, next_at=at) from refusal
        except services.OutOfTurn as refusal:
            raise refuse(refusal) from refusal
        headers = {"Location": f"/api/v1/predictions/{file.pk}"}
        return Response(PredictionsFileSerializer(file).data, status=202, headers=headers)


def _hand_in(project: Project, request: ApiRequest, **values: Any) -> PredictionsFile:
    """A model, or more rows for one that was uploaded."""
    if "run" not in values:
        return services.hand_in_predictions(project=project, user=request.user, **values)
    run = Run.objects.filter(pk=values["run"], project=project).first()
    test_set = selectors.test_set_called(project, values["part"])
    if run is None or test_set is None:
        raise Http404("No run, or no rows, of this project under this name.")
    return services.hand_in_rows(
        project=project, user=request.user, file=values["file"], run=run, test_set=test_set
    )  # fmt: skip


class PredictionsFileView(APIView):
    """One file of predictions."""

    @extend_schema(responses=PredictionsFileSerializer, operation_id="predictions_file")
    def get(self, request: ApiRequest, pk: UUID) -> Response:
        """Whether it fits: why it was refused, or the run it became."""
        return Response(PredictionsFileSerializer(permissions.get_predictions_file_or_404(request.user, pk)).data)
