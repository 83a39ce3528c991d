"""What the API sends and takes. Every number comes with its interval, its part, its n and the version it was made on."""

from typing import Any

from rest_framework import serializers

from datasets.models import Look
from evaluations import selectors
from evaluations.core.rungs import RUNGS
from evaluations.models import CurvePoint, Forecast, Ladder, Run, Verdict
from evaluations.words import speech
from projects.core.measures import MEASURES
from projects.models import Criterion


class RunSerializer(serializers.ModelSerializer[Run]):
    """A run: state while it goes on, score on validation with its 95% interval once it is done."""

    part = serializers.CharField(default="validation", read_only=True)

    class Meta:
        model = Run
        fields = (
            "id", "ladder", "recipe", "rung", "state", "progress", "problem", "history", "metric", "part", "version",
            "score", "low", "high", "train_score", "rank", "rows_validation", "rows_trained", "cpu_seconds",
            "curve", "best_x", "diagnosis", "against_best", "settings", "note", "queued_at", "started_at", "ended_at",
        )  # fmt: skip
        read_only_fields = fields


class LadderSerializer(serializers.ModelSerializer[Ladder]):
    """A ladder with its runs, the lowest rung first."""

    runs = serializers.SerializerMethodField()
    criterion = serializers.IntegerField(source="criterion.number", default=None, read_only=True)
    next_step = serializers.SerializerMethodField()

    class Meta:
        model = Ladder
        fields = (
            "id",
            "version",
            "metric",
            "criterion",
            "budget",
            "seed",
            "rule",
            "asked_at",
            "guess",
            "optimism",
            "runs",
            "next_step",
        )
        read_only_fields = fields

    def get_runs(self, ladder: Ladder) -> list[dict[str, Any]]:
        return list(RunSerializer(self.context["runs"], many=True).data)

    def get_next_step(self, ladder: Ladder) -> dict[str, str] | None:
        return self.context["next_step"]


class LadderAskSerializer(serializers.Serializer[Any]):
    """What may be asked of a new ladder; all of it may be left out."""

    seed = serializers.IntegerField(min_value=0, max_value=2**31 - 1, default=0)
    budget = serializers.IntegerField(
        min_value=5, max_value=24 * 3600, required=False, help_text="CPU seconds for all rungs"
    )
    only = serializers.ListField(
        child=serializers.ChoiceField(choices=list(RUNGS)), default=list, help_text="Recipes; all where left out"
    )
    guess = serializers.FloatField(
        min_value=-1e12, max_value=1e12, required=False, help_text="of the best score, in the metric's own unit"
    )
    rule = serializers.CharField(
        max_length=2000, default="", allow_blank=True, help_text='your own rule, as in weight > 200 and handle == "yes"'
    )


class CurvePointSerializer(serializers.ModelSerializer[CurvePoint]):
    class Meta:
        model = CurvePoint
        fields = ("x", "train_loss", "validation_loss", "train_score", "validation_score")
        read_only_fields = fields


class CurveSerializer(serializers.Serializer[Any]):
    """A run's curve: best and last point are always among the points."""

    run = serializers.UUIDField()
    over = serializers.ChoiceField(choices=["epoch", "round", "rows"])
    open = serializers.BooleanField(help_text="more points may come")
    best_x = serializers.FloatField(allow_null=True)
    last_x = serializers.FloatField(allow_null=True)
    points = CurvePointSerializer(many=True)


class ForecastAskSerializer(serializers.Serializer[Any]):
    """What may be asked of a forecast; all of it may be left out."""

    budget = serializers.IntegerField(min_value=5, max_value=24 * 3600, required=False, help_text="CPU seconds")
    row_cost = serializers.FloatField(min_value=0, required=False, help_text="what one label costs")


class ForecastSerializer(serializers.ModelSerializer[Forecast]):
    """Would more data help? Train rows for the level: likely, at best (`low`) and at worst (`high`); null: not within 8 times."""

    rows_needed = serializers.SerializerMethodField()
    low = serializers.SerializerMethodField()
    high = serializers.SerializerMethodField()
    message = serializers.SerializerMethodField()

    class Meta:
        model = Forecast
        fields = (
            "id", "run", "state", "progress", "problem", "budget", "row_cost", "queued_at", "ended_at",
            "rows_needed", "low", "high", "message", "result",
        )  # fmt: skip
        read_only_fields = fields

    def get_rows_needed(self, forecast: Forecast) -> float | None:
        return self._answer(forecast)["rows_needed"]

    def get_low(self, forecast: Forecast) -> float | None:
        return self._answer(forecast)["low"]

    def get_high(self, forecast: Forecast) -> float | None:
        return self._answer(forecast)["high"]

    def get_message(self, forecast: Forecast) -> str:
        return str(self._answer(forecast)["message"])

    def _answer(self, forecast: Forecast) -> dict[str, Any]:
        return selectors.forecast_data(forecast, speech(forecast.run.metric))


class BoardEntrySerializer(serializers.Serializer[Any]):
    """One line of the leaderboard."""

    id = serializers.UUIDField()
    recipe = serializers.CharField()
    rung = serializers.IntegerField()
    rank = serializers.IntegerField(help_text="the same rank: cannot be told apart from the best")
    score = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()
    train_score = serializers.FloatField()
    cpu_seconds = serializers.FloatField()
    rows_validation = serializers.IntegerField()
    ended_at = serializers.DateTimeField()


class BoardSerializer(serializers.Serializer[Any]):
    """A page of 50 of the leaderboard: by rank, inside a rank by CPU seconds."""

    metric = serializers.CharField()
    greater_is_better = serializers.BooleanField()
    part = serializers.CharField()
    version = serializers.UUIDField()
    criterion = serializers.IntegerField(allow_null=True)
    level = serializers.FloatField(allow_null=True)
    entries = BoardEntrySerializer(many=True)
    next = serializers.CharField(allow_null=True)


class LookSerializer(serializers.ModelSerializer[Look]):
    """A line of the ledger. Nothing but the answer depends on the sealed labels."""

    by = serializers.CharField(source="user.name", read_only=True)

    class Meta:
        model = Look
        fields = (
            "id", "state", "by", "model_name", "reason", "guess", "spent_at", "scored_at", "number", "released",
            "rung", "lower", "upper", "bits", "sentence",
        )  # fmt: skip
        read_only_fields = fields


class LedgerSerializer(serializers.Serializer[Any]):
    """The looks of a project, and whether there is one now."""

    looks_left = serializers.IntegerField()
    next_look_at = serializers.DateTimeField(allow_null=True)
    counted_by = serializers.CharField(allow_null=True)
    refusal = serializers.CharField(allow_null=True)
    bits_spent = serializers.FloatField()
    bits_budget = serializers.FloatField()
    rows = serializers.IntegerField()
    looks = LookSerializer(many=True)


class LookAskSerializer(serializers.Serializer[Any]):
    """A look on one run. The header Idempotency-Key makes a repeat harmless."""

    run = serializers.UUIDField()
    reason = serializers.CharField(max_length=2000)
    guess = serializers.FloatField(
        required=False, allow_null=True, help_text="in the metric's own unit; a share between 0 and 1"
    )


class CriterionSerializer(serializers.ModelSerializer[Criterion]):
    """The success criterion; an amendment is the next number and the old one stays."""

    metric = serializers.ChoiceField(choices=list(MEASURES))
    locked_by = serializers.CharField(source="locked_by.name", read_only=True)

    class Meta:
        model = Criterion
        fields = (
            "number", "metric", "level", "smallest_difference", "reason", "locked_at", "locked_by", "results_seen", "fingerprint",
        )  # fmt: skip
        read_only_fields = ("number", "locked_at", "locked_by", "results_seen", "fingerprint")


class VerdictSerializer(serializers.ModelSerializer[Verdict]):
    """What the rules said at the opening, with the scores and intervals it rests on."""

    result = serializers.JSONField(source="opening.result", read_only=True)

    class Meta:
        model = Verdict
        fields = (
            "code",
            "title",
            "sentence",
            "rule",
            "footnote",
            "rows_to_decide",
            "rules_version",
            "made_at",
            "result",
        )
        read_only_fields = fields


class PartSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    rows = serializers.IntegerField()
    fingerprint = serializers.CharField()


class MedianSerializer(serializers.Serializer[Any]):
    label = serializers.CharField()  # type: ignore[assignment]
    median = serializers.FloatField(allow_null=True)
    low = serializers.IntegerField(allow_null=True)
    high = serializers.IntegerField(allow_null=True)
    is_weakest = serializers.BooleanField()


class ReportSerializer(serializers.Serializer[Any]):
    """The one-page report as data, in the order in which it is printed."""

    project = serializers.CharField(source="project.name")
    medians = MedianSerializer(many=True)
    criterion = CriterionSerializer(allow_null=True)
    data = serializers.CharField(source="version", allow_null=True)  # type: ignore[assignment]
    parts = PartSerializer(many=True)
    ladder = serializers.SerializerMethodField()
    looks = serializers.IntegerField()
    bits = serializers.FloatField()
    verdict = VerdictSerializer(allow_null=True, default=None)

    def get_ladder(self, report: dict[str, Any]) -> list[dict[str, Any]]:
        wanted = ("rung", "name", "score", "low", "high", "seconds", "status")
        return [{key: row[key] for key in wanted} for row in report["ladder_rows"]]


class KeptPointSerializer(serializers.Serializer[Any]):
    """The threshold kept with a run, and the costs it was chosen for."""

    threshold = serializers.FloatField()
    terms = serializers.DictField(child=serializers.FloatField())


class CheapestSerializer(serializers.Serializer[Any]):
    """The threshold of highest value on validation, and the 95% range of where it lies."""

    threshold = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()
    value = serializers.FloatField()


class OperatingSerializer(serializers.Serializer[Any]):
    """How a run decides on validation. The figures of a threshold are there for a yes-or-no run only."""

    run = serializers.UUIDField()
    part = serializers.CharField()
    version = serializers.UUIDField()
    n = serializers.IntegerField()
    found = serializers.DictField(help_text="counts by threshold, class or size; areas and calibration")
    kept = KeptPointSerializer(allow_null=True)
    threshold = serializers.FloatField(required=False)
    precision = serializers.FloatField(required=False, allow_null=True)
    recall = serializers.FloatField(required=False)
    false_alarms = serializers.FloatField(required=False)
    value = serializers.FloatField(required=False, help_text="a decision, running cost taken off")
    captured = serializers.FloatField(required=False, allow_null=True)
    break_even = serializers.FloatField(required=False, allow_null=True)
    speed_of_light = serializers.FloatField(required=False, help_text="a decision")
    cheapest = CheapestSerializer(required=False)


class OperatingAskSerializer(serializers.Serializer[Any]):
    """A threshold, and what answers cost; what is left out begins with what is known."""

    t = serializers.FloatField(min_value=0, max_value=1, help_text="say yes from this probability on")
    miss = serializers.FloatField(min_value=0, max_value=1e12, required=False)
    alarm = serializers.FloatField(min_value=0, max_value=1e12, required=False)
    hit = serializers.FloatField(min_value=0, max_value=1e12, required=False)
    rest = serializers.FloatField(min_value=0, max_value=1e12, required=False)
    running = serializers.FloatField(min_value=0, max_value=1e12, required=False)
