"""Writes about projects: making one, its handler, its steps and the success criterion."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from dlstart_web.kit.say import say
from projects import permissions, selectors
from projects.core.errors import ProjectProblem
from projects.core.success import check_beside, check_difference, check_guards, check_level
from projects.models import Answer, Criterion, Idea, Membership, Notice, Project, Proposal, Review, Team, User
from projects.services.notices import notify
from projects.services.slugs import free_slug


@transaction.atomic
def create_project(
    *,
    user: User,
    team: Team,
    name: str,
    idea: str = "",
    is_private: bool = False,
    is_sandbox: bool = False,
    mapping: Mapping[str, str] | None = None,
    began_as: Idea | None = None,
) -> Project:
    """A project with the first draft of its proposal; the 30-second idea becomes the first answer."""
    if not Membership.objects.filter(team=team, user=user, left_at=None).exists():
        raise ProjectProblem(say("You are not in the team {team}. Choose one of your own teams.", team=team))
    project = Project.objects.create(
        slug=free_slug(Project, name, fallback="project"),
        name=name.strip(),
        team=team,
        is_private=is_private,
        is_sandbox=is_sandbox,
        is_demo=team.is_demo,
        created_by=user,
    )
    proposal = Proposal.objects.create(
        project=project, question_set=selectors.question_set_for(team), **(mapping or {})
    )
    if began_as is not None:
        Idea.objects.filter(pk=began_as.pk, project=None).update(project=project)
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
    """Name who decides on a proposal: a person without a conflict, who scores none of it.

    Named by an administrator with a conflict, a reviewer's own review is given back without a word: a refusal would tell
    that administrator who reviews.
    """
    if not by.is_administrator:
        raise ProjectProblem(say("Only an administrator names the handler."))
    project = Project.objects.select_for_update().get(pk=project.pk)
    if not handler.is_active or permissions.has_conflict(handler, project):
        raise ProjectProblem(
            say("{handler} has a conflict with {team}. Choose someone without one.", handler=handler, team=project.team)
        )
    own = Review.objects.filter(proposal__project=project, reviewer=handler).exclude(state__in=permissions.GONE)
    if permissions.has_conflict(by, project):
        own.update(state=Review.State.ABSTAINED)
    elif own.exists():
        raise ProjectProblem(
            say(
                "{handler} reviews this proposal, and a handler does not score it. Choose someone else.",
                handler=handler,
            )
        )
    Project.objects.filter(pk=project.pk).update(handler=handler)
    notify(
        user=handler,
        kind=Notice.Kind.ASSIGNED,
        words=say("You handle {project} now", project=project),
        page=reverse("projects:review_overview", args=[project.slug]),
        project=project,
        more=say("You name its reviewers and decide; you score none of it."),
    )
    # From here on it is under review; were it so from the first invitation, the word would tell that there is one.
    project.proposals.filter(state=Proposal.State.SUBMITTED).update(state=Proposal.State.IN_REVIEW)


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
    guards: Sequence[Mapping[str, Any]] = (),
    slices: Sequence[Mapping[str, Any]] = (),
    stop_rule: str = "",
    today: float | None = None,
    people: float | None = None,
    looks_wanted: int | None = None,
    now: datetime | None = None,
) -> Criterion:
    """Lock measure and level for good; a later lock is an amendment with its own number and reason, and the old one stays.

    `results_seen` is how many validation results existed at this moment. Guard measures and slices never change a
    verdict; they are shown beside it. `today` and `people` are what is reached today and by skilled people, in the
    metric's own unit; `looks_wanted` is a plan and limits nothing.
    """
    if not permissions.is_owner(user, project):
        raise ProjectProblem(say("Only an owner of {team} locks the success criterion.", team=project.team))
    check_level(metric, level)
    check_difference(metric, smallest_difference)
    check_beside(metric, today, people, looks_wanted)
    kept_guards, kept_slices = check_guards(metric, guards, slices)
    Project.objects.select_for_update().get(pk=project.pk)
    number = project.criteria.count() + 1
    if number > 1 and not reason.strip():
        raise ProjectProblem(say("An amendment needs its reason: say what changed since the criterion was locked."))
    moment = now or timezone.now()
    criterion = Criterion(
        project=project,
        number=number,
        metric=metric,
        level=level,
        smallest_difference=smallest_difference,
        guards=kept_guards,
        slices=kept_slices,
        stop_rule=stop_rule.strip(),
        today=today,
        people=people,
        looks_wanted=looks_wanted,
        reason=reason.strip(),
        results_seen=results_seen,
        locked_at=moment,
        locked_by=user,
    )
    criterion.fingerprint = selectors.fingerprint_of(criterion)
    criterion.save()
    return criterion


@transaction.atomic
def delete_sandbox(*, project: Project) -> None:
    """Remove a sandbox to which nothing belongs any more; for `dlstart vet`, which keeps no refused file."""
    if not project.is_sandbox:
        raise ProjectProblem(say("{project} is no sandbox; projects are withdrawn, not deleted.", project=project))
    project.delete()
