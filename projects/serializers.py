"""What the API takes and gives."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from knox.models import AuthToken
from rest_framework import serializers

from projects import selectors
from projects.core import form
from projects.core.criteria import KEYS
from projects.core.mapping import X_KINDS, Y_KINDS, sentence
from projects.models import Decision, Notice, PendingDecision, Project, Proposal, Review, TeamQuestion, TeamReply, User
from projects.services.decisions import MOST_TRY_HOURS
from projects.services.proposals import PAIRS_AT_MOST

TEXT_AT_MOST = 20_000


class TokenRequest(serializers.Serializer):
    """Address and password, unless a browser session is signed in."""

    email = serializers.EmailField(required=False)
    password = serializers.CharField(required=False, trim_whitespace=False, style={"input_type": "password"})
    days = serializers.IntegerField(min_value=1, max_value=365, default=90)


class TokenSerializer(serializers.ModelSerializer):
    """A token as it is listed: `id` is how it begins."""

    id = serializers.CharField(source="token_key", read_only=True)

    class Meta:
        model = AuthToken
        fields = ["id", "created", "expiry"]
        read_only_fields = fields


class NewToken(TokenSerializer):
    """A token just made; `token` is shown this once."""

    token = serializers.CharField(read_only=True)

    class Meta(TokenSerializer.Meta):
        fields = ["id", "token", "created", "expiry"]
        read_only_fields = fields


class MembershipSerializer(serializers.Serializer):
    slug = serializers.CharField(source="team.slug")
    name = serializers.CharField(source="team.name")
    role = serializers.CharField()


class MeSerializer(serializers.ModelSerializer):
    """Who is asking."""

    teams = serializers.SerializerMethodField()

    class Meta:
        model = User
        fields = ["id", "email", "name", "time_zone", "is_administrator", "is_steward", "teams"]
        read_only_fields = fields

    @extend_schema_field(MembershipSerializer(many=True))
    def get_teams(self, user: User) -> Any:
        memberships = user.memberships.filter(left_at=None).select_related("team").order_by("team__name")
        return MembershipSerializer(memberships, many=True).data


class ProjectSerializer(serializers.ModelSerializer):
    """A project one may read; `team` is null while a blind review of it is owed."""

    team = serializers.SerializerMethodField()
    step = serializers.CharField(source="get_reached_display", read_only=True)
    proposal_state = serializers.CharField(read_only=True, allow_null=True)
    proposal_number = serializers.IntegerField(read_only=True, allow_null=True)
    outcome = serializers.CharField(read_only=True, allow_null=True)

    class Meta:
        model = Project
        fields = [
            "id",
            "slug",
            "name",
            "team",
            "is_sandbox",
            "is_private",
            "reached",
            "step",
            "proposal_state",
            "proposal_number",
            "outcome",
            "created_at",
        ]
        read_only_fields = fields

    def get_team(self, project: Project) -> str | None:
        return None if getattr(project, "hides_team", False) else project.team.slug


class NewProposal(serializers.Serializer):
    """An idea: it makes the project and its first draft."""

    name = serializers.CharField(max_length=100)
    team = serializers.SlugField(help_text="Slug of one of your teams")
    idea = serializers.CharField(max_length=TEXT_AT_MOST, required=False, allow_blank=True, default="")
    is_private = serializers.BooleanField(default=False)


class PairSerializer(serializers.Serializer):
    x = serializers.CharField(max_length=200, allow_blank=True, default="")
    y = serializers.CharField(max_length=200, allow_blank=True, default="")
    is_hard = serializers.BooleanField(default=False)


class MappingSerializer(serializers.Serializer):
    """The X→Y mapping; what is left out stays."""

    x = serializers.CharField(max_length=200, required=False, allow_blank=True)
    x_kind = serializers.ChoiceField(choices=list(X_KINDS), required=False, allow_blank=True)
    y = serializers.CharField(max_length=200, required=False, allow_blank=True)
    y_kind = serializers.ChoiceField(choices=list(Y_KINDS), required=False, allow_blank=True)
    row_means = serializers.CharField(max_length=200, required=False, allow_blank=True)
    known_at = serializers.CharField(max_length=200, required=False, allow_blank=True)
    truth_after = serializers.CharField(max_length=200, required=False, allow_blank=True)


class AnswerSerializer(serializers.Serializer):
    text = serializers.CharField(max_length=TEXT_AT_MOST, allow_blank=True, default="", trim_whitespace=False)
    choice = serializers.ChoiceField(choices=list(form.TRIED), allow_blank=True, default="")
    ticks = serializers.ListField(child=serializers.ChoiceField(choices=list(form.RAILS)), default=list)


class ProposalChange(serializers.Serializer):
    """Answers by question id, the mapping, the pairs; what is left out stays. Its context holds the proposal."""

    answers = serializers.DictField(child=AnswerSerializer(), required=False, default=dict)
    mapping = MappingSerializer(required=False)
    pairs = serializers.ListField(child=PairSerializer(), required=False, max_length=PAIRS_AT_MOST)

    def validate_answers(self, answers: dict[str, Any]) -> dict[str, Any]:
        asked = selectors.form_of(self.context["proposal"]).questions.values()
        known = [question.id for question in asked if question.kind != "mapping"]
        if unknown := sorted(set(answers) - set(known)):
            raise serializers.ValidationError(
                f"There is no question {unknown[0]}. The questions are {', '.join(known)}."
            )
        return answers


class ExtraSerializer(serializers.Serializer):
    """A question that the organisation asks beside the 25; its answer stands under its id."""

    id = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    help = serializers.CharField(allow_blank=True)
    section = serializers.ChoiceField(choices=list(form.BUILT_IN.by_key))
    required = serializers.BooleanField()  # type: ignore[assignment]


class OpenPoint(serializers.Serializer):
    question = serializers.CharField()
    reason = serializers.CharField()


class EventSerializer(serializers.ModelSerializer):
    """One thing that you were told; `page` is the path of the page behind it."""

    project = serializers.CharField(source="project.slug", default=None, allow_null=True)

    class Meta:
        model = Notice
        fields = ["id", "kind", "words", "page", "project", "at", "read_at"]
        read_only_fields = fields


class ProposalSummary(serializers.ModelSerializer):
    """A version in a list."""

    project = serializers.CharField(source="project.slug")
    name = serializers.CharField(source="project.name")
    sentence = serializers.SerializerMethodField()

    class Meta:
        model = Proposal
        fields = ["id", "project", "name", "number", "state", "sentence", "submitted_at"]
        read_only_fields = fields

    def get_sentence(self, proposal: Proposal) -> str:
        return sentence(selectors.mapping_of(proposal))


class ProposalSerializer(ProposalSummary):
    """A whole version."""

    answers = serializers.SerializerMethodField()
    mapping = serializers.SerializerMethodField()
    pairs = PairSerializer(many=True)
    extra_questions = serializers.SerializerMethodField()
    open_points = serializers.SerializerMethodField()

    class Meta(ProposalSummary.Meta):
        fields = [*ProposalSummary.Meta.fields, "mapping", "pairs", "extra_questions", "answers", "open_points"]
        read_only_fields = fields

    @extend_schema_field(serializers.DictField(child=AnswerSerializer()))
    def get_answers(self, proposal: Proposal) -> Any:
        return {answer.question: AnswerSerializer(answer).data for answer in proposal.answers.all()}

    @extend_schema_field(ExtraSerializer(many=True))
    def get_extra_questions(self, proposal: Proposal) -> Any:
        asked = proposal.question_set.extras.questions if proposal.question_set else ()
        return ExtraSerializer(asked, many=True).data

    @extend_schema_field(MappingSerializer)
    def get_mapping(self, proposal: Proposal) -> Any:
        return MappingSerializer(proposal).data

    @extend_schema_field(OpenPoint(many=True))
    def get_open_points(self, proposal: Proposal) -> Any:
        points = selectors.form_of(proposal).open_points(selectors.replies_of(proposal), selectors.mapping_of(proposal))
        return [{"question": question.id, "reason": reason} for question, reason in points]


class ScoreSerializer(serializers.Serializer):
    """1 to 5, 0 for "cannot judge", null for not yet."""

    value = serializers.IntegerField(min_value=0, max_value=5, allow_null=True, default=None)
    reason = serializers.CharField(max_length=TEXT_AT_MOST, allow_blank=True, default="")


class ReviewChange(serializers.Serializer):
    """The whole of one's own review; with `submit` it counts, for good."""

    scores = serializers.DictField(child=ScoreSerializer(), default=dict)
    confidence = serializers.IntegerField(min_value=1, max_value=3, allow_null=True, default=None)
    strength = serializers.CharField(max_length=TEXT_AT_MOST, allow_blank=True, default="")
    worry = serializers.CharField(max_length=TEXT_AT_MOST, allow_blank=True, default="")
    change_mind = serializers.CharField(max_length=TEXT_AT_MOST, allow_blank=True, default="")
    submit = serializers.BooleanField(default=False)

    def validate_scores(self, scores: dict[str, Any]) -> dict[str, Any]:
        if unknown := sorted(set(scores) - set(KEYS)):
            raise serializers.ValidationError(f"There is no criterion {unknown[0]}. The five are {', '.join(KEYS)}.")
        return scores


class OwnReview(serializers.ModelSerializer):
    """One's own review, draft or submitted."""

    scores = serializers.SerializerMethodField()

    class Meta:
        model = Review
        fields = ["state", "revision", "scores", "confidence", "strength", "worry", "change_mind", "submitted_at"]
        read_only_fields = fields

    @extend_schema_field(serializers.DictField(child=ScoreSerializer()))
    def get_scores(self, review: Review) -> Any:
        scores = review.scores.all()
        return {s.criterion: {"value": 0 if s.cannot_judge else s.value, "reason": s.reason} for s in scores}


class ShownReview(serializers.Serializer):
    """A submitted review that may be seen; the name only for the handler."""

    letter = serializers.CharField()
    name = serializers.CharField(allow_blank=True)
    scores = serializers.DictField(child=serializers.IntegerField(allow_null=True))
    reasons = serializers.SerializerMethodField()
    confidence = serializers.IntegerField(source="review.confidence")
    strength = serializers.CharField(source="review.strength")
    worry = serializers.CharField(source="review.worry")
    change_mind = serializers.CharField(source="review.change_mind")

    def get_reasons(self, voice: Any) -> dict[str, str]:
        return {label: reason for label, _, reason in voice.reasons}


class SummarySerializer(serializers.Serializer):
    """One criterion: mean, median and range side by side."""

    criterion = serializers.CharField(source="criterion.key")
    n = serializers.IntegerField()
    median = serializers.FloatField(allow_null=True)
    mean = serializers.FloatField(allow_null=True)
    low = serializers.IntegerField(allow_null=True)
    high = serializers.IntegerField(allow_null=True)
    sd = serializers.FloatField(allow_null=True)
    is_weakest = serializers.BooleanField()
    is_blocker = serializers.BooleanField()


class ShiftSerializer(serializers.Serializer):
    """A score changed in the discussion: what it was, what came next, and why."""

    letter = serializers.CharField()
    criterion = serializers.CharField(source="label")
    was = serializers.IntegerField(source="change.value", allow_null=True)
    became = serializers.IntegerField(allow_null=True)
    why = serializers.CharField(source="change.why")
    changed_at = serializers.DateTimeField(source="change.changed_at")


class CriterionScaleSerializer(serializers.Serializer):
    """One of the five; `anchors` say what the scores 1 to 5 mean."""

    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    question = serializers.CharField()
    anchors = serializers.ListField(child=serializers.CharField())
    weight = serializers.FloatField()
    floor = serializers.IntegerField(allow_null=True)


class RubricSerializer(serializers.Serializer):
    """The version of the rules of reviewing that a round is scored by; `number` of a draft is the one in force."""

    number = serializers.IntegerField()
    criteria = CriterionScaleSerializer(many=True)


class ReviewBoardSerializer(serializers.Serializer):
    """Hidden reviews are absent, not masked: `reviews` is empty whether there are none or they are hidden."""

    reviews = ShownReview(many=True)
    criteria = SummarySerializer(many=True)
    changes = ShiftSerializer(many=True)
    rubric = RubricSerializer()
    is_provisional = serializers.BooleanField(allow_null=True)


class QuestionSerializer(serializers.ModelSerializer):
    """A question to the team and its answer; nobody's name is given."""

    is_mine = serializers.SerializerMethodField()

    class Meta:
        model = TeamQuestion
        fields = ["id", "text", "asked_at", "answer", "answered_at", "is_mine"]
        read_only_fields = ["id", "asked_at", "answer", "answered_at", "is_mine"]

    def get_is_mine(self, question: TeamQuestion) -> bool:
        return question.asked_by_id == self.context["request"].user.pk


class AskedReview(serializers.ModelSerializer):
    """A review that you asked for as the handler: who writes it and how far it is; nothing of what it says."""

    reviewer = serializers.CharField(source="reviewer.name")

    class Meta:
        model = Review
        fields = ["id", "reviewer", "state", "invited_at", "due_on", "released_at", "release_reason"]
        read_only_fields = fields


class Release(serializers.Serializer):
    """Why you release a reviewer, needed where they said yes and have time left; and whom you ask instead."""

    reason = serializers.CharField(max_length=4000, allow_blank=True, default="")
    instead = serializers.EmailField(required=False, help_text="Of somebody without a conflict")
    due_on = serializers.DateField(allow_null=True, default=None)


class GiveBack(serializers.Serializer):
    """Why you write no review."""

    why = serializers.ChoiceField(choices=["declined", "abstained", "conflict"])


class ReplySerializer(serializers.ModelSerializer):
    """The team's reply; nobody's name is given."""

    class Meta:
        model = TeamReply
        fields = ["text", "sent_at"]
        read_only_fields = ["sent_at"]


class DecisionChange(serializers.Serializer):
    """What the handler decides; `hold_until` is a date or an event, where the outcome is hold."""

    outcome = serializers.ChoiceField(choices=Decision.Outcome.choices)
    reasons = serializers.CharField(max_length=TEXT_AT_MOST)
    dissent = serializers.CharField(max_length=TEXT_AT_MOST, required=False, allow_blank=True, default="")
    hold_until = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    try_hours = serializers.IntegerField(
        min_value=1, max_value=MOST_TRY_HOURS, required=False, allow_null=True, default=None
    )


class DecisionSerializer(serializers.ModelSerializer):
    """What was decided, by whom and when."""

    decided_by = serializers.CharField(source="decided_by.name")

    class Meta:
        model = Decision
        fields = ["outcome", "reasons", "dissent", "hold_until", "try_hours", "decided_by", "decided_at"]
        read_only_fields = fields


class PendingChange(DecisionChange):
    """A decision that is kept; `letter` is the handler's own words, `in_outbox` asks for ours."""

    letter = serializers.CharField(max_length=TEXT_AT_MOST, required=False, allow_blank=True, default="")
    in_outbox = serializers.BooleanField(default=False)


class PendingSerializer(serializers.ModelSerializer):
    """What the handler means to decide; an empty letter is not in the outbox."""

    class Meta:
        model = PendingDecision
        fields = ["outcome", "reasons", "dissent", "hold_until", "try_hours", "letter", "saved_at"]
        read_only_fields = fields
