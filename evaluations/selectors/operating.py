"""Reads about how a run decides: thresholds, costs, payoff, and where probabilities can be believed. From counts, never rows."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from dlstart_web.kit import text
from dlstart_web.kit.say import figure, say
from evaluations.core import operating
from evaluations.core.intervals import wilson
from evaluations.core.payoff import Payoff, guard_rail_value
from evaluations.models import Behaviour, KeptPoint, Run
from evaluations.selectors.behaviours import place, polyline, trust_context
from evaluations.words import speech
from projects import selectors as project_selectors
from projects.models import Answer, Project, User

Json = dict[str, Any]

# what a form begins with where nothing is known
TERMS_START: dict[str, float] = {
    "miss": 1.0,
    "alarm": 1.0,
    "hit": 0.0,
    "rest": 0.0,
    "running": 0.0,
    "year": 10_000.0,
    "risk": 5.0,
}
GUARD = ("caught", "error", "trips", "handling")
DISAGREES = 0.005  # of the locked measure, between the cheapest point and 0.50


def behaviour_of(run: Run) -> Json | None:
    """What the run's worker counted on validation; None for a constant answer, or a run from before there were counts."""
    return Behaviour.objects.filter(run=run).values_list("found", flat=True).first()


def kept_point(run: Run) -> KeptPoint | None:
    """The operating point that was kept with a run."""
    return KeptPoint.objects.filter(run=run).select_related("kept_by").first()


def kept_last(project: Project) -> KeptPoint | None:
    """The operating point that was kept last with any run of a project."""
    return KeptPoint.objects.filter(run__ladder__project=project).select_related("run").order_by("-kept_at").first()


def stated_costs(user: User, project: Project) -> tuple[dict[str, float], str]:
    """Cost of a miss and of a false alarm as answer T1 says, if it names exactly two numbers; and its words.

    Of the newest proposal that the person may read: a draft is the team's own.
    """
    proposal = project_selectors.latest_proposal(user, project)
    answers = Answer.objects.filter(proposal=proposal, question="T1").values_list("text", flat=True)
    words = (answers.first() if proposal else None) or ""
    numbers = re.findall(r"(?<![\w.])\d+(?:[.,]\d+)?(?![\w])", words)
    if len(numbers) != 2:
        return {}, words
    miss, alarm = (float(number.replace(",", ".")) for number in numbers)
    return {"miss": miss, "alarm": alarm}, words


def costs_known(user: User, project: Project) -> tuple[dict[str, float], KeptPoint | None]:
    """Cost of a miss and of a false alarm: of the operating point that was kept last, else as answer T1 states them."""
    kept = kept_last(project)
    if kept and {"miss", "alarm"} <= kept.terms.keys():
        return {name: kept.terms[name] for name in ("miss", "alarm")}, kept
    return stated_costs(user, project)[0], None


def terms_known(user: User, run: Run, kept: KeptPoint | None) -> tuple[dict[str, float], str]:
    """What a form begins with, and whose words it is from: the point kept with the run, else the costs of the proposal."""
    if kept:
        return kept.terms | {"t": kept.threshold}, ""
    stated, words = stated_costs(user, run.project)
    return stated, words if stated else ""


def operating_numbers(run: Run, found: Json, terms: Mapping[str, float], threshold: float | None) -> Json:
    """The same for programs: what was counted, and for a yes-or-no run what follows for a threshold and its costs."""
    body: Json = {"run": run.pk, "part": "validation", "version": run.version_id, "n": found["n"], "found": found}
    if found["kind"] != "binary":
        return body
    decisions = Decisions(found, terms)
    points, payoff = decisions.points, decisions.payoff
    best = operating.cheapest(points, payoff, units=found["units"])
    chosen = _advised(found, payoff, best)["threshold"] if threshold is None else threshold
    here = points.at(chosen)
    hits, alarms = float(points.found[here]), float(points.alarms[here])
    return body | {
        "threshold": chosen,
        "precision": decisions.share(points.tp[here], points.tp[here] + points.fp[here])["value"],
        "recall": hits,
        "false_alarms": alarms,
        "value": payoff.value(hits, alarms),
        "captured": payoff.captured(hits, alarms),
        "break_even": payoff.break_even,
        "speed_of_light": payoff.speed_of_light,
        "cheapest": asdict(best),
    }


# ---- yes or no


@dataclass(frozen=True)
class Decisions:
    """A run's counts on validation together with what answers cost."""

    found: Json
    terms: Mapping[str, float]

    @property
    def points(self) -> operating.Thresholds:
        found = self.found
        t, tp, fp = (np.array(found[name], dtype=float) for name in ("t", "tp", "fp"))
        return operating.Thresholds(t, tp, fp, found["positives"], found["n"] - found["positives"])

    @property
    def payoff(self) -> Payoff:
        terms = self.terms
        return Payoff(
            prevalence=self.found["positives"] / self.found["n"],
            gain_hit=terms["hit"],
            gain_rest=terms["rest"],
            cost_alarm=terms["alarm"],
            cost_miss=terms["miss"],
            running=terms["running"],
            today=terms.get("today"),
        )

    @property
    def counts_costs_only(self) -> bool:
        return not (self.terms["hit"] or self.terms["rest"])

    def share(self, k: float, n: float) -> Json:
        """A share in percent with its 95% range; rows that hang together count as their groups."""
        shrink = self.found["units"] / self.found["n"]
        low, high = wilson(k * shrink, n * shrink)
        value = k / n if n else None
        number, span = text.score_words(value, low, high, percent=True)
        return {"value": value, "number": number, "span": span if n else "", "n": int(n)}

    def row(self, name: str, tp: float, fp: float, kind: str = "") -> Json:
        """What happens at a threshold, per 1,000 rows."""
        n, positives = self.found["n"], self.found["positives"]
        hits, alarms = tp / max(positives, 1), fp / max(n - positives, 1)
        model = kind not in ("always", "")
        value = self.payoff.value(hits, alarms) if model else self.payoff.gross(hits, alarms)
        per = 1000 / n
        return {
            "name": name,
            "kind": kind,
            "said": text.thousands((tp + fp) * per),
            "alarms": text.thousands(fp * per),
            "missed": text.thousands((positives - tp) * per),
            "right": text.rounded(100 * (tp + n - positives - fp) / n, 1),
            "precision": text.rounded(100 * tp / (tp + fp), 1) if tp + fp else text.MISSING,
            "recall": text.rounded(100 * hits, 1),
            "worth": text.rounded((-1000 if self.counts_costs_only else 1000) * value, 2),
        }

    def measure(self, metric: str, here: int) -> float | None:
        """The locked measure at a threshold; None for one that no threshold changes."""
        points = self.points
        tp, fp = points.tp[here], points.fp[here]
        n, positives = points.n, points.positives
        missed, rest = positives - tp, points.negatives - fp
        values = {
            "accuracy": (tp + rest) / n,
            "balanced_accuracy": (tp / max(positives, 1) + rest / max(points.negatives, 1)) / 2,
            "f1": 2 * tp / max(2 * tp + fp + missed, 1),
            "precision": tp / max(tp + fp, 1),
            "recall": tp / max(positives, 1),
        }
        return float(values[metric]) if metric in values else None


def binary_context(run: Run, found: Json, terms: Mapping[str, float], threshold: float | None) -> Json:
    """All that the page of a yes-or-no run shows."""
    decisions = Decisions(found, terms)
    points, payoff = decisions.points, decisions.payoff
    best = operating.cheapest(points, payoff, units=found["units"])
    advised = _advised(found, payoff, best)
    chosen = advised["threshold"] if threshold is None else threshold
    here = points.at(chosen)
    half, at_best = points.at(0.5), points.at(best.threshold)
    tp, fp = points.tp[here], points.fp[here]
    precision, recall = decisions.share(tp, tp + fp), decisions.share(tp, points.positives)
    shown = threshold_words(chosen)
    named = [
        (say("always yes"), 0, "always"),
        (shown, here, "mine"),
        (figure("0.50"), half, "half"),
        (threshold_words(best.threshold), at_best, "best"),
    ]
    rows = [decisions.row(name, points.tp[at], points.fp[at], kind) for name, at, kind in named]
    rows.append(decisions.row(say("always no"), 0, 0, "always"))
    return {
        "decisions": decisions,
        "t": shown,
        "t_value": chosen,
        "yes": found["yes"],
        "precision": precision,
        "recall": recall,
        "precision_half": decisions.share(points.tp[half], points.tp[half] + points.fp[half]),
        "recall_half": decisions.share(points.tp[half], points.positives),
        "specificity": decisions.share(points.negatives - fp, points.negatives),
        "announce": say(
            "threshold {shown}, precision {precision}, recall {recall}",
            shown=shown,
            precision=_spoken(precision),
            recall=_spoken(recall),
        ),
        "rows": rows,
        "ticks": (20, 40, 60, 80, 100),
        "best": {
            "threshold": threshold_words(best.threshold),
            "exact": exact(best.threshold),
            "low": threshold_words(best.low),
            "high": threshold_words(best.high),
        },
        "advised": advised,
        "disagreement": _disagreement(run, decisions, at_best, half),
        "worth_head": say("Cost") if decisions.counts_costs_only else say("Worth"),
        "curves": _curves(found, points, here, half),
        "slices": [_slice(decisions, each, here) for each in found["slices"]],
        "payoff": _payoff(payoff, float(points.found[here]), float(points.alarms[here]), terms["year"]),
        "guard": _guard(terms),
    } | trust_context(found, terms)


def threshold_words(value: float) -> str:
    """A threshold with two decimals, small ones with two figures."""
    return figure(f"{value:.2f}" if value >= 0.1 or value == 0 else f"{value:.2g}")


def exact(value: float) -> str:
    """A threshold to be put into an address: rounded down, so that the row it was taken from still gets its yes."""
    return f"{int(value * 1e5) / 1e5:g}"


def _spoken(share: Json) -> str:
    return say("not defined") if share["value"] is None else say("{share:.1f} percent", share=100 * share["value"])


def _advised(found: Json, payoff: Payoff, best: operating.Cheapest) -> Json:
    """The threshold of the costs where probabilities hold, else the cheapest one on validation."""
    wanted, judged = payoff.threshold, found["calibration"]
    if wanted is not None and not judged["is_off"]:
        return {"threshold": wanted, "words": threshold_words(wanted), "exact": exact(wanted), "by": "costs"}
    return {"threshold": best.threshold, "words": threshold_words(best.threshold), "by": "validation"}


def _disagreement(run: Run, decisions: Decisions, best: int, half: int) -> str:
    """Where the cheapest point loses in the measure that was locked."""
    criterion = run.ladder.criterion
    metric = criterion.metric if criterion else ""
    cheapest, usual = decisions.measure(metric, best), decisions.measure(metric, half)
    if cheapest is None or usual is None or usual - cheapest < DISAGREES:
        return ""
    says = speech(metric)
    gap = says.difference(usual - cheapest, signed=False)
    return say(
        "The cheapest point has {measure:small} {cheapest}, {gap} less than {half}. "
        "Worth a word with the team before a look.",
        measure=says.measure.title,
        half=figure("0.50"),
        cheapest=says.number(cheapest),
        gap=gap,
    )


def _slice(decisions: Decisions, each: Json, here: int) -> Json:
    tp, fp = each["tp"][here], each["fp"][here]
    n = each["positives"] + each["negatives"]
    return {
        "column": each["column"],
        "value": each["value"],
        "n": text.thousands(n),
        "positives": text.thousands(each["positives"]),
        "shares": [
            decisions.share(tp + each["negatives"] - fp, n),
            decisions.share(tp, tp + fp),
            decisions.share(tp, each["positives"]),
        ],
    }


def _curves(found: Json, points: operating.Thresholds, here: int, half: int) -> list[Json]:
    precision = points.tp / np.maximum(points.tp + points.fp, 1)
    base = points.positives / max(points.n, 1)
    speaks = points.tp + points.fp > 0
    made = []
    for name, key, x, y in (
        (say("Precision and recall"), "pr", points.found, np.where(speaks, precision, 1.0)),
        ("ROC", "roc", points.alarms, points.found),
    ):
        area, span = text.score_words(found[key]["area"], found[key]["low"], found[key]["high"])
        made.append(
            {
                "key": key,
                "name": name,
                "area": area,
                "span": span,
                "line": polyline(x[speaks], y[speaks]) if key == "pr" else polyline(x, y),
                "mine": place(float(x[here]), float(y[here])),
                "half": place(float(x[half]), float(y[half])),
                "base": f"{100 * (1 - base):.2f}%" if key == "pr" else "",
                "rows": [
                    (
                        threshold_words(float(points.t[i])),
                        text.rounded(100 * float(x[i]), 1),
                        text.rounded(100 * float(y[i]), 1),
                    )
                    for i in sorted({*range(0, len(points.t), max(1, len(points.t) // 12)), here, half})
                ],
            }
        )
    return made


def _payoff(payoff: Payoff, hits: float, alarms: float, year: float) -> Json:
    def money(value: float) -> str:
        return text.rounded(year * value, 0)

    captured, even = payoff.captured(hits, alarms), payoff.break_even
    return {
        "year": text.thousands(year),
        "rows": [
            (say("Oracle: every answer right, at no cost"), money(payoff.oracle)),
            (say("Always no"), money(payoff.always_no)),
            (say("Always yes"), money(payoff.always_yes)),
            (
                say("Today, the better of the two above") if payoff.today is None else say("Today, as stated"),
                money(payoff.current),
            ),
            (say("Speed of light: oracle less today"), money(payoff.speed_of_light)),
            (say("This model at your point"), money(payoff.value(hits, alarms))),
            (say("It adds to today"), money(payoff.value(hits, alarms) - payoff.current)),
        ],
        "captured": "" if captured is None else text.rounded(100 * captured, 0),
        "break_even": "" if even is None or not 0 <= even <= 1 else text.rounded(100 * even, 1),
        "sum": say(
            "{prevalence:.3g} × ({hits:.3g} × {gain_hit:g} − {misses:.3g} × {cost_miss:g}) + "
            "{rest:.3g} × ({quiet:.3g} × {gain_rest:g} − {alarms:.3g} × {cost_alarm:g}) − {running:g} = "
            "{value:.4g} a decision",
            prevalence=payoff.prevalence,
            hits=hits,
            gain_hit=payoff.gain_hit,
            misses=1 - hits,
            cost_miss=payoff.cost_miss,
            rest=1 - payoff.prevalence,
            quiet=1 - alarms,
            gain_rest=payoff.gain_rest,
            alarms=alarms,
            cost_alarm=payoff.cost_alarm,
            running=payoff.running,
            value=payoff.value(hits, alarms),
        ),
    }


def _guard(terms: Mapping[str, float]) -> Json | None:
    """What a guard rail is worth, once all four of its numbers are typed."""
    if any(terms.get(name) is None for name in GUARD):
        return None
    caught, error, trips, handling = (terms[name] for name in GUARD)
    value = guard_rail_value(caught / 100, error, trips / 100, handling)
    return {
        "value": text.rounded(value, 2),
        "year": text.rounded(value * terms["year"], 0),
        "sum": say(
            "{caught:g} × {error:g} − {trips:g} × {handling:g} = {value:.4g} a decision",
            caught=caught / 100,
            error=error,
            trips=trips / 100,
            handling=handling,
            value=value,
        ),
        "is_loss": value < 0,
    }
