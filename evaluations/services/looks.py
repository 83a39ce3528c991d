"""Looks, operating points and the final opening."""

from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from datasets import selectors as dataset_selectors
from datasets import services as dataset_services
from datasets import vault
from datasets.models import DatasetVersion, Opening, SealedLadder, TestSet
from dlstart_web.kit import jobs
from dlstart_web.kit.jobs import OPEN_STATES, JobState
from dlstart_web.kit.say import say
from evaluations import selectors
from evaluations.core.rungs import RUNGS, family
from evaluations.models import BestAgain, Declaration, KeptPoint, Run, Submission
from evaluations.selectors import run_title
from evaluations.services.problems import OutOfTurn, require_rows
from projects import selectors as project_selectors
from projects.core.measures import MEASURES
from projects.models import Notice, Project, User
from projects.permissions import is_handler
from projects.services.notices import notify


def spend_look(
    *,
    project: Project,
    user: User,
    run: Run,
    idempotency_key: str,
    reason: str = "",
    guess: float | None = None,
    now: datetime | None = None,
    zone: tzinfo = UTC,
) -> Submission:
    """Spend one of the team's looks on a run and queue the scoring; NoLookLeft if there is none.

    The same key, or the same predictions, bring back the submission of the look they were spent on.
    """
    version = _version_of(run, project)
    test_set = dataset_selectors.test_set_for_looks(version)
    if test_set is None:
        raise OutOfTurn("not-sealed", say("{version} has no test set to look at.", version=version))
    frozen = SealedLadder.objects.filter(test_set=test_set, project=project).exclude(metric=run.metric).first()
    if frozen:
        raise OutOfTurn(
            "measure-frozen",
            say(
                "The looks at this test set are answered in {measure}, fixed at the first look. Fresh rows start "
                "with the measure of the criterion that is then in force.",
                measure=MEASURES[frozen.metric].title,
            ),
        )
    ladder = dataset_selectors.ladder_to_hand_in_again(test_set, project)
    if ladder:
        raise OutOfTurn(
            "best-not-here",
            say(
                "{why} Hand it in again first: it is free and answers nothing.",
                why=selectors.best_again_words(ladder),
            ),
        )
    asked: dict[str, Any] = {
        "test_set": test_set,
        "project": project,
        "team": project.team,
        "user": user,
        "predictions_digest": run.predictions_digest,
        "idempotency_key": idempotency_key,
        "now": now or timezone.now(),
        "zone": zone,
    }
    vault.look_for(**asked)  # whoever has no look is told so without holding up others
    ended = f", {run.ended_at:%d %b %H:%M}" if run.ended_at else ""
    model_name = "".join([run_title(run.recipe, run.change, run.name), ended])
    with transaction.atomic():
        look = vault.spend_look(**asked, model_name=model_name, reason=reason, guess=guess)
        submission, is_new = Submission.objects.get_or_create(look=look, defaults={"run": run})
        if is_new:
            jobs.ring_on_commit(submission)
    return submission


@transaction.atomic
def hand_in_again(*, project: Project, user: User) -> BestAgain:
    """Have the team's best of an earlier version predict the rows that came since: no look, no answer."""
    version = dataset_selectors.version_sealed_latest(project)
    test_set = dataset_selectors.test_set_for_looks(version) if version else None
    if test_set is not None:
        test_set = vault.locked(test_set.pk)  # two clicks at once: the second sees the first
    ladder = dataset_selectors.ladder_to_hand_in_again(test_set, project) if test_set else None
    if ladder is None:
        raise OutOfTurn("best-is-here", say("There is no best of an earlier version that has to be handed in again."))
    waiting = ladder.handed_in_again.filter(state__in=OPEN_STATES).first()
    if waiting:
        return waiting
    asked = BestAgain.objects.create(ladder=ladder, run=ladder.best_look.submission.run, asked_by=user)
    jobs.ring_on_commit(asked)
    return asked


def _version_of(run: Run, project: Project) -> DatasetVersion:
    """The project's version, if this run may be scored on its sealed rows."""
    version = dataset_selectors.version_sealed_latest(project)
    criterion = project_selectors.current_criterion(project)
    if criterion is None:
        raise OutOfTurn("criterion-not-locked", say("Lock the success criterion first; it takes five minutes."))
    if run.project_id != project.pk or run.state != JobState.DONE:
        raise OutOfTurn(
            "run-not-done", say("Only a run of this project that has its validation score can be handed in.")
        )
    if version is None or run.version_id != version.pk:
        raise OutOfTurn(
            "other-version",
            say(
                "This run was trained on another version of the data. Run the ladder on {version} first.",
                version=version,
            ),
        )
    require_rows(project, version)
    if run.recipe == "upload" and not run.predictions_digest:
        raise OutOfTurn(
            "no-sealed-rows",
            say(
                "This file covers validation alone. Upload one that has the sealed rows too: it is free, and checked "
                "first."
            ),
        )
    if run.metric != criterion.metric:
        raise OutOfTurn(
            "other-measure",
            say(
                "This run was judged by {measure}, and the criterion asks for {wanted}. Run the ladder again.",
                measure=MEASURES[run.metric].title,
                wanted=MEASURES[criterion.metric].title,
            ),
        )
    return version


@transaction.atomic
def keep_point(
    *, run: Run, user: User, threshold: float, terms: Mapping[str, float], found: Mapping[str, Any] | None
) -> KeptPoint:
    """Keep a threshold with a yes-or-no run, with the costs it was chosen for; frozen once the final tier is asked for."""
    Project.objects.select_for_update().get(pk=run.project_id)
    if found is None or found["kind"] != "binary":
        raise OutOfTurn(
            "no-threshold", say("Only a run that answers yes or no, and was scored, has a threshold to keep.")
        )
    if Opening.objects.filter(project=run.project_id).exists():
        raise OutOfTurn(
            "point-frozen",
            say("The final tier was asked for, so operating points stay as they are: it may not choose them."),
        )
    values = {"threshold": threshold, "terms": dict(terms), "kept_by": user, "kept_at": timezone.now()}
    return KeptPoint.objects.update_or_create(run=run, defaults=values)[0]


@transaction.atomic
def ask_opening(
    *, project: Project, user: User, simple: Run | None, deep: Run | None, test_set: TestSet | None = None
) -> Opening:
    """An owner asks to open the final tier, or a fresh set, for the best simple and the best deep run, named before."""
    runs = {"simple": simple, "deep": deep}
    named = [run for run in runs.values() if run is not None]
    if not named:
        raise OutOfTurn("no-run", say("Name the best simple run, the best deep run, or both."))
    for kind, run in runs.items():
        if run is not None and family(run.recipe) != kind:
            rung = RUNGS[run.recipe].title
            sentence = say("{rung} is no deep model.", rung=rung)
            if kind == "simple":
                sentence = say("{rung} is no simple model.", rung=rung)
            raise OutOfTurn(f"not-{kind}", sentence)
    versions = [_version_of(run, project) for run in named]
    if test_set is None:
        test_set = dataset_selectors.test_set_final(versions[0])
    else:
        _require_predictions(named, test_set)
    if test_set is None:
        raise OutOfTurn("not-sealed", say("{version} has no final tier.", version=versions[0]))
    opening = dataset_services.ask_opening(test_set=test_set, project=project, user=user)
    Declaration.objects.get_or_create(opening=opening, defaults=runs)
    if project.handler is not None and is_handler(project.handler, project):
        page = reverse("evaluations:opening", args=[project.slug])
        words = say("{user} asks you to agree: open the final tier of {project} once", user=user, project=project)
        if test_set.tier == TestSet.Tier.FRESH:
            page = reverse("evaluations:fresh_set", args=[project.slug, test_set.pk])
            words = say(
                "{user} asks you to agree: open fresh set {number} of {project} once",
                user=user,
                number=test_set.number,
                project=project,
            )
        notify(
            user=project.handler,
            kind=Notice.Kind.ASKED,
            words=words,
            page=page,
            project=project,
            key=f"opening:{opening.pk}",
        )
    return opening


def _require_predictions(runs: list[Run], test_set: TestSet) -> None:
    """OutOfTurn where a run cannot say, or has not said, what it predicts for a fresh set."""
    for run in runs:
        lacking = sorted(set(test_set.version.seal.classes or ()) - set(run.version.seal.classes or ()))
        if lacking:
            raise OutOfTurn(
                "other-classes",
                say(
                    "{version} has no class “{name}”, and fresh set {number} may.",
                    version=run.version,
                    name=lacking[0],
                    number=test_set.number,
                ),
            )
        said = run.more_rows.filter(test_set=test_set, state=JobState.DONE)
        if run.recipe == "upload" and not said.exists():
            raise OutOfTurn(
                "no-fresh-rows",
                say(
                    "{model} has no predictions for fresh set {number}. Upload them first: it is free, and checked "
                    "without reading a label.",
                    model=run_title(run.recipe, run.change, run.name),
                    number=test_set.number,
                ),
            )


@transaction.atomic
def agree_opening(*, opening: Opening, user: User) -> Submission:
    """The handler agrees (in a sandbox a member), and the scoring is queued."""
    opening = dataset_services.agree_opening(opening=opening, user=user)
    named = opening.declaration
    submission, is_new = Submission.objects.get_or_create(
        opening=opening, defaults={"run": named.simple, "deep_run": named.deep}
    )
    if is_new:
        jobs.ring_on_commit(submission)
    return submission


@transaction.atomic
def retry_submission(submission: Submission) -> bool:
    """Score an opening again whose scorer died; a look that died was given back instead. False in any other state."""
    if submission.opening_id is None or not jobs.queue_again(submission):
        return False
    submission.refresh_from_db()
    jobs.ring_on_commit(submission)
    return True
