"""What the API sends and takes. Every number comes with its interval, its part, its n and the version it was made on."""

from typing import Any

from rest_framework import serializers

from evaluations import selectors
from evaluations.core.remedies import REMEDIES
from evaluations.core.rungs import RUNGS
from evaluations.models import (
    CurvePoint,
    Forecast,
    Inspection,
    Ladder,
    Prediction,
    PredictionsFile,
    Run,
    Spread,
)
from evaluations.words import speech
from projects.core.measures import MEASURES
from projects.models import Criterion


class RunSerializer(serializers.ModelSerializer[Run]):
    """A run: state while it goes on, score on validation with its 95% interval once it is done."""

    part = serializers.CharField(default="validation", read_only=True)

    class Meta:
        model = Run
        fields = (
            "id", "ladder", "recipe", "name", "rung", "state", "progress", "problem", "history", "metric", "part", "version",
            "score", "low", "high", "train_score", "rank", "rows_validation", "rows_trained", "cpu_seconds",
            "curve", "best_x", "diagnosis", "against_best", "settings", "note",
            "remedy_of", "change", "budget", "queued_at", "started_at", "ended_at",
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


class RemedyAskSerializer(serializers.Serializer[Any]):
    """Which remedy to try."""

    remedy = serializers.ChoiceField([(remedy.name, remedy.title) for remedy in REMEDIES.values()])


class SpreadAskSerializer(serializers.Serializer[Any]):
    """What the other seeds may cost; may be left out."""

    budget = serializers.IntegerField(min_value=5, max_value=24 * 3600, required=False, help_text="CPU seconds")


class SpreadSerializer(serializers.ModelSerializer[Spread]):
    """How much of a score is chance: `result` has each seed's score on validation, their mean and standard deviation."""

    class Meta:
        model = Spread
        fields = ("id", "run", "state", "progress", "problem", "budget", "queued_at", "ended_at", "result")
        read_only_fields = fields


class PredictionsFileSerializer(serializers.ModelSerializer[PredictionsFile]):
    """A file of predictions: refused with its reason, or the run it became. `parts` are the rows it covers."""

    class Meta:
        model = PredictionsFile
        fields = (
            "id", "state", "file_name", "name", "only_check", "parts", "run", "problem", "refusal", "queued_at", "ended_at",
        )  # fmt: skip
        read_only_fields = fields


class PredictionsAskSerializer(serializers.Serializer[Any]):
    """A file of predictions, to be scored on validation or only checked."""

    file = serializers.FileField()
    name = serializers.CharField(max_length=40, default="", allow_blank=True, help_text="of the model")
    only_check = serializers.BooleanField(default=False, help_text="score nothing")
    run = serializers.UUIDField(
        required=False, help_text="an uploaded model that says more: of a fresh set, or of the test set that grew"
    )
    part = serializers.RegexField(
        "^(checkpoint|final|fresh-[1-9][0-9]*)$", required=False, help_text="of which rows; needed with `run`"
    )

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        if ("run" in values) != ("part" in values):
            raise serializers.ValidationError({"part": "Send run and part together, or neither."})
        return values


class InspectionSerializer(serializers.ModelSerializer[Inspection]):
    """What a run looks at, on validation: `result` has `importance` by column, mean, sd, low and high of five repeats;
    `dependence` of the answer on the most important ones; and, for the team, the rows that are most `wrong`."""

    result = serializers.SerializerMethodField()

    class Meta:
        model = Inspection
        fields = ("id", "run", "state", "progress", "problem", "queued_at", "ended_at", "result")
        read_only_fields = fields

    def get_result(self, inspection: Inspection) -> dict[str, Any] | None:
        found = inspection.result
        if found is None or self.context["is_member"]:
            return found
        return {name: found[name] for name in ("importance", "dependence")}


class PredictionAskSerializer(serializers.Serializer[Any]):
    """Rows without labels, with the columns that the model was fitted on."""

    file = serializers.FileField()


class PredictionSerializer(serializers.ModelSerializer[Prediction]):
    """Unlabelled rows on their way through a run's model; `rows` once they were read."""

    class Meta:
        model = Prediction
        fields = ("id", "run", "state", "progress", "problem", "file_name", "bytes", "rows", "queued_at", "ended_at")
        read_only_fields = fields


class SurpriseSerializer(serializers.Serializer[Any]):
    """A guess, and how it came out: better, worse, or as guessed (within the interval of the best rung)."""

    project = serializers.CharField(source="project.slug")
    run = serializers.UUIDField(help_text="the best of the ladder")
    asked_at = serializers.DateTimeField(source="at")
    metric = serializers.CharField()
    guess = serializers.FloatField(source="value")
    score = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()
    outcome = serializers.ChoiceField(choices=["better", "worse", "as guessed"])
    results_before = serializers.IntegerField(help_text="results that could be seen when the guess was made")


class BoardEntrySerializer(serializers.Serializer[Any]):
    """One line of the leaderboard."""

    id = serializers.UUIDField()
    recipe = serializers.CharField()
    name = serializers.CharField(help_text="of uploaded predictions")
    rung = serializers.IntegerField()
    rank = serializers.IntegerField(help_text="the same rank: cannot be told apart from the best")
    score = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()
    train_score = serializers.FloatField(allow_null=True, help_text="null for uploaded predictions")
    cpu_seconds = serializers.FloatField(allow_null=True, help_text="null for uploaded predictions")
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


class GuardSerializer(serializers.Serializer[Any]):
    """A measure that must hold beside the main one."""

    metric = serializers.ChoiceField(choices=list(MEASURES))
    level = serializers.FloatField()


class SliceSerializer(serializers.Serializer[Any]):
    """The main measure on the rows with one value in a column."""

    column = serializers.CharField(max_length=200)
    value = serializers.CharField(max_length=200)
    level = serializers.FloatField()


class PortfolioSerializer(serializers.Serializer[Any]):
    """Projects in bands; `overlaps` names neighbouring ranks that cannot be told apart."""

    projects = serializers.ListField(child=serializers.DictField())
    overlaps = serializers.ListField(child=serializers.CharField())
    alpha = serializers.FloatField(allow_null=True)


class CriterionSerializer(serializers.ModelSerializer[Criterion]):
    """The success criterion; an amendment is the next number and the old one stays."""

    metric = serializers.ChoiceField(choices=list(MEASURES))
    guards = GuardSerializer(many=True, required=False)
    slices = SliceSerializer(many=True, required=False)
    locked_by = serializers.CharField(source="locked_by.name", read_only=True)

    class Meta:
        model = Criterion
        fields = (
            "number", "metric", "level", "smallest_difference", "guards", "slices", "stop_rule",
            "today", "people", "looks_wanted", "reason", "locked_at", "locked_by", "results_seen", "fingerprint",
        )  # fmt: skip
        read_only_fields = ("number", "locked_at", "locked_by", "results_seen", "fingerprint")


class AlwaysSameSerializer(serializers.Serializer[Any]):
    """What always the same answer gets on the labelled rows of train and validation."""

    answer = serializers.CharField()
    share = serializers.FloatField(help_text="of the rows sorted right")
    rows = serializers.IntegerField()


class CostsSerializer(serializers.Serializer[Any]):
    """What a wrong answer costs: as kept with an operating point, else as answer T1 of the proposal states it."""

    miss = serializers.FloatField()
    alarm = serializers.FloatField()
    run = serializers.UUIDField(
        allow_null=True, help_text="whose operating point it is; null: the proposal's answer T1"
    )


class CriterionInForceSerializer(CriterionSerializer):
    """The criterion in force, with what is known beside it."""

    always_same = AlwaysSameSerializer(allow_null=True)
    costs = CostsSerializer(allow_null=True)

    class Meta(CriterionSerializer.Meta):
        fields = (*CriterionSerializer.Meta.fields, "always_same", "costs")  # type: ignore[assignment]


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
