"""Reads for the verdict and for the one-page report; nothing here is more than its pages show elsewhere."""

from typing import Any

from django.conf import settings
from django.utils import timezone

from datasets import selectors as dataset_selectors
from datasets.models import Look, Opening
from evaluations.core.rungs import RUNGS
from evaluations.models import Verdict
from evaluations.selectors.ladders import ladder_rows, ladder_runs, project_ladder
from evaluations.words import Speech, speech
from projects import selectors as project_selectors
from projects.models import Criterion, Decision, Project, User

PARTS = ("train", "validation", "checkpoint", "final")
SHORT = {"Always the same answer": "Always same", "Small neural network": "Small network"}  # for a narrow column
GUARDS = ("T1", "T3")


def verdict_context(project: Project, criterion: Criterion | None) -> dict[str, Any]:
    """The verdict with its picture and its reasons; `verdict` is None before the final tier is open."""
    verdict = Verdict.objects.filter(project=project).select_related("opening__agreed_by").first()
    if verdict is None or criterion is None:
        return {"verdict": verdict}
    result = verdict.opening.result
    says = speech(result["metric"])
    sides = [result[kind] for kind in ("simple", "deep") if result[kind]]
    return {
        "verdict": verdict,
        "result": result,
        "says": says,
        "level": result["level"],
        "subtitle": f"{project.name}, {says.measure.title.lower()}, "
        f"{100 * (1 - result['alpha']):.6g}% intervals, {result['n']:,} final rows",
        "compare": [{"label": f"{RUNGS[side['recipe']].title} {says.number(side['score'])}", **side} for side in sides],
        "reasons": [_reason(side, result["level"], says) for side in sides],
        "pair": _pair(says, result["pair"]),
        "notes": [*result["beside"], *_gap(project, says, sides)],
        "sides": [{"name": RUNGS[side["recipe"]].title, "words": _span(says, side, result["n"])} for side in sides],
    }


def _pair(says: Speech, pair: dict[str, float] | None) -> str:
    """What the deep model gains over the simple one, in a line."""
    if pair is None:
        return ""
    gain, low, high = (says.difference(pair[key]) for key in ("difference", "low", "high"))
    return f"{gain} ({low} to {high}, p = {pair['p']:.2f})"


def _span(says: Speech, side: dict[str, Any], rows: int) -> str:
    return says.span(side["score"], side["low"], side["high"], rows)


def _reason(side: dict[str, Any], level: float, says: Speech) -> str:
    """Where one model's range lies to the level."""
    better = says.measure.greater_is_better
    worst, best = (side["low"], side["high"]) if better else (side["high"], side["low"])
    reaches = (worst >= level, best >= level) if better else (worst <= level, best <= level)
    name = RUNGS[side["recipe"]].title
    if reaches[0]:
        return f"{name}: even the less good end, {says.number(worst)}, reaches the level of {says.number(level)}."
    if not reaches[1]:
        return f"{name}: even the better end, {says.number(best)}, stays short of the level of {says.number(level)}."
    return f"{name}: the range {says.number(side['low'])} to {says.number(side['high'])} contains the level of {says.number(level)}."


def _gap(project: Project, says: Speech, sides: list[dict[str, Any]]) -> list[str]:
    """The last rung read on the checkpoint set beside the final score of the same model; never the hidden score."""
    last = project.looks.filter(state=Look.State.SCORED, released=True).order_by("-number").first()
    if last is None or last.rung is None:
        return []
    same = next((side for side in sides if side["run"] == str(last.submission.run_id)), None)
    if same is None:
        return []
    return [
        f"A look had read {says.number(last.rung)} or better of the same run; the final score is {says.number(same['score'])}."
    ]


def report(project: Project, user: User) -> dict[str, Any]:
    """Everything of the one-page report, in the order in which it is printed."""
    proposal = project_selectors.latest_proposal(user, project)
    criterion = project_selectors.current_criterion(project)
    version = dataset_selectors.version_sealed_latest(project)
    ladder = project_ladder(project)
    runs = ladder_runs(ladder) if ladder else []
    says = speech(ladder.metric if ladder else criterion.metric if criterion else "accuracy")
    test_set = dataset_selectors.test_set_for_looks(version) if version else None
    looks = list(dataset_selectors.look_list(project))
    board = project_selectors.board_of(user, proposal) if proposal else None
    replies = project_selectors.replies_of(proposal) if proposal else {}
    decision = (
        Decision.objects.filter(proposal__project=project)
        .select_related("decided_by")
        .order_by("-proposal__number")
        .first()
    )
    return {
        "project": project,
        "proposal": proposal,
        "pairs": list(proposal.pairs.all()) if proposal else [],
        "reviewers": board.profile.reviewers if board else 0,
        "medians": [_median(summary) for summary in board.profile.criteria] if board else [],
        "criterion": criterion,
        "criterion_says": speech(criterion.metric) if criterion else None,
        "criterion_level": speech(criterion.metric).number(criterion.level) if criterion else "",
        "criterion_gain": speech(criterion.metric).difference(criterion.smallest_difference, signed=False)
        if criterion
        else "",
        "amendments": project.criteria.count() - 1,
        "version": version,
        "parts": _parts(version.seal) if version else [],
        "ladder": ladder,
        "ladder_level": ladder.criterion.level if ladder and ladder.criterion else None,
        "ladder_rows": [row | {"short": SHORT.get(row["name"], row["name"])} for row in ladder_rows(runs, says)],
        "validation_rows": next((run.rows_validation for run in runs if run.rows_validation), None),
        "ladder_says": says,
        "looks": len(looks),
        "best_look": next((look for look in reversed(looks) if look.released), None),
        "bits": max((look.bits or 0.0 for look in dataset_selectors.look_ledger(test_set)), default=0.0)
        if test_set
        else 0.0,
        "opening": project.openings.filter(state=Opening.State.SCORED).select_related("agreed_by").first(),
        "guards": [reply.text for key in GUARDS if (reply := replies.get(key)) and reply.text],
        "decision": decision,
        "now": timezone.now(),
        "version_number": settings.VERSION,
    } | {
        key: value for key, value in verdict_context(project, criterion).items() if key in ("verdict", "sides", "pair")
    }


def _median(summary: Any) -> dict[str, Any]:
    return {
        "label": summary.criterion.label,
        "median": summary.median,
        "low": summary.low,
        "high": summary.high,
        "is_weakest": summary.is_weakest,
    }


def _parts(seal: Any) -> list[dict[str, Any]]:
    names = [part for part in PARTS if seal.parts.get(part)]
    return [
        {"name": part.capitalize(), "rows": seal.parts[part], "fingerprint": seal.fingerprints.get(part, "")}
        for part in names
    ]
