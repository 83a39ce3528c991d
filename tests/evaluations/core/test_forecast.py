"""The forecast against curves measured on ten data sets with six learners each (STATISTICS 4)."""

from pathlib import Path

import numpy as np
import pytest

from evaluations.core.forecast import (
    Measured,
    curve_sizes,
    draw_laws,
    fit_law,
    forecast,
    label_cost,
    law_at,
    refusals,
    rows_needed,
    stratified_rows,
)

CURVES = Path(__file__).parent / "lc_curves.npz"
SIZES = np.array([100.0, 200, 400, 800, 1600])


def make_curve(errors=None, n_validation=2000, sizes=SIZES):
    errors = 0.05 + 0.9 * sizes**-0.5 if errors is None else np.asarray(errors)
    return Measured(sizes, errors[:, None] + np.array([-0.004, -0.002, 0, 0.002, 0.004]), n_validation)


def measured_curves(step):
    with np.load(CURVES) as stored:
        for name in sorted({key.rsplit("|", 1)[0] for key in stored.files})[::step]:
            sizes, errors = stored[f"{name}|n"].astype(float), stored[f"{name}|e"]
            known = ~np.isnan(errors).any(axis=1)
            yield sizes[known], errors[known], int(stored[f"{name}|nv"])


def errors_of_the_forecast(share, step):
    """Of the mixture and of the last value, and whether the 80 % interval covers, for curves known up to a share."""
    ours, last, covered, refused = [], [], [], 0
    for sizes, errors, n_validation in measured_curves(step):
        seen = sizes <= sizes[-1] * share + 1
        curve, truth = Measured(sizes[seen], errors[seen], n_validation), errors[-1].mean()
        if refusals(curve):
            refused += 1
            continue
        band = forecast(curve, sizes[-1:])
        ours.append(abs(band.median[0] - truth))
        last.append(abs(curve.mean[-1] - truth))
        covered.append(band.low[0] <= truth <= band.high[0])
    return float(np.median(ours)), float(np.median(last)), float(np.mean(covered)), len(ours), refused


@pytest.mark.long
@pytest.mark.parametrize(("share", "bar", "forecasts", "refused"), [(0.5, 0.007, 51, 9), (0.25, 0.015, 44, 16)])
def test_bars_of_the_specification(share, bar, forecasts, refused):
    ours, last, coverage, counted, turned_away = errors_of_the_forecast(share, 1)

    assert ours <= bar
    assert ours < last
    assert 0.75 <= coverage <= 0.95
    assert (counted, turned_away) == (forecasts, refused)


def test_bars_of_the_specification_in_short():
    ours, last, coverage, counted, _ = errors_of_the_forecast(0.5, 5)

    assert counted >= 9
    assert ours <= 0.01
    assert ours < last
    assert coverage >= 0.7


def test_worked_example():
    laws = fit_law(SIZES, make_curve().mean[None], np.ones(5), "pow3")

    np.testing.assert_allclose(law_at(laws, 1600, np.array([3200.0, 6400.0]))[:, 0], [0.0661, 0.0616], atol=1e-4)


def test_rows_needed_names_three_crossings_and_none_beyond_eight_times():
    needed = rows_needed(make_curve(), 0.065)  # the law itself gets there with 3,600

    assert needed.optimistic == pytest.approx(1838, rel=0.1)
    assert 3000 <= needed.likely <= 4000
    assert needed.pessimistic is None
    assert rows_needed(make_curve(), 0.01).likely is None


def test_interval_widens_with_the_distance_and_for_fresh_rows():
    curve = make_curve()
    laws = draw_laws(curve, 0)

    near, fresh = (
        forecast(curve, np.array([1600.0, 6400.0]), laws=laws, on_fresh_rows=fresh_rows) for fresh_rows in (False, True)
    )

    width = near.high - near.low
    assert width[1] > width[0]
    assert np.all(fresh.high - fresh.low > width)
    assert np.all(near.low < near.median)
    assert np.all(near.median < near.high)


@pytest.mark.parametrize(
    ("curve", "words"),
    [
        (make_curve(sizes=SIZES[:4]), "4 sizes from 100 to 800 rows"),
        (make_curve(sizes=np.array([100.0, 120, 140, 160, 180])), "5 sizes from 100 to 180 rows"),
        (make_curve(n_validation=100), "wrong on about 7 validation rows"),
        (make_curve([0.3, 0.25, 0.3, 0.2, 0.15]), "the error goes up"),
        (make_curve([0.2, 0.2, 0.2, 0.2, 0.2]), "did not fall by more than chance"),
    ],
)
def test_refusals_name_what_was_found(curve, words):
    assert [reason for reason in refusals(curve) if words in reason]
    assert refusals(make_curve()) == []


def test_sizes_grow_geometrically_to_all_rows():
    assert curve_sizes(3000, 2)[::8] == [30, 3000]
    assert len(curve_sizes(3000, 2)) == 9
    assert curve_sizes(3000, 10)[0] == 80
    assert curve_sizes(20, 2) == [20]


def test_rows_keep_the_class_shares_and_every_class():
    y = np.repeat([0.0, 1.0, 2.0], [900, 90, 10])

    for seed in range(20):
        rows = stratified_rows(y, 100, is_number=False, random_state=seed)
        counts = np.bincount(y[rows].astype(int), minlength=3)
        assert len(set(rows)) == 100
        assert counts[0] in (89, 90, 91)
        assert counts.min() >= 1
    assert len(stratified_rows(y, 40, is_number=True, random_state=0)) == 40


def test_label_cost_counts_the_rows_that_the_split_takes():
    assert label_cost(1600, 1000, 0.3) == pytest.approx(300)
    assert label_cost(800, 1000, 0.3) == 0
    assert label_cost(None, 1000, 0.3) is None
