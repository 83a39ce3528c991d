"""Writes about projects: making one, its handler, its steps and the success criterion."""

import hashlib
import json
import math
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from projects import permissions
from projects.core.errors import ProjectProblem
from projects.core.measures import MEASURES
from projects.models import Answer, Criterion, Membership, Project, Proposal, Review, Team, User
from projects.services.slugs import free_slug


@transaction.atomic
def create_project(
    *, user: User, team: Team, name: str, idea: str = "", is_private: bool = False, is_sandbox: bool = False
) -> Project:
    """A project with the first draft of its proposal; the 30-second idea becomes the first answer."""
    if not Membership.objects.filter(team=team, user=user, left_at=None).exists():
        raise ProjectProblem(f"You are not in the team {team}. Choose one of your own teams.")
    project = Project.objects.create(
        slug=free_slug(Project, name, fallback="project"),
        name=name.strip(),
        team=team,
        is_private=is_private,
        is_sandbox=is_sandbox,
        is_demo=team.is_demo,
        created_by=user,
    )
    proposal = Proposal.objects.create(project=project)
    if idea.strip():
        Answer.objects.create(proposal=proposal, question="G1", text=idea.strip(), revision=1, edited_by=user)
    return project


@transaction.atomic
def reach_step(*, project: Project, step: int) -> None:
    """Move the project on; a step that is behind it changes nothing."""
    Project.objects.filter(pk=project.pk, reached__lt=step).update(reached=step)
    project.reached = max(project.reached, step)


@transaction.atomic
def assign_handler(*, project: Project, handler: User, by: User) -> None:
    """Name who decides on a proposal: a person outside the team, now and before, who scores none of it."""
    if not by.is_administrator:
        raise ProjectProblem("Only an administrator names the handler.")
    project = Project.objects.select_for_update().get(pk=project.pk)
    if not handler.is_active or permissions.has_conflict(handler, project):
        raise ProjectProblem(f"{handler} has a conflict with {project.team}. Choose someone who was never in the team.")
    if Review.objects.filter(proposal__project=project, reviewer=handler).exclude(state=Review.State.DECLINED).exists():
        raise ProjectProblem(f"{handler} reviews this proposal, and a handler does not score it. Choose someone else.")
    Project.objects.filter(pk=project.pk).update(handler=handler)


def _check_criterion(metric: str, level: float, smallest_difference: float) -> None:
    """Refuse what no result could ever meet, or any result would."""
    measure = MEASURES.get(metric)
    if measure is None:
        raise ProjectProblem(f"There is no measure “{metric}”. Choose one of {', '.join(MEASURES)}.")
    if not math.isfinite(level) or not math.isfinite(smallest_difference):
        raise ProjectProblem("Level and smallest difference are numbers, such as 0.9 and 0.02.")
    low = -math.inf if metric == "r2" else 0.0
    high = 1.0 if measure.unit == "share" else math.inf
    if not low < level <= high:
        allowed = "above 0 and at most 1" if high == 1.0 and low == 0.0 else "at most 1" if high == 1.0 else "above 0"
        raise ProjectProblem(f"{measure.title} of {level:g} cannot be asked for: the level is {allowed}.")
    if smallest_difference <= 0 or (high == 1.0 and smallest_difference >= 1):
        allowed = "above 0 and below 1" if high == 1.0 else "above 0"
        raise ProjectProblem(f"A smallest difference of {smallest_difference:g} decides nothing: it is {allowed}.")


@transaction.atomic
def lock_criterion(
    *,
    project: Project,
    user: User,
    metric: str,
    level: float,
    smallest_difference: float,
    reason: str,
    results_seen: int,
    now: datetime | None = None,
) -> Criterion:
    """Lock measure and level for good; a later lock is an amendment with its own number and reason, and the old one stays.

    `results_seen` is how many validation results existed at this moment; the fingerprint is the SHA-256 of the
    record as JSON with sorted keys.
    """
    if not permissions.is_owner(user, project):
        raise ProjectProblem(f"Only an owner of {project.team} locks the success criterion.")
    _check_criterion(metric, level, smallest_difference)
    Project.objects.select_for_update().get(pk=project.pk)
    number = project.criteria.count() + 1
    if number > 1 and not reason.strip():
        raise ProjectProblem("An amendment needs its reason: say what changed since the criterion was locked.")
    moment = now or timezone.now()
    record = {
        "project": str(project.pk),
        "number": number,
        "metric": metric,
        "level": level,
        "smallest_difference": smallest_difference,
        "reason": reason.strip(),
        "results_seen": results_seen,
        "locked_at": moment.isoformat(),
        "locked_by": user.pk,
    }
    canonical = json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return Criterion.objects.create(
        project=project,
        number=number,
        metric=metric,
        level=level,
        smallest_difference=smallest_difference,
        reason=reason.strip(),
        results_seen=results_seen,
        locked_at=moment,
        locked_by=user,
        fingerprint=hashlib.sha256(canonical.encode()).hexdigest(),
    )


@transaction.atomic
def delete_sandbox(*, project: Project) -> None:
    """Remove a sandbox to which nothing belongs any more; for `dlstart vet`, which keeps no refused file."""
    if not project.is_sandbox:
        raise ProjectProblem(f"{project} is no sandbox; projects are withdrawn, not deleted.")
    project.delete()
