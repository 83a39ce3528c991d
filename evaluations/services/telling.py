"""Who asked for a job or spent a look is told how it ended; swept by the reaper, so that no worker need know of it."""

from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.urls import reverse

from datasets.models import Ingestion, Look
from dlstart_web.kit.jobs import Job, JobState
from dlstart_web.kit.say import say
from evaluations.models import Run, Submission
from projects import services
from projects.models import Notice, Project, User

BACK = timedelta(hours=1)  # an end that is older was told, or its reaper was away for long


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
