"""Guard measures and slices on sealed rows: worked examples."""

from functools import partial

import numpy as np
import pytest

from evaluations.core.guarding import Model, failed, holds, judged
from evaluations.core.metrics import METRICS

Y = np.repeat([1.0, 0.0], 100)  # 100 true, 100 false
P = np.concatenate([np.repeat([0.9, 0.4], [80, 20]), np.repeat([0.6, 0.1], [10, 90])])  # 80 found, 10 false alarms


def ends(metric, y, guess, groups, approximate=False):
    return *metric.decision_interval(y, guess, groups=groups), approximate


def asked(guards=(), slices=(), *, threshold=0.5, rows_of=lambda column, value: None, how=ends, metric="accuracy"):
    model = Model(np.column_stack([1 - P, P]), threshold, rows_of)
    return judged(metric, guards, slices, Y, None, {"simple": model}, task="binary", ends=how)


@pytest.mark.parametrize(
    ("ends", "level", "greater", "state"),
    [
        ((0.9, 0.95), 0.9, True, "met"),
        ((0.8, 0.89), 0.9, True, "not met"),
        ((0.8, 0.95), 0.9, True, "cannot tell"),
        ((1.0, 2.0), 2.0, False, "met"),
        ((2.1, 3.0), 2.0, False, "not met"),
    ],
)
def test_a_guard_holds_only_with_its_whole_range(ends, level, greater, state):
    assert holds(*ends, level, greater) == state


def test_a_guard_reads_what_the_model_answers_at_the_point_that_was_kept():
    guards = [{"metric": "recall", "level": 0.7}, {"metric": "precision", "level": 0.99}]

    half, lower = asked(guards), asked(guards[:1], threshold=0.3)

    assert [(one["simple"]["score"], one["simple"]["state"]) for one in half] == [
        (0.8, "met"), (pytest.approx(80 / 90), "not met"),
    ]  # fmt: skip
    assert lower[0]["simple"]["score"] == 1.0
    assert [guard["metric"] for guard, _ in failed(half)] == ["precision"]


def test_a_slice_says_nothing_of_a_few_rows():
    few, enough = np.zeros(200, bool), np.zeros(200, bool)
    few[:9] = enough[:50] = True
    rows_of = {("belt", "old"): enough, ("belt", "new"): few}
    slices = [{"column": "belt", "value": value, "level": 0.9} for value in ("old", "new", "none")]

    old, new, none = (one["simple"] for one in asked(slices=slices, rows_of=lambda *key: rows_of.get(key)))

    assert (old["score"], old["n"], old["state"]) == (1.0, 50, "met")
    assert (new, none["score"]) == ({"score": None, "state": "cannot tell", "why": new["why"]}, None)


def test_what_cannot_be_read_is_open_and_says_why():
    never = asked([{"metric": "precision", "level": 0.5}], threshold=0.95)
    unfit = asked([{"metric": "rmse", "level": 0.5}])
    looked_at = asked([{"metric": "recall", "level": 0.5}], how=partial(ends, approximate=True))
    only_yes = asked(slices=[{"column": "a", "value": "b", "level": 0.5}], rows_of=lambda *_: Y == 1, metric="roc_auc")

    assert [found[0]["simple"]["state"] for found in (never, unfit, looked_at, only_yes)] == ["cannot tell"] * 4
    assert [bool(found[0]["simple"]["why"]) for found in (never, unfit, looked_at, only_yes)] == [True] * 4
    assert looked_at[0]["simple"]["score"] == METRICS["recall"].score(Y, np.column_stack([1 - P, P]))
