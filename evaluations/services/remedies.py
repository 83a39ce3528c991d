"""What one may try after a diagnosis: a run with another setting, or the same with other seeds."""

from django.conf import settings
from django.db import transaction

from dlstart_web.kit import jobs
from dlstart_web.kit.jobs import OPEN_STATES, JobState
from dlstart_web.kit.say import say
from evaluations.core.remedies import REMEDIES, Change
from evaluations.core.rungs import NO_CHANCE, RUNGS
from evaluations.models import Run, Spread
from evaluations.services.problems import OutOfTurn, require_rows
from projects.models import Project, User


@transaction.atomic
def try_remedy(*, run: Run, remedy: str) -> Run:
    """Queue the run's rung once more with a remedy's change upon its own, and with the budget of a whole ladder.

    Raises
    ------
    OutOfTurn
        No such remedy, a rung without rounds or epochs, a run without a score, or this very change was tried already.
    """
    Project.objects.select_for_update().get(pk=run.project_id)  # two clicks at once: the second sees the first
    if remedy not in REMEDIES:
        raise OutOfTurn(
            "no-remedy",
            say("There is no remedy '{remedy}'. There are {known}.", remedy=remedy, known=", ".join(REMEDIES)),
        )
    if run.curve not in ("round", "epoch") or run.recipe == "blend":
        raise OutOfTurn(
            "no-remedy", say("{rung} has no size or length that could be changed.", rung=RUNGS[run.recipe].title)
        )
    if run.state != JobState.DONE:
        raise OutOfTurn("run-not-done", say("Only a run that has its validation score can be mended."))
    require_rows(run.project, run.version)
    change = REMEDIES[remedy].change.after(Change(**run.change)).as_dict()
    same = run.ladder.runs.filter(recipe=run.recipe, change=change).exclude(
        state__in=(JobState.FAILED, JobState.CANCELLED)
    )
    if same.exists():
        raise OutOfTurn(
            "tried", say("That was tried already: {change}.", change=Change(**change).words() or say("as it was"))
        )
    tried = Run.objects.create(
        ladder=run.ladder,
        project=run.project,
        version=run.version,
        recipe=run.recipe,
        rung=run.rung,
        metric=run.metric,
        curve=run.curve,
        remedy_of=run,
        change=change,
        budget=run.ladder.budget,
    )
    jobs.ring_on_commit(tried)
    return tried


@transaction.atomic
def ask_spread(*, run: Run, user: User, budget: int | None = None) -> Spread:
    """Queue the fits with other seeds; they have a budget of their own, read no sealed row and enter no board.

    Parameters
    ----------
    budget : int, optional
        CPU seconds.

    Raises
    ------
    OutOfTurn
        The run has no score, its rung has no chance in it, or a spread of it still runs.
    """
    Project.objects.select_for_update().get(pk=run.project_id)
    if run.state != JobState.DONE:
        raise OutOfTurn("run-not-done", say("Only a run that has its validation score can be fitted with other seeds."))
    if run.recipe in NO_CHANCE:
        raise OutOfTurn("no-chance", say("{rung} comes out the same with every seed.", rung=RUNGS[run.recipe].title))
    require_rows(run.project, run.version)
    if run.spreads.filter(state__in=OPEN_STATES).exists():
        raise OutOfTurn("spread-running", say("The other seeds of this run have not ended. Wait for them."))
    asked = Spread.objects.create(run=run, budget=budget or settings.SPREAD_BUDGET, asked_by=user)
    jobs.ring_on_commit(asked)
    return asked
