from collections import Counter

import numpy as np
import pytest

from evaluations.core.diagnosis import diagnose, noise, out_of_patience, patience, read_curves

EPOCHS = 60


def make_curves(rng, kind, sigma, epochs=EPOCHS):
    """The curves of the specification's simulation: flat, improving, or rising by `kind` at the end."""
    e = np.arange(1, epochs + 1)
    train = 0.1 + 1.2 * np.exp(-e / 8) + 0.2 * np.exp(-e / 60)
    base = 0.5 + 0.8 * np.exp(-e / 6)
    if kind == "flat":
        validation = base
    elif kind == "improving":
        validation = 0.4 + 0.9 * np.exp(-e / (epochs / 1.5))
        train = validation - 0.05
    else:
        validation = base + float(kind) * np.maximum(0, e - epochs * 0.3) / (epochs * 0.7)
    return train + rng.normal(0, sigma / 3, epochs), validation + rng.normal(0, sigma, epochs)


def shares(kind, sigma, repeats):
    rng = np.random.default_rng(2)
    codes = Counter(read_curves(*make_curves(rng, kind, sigma)).code for _ in range(repeats))
    return {code: count / repeats for code, count in codes.items()}


BARS = [
    ("flat", 0.005, "OVERFITTING", 0, 0.02),
    ("flat", 0.02, "OVERFITTING", 0, 0.02),
    ("flat", 0.05, "OVERFITTING", 0, 0.02),
    ("0.15", 0.005, "OVERFITTING", 0.95, 1),
    ("0.15", 0.02, "OVERFITTING", 0.95, 1),
    ("improving", 0.005, "STILL_IMPROVING", 0.9, 1),
    ("improving", 0.02, "STILL_IMPROVING", 0.9, 1),
]


@pytest.mark.parametrize(("kind", "sigma", "code", "low", "high"), BARS)
def test_bars_of_the_specification_in_short(kind, sigma, code, low, high):
    assert low - 0.02 <= shares(kind, sigma, 150).get(code, 0) <= high + 0.01


@pytest.mark.long
@pytest.mark.parametrize(("kind", "sigma", "code", "low", "high"), BARS)
def test_bars_of_the_specification(kind, sigma, code, low, high):
    assert low <= shares(kind, sigma, 1000).get(code, 0) <= high


def _diagnose(kind="flat", sigma=0.005, **scores):
    train, validation = make_curves(np.random.default_rng(0), kind, sigma)
    given = {"train_score": 0.95, "validation_score": 0.94, "n_train": 1000, "n_validation": 400, "level": 0.9} | scores
    return diagnose(range(1, EPOCHS + 1), train, validation, in_rounds=True, **given)


def test_overfitting_keeps_the_epoch_of_the_lowest_loss_and_asks_whether_the_level_is_met():
    met, missed = _diagnose("0.40"), _diagnose("0.40", validation_score=0.8)

    assert (met.code, missed.code) == ("OVERFITTING", "OVERFITTING")
    assert 15 <= met.best_x <= 25
    assert met.advice == f"Keep {met.best_x:g}: the level is met, there is nothing to fix."
    assert missed.advice.startswith(
        f"The model is probably too big or the data too small: stop at {met.best_x:g}, then"
    )


def test_still_improving_and_unstable_give_no_other_verdict():
    rng = np.random.default_rng(1)
    jumps = rng.normal(1, 0.5, EPOCHS)

    assert _diagnose("improving", train_score=0.5, validation_score=0.5).code == "STILL_IMPROVING"
    assert read_curves(jumps, jumps).code == "UNSTABLE"


@pytest.mark.parametrize(
    ("train", "validation", "code", "advice"),
    [
        (0.80, 0.79, "UNDERFIT", "A bigger model, better features, or a check of the labels; more rows will not help."),
        (0.99, 0.80, "GAP", "More rows or more regularisation; also look at the leakage and shift findings."),
        (
            0.89,
            0.88,
            "CONVERGED",
            "This is the limit of the data as posed: look at the labels, the features or the level.",
        ),
        (0.99, 0.91, "CONVERGED", "The level is met on validation; there is nothing to fix."),
    ],
)
def test_a_settled_curve_is_judged_by_its_scores(train, validation, code, advice):
    found = _diagnose(train_score=train, validation_score=validation)

    assert (found.code, found.advice) == (code, advice)


def test_a_gap_smaller_than_its_noise_is_none():
    assert _diagnose(train_score=0.95, validation_score=0.80, n_validation=20).code == "CONVERGED"
    assert _diagnose(train_score=0.95, validation_score=0.80, n_validation=400).code == "GAP"


def test_without_a_level_only_the_gap_can_be_told():
    assert _diagnose(train_score=0.6, validation_score=0.59, level=None).code == "CONVERGED"
    assert _diagnose(train_score=0.9, validation_score=0.59, level=None).code == "GAP"


def test_nine_epochs_are_too_short_and_a_model_without_rounds_is_judged_by_scores():
    scores = {"train_score": 0.99, "validation_score": 0.7, "n_train": 900, "n_validation": 300, "level": 0.9}

    short = diagnose(range(9), np.linspace(1, 0.5, 9), np.linspace(1, 0.6, 9), in_rounds=True, **scores)
    empty = diagnose([], [], [], in_rounds=True, **scores)
    rows = diagnose([100, 300], [0.4, 0.3], [0.5, 0.4], in_rounds=False, **scores)

    assert (short.code, short.best_x, empty.code, empty.best_x) == ("TOO_SHORT", 8.0, "TOO_SHORT", None)
    assert (rows.code, rows.best_x) == ("GAP", None)


def test_noise_is_measured_and_sets_the_patience():
    rng = np.random.default_rng(0)

    assert noise(np.linspace(1, 0, 2000) + rng.normal(0, 0.02, 2000)) == pytest.approx(0.02, rel=0.1)
    assert (patience(0.01, 1.0), patience(0.06, 1.0)) == (10, 20)


def test_a_calm_fit_waits_ten_epochs_for_a_new_best_and_a_noisy_one_twenty():
    calm = [*np.linspace(1, 0.2, 8), *np.linspace(0.21, 0.31, 30)]
    noisy = np.array(calm) + 0.06 * (-1.0) ** np.arange(38) * np.linspace(0.5, 1.5, 38)

    def ends(losses):
        return next(n for n in range(1, len(losses) + 1) if out_of_patience(losses[:n]))

    assert ends(calm) == 8 + 10
    assert ends(noisy) == int(np.argmin(noisy)) + 1 + 20
    assert not out_of_patience([0.1, *np.linspace(0.2, 0.9, 8)])  # ten epochs at the least
