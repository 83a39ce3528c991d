"""The portfolio: what reviewers think beside what was measured, in bands, with money and what a budget pays for."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from statistics import fmean
from typing import Any

from django.db.models import Q

from datasets import selectors as dataset_selectors
from datasets.models import DatasetVersion, Finding, Look, Opening
from dlstart_web.kit.say import joined, say
from evaluations.core.metrics import METRICS
from evaluations.core.payoff import guard_rail_value
from evaluations.models import KeptPoint, Run, Verdict
from evaluations.words import speech
from projects import selectors as project_selectors
from projects.core import evidence, panel
from projects.core.criteria import CRITERIA, KEYS
from projects.core.evidence import SEALED, VALIDATION, Evidence, Updated
from projects.core.panel import Standing
from projects.core.portfolio import Asked, Cut, cut
from projects.core.scoring import Summary
from projects.models import APPROVING, Criterion, Decision, User
from projects.selectors.portfolio import Judged

UNLABELLED, CONFLICTS, AGREEMENT = "D401", "D402", "D406"
BANDS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True)
class Entry:
    """One project of the portfolio."""

    judged: Judged
    updated: Mapping[str, Updated]  # by criterion, of those that were judged
    measured: str  # what the data said so far, in words
    verdict: str
    band: str = ""
    rank: int = 0
    corrected: float | None = None  # overall mean with strictness taken out

    @property
    def key(self) -> str:
        return self.judged.proposal.project.slug

    @property
    def name(self) -> str:
        return self.judged.proposal.project.name

    @property
    def asked(self) -> float | None:
        return self.judged.payoff.cost

    @property
    def worth(self) -> float | None:
        """The speed of light for each unit of cost, both a year."""
        yearly = _yearly_cost(self.judged)
        oracle = self.judged.payoff.oracle
        return oracle / yearly if oracle is not None and yearly else None

    @cached_property
    def overall(self) -> float | None:
        """Reviewers and evidence together, by the weights in force; None while a criterion has no score."""
        if self.judged.profile.overall is None:
            return None
        weighed = [(self.updated[s.criterion.key].score, s.criterion.weight) for s in self.judged.profile.criteria]
        return fmean([score for score, _ in weighed], [weight for _, weight in weighed])

    @property
    def standing(self) -> Standing | None:
        error = self.judged.profile.error
        if self.judged.profile.is_provisional or self.overall is None or error is None:
            return None
        return Standing(self.key, self.overall, error, self.worth)

    @property
    def by_criterion(self) -> list[Summary]:
        """In the order of the form."""
        return [self.judged.profile.by_key[criterion.key] for criterion in CRITERIA]

    @property
    def widest(self) -> int:
        """The largest range among the criteria."""
        return max(((s.high or 0) - (s.low or 0) for s in self.judged.profile.criteria), default=0)

    @property
    def gate(self) -> int:
        """1 the idea, 2 the data, 3 the result: where it stands."""
        decision = self.judged.decision
        return 3 if self.verdict else 2 if decision and decision.outcome in APPROVING else 1

    @property
    def is_blocked(self) -> bool:
        decision = self.judged.decision
        return bool(self.judged.profile.missed_floors) or bool(decision and decision.outcome == Decision.Outcome.STOP)


@dataclass(frozen=True)
class Portfolio:
    """Everything of the page."""

    entries: list[Entry]  # ranked, best band first
    provisional: list[Entry]
    overlaps: list[str]
    alpha: float | None

    @property
    def reads_differently(self) -> bool:
        return self.alpha is not None and self.alpha < panel.READ_ALIKE

    @property
    def all(self) -> list[Entry]:
        return [*self.entries, *self.provisional]


def portfolio(user: User) -> Portfolio:
    """The portfolio as this person may see it."""
    judged = project_selectors.judged_proposals(user)
    entries = _entries(judged)
    corrected = panel.correct_strictness({str(one.proposal.project_id): one.overalls for one in judged})
    means = corrected.means if corrected else {}
    by_key = {entry.key: entry for entry in entries}
    ranked: list[Entry] = []
    standings = [standing for entry in entries if (standing := entry.standing)]
    bands = panel.bands(standings)
    for place, band in enumerate(bands):
        for standing in band:
            entry = by_key.pop(standing.key)
            mean = means.get(str(entry.judged.proposal.project_id))
            ranked.append(
                Entry(
                    entry.judged, entry.updated, entry.measured, entry.verdict, BANDS[place % 26], len(ranked) + 1, mean
                )
            )
    units = [scores for one in judged for scores in one.scores]
    alpha = panel.krippendorff_alpha(units) if len(judged) >= panel.AGREEMENT_FROM else None
    return Portfolio(
        ranked,
        sorted(by_key.values(), key=lambda entry: entry.name),
        [_overlap(*run) for run in panel.overlaps([standing for band in bands for standing in band])],
        alpha,
    )


def cut_of(entries: Iterable[Entry], budget: float) -> Cut:
    """What a budget pays for of these, best first."""
    return cut([Asked(entry.key, entry.asked, entry.is_blocked) for entry in entries], budget)


def _overlap(first: int, last: int) -> str:
    return (
        say("Ranks {first} and {last} overlap", first=first, last=last)
        if last == first + 1
        else say("Ranks {first} to {last} overlap", first=first, last=last)
    )


def _yearly_cost(judged: Judged) -> float | None:
    sums = judged.payoff
    return sums.cost / sums.years if sums.cost is not None and sums.years else None


COLUMNS = (
    "rank", "band", "project", "name", "reviews", *(f"{key}_{part}" for key in KEYS for part in ("median", "mean", "low", "high")),
    "weakest", "overall_reviews", "overall_with_evidence", "standard_error", "evidence", "gate", "verdict", "decision",
    "money_asked", "speed_of_light_per_cost", "blocker",
)  # fmt: skip


def table_row(entry: Entry) -> dict[str, Any]:
    """One project as programs read it; what nobody knows is empty."""
    whole, weakest = entry.judged.profile, entry.judged.profile.weakest
    row: dict[str, Any] = {
        "rank": entry.rank or None,
        "band": entry.band,
        "project": entry.key,
        "name": entry.name,
        "reviews": whole.reviewers,
    }
    for key in KEYS:
        row |= {f"{key}_{part}": getattr(whole.by_key[key], part) for part in ("median", "mean", "low", "high")}
    return row | {
        "weakest": weakest.criterion.key if weakest else "",
        "overall_reviews": whole.overall,
        "overall_with_evidence": entry.overall,
        "standard_error": whole.error,
        "evidence": entry.measured,
        "gate": entry.gate,
        "verdict": entry.verdict,
        "decision": entry.judged.decision.outcome if entry.judged.decision else "",
        "money_asked": entry.asked,
        "speed_of_light_per_cost": entry.worth,
        "blocker": any(s.is_blocker for s in whole.criteria),
    }


# ---- evidence


def _entries(judged: Iterable[Judged]) -> list[Entry]:
    """Each with its evidence, in a fixed number of queries."""
    judged = list(judged)
    projects = [one.proposal.project_id for one in judged]
    criteria = {
        criterion.project_id: criterion
        for criterion in Criterion.objects.filter(project__in=projects).exclude(locked_at=None).order_by("number")
    }
    runs: dict[Any, list[Run]] = defaultdict(list)
    for run in Run.objects.filter(project__in=projects, score__isnull=False).order_by("ladder__asked_at"):
        runs[run.project_id].append(run)
    verdicts = {v.project_id: v for v in Verdict.objects.filter(project__in=projects).select_related("opening")}
    looks: dict[Any, Look] = {}
    for look in Look.objects.filter(project__in=projects, state=Look.State.SCORED, released=True).order_by("number"):
        looks[look.project_id] = look
    versions = dataset_selectors.versions_judged(projects)
    findings: dict[Any, list[Finding]] = defaultdict(list)
    told = Q(code__in=(UNLABELLED, CONFLICTS, AGREEMENT)) | Q(severity=Finding.Severity.STOP)
    for finding in Finding.objects.filter(told, version__in=[version.pk for version in versions.values()]):
        findings[finding.version_id].append(finding)
    rails = {
        point.run.project_id
        for point in KeptPoint.objects.filter(run__project__in=projects).select_related("run")
        if _pays(point.terms)
    }
    entries = []
    for one in judged:
        key = one.proposal.project_id
        best = max(runs[key], key=lambda run: run.goodness or 0.0, default=None)
        verdict, criterion = verdicts.get(key), criteria.get(key)
        shown = _measured(best, criterion, verdict, looks.get(key))
        found = {
            "feasibility": shown[1],
            "dataset": _data(version, findings[version.pk]) if (version := versions.get(key)) else None,
            "payoff": _payoff(one),
        }
        means = {s.criterion.key: s for s in one.profile.criteria if s.mean is not None}
        if key in rails and "fault_tolerance" in means:
            raised = evidence.fault_tolerance(means["fault_tolerance"].mean or 0.0)
            found["fault_tolerance"] = Evidence(raised, VALIDATION, say("a guard rail that pays is written down"))
        updated = {name: Updated(s.mean or 0.0, s.n, found.get(name)) for name, s in means.items()}
        entries.append(Entry(one, updated, shown[0], verdict.title if verdict else ""))
    return entries


def _measured(
    run: Run | None, criterion: Criterion | None, verdict: Verdict | None, look: Look | None
) -> tuple[str, Evidence | None]:
    """The best score so far in words, and as a score of feasibility: final before checkpoint before validation."""
    if run is None:
        return "", None
    says = speech(run.metric)
    level = criterion.level if criterion and criterion.metric == run.metric else None
    score, weight, where = run.score or 0.0, VALIDATION, say("validation")
    if verdict is not None and verdict.opening.state == Opening.State.SCORED:
        sides = [side for kind in ("simple", "deep") if (side := verdict.opening.result[kind])]
        pick = max if says.measure.greater_is_better else min
        score, weight, where = pick(side["score"] for side in sides), SEALED, say("final")
    elif look is not None and look.rung is not None:
        score, weight, where = look.rung, SEALED, say("checkpoint")
    words = (
        say("{score} of {level}, {where}", score=says.number(score), level=says.number(level), where=where)
        if level is not None
        else joined(", ", [says.number(score), where])
    )
    price = run.price or {}
    if level is None or "floor" not in price:
        return words, None
    floor = METRICS[run.metric].from_sealed(price["floor"], price.get("scale"))
    value = evidence.feasibility(best=score, floor=floor, level=level)
    return words, None if value is None else Evidence(value, weight, words)


def _data(version: DatasetVersion, findings: list[Finding]) -> Evidence:
    """What the file itself says, sealed or only checked: labelled rows, conflicting labels, stops that nobody settled."""
    found = {finding.code: finding.evidence for finding in findings}
    if version.state == DatasetVersion.State.SEALED:
        rows = version.seal.rows_used
    else:
        rows = round((version.rows_read or 0) * (1 - _share(found.get(UNLABELLED, {}))))
    stops = [one for one in findings if one.severity == Finding.Severity.STOP and not one.kept_reason]
    has_stop = not all(dataset_selectors.finding_settled(stop, version) for stop in stops)
    score = evidence.dataset(labelled=rows, conflicts=_share(found.get(CONFLICTS, {})), has_stop=has_stop)
    words = [say("{rows:,} labelled rows", rows=rows)]
    if CONFLICTS in found:
        words.append(say("{share:.1%} of them with conflicting labels", share=_share(found[CONFLICTS])))
    if has_stop:
        words.append(say("a finding says stop"))
    if AGREEMENT in found:
        words.append(say("agreement κ {kappa:.2f}", kappa=min(pair["kappa"] for pair in found[AGREEMENT]["pairs"])))
    return Evidence(score, VALIDATION, joined(", ", words))


def _share(counted: dict[str, int]) -> float:
    """Of the rows that a finding counted, as many as it is about."""
    return counted["rows"] / counted["of"] if counted.get("of") else 0.0


def _payoff(one: Judged) -> Evidence | None:
    oracle, yearly = one.payoff.oracle, _yearly_cost(one)
    value = evidence.payoff(gain=oracle, cost=yearly) if oracle is not None and yearly else None
    return (
        None
        if value is None
        else Evidence(
            value, VALIDATION, say("the most it could gain is {oracle:.1f} times its cost", oracle=oracle / yearly)
        )
    )


def _pays(terms: Mapping[str, float]) -> bool:
    names = ("caught", "error", "trips", "handling")
    if any(name not in terms for name in names):
        return False
    caught, error, trips, handling = (float(terms[name]) for name in names)
    return guard_rail_value(caught / 100, error, trips / 100, handling) > 0
