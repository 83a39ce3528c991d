"""Who may, in evaluations: what a project allows, asked by the address of a run or a ladder."""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404

from datasets import selectors as dataset_selectors
from datasets.models import Opening, TestSet
from dlstart_web.kit.say import say
from evaluations.models import Ladder, Prediction, PredictionsFile, Run
from projects.models import Project, User
from projects.permissions import Role, get_project_or_404, is_handler, is_member, is_owner


def get_run_or_404(user: User, pk: UUID, *, role: Role = Role.READER) -> Run:
    """The run, if the person has this role in its project; 404 where its project may not even be read."""
    run = Run.objects.select_related("ladder", "version__dataset").filter(pk=pk).first()
    if run is None:
        raise Http404(say("No run under this address."))
    run.project = get_project_or_404(user, run.project_id, role=role)
    return run


def get_fitted_run_or_404(user: User, pk: UUID, *, role: Role = Role.READER, is_scored: bool = True) -> Run:
    """The run, if it was fitted here and, unless told otherwise, has a score: else there is nothing to take away."""
    run = get_run_or_404(user, pk, role=role)
    if run.recipe == "upload":
        raise Http404(
            say("These predictions were uploaded: their model is with the team, and there is nothing to take away.")
        )
    if is_scored and run.score is None:
        raise Http404(say("This run has no score, so there is nothing to take away."))
    return run


def get_prediction_or_404(user: User, pk: UUID) -> Prediction:
    """The prediction, for members of the project's team."""
    prediction = Prediction.objects.filter(pk=pk).first()
    if prediction is None:
        raise Http404(say("No predictions under this address."))
    prediction.project = get_project_or_404(user, prediction.project_id, role=Role.MEMBER)
    return prediction


def get_ladder_or_404(user: User, pk: UUID, *, role: Role = Role.READER) -> Ladder:
    """The ladder, in the same way."""
    ladder = Ladder.objects.select_related("version__dataset", "criterion").filter(pk=pk).first()
    if ladder is None:
        raise Http404(say("No ladder under this address."))
    ladder.project = get_project_or_404(user, ladder.project_id, role=role)
    return ladder


def get_predictions_file_or_404(user: User, pk: UUID) -> PredictionsFile:
    """The file, for members of its project's team; 404 where its project may not even be read."""
    file = PredictionsFile.objects.filter(pk=pk).first()
    if file is None:
        raise Http404(say("No file of predictions under this address."))
    file.project = get_project_or_404(user, file.project_id, role=Role.MEMBER)
    return file


def refuse_sandbox(is_sandbox: bool) -> None:
    """Looks and openings need an approved proposal; a sandbox has neither."""
    if is_sandbox:
        raise PermissionDenied(
            say("A sandbox has no looks: validation scores are free, and an approved proposal brings looks.")
        )


def may_agree(user: User, project: Project) -> bool:
    """Agree to an opening: the handler; in a sandbox a member."""
    return is_member(user, project) if project.is_sandbox else is_handler(user, project)


def require_may_ask(user: User, project: Project) -> None:
    """PermissionDenied for who may not ask for an opening: an owner may, in a sandbox a member."""
    if not (is_owner(user, project) or (project.is_sandbox and is_member(user, project))):
        raise PermissionDenied(say("Only an owner of {team} may do this.", team=project.team))


def require_may_agree(user: User, project: Project) -> None:
    """PermissionDenied for who may not agree to an opening."""
    if not may_agree(user, project):
        raise PermissionDenied(say("Only the handler named for this proposal may do this."))


def get_opening_or_404(user: User, pk: UUID) -> Opening:
    """The opening, for who may read its project."""
    opening = Opening.objects.select_related("test_set", "asked_by", "agreed_by").filter(pk=pk).first()
    if opening is None:
        raise Http404(say("No opening under this address."))
    opening.project = get_project_or_404(user, opening.project_id)
    return opening


def get_fresh_set_or_404(project: Project, pk: int) -> TestSet:
    """A fresh set of a project's data, for who was let into the project."""
    test_set = dataset_selectors.fresh_sets(project).filter(pk=pk).first()
    if test_set is None:
        raise Http404(say("No fresh set under this address."))
    return test_set
