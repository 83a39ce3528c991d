"""Baselines, their runs and curves, what was handed in for a look, and the verdict."""

import shutil
import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.lookups import IsNull
from django.utils import timezone

from datasets import vault
from datasets.models import DatasetVersion, Look, Opening, SealedLadder, TestSet
from dlstart_web.kit.fields import SentenceField, SentencesField
from dlstart_web.kit.jobs import Job
from dlstart_web.kit.say import say
from projects.models import Criterion, Project, User

GIVEN_BACK = say(
    "Our scorer stopped before it could answer. The look was given back, and nothing was learnt from the sealed rows."
)


class Ladder(models.Model):
    """One "run the ladder": the runs of all rungs on one sealed version, with one metric, seed and budget."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="ladders")
    version = models.ForeignKey(DatasetVersion, on_delete=models.PROTECT, related_name="ladders")
    criterion = models.ForeignKey(Criterion, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    metric = models.CharField(max_length=30)
    budget = models.PositiveIntegerField()  # CPU seconds for the whole ladder
    seed = models.PositiveIntegerField(default=0)
    rule = models.TextField(blank=True)  # the team's own rule, a rung of its own (core.rules)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    guess = models.FloatField(null=True, blank=True)  # the best score expected, in the metric's own unit
    results_before = models.PositiveIntegerField(default=0)  # validation results that existed when it was guessed
    optimism = models.FloatField(
        null=True, blank=True
    )  # by how much the best of this board is flattered (STATISTICS 1.4)
    agreement = models.FloatField(default=0.5)  # of its best runs' rights and wrongs on validation, a mean correlation

    class Meta:
        ordering = ["-asked_at"]
        indexes = [models.Index(fields=["project", "-asked_at"], name="ladders_of_a_project")]


# The cheapest first, and last what nobody knows the cost of: an upload. As the indexes of the board have it.
BY_COST = (IsNull(F("cpu_seconds"), True), F("cpu_seconds"), F("id"))


class Run(Job):
    """One rung of a ladder, fitted on train and scored on validation. The job of `evaluations.training`.

    Of the recipe "upload" are predictions that people made elsewhere: written down done, by `evaluations.handing_in`.

    Invariant: a run has a score from the moment it is done, and only then; only runs with a score are ranked.
    """

    TASK = "evaluations.tasks.train"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    ladder = models.ForeignKey(Ladder, on_delete=models.CASCADE, related_name="runs")
    project = models.ForeignKey(
        Project, on_delete=models.PROTECT, related_name="runs"
    )  # the board is read by project and version
    version = models.ForeignKey(DatasetVersion, on_delete=models.PROTECT, related_name="runs")
    recipe = models.CharField(max_length=30)
    name = models.CharField(max_length=40, blank=True)  # of uploaded predictions, as their team calls the model
    rung = models.PositiveSmallIntegerField()
    metric = models.CharField(max_length=30)
    # of a run that tries the remedy of another's diagnosis
    remedy_of = models.ForeignKey("self", null=True, blank=True, on_delete=models.CASCADE, related_name="remedies")
    change = models.JSONField(default=dict, blank=True)  # factors on the rung's settings (core.remedies.Change)
    budget = models.PositiveIntegerField(null=True, blank=True)  # CPU seconds of its own, beside the ladder's
    # the result, on validation
    score = models.FloatField(null=True, blank=True)
    low = models.FloatField(null=True, blank=True)
    high = models.FloatField(null=True, blank=True)
    train_score = models.FloatField(null=True, blank=True)
    rows_validation = models.PositiveIntegerField(null=True, blank=True)
    rows_trained = models.PositiveIntegerField(null=True, blank=True)
    cpu_seconds = models.FloatField(null=True, blank=True)
    goodness = models.FloatField(
        null=True, blank=True
    )  # score turned so that higher is better: what the board sorts by
    rank = models.PositiveIntegerField(null=True, blank=True)  # ties share a rank (STATISTICS 1.7)
    against_best = SentencesField(null=True, blank=True)  # the paired test against the best: {"best", "p", "sentence"}
    curve = models.CharField(max_length=5, blank=True)  # epoch, round or rows
    best_x = models.FloatField(null=True, blank=True)
    diagnosis = SentencesField(null=True, blank=True)  # {"code", "title", "message", "advice"}
    settings = models.JSONField(default=dict, blank=True)
    note = SentenceField(blank=True)  # e.g. "stopped at its budget, after 40 of 100 rounds"
    price = models.JSONField(
        null=True, blank=True
    )  # what the price of a look is made of: validation figures, never sealed ones
    predictions_digest = models.CharField(
        max_length=64, blank=True
    )  # of what a look would score: the same file costs no second look

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(score__isnull=True) | Q(state="done"), name="only_a_done_run_has_a_score"
            )
        ]
        indexes = [
            models.Index(
                *("project", "version", "metric", "rank", *BY_COST), name="board", condition=Q(score__isnull=False)
            ),
            models.Index(
                *("project", "version", "metric", *BY_COST), name="board_by_cost", condition=Q(score__isnull=False)
            ),
            models.Index(fields=["project", "version", "state"], name="board_by_state"),
        ]

    @classmethod
    def forget_rows(cls, version: DatasetVersion) -> None:
        """Destroy what could give back rows of a version that was removed; scores, curves and verdicts stay."""
        for run in cls.objects.filter(version=version):
            shutil.rmtree(settings.STORE / "runs" / str(run.pk), ignore_errors=True)
        Inspection.objects.filter(run__version=version).delete()  # it quotes cells of validation rows


class CurvePoint(models.Model):
    """One point of a run's curve: by round, epoch or rows. Written while fitting, at most once a second."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="points")
    x = models.FloatField()
    train_loss = models.FloatField(null=True, blank=True)
    validation_loss = models.FloatField(null=True, blank=True)
    train_score = models.FloatField(null=True, blank=True)
    validation_score = models.FloatField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "x"], name="one_point_per_x")]
        ordering = ["x"]


class Forecast(Job):
    """Would more data help? A run's recipe fitted on growing shares of train, on request. The job of `evaluations.forecasting`."""

    TASK = "evaluations.tasks.forecast"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="forecasts")
    budget = models.PositiveIntegerField()  # CPU seconds of its own, beside the ladder's
    row_cost = models.FloatField(null=True, blank=True)  # what one label costs, in the team's own money
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    result = SentencesField(null=True, blank=True)  # what `evaluations.forecasting` measured and read from it

    class Meta:
        ordering = ["-queued_at"]


class Spread(Job):
    """How much of a run's score is chance: its recipe fitted with other seeds, on request. The job of `evaluations.spreading`."""

    TASK = "evaluations.tasks.spread"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="spreads")
    budget = models.PositiveIntegerField()  # CPU seconds of its own, beside the ladder's
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    result = SentencesField(null=True, blank=True)  # what `evaluations.spreading` measured

    class Meta:
        ordering = ["-queued_at"]


class Declaration(models.Model):
    """The best simple and the best deep run, or one of the two, named before the final tier is opened. Never changed."""

    opening = models.OneToOneField(Opening, on_delete=models.PROTECT, related_name="declaration")
    simple = models.ForeignKey(Run, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    deep = models.ForeignKey(Run, null=True, blank=True, on_delete=models.PROTECT, related_name="+")


class Submission(Job):
    """Predictions of a run (or of two, for the final) handed to the scorer, against a spent look or an agreed opening."""

    TASK = "evaluations.tasks.score"
    QUEUE = "score"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    look = models.OneToOneField(Look, null=True, blank=True, on_delete=models.PROTECT, related_name="submission")
    opening = models.OneToOneField(Opening, null=True, blank=True, on_delete=models.PROTECT, related_name="submission")
    run = models.ForeignKey(
        Run, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )  # look; simple of an opening
    deep_run = models.ForeignKey(
        Run, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )  # deep of an opening

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(look__isnull=False, opening__isnull=True) | Q(look__isnull=True, opening__isnull=False),
                name="submission_for_a_look_or_an_opening",
            )
        ]

    def given_up(self) -> None:
        """A look whose scorer stays dead is given back, in sight of everybody; an opening can be scored again."""
        if self.look:
            vault.void_look(look=self.look, sentence=GIVEN_BACK, now=timezone.now())


class BestAgain(Job):
    """The best of an earlier version predicts the rows of a test set that grew: free, and without an answer."""

    TASK = "evaluations.tasks.hand_in_again"
    QUEUE = "score"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    ladder = models.ForeignKey(SealedLadder, on_delete=models.PROTECT, related_name="handed_in_again")
    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="+")
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-queued_at"]


class Verdict(models.Model):
    """What the rules of STATISTICS 8 said at the opening, and what people decided. Never changed once made."""

    opening = models.OneToOneField(Opening, on_delete=models.PROTECT, related_name="verdict")
    project = models.OneToOneField(Project, on_delete=models.PROTECT, related_name="verdict")
    code = models.CharField(max_length=40)
    title = SentenceField()
    sentence = SentenceField()
    rule = SentenceField()
    footnote = SentenceField()
    rows_to_decide = models.PositiveIntegerField(null=True, blank=True)
    rules_version = models.CharField(max_length=10)
    made_at = models.DateTimeField(default=timezone.now)


class ResultDecision(models.Model):
    """What people chose from the verdict, at the third gate; and, half a year later, whether it paid off."""

    class Outcome(models.TextChoices):
        SHIP = "ship", say("Ship the simple one")
        FUND = "fund", say("Fund deep learning")
        DATA = "data", say("Get more data")
        STOP = "stop", say("Stop")
        HOLD = "hold", say("Hold")

    class Paid(models.TextChoices):
        PAID = "paid", say("It paid")
        PARTLY = "partly", say("It paid in part")
        NO = "no", say("It did not pay")
        NEVER = "never", say("It was never built")

    verdict = models.OneToOneField(Verdict, on_delete=models.PROTECT, related_name="decision")
    project = models.OneToOneField(Project, on_delete=models.PROTECT, related_name="result_decision")
    outcome = models.CharField(max_length=4, choices=Outcome)
    reasons = models.TextField(max_length=20_000)
    dissent = models.TextField(blank=True, max_length=20_000)
    hold_until = models.CharField(max_length=200, blank=True)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(default=timezone.now)
    check_on = models.DateField()  # from then on it is asked whether it paid
    paid = models.CharField(max_length=6, choices=Paid, blank=True)
    paid_words = models.TextField(blank=True, max_length=4000)
    paid_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    paid_at = models.DateTimeField(null=True, blank=True)


class Behaviour(models.Model):
    """How a run decides on validation: counts by threshold, class or size, never a row. Written with the run's score."""

    run = models.OneToOneField(Run, on_delete=models.CASCADE, related_name="behaviour", primary_key=True)
    found = SentencesField()


class KeptPoint(models.Model):
    """The threshold a team keeps with a run, and the costs it was chosen for.

    Invariant: it may be kept anew until somebody asks to open the final tier, and never after.
    """

    run = models.OneToOneField(Run, on_delete=models.CASCADE, related_name="kept_point")
    threshold = models.FloatField()
    terms = models.JSONField(default=dict, blank=True)
    kept_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    kept_at = models.DateTimeField(default=timezone.now)


class Inspection(Job):
    """What a run looks at, and the validation rows it gets most wrong; on request. The job of `evaluations.inspecting`."""

    TASK = "evaluations.tasks.inspect"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="inspections")
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    result = SentencesField(null=True, blank=True)

    class Meta:
        ordering = ["-queued_at"]


class LabelQuestion(models.Model):
    """A mark on a validation row: somebody should ask the labeller. One a row; the note is the last one written."""

    version = models.ForeignKey(DatasetVersion, on_delete=models.CASCADE, related_name="label_questions")
    row = models.PositiveIntegerField()  # of the validation part, from 0
    note = models.CharField(max_length=300, blank=True)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "row"], name="one_question_per_row")]


class Prediction(Job):
    """Unlabelled rows that somebody brought, predicted by the recommended run. The job of `evaluations.predicting`."""

    TASK = "evaluations.tasks.predict"
    QUEUE = "ingest"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="predictions")
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="predictions")
    file_name = models.CharField(max_length=255)
    bytes = models.PositiveBigIntegerField()
    rows = models.PositiveBigIntegerField(null=True, blank=True)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-queued_at"]

    def given_up(self) -> None:
        """The rows that came are thrown away like those that were refused."""
        (settings.QUARANTINE / str(self.pk)).unlink(missing_ok=True)


class PredictionsFile(Job):
    """Predictions made elsewhere, checked against the ids of a version. The job of `evaluations.handing_in`.

    Invariant: a file that is done is a run, unless only its check was asked for or it has more rows for one; a refused
    one leaves nothing but why.
    """

    TASK = "evaluations.tasks.hand_in"
    QUEUE = "ingest"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)  # of its run too
    ladder = models.ForeignKey(Ladder, on_delete=models.CASCADE, related_name="handed_in")  # whose board it enters
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="handed_in")
    name = models.CharField(max_length=40, blank=True)
    only_check = models.BooleanField(default=False)
    file_name = models.CharField(max_length=255)
    bytes = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    parts = models.JSONField(default=dict, blank=True)  # {part: rows} that it covers, once it is checked
    refusal = SentencesField(null=True, blank=True)  # DataProblem.as_dict() and its status
    run = models.OneToOneField(Run, null=True, blank=True, on_delete=models.CASCADE, related_name="handed_in")
    # of a file with more rows for a run that was uploaded before: a fresh set, or what came to its test set since
    of_run = models.ForeignKey(Run, null=True, blank=True, on_delete=models.CASCADE, related_name="more_rows")
    test_set = models.ForeignKey(TestSet, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-queued_at"]

    def given_up(self) -> None:
        """What came is thrown away like what was refused."""
        (settings.QUARANTINE / str(self.pk)).unlink(missing_ok=True)
