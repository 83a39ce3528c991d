"""The API's doors to people, projects and proposals: the same selectors and services as the pages."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.mfa.utils import is_mfa_enabled
from django.core.exceptions import ValidationError as DjangoValidationError
from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from knox.models import AuthToken
from rest_framework import status
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import NotAuthenticated
from rest_framework.generics import ListAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from dlstart_web.kit.api import Page, Problem
from projects import permissions, selectors, serializers, services
from projects.core.errors import FrozenVersion, ProjectProblem, StaleSave
from projects.http import ApiRequest
from projects.models import Proposal, Team, User
from projects.permissions import Role

IF_MATCH = OpenApiParameter(
    "If-Match", OpenApiTypes.STR, OpenApiParameter.HEADER, required=True, description="The ETag you read"
)
ETAG = OpenApiParameter(
    "ETag", OpenApiTypes.STR, OpenApiParameter.HEADER, response=[200, 201], description="Changes with each save"
)


class ByAge(Page):
    """Newest first."""

    ordering = "-created_at"


@contextmanager
def refusals() -> Iterator[None]:
    """Problems of the domain as answers of the API."""
    try:
        yield
    except FrozenVersion as problem:
        raise Problem("frozen-version", str(problem), status=409) from problem
    except StaleSave as problem:
        raise Problem(
            "stale", "Somebody saved since you read this. Read it again and repeat your change.", status=412
        ) from problem
    except ProjectProblem as problem:
        raise Problem("refused", str(problem), status=422) from problem


def check_filters(request: Request, *known: str) -> None:
    """400 for a parameter that this list does not know: a misspelt filter would silently show everything."""
    allowed = {*known, "cursor", "page_size"}
    if unknown := sorted(set(request.query_params) - allowed):
        raise Problem(
            "unknown-parameter",
            f"There is no parameter {unknown[0]} here. Known are {', '.join(sorted(allowed))}.",
            status=400,
            found=unknown[0],
        )


def get_proposal(user: User, pk: int, role: Role = Role.READER) -> Proposal:
    """A version by id, with the same 404 and 403 as the pages."""
    proposal = selectors.proposals_for(user).filter(pk=pk).first()
    if proposal is None:
        raise Http404("No proposal under this id.")
    proposal.project = permissions.get_project_or_404(user, proposal.project_id, role=role)
    return proposal


class TokenList(APIView):
    """Tokens for scripts."""

    permission_classes = [AllowAny]

    @extend_schema(operation_id="tokens_list", responses=serializers.TokenSerializer(many=True))
    def get(self, request: ApiRequest) -> Response:
        """Your own tokens."""
        if not request.user.is_authenticated:
            raise NotAuthenticated("Sign in, or send a token.")
        tokens = AuthToken.objects.filter(user=request.user).order_by("-created")
        return Response(serializers.TokenSerializer(tokens, many=True).data)

    @extend_schema(
        operation_id="tokens_create", request=serializers.TokenRequest, responses={201: serializers.NewToken}
    )
    def post(self, request: ApiRequest) -> Response:
        """A new token, by e-mail address and password or from a signed-in browser; its text is shown this once."""
        data = serializers.TokenRequest(data=request.data)
        data.is_valid(raise_exception=True)
        user = self._person(request, data.validated_data)
        with refusals():
            made, token = services.create_token(user=user, days=data.validated_data["days"])
        made.token = token
        return Response(serializers.NewToken(made).data, status=status.HTTP_201_CREATED)

    @staticmethod
    def _person(request: ApiRequest, data: dict[str, Any]) -> User:
        if isinstance(request.successful_authenticator, SessionAuthentication):
            return request.user
        if not (data.get("email") and data.get("password")):
            raise Problem(
                "credentials-missing", "Send email and password, or sign in with a browser first.", status=401
            )
        try:
            user = get_adapter().authenticate(request._request, email=data["email"], password=data["password"])
        except DjangoValidationError as fault:
            raise Problem("too-many-attempts", " ".join(fault.messages), status=429) from fault
        if not isinstance(user, User) or not user.is_active:
            raise Problem("credentials-wrong", "This address and password do not belong together.", status=401)
        if is_mfa_enabled(user):
            raise Problem(
                "second-step-needed",
                "You sign in with two steps. Make the token on the page “Tokens for scripts”.",
                status=403,
            )
        return user


class TokenDetail(APIView):
    """One of your tokens."""

    @extend_schema(operation_id="tokens_delete", responses={204: None})
    def delete(self, request: ApiRequest, key: str) -> Response:
        """Close it."""
        if not services.delete_token(user=request.user, key=key):
            raise Http404("No token of yours begins like this.")
        return Response(status=status.HTTP_204_NO_CONTENT)


class Me(APIView):
    """You."""

    @extend_schema(operation_id="me", responses=serializers.MeSerializer)
    def get(self, request: ApiRequest) -> Response:
        """Who the token belongs to, with teams and offices."""
        return Response(serializers.MeSerializer(request.user).data)


class EventList(ListAPIView):
    """What you were told, for programs that watch instead of mails."""

    request: ApiRequest
    serializer_class = serializers.EventSerializer

    def get_queryset(self):
        return selectors.notices_of(self.request.user)

    @extend_schema(operation_id="events_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Newest first, without totals; links, and nothing of a review."""
        check_filters(request)
        return super().get(request, *args, **kwargs)


class ProjectList(ListAPIView):
    """Projects you may read, newest first."""

    request: ApiRequest
    serializer_class = serializers.ProjectSerializer
    pagination_class = ByAge

    def get_queryset(self):
        return selectors.with_state(selectors.readable_projects(self.request.user), self.request.user)

    @extend_schema(operation_id="projects_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Newest first, without totals."""
        check_filters(request)
        return super().get(request, *args, **kwargs)


class ProjectDetail(APIView):
    """One project."""

    @extend_schema(operation_id="projects_retrieve", responses=serializers.ProjectSerializer)
    def get(self, request: ApiRequest, slug: str) -> Response:
        """A project by its slug."""
        permissions.get_project_or_404(request.user, slug)
        project = selectors.with_state(selectors.readable_projects(request.user), request.user).get(slug=slug)
        return Response(serializers.ProjectSerializer(project).data)


class ProposalList(ListAPIView):
    """Versions you may read."""

    request: ApiRequest
    serializer_class = serializers.ProposalSummary
    pagination_class = ByAge

    def get_queryset(self):
        found = selectors.proposals_for(self.request.user).prefetch_related("pairs")
        if state := self.request.query_params.get("state"):
            if state not in Proposal.State.values:
                raise Problem(
                    "unknown-state",
                    f"There is no state {state}. Known are {', '.join(Proposal.State.values)}.",
                    status=400,
                )
            found = found.filter(state=state)
        if slug := self.request.query_params.get("project"):
            found = found.filter(project__slug=slug)
        return found

    @extend_schema(
        operation_id="proposals_list",
        parameters=[
            OpenApiParameter("state", OpenApiTypes.STR, enum=Proposal.State.values),
            OpenApiParameter("project", OpenApiTypes.STR, description="Slug of a project"),
        ],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Newest first, without totals."""
        check_filters(request, "state", "project")
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="proposals_create",
        request=serializers.NewProposal,
        responses={201: serializers.ProposalSerializer},
        parameters=[ETAG],
    )
    def post(self, request: ApiRequest) -> Response:
        """Write an idea: it makes a project with the first draft of its proposal."""
        data = serializers.NewProposal(data=request.data)
        data.is_valid(raise_exception=True)
        values = dict(data.validated_data)
        team = Team.objects.filter(
            slug=values.pop("team"), memberships__user=request.user, memberships__left_at=None
        ).first()
        if team is None:
            raise Problem("unknown-team", "You are in no team of this slug; GET /me names yours.", where="team")
        with refusals():
            project = services.create_project(user=request.user, team=team, **values)
        proposal = project.proposals.select_related("project").get()
        return _whole(proposal, status.HTTP_201_CREATED)


def _whole(proposal: Proposal, code: int = 200) -> Response:
    return Response(
        serializers.ProposalSerializer(proposal).data, status=code, headers={"ETag": selectors.tag_of(proposal)}
    )


class ProposalDetail(APIView):
    """One version."""

    @extend_schema(operation_id="proposals_retrieve", responses=serializers.ProposalSerializer, parameters=[ETAG])
    def get(self, request: ApiRequest, pk: int) -> Response:
        """All of its answers; the ETag is what a change sends as If-Match."""
        return _whole(get_proposal(request.user, pk))

    @extend_schema(
        operation_id="proposals_change",
        request=serializers.ProposalChange,
        responses=serializers.ProposalSerializer,
        parameters=[IF_MATCH, ETAG],
    )
    def patch(self, request: ApiRequest, pk: int) -> Response:
        """Change answers of a draft. Without If-Match 428; if somebody saved since you read it 412, and nothing is changed."""
        proposal = get_proposal(request.user, pk, Role.MEMBER)
        tag = request.headers.get("If-Match", "")
        if not tag:
            raise Problem(
                "if-match-missing",
                "Send the ETag of the version you read as If-Match, so that nobody's text is lost.",
                status=428,
            )
        data = serializers.ProposalChange(data=request.data, context={"proposal": proposal})
        data.is_valid(raise_exception=True)
        given = data.validated_data
        pairs = [(pair["x"], pair["y"], pair["is_hard"]) for pair in given["pairs"]] if "pairs" in given else None
        with refusals():
            changed = services.edit_proposal(
                proposal=proposal,
                user=request.user,
                tag=tag,
                answers=given["answers"],
                values=given.get("mapping", {}),
                pairs=pairs,
            )
        return _whole(changed)


class ProposalSubmit(APIView):
    """Hand a version to review."""

    @extend_schema(operation_id="proposals_submit", request=None, responses=serializers.ProposalSerializer)
    def post(self, request: ApiRequest, pk: int) -> Response:
        """Freeze the draft; refused only while a starred question is empty."""
        proposal = get_proposal(request.user, pk, Role.OWNER)
        with refusals():
            proposal = services.submit_proposal(proposal=proposal, user=request.user)
        return _whole(proposal)
