"""The measures a success criterion may name, as data: what web pages need to know without importing the scoring."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Measure:
    """A metric by name. `unit` is "share" for scores between 0 and 1, "target" for those in the target's own unit."""

    name: str
    title: str
    question: str  # what it answers, in one line
    tasks: tuple[str, ...]
    greater_is_better: bool = True
    unit: str = "share"


CLASSES = ("binary", "multiclass")
MEASURES = {
    measure.name: measure
    for measure in (
        Measure("accuracy", "Share sorted right", "Of all rows, how many get the right answer?", CLASSES),
        Measure(
            "balanced_accuracy", "Balanced accuracy", "The share sorted right, each class counting the same.", CLASSES
        ),
        Measure("macro_f1", "Macro F1", "F1 of each class, averaged.", CLASSES),
        Measure("f1", "F1", "Precision and recall in one number.", ("binary",)),
        Measure("precision", "Precision", "When it says yes, how often is it right?", ("binary",)),
        Measure("recall", "Recall", "Of all true ones, how many are found?", ("binary",)),
        Measure(
            "roc_auc", "Area under the ROC curve", "How often is a true one ranked above a false one?", ("binary",)
        ),
        Measure("average_precision", "Average precision", "Area under the precision-recall curve.", ("binary",)),
        Measure("log_loss", "Log loss", "How surprised its probabilities are by the truth.", CLASSES, False, "nats"),
        Measure("brier", "Brier score", "Mean squared error of its probabilities.", ("binary",), False),
        Measure(
            "rmse",
            "Root mean squared error",
            "Typical size of the error, large ones counting more.",
            ("regression",),
            False,
            "target",
        ),
        Measure("mae", "Mean absolute error", "Mean size of the error.", ("regression",), False, "target"),
        Measure("r2", "R squared", "Share of the spread that is explained.", ("regression",)),
    )
}
DEFAULT_MEASURE = {"binary": "roc_auc", "multiclass": "accuracy", "regression": "rmse"}
