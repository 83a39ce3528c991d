"""The main job from a terminal: the same services and worker rooms as the pages, worked off in this process."""

import argparse
import hashlib
import time
from pathlib import Path
from typing import Any

from django.core.files import File
from django.core.management import call_command

from datasets import selectors as dataset_selectors
from datasets import services as dataset_services
from datasets.core.errors import DataProblem
from datasets.models import DatasetVersion, Opening
from dlstart_web.celery import app
from dlstart_web.kit.jobs import Job, JobState, Pulse
from dlstart_web.vet import document, predicting
from dlstart_web.vet.terminal import Terminal
from evaluations import selectors, services
from evaluations.core.errors import EvaluationProblem
from evaluations.core.rungs import NO_MODEL, RUNGS, family
from evaluations.models import Forecast, Ladder, Run, Submission
from projects import services as project_services
from projects.core.errors import ProjectProblem
from projects.models import Project, Team, User

TERMINAL_USER = "terminal@localhost"
SPLITS = {"group": "new", "time": "later", "": "same"}


class Stopped(Exception):
    """A job of the flow ended without a result; carries the words for the person who asked."""


def vet(args: argparse.Namespace) -> dict[str, Any]:
    """Vet one file.

    Returns
    -------
    dict
        The JSON of the contract (`docs/vet.md`), with `rejected` set where the file or a choice was refused.
    """
    began = time.monotonic()
    screen = Terminal(quiet=args.quiet)
    call_command("migrate", verbosity=0)
    app.loader.import_default_modules()
    user, team = _user_and_team()
    digest, size = _sha256(args.file)
    head = {"name": args.file.name, "sha256": digest, "bytes": size}
    try:
        version = _sealed_version(args, digest, user, team, screen)
        project = version.dataset.project
        if args.level is not None:
            _lock_criterion(project, user, version, args)
        ladder = _run_ladder(args, project, version, user, screen)
        forecast = _forecast(ladder, user, screen) if args.forecast else None
        opening = _open_final(args, project, version, ladder, user, screen) if args.open_final else None
        if args.predict:
            predicting.predict(ladder, args.predict, args.out)
    except DataProblem as problem:
        return document.rejected(head, {"code": problem.code, "message": str(problem)}, time.monotonic() - began)
    except (Stopped, EvaluationProblem, ProjectProblem, dataset_services.NotYet, services.OutOfTurn) as problem:
        code = getattr(problem, "code", "STOPPED")
        return document.rejected(head, {"code": code, "message": str(problem)}, time.monotonic() - began)
    result = document.vetted(head, version, ladder, opening, forecast, only=args.only, seconds=time.monotonic() - began)
    screen.report(result, project.slug)
    return result


# ---- who, and whose data


def _user_and_team() -> tuple[User, Team]:
    """The person at the terminal. No password: nobody signs in by this name."""
    user = User.objects.filter(email=TERMINAL_USER).first()
    if user is None:
        user = User.objects.create_user(TERMINAL_USER, name="At the terminal")
        project_services.create_team(user=user, name="At the terminal")
    return user, user.teams.get()


def _sha256(path: Path) -> tuple[str, int]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
        return digest.hexdigest(), file.tell()


def split_secret(seed: int, digest: str) -> bytes:
    """The split secret of a file that this home has not seen: the same seed and file divide in the same way again."""
    return hashlib.blake2b(digest.encode(), key=str(seed).encode(), person=b"dlstart-vet", digest_size=32).digest()


# ---- data


def _sealed_version(args: argparse.Namespace, digest: str, user: User, team: Team, screen: Terminal) -> DatasetVersion:
    """The file, read, checked and sealed with these choices; one that this home has sealed before comes back."""
    choices = {
        "target": args.target,
        "group_column": args.group or "",
        "time_column": args.time or "",
        "dropped": list(dict.fromkeys(args.drop)),
    }
    known = DatasetVersion.objects.filter(
        sha256=digest,
        state=DatasetVersion.State.SEALED,
        dataset__project__is_sandbox=True,
        dataset__project__team=team,
        **choices,
    )
    if args.task:
        known = known.filter(task=args.task)
    kinds: dict[str, Any] = {column: kind for column, _, kind in (said.rpartition("=") for said in args.kind)}
    kinds |= {args.text: "text"} if args.text else {}
    version = next((each for each in known if kinds.items() <= each.said.items()), None)
    if version and bytes(version.dataset.lineage.secret) == split_secret(args.seed, digest):
        return version
    project = project_services.create_project(user=user, team=team, name=args.file.stem[:80], is_sandbox=True)
    try:
        with args.file.open("rb") as file:
            version = dataset_services.accept_upload(
                project=project, user=user, file=File(file, name=args.file.name), secret=split_secret(args.seed, digest)
            )
    except DataProblem:
        project_services.delete_sandbox(project=project)
        raise
    try:
        _work_off(version.ingestions.get(stage="read"), f"reading {args.file.name}", screen)
        version = DatasetVersion.objects.get(pk=version.pk)
        if version.is_header_open:  # the target that was named is a column of it, or is refused
            line = version.profile["head"]["line"]
            version = dataset_services.correct_header(version=version, user=user, line=line)
        if not kinds.items() <= version.said.items():
            dataset_services.correct_kinds(version=version, user=user, kinds=kinds)
            _work_off(version.ingestions.get(stage="correct"), f"reading {', '.join(kinds)} as said", screen)
        version = dataset_services.choose_target(
            version=DatasetVersion.objects.get(pk=version.pk),
            user=user,
            target=args.target,
            task=args.task or "",
            group=args.group or "",
            time=args.time or "",
            drop=args.drop,
        )
        _work_off(version.ingestions.get(stage="check"), "checking", screen)
        meets = SPLITS["group" if args.group else "time" if args.time else ""]
        version = dataset_services.choose_split(version=version, user=user, meets=meets)
        _keep_stops(version, user)
        _work_off(dataset_services.seal_version(version=version, user=user), "dividing and sealing", screen)
        if dataset_selectors.findings_open(version):  # stops that only the division shows
            _keep_stops(version, user)
            _work_off(dataset_services.seal_version(version=version, user=user), "dividing and sealing", screen)
    except BaseException:
        dataset_services.delete_unsealed(dataset=version.dataset)
        project_services.delete_sandbox(project=project)
        raise
    return DatasetVersion.objects.select_related("dataset__project", "seal").get(pk=version.pk)


def _keep_stops(version: DatasetVersion, user: User) -> None:
    reason = "dlstart vet goes on with what it was given and says so under next step."
    for finding in dataset_selectors.findings_open(version):
        dataset_services.keep_finding(finding=finding, user=user, reason=reason)


def _lock_criterion(project: Project, user: User, version: DatasetVersion, args: argparse.Namespace) -> None:
    """Lock measure and level before the first result, or amend them by number where they changed."""
    metric = args.metric or selectors.project_metric(project, version)
    project_services.lock_criterion(
        project=project,
        user=user,
        metric=metric,
        level=args.level,
        smallest_difference=0.02,
        reason="Set on the command line.",
        results_seen=selectors.results_seen(project),
    )


# ---- ladder, final


def _run_ladder(
    args: argparse.Namespace, project: Project, version: DatasetVersion, user: User, screen: Terminal
) -> Ladder:
    ladder = services.run_ladder(
        project=project,
        version=version,
        user=user,
        seed=args.seed,
        budget=args.budget,
        metric=args.metric or "",
        only=[name for name in args.only if name in RUNGS],
        rule=args.rule,
    )
    for run in ladder.runs.order_by("rung"):
        _work_off(run, RUNGS[run.recipe].title.lower(), screen, must_end_well=False)
    return ladder


def _open_final(
    args: argparse.Namespace, project: Project, version: DatasetVersion, ladder: Ladder, user: User, screen: Terminal
) -> Opening:
    """Open the final tier once for this content; the stored answer where this home has opened it before."""
    before = (
        Opening.objects.filter(test_set__version__sha256=version.sha256, state=Opening.State.SCORED)
        .order_by("scored_at")
        .first()
    )
    if before:
        return before
    if not args.yes and not screen.confirm("Open the final test set? It opens once for these rows, for good. [y/N] "):
        raise Stopped("The final test set stays closed.")
    opening = services.ask_opening(
        project=project, user=user, simple=_best(ladder, "simple"), deep=_best(ladder, "deep")
    )
    submission: Submission = services.agree_opening(opening=opening, user=user)
    _work_off(submission, "opening the final test set", screen)
    return Opening.objects.get(pk=opening.pk)


def _forecast(ladder: Ladder, user: User, screen: Terminal) -> Forecast | None:
    """Would more data help the best rung that learns from rows?"""
    runs = [run for run in ladder.runs.filter(state=JobState.DONE) if run.recipe not in NO_MODEL]
    best = max(runs, key=lambda run: run.goodness, default=None)
    if best is None:
        return None
    forecast = services.ask_forecast(run=best, user=user)
    _work_off(forecast, "would more data help?", screen, must_end_well=False)
    return forecast


def _best(ladder: Ladder, kind: str) -> Run | None:
    runs = [run for run in ladder.runs.filter(state=JobState.DONE) if family(run.recipe) == kind]
    return max(runs, key=lambda run: run.goodness, default=None)


# ---- jobs


def _work_off(job: Job, words: str, screen: Terminal, *, must_end_well: bool = True) -> None:
    """Do a queued job here and now, as a worker would."""
    with screen.progress(words) as move:
        Pulse.watch = staticmethod(move)
        app.tasks[job.TASK](str(job.pk), str(job.token))
    job.refresh_from_db()
    if must_end_well and job.state != JobState.DONE:
        rejection = getattr(getattr(job, "version", None), "rejection", None)
        if rejection:
            known = {key: rejection[key] for key in ("where", "limit", "found", "next")}
            raise DataProblem(rejection["code"], rejection["message"], **known)
        raise Stopped(job.problem)
