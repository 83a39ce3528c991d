import numpy as np
import pytest
from scipy.stats import binom
from sklearn.metrics import (
    average_precision_score,
    mean_absolute_error,
    r2_score,
    roc_auc_score,
    root_mean_squared_error,
)

from evaluations.core.planning import reading
from projects.core.measures import MEASURES


def test_the_sentence_of_the_specification_holds():
    low, high = reading("accuracy", 0.95, 620)

    assert (round(100 * low, 1), round(100 * high, 1)) == (93.2, 96.6)


@pytest.mark.parametrize(("level", "rows"), [(0.5, 1), (0.02, 30), (0.95, 620), (0.999, 100), (0.7, 100_000)])
def test_shares_read_as_binomial_counts(level, rows):
    expected = binom.ppf([0.025, 0.975], rows, level) / rows

    assert reading("f1", level, rows) == pytest.approx(expected)


def simulated(measure: str) -> tuple[float, float, float]:
    """True level, spread over 400 draws of 500 rows, share of yes."""
    random, scores = np.random.default_rng(5), []
    for _ in range(400):
        if measure in ("roc_auc", "average_precision"):
            y = random.random(500) < 0.3
            p = random.normal(0, 1, 500) + 1.5 * y
            scores.append((roc_auc_score if measure == "roc_auc" else average_precision_score)(y, p))
        else:
            y = random.normal(0, 2, 500)
            guess = y + random.normal(0, 1, 500)
            one = {"rmse": root_mean_squared_error, "mae": mean_absolute_error, "r2": r2_score}[measure]
            scores.append(one(y, guess))
    return float(np.mean(scores)), float(np.std(scores)), 0.3


@pytest.mark.parametrize("measure", ["roc_auc", "average_precision", "rmse", "mae", "r2"])
def test_ranges_are_those_of_a_simulation_within_a_third(measure):
    level, spread, positives = simulated(measure)

    low, high = reading(measure, level, 500, positives)

    assert (high - low) / 2 / 1.959964 == pytest.approx(spread, rel=1 / 3)


def test_recall_rests_on_the_true_rows_alone():
    assert reading("recall", 0.9, 1000, 0.1) == reading("accuracy", 0.9, 100)
    assert reading("recall", 0.9, 1000) is None


def test_nothing_is_said_where_only_a_models_answers_tell_and_every_measure_is_decided():
    said = {name: reading(name, 0.5, 600, 0.25) is not None for name in MEASURES}

    assert {name for name, is_said in said.items() if not is_said} == {"log_loss", "brier"}
    assert reading("accuracy", 0.9, 0) is None


def test_a_loss_reads_by_the_spread_of_single_rows():
    random = np.random.default_rng(3)
    losses = random.exponential(0.4, 20_000)
    means = losses.reshape(100, 200).mean(axis=1)

    low, high = reading("log_loss", 0.4, 200, spread=float(losses.std()))

    assert reading("log_loss", 0.4, 200) is None
    assert (high - low) / 2 / 1.959964 == pytest.approx(means.std(), rel=0.2)
    assert reading("brier", 0.02, 4, spread=0.3)[0] == 0.0
