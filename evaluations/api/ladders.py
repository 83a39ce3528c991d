"""The API of ladders, runs and the leaderboard: the same services as the pages."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from datasets import selectors as dataset_selectors
from dlstart_web.kit.api import Problem
from evaluations import permissions, selectors, services
from evaluations.core.rules import RuleProblem
from evaluations.forms import OperatingForm
from evaluations.models import KeptPoint, Run
from evaluations.serializers import (
    BoardSerializer,
    CurveSerializer,
    ForecastAskSerializer,
    ForecastSerializer,
    LadderAskSerializer,
    LadderSerializer,
    OperatingAskSerializer,
    OperatingSerializer,
    RemedyAskSerializer,
    RunSerializer,
    SpreadAskSerializer,
    SpreadSerializer,
)
from projects.core.measures import MEASURES
from projects.http import ApiRequest
from projects.permissions import Role, get_project_or_404

BOARD_PAGE = 50
PAGE = OpenApiParameter("page", int, description="50 entries a page, from 1")


def refuse(refusal: services.OutOfTurn) -> Problem:
    """409: asked for out of turn."""
    return Problem(refusal.code, str(refusal), status=409)


@contextmanager
def in_turn() -> Iterator[None]:
    """What is asked out of turn, and a rule that cannot be read, as answers of the API."""
    try:
        yield
    except services.OutOfTurn as refusal:
        raise refuse(refusal) from refusal
    except RuleProblem as problem:
        raise Problem("rule", str(problem)) from problem


class LadderListView(APIView):
    """Run the ladder of a project."""

    @extend_schema(request=LadderAskSerializer, responses={202: LadderSerializer}, operation_id="ladder_run")
    def post(self, request: ApiRequest, slug: str) -> Response:
        """Queue one run a rung; 409 while the criterion is not locked, nothing is sealed or a ladder still runs."""
        project = get_project_or_404(request.user, slug, role=Role.MEMBER)
        asked = LadderAskSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        version = dataset_selectors.version_sealed_latest(project)
        if version is None:
            raise Problem("not-sealed", "No data is sealed in this project yet. Seal a data set first.", status=409)
        with in_turn():
            ladder = services.run_ladder(project=project, version=version, user=request.user, **asked.validated_data)
        return Response(ladder_data(ladder), status=202, headers={"Location": f"/api/v1/ladders/{ladder.pk}"})


def ladder_data(ladder: Any) -> dict[str, Any]:
    runs = list(reversed(selectors.ladder_runs(ladder)))
    step = None if any(run.is_open for run in runs) else selectors.next_step(ladder)
    return LadderSerializer(ladder, context={"runs": runs, "next_step": step}).data


class LadderView(APIView):
    """One ladder."""

    @extend_schema(responses=LadderSerializer, operation_id="ladder_detail")
    def get(self, request: ApiRequest, pk: UUID) -> Response:
        """Its runs and, when all have ended, the suggested next step."""
        return Response(ladder_data(permissions.get_ladder_or_404(request.user, pk)))


class RunView(APIView):
    """One run."""

    @extend_schema(responses=RunSerializer, operation_id="run_detail")
    def get(self, request: ApiRequest, pk: UUID) -> Response:
        """Its state and, once done, its score with the interval."""
        return Response(RunSerializer(permissions.get_run_or_404(request.user, pk)).data)


class RunCurvesView(APIView):
    """The learning curve of a run."""

    @extend_schema(responses=CurveSerializer, operation_id="run_curves")
    def get(self, request: ApiRequest, pk: UUID) -> Response:
        """Train and validation by round, epoch or rows; thinned to some hundred points."""
        run = permissions.get_run_or_404(request.user, pk)
        points = selectors.run_points(run)
        body = {
            "run": run.pk,
            "over": run.curve,
            "open": run.is_open,
            "best_x": run.best_x,
            "last_x": points[-1].x if points else None,
            "points": points,
        }
        return Response(CurveSerializer(body).data)


class RunForecastView(APIView):
    """Would more data help?"""

    @extend_schema(responses=ForecastSerializer, operation_id="run_forecast")
    def get(self, request: ApiRequest, pk: UUID) -> Response:
        """The newest answer; 404 where nobody asked."""
        newest = selectors.forecast_newest(permissions.get_run_or_404(request.user, pk))
        if newest is None:
            raise Http404("Nobody asked for a forecast of this run.")
        return Response(ForecastSerializer(newest).data)

    @extend_schema(request=ForecastAskSerializer, responses={202: ForecastSerializer}, operation_id="run_forecast_ask")
    def post(self, request: ApiRequest, pk: UUID) -> Response:
        """Queue the measurement; 409 while one goes on, or where the run has no score."""
        run = permissions.get_run_or_404(request.user, pk, role=Role.MEMBER)
        asked = ForecastAskSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        with in_turn():
            forecast = services.ask_forecast(run=run, user=request.user, **asked.validated_data)
        return Response(ForecastSerializer(forecast).data, status=202)


class RunRemedyView(APIView):
    """What a run's diagnosis asks to try."""

    @extend_schema(request=RemedyAskSerializer, responses={202: RunSerializer}, operation_id="run_remedy_try")
    def post(self, request: ApiRequest, pk: UUID) -> Response:
        """Queue the same rung with another setting; 409 where it was tried, or where there is nothing to change."""
        run = permissions.get_run_or_404(request.user, pk, role=Role.MEMBER)
        asked = RemedyAskSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        with in_turn():
            tried = services.try_remedy(run=run, **asked.validated_data)
        return Response(RunSerializer(tried).data, status=202)


class RunSpreadView(APIView):
    """How much of a run's score is chance."""

    @extend_schema(responses=SpreadSerializer, operation_id="run_spread")
    def get(self, request: ApiRequest, pk: UUID) -> Response:
        """The newest answer; 404 where nobody asked."""
        newest = selectors.spread_newest(permissions.get_run_or_404(request.user, pk))
        if newest is None:
            raise Http404("Nobody asked for other seeds of this run.")
        return Response(SpreadSerializer(newest).data)

    @extend_schema(request=SpreadAskSerializer, responses={202: SpreadSerializer}, operation_id="run_spread_ask")
    def post(self, request: ApiRequest, pk: UUID) -> Response:
        """Queue the fits with other seeds; 409 while they go on, or where the rung has no chance in it."""
        run = permissions.get_run_or_404(request.user, pk, role=Role.MEMBER)
        asked = SpreadAskSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        with in_turn():
            spread = services.ask_spread(run=run, user=request.user, **asked.validated_data)
        return Response(SpreadSerializer(spread).data, status=202)


class RunCancelView(APIView):
    """Cancel a run."""

    @extend_schema(request=None, responses={200: RunSerializer}, operation_id="run_cancel")
    def post(self, request: ApiRequest, pk: UUID) -> Response:
        """409 if it had already ended."""
        run = permissions.get_run_or_404(request.user, pk, role=Role.MEMBER)
        if not services.cancel_run(run):
            raise Problem("ended", f"This run has ended: it is {run.state}.", status=409)
        return Response(RunSerializer(Run.objects.get(pk=pk)).data)


TERMS = [
    OpenApiParameter(name, float, description=words)
    for name, words in (
        ("t", "threshold, 0 to 1; the advised one where left out"),
        ("miss", "cost of a yes that was called no"),
        ("alarm", "cost of a no that was called yes"),
        ("hit", "gain of a found yes"),
        ("rest", "gain of a no left alone"),
        ("running", "cost of the model, a decision"),
    )
]


class OperatingPointView(APIView):
    """The operating point of a run, on validation."""

    @extend_schema(responses=OperatingSerializer, parameters=TERMS, operation_id="operating_point")
    def get(self, request: ApiRequest, pk: UUID) -> Response:
        """What was counted, and what follows for a threshold and its costs; 404 before the run has a score."""
        run = permissions.get_run_or_404(request.user, pk)
        return Response(_operating(request, run, selectors.kept_point(run), request.query_params))

    @extend_schema(request=OperatingAskSerializer, responses=OperatingSerializer, operation_id="operating_point_keep")
    def put(self, request: ApiRequest, pk: UUID) -> Response:
        """Keep a threshold with the run; 409 once the final tier was asked for, or for a run without a threshold."""
        run = permissions.get_run_or_404(request.user, pk, role=Role.MEMBER)
        asked = OperatingAskSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        given = {name: str(value) for name, value in asked.validated_data.items()}
        form = OperatingForm(given, start=selectors.terms_known(request.user, run, None))
        form.is_valid()
        with in_turn():
            kept = services.keep_point(
                run=run,
                user=request.user,
                threshold=asked.validated_data["t"],
                terms=form.terms,
                found=selectors.behaviour_of(run),
            )
        return Response(_operating(request, run, kept, given))


def _operating(request: ApiRequest, run: Run, kept: KeptPoint | None, given: Any) -> dict[str, Any]:
    found = selectors.behaviour_of(run)
    if found is None:
        raise Http404("Nothing was counted for this run: it has no score yet, or answers the same always.")
    form = OperatingForm(given, start=selectors.terms_known(request.user, run, kept))
    if not form.is_valid():
        name, errors = next(iter(form.errors.items()))
        raise Problem("terms", str(errors[0]), where=name)
    body = selectors.operating_numbers(run, found, form.terms, form.cleaned_data["t"])
    body["kept"] = {"threshold": kept.threshold, "terms": kept.terms} if kept else None
    return dict(OperatingSerializer(body).data)


class LeaderboardView(APIView):
    """The leaderboard of a project on validation."""

    @extend_schema(responses=BoardSerializer, parameters=[PAGE], operation_id="leaderboard")
    def get(self, request: ApiRequest, slug: str) -> Response:
        """By rank, inside a rank by cost; runs without a score are not on it."""
        project = get_project_or_404(request.user, slug)
        head = selectors.board_head(project)
        if head is None:
            raise Problem(
                "not-sealed", "No data is sealed in this project yet, so nothing has been scored.", status=409
            )
        page = _page_number(request)
        first = (page - 1) * BOARD_PAGE
        rows = selectors.board(project.pk, head.version, head.metric).values(*selectors.BOARD)
        entries = list(rows[first : first + BOARD_PAGE + 1])
        return Response(
            {
                "metric": head.metric,
                "greater_is_better": MEASURES[head.metric].greater_is_better,
                "part": "validation",
                "version": head.version,
                "criterion": head.criterion,
                "level": head.level,
                "entries": entries[:BOARD_PAGE],
                "next": f"{request.path}?page={page + 1}" if len(entries) > BOARD_PAGE else None,
            }
        )


def _page_number(request: ApiRequest) -> int:
    given = request.query_params.get("page", "1")
    if not given.isdecimal() or not 1 <= int(given) <= 1_000_000:
        raise Problem("page", "A page is a whole number from 1.", found=given[:40])
    return int(given)
