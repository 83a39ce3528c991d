"""The API of looks."""

from math import ceil

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from datasets import selectors as dataset_selectors
from datasets import services as dataset_services
from datasets.api.versions import refusals
from datasets.core.budget import NoLookLeft
from dlstart_web.kit.api import Problem
from evaluations import selectors, services
from evaluations.api.ladders import in_turn, refuse
from evaluations.models import Run
from evaluations.serializers import (
    BestAgainSerializer,
    GrantAskSerializer,
    GrantSerializer,
    LedgerSerializer,
    LookAskSerializer,
    LookSerializer,
)
from projects.http import ApiRequest
from projects.permissions import Role, get_project_or_404

KEY = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER, required=True, description="the same key, the same look"
)
NO_LOOK = OpenApiResponse(description="no look left; Retry-After, looks_left, next_look_at, counted_by")


class BestAgainView(APIView):
    """The best of an earlier version, handed in again."""

    @extend_schema(request=None, responses={202: BestAgainSerializer}, operation_id="best_again")
    def post(self, request: ApiRequest, slug: str) -> Response:
        """Free, and without an answer; 409 where no best has to come again."""
        project = get_project_or_404(request.user, slug, role=Role.MEMBER)
        with in_turn():
            asked = services.hand_in_again(project=project, user=request.user)
        return Response(BestAgainSerializer(asked).data, status=202)


class LookListView(APIView):
    """The looks of a project."""

    @extend_schema(responses=LedgerSerializer, operation_id="look_list")
    def get(self, request: ApiRequest, slug: str) -> Response:
        """The ledger, and whether there is a look now."""
        project = get_project_or_404(request.user, slug)
        status = dataset_selectors.look_status(project, request.user, timezone.now())
        if status is None:
            raise Problem(
                "not-sealed", "No data is sealed in this project yet, so there is nothing to look at.", status=409
            )
        version = status.test_set.version
        best = selectors.candidates_to_hand_in(project, version, selectors.project_metric(project, version)).first()
        body = {
            "price": selectors.price_words(best, status.test_set) if best else "",
            "looks_left": status.looks_now,
            "next_look_at": None if status.looks_now else status.next_look_at,
            "counted_by": status.counted_by if status.grant or not status.looks_now else None,
            "refusal": status.refusal,
            "bits_spent": status.bits_spent,
            "bits_budget": status.bits_budget,
            "rows": status.test_set.rows,
            "best_again": selectors.best_again(status.test_set, project),
            "looks": dataset_selectors.look_list(project),
            "inputs_taken": dataset_selectors.inputs_taken(project)[:20],
            "grants": dataset_selectors.look_grants(project),
        }
        return Response(LedgerSerializer(body).data)

    @extend_schema(
        request=LookAskSerializer,
        parameters=[KEY],
        responses={
            202: LookSerializer,
            429: NO_LOOK,
        },
        operation_id="look_spend",
    )
    def post(self, request: ApiRequest, slug: str) -> Response:
        """Spend one look on a run; 429 with the next moment if there is none."""
        project = get_project_or_404(request.user, slug, role=Role.MEMBER)
        key = request.headers.get("Idempotency-Key", "").strip()
        if not 1 <= len(key) <= 64:
            raise Problem(
                "idempotency-key",
                "Send a header Idempotency-Key of 1 to 64 characters; a repeat then costs nothing.",
                status=428,
            )
        asked = LookAskSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        run = Run.objects.filter(pk=asked.validated_data["run"], project=project).first()
        if run is None:
            raise Http404("No run of this project under this id.")
        try:
            submission = services.spend_look(
                project=project,
                user=request.user,
                run=run,
                reason=asked.validated_data["reason"],
                guess=asked.validated_data.get("guess"),
                idempotency_key=key,
            )
        except NoLookLeft as refusal:
            raise no_look(refusal) from refusal
        except services.OutOfTurn as refusal:
            raise refuse(refusal) from refusal
        return Response(LookSerializer(submission.look).data, status=202)


class LookGrantListView(APIView):
    """One more look for a team whose gap runs."""

    @extend_schema(request=GrantAskSerializer, responses={201: GrantSerializer}, operation_id="look_grant")
    def post(self, request: ApiRequest, slug: str) -> Response:
        """For administrators outside the team, with a reason that everybody reads; 409 where there is a look already."""
        project = get_project_or_404(request.user, slug, role=Role.ADMINISTRATOR)
        asked = GrantAskSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        with refusals():
            grant = dataset_services.grant_look(project=project, user=request.user, **asked.validated_data)
        return Response(GrantSerializer(grant).data, status=201)


def no_look(refusal: NoLookLeft) -> Problem:
    """429 with the facts of the refusal; Retry-After where time brings a look."""
    at = refusal.next_look_at
    seconds = max(1, ceil((at - timezone.now()).total_seconds())) if at else None
    return Problem(
        "no-look-left",
        str(refusal),
        status=429,
        headers={"Retry-After": str(seconds)} if seconds else {},
        looks_left=0,
        looks_spent=refusal.looks_spent,
        next_look_at=at.isoformat() if at else None,
        counted_by=refusal.counted_by,
        reason=refusal.reason,
    )
