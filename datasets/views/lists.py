"""The data of one project."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from datasets import permissions, selectors, services
from datasets.views.common import State, page_context
from projects.http import Request
from projects.models import Project
from projects.permissions import Role, get_project_or_404


@login_required
@require_safe
def project_data(request: Request, slug: str) -> HttpResponse:
    """The versions of a project's data and what comes next; who only reads the proposal sees the sealed ones."""
    project = get_project_or_404(request.user, slug, role=reader_role(request, slug))
    may_see = permissions.may_see_data(request.user, project)
    every = selectors.version_list(project)
    versions = list(every if may_see else every.filter(state=State.SEALED))
    newest = versions[0] if versions else None
    context = page_context(
        request,
        project,
        versions=versions,
        newest=newest,
        may_see=may_see,
        is_sealed=any(version.state == State.SEALED for version in versions),
        fresh_sets=selectors.fresh_sets(project),
        obstacle=services.seal_obstacle(newest) if newest and newest.state == State.READY else None,
        looks=selectors.look_status(project, request.user, timezone.now()) if may_see else None,
    )
    return render(request, "datasets/project_data.html", context)


def reader_role(request: Request, slug: str) -> Role:
    """A steward reaches a project by that office, everybody else by reading its proposal."""
    project = Project.objects.filter(slug=slug).first()
    return Role.STEWARD if project and permissions.is_steward(request.user, project) else Role.READER


@login_required
@require_safe
def project_fragment(request: Request, slug: str) -> HttpResponse:
    """What the project's own page says of its data."""
    project = get_project_or_404(request.user, slug, role=reader_role(request, slug))
    version = selectors.version_sealed_latest(project)
    if version is None and permissions.may_see_data(request.user, project):
        version = selectors.version_list(project).first()
    return render(request, "datasets/_project.html", {"project": project, "version": version})
