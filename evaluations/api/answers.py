"""The API of what is asked of a run that has its score: what it looks at, its files, predictions, and surprises."""

from uuid import UUID

from django.conf import settings
from django.http import FileResponse, Http404, HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response
from rest_framework.views import APIView

from datasets import selectors as dataset_selectors
from datasets import services as dataset_services
from datasets.api.versions import refusals
from dlstart_web.kit.api import Problem
from dlstart_web.kit.uploads import upload_refused
from evaluations import permissions, selectors, services
from evaluations.api.ladders import in_turn
from evaluations.serializers import (
    InspectionSerializer,
    PredictionAskSerializer,
    PredictionSerializer,
    SurpriseSerializer,
)
from projects import permissions as project_permissions
from projects.http import ApiRequest
from projects.permissions import Role, get_project_or_404


class RunInspectionView(APIView):
    """What a run looks at."""

    @extend_schema(responses=InspectionSerializer, operation_id="run_inspection")
    def get(self, request: ApiRequest, pk: UUID) -> Response:
        """The newest answer; 404 where nobody asked. The rows most wrong are for the team."""
        run = permissions.get_run_or_404(request.user, pk)
        newest = selectors.inspection_newest(run)
        if newest is None:
            raise Http404("Nobody asked what this run looks at.")
        is_member = project_permissions.is_member(request.user, run.project)
        return Response(InspectionSerializer(newest, context={"is_member": is_member}).data)

    @extend_schema(request=None, responses={202: InspectionSerializer}, operation_id="run_inspection_ask")
    def post(self, request: ApiRequest, pk: UUID) -> Response:
        """Queue the question; 409 while one goes on, or where the run has no score."""
        run = permissions.get_run_or_404(request.user, pk, role=Role.MEMBER)
        with in_turn():
            asked = services.ask_inspection(run=run, user=request.user)
        return Response(InspectionSerializer(asked, context={"is_member": True}).data, status=202)


class RunCardView(APIView):
    """The model card of a run."""

    @extend_schema(responses={(200, "text/markdown"): OpenApiTypes.STR}, operation_id="run_card")
    def get(self, request: ApiRequest, pk: UUID) -> HttpResponse:
        """Markdown; what was not recorded is printed as that."""
        run = permissions.get_fitted_run_or_404(request.user, pk)
        card = selectors.model_card(run, request.user, dlstart=settings.VERSION)
        return HttpResponse(card, content_type="text/markdown; charset=utf-8")


class RunScriptView(APIView):
    """The program that makes a run again."""

    @extend_schema(responses={(200, "text/x-python"): OpenApiTypes.STR}, operation_id="run_script")
    def get(self, request: ApiRequest, pk: UUID) -> HttpResponse:
        """Python, for the team: it takes the two open parts and checks the recorded score."""
        run = permissions.get_fitted_run_or_404(request.user, pk, role=Role.MEMBER)
        script = selectors.reproduce_script(run, dlstart=settings.VERSION)
        return HttpResponse(script, content_type="text/x-python; charset=utf-8")


class RunModelView(APIView):
    """The model of a run."""

    @extend_schema(responses={(200, "application/zip"): OpenApiTypes.BINARY}, operation_id="run_model")
    def get(self, request: ApiRequest, pk: UUID) -> FileResponse:
        """A ZIP of the recommended model, its encoder, card and script, for the team."""
        run = permissions.get_fitted_run_or_404(request.user, pk, role=Role.MEMBER)
        archive = selectors.model_archive(run, request.user, dlstart=settings.VERSION)
        if archive is None:
            raise Http404("The files of this run are gone. Run it again.")
        name = f"{run.project.slug}-{run.recipe}.zip"
        return FileResponse(archive, as_attachment=True, filename=name, content_type="application/zip")


class PredictView(APIView):
    """Predictions of unlabelled rows."""

    parser_classes = [MultiPartParser]

    @extend_schema(responses=PredictionSerializer(many=True), operation_id="predict_list")
    def get(self, request: ApiRequest, slug: str) -> Response:
        """The newest 20, for the team."""
        project = get_project_or_404(request.user, slug, role=Role.MEMBER)
        return Response(PredictionSerializer(project.predictions.all()[: selectors.PREDICTIONS], many=True).data)

    @extend_schema(
        request={"multipart/form-data": PredictionAskSerializer},
        responses={202: PredictionSerializer},
        operation_id="predict_ask",
    )
    def post(self, request: ApiRequest, slug: str) -> Response:
        """Bring rows for the recommended model; 409 where nothing has a score yet."""
        project = get_project_or_404(request.user, slug, role=Role.MEMBER)
        asked = PredictionAskSerializer(data=request.data)
        with refusals():
            if size := upload_refused(request):
                raise dataset_services.too_large(size)
            asked.is_valid(raise_exception=True)
            version = dataset_selectors.version_sealed_latest(project)
            run = selectors.run_recommended(project, version) if version else None
            if run is None:
                raise Problem("no-model", "No model of this project has a score yet. Run the ladder first.", status=409)
            file = asked.validated_data["file"]
            prediction = services.ask_prediction(project=project, run=run, file=file, user=request.user)
        where = f"/api/v1/predicted/{prediction.pk}"
        return Response(PredictionSerializer(prediction).data, status=202, headers={"Location": where})


class PredictedView(APIView):
    """One prediction."""

    @extend_schema(responses=PredictionSerializer, operation_id="predicted_detail")
    def get(self, request: ApiRequest, pk: UUID) -> Response:
        """How far it is."""
        return Response(PredictionSerializer(permissions.get_prediction_or_404(request.user, pk)).data)


class PredictedRowsView(APIView):
    """The answers of a prediction."""

    @extend_schema(responses={(200, "text/csv"): OpenApiTypes.STR}, operation_id="predicted_rows")
    def get(self, request: ApiRequest, pk: UUID) -> FileResponse:
        """CSV in the order of the rows: `id`, `prediction`, and `score_<class>` a class; 404 before it is done."""
        prediction = permissions.get_prediction_or_404(request.user, pk)
        path = selectors.prediction_path(prediction)
        if path is None:
            raise Http404("No answers under this address: they are there once the state is done.")
        return FileResponse(path.open("rb"), content_type="text/csv; charset=utf-8")


class SurpriseListView(APIView):
    """Guesses made before a result."""

    @extend_schema(responses=SurpriseSerializer(many=True), operation_id="surprise_list")
    def get(self, request: ApiRequest) -> Response:
        """Those of all projects that you may read: what surprised first, then the newest."""
        return Response(SurpriseSerializer(selectors.surprises(request.user), many=True).data)
