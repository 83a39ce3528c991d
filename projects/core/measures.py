"""The measures a success criterion may name, as data: what web pages need to know without importing the scoring."""

from dataclasses import dataclass

from dlstart_web.kit.say import say


@dataclass(frozen=True)
class Measure:
    """A metric by name. `unit` is "share" for scores between 0 and 1, "target" for those in the target's own unit."""

    name: str
    title: str
    question: str  # what it answers, in one line
    tasks: tuple[str, ...]
    greater_is_better: bool = True
    unit: str = "share"
    least_classes: int = 2  # with fewer every answer is right
    reads_scores: bool = False  # of every class: the answer alone is not enough


CLASSES = ("binary", "multiclass")
MEASURES = {
    measure.name: measure
    for measure in (
        Measure("accuracy", say("Share sorted right"), say("Of all rows, how many get the right answer?"), CLASSES),
        Measure(
            "top5_accuracy",
            say("Top 5 accuracy"),
            say("How often is the right class among the five that it finds likeliest?"),
            ("multiclass",),
            least_classes=6,
            reads_scores=True,
        ),
        Measure(
            "balanced_accuracy",
            say("Balanced accuracy"),
            say("The share sorted right, each class counting the same."),
            CLASSES,
        ),
        Measure("macro_f1", say("Macro F1"), say("F1 of each class, averaged."), CLASSES),
        Measure("f1", "F1", say("Precision and recall in one number."), ("binary",)),
        Measure("precision", say("Precision"), say("When it says yes, how often is it right?"), ("binary",)),
        Measure("recall", say("Recall"), say("Of all true ones, how many are found?"), ("binary",)),
        Measure(
            "roc_auc",
            say("Area under the ROC curve"),
            say("How often is a true one ranked above a false one?"),
            ("binary",),
        ),
        Measure(
            "average_precision", say("Average precision"), say("Area under the precision-recall curve."), ("binary",)
        ),
        Measure(
            "log_loss",
            say("Log loss"),
            say("How surprised its probabilities are by the truth."),
            CLASSES,
            False,
            "nats",
        ),
        Measure("brier", say("Brier score"), say("Mean squared error of its probabilities."), ("binary",), False),
        Measure(
            "rmse",
            say("Root mean squared error"),
            say("Typical size of the error, large ones counting more."),
            ("regression",),
            False,
            "target",
        ),
        Measure("mae", say("Mean absolute error"), say("Mean size of the error."), ("regression",), False, "target"),
        Measure("r2", say("R squared"), say("Share of the spread that is explained."), ("regression",)),
    )
}
DEFAULT_MEASURE = {"binary": "roc_auc", "multiclass": "accuracy", "regression": "rmse"}
