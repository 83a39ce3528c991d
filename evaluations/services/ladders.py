"""Ladders and their runs: begun, cancelled, run again."""

from collections.abc import Iterable

from django.conf import settings
from django.db import transaction

from datasets.models import DatasetVersion
from dlstart_web.kit import jobs
from dlstart_web.kit.jobs import OPEN_STATES
from dlstart_web.kit.say import say
from evaluations.core import rules
from evaluations.core.rungs import RUNGS, offered
from evaluations.models import Ladder, Run
from evaluations.services.problems import OutOfTurn, require_rows
from projects import selectors as project_selectors
from projects.core.measures import DEFAULT_MEASURE, MEASURES
from projects.models import Project, User


@transaction.atomic
def run_ladder(
    *,
    project: Project,
    version: DatasetVersion,
    user: User,
    seed: int = 0,
    budget: int | None = None,
    metric: str = "",
    only: Iterable[str] = (),
    guess: float | None = None,
    rule: str = "",
) -> Ladder:
    """Queue one run a rung on the sealed version; outside a sandbox the success criterion must be locked before.

    Parameters
    ----------
    budget : int, optional
        CPU seconds for all rungs together.
    metric : str, optional
        For a sandbox without a criterion; the task's own measure where left out.
    only : iterable of str, optional
        Names of rungs; all that fit the features where left out.
    guess : float, optional
        The best score expected, in the metric's own unit; kept with how many results were known by then.
    rule : str, optional
        The team's own rule, which becomes a rung.

    Raises
    ------
    OutOfTurn
        Not sealed, no criterion, another measure than the task has, or a ladder that still runs.
    RuleProblem
        The rule cannot be read.
    """
    Project.objects.select_for_update().get(pk=project.pk)  # two clicks at once: the second sees the first
    if version.state != DatasetVersion.State.SEALED:
        raise OutOfTurn(
            "not-sealed",
            say(
                "{version} is not sealed yet. Seal it first; then the server trains on its train rows.", version=version
            ),
        )
    require_rows(project, version)
    criterion = project_selectors.current_criterion(project)
    if criterion is None and not project.is_sandbox:
        raise OutOfTurn("criterion-not-locked", say("Lock the success criterion first; it takes five minutes."))
    name = criterion.metric if criterion else metric or DEFAULT_MEASURE[version.task]
    if version.task not in MEASURES[name].tasks:
        raise OutOfTurn(
            "other-measure",
            say(
                "{measure} does not judge a target that is {task}. Amend the criterion first.",
                measure=MEASURES[name].title,
                task=version.get_task_display(),
            ),
        )
    if version.seal.classes and (classes := len(version.seal.classes)) < MEASURES[name].least_classes:
        raise OutOfTurn(
            "other-measure",
            say(
                "{measure} needs {least} classes or more, and the target has {classes}: every answer would "
                "count as right. Choose another measure; a locked criterion can be amended.",
                measure=MEASURES[name].title,
                least=MEASURES[name].least_classes,
                classes=classes,
            ),
        )
    running = Run.objects.filter(project=project, version=version, state__in=OPEN_STATES).count()
    if running:
        raise OutOfTurn(
            "ladder-running",
            say("{running} of its runs have not ended. Wait for them, or cancel the ladder.", running=running),
        )
    kinds = {column["kind"] for column in version.seal.features}
    fitting = offered(kinds, version.task, has_backbone=settings.BACKBONE is not None)
    wanted = set(only) or set(fitting)
    if rule.strip():
        check_rule(version, rule)
    elif "own_rule" in set(only):
        raise OutOfTurn("no-rule", say("The rung of your own rule needs the rule."))
    else:
        wanted.discard("own_rule")
    ladder = Ladder.objects.create(
        project=project,
        version=version,
        criterion=criterion,
        metric=name,
        budget=budget or settings.LADDER_BUDGET,
        seed=seed,
        rule=rule.strip(),
        asked_by=user,
        guess=guess,
        results_before=Run.objects.filter(project=project, score__isnull=False).count(),
    )
    for rung in (RUNGS[recipe] for recipe in fitting if recipe in wanted):
        run = Run.objects.create(
            ladder=ladder,
            project=project,
            version=version,
            recipe=rung.name,
            rung=rung.number,
            metric=name,
            curve=rung.curve,
        )
        jobs.ring_on_commit(run)
    return ladder


def check_rule(version: DatasetVersion, rule: str) -> None:
    """RuleProblem if the rule cannot be read against the features of a sealed version."""
    columns = {feature["name"]: feature["kind"] for feature in version.seal.features}
    rules.parse(rule, columns, version.task, sorted(version.seal.classes) if version.seal.classes else None)


def cancel_run(run: Run) -> bool:
    """Cancel an open run; its worker notices at its next beat and its results are dropped. False if it had ended."""
    return jobs.cancel(run)


def cancel_ladder(ladder: Ladder) -> int:
    """Cancel what is still open of a ladder; how many runs that were."""
    return sum(jobs.cancel(run) for run in ladder.runs.filter(state__in=OPEN_STATES))


@transaction.atomic
def retry_run(run: Run) -> bool:
    """Queue a failed or cancelled run again, with its attempts counted from the start; False if it is in another state."""
    if not jobs.queue_again(run):
        return False
    run.refresh_from_db()
    jobs.ring_on_commit(run)
    return True
