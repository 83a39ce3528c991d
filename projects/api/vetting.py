"""The API's doors to reviews, the team's reply and decisions: the same selectors and services as the pages."""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.response import Response
from rest_framework.views import APIView

from dlstart_web.kit.api import Problem
from projects import permissions, selectors, serializers, services
from projects.api.records import get_proposal, refusals
from projects.http import ApiRequest
from projects.models import Conflict, Decision, PendingDecision, Proposal, Review, User
from projects.permissions import Role
from projects.selectors.records import OPEN_STATES


def own_review(user: User, pk: int, *, released: bool = False) -> Review:
    """The person's own review of a version; 403 for a reader who was not asked, or has a conflict.

    With `released` also one from which they were released: what they wrote stays theirs.
    """
    if released and (kept := selectors.released_review(user, proposal=pk)):
        return kept
    proposal = get_proposal(user, pk)
    review = selectors.my_review(user, proposal)
    if review is None or review.state in permissions.GONE or permissions.has_conflict(user, proposal.project):
        raise PermissionDenied("Only the people asked for a review of this version write one.")
    return review


class ReviewList(APIView):
    """Reviews of a version."""

    @extend_schema(operation_id="reviews_list", responses=serializers.ReviewBoardSerializer)
    def get(self, request: ApiRequest, pk: int) -> Response:
        """The reviews you may see now. Hidden ones are absent, and no count tells of them."""
        proposal = get_proposal(request.user, pk)
        board = selectors.board_of(request.user, proposal)
        shown = {
            "reviews": board.voices if board else [],
            "criteria": board.profile.criteria if board else [],
            "changes": board.shifts if board else [],
            "rubric": selectors.rules_of(proposal),
            "is_provisional": board.profile.is_provisional if board else None,
        }
        return Response(serializers.ReviewBoardSerializer(shown).data)


class OwnReviewDetail(APIView):
    """Your own review of a version."""

    @extend_schema(operation_id="reviews_mine_retrieve", responses=serializers.OwnReview)
    def get(self, request: ApiRequest, pk: int) -> Response:
        """Your draft, or what you submitted; what you had written, too, when you were released."""
        return Response(serializers.OwnReview(own_review(request.user, pk, released=True)).data)

    @extend_schema(operation_id="reviews_mine_write", request=serializers.ReviewChange, responses=serializers.OwnReview)
    def put(self, request: ApiRequest, pk: int) -> Response:
        """Keep your draft as sent; with `submit` it counts for good, and the others' become visible."""
        review = own_review(request.user, pk, released=True)
        data = serializers.ReviewChange(data=request.data)
        data.is_valid(raise_exception=True)
        values = dict(data.validated_data)
        submit = values.pop("submit")
        scores = {key: (score["value"], score["reason"]) for key, score in values.pop("scores").items()}
        with refusals():
            review = services.save_review(review=review, revision=review.revision, scores=scores, **values)
            if submit:
                review = services.submit_review(review=review)
        return Response(serializers.OwnReview(review).data)


class ReviewerList(APIView):
    """Whom you asked for a review, as the handler."""

    @extend_schema(operation_id="reviewers_list", responses=serializers.AskedReview(many=True))
    def get(self, request: ApiRequest, pk: int) -> Response:
        """In the order in which they were asked."""
        asked = get_proposal(request.user, pk, Role.HANDLER).reviews.select_related("reviewer")
        return Response(serializers.AskedReview(asked.order_by("invited_at"), many=True).data)


class ReviewerRelease(APIView):
    """Wait for a review no longer, as the handler."""

    @extend_schema(
        operation_id="reviewers_release", request=serializers.Release, responses=serializers.AskedReview(many=True)
    )
    def post(self, request: ApiRequest, pk: int, review: UUID) -> Response:
        """Release a reviewer whose review is not in, and perhaps ask somebody else in the same act."""
        proposal = get_proposal(request.user, pk, Role.HANDLER)
        late = get_object_or_404(proposal.reviews, pk=review)
        data = serializers.Release(data=request.data)
        data.is_valid(raise_exception=True)
        values = dict(data.validated_data)
        if email := values.pop("instead", ""):
            values["instead"] = selectors.reviewer_candidates(proposal).filter(email=email.lower()).first()
            if values["instead"] is None:
                detail = f"Nobody who can be asked for this review has the address {email}."
                raise Problem("refused", detail, status=422)
        with refusals():
            services.release_review(review=late, by=request.user, **values)
        return ReviewerList().get(request, pk)


class QuestionList(APIView):
    """Questions to the team."""

    @extend_schema(operation_id="questions_list", responses=serializers.QuestionSerializer(many=True))
    def get(self, request: ApiRequest, pk: int) -> Response:
        """Open to the team, the handler and the reviewers."""
        questions = selectors.questions_for(request.user, get_proposal(request.user, pk))
        return Response(serializers.QuestionSerializer(questions, many=True, context={"request": request}).data)

    @extend_schema(
        operation_id="questions_create",
        request=serializers.QuestionSerializer,
        responses={201: serializers.QuestionSerializer},
    )
    def post(self, request: ApiRequest, pk: int) -> Response:
        """Ask the team, as a reviewer or the handler."""
        proposal = get_proposal(request.user, pk)
        if not (
            permissions.is_handler(request.user, proposal.project)
            or permissions.is_reviewer(request.user, proposal.project)
        ):
            raise PermissionDenied("Only the reviewers and the handler of this proposal ask the team here.")
        data = serializers.QuestionSerializer(data=request.data, context={"request": request})
        data.is_valid(raise_exception=True)
        with refusals():
            question = services.ask_team(proposal=proposal, user=request.user, text=data.validated_data["text"])
        return Response(
            serializers.QuestionSerializer(question, context={"request": request}).data, status=status.HTTP_201_CREATED
        )


class ReviewAccept(APIView):
    """Say yes to the invitation."""

    @extend_schema(operation_id="reviews_mine_accept", request=None, responses=serializers.OwnReview)
    def post(self, request: ApiRequest, pk: int) -> Response:
        """The due date stands."""
        review = own_review(request.user, pk)
        with refusals():
            review = services.accept_review(review=review)
        return Response(serializers.OwnReview(review).data)


class ReviewSkip(APIView):
    """Write another one first."""

    @extend_schema(operation_id="reviews_mine_skip", request=None, responses=serializers.OwnReview)
    def post(self, request: ApiRequest, pk: int) -> Response:
        """Put it behind your other reviews; it stays to be written."""
        review = own_review(request.user, pk)
        with refusals():
            review = services.skip_review(review=review)
        return Response(serializers.OwnReview(review).data)


class ReviewGiveBack(APIView):
    """Decline, abstain, or declare a conflict."""

    @extend_schema(operation_id="reviews_mine_give_back", request=serializers.GiveBack, responses={204: None})
    def post(self, request: ApiRequest, pk: int) -> Response:
        """Write no review; with a conflict you see none of this project, ever."""
        review = own_review(request.user, pk)
        data = serializers.GiveBack(data=request.data)
        data.is_valid(raise_exception=True)
        with refusals():
            services.give_back_review(review=review, why=data.validated_data["why"])
        return Response(status=status.HTTP_204_NO_CONTENT)


class ReviewSubmit(APIView):
    """Count your review."""

    @extend_schema(operation_id="reviews_mine_submit", request=None, responses=serializers.OwnReview)
    def post(self, request: ApiRequest, pk: int) -> Response:
        """What you kept counts for good, if nothing is missing; the others' become visible."""
        review = own_review(request.user, pk)
        with refusals():
            review = services.submit_review(review=review)
        return Response(serializers.OwnReview(review).data)


class OwnConflict(APIView):
    """A conflict of your own with a project, before anybody asks you."""

    @extend_schema(operation_id="projects_conflict_declare", request=None, responses={204: None})
    def post(self, request: ApiRequest, slug: str) -> Response:
        """From now on you see no review of this project."""
        project = permissions.get_project_or_404(request.user, slug)
        with refusals():
            services.note_conflict(project=project, user=request.user, by=request.user, kind=Conflict.Kind.DECLARED)
        return Response(status=status.HTTP_204_NO_CONTENT)


class ReplyDetail(APIView):
    """The team's one reply to the reviews."""

    @extend_schema(operation_id="reply_retrieve", responses=serializers.ReplySerializer)
    def get(self, request: ApiRequest, pk: int) -> Response:
        """For whoever may see the reviews that it answers; 404 for everybody else, as where there is none."""
        reply = selectors.reply_for(request.user, get_proposal(request.user, pk))
        if reply is None:
            raise Http404("No reply here.")
        return Response(serializers.ReplySerializer(reply).data)

    @extend_schema(
        operation_id="reply_send", request=serializers.ReplySerializer, responses={201: serializers.ReplySerializer}
    )
    def post(self, request: ApiRequest, pk: int) -> Response:
        """Reply as an owner of the team, once, in 500 words at most."""
        proposal = get_proposal(request.user, pk, Role.OWNER)
        data = serializers.ReplySerializer(data=request.data)
        data.is_valid(raise_exception=True)
        with refusals():
            reply = services.reply_for_team(proposal=proposal, user=request.user, text=data.validated_data["text"])
        return Response(serializers.ReplySerializer(reply).data, status=status.HTTP_201_CREATED)


class DecisionDetail(APIView):
    """What was decided on a version."""

    @extend_schema(operation_id="decision_retrieve", responses=serializers.DecisionSerializer)
    def get(self, request: ApiRequest, pk: int) -> Response:
        """404 while nothing is decided. Reasons and dissent are not shown to whom a conflict closes the reviews."""
        proposal = get_proposal(request.user, pk)
        decision = Decision.objects.filter(proposal=proposal).select_related("decided_by").first()
        decision = selectors.shown_decision(request.user, proposal.project, decision)
        if decision is None:
            raise Http404("Nothing is decided on this version.")
        return Response(serializers.DecisionSerializer(decision).data)

    @extend_schema(
        operation_id="decision_make",
        request=serializers.DecisionChange,
        responses={201: serializers.DecisionSerializer},
    )
    def post(self, request: ApiRequest, pk: int) -> Response:
        """Decide for good, as the handler; the letter goes out."""
        proposal = get_proposal(request.user, pk, Role.HANDLER)
        data = serializers.DecisionChange(data=request.data)
        data.is_valid(raise_exception=True)
        with refusals():
            decision = services.make_decision(proposal=proposal, user=request.user, **data.validated_data)
        return Response(serializers.DecisionSerializer(decision).data, status=status.HTTP_201_CREATED)


class PendingDetail(APIView):
    """What you mean to decide, as the handler; nobody else sees it."""

    @staticmethod
    def get_pending(proposal: Proposal) -> PendingDecision:
        """What waits for this version; 404 where nothing does."""
        pending = PendingDecision.objects.filter(proposal=proposal).first()
        if pending is None or proposal.state not in OPEN_STATES:
            raise Http404("No decision is pending for this version.")
        return pending

    @extend_schema(operation_id="decision_pending_retrieve", responses=serializers.PendingSerializer)
    def get(self, request: ApiRequest, pk: int) -> Response:
        """With its letter, where that is in the outbox."""
        pending = self.get_pending(get_proposal(request.user, pk, Role.HANDLER))
        return Response(serializers.PendingSerializer(pending).data)

    @extend_schema(
        operation_id="decision_pending_write",
        request=serializers.PendingChange,
        responses=serializers.PendingSerializer,
    )
    def put(self, request: ApiRequest, pk: int) -> Response:
        """Keep it; with `letter` that goes to the outbox, with `in_outbox` alone as we would write it."""
        proposal = get_proposal(request.user, pk, Role.HANDLER)
        data = serializers.PendingChange(data=request.data)
        data.is_valid(raise_exception=True)
        values = dict(data.validated_data)
        letter, in_outbox = values.pop("letter").strip(), values.pop("in_outbox")
        with refusals():
            pending = services.save_pending_decision(
                proposal=proposal, user=request.user, **values, letter=bool(letter or in_outbox)
            )
            if letter:
                services.save_letter(pending=pending, user=request.user, text=letter)
                pending.letter = letter
        return Response(serializers.PendingSerializer(pending).data)


class PendingSend(APIView):
    """Decide what is pending."""

    @extend_schema(operation_id="decision_pending_send", request=None, responses={201: serializers.DecisionSerializer})
    def post(self, request: ApiRequest, pk: int) -> Response:
        """For good; the letter goes out as it stands."""
        pending = PendingDetail.get_pending(get_proposal(request.user, pk, Role.HANDLER))
        with refusals():
            decision = services.send_pending_decision(pending=pending, user=request.user)
        return Response(serializers.DecisionSerializer(decision).data, status=status.HTTP_201_CREATED)
