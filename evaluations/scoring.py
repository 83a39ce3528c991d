"""What a worker does with a submission: hand predictions to the vault, against a spent look or an agreed opening."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import cache, partial
from typing import Any

import numpy as np
from django.conf import settings
from django.utils import timezone
from numpy.typing import NDArray

from datasets import lineages, store, vault
from datasets.core import budget
from datasets.core.sealed_ladder import ALPHA
from datasets.models import Opening, SealedLadder, TestSet
from dlstart_web.kit import jobs
from dlstart_web.kit.jobs import Pulse
from dlstart_web.kit.say import joined, say
from evaluations import training
from evaluations.core import comparison, guarding
from evaluations.core import verdict as rules
from evaluations.core.errors import EvaluationProblem
from evaluations.core.metrics import METRICS, Metric, error_scale
from evaluations.core.recipes import load
from evaluations.core.summary import slices_of
from evaluations.models import BestAgain, Run, Submission, Verdict
from evaluations.selectors import kept_point, run_title
from evaluations.words import speech
from projects import selectors as project_selectors
from projects import services as project_services
from projects.models import Criterion, Project

Array = NDArray[np.float64]


def execute(
    *,
    submission_id: str,
    token: str,
    now: Callable[[], datetime] = timezone.now,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Claim the submission and score it; a look whose scoring ends with a fault is given back.

    The answer of a look is told on a tick that follows from the moment it was spent: `now` and `sleep` keep the time.
    """

    def work(submission: Submission, pulse: Pulse) -> Callable[[], None]:
        # All is written in the one transaction that ends the job: a scorer that dies has told nobody anything.
        if submission.opening_id:
            return partial(_open, submission, _said(submission))
        draft = _draft(submission)
        tick = budget.answer_at(submission.look.spent_at, settings.LOOK_TICK, now())
        _wait(tick, pulse, now, sleep)
        return partial(_answer, draft, tick)

    jobs.execute(
        Submission, submission_id, token, work, problems=(EvaluationProblem,), on_failure=lambda job, _: job.given_up()
    )


# ---- a look


def _wait(tick: datetime, pulse: Pulse, now: Callable[[], datetime], sleep: Callable[[float], None]) -> None:
    """Until the tick; no longer than a tick is ever away, in case the clock is set back meanwhile."""
    left = min((tick - now()).total_seconds(), 2.0 * settings.LOOK_TICK)
    while left > 0:
        pulse.check()
        sleep(min(left, 1.0))
        left -= 1.0


def _answer(draft: vault.Draft, tick: datetime) -> None:
    try:
        vault.answer(draft, now=tick)
    except vault.Overtaken as overtaken:
        raise jobs.JobTooEarly(str(overtaken)) from overtaken


def _draft(submission: Submission) -> vault.Draft:
    look, run = submission.look, submission.run
    part = look.test_set.tier
    return vault.draft(
        look=look,
        predictions=training.predictions(run, part),
        best_predictions=_best_predictions,
        metric=METRICS[run.metric],
        floor=run.price["floor"],
        scale=run.price["scale"],
        prepare=partial(training.coded, run.version),
        unit_error=run.price["unit_error"],
        write=speech(run.metric).number,
    )


def _best_predictions(ladder: SealedLadder) -> Array | None:
    """What the best so far says of each row of the test set, not a number where it has not said; None where that is gone."""
    said, run = said_by_best(ladder), ladder.best_look.submission.run
    if said is None:
        return None
    return _by_class(said, training.class_names(run.version), training.class_names(ladder.test_set.version))


def said_by_best(ladder: SealedLadder) -> Array | None:
    """The same in the order of the classes of the best's own version."""
    look, on = ladder.best_look, ladder.best_on or ladder.test_set
    if on.version.dataset.removed_at is not None:
        return None
    said = training.predictions(look.submission.run, on.tier if look.test_set_id == on.pk else str(on.pk))
    if ladder.best_on is None:
        return said
    rows = lineages.rows_again(ladder.test_set, on)
    known = np.full((len(rows), *said.shape[1:]), np.nan)
    known[rows >= 0] = said[rows[rows >= 0]]
    return known


def _by_class(said: Array, names: list[str] | None, wanted: list[str] | None) -> Array:
    """Columns in the order of another version's classes; a class that is new has no chance in them."""
    if names is None or wanted is None or names == wanted:
        return said
    ordered = np.zeros((len(said), len(wanted)))
    for column, name in enumerate(names):
        if name in wanted:
            ordered[:, wanted.index(name)] = said[:, column]
    return ordered


# ---- the best of an earlier version


def hand_in_again(*, job_id: str, token: str) -> None:
    """Claim the job and have the best model so far predict the rows that came since; nothing is scored."""
    jobs.execute(BestAgain, job_id, token, _predict_again, problems=(EvaluationProblem,), on_failure=_let_go)


def _predict_again(job: BestAgain, pulse: Pulse) -> Callable[[], None]:
    run, test_set = job.run, job.ladder.test_set
    if run.recipe == "upload":
        raise EvaluationProblem(
            say(
                "The best was uploaded, and no file says what it predicts for the rows that came since. Its reading "
                "stays the one to beat."
            )
        )
    data = training.encoded(run.version)
    rows = data.transform(store.part_path(test_set.version, test_set.part))
    said = load(training.run_folder(run) / "model", data).predict(rows)
    np.save(training.set_path(run, test_set), said)

    def write() -> None:
        same_best = SealedLadder.objects.filter(pk=job.ladder_id, best_look=job.ladder.best_look)
        same_best.update(best_on=None, best_share=1.0)

    return write


def _let_go(job: BestAgain, fault: Exception) -> None:
    """A model that cannot read these rows any more: its reading stays the one to beat, its predictions do not count."""
    if isinstance(fault, EvaluationProblem):
        SealedLadder.objects.filter(pk=job.ladder_id).update(best_look=None, best_on=None, best_share=1.0)


# ---- the final tier


def _said(submission: Submission) -> list[Array]:
    """What the declared models say of the rows, the simple one first."""
    test_set = submission.opening.test_set
    runs = [run for run in (submission.run, submission.deep_run) if run is not None]
    if test_set.tier == TestSet.Tier.FRESH:
        return [training.predict_set(run, test_set) for run in runs]
    return [training.predictions(run, test_set.tier) for run in runs]


def _open(submission: Submission, guesses: list[Array]) -> None:
    opening, simple, deep = submission.opening, submission.run, submission.deep_run
    criterion = project_selectors.current_criterion(opening.project)
    said: list[rules.Verdict] = []

    def score(labels: NDArray[Any], groups: Array | None) -> dict[str, Any]:
        y = training.coded((simple or deep).version, labels)
        result, verdict = judge(
            y, groups, guesses, simple=simple, deep=deep, criterion=criterion, opening=opening
        )  # fmt: skip
        if criterion.guards or criterion.slices:
            result["guards"] = _guards(
                y, groups, guesses, simple=simple, deep=deep, criterion=criterion, opening=opening
            )
        said.append(verdict)
        return result

    vault.open_final(opening=opening, score=score, now=timezone.now())
    if not said:
        return  # opened by an attempt that ended before us
    verdict = said[0]
    if opening.test_set.tier == TestSet.Tier.FRESH and Verdict.objects.filter(project=opening.project).exists():
        return  # it stands beside the verdict of the final tier
    Verdict.objects.create(
        opening=opening,
        project=opening.project,
        code=verdict.code or "NO_VERDICT",
        title=verdict.title,
        sentence=verdict.sentence,
        rule=verdict.rule,
        footnote=verdict.footnote,
        rows_to_decide=verdict.rows_that_would_decide,
        rules_version=settings.RULES_VERSION,
    )
    project_services.reach_step(project=opening.project, step=Project.Step.VERDICT)


def judge(
    y: Array,
    groups: Array | None,
    guesses: list[Array],
    *,
    simple: Run | None,
    deep: Run | None,
    criterion: Criterion,
    opening: Opening,
) -> tuple[dict[str, Any], rules.Verdict]:
    """Scores with their intervals, the paired test and the verdict of STATISTICS 8, as they may be known."""
    runs = [run for run in (simple, deep) if run is not None]
    metric, says, alpha = METRICS[runs[0].metric], speech(runs[0].metric), opening.alpha
    scale = runs[0].price["scale"]
    ends = [_interval(metric, y, guess, groups, alpha, scale) for guess in guesses]
    claims = [
        rules.Claim(
            run_title(run.recipe, run.change, run.name), metric.score(y, guess), low, high, _deciding(metric, y, guess)
        )
        for run, guess, (low, high, _) in zip(runs, guesses, ends, strict=True)
    ]
    pair = None
    beside: list[str] = []
    if len(runs) == 2:
        pair, found = _pair(metric, y, groups, guesses, claims, alpha)
        beside.append(say("Deep against simple: {message}", message=found.message(says.difference)))
        beside.append(_worth(criterion, found))
    beside += [
        joined(": ", [claim.name, line])
        for claim, guess in zip(claims, guesses, strict=True)
        for line in metric.remarks(y, guess)
    ]
    verdict = rules.decide(
        claims[0] if simple is not None else None,
        claims[-1] if deep is not None else None,
        level=criterion.level,
        floor=metric.from_sealed(runs[0].price["floor"], scale),
        greater_is_better=metric.greater_is_better,
        pair=pair,
        proportion=metric.counts is not None,
        alpha=alpha,
        approximate=any(approximate for *_, approximate in ends),
        write=says.number,
    )
    result = {
        "simple": _side(simple, claims[0]) if simple is not None else None,
        "deep": _side(deep, claims[-1]) if deep is not None else None,
        "n": len(y),
        "pooled": opening.test_set.is_pooled,
        "alpha": alpha,
        "verdict": verdict.code,
        "message": verdict.sentence,
        "metric": metric.name,
        "level": criterion.level,
        "criterion": criterion.number,
        "pair": _gain(found) if pair else None,
        "beside": beside,
    }
    return result, verdict


def _guards(
    y: Array,
    groups: Array | None,
    guesses: list[Array],
    *,
    simple: Run | None,
    deep: Run | None,
    criterion: Criterion,
    opening: Opening,
) -> list[dict[str, Any]]:
    """Guard measures and slices of the declared models on the rows of this opening; they never change the code."""
    declared = [(name, run) for name, run in (("simple", simple), ("deep", deep)) if run is not None]
    models = {
        name: guarding.Model(guess, _threshold(run), _slices(run, opening.test_set))
        for (name, run), guess in zip(declared, guesses, strict=True)
    }
    first = declared[0][1]
    scale = first.price["scale"]
    if scale is None and first.version.task == "regression":
        data = training.encoded(first.version)
        scale = error_scale(data.y("train"), data.y("validation"))
    return guarding.judged(
        criterion.metric, criterion.guards, criterion.slices, y, groups, models, task=first.version.task,
        ends=lambda metric, y, guess, groups: _interval(metric, y, guess, groups, opening.alpha, scale),
    )  # fmt: skip


def _threshold(run: Run) -> float:
    kept = kept_point(run)
    return kept.threshold if kept else 0.5


def _slices(run: Run, test_set: TestSet) -> Callable[[str, str], NDArray[np.bool_] | None]:
    """Finds the rows of a slice; the features are read when the first one is asked for."""

    @cache
    def found() -> dict[tuple[str, str], NDArray[np.bool_]]:
        data = training.encoded(run.version)
        if test_set.tier == TestSet.Tier.FRESH:
            tree = data.transform(store.part_path(test_set.version, test_set.part)).tree
        else:
            tree = data.tree(test_set.tier)
        return {(column, value): rows for column, value, rows in slices_of(data, tree)}

    return lambda column, value: found().get((column, value))


def _interval(
    metric: Metric, y: Array, guess: Array, groups: Array | None, alpha: float, scale: float | None
) -> tuple[float, float, bool]:
    """Ends to decide by, and whether they are only approximate: pooled rows that were looked at pay with alpha'."""
    if alpha < ALPHA:
        exact = metric.exact_interval(y, guess, alpha, scale=scale, groups=groups)
        if exact is not None:
            return *exact, False
    low, high = metric.decision_interval(y, guess, groups=groups)
    return low, high, alpha < ALPHA


def _deciding(metric: Metric, y: Array, guess: Array) -> int:
    """Rows that the score is made of: of one class for recall, those called positive for precision."""
    return int(metric.counts(y, guess)[1]) if metric.counts is not None else len(y)


def _pair(
    metric: Metric, y: Array, groups: Array | None, guesses: list[Array], claims: list[rules.Claim], alpha: float
) -> tuple[rules.Pair, comparison.Comparison]:
    """Deep against simple: the measure's own test, or what stays honest on rows that were looked at."""
    found = comparison.compare(metric, y, guesses[1], guesses[0], alpha=alpha, groups=groups)
    p = found.p
    if alpha < ALPHA and found.first_only is not None and found.second_only is not None:
        p = comparison.mcnemar_exact(found.first_only, found.second_only)
    elif alpha < ALPHA:
        simple, deep = claims
        p = 0.0 if deep.low > simple.high or deep.high < simple.low else 1.0
    return rules.Pair(p, found.difference, found.rows_needed), replace(found, p=p)


def _worth(criterion: Criterion, found: comparison.Comparison) -> str:
    """Whether deep gains the smallest difference that is worth it; it never changes the code."""
    wanted = criterion.smallest_difference
    says = speech(criterion.metric).difference
    if found.low >= wanted:
        answer = say("met")
    else:
        answer = say("not met") if found.high < wanted else say("cannot tell")
    return say(
        "A gain of {gain} or more: {answer} ({interval} {low} to {high}).",
        gain=says(wanted, signed=False),
        answer=answer,
        interval=comparison.interval_name(found.alpha),
        low=says(found.low),
        high=says(found.high),
    )


def _gain(found: comparison.Comparison) -> dict[str, float]:
    return {"difference": found.difference, "low": found.low, "high": found.high, "p": found.p}


def _side(run: Run, claim: rules.Claim) -> dict[str, Any]:
    return {"recipe": run.recipe, "run": str(run.pk), "score": claim.score, "low": claim.low, "high": claim.high}
