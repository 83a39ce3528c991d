"""What the head of each page about data needs."""

from typing import Any

from django.views.decorators.http import require_http_methods

from datasets import permissions
from datasets.models import DatasetVersion
from projects import selectors as project_selectors
from projects.http import Request
from projects.models import Project
from projects.permissions import is_member, is_owner

GET_POST = require_http_methods(["GET", "HEAD", "POST"])
State = DatasetVersion.State


def page_context(request: Request, project: Project, **more: Any) -> dict[str, Any]:
    """What the head of each page about a project's data needs."""
    return {
        "project": project,
        "proposal": project_selectors.latest_proposal(request.user, project),
        "steps": project_selectors.project_steps(project, Project.Step.TEST_SET),
        "is_member": is_member(request.user, project),
        "is_owner": is_owner(request.user, project),
        "is_steward": permissions.is_steward(request.user, project),
        **more,
    }


def version_context(request: Request, version: DatasetVersion, tab: str, **more: Any) -> dict[str, Any]:
    return page_context(request, version.dataset.project, version=version, tab=tab, **more)


def status_of(form: Any) -> int:
    return 422 if form.is_bound else 200
