"""What a worker does with a submission: hand predictions to the vault, against a spent look or an agreed opening."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from django.conf import settings
from django.utils import timezone
from numpy.typing import NDArray

from datasets import vault
from datasets.models import Look, Opening
from dlstart_web.kit import jobs
from dlstart_web.kit.jobs import Pulse
from evaluations import training
from evaluations.core import comparison
from evaluations.core import verdict as rules
from evaluations.core.errors import EvaluationProblem
from evaluations.core.metrics import METRICS, Metric
from evaluations.core.rungs import RUNGS
from evaluations.models import Run, Submission, Verdict
from evaluations.words import speech
from projects import selectors as project_selectors
from projects import services as project_services
from projects.models import Criterion, Project

Array = NDArray[np.float64]
ALPHA = 0.05


def execute(*, submission_id: str, token: str) -> None:
    """Claim the submission and score it; a look whose scoring ends with a fault is given back."""
    jobs.execute(
        Submission, submission_id, token, _work, problems=(EvaluationProblem,), on_failure=lambda job, _: job.given_up()
    )


def _work(submission: Submission, pulse: Pulse) -> Callable[[], None]:
    # Reading and answering happen in the one transaction that ends the job: a scorer that dies has told nobody anything.
    return partial(_answer if submission.look_id else _open, submission)


# ---- a look


def _answer(submission: Submission) -> None:
    look, run = submission.look, submission.run
    part = look.test_set.tier
    vault.answer(
        look=look,
        predictions=training.predictions(run, part),
        best_predictions=lambda best: training.predictions(_run_of(best), part),
        metric=METRICS[run.metric],
        floor=run.price["floor"],
        scale=run.price["scale"],
        prepare=partial(training.coded, run.version),
        unit_error=run.price["unit_error"],
        write=speech(run.metric).number,
        now=timezone.now(),
    )


def _run_of(look: Look) -> Run:
    return look.submission.run


# ---- the final tier


def _open(submission: Submission) -> None:
    opening, simple, deep = submission.opening, submission.run, submission.deep_run
    criterion = project_selectors.current_criterion(opening.project)
    said: list[rules.Verdict] = []

    def score(labels: NDArray[Any], groups: Array | None) -> dict[str, Any]:
        y = training.coded((simple or deep).version, labels)
        result, verdict = judge(y, groups, simple=simple, deep=deep, criterion=criterion, opening=opening)
        said.append(verdict)
        return result

    vault.open_final(opening=opening, score=score, now=timezone.now())
    if not said:
        return  # opened by an attempt that ended before us
    verdict = said[0]
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
    y: Array, groups: Array | None, *, simple: Run | None, deep: Run | None, criterion: Criterion, opening: Opening
) -> tuple[dict[str, Any], rules.Verdict]:
    """Scores with their intervals, the paired test and the verdict of STATISTICS 8, as they may be known."""
    runs = [run for run in (simple, deep) if run is not None]
    metric, says, alpha = METRICS[runs[0].metric], speech(runs[0].metric), opening.alpha
    scale = runs[0].price["scale"]
    guesses = [training.predictions(run, "final") for run in runs]
    ends = [_interval(metric, y, guess, groups, alpha, scale) for guess in guesses]
    claims = [
        rules.Claim(RUNGS[run.recipe].title, metric.score(y, guess), low, high, _deciding(metric, y, guess))
        for run, guess, (low, high, _) in zip(runs, guesses, ends, strict=True)
    ]
    pair, beside = None, []
    if len(runs) == 2:
        pair, found = _pair(metric, y, groups, guesses, claims, alpha)
        beside.append(f"Deep against simple: {found.message(says.difference)}")
        beside.append(_worth(criterion, found))
    beside += [
        f"{claim.name}: {line}"
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
    answer = "met" if found.low >= wanted else "not met" if found.high < wanted else "cannot tell"
    interval = f"{100 * (1 - found.alpha):.6g}% interval {says(found.low)} to {says(found.high)}"
    return f"A gain of {says(wanted, signed=False)} or more: {answer} ({interval})."


def _gain(found: comparison.Comparison) -> dict[str, float]:
    return {"difference": found.difference, "low": found.low, "high": found.high, "p": found.p}


def _side(run: Run, claim: rules.Claim) -> dict[str, Any]:
    return {"recipe": run.recipe, "run": str(run.pk), "score": claim.score, "low": claim.low, "high": claim.high}
