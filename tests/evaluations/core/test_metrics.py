import subprocess
import sys
import time

import numpy as np
import pytest
from sklearn import metrics as oracle

from evaluations.core.errors import EvaluationProblem
from evaluations.core.metrics import (
    METRICS,
    constant_prediction,
    default_metric,
    error_scale,
    floor_score,
    metric_for,
)

CLASSIFICATION = [m for m in METRICS.values() if "binary" in m.tasks]
REGRESSION = [m for m in METRICS.values() if m.tasks == ("regression",)]


def make_binary(n=400, seed=0, share=0.3):
    rng = np.random.default_rng(seed)
    y = (rng.random(n) < share).astype(float)
    p = np.clip(0.3 + 0.3 * (y - 0.5) + 0.2 * rng.normal(size=n), 0.01, 0.99).round(2)  # with ties
    return y, np.column_stack([1 - p, p])


def make_several(n=400, seed=0, certainty=0.02):
    rng = np.random.default_rng(seed)
    y = np.random.default_rng(n).integers(0, 9, n).astype(float)
    p = rng.dirichlet(np.ones(9), n) + certainty * np.eye(9)[y.astype(int)]
    return y, p / p.sum(axis=1, keepdims=True)


def make_rows(metric):
    return {"binary": make_binary, "multiclass": make_several, "regression": make_numbers}[metric.tasks[0]]()


def make_numbers(n=300, seed=0):
    rng = np.random.default_rng(seed)
    y = rng.normal(10, 3, n)
    return y, y + rng.normal(size=n)


ORACLES = {
    "accuracy": lambda y, p: oracle.accuracy_score(y, p.argmax(1)),
    "top5_accuracy": lambda y, p: oracle.top_k_accuracy_score(y, p, k=5),
    "balanced_accuracy": lambda y, p: oracle.balanced_accuracy_score(y, p.argmax(1)),
    "macro_f1": lambda y, p: oracle.f1_score(y, p.argmax(1), average="macro"),
    "f1": lambda y, p: oracle.f1_score(y, p.argmax(1)),
    "precision": lambda y, p: oracle.precision_score(y, p.argmax(1)),
    "recall": lambda y, p: oracle.recall_score(y, p.argmax(1)),
    "roc_auc": lambda y, p: oracle.roc_auc_score(y, p[:, 1]),
    "average_precision": lambda y, p: oracle.average_precision_score(y, p[:, 1]),
    "log_loss": lambda y, p: oracle.log_loss(y, p),
    "brier": lambda y, p: oracle.brier_score_loss(y, p[:, 1]),
    "rmse": lambda y, p: oracle.root_mean_squared_error(y, p),
    "mae": oracle.mean_absolute_error,
    "r2": oracle.r2_score,
}


def test_every_metric_agrees_with_scikit_learn():
    for name, metric in METRICS.items():
        y, p = make_rows(metric)
        assert metric.score(y, p) == pytest.approx(ORACLES[name](y, p), abs=1e-12), name
    assert set(ORACLES) == set(METRICS)


def test_multiclass_scores_agree_with_scikit_learn():
    rng = np.random.default_rng(2)
    y, p = rng.integers(0, 3, 200).astype(float), rng.dirichlet(np.ones(3), 200)

    for name in ("accuracy", "balanced_accuracy", "macro_f1", "log_loss"):
        assert METRICS[name].score(y, p) == pytest.approx(ORACLES[name](y, p))
    onehot = np.eye(3)[y.astype(int)]
    assert METRICS["brier"].score(y, p) == pytest.approx(((p - onehot) ** 2).sum(1).mean() / 2)


@pytest.mark.parametrize("metric", METRICS.values(), ids=lambda m: m.name)
def test_intervals_hold_the_score_and_widen_with_certainty(metric):
    y, p = make_rows(metric)
    score = metric.score(y, p)

    low, high = metric.interval(y, p)
    wide_low, wide_high = metric.decision_interval(y, p, 0.01)

    assert wide_low < low < score < high < wide_high


@pytest.mark.parametrize("metric", METRICS.values(), ids=lambda m: m.name)
def test_grouped_rows_widen_the_interval(metric):
    y, p = make_rows(metric)
    y, p, groups = np.repeat(y, 4), np.repeat(p, 4, axis=0), np.repeat(np.arange(len(y)), 4)

    plain, grouped = metric.interval(y, p), metric.interval(y, p, groups=groups)

    assert grouped[1] - grouped[0] > 1.5 * (plain[1] - plain[0])
    assert metric.interval(y, p, groups=np.arange(len(y))) == plain


@pytest.mark.parametrize("name", ["roc_auc", "average_precision", "macro_f1", "log_loss"])
def test_two_hundred_thousand_rows_take_seconds(name):
    metric, (y, p) = METRICS[name], make_binary(200_000)
    start = time.process_time()

    metric.interval(y, p)

    assert time.process_time() - start < 10


def test_intervals_of_the_specification():
    right = np.repeat([1.0, 0.0], [850, 150])
    p = np.tile([0.0, 1.0], (1000, 1))
    errors = np.array([1, -2, 0.5, 1.5, -1, 0.2, -0.7, 2.2])

    assert METRICS["accuracy"].interval(right, p) == pytest.approx((0.8265, 0.8708), abs=1e-4)
    assert METRICS["accuracy"].decision_interval(right, p) == pytest.approx((0.8263, 0.8716), abs=1e-4)
    assert METRICS["rmse"].score(errors, np.zeros(8)) == pytest.approx(1.3167, abs=1e-4)
    assert METRICS["rmse"].interval(errors, np.zeros(8)) == pytest.approx((0.8526, 2.0335), abs=1e-4)


def test_f1_of_the_specification():
    y = np.repeat([1.0, 0.0, 1.0, 0.0], [60, 25, 15, 100])
    called = np.repeat([1.0, 1.0, 0.0, 0.0], [60, 25, 15, 100])
    p = np.column_stack([1 - called, called])

    sealed = METRICS["f1"].sealed(y, p, None, floor=0.5, seed=0)

    assert METRICS["f1"].score(y, p) == 0.75
    assert METRICS["f1"].interval(y, p) == pytest.approx((0.6684, 0.8170), abs=1e-4)
    assert (sealed.value, sealed.n, sealed.form) == (0.75, 85, "f1")


# ---- the sealed form


def _inputs(metric):
    y, p = make_rows(metric)
    other = {"binary": make_binary, "multiclass": make_several}.get(metric.tasks[0])
    best = 0.5 * p + 0.5 * (other(seed=1)[1] if other else y + 1.5)
    scale = error_scale(y, y) if metric.tasks == ("regression",) else None
    return y, p, best, scale


@pytest.mark.parametrize("metric", METRICS.values(), ids=lambda m: m.name)
def test_sealed_difference_is_the_difference_of_the_unit_forms(metric):
    y, p, best, scale = _inputs(metric)

    ours = metric.sealed(y, p, best, floor=0.1, scale=scale, seed=3)
    theirs = metric.sealed(y, best, None, floor=0.1, scale=scale, seed=3)

    assert 0 <= theirs.value <= 1
    assert ours.difference == pytest.approx(ours.value - theirs.value)
    assert theirs.difference == pytest.approx(theirs.value - 0.1)
    assert ours.standard_error > 0
    assert metric.sealed(y, p, p, floor=0.1, scale=scale, seed=3).difference == 0
    assert metric.sealed(y, p, p, floor=0.1, scale=scale, seed=3).standard_error == pytest.approx(0, abs=1e-12)
    assert metric.sealed(y, p, best, floor=0.1, scale=scale, seed=3) == ours


@pytest.mark.parametrize("metric", METRICS.values(), ids=lambda m: m.name)
def test_unit_form_turns_back_into_the_metrics_own_unit(metric):
    for value in (0.25, 0.6, 0.99):
        assert metric.to_sealed(metric.from_sealed(value, 4.0), 4.0) == pytest.approx(value)
    better, worse = metric.from_sealed(0.9, 4.0), metric.from_sealed(0.2, 4.0)
    assert (better > worse) == metric.greater_is_better


def test_forms_and_rows_of_the_bound():
    y, p = make_binary()
    positives, called = int(y.sum()), int((p[:, 1] > 0.5).sum())
    found = {m.name: m.sealed(y, p, None, floor=0.0, seed=0) for m in CLASSIFICATION}

    assert {name: s.form for name, s in found.items()} == {
        "accuracy": "kl", "balanced_accuracy": "hoeffding", "macro_f1": "approximate", "f1": "f1", "precision": "kl",
        "recall": "kl", "roc_auc": "kl", "average_precision": "approximate", "log_loss": "kl", "brier": "kl",
    }  # fmt: skip
    assert found["accuracy"].n == found["brier"].n == found["log_loss"].n == 400
    assert (found["recall"].n, found["precision"].n, found["roc_auc"].n) == (positives, called, positives)


def test_top_5_counts_the_five_likeliest_and_of_equal_chances_the_first_classes():
    chances = [0.2, 0.19, 0.18, 0.17, 0.16, 0.1, 0.0]
    top5 = METRICS["top5_accuracy"]

    each = [top5.score(np.array([float(code)]), np.array([chances])) for code in range(7)]
    equal = [top5.score(np.array([float(code)]), np.full((1, 7), 1 / 7)) for code in range(7)]

    assert each == equal == [1, 1, 1, 1, 1, 0, 0]


def test_top_5_is_a_share_of_rows_in_each_interval_and_its_floor_the_five_commonest():
    y = np.repeat([0.0, 6.0], [850, 150])
    p = np.tile([0.4, 0.2, 0.15, 0.1, 0.1, 0.03, 0.02], (1000, 1))
    top5 = METRICS["top5_accuracy"]
    train = np.repeat(np.arange(7.0), [10, 20, 30, 40, 50, 60, 70])

    sealed = top5.sealed(y, p, None, floor=0.5, seed=0)

    assert top5.interval(y, p) == pytest.approx((0.8265, 0.8708), abs=1e-4)
    assert top5.decision_interval(y, p) == pytest.approx((0.8263, 0.8716), abs=1e-4)
    assert (sealed.n, sealed.form, sealed.value) == (1000, "kl", pytest.approx(0.85))
    assert floor_score(top5, train, np.repeat(np.arange(7.0), 10)) == pytest.approx(5 / 7)


def test_balanced_accuracy_of_the_specification_counts_360_rows():
    y = np.repeat([0.0, 1.0], [900, 100])

    sealed = METRICS["balanced_accuracy"].sealed(y, np.tile([1.0, 0.0], (1000, 1)), None, floor=0.5, seed=0)

    assert (sealed.value, sealed.n) == (0.5, 360)


def test_groups_count_by_their_sizes():
    y, p = make_binary(100)
    groups = np.repeat(np.arange(10), 10)

    plain = METRICS["accuracy"].sealed(y, p, None, floor=0.5, seed=0)
    grouped = METRICS["accuracy"].sealed(y, p, None, floor=0.5, groups=groups, seed=0)

    assert (grouped.value, grouped.n, grouped.form) == (plain.value, 10, "hoeffding")
    assert METRICS["roc_auc"].sealed(y, p, None, floor=0.5, groups=groups, seed=0).form == "approximate"


def test_standard_errors_match_the_bootstrap():
    y, p, best, _ = _inputs(METRICS["accuracy"])
    for name in ("accuracy", "balanced_accuracy", "recall", "brier", "roc_auc"):
        metric = METRICS[name]
        scorers = [metric.weighted(y, p), metric.weighted(y, best)]
        rng = np.random.default_rng(0)
        draws = [np.bincount(rng.integers(0, len(y), len(y)), minlength=len(y)) for _ in range(3000)]
        spread = np.std([scorers[0](w) - scorers[1](w) for w in draws])

        assert metric.sealed(y, p, best, floor=0.5, seed=0).standard_error == pytest.approx(spread, rel=0.1), name


def test_sealed_gate_compares_on_the_rows_that_both_predicted():
    y = np.zeros(10)
    right, wrong, unknown = [1.0, 0.0], [0.0, 1.0], [np.nan, np.nan]
    new = np.array([right] * 8 + [wrong, right])  # 9 of 10
    best = np.array([wrong] * 3 + [right] * 5 + [unknown] * 2)

    found = METRICS["accuracy"].sealed(y, new, best, floor=0.5, seed=0)

    assert (found.value, found.n) == (0.9, 10)
    assert found.difference == pytest.approx(8 / 8 - 5 / 8)
    assert found.standard_error == pytest.approx(np.std([1, 1, 1, 0, 0, 0, 0, 0], ddof=1) / np.sqrt(8))


def test_sealed_errors_clip_at_the_scale():
    y = np.array([0.0, 0.0, 0.0, 0.0])
    p = np.array([1.0, 2.0, 3.0, 100.0])

    squared = METRICS["rmse"].sealed(y, p, None, floor=0.0, scale=16.0, seed=0)
    absolute = METRICS["mae"].sealed(y, p, None, floor=0.0, scale=16.0, seed=0)

    assert squared.value == pytest.approx(1 - (1 + 4 + 9 + 16) / 64)
    assert absolute.value == pytest.approx(1 - (1 + 2 + 3 + 4) / 16)


def test_exact_interval_exists_where_the_table_has_a_bound():
    for metric in METRICS.values():
        y, p, _, scale = _inputs(metric)
        found = metric.exact_interval(y, p, 0.001, scale=scale)

        assert (found is None) == (metric.name in ("macro_f1", "average_precision", "r2")), metric.name
        if found is not None:
            assert found[0] < metric.score(y, p) < found[1]


# ---- floors


def test_floors_of_the_specification():
    train, validation = np.repeat([0.0, 1.0], [60, 40]), np.repeat([0.0, 1.0], [75, 25])
    floors = {m.name: floor_score(m, train, validation) for m in CLASSIFICATION}
    shares = np.tile([0.6, 0.4], (100, 1))

    assert floors == pytest.approx(
        {
            "accuracy": 0.75, "balanced_accuracy": 0.5, "macro_f1": (2 * 75 / 175) / 2, "f1": 0.4, "precision": 0.25,
            "recall": 0.0, "roc_auc": 0.5, "average_precision": 0.25,
            "log_loss": 1 - oracle.log_loss(validation, shares) / np.log(100), "brier": 1 - np.mean((validation - 0.4) ** 2),
        }
    )  # fmt: skip


def test_the_regression_floor_is_the_train_mean():
    train, validation = np.array([1.0, 3.0]), np.array([0.0, 4.0])
    scale = error_scale(train, validation)

    assert scale == 36  # (3 * 2)^2
    assert [floor_score(m, train, validation) for m in REGRESSION] == pytest.approx([1 - 4 / 36, 1 - 2 / 6, 0.0])


def test_a_constant_target_has_no_scale():
    with pytest.raises(EvaluationProblem, match="nothing to predict"):
        error_scale(np.ones(4), np.ones(3))


# ---- refusals


def test_a_metric_that_cannot_judge_a_task_names_those_that_can():
    with pytest.raises(EvaluationProblem, match="'rmse' can't judge a multiclass task; choose one of accuracy, "):
        metric_for("rmse", "multiclass")
    assert [default_metric(t).name for t in ("binary", "multiclass", "regression")] == ["roc_auc", "accuracy", "rmse"]


def test_predictions_that_do_not_fit_are_refused():
    y, p = make_binary(10)

    with pytest.raises(EvaluationProblem, match="9 predictions for 10 rows"):
        METRICS["accuracy"].score(y, p[:9])
    with pytest.raises(EvaluationProblem, match="diverged"):
        METRICS["accuracy"].score(y, np.full((10, 2), np.nan))
    with pytest.raises(EvaluationProblem, match="no rows"):
        METRICS["accuracy"].score(y[:0], p[:0])


def test_remarks_name_few_positives_and_heavy_tails():
    y, p = make_binary(60)
    heavy = np.zeros(500)
    heavy[0] = 50

    assert METRICS["roc_auc"].remarks(y, p) == [
        f"The rarer class has {int(y.sum())} rows here; the range is reliable from 25 on."
    ]
    assert METRICS["rmse"].remarks(heavy, np.zeros(500))[0].startswith("Heavy tails")
    assert METRICS["accuracy"].remarks(y, p) == []


def test_constant_prediction_is_the_train_shares():
    np.testing.assert_allclose(constant_prediction("binary", np.array([0.0, 0, 0, 1]), 2, 2), [[0.75, 0.25]] * 2)


def test_request_rooms_can_import_what_they_use_without_the_workers_packages():
    modules = "metrics comparison ranking charts curves diagnosis verdict next_step rungs errors intervals"
    code = f"""
import importlib, sys
for name in "{modules}".split():
    importlib.import_module("evaluations.core." + name)
heavy = ("pandas", "polars", "sklearn", "lightgbm", "torch", "plotly", "scipy.stats")
print([name for name in heavy if name in sys.modules])
"""
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


def test_a_part_without_positives_says_nothing_rather_than_failing():
    y, p = np.zeros(20), np.tile([0.7, 0.3], (20, 1))
    auc, precision = METRICS["roc_auc"], METRICS["precision"]

    assert (auc.score(y, p), auc.interval(y, p)) == (0.5, (0.0, 1.0))
    assert auc.sealed(y, p, None, floor=0.5, seed=0).n == 1
    assert (precision.score(y, p), precision.interval(y, p)) == (0.0, (0.0, 1.0))
    assert precision.sealed(y, p, p, floor=0.0, seed=0).difference == 0
