"""Calibration: the worked figure, the size and the power of the resampling test, and the two repairs."""

import numpy as np
import pytest

from evaluations.core import calibration


def outcomes(n, seed):
    """Probabilities of a model without a fault, and what then happened."""
    rng = np.random.default_rng(seed)
    p = 1 / (1 + np.exp(-rng.normal(0, 1.5, n)))
    return p, (rng.random(n) < p).astype(float)


def doubled(p):
    return 1 / (1 + np.exp(-2 * calibration.logit(p)))


def share_called_off(n, runs, change=lambda p: p):
    called = 0
    for seed in range(runs):
        p, y = outcomes(n, seed)
        called += calibration.reliability(change(p), y, seed=seed).is_off
    return called / runs


def test_ece_gives_the_worked_figure():
    p, y = np.array([0.1, 0.2, 0.8, 0.9]), np.array([0.0, 1.0, 1.0, 1.0])

    assert calibration.ece(p, y, bins=2) == pytest.approx(0.25)
    assert calibration.reliability(p, y, bins=2).ece == pytest.approx(0.25)


def test_ece_test_has_its_size_and_its_power():
    assert share_called_off(300, 60) <= 0.12
    assert share_called_off(1000, 20, doubled) == 1.0


@pytest.mark.long
@pytest.mark.parametrize(("n", "mean", "point"), [(300, 0.080, 0.104), (1000, 0.044, 0.057), (5000, 0.020, 0.027)])
def test_ece_of_a_perfect_model_and_size_and_power_in_full(n, mean, point):
    found = [calibration.ece(*outcomes(n, seed)) for seed in range(300)]

    assert np.mean(found) == pytest.approx(mean, abs=0.012)
    assert np.quantile(found, 0.95) == pytest.approx(point, abs=0.015)
    assert 0.02 <= share_called_off(n, 200) <= 0.09
    assert share_called_off(n, 60, doubled) >= (0.95 if n < 1000 else 1.0)


def test_the_band_holds_what_perfect_probabilities_show():
    p, y = outcomes(3000, 1)

    found = calibration.reliability(p, y)

    assert np.mean((found.low <= found.was) & (found.was <= found.high)) >= 0.8
    assert found.rows.sum() == found.n == 3000


def test_platt_takes_back_doubled_logits():
    p, y = outcomes(4000, 2)

    a, b = calibration.platt(doubled(p), y)

    assert a == pytest.approx(0.5, abs=0.05)
    assert b == pytest.approx(0.0, abs=0.1)


def test_isotonic_pools_neighbours_that_fall():
    begins, values = calibration.isotonic(np.array([0.1, 0.2, 0.3, 0.4]), np.array([0.0, 1.0, 0.0, 1.0]))

    assert begins.tolist() == [0.1, 0.2, 0.4]
    assert values.tolist() == [0.0, 0.5, 1.0]
