"""Cohen's kappa against worked examples, its interval against simulation, and the ceiling."""

import numpy as np
import pytest

from datasets.core.agreement import agreement, ceiling_of


def from_table(table):
    pairs = [(i, j) for i, row in enumerate(table) for j, count in enumerate(row) for _ in range(count)]
    return np.array(pairs).T


def test_kappa_of_a_textbook_table():
    """Fleiss, Levin and Paik (2003), Statistical Methods for Rates and Proportions, table 18.1: kappa 0.68, error 0.087."""
    found = agreement(*from_table([[75, 1, 4], [5, 4, 1], [0, 0, 10]]))

    assert (found.rows, found.equal, round(found.kappa, 3)) == (100, 0.89, 0.676)
    assert (round(found.low, 2), round(found.high, 2)) == (0.50, 0.85)
    assert found.words == "good, not certain"


@pytest.mark.parametrize(
    ("table", "kappa"), [([[5, 0], [0, 5]], 1.0), ([[25, 25], [25, 25]], 0.0), ([[0, 5], [5, 0]], -1.0)]
)
def test_kappa_at_its_ends(table, kappa):
    assert agreement(*from_table(table)).kappa == pytest.approx(kappa)


def test_interval_covers_the_true_kappa():
    generator = np.random.default_rng(0)
    truth = generator.integers(0, 3, (400, 300))
    one, other = (
        np.where(generator.random(truth.shape) < 0.8, truth, generator.integers(0, 3, truth.shape)) for _ in range(2)
    )
    intervals = [agreement(a, b) for a, b in zip(one, other, strict=True)]

    covered = np.mean([each.low <= 0.64 <= each.high for each in intervals])  # 0.8 squared: the rest is chance

    assert 0.92 <= covered <= 0.98


def test_ceiling_is_the_share_right_that_explains_the_agreement():
    for classes in (2, 5):
        for right in (0.7, 0.9, 1.0):
            equal = right**2 + (1 - right) ** 2 / (classes - 1)
            assert ceiling_of(equal, classes) == pytest.approx(right)
    assert ceiling_of(0.3, 2) == 0.5
