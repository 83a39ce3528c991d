"""Who may, in evaluations: what a project allows, asked by the address of a run or a ladder."""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404

from evaluations.models import Ladder, Run
from projects.models import User
from projects.permissions import Role, get_project_or_404


def get_run_or_404(user: User, pk: UUID, *, role: Role = Role.READER) -> Run:
    """The run, if the person has this role in its project; 404 where its project may not even be read."""
    run = Run.objects.select_related("ladder", "version__dataset").filter(pk=pk).first()
    if run is None:
        raise Http404("No run under this address.")
    run.project = get_project_or_404(user, run.project_id, role=role)
    return run


def get_ladder_or_404(user: User, pk: UUID, *, role: Role = Role.READER) -> Ladder:
    """The ladder, in the same way."""
    ladder = Ladder.objects.select_related("version__dataset", "criterion").filter(pk=pk).first()
    if ladder is None:
        raise Http404("No ladder under this address.")
    ladder.project = get_project_or_404(user, ladder.project_id, role=role)
    return ladder


def refuse_sandbox(is_sandbox: bool) -> None:
    """Looks and openings need an approved proposal; a sandbox has neither."""
    if is_sandbox:
        raise PermissionDenied(
            "A sandbox has no looks: validation scores are free, and an approved proposal brings looks."
        )
