"""Who asked for a job or spent a look is told how it ended, and who decides what is due; swept by the reaper, so that no
worker need know of it."""

from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.urls import reverse
from django.utils import timezone

from datasets.models import Ingestion, Look
from dlstart_web.kit.jobs import Job, JobState
from dlstart_web.kit.say import say
from evaluations.models import ResultDecision, Run, Submission, Verdict
from projects import services
from projects.models import Notice, Project, User
from projects.permissions import is_handler
from projects.services.decisions import owners_of

BACK = timedelta(hours=1)  # an end that is older was told, or its reaper was away for long
DUE_BACK = timedelta(days=7)  # the same of a day that has come


def tell_endings(*, now: datetime) -> int:
    """Tell of jobs that failed and looks that were scored since; each once, and a ladder's rungs together."""
    told = 0
    for model in (model for model in apps.get_models() if issubclass(model, Job)):
        for job in model._default_manager.filter(state=JobState.FAILED, ended_at__gt=now - BACK):
            told += _tell(_failure(job), now)
    for look in Look.objects.filter(state=Look.State.SCORED, scored_at__gt=now - BACK).select_related(
        "project", "user"
    ):
        page = reverse("evaluations:look_list", args=[look.project.slug])
        words = say("Your look on {project} is scored", project=look.project.name)
        told += _tell((look.user, Notice.Kind.LOOK_SCORED, words, page, look.project, f"look:{look.pk}"), now)
    return told


def tell_due(*, now: datetime) -> int:
    """Tell the handler of a verdict to decide from, and owners and handler of a result that is old enough to have paid."""
    told = 0
    undecided = Verdict.objects.filter(decision=None, made_at__gt=now - BACK, project__archived_at=None)
    for verdict in undecided.select_related("project__handler"):
        project, page = verdict.project, reverse("evaluations:result_decide", args=[verdict.project.slug])
        words = say("{project} has a verdict: decide what comes of it", project=project.name)
        for person in _handler_of(project):
            told += _tell((person, Notice.Kind.NEWS, words, page, project, f"verdict:{verdict.pk}"), now)
    today = timezone.localdate(now)
    due = ResultDecision.objects.filter(paid="", check_on__gt=today - DUE_BACK, check_on__lte=today)
    for decision in due.select_related("project__handler"):
        project, page = decision.project, reverse("evaluations:result_paid", args=[decision.project.slug])
        words = say("Half a year after the decision: did {project} pay?", project=project.name)
        for person in {*owners_of(project), *_handler_of(project)}:
            told += _tell((person, Notice.Kind.NEWS, words, page, project, f"paid:{decision.pk}"), now)
    return told


def _handler_of(project: Project) -> list[User]:
    """The handler, unless a conflict has come up."""
    handler = project.handler
    return [handler] if handler is not None and is_handler(handler, project) else []


def _tell(what: tuple[User, str, str, str, Project, str] | None, now: datetime) -> bool:
    if what is None:
        return False
    user, kind, words, page, project, key = what
    if Notice.objects.filter(user=user, key=key).exists():
        return False
    notice = services.notify(user=user, kind=kind, words=words, page=page, project=project, key=key, now=now)
    return notice is not None


def _failure(job: Any) -> tuple[User, str, str, str, Project, str] | None:
    """Who asked for it, and the page that says why it failed."""
    if isinstance(job, Submission):
        return None  # a look that failed is given back, and its page says so
    key = f"{job._meta.model_name}:{job.pk}:{job.token.hex[:8]}"
    if isinstance(job, Ingestion):
        project, page = job.version.dataset.project, reverse("datasets:version_detail", args=[job.version_id])
        words = say("Reading {version} ended with a problem", version=str(job.version))
        return job.asked_by, Notice.Kind.JOB_FAILED, words, page, project, key
    run = job if isinstance(job, Run) else getattr(job, "run", None)
    if run is not None:
        ladder = run.ladder
        who = ladder.asked_by if isinstance(job, Run) else job.asked_by
        page = reverse("evaluations:run_detail", args=[run.pk])
        key = f"ladder:{ladder.pk}" if isinstance(job, Run) else key
        return who, Notice.Kind.JOB_FAILED, _failed(job, ladder.project), page, ladder.project, key
    page = reverse("evaluations:ladder", args=[job.project.slug])
    return job.asked_by, Notice.Kind.JOB_FAILED, _failed(job, job.project), page, job.project, key


def _failed(job: Any, project: Project) -> str:
    """Which kind of job it was."""
    name = project.name
    match job._meta.model_name:
        case "run":
            return say("A run of {project} failed", project=name)
        case "forecast":
            return say("A forecast of {project} failed", project=name)
        case "spread":
            return say("A fit with other seeds of {project} failed", project=name)
        case "inspection":
            return say("A look into a run of {project} failed", project=name)
        case "bestagain":
            return say("Handing in the best of {project} again failed", project=name)
    return say("A file for {project} failed", project=name)
