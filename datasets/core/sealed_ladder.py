"""What a look at the sealed checkpoint set may say, what it costs, and how far it can be trusted (the sealed ladder).

A look answers with a new best rung or with the word no. Before look t, with j releases among the t - 1 looks,
C(t-1, j) * M^j strings of answers are possible, and a team's model is a function of the string it saw. Each string gets
a weight, the weights of all strings sum to less than 1, and a model's interval is taken at alpha times its weight: so
all intervals hold at once, whatever a team does.

Scores are in [0, 1] here and higher is better. Errors such as RMSE are turned round before they arrive, and turned back
by the formatter that the caller passes to the words.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Literal

from datasets.core.bounds import clopper_pearson, kl_lower, kl_upper
from dlstart_web.kit.say import figure, say, say_count

ALPHA = 0.05
GATE_Z = 1.645  # one-sided 5%: how many standard errors better a model must be before anything is said
SLACK = 1e-9  # a score that is a rung but for rounding is that rung

Form = Literal["kl", "hoeffding", "f1", "approximate"]
Write = Callable[[float], str]


@dataclass(frozen=True)
class SealedScore:
    """What the scorer hands to the ladder: computed inside the vault, never shown.

    Parameters
    ----------
    value : float
        Score of the new model in [0, 1], higher is better (the per-row form of its metric).
    difference : float
        ``value`` minus the score of the team's best so far on the same rows (minus the floor at its first look).
    standard_error : float
        Paired standard error of ``difference``.
    n : float
        Independent units in the bound: the metric's own number of rows, classes' effective rows or groups.
    form : {"kl", "hoeffding", "f1", "approximate"}
        Which interval the metric has; "approximate" means no finite-sample one.
    """

    value: float
    difference: float
    standard_error: float
    n: float
    form: Form


@dataclass(frozen=True)
class LookAnswer:
    """All that a look tells. Rung and interval are None when the answer is the one word no.

    ``k`` is the rung as an integer (``rung = s0 + k * eta``), ``t`` the number of this look, ``j_before`` the releases
    before it; ``bits`` are spent by either answer.
    """

    released: bool
    rung: float | None
    k: int | None
    lower: float | None
    upper: float | None
    bits: float
    t: int
    j_before: int
    sentence: str


@dataclass(frozen=True)
class LadderState:
    """Where a test set and a team's ladder on it stand before a look.

    Parameters
    ----------
    t, j : int
        Looks and releases so far on the test set, by everybody who can see an answer.
    best_k : int or None
        The team's best rung, None before its first release.
    eta, M, s0 : float, int, float
        Step, number of rungs and floor, frozen at the first look.
    log2_rungs : float or None
        Sum of log2 M over the releases so far; None where every release was one of M rungs.
    """

    t: int
    j: int
    best_k: int | None
    eta: float
    M: int
    s0: float
    log2_rungs: float | None = None

    def after(self, answer: LookAnswer) -> "LadderState":
        """The state once ``answer`` is written down."""
        if not answer.released:
            return replace(self, t=answer.t)
        spent = None if self.log2_rungs is None else self.log2_rungs + math.log2(self.M)
        return replace(self, t=answer.t, j=self.j + 1, best_k=answer.k, log2_rungs=spent)


@dataclass(frozen=True)
class Price:
    """What the next look costs: the same interval, in [0, 1], now and after either answer, and the bits behind it."""

    now: tuple[float, float]
    if_no: tuple[float, float]
    if_new_best: tuple[float, float]
    bits_now: float
    bits_if_no: float
    bits_if_new_best: float


def grid_step(n: float) -> float:
    """Step eta between two rungs for ``n`` checkpoint units: half a standard error's worth, in multiples of 0.005."""
    return max(1, math.ceil(0.5 / math.sqrt(n) / 0.005 - SLACK)) / 200


def rungs(s0: float, eta: float) -> int:
    """Number M of rungs above the floor ``s0``: the different scores that a release can name."""
    return math.ceil((1 - s0) / eta - SLACK)


def balanced_units(class_rows: Sequence[int]) -> float:
    """Units of balanced accuracy in the bound, for the rows of each class."""
    return len(class_rows) ** 2 / sum(1 / rows for rows in class_rows)


def grouped_units(group_rows: Sequence[int]) -> float:
    """Units of a mean over rows that come in groups, for the rows of each group."""
    return sum(group_rows) ** 2 / sum(rows**2 for rows in group_rows)


def bits(t: int, j: int, M: int, log2_rungs: float | None = None) -> float:
    """Bits spent when look ``t`` is answered after ``j`` releases.

    Parameters
    ----------
    t : int
        Number of the look, this one included; at least 1.
    j : int
        Releases before it, at most t - 1.
    M : int
        Number of rungs.
    log2_rungs : float, optional
        Sum of log2 M over those releases, where ladders of different M share the test set; ``j * log2(M)`` without it.

    Returns
    -------
    bits : float
        ``-log2`` of the weight, 2 at the very first look.

    Raises
    ------
    ValueError
        If j releases cannot have come before look t.
    """
    if not 0 <= j < t:
        raise ValueError(f"{j} releases before look {t}; there can be 0 to {t - 1}.")
    strings = t * (t + 1) * (j + 1) * (j + 2) * math.comb(t - 1, j)
    return math.log2(strings) + (j * math.log2(M) if log2_rungs is None else log2_rungs)


def weight(t: int, j: int, M: int, log2_rungs: float | None = None) -> float:
    """Share of the error allowance that the model of look ``t`` gets after ``j`` releases; arguments as in `bits`.

    Summed over every history of answers the weights stay below 1, which is why all intervals hold at once.
    """
    return math.exp2(-bits(t, j, M, log2_rungs))


def final_alpha(t: int, j: int, M: int, log2_rungs: float | None = None, *, alpha: float = ALPHA) -> float:
    """Error allowance of the one opening of a pooled set, when it is event number ``t`` on it after ``j`` releases.

    Without a look before it (``t = 1``) nothing was learnt from the set, so the whole allowance is left.
    """
    return alpha if t == 1 else alpha * weight(t, j, M, log2_rungs)


def interval(
    rung: float,
    eta: float,
    n: float,
    bits: float,
    alpha: float = ALPHA,
    form: Form = "kl",
    *,
    unit_error: float | None = None,
) -> tuple[float, float]:
    """Interval of the true score of a model known to have scored between ``rung`` and ``rung + eta``.

    Parameters
    ----------
    rung, eta : float
        Rung and step; ``eta=0`` with the exact score gives the final interval of a pooled set.
    n : float
        Independent units, see `SealedScore`.
    bits : float
        Bits spent at that look, see `bits`.
    alpha : float, default=0.05
        Chance of missing, for all looks together.
    form : {"kl", "hoeffding", "f1", "approximate"}, default="kl"
        Chernoff-KL for a mean of rows in [0, 1]; Hoeffding for a weighted mean; KL on J = F1 / (2 - F1) for F1; a
        normal approximation for the rest.
    unit_error : float, optional
        For "approximate" only: standard error on VALIDATION times the root of its rows; the test set's would leak.

    Returns
    -------
    lower, upper : float
        Ends in [0, 1].

    Notes
    -----
    Hoeffding (1963), Probability inequalities for sums of bounded random variables, theorems 1 and 2.
    """
    top = min(1.0, rung + eta)
    allowance = math.log(2 / alpha) + bits * math.log(2)
    if form == "kl":
        return kl_lower(rung, n, allowance), kl_upper(top, n, allowance)
    if form == "f1":
        low, high = (f1 / (2 - f1) for f1 in (rung, top))
        low, high = kl_lower(low, n, allowance), kl_upper(high, n, allowance)
        return 2 * low / (1 + low), 2 * high / (1 + high)
    if form == "hoeffding":
        half = math.sqrt(allowance / (2 * n))
    else:
        if unit_error is None:
            raise ValueError("An approximate interval needs unit_error, measured on validation.")
        # -z(p) rather than z(1 - p): beyond 50 bits 1 - p is 1 in floating point
        half = -NormalDist().inv_cdf(alpha * math.exp2(-bits) / 2) * unit_error / math.sqrt(n)
    return max(0.0, rung - half), min(1.0, top + half)


def answer(
    score: SealedScore,
    *,
    state: LadderState,
    write: Write = "{:.4g}".format,
    greater_is_better: bool = True,
    unit_error: float | None = None,
    alpha: float = ALPHA,
) -> LookAnswer:
    """Answer the next look: a new best rung with its interval, or no.

    Parameters
    ----------
    score : SealedScore
        What the scorer measured; nothing of it but the rung leaves this function.
    state : LadderState
        As it stands before this look; the look is counted here.
    write : callable, optional
        Turns a score in [0, 1] into words in the metric's own unit.
    greater_is_better : bool, default=True
        False for errors, which then read "or less".
    unit_error : float, optional
        For the form "approximate", see `interval`.
    alpha : float, default=0.05
        Chance of missing, for all looks together.

    Returns
    -------
    answer : LookAnswer
        With the bits this look spends, whatever the answer.

    Raises
    ------
    ValueError
        If a number of the score is not finite: it would slip past the gate.
    """
    if not all(map(math.isfinite, (score.value, score.difference, score.standard_error))):
        raise ValueError("A sealed score holds a number that is not finite.")
    t = state.t + 1
    spent = bits(t, state.j, state.M, state.log2_rungs)
    gate = max(state.eta, GATE_Z * score.standard_error)
    k = _rung(score.value, state)
    if score.difference < gate - SLACK or k <= (state.best_k or 0):
        return LookAnswer(False, None, None, None, None, spent, t, state.j, no_words())
    rung = state.s0 + k * state.eta
    lower, upper = interval(rung, state.eta, score.n, spent, alpha, score.form, unit_error=unit_error)
    words = new_best_words(rung, write, greater_is_better=greater_is_better)
    return LookAnswer(True, rung, k, lower, upper, spent, t, state.j, words)


def price(
    value: float,
    *,
    state: LadderState,
    n: float,
    form: Form | Literal["exact"],
    is_pooled: bool,
    unit_error: float | None = None,
    unspent: tuple[float, float] | None = None,
) -> Price:
    """What the next look costs, from figures that are not sealed.

    Parameters
    ----------
    value : float
        Best VALIDATION score, per-row form: a sealed one would leak.
    state : LadderState
        As it stands before the look.
    n : float
        Units of the checkpoint or pooled set in the metric's bound.
    form : {"kl", "hoeffding", "f1", "approximate", "exact"}
        "exact" is Clopper-Pearson, for accuracy, recall, specificity and precision on a pooled set.
    is_pooled : bool
        True: the interval that the one final opening would have. False: the interval that a new best would carry.
    unit_error : float, optional
        For the form "approximate", see `interval`.
    unspent : (float, float), optional
        The classical interval at ``value`` and ``n``, which a pooled set keeps as long as nobody has looked.

    Returns
    -------
    price : Price
        The three intervals and the bits spent at each.
    """
    after_release = None if state.log2_rungs is None else state.log2_rungs + math.log2(state.M)
    look = state.t + 1
    costs = (
        bits(look, state.j, state.M, state.log2_rungs),
        bits(look + 1, state.j, state.M, state.log2_rungs),
        bits(look + 1, state.j + 1, state.M, after_release),
    )

    def at(cost: float) -> tuple[float, float]:
        if form == "exact":
            return clopper_pearson(round(value * n), round(n), ALPHA * math.exp2(-cost))
        if is_pooled:
            return interval(value, 0.0, n, cost, form=form, unit_error=unit_error)
        rung = state.s0 + max(0, _rung(value, state)) * state.eta
        return interval(rung, state.eta, n, cost, form=form, unit_error=unit_error)

    now = (unspent or at(0.0)) if is_pooled and state.t == 0 else at(costs[0])
    return Price(now, at(costs[1]), at(costs[2]), *costs)


# ---- words


def new_best_words(rung: float, write: Write, *, greater_is_better: bool = True) -> str:
    """The answer to a look that found a new best."""
    return say(
        "New best: read {rung} or {direction} on these rows",
        rung=write(rung),
        direction=_direction(greater_is_better),
    )


def no_words() -> str:
    """The answer to every other look; nothing else may depend on the sealed labels."""
    return say("Not measurably better than your best on the checkpoint set.")


def card_words(
    rung: float,
    lower: float,
    upper: float,
    *,
    rows: int,
    looks: int,
    write: Write,
    greater_is_better: bool = True,
    is_approximate: bool = False,
) -> str:
    """The checkpoint card's line for the team's best; scores in [0, 1], ``looks`` by everybody on the set."""
    span = _span((lower, upper), write, greater_is_better)
    valid = say_count(looks, "95%, valid for the one look", "95%, valid for all {count} looks")
    how = say("approximate") if is_approximate else valid
    read = say(
        "Read {rung} or {direction} on the {rows:,} checkpoint rows",
        rung=write(rung),
        direction=_direction(greater_is_better),
        rows=rows,
    )
    return say("{read}; true score {span} ({how})", read=read, span=span, how=how)


def budget_words(spent: float, looks_left: int, *, limit: float = 48) -> str:
    """The checkpoint card's line on bits; a number of looks that nobody will reach is not spelled out."""
    left = say("more than 1,000") if looks_left > 1000 else figure(f"{looks_left:,}")
    return say(
        "Budget {spent:.1f} of {limit:g} bits; looks left with no new best: {left}", spent=spent, limit=limit, left=left
    )


def optimism_words(optimism: str) -> str:
    """The honest figure of the card; ``optimism`` comes written in the metric's unit, such as "0.8 points"."""
    return say(
        "Reading the same rows again and again flatters by about {optimism} for a team like yours", optimism=optimism
    )


def price_words(
    price: Price, value: float, *, rows: int, is_pooled: bool, write: Write, greater_is_better: bool = True
) -> str:
    """What the next look costs, before it is spent."""
    now, no, best = (_span(ends, write, greater_is_better) for ends in (price.now, price.if_no, price.if_new_best))
    what = say("the final interval would be") if is_pooled else say("a new best would read as")
    return say(
        "At the validation score of {value} ({rows:,} rows) {what} {now} now; "
        "after this look {no} if the answer is no, {best} if it is a new best.",
        value=write(value),
        rows=rows,
        what=what,
        now=now,
        no=no,
        best=best,
    )


def _direction(greater_is_better: bool) -> str:
    return say("more") if greater_is_better else say("less")


def _span(ends: tuple[float, float], write: Write, greater_is_better: bool) -> str:
    # the lower end of a score is the upper end of an error
    low, high = ends if greater_is_better else reversed(ends)
    return say("{low} to {high}", low=write(low), high=write(high))


def _rung(value: float, state: LadderState) -> int:
    return math.floor((value - state.s0) / state.eta + SLACK)
