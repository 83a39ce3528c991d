"""Simple is good enough? The rules of STATISTICS 8 on the final tier, opened once; words of PRODUCT 0.4.

Web-safe: plain numbers in, words out.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, sqrt
from statistics import NormalDist

from datasets.core.sealed_ladder import ALPHA
from dlstart_web.kit.say import figure, joined, say

RULES_VERSION = "1"
FEWEST_ROWS = 100  # fewer show scores, but decide nothing
POWER_Z = 0.841621
TOO_MANY = 10  # times the final rows: then the score counts as equal to the level
UNKNOWN = say("We cannot tell yet")

TITLES = {
    "SIMPLE_IS_ENOUGH": say("Simple is good enough: you've won"),
    "DEEP_WINS": say("Deep learning earns its cost"),
    "BOTH_MISS": say("Not reached: change the data, the target or the idea"),
    "DEEP_REACHES_SIMPLE_UNDECIDED": UNKNOWN,
    "UNDECIDED": UNKNOWN,
}
RULES = {
    "SIMPLE_IS_ENOUGH": say("Rule 1: the simple model's range lies at or above the level."),
    "DEEP_WINS": say("Rule 2: the deep model's range lies at or above the level, and a paired test finds it better."),
    "BOTH_MISS": say("Rule 3: every declared model's range lies under the level."),
    "DEEP_REACHES_SIMPLE_UNDECIDED": say(
        "Rule 4: the deep model's range lies at or above the level; the rest is open."
    ),
    "UNDECIDED": say("Rule 5: a range contains the level."),
}


@dataclass(frozen=True)
class Claim:
    """A declared model on the final rows: score and ends of its decision interval, in the metric's own unit."""

    name: str
    score: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class Pair:
    """Deep against simple on the same rows. `difference` is positive where deep is better, whatever the direction.

    `p` is McNemar's mid-p or the measure's own paired test; after pooled looks the exact McNemar, or 0 and 1 for
    intervals that are or aren't disjoint. `rows_needed` is `comparison.rows_needed` of what was seen.
    """

    p: float
    difference: float
    rows_needed: int | None = None


@dataclass(frozen=True)
class Verdict:
    """One of five codes, or None where nothing may be decided; `rows_that_would_decide` for the two undecided ones."""

    code: str | None
    title: str
    sentence: str
    rule: str
    footnote: str
    rows_that_would_decide: int | None = None


def decide(
    simple: Claim | None,
    deep: Claim | None,
    *,
    level: float,
    floor: float,
    greater_is_better: bool = True,
    pair: Pair | None = None,
    proportion: bool = True,
    alpha: float = 0.05,
    approximate: bool = False,
    write: Callable[[float], str] = "{:.4g}".format,
) -> Verdict:
    """Apply the rules in their order.

    Parameters
    ----------
    simple, deep : Claim or None
        The declared models; at least one.
    level, floor : float
        The level asked for and the score of the always-same answer, in the metric's own unit.
    pair : Pair or None
        Needed when both are declared.
    proportion : bool
        Whether the score is a share of rows, which decides how the rows needed are reckoned.
    alpha : float
        0.05, or alpha' of STATISTICS 0 where a pooled set was looked at before; intervals and pair must be made with it.
    approximate : bool
        A pooled set was looked at and the measure has no finite-sample interval: no verdict.
    write : callable
        Writes a score for people.

    Raises
    ------
    ValueError
        If no model is declared, or two without their paired test.
    """
    claims = [c for c in (simple, deep) if c is not None]
    if not claims:
        raise ValueError("A verdict needs a simple or a deep model.")
    if len(claims) == 2 and pair is None:
        raise ValueError("Two declared models need their paired test.")
    n = min(c.n for c in claims)
    said = joined(" ", (_claim_words(claim, write) for claim in claims))
    if n < FEWEST_ROWS:
        reason = say(
            "{n:,} rows decide here; a verdict takes at least {least}. Add labelled rows, then ask again.",
            n=n,
            least=FEWEST_ROWS,
        )
        return Verdict(None, say("No verdict"), joined(" ", [said, reason]), say("fewer than 100 rows"), "")
    if approximate:
        reason = say("These rows were looked at before, and this measure's range is then only approximate.")
        return Verdict(None, say("No verdict"), joined(" ", [said, reason]), say("approximate after looks"), "")
    turn = 1 if greater_is_better else -1
    s, d = _turned(simple, turn), _turned(deep, turn)
    code = _code(s, d, turn * level, pair is not None and pair.p < alpha and pair.difference > 0)
    sentences = [_sentence(code, write(level), n, simple, deep)]
    rows = None
    if code == "BOTH_MISS" and all(c.low <= floor <= c.high for c in claims):
        sentences.append(say("Magic goes here: nothing beats the always-same answer."))
    elif TITLES[code] == UNKNOWN:
        rows = _rows_that_decide(s, d, turn * level, pair, proportion and greater_is_better, alpha)
        sentences.append(_rows_words(rows, n))
    return Verdict(
        code, TITLES[code], joined(" ", [*sentences, said]), RULES[code], _footnote(len(claims), alpha), rows
    )


def _claim_words(claim: Claim, write: Callable[[float], str]) -> str:
    return say(
        "{name}: {score} ({low}–{high}, {n:,} rows).",
        name=claim.name,
        score=write(claim.score),
        low=write(claim.low),
        high=write(claim.high),
        n=claim.n,
    )


def _code(simple: Claim | None, deep: Claim | None, tau: float, deep_better: bool) -> str:
    """The rules, in their order; higher is better here."""
    deep_reaches = deep is not None and deep.low >= tau
    if simple is not None and simple.low >= tau:
        return "SIMPLE_IS_ENOUGH"
    if simple is not None and deep_reaches and deep_better:
        return "DEEP_WINS"
    if all(claim.high < tau for claim in (simple, deep) if claim is not None):
        return "BOTH_MISS"
    return "DEEP_REACHES_SIMPLE_UNDECIDED" if deep_reaches else "UNDECIDED"


def _sentence(code: str, level: str, n: int, simple: Claim | None, deep: Claim | None) -> str:
    match code:
        case "SIMPLE_IS_ENOUGH":
            met = say("The simple model meets the level of {level}.", level=level)
            extra = [say("What the deep model adds is shown as an extra.")] if deep is not None else []
            return joined(" ", [met, *extra])
        case "DEEP_WINS":
            return say(
                "The deep model meets the level of {level} and beats the simple one; "
                "the simple one has not shown that it meets it.",
                level=level,
            )
        case "BOTH_MISS":
            return say(
                "No declared model reaches the level of {level}. Change the data, the target or the idea.", level=level
            )
        case "DEEP_REACHES_SIMPLE_UNDECIDED":
            other = say("the simple one may meet it too") if simple is not None else say("no simple model was declared")
            return say(
                "The deep model meets the level of {level}; {other}. Ship the cheaper one once more rows have told.",
                level=level,
                other=other,
            )
    return say("The level of {level} lies inside what these {n:,} rows can tell.", level=level, n=n)


def rows_for_target(p: float, tau: float, alpha: float = 0.05) -> int | None:
    """Rows that show at level alpha, with 80% power, whether a share of p differs from tau; None if they are equal."""
    if p == tau:
        return None
    spread = _z(alpha) * sqrt(tau * (1 - tau)) + POWER_Z * sqrt(p * (1 - p))
    return ceil((spread / (p - tau)) ** 2)


def rows_for_target_by_error(score: float, tau: float, se: float, n: int, alpha: float = 0.05) -> int | None:
    """The same for a measure with a standard error on n rows."""
    if score == tau:
        return None
    return ceil(n * ((_z(alpha) + POWER_Z) * se / (score - tau)) ** 2)


def _turned(claim: Claim | None, turn: int) -> Claim | None:
    """Errors with their sign changed, so that higher is better in every rule."""
    if claim is None or turn == 1:
        return claim
    return Claim(claim.name, -claim.score, -claim.high, -claim.low, claim.n)


def _rows_that_decide(
    simple: Claim | None, deep: Claim | None, tau: float, pair: Pair | None, proportion: bool, alpha: float
) -> int | None:
    """The fewest rows that would settle one of the open questions; a score equal to the level is never settled."""
    needs: list[int | None] = []
    for claim in (simple, deep):
        if claim is None or claim.low >= tau or claim.high < tau:
            continue
        if proportion:
            needs.append(rows_for_target(claim.score, tau, alpha))
        else:
            se = (claim.high - claim.low) / (2 * _z(alpha))
            needs.append(rows_for_target_by_error(claim.score, tau, se, claim.n, alpha))
    if deep is not None and deep.low >= tau and pair is not None and pair.difference > 0:
        needs.append(pair.rows_needed)
    return min((n for n in needs if n is not None), default=None)


def _rows_words(rows: int | None, n: int) -> str:
    if rows is None or rows > TOO_MANY * n:
        return say("The score is so close to it that it counts as equal: decide on cost.")
    return say("About {rows:,} final rows would decide.", rows=rows)


def _footnote(claims: int, alpha: float) -> str:
    one = figure("2.5%")
    if claims == 1:
        said = say("Each claim is made at one-sided {one}.", one=one)
    else:
        said = say(
            "Each claim is made at one-sided {one}; with both models declared, the chance of any false claim is at most {both}.",
            one=one,
            both=figure("7.5%"),
        )
    return said if alpha == ALPHA else joined(" ", [said, say("That holds over all looks at these rows together.")])


def _z(alpha: float) -> float:
    return NormalDist().inv_cdf(1 - alpha / 2)
