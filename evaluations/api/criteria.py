"""The API of criteria, verdict and report."""

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from datasets import selectors as dataset_selectors
from dlstart_web.kit.api import Problem
from evaluations import selectors
from evaluations.models import Verdict
from evaluations.serializers import (
    AlwaysSameSerializer,
    CriterionInForceSerializer,
    CriterionSerializer,
    ReportSerializer,
    VerdictSerializer,
)
from projects import selectors as project_selectors
from projects import services as project_services
from projects.core.errors import ProjectProblem
from projects.http import ApiRequest
from projects.permissions import Role, get_project_or_404


class CriterionView(APIView):
    """The success criterion in force."""

    @extend_schema(responses=CriterionInForceSerializer, operation_id="criterion_detail")
    def get(self, request: ApiRequest, slug: str) -> Response:
        """With what the always-same answer gets and what a wrong answer costs; 404 as long as none is locked."""
        project = get_project_or_404(request.user, slug)
        criterion = project_selectors.current_criterion(project)
        if criterion is None:
            raise Http404("The success criterion is not locked yet.")
        always = selectors.always_same(dataset_selectors.version_sealed_latest(project))
        costs, kept = selectors.costs_known(request.user, project)
        beside = {
            "always_same": AlwaysSameSerializer(always).data if always else None,
            "costs": costs | {"run": kept.run_id if kept else None} if costs else None,
        }
        return Response(CriterionSerializer(criterion).data | beside)


class CriterionLockView(APIView):
    """Lock the success criterion."""

    amends = False

    @extend_schema(request=CriterionSerializer, responses={201: CriterionSerializer}, operation_id="criterion_lock")
    def post(self, request: ApiRequest, slug: str) -> Response:
        """By an owner of the team; 409 if one is locked (amend it) or, for an amendment, if none is."""
        project = get_project_or_404(request.user, slug, role=Role.OWNER)
        in_force = project_selectors.current_criterion(project)
        if self.amends and in_force is None:
            raise Problem("criterion-not-locked", "No criterion is locked yet; lock one first.", status=409)
        if not self.amends and in_force is not None:
            raise Problem(
                "criterion-locked", f"Criterion {in_force.number} is locked. Amend it, with a reason.", status=409
            )
        asked = CriterionSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        values = {"smallest_difference": 0.02, "reason": ""} | asked.validated_data
        try:
            criterion = project_services.lock_criterion(
                project=project, user=request.user, results_seen=selectors.results_seen(project), **values
            )
        except ProjectProblem as problem:
            raise Problem("criterion", str(problem)) from problem
        return Response(CriterionSerializer(criterion).data, status=201)


class CriterionAmendView(CriterionLockView):
    """Amend the success criterion."""

    amends = True

    @extend_schema(request=CriterionSerializer, responses={201: CriterionSerializer}, operation_id="criterion_amend")
    def post(self, request: ApiRequest, slug: str) -> Response:
        """The next number, with its reason; the old one stays."""
        return super().post(request, slug)


class VerdictView(APIView):
    """The verdict of a project."""

    @extend_schema(responses=VerdictSerializer, operation_id="verdict")
    def get(self, request: ApiRequest, slug: str) -> Response:
        """404 before the final tier is open."""
        project = get_project_or_404(request.user, slug)
        verdict = Verdict.objects.filter(project=project).select_related("opening").first()
        if verdict is None:
            raise Http404("No verdict: the final tier is not open.")
        return Response(VerdictSerializer(verdict).data)


class ReportView(APIView):
    """The one-page report as data."""

    @extend_schema(responses=ReportSerializer, operation_id="report")
    def get(self, request: ApiRequest, slug: str) -> Response:
        """In the order in which it is printed."""
        project = get_project_or_404(request.user, slug)
        report = selectors.report(project, request.user)
        chapters = selectors.appendix(project, request.user, report)
        return Response(ReportSerializer(report | {"chapters": chapters}).data)
