"""The sealed ladder: worked examples, the gate, what a look may say."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.core.bounds import clopper_pearson
from datasets.core.sealed_ladder import (
    LadderState,
    SealedScore,
    answer,
    balanced_units,
    bits,
    budget_words,
    card_words,
    final_alpha,
    grid_step,
    grouped_units,
    interval,
    optimism_words,
    price,
    price_words,
    rungs,
    weight,
)

FRESH = LadderState(t=0, j=0, best_k=None, eta=0.02, M=25, s0=0.5)
TWO_DECIMALS = "{:.2f}".format


def sealed(value, difference, *, standard_error=0.001, n=1000, form="kl"):
    return SealedScore(value=value, difference=difference, standard_error=standard_error, n=n, form=form)


@pytest.mark.parametrize(
    ("n", "eta"), [(100, 0.05), (400, 0.025), (1000, 0.02), (2000, 0.015), (5000, 0.01), (10000, 0.005), (10**7, 0.005)]
)
def test_grid_step_is_half_a_standard_error_on_a_grid_of_5_thousandths(n, eta):
    assert grid_step(n) == eta


def test_rungs_counts_the_steps_from_the_floor_to_1():
    assert [rungs(0.5, 0.02), rungs(0.9, 0.02), rungs(0.5, 0.03), rungs(0, 0.005)] == [25, 5, 17, 200]


@pytest.mark.parametrize(
    ("t", "j", "spent"), [(1, 0, 2.0), (4, 1, 13.136), (12, 2, 25.939), (12, 4, 39.134), (52, 4, 52.842)]
)
def test_bits_of_the_worked_examples(t, j, spent):
    assert bits(t, j, 25) == pytest.approx(spent, abs=1e-3)
    assert weight(t, j, 25) == pytest.approx(2**-spent, rel=1e-3)


def test_bits_takes_the_product_of_the_rungs_of_the_releases_so_far():
    assert bits(12, 2, 25, math.log2(25 * 25)) == pytest.approx(bits(12, 2, 25))
    assert bits(12, 2, 25, math.log2(25 * 50)) == pytest.approx(bits(12, 2, 25) + 1)


@pytest.mark.parametrize(("t", "j"), [(0, 0), (1, 1), (3, -1)])
def test_bits_refuses_more_releases_than_earlier_looks(t, j):
    with pytest.raises(ValueError, match="releases before look"):
        bits(t, j, 25)


def test_weights_of_all_histories_sum_to_less_than_1():
    total = sum(weight(t, j, 25) * math.comb(t - 1, j) * 25**j for t in range(1, 201) for j in range(t))

    assert 0.6 < total < 1


@pytest.mark.parametrize(
    ("rung", "eta", "n", "t", "j", "m", "ends"),
    [
        (0.84, 0.02, 1000, 1, 0, 25, (0.8008, 0.8925)),
        (0.84, 0.02, 1000, 12, 2, 25, (0.7545, 0.9216)),
        (0.84, 0.02, 1000, 52, 4, 25, (0.7194, 0.9387)),
        (0.85, 0.01, 5000, 12, 2, 50, (0.8136, 0.8911)),
    ],
)
def test_interval_of_the_worked_examples(rung, eta, n, t, j, m, ends):
    assert interval(rung, eta, n, bits(t, j, m)) == pytest.approx(ends, abs=1e-4)


def test_interval_for_f1_is_taken_on_the_share_of_rows_that_are_not_true_negatives():
    # tp 60, fp 25, fn 15: J = 0.6, at most 85 rows
    assert interval(0.75, 0.0, 85, 0.0, form="f1") == pytest.approx((0.6236, 0.8477), abs=1e-4)
    low, high = interval(0.74, 0.02, 85, 0.0, form="f1")
    assert low < 0.6236
    assert high > 0.8477


def test_interval_by_hoeffding_is_the_grid_and_a_half_width_on_either_side():
    half = math.sqrt(math.log(40) / 720)

    assert interval(0.7, 0.02, 360, 0.0, form="hoeffding") == pytest.approx((0.7 - half, 0.72 + half))


def test_interval_at_48_bits_is_2_7_times_as_wide_as_that_of_the_first_look():
    first, last = (interval(0.5, 0.0, 10_000, spent, form="hoeffding") for spent in (2, 48))

    assert (last[1] - last[0]) / (first[1] - first[0]) == pytest.approx(2.70, abs=0.005)


def test_interval_without_a_bound_is_normal_and_widens_with_the_bits():
    # SE 0.01 on 400 validation rows, 100 checkpoint rows: SE 0.02
    assert interval(0.7, 0.05, 100, 0.0, form="approximate", unit_error=0.2) == pytest.approx(
        (0.7 - 1.959964 * 0.02, 0.75 + 1.959964 * 0.02), abs=1e-6
    )
    low, high = interval(0.7, 0.05, 100, 60.0, form="approximate", unit_error=0.2)
    assert 0.5 < low < 0.54
    assert 0.91 < high < 0.95
    with pytest.raises(ValueError, match="unit_error"):
        interval(0.7, 0.05, 100, 0.0, form="approximate")


@given(
    st.floats(0, 1),
    st.floats(0.005, 0.05),
    st.floats(10, 1e5),
    st.floats(0, 48),
    st.sampled_from(["kl", "hoeffding", "f1"]),
)
def test_interval_holds_its_rung_stays_in_0_to_1_and_grows_with_bits(rung, eta, n, spent, form):
    low, high = interval(rung, eta, n, spent, form=form)
    wider_low, wider_high = interval(rung, eta, n, spent + 1, form=form)

    assert 0 <= wider_low <= low <= rung + 1e-9
    assert min(1, rung + eta) - 1e-9 <= high <= wider_high <= 1 + 1e-12


def test_units_of_balanced_accuracy_and_of_groups():
    assert balanced_units([900, 100]) == pytest.approx(360)
    assert balanced_units([500, 500]) == pytest.approx(1000)
    assert grouped_units([1] * 50) == 50
    assert grouped_units([10] * 5) == 5
    assert grouped_units([9, 1]) == pytest.approx(100 / 82)


def test_answer_names_the_rung_below_the_score_and_its_interval():
    told = answer(sealed(0.8567, 0.3567), state=FRESH, write=TWO_DECIMALS)

    assert told.released
    assert (told.k, told.t, told.j_before, told.bits) == (17, 1, 0, 2.0)
    assert told.rung == pytest.approx(0.84)
    assert (told.lower, told.upper) == pytest.approx((0.8008, 0.8925), abs=1e-4)
    assert told.sentence == "New best: read 0.84 or more on these rows"


def test_answer_takes_a_score_on_a_rung_for_that_rung():
    assert answer(sealed(0.5 + 0.02 * 3 - 1e-13, 0.06), state=FRESH).k == 3


@pytest.mark.parametrize(
    ("score", "best_k"),
    [
        (sealed(0.8567, 0.0199), 15),  # less than a step better
        (sealed(0.8567, 0.03, standard_error=0.0183), 15),  # 1.645 standard errors are more than 0.03
        (sealed(0.8567, 0.03), 17),  # no rung higher
        (sealed(0.8567, 0.03), 18),
        (sealed(0.51, 0.03), None),  # not one rung above the floor
        (sealed(0.2, -0.3), None),
    ],
)
def test_answer_is_the_same_no_whatever_the_reason(score, best_k):
    told = answer(score, state=replace(FRESH, t=11, j=2, best_k=best_k))

    said = (told.released, told.rung, told.k, told.lower, told.upper, told.t, told.j_before)
    assert said == (False, None, None, None, None, 12, 2)
    assert told.sentence == "Not measurably better than your best on the checkpoint set."
    assert told.bits == pytest.approx(25.939, abs=1e-3)


def test_answer_releases_at_the_gate_itself():
    assert answer(sealed(0.82, 0.82 - 0.8), state=replace(FRESH, t=1, j=1, best_k=15)).k == 16
    assert answer(sealed(0.86, 0.0329, standard_error=0.02), state=FRESH).released


def test_answer_says_nothing_but_the_rung_of_two_scores_between_the_same_rungs():
    state = replace(FRESH, t=11, j=2, best_k=10)

    assert answer(sealed(0.8401, 0.14), state=state) == answer(sealed(0.8599, 0.15, standard_error=0.01), state=state)


def test_answer_writes_an_error_in_its_own_unit():
    # RMSE = sqrt(B (1 - x)) with B = 100
    told = answer(
        sealed(0.8567, 0.3567), state=FRESH, write=lambda x: f"{10 * math.sqrt(1 - x):.1f} kg", greater_is_better=False
    )

    assert told.sentence == "New best: read 4.0 kg or less on these rows"


@pytest.mark.parametrize("broken", ["value", "difference", "standard_error"])
def test_answer_refuses_a_score_that_is_not_a_number(broken):
    with pytest.raises(ValueError, match="not finite"):
        answer(replace(sealed(0.9, 0.4), **{broken: math.nan}), state=FRESH)


def test_state_after_counts_the_look_and_keeps_the_new_best():
    first = FRESH.after(answer(sealed(0.75, 0.25), state=FRESH))
    second = first.after(answer(sealed(0.75, 0.0), state=first))

    assert (first.t, first.j, first.best_k) == (1, 1, 12)
    assert (second.t, second.j, second.best_k) == (2, 1, 12)


def test_state_after_adds_its_own_rungs_where_ladders_differ():
    shared = replace(FRESH, t=5, j=1, log2_rungs=math.log2(50))

    after = shared.after(answer(sealed(0.75, 0.25), state=shared))

    assert after.log2_rungs == pytest.approx(math.log2(50 * 25))
    assert answer(sealed(0.75, 0.0), state=after).bits == pytest.approx(bits(7, 2, 25) + 1)


def test_final_alpha_is_whole_until_somebody_looked():
    assert final_alpha(1, 0, 25) == 0.05
    assert final_alpha(2, 0, 25) == pytest.approx(0.05 / 12)
    assert final_alpha(2, 1, 25) == pytest.approx(0.05 / 36 / 25)


@pytest.mark.parametrize(
    ("k", "n", "ends"),
    [(850, 1000, (0.8263, 0.8716)), (372, 400, (0.9004, 0.9530)), (0, 20, (0, 0.1684)), (20, 20, (0.8316, 1))],
)
def test_clopper_pearson_of_the_worked_examples(k, n, ends):
    assert clopper_pearson(k, n, 0.05) == pytest.approx(ends, abs=1e-4)


@pytest.mark.parametrize("k", [0, 1, 60, 199, 200])
def test_clopper_pearson_holds_far_out_in_the_tail(k):
    stats = pytest.importorskip("scipy.stats")
    alpha = 0.05 * 2**-40

    low, high = clopper_pearson(k, 200, alpha)

    assert low == pytest.approx(stats.beta.ppf(alpha / 2, k, 201 - k) if k else 0, abs=1e-9)
    assert high == pytest.approx(stats.beta.isf(alpha / 2, k + 1, 200 - k) if k < 200 else 1, abs=1e-9)


def test_price_of_a_look_at_a_pooled_set_in_words():
    state = LadderState(t=0, j=0, best_k=None, eta=grid_step(240), M=rungs(0.5, grid_step(240)), s0=0.5)

    cost = price(0.85, state=state, n=240, form="exact", is_pooled=True)

    assert price_words(cost, 0.85, rows=240, is_pooled=True, write=TWO_DECIMALS) == (
        "At the validation score of 0.85 (240 rows) the final interval would be 0.80 to 0.89 now; "
        "after this look 0.77 to 0.91 if the answer is no, 0.74 to 0.93 if it is a new best."
    )
    assert cost.if_no == clopper_pearson(204, 240, final_alpha(2, 0, state.M))


def test_price_of_a_pooled_set_keeps_the_classical_interval_until_the_first_look():
    fresh = price(0.85, state=FRESH, n=60, form="kl", is_pooled=True, unspent=(0.78, 0.90))
    looked = price(0.85, state=replace(FRESH, t=1), n=60, form="kl", is_pooled=True, unspent=(0.78, 0.90))

    assert fresh.now == (0.78, 0.90)
    assert looked.now == interval(0.85, 0.0, 60, bits(2, 0, 25))
    assert fresh.if_no == looked.now


def test_price_of_a_checkpoint_look_is_the_interval_of_a_new_best():
    state = replace(FRESH, t=11, j=2, best_k=10)

    cost = price(0.8567, state=state, n=1000, form="kl", is_pooled=False)

    assert cost.now == pytest.approx((0.7545, 0.9216), abs=1e-4)
    assert (cost.bits_now, cost.bits_if_no, cost.bits_if_new_best) == (
        bits(12, 2, 25),
        bits(13, 2, 25),
        bits(13, 3, 25),
    )
    assert cost.if_new_best[0] < cost.if_no[0] < cost.now[0]
    assert price_words(cost, 0.8567, rows=1000, is_pooled=False, write=TWO_DECIMALS).startswith(
        "At the validation score of 0.86 (1,000 rows) a new best would read as 0.75 to 0.92 now; after this look "
    )


def test_price_counts_the_rungs_of_other_ladders_on_the_set():
    shared = replace(FRESH, t=11, j=2, log2_rungs=math.log2(25 * 50))

    assert price(0.85, state=shared, n=1000, form="kl", is_pooled=False).bits_if_new_best == pytest.approx(
        bits(13, 3, 25) + 1
    )


def test_card_words_in_the_unit_of_the_metric():
    assert card_words(0.84, 0.7545, 0.9216, rows=1000, looks=12, write=TWO_DECIMALS) == (
        "Read 0.84 or more on the 1,000 checkpoint rows; true score 0.75 to 0.92 (95%, valid for all 12 looks)"
    )
    error = {"write": lambda x: f"{1 - x:.2f}", "greater_is_better": False, "is_approximate": True}
    assert card_words(0.84, 0.7545, 0.9216, rows=1000, looks=1, **error) == (
        "Read 0.16 or less on the 1,000 checkpoint rows; true score 0.08 to 0.25 (approximate)"
    )
    assert card_words(0.84, 0.8, 0.89, rows=900, looks=1, write=TWO_DECIMALS).endswith("(95%, valid for the one look)")


def test_budget_and_optimism_words():
    assert budget_words(25.94, 511) == "Budget 25.9 of 48 bits; looks left with no new best: 511"
    assert budget_words(2.0, 11_863_282).endswith("no new best: more than 1,000")
    assert optimism_words("0.8 points") == (
        "Reading the same rows again and again flatters by about 0.8 points for a team like yours"
    )
