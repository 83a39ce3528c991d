import itertools

import numpy as np
import pytest
from scipy import stats

from evaluations.core.comparison import mcnemar_exact, mcnemar_midp, rows_needed
from evaluations.core.intervals import clopper_pearson
from evaluations.core.verdict import TITLES, Claim, Pair, decide, rows_for_target, rows_for_target_by_error


def make_claim(name, k, n=400, alpha=0.05):
    return Claim(name, k / n, *clopper_pearson(k, n, alpha), n)


def make_pair(b, c, n=400):
    return Pair(mcnemar_midp(b, c), (b - c) / n, rows_needed((b - c) / n, (b + c) / n))


def _decide(simple, deep, b, c, n=400, level=0.9):
    return decide(
        make_claim("boosting", simple, n),
        make_claim("network", deep, n),
        level=level,
        floor=0.5,
        pair=make_pair(b, c, n),
    )


@pytest.mark.parametrize(
    ("simple", "deep", "b", "c", "code"),
    [
        (372, 376, 14, 10, "SIMPLE_IS_ENOUGH"),
        (360, 380, 25, 5, "DEEP_WINS"),
        (360, 364, 14, 10, "UNDECIDED"),
        (320, 330, 20, 10, "BOTH_MISS"),
        (368, 376, 18, 10, "DEEP_REACHES_SIMPLE_UNDECIDED"),
    ],
)
def test_verdicts_of_the_specification(simple, deep, b, c, code):
    found = _decide(simple, deep, b, c)

    assert (found.code, found.title) == (code, TITLES[code])


def test_clopper_pearson_decides_at_the_smallest_passing_count():
    assert clopper_pearson(372, 400) == pytest.approx((0.9004, 0.9530), abs=1e-4)
    for n, tau, k in (
        (100, 0.9, 96),
        (200, 0.9, 189),
        (400, 0.9, 372),
        (1000, 0.9, 919),
        (100, 0.7, 80),
        (100, 0.95, 100),
    ):
        codes = [decide(make_claim("linear", i, n), None, level=tau, floor=0.5).code for i in (k - 1, k)]
        assert codes == ["UNDECIDED", "SIMPLE_IS_ENOUGH"]


def test_rows_to_decide_of_the_specification():
    assert [rows_for_target(p, 0.9) for p in (0.92, 0.93, 0.94, 0.9)] == [1666, 716, 388, None]
    assert rows_for_target_by_error(0.82, 0.8, 0.01, 500) == 982
    assert rows_for_target_by_error(0.8, 0.8, 0.01, 500) is None


def test_undecided_names_the_rows_that_would_decide():
    found = decide(make_claim("linear", 368), None, level=0.9, floor=0.5)

    assert found.rows_that_would_decide == 1666
    assert found.sentence == (
        "The level of 0.9 lies inside what these 400 rows can tell. About 1,666 final rows would decide. "
        "linear: 0.92 (0.8889–0.9446, 400 rows)."
    )


def test_a_score_at_the_level_is_decided_on_cost():
    found = decide(make_claim("linear", 360), None, level=0.9, floor=0.5)

    assert found.rows_that_would_decide is None
    assert "counts as equal: decide on cost" in found.sentence
    assert "decide on cost" in decide(make_claim("linear", 361), None, level=0.9, floor=0.5).sentence


def test_deep_that_reaches_may_be_settled_by_the_pair():
    found = _decide(368, 376, 18, 10)

    assert found.rows_that_would_decide == min(1666, rows_needed(0.02, 0.07))


def test_magic_goes_here_when_nothing_beats_the_floor():
    nothing = decide(make_claim("linear", 200), make_claim("network", 204), level=0.9, floor=0.5, pair=make_pair(10, 6))
    something = _decide(320, 330, 20, 10)

    assert "Magic goes here" in nothing.sentence
    assert "Magic" not in something.sentence


def test_only_one_model_declared():
    assert decide(make_claim("linear", 372), None, level=0.9, floor=0.5).code == "SIMPLE_IS_ENOUGH"
    assert decide(make_claim("linear", 320), None, level=0.9, floor=0.5).code == "BOTH_MISS"
    assert decide(None, make_claim("network", 380), level=0.9, floor=0.5).code == "DEEP_REACHES_SIMPLE_UNDECIDED"
    assert decide(None, make_claim("network", 320), level=0.9, floor=0.5).code == "BOTH_MISS"


def test_footnote_says_how_often_a_claim_is_false():
    assert _decide(372, 376, 14, 10).footnote == (
        "Each claim is made at one-sided 2.5%; with both models declared, the chance of any false claim is at most 7.5%."
    )
    assert (
        decide(make_claim("linear", 372), None, level=0.9, floor=0.5).footnote
        == "Each claim is made at one-sided 2.5%."
    )
    assert (
        decide(make_claim("linear", 372, alpha=2e-5), None, level=0.9, floor=0.5, alpha=2e-5).footnote
        == "Each claim is made at one-sided 2.5%. That holds over all looks at these rows together."
    )


def test_spent_looks_raise_the_bar_through_alpha():
    alpha = 0.05 / 4
    claims = [make_claim(name, k, alpha=alpha) for name, k in (("forest", 360), ("network", 380))]
    pair = Pair(mcnemar_exact(19, 5), 14 / 400)

    spent = decide(*claims, level=0.9, floor=0.5, pair=pair, alpha=alpha / 4)
    fresh = decide(*claims, level=0.9, floor=0.5, pair=pair, alpha=alpha)

    assert (spent.code, fresh.code) == ("DEEP_REACHES_SIMPLE_UNDECIDED", "DEEP_WINS")
    assert decide(make_claim("forest", 372, alpha=alpha), None, level=0.9, floor=0.5, alpha=alpha).code == "UNDECIDED"


def test_errors_follow_the_same_tree_the_other_way_round():
    def judge(simple, deep, pair=Pair(0.001, 3.0)):  # noqa: B008
        return decide(simple, deep, level=10, floor=30, greater_is_better=False, pair=pair, proportion=False)

    enough, short = Claim("linear", 8, 7, 9, 300), Claim("linear", 12, 11, 13, 300)
    open_, good = Claim("linear", 11, 9, 13, 300), Claim("network", 8, 7, 9, 300)

    assert judge(enough, good).code == "SIMPLE_IS_ENOUGH"
    assert judge(open_, good).code == "DEEP_WINS"
    assert judge(short, Claim("network", 11, 10.5, 12, 300)).code == "BOTH_MISS"
    assert judge(open_, Claim("network", 10.5, 9, 12, 300)).code == "UNDECIDED"
    assert judge(open_, good, Pair(0.4, 3.0)).rows_that_would_decide == rows_for_target_by_error(
        -11, -10, 4 / 3.919928, 300
    )


def test_few_rows_and_approximate_ranges_give_scores_but_no_verdict():
    few = decide(make_claim("linear", 90, 90), None, level=0.9, floor=0.5)
    approximate = decide(make_claim("linear", 400), None, level=0.9, floor=0.5, approximate=True)

    assert (few.code, approximate.code) == (None, None)
    assert few.sentence == (
        "linear: 1 (0.9598–1, 90 rows). 90 rows decide here; a verdict takes at least 100. Add labelled rows, then ask again."
    )
    assert approximate.title == "No verdict"


def test_a_verdict_needs_models_and_their_test():
    with pytest.raises(ValueError, match="simple or a deep"):
        decide(None, None, level=0.9, floor=0.5)
    with pytest.raises(ValueError, match="paired test"):
        decide(make_claim("a", 372), make_claim("b", 372), level=0.9, floor=0.5)


def test_every_code_is_reached_and_only_those():
    codes = {
        _decide(s, d, b, c).code
        for s, d, (b, c) in itertools.product((320, 360, 372), (320, 362, 380), ((30, 5), (10, 10)))
    }

    assert codes == set(TITLES)


def _shares(ps, pd, disagreement, n, level, repeats):
    rng = np.random.default_rng(1)
    b, c = (disagreement + pd - ps) / 2, (disagreement - pd + ps) / 2
    both = ps - c
    codes = []
    for x in rng.multinomial(n, [both, b, c, 1 - both - b - c], repeats):
        codes.append(_decide(x[0] + x[2], x[0] + x[1], x[1], x[2], n, level).code)
    return {code: codes.count(code) / repeats for code in TITLES}


@pytest.mark.long
def test_error_rates_of_the_specification():
    assert _shares(0.93, 0.94, 0.05, 1000, 0.9, 4000)["SIMPLE_IS_ENOUGH"] == pytest.approx(0.915, abs=0.02)
    assert _shares(0.88, 0.93, 0.09, 1000, 0.9, 4000)["DEEP_WINS"] == pytest.approx(0.928, abs=0.02)
    assert _shares(0.80, 0.83, 0.11, 1000, 0.9, 4000)["BOTH_MISS"] == 1
    equal = _shares(0.90, 0.90, 0.06, 400, 0.9, 4000)
    assert equal["UNDECIDED"] == pytest.approx(0.955, abs=0.015)
    assert equal["SIMPLE_IS_ENOUGH"] <= 0.028
    for n, tau in itertools.product((100, 400), (0.7, 0.9, 0.95)):
        k = np.arange(n + 1)
        passes = np.array([clopper_pearson(i, n)[0] >= tau for i in k])
        assert stats.binom.pmf(k, n, tau)[passes].sum() <= 0.025


def test_rows_that_would_decide_pay_for_the_looks_at_a_pooled_set():
    claim = Claim("linear", 0.93, 0.85, 0.98, 400)

    paid, free = (decide(claim, None, level=0.9, floor=0.5, alpha=alpha) for alpha in (0.001, 0.05))

    assert (free.rows_that_would_decide, rows_for_target(0.93, 0.9, 0.001)) == (716, paid.rows_that_would_decide)
    assert paid.rows_that_would_decide > free.rows_that_would_decide
