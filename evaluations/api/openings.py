"""The API of openings: the final part, or a fresh set, is asked for by an owner and agreed to by the handler."""

from uuid import UUID

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from datasets.api.versions import refusals
from evaluations import permissions, selectors, services
from evaluations.api.ladders import in_turn
from evaluations.models import Run
from evaluations.serializers import OpeningAskSerializer, OpeningSerializer
from projects.http import ApiRequest
from projects.models import Project
from projects.permissions import get_project_or_404


class OpeningListView(APIView):
    """The openings of a project."""

    @extend_schema(responses=OpeningSerializer(many=True), operation_id="opening_list")
    def get(self, request: ApiRequest, slug: str) -> Response:
        """What was asked for, agreed to and scored, the latest first."""
        project = get_project_or_404(request.user, slug)
        return Response(OpeningSerializer(selectors.opening_list(project), many=True).data)

    @extend_schema(request=OpeningAskSerializer, responses={202: OpeningSerializer}, operation_id="opening_ask")
    def post(self, request: ApiRequest, slug: str) -> Response:
        """An owner asks, for at most two runs named before; the opening that was asked for already comes back."""
        project = get_project_or_404(request.user, slug)
        permissions.require_may_ask(request.user, project)
        asked = OpeningAskSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        part = asked.validated_data["part"]
        runs = {kind: _run(project, asked.validated_data.get(kind)) for kind in ("simple", "deep")}
        test_set = None if part == "final" else selectors.test_set_called(project, part)
        if part != "final" and test_set is None:
            raise Http404("No fresh set of this project under this name.")
        with in_turn(), refusals():
            opening = services.ask_opening(project=project, user=request.user, test_set=test_set, **runs)
        headers = {"Location": f"/api/v1/openings/{opening.pk}"}
        return Response(OpeningSerializer(opening).data, status=202, headers=headers)


class OpeningView(APIView):
    """One opening."""

    @extend_schema(responses=OpeningSerializer, operation_id="opening")
    def get(self, request: ApiRequest, pk: UUID) -> Response:
        """How far it is."""
        return Response(OpeningSerializer(permissions.get_opening_or_404(request.user, pk)).data)


class OpeningAgreeView(APIView):
    """The handler's word to an opening."""

    @extend_schema(request=None, responses={202: OpeningSerializer}, operation_id="opening_agree")
    def post(self, request: ApiRequest, pk: UUID) -> Response:
        """The handler agrees (in a sandbox a member), and the rows are scored, once and for good."""
        opening = permissions.get_opening_or_404(request.user, pk)
        permissions.require_may_agree(request.user, opening.project)
        with in_turn(), refusals():
            submission = services.agree_opening(opening=opening, user=request.user)
        return Response(OpeningSerializer(submission.opening).data, status=202)


def _run(project: Project, pk: UUID | None) -> Run | None:
    """The run of this id; 404 where the project has none."""
    if pk is None:
        return None
    run = Run.objects.filter(pk=pk, project=project).first()
    if run is None:
        raise Http404("No run of this project under this id.")
    return run
