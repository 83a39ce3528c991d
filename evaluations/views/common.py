"""What the pages of a project share."""

from typing import Any

from django.views.decorators.http import require_http_methods

from datasets import selectors as dataset_selectors
from projects import permissions as project_permissions
from projects import selectors as project_selectors
from projects.http import Request
from projects.models import Project

GET_POST = require_http_methods(["GET", "HEAD", "POST"])


def page_of(request: Request, project: Project, step: int, tab: str) -> dict[str, Any]:
    """What the head of each page of a project needs."""
    return {
        "project": project,
        "proposal": project_selectors.latest_proposal(request.user, project),
        "steps": project_selectors.project_steps(project, step),
        "tab": tab,
        "is_member": project_permissions.is_member(request.user, project),
        "is_owner": project_permissions.is_owner(request.user, project),
        "is_handler": project_permissions.is_handler(request.user, project),
        "criterion": project_selectors.current_criterion(project),
        "version": dataset_selectors.version_sealed_latest(project),
    }
