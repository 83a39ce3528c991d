"""Naive Bayes on words, letters or both, whichever validation prefers: the cheapest thing that reads text."""

from sklearn.naive_bayes import MultinomialNB

from evaluations.core.encoding import Encoded
from evaluations.core.metrics import Metric
from evaluations.core.recipes.base import (
    CURVE_ROWS,
    Judge,
    Report,
    TargetScale,
    check_classes,
    growing_sizes,
    loss,
    one_thread,
    some_rows,
)
from evaluations.core.recipes.words import BLOCKS, TextFitted, both_texts, columns_of, guess, matrix_of

ALPHA = 0.1  # .5 ruins unequal classes


class NaiveBayes(TextFitted):
    """Multinomial naive Bayes on tf-idf weights."""

    RECIPE = "naive_bayes"

    def refit(self, data: Encoded) -> "NaiveBayes":
        rows, y = both_texts(data)
        estimator = MultinomialNB(alpha=ALPHA).fit(self.matrix(rows), y)
        return NaiveBayes(data, len(y), len(y), self.settings, self.notes, estimator=estimator, chosen=self.chosen)


def fit(data: Encoded, *, metric: Metric, budget: float, random_state: int, report: Report) -> NaiveBayes:
    """Count at 1/9, 1/3 and all of the rows, once the block is chosen."""
    check_classes(data)
    judge = Judge.of(data, metric)
    index = some_rows(data.rows("train"), data.rows("train"), random_state)
    y, train, unseen = data.y("train")[index], data.part("train"), data.part("validation")
    losses = {}
    with one_thread():
        for block in BLOCKS:
            columns = columns_of(data, block)
            estimator = MultinomialNB(alpha=ALPHA).fit(train.texts[index][:, columns], y)
            found = guess(estimator, unseen.texts[judge.validation][:, columns], data, TargetScale())
            losses[block] = loss(data, judge.y_validation, found)
        block = min(losses, key=lambda name: losses[name])
        columns = columns_of(data, block)
        matrix = matrix_of(train, index, columns, beside=False, ramps=False)
        seen = matrix_of(unseen, judge.validation, columns, beside=False, ramps=False)
        for size in growing_sizes(len(y), (9, 3, 1)):
            estimator = MultinomialNB(alpha=ALPHA).fit(matrix[:size], y[:size])
            shown = min(size, CURVE_ROWS)
            on_train = guess(estimator, matrix[:shown], data, TargetScale())
            report(judge.point(size, y[:shown], on_train, guess(estimator, seen, data, TargetScale())))
    settings = {"alpha": ALPHA, "reads": block}
    return NaiveBayes(data, size, size, settings, [], estimator=estimator, chosen=columns)
