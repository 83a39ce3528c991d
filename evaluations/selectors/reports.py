"""Reads for the verdict and for the one-page report; nothing here is more than its pages show elsewhere."""

from datetime import UTC, date, tzinfo
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from datasets import catalogue
from datasets import selectors as dataset_selectors
from datasets.core.datasheet import QUESTIONS
from datasets.core.parts import PART_WORDS, PARTS
from datasets.models import DatasetVersion, Look, Opening, TestSet
from dlstart_web.kit.say import figure, joined, say, say_count
from dlstart_web.kit.text import day_words
from evaluations.core.comparison import interval_name
from evaluations.core.rungs import RUNGS
from evaluations.models import ResultDecision, Verdict
from evaluations.selectors.guards import (
    SIDES,
    Guard,
    Sealed,
    best_run,
    guard_rows,
    guards_missed,
    sealed_guards,
)
from evaluations.selectors.ladders import ladder_rows, ladder_runs, project_ladder
from evaluations.selectors.looks import fresh_results
from evaluations.selectors.operating import behaviour_of, kept_last, operating_numbers, threshold_words
from evaluations.selectors.report_facts import sections_of
from evaluations.words import Speech, speech
from projects import selectors as project_selectors
from projects.core.form import Reply
from projects.core.rails import Rail
from projects.models import Criterion, Decision, Project, User

SHORT = {
    "Always the same answer": say("Always same"),
    "Small neural network": say("Small network"),
}  # for a narrow column
GUARDS = ("T1", "T3")


def verdict_context(project: Project, criterion: Criterion | None) -> dict[str, Any]:
    """The verdict with its picture and its reasons; `verdict` is None before the final tier is open."""
    named = ("opening__agreed_by", "opening__test_set", "decision__decided_by")
    verdict = Verdict.objects.filter(project=project).select_related(*named).first()
    fresh = fresh_results(project)
    if verdict is None or criterion is None:
        return {"verdict": verdict, "fresh": fresh}
    result = verdict.opening.result
    says = speech(result["metric"])
    sides, guards = [result[kind] for kind in ("simple", "deep") if result[kind]], sealed_guards(result)
    return {
        "verdict": verdict,
        "fresh": fresh,
        "looked_at": _looked_at(project, verdict),
        "result": result,
        "says": says,
        "level": result["level"],
        "subtitle": say(
            "{project}, {measure:small}, {interval} of each model, {rows:,} {tier:small} rows",
            project=project.name,
            measure=says.measure.title,
            interval=interval_name(result["alpha"]),
            rows=result["n"],
            tier=verdict.opening.test_set.get_tier_display(),
        ),
        "compare": [
            {"label": joined(" ", [RUNGS[side["recipe"]].title, says.number(side["score"])]), **side} for side in sides
        ],
        "reasons": [_reason(side, result["level"], says) for side in sides],
        "pair": _pair(says, result["pair"]),
        "notes": [*guards_missed(guards), *result["beside"], *_gap(project, says, sides)],
        "sealed_guards": guards,
        "sides": [
            {"name": _short(RUNGS[side["recipe"]].title), "words": _span(says, side, result["n"])} for side in sides
        ],
    }


def _looked_at(project: Project, verdict: Verdict) -> str:
    """Which rows were looked at before the verdict, and that only one opening decided it."""
    opening = verdict.opening
    looks = project.looks.filter(state=Look.State.SCORED, scored_at__lt=opening.scored_at).count()
    scored = project.runs.filter(score__isnull=False, ended_at__lt=opening.scored_at).count()
    if opening.test_set.is_pooled:
        where = say("the same rows, for which the interval pays") if looks else say("the same rows")
    else:
        where = say("the checkpoint rows, which decide nothing")
    before = say_count(looks, "{count} look at {where}", "{count} looks at {where}", where=where)
    chosen = say_count(scored, "{count} score on validation", "{count} scores on validation")
    return say(
        "Looked at: the {tier:small} rows, once. Before that {looks}, and {scores}, where models are chosen.",
        tier=opening.test_set.get_tier_display(),
        looks=before,
        scores=chosen,
    )


def _pair(says: Speech, pair: dict[str, float] | None) -> str:
    """What the deep model gains over the simple one, in a line."""
    if pair is None:
        return ""
    gain, low, high = (says.difference(pair[key]) for key in ("difference", "low", "high"))
    return say("{gain} ({low} to {high}, p = {p:.2f})", gain=gain, low=low, high=high, p=pair["p"])


def _span(says: Speech, side: dict[str, Any], rows: int) -> str:
    return says.span(side["score"], side["low"], side["high"], rows)


def _reason(side: dict[str, Any], level: float, says: Speech) -> str:
    """Where one model's range lies to the level."""
    better = says.measure.greater_is_better
    worst, best = (side["low"], side["high"]) if better else (side["high"], side["low"])
    reaches = (worst >= level, best >= level) if better else (worst <= level, best <= level)
    name = RUNGS[side["recipe"]].title
    if reaches[0]:
        return say(
            "{name}: even the less good end, {worst}, reaches the level of {level}.",
            name=name,
            worst=says.number(worst),
            level=says.number(level),
        )
    if not reaches[1]:
        return say(
            "{name}: even the better end, {best}, stays short of the level of {level}.",
            name=name,
            best=says.number(best),
            level=says.number(level),
        )
    return say(
        "{name}: the range {low} to {high} contains the level of {level}.",
        name=name,
        low=says.number(side["low"]),
        high=says.number(side["high"]),
        level=says.number(level),
    )


def _gap(project: Project, says: Speech, sides: list[dict[str, Any]]) -> list[str]:
    """The last rung read on the checkpoint set beside the final score of the same model; never the hidden score."""
    last = project.looks.filter(state=Look.State.SCORED, released=True).order_by("-number").first()
    if last is None or last.rung is None:
        return []
    same = next((side for side in sides if side["run"] == str(last.submission.run_id)), None)
    if same is None:
        return []
    return [
        say(
            "A look had read {rung} or better of the same run; the final score is {score}.",
            rung=says.number(last.rung),
            score=says.number(same["score"]),
        )
    ]


def report(project: Project, user: User, zone: tzinfo = UTC) -> dict[str, Any]:
    """Everything of the one-page report: `sections` is what each form says, the rest is what it was told from.

    Moments are written in `zone`; the team is "" for who owes a blind review.
    """
    proposal = project_selectors.latest_proposal(user, project)
    criterion = project_selectors.current_criterion(project)
    version = dataset_selectors.version_sealed_latest(project)
    ladder = project_ladder(project)
    runs = ladder_runs(ladder) if ladder else []
    says = speech(ladder.metric if ladder else criterion.metric if criterion else "accuracy")
    test_set = dataset_selectors.test_set_for_looks(version) if version else None
    looks = list(dataset_selectors.look_list(project))
    board = project_selectors.board_of(user, proposal) if proposal else None
    own = project_selectors.my_review(user, proposal) if proposal else None
    replies = project_selectors.replies_of(proposal) if proposal else {}
    planned = project_selectors.planned(proposal) if proposal else {"sums": [], "rails": []}
    decision = (
        Decision.objects.filter(proposal__project=project)
        .select_related("decided_by")
        .order_by("-proposal__number")
        .first()
    )
    decision = project_selectors.shown_decision(user, project, decision)
    result = ResultDecision.objects.filter(project=project).select_related("decided_by").first()
    review_on = _review_on(result, decision)
    judged = verdict_context(project, criterion)
    told = {
        "project": project,
        "team": "" if project_selectors.owes_review(own, proposal) else project.team.name,
        "proposal": proposal,
        "kind": project_selectors.kind_words(proposal) if proposal else "",
        "pairs": [pair for pair in proposal.pairs.all() if pair.x or pair.y] if proposal else [],
        "reviewers": board.profile.reviewers if board else 0,
        "medians": [_median(summary) for summary in board.profile.criteria] if board else [],
        "criterion": criterion,
        "criterion_says": speech(criterion.metric) if criterion else None,
        "criterion_level": speech(criterion.metric).number(criterion.level) if criterion else "",
        "criterion_gain": speech(criterion.metric).difference(criterion.smallest_difference, signed=False)
        if criterion
        else "",
        "must_hold": _must_hold(project, criterion, judged["verdict"]),
        "amendments": project.criteria.count() - 1,
        "version": version,
        "parts": _parts(version.seal) if version else [],
        "ladder": ladder,
        "ladder_level": ladder.criterion.level if ladder and ladder.criterion else None,
        "ladder_rows": [row | _rung_words(row, says) for row in ladder_rows(runs, says)],
        "validation_rows": next((run.rows_validation for run in runs if run.rows_validation), None),
        "ladder_says": says,
        "looks": len(looks),
        "best_look": next((look for look in reversed(looks) if look.released), None),
        "bits": max((look.bits or 0.0 for look in dataset_selectors.look_ledger(test_set)), default=0.0)
        if test_set
        else 0.0,
        "bits_budget": dataset_selectors.look_limits().bits,
        "opening": project.openings.filter(state=Opening.State.SCORED, test_set__tier=TestSet.Tier.FINAL)
        .select_related("agreed_by")
        .first(),
        "guards": _guards(planned["rails"], replies),
        **planned,
        "operating": _operating(project, user),
        "open_data": _open_data(version),
        "rules_version": settings.RULES_VERSION,
        "live": settings.SITE_ADDRESS.rstrip("/") + reverse("evaluations:verdict", args=[project.slug]),
        "decision": decision,
        "result_decision": result,
        "review_on": review_on,
        "review_words": day_words(review_on, with_year=True) if isinstance(review_on, date) else "",
        "now": timezone.now(),
        "version_number": settings.VERSION,
    } | {key: value for key, value in judged.items() if key in ("verdict", "sides", "pair", "fresh")}
    return told | {"sections": sections_of(told, zone)}


def _rung_words(row: dict[str, Any], says: Speech) -> dict[str, str]:
    scored = row["score"] is not None
    words = says.span(row["score"], row["low"], row["high"]) if scored else row["status_label"]
    return {"short": _short(row["name"]), "words": words}


def _short(name: str) -> str:
    return SHORT.get(name, name)


def _review_on(result: ResultDecision | None, decision: Decision | None) -> date | str:
    """When what was decided is looked at again: half a year after the verdict's decision, the end of a try; of a hold as
    it was written, which may be no day; "" where nothing was decided."""
    if result is not None:
        return result.check_on
    if decision is None:
        return ""
    if decision.try_until is not None:
        return timezone.localdate(decision.try_until)
    return decision.hold_until


def _must_hold(project: Project, criterion: Criterion | None, verdict: Verdict | None) -> str:
    """The guard measures and slices that were locked beside the measure, and whether they hold: on the rows of the
    verdict, before it on validation."""
    if criterion is None:
        return ""
    if verdict and (sealed := sealed_guards(verdict.opening.result)):
        return joined("; ", (_held(one, joined(", ", map(_side_words, one.sides))) for one in sealed))
    return joined("; ", (_held(one, one.state) for one in guard_rows(criterion, best_run(project))))


def _held(one: Guard | Sealed, state: str) -> str:
    return say("{measure} {level} ({state})", measure=one.label, level=one.level, state=state)


def _side_words(side: tuple[str, Guard]) -> str:
    return joined(" ", [SIDES[side[0]], side[1].state])


def _guards(rails: list[Rail], replies: dict[str, Reply]) -> list[str]:
    """The guard rails as planned, with their gaps; else in the words of the form."""
    if rails:
        return [
            say(
                "{wrong}: {rail}, tested on {tested}",
                wrong=rail.wrong or say("(gap)"),
                rail=rail.rail or say("no guard rail"),
                tested=rail.tested or say("(gap)"),
            )
            for rail in rails
        ]
    return [reply.text for key in GUARDS if (reply := replies.get(key)) and reply.text]


def _operating(project: Project, user: User) -> list[tuple[str, str]]:
    """The point that was kept last, on validation, with what it does and costs; empty where none was kept."""
    kept = kept_last(project)
    found = behaviour_of(kept.run) if kept else None
    if kept is None or found is None or found["kind"] != "binary":
        return []
    numbers = operating_numbers(kept.run, found, kept.terms, kept.threshold)
    right = numbers["precision"]
    facts = [
        (say("Says yes from"), threshold_words(kept.threshold)),
        (
            say("When it says yes, right"),
            "–" if right is None else say("{share:.0f}% on validation", share=100 * right),
        ),
        (say("Of all yes, found"), say("{share:.0f}%", share=100 * numbers["recall"])),
    ]
    if kept.terms:
        facts.append((say("Cost of 1,000 decisions"), figure(f"{-1000 * numbers['value']:,.2f}".replace("-", "−"))))
    return facts


def _open_data(version: DatasetVersion | None) -> str:
    """What the datasheet leaves open."""
    if version is None:
        return ""
    replies = catalogue.sheet_replies(catalogue.sheet_answers(version.dataset))
    gaps = [question.label for name, question in QUESTIONS.items() if not replies[name].is_filled]
    if not gaps:
        return say("all {count} questions answered", count=len(QUESTIONS))
    return say("{gaps} of {count} open: {questions}", gaps=len(gaps), count=len(QUESTIONS), questions=joined(" ", gaps))


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
        {"name": PART_WORDS[part], "rows": seal.parts[part], "fingerprint": seal.fingerprints.get(part, "")}
        for part in names
    ]
