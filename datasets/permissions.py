"""Who may, with data sets. A page asks here in its first line; what one may not see answers like what is not there."""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils import timezone

from datasets.models import AccessRequest, Dataset, DatasetVersion, FreshDeposit, Upload
from dlstart_web.kit.say import say
from projects.models import Project, User
from projects.permissions import CHECKS, Role, get_project_or_404, is_apart, is_member, is_owner, may_read


def is_steward(user: User, project: Project) -> bool:
    """A data steward or the administrator standing in; in a sandbox whoever is in the team, and nobody else."""
    if project.is_sandbox:
        return is_member(user, project)
    return CHECKS[Role.STEWARD](user, project)


def require_steward(user: User, project: Project) -> None:
    """PermissionDenied for who may not seal."""
    if not is_steward(user, project):
        raise PermissionDenied(say("Only a data steward seals; ask one, and name the project."))


def get_deposit_project_or_404(user: User, slug: str) -> Project:
    """A project for which the person may deposit a fresh set; 403 for who may read it only."""
    project = get_project_or_404(user, slug, role=Role.STEWARD)
    if not is_steward(user, project):
        raise PermissionDenied(say("Only a data steward deposits a fresh set; ask one, and name the project."))
    return project


def may_see_data(user: User, project: Project) -> bool:
    """The report with its columns and values, and the open parts: the team and the stewards."""
    return is_member(user, project) or is_steward(user, project)


def may_divide(user: User, project: Project) -> bool:
    """Choose the split: the team's owner, or a steward."""
    return is_owner(user, project) or is_steward(user, project)


def require_may_divide(user: User, project: Project) -> None:
    """PermissionDenied for who may not choose the split."""
    if not may_divide(user, project):
        raise PermissionDenied(say("An owner of {team} or a data steward chooses the split.", team=project.team))


def get_data_project_or_404(user: User, slug: str | UUID) -> Project:
    """A project whose data the person may see; 403 for who may read the proposal only, 404 for all others."""
    field = "pk" if isinstance(slug, UUID) else "slug"
    project = Project.objects.select_related("team").filter(**{field: slug}).first()
    if project is not None and may_see_data(user, project):
        return project
    if project is not None and may_read(user, project):
        raise PermissionDenied(say("Only members of {team} and data stewards see this data.", team=project.team))
    raise Http404(say("No project under this address."))


def get_version_or_404(user: User, pk: UUID) -> DatasetVersion:
    """A version whose data the person may see; refused as in `get_data_project_or_404`."""
    version = (
        DatasetVersion.objects.select_related("dataset__project__team", "dataset__lineage", "uploaded_by", "seal")
        .filter(pk=pk)
        .first()
    )
    if version is None:
        raise Http404(say("No data under this address."))
    get_data_project_or_404(user, version.dataset.project_id)
    return version


def is_granted(user: User, dataset: Dataset) -> bool:
    """In a team that was granted the use of a data set."""
    granted = dataset.requests.filter(state=AccessRequest.State.GRANTED)
    return granted.filter(team__memberships__user=user.pk, team__memberships__left_at=None).exists()


def may_use_rows(user: User, dataset: Dataset) -> bool:
    """Train and validation, and the pages drawn from them: the team, the stewards, and teams that were granted it."""
    return may_see_data(user, dataset.project) or is_granted(user, dataset)


def may_keep(user: User, dataset: Dataset) -> bool:
    """Answer requests: an owner of the team, or a steward; a steward reaches a sandbox once its data is listed."""
    project = dataset.project
    office = is_steward(user, project) or (dataset.is_listed and CHECKS[Role.STEWARD](user, project))
    return is_owner(user, project) or office


def may_find(user: User, dataset: Dataset) -> bool:
    """See the entry in the catalogue; `catalogue.entries_for` is the same rule for lists."""
    project = dataset.project
    if dataset.is_listed and not is_apart(user, project):
        return True
    if may_use_rows(user, dataset):
        return True
    return may_read(user, project) and dataset.versions.filter(state=DatasetVersion.State.SEALED).exists()


def get_entry_or_404(user: User, pk: UUID) -> Dataset:
    """A data set whose entry in the catalogue the person may see."""
    dataset = (
        Dataset.objects.select_related("project__team", "lineage", "created_by", "removed_by").filter(pk=pk).first()
    )
    if dataset is None or not may_find(user, dataset):
        raise Http404(say("No data under this address."))
    return dataset


def get_rows_version_or_404(user: User, pk: UUID) -> DatasetVersion:
    """A version whose train and validation rows the person may have; 403 for who may find the data set only."""
    version = (
        DatasetVersion.objects.select_related("dataset__project__team", "dataset__lineage", "uploaded_by", "seal")
        .filter(pk=pk)
        .first()
    )
    if version is None or not may_find(user, version.dataset):
        raise Http404(say("No data under this address."))
    if not may_use_rows(user, version.dataset):
        team = version.dataset.project.team
        raise PermissionDenied(
            say("Only members of {team}, data stewards and teams that were granted it see this data.", team=team)
        )
    return version


def get_certificate_version_or_404(user: User, pk: UUID) -> DatasetVersion:
    """A sealed version whose certificate the person may read: everybody who may find its data set."""
    version = (
        DatasetVersion.objects.select_related("dataset__project__team", "seal__sealed_by", "uploaded_by")
        .filter(pk=pk, state=DatasetVersion.State.SEALED)
        .first()
    )
    if version is None or not may_find(user, version.dataset):
        raise Http404(say("No certificate under this address."))
    return version


def get_dataset_or_404(user: User, pk: UUID) -> Dataset:
    """A data set of a team the person is in, or that the person stewards."""
    dataset = Dataset.objects.select_related("project__team", "lineage").filter(pk=pk).first()
    if dataset is None:
        raise Http404(say("No data under this address."))
    get_data_project_or_404(user, dataset.project_id)
    return dataset


def get_fresh_deposit_or_404(user: User, pk: UUID) -> FreshDeposit:
    """A file that was brought to be a fresh set, for who may bring one."""
    deposit = FreshDeposit.objects.select_related("project", "test_set", "asked_by").filter(pk=pk).first()
    if deposit is None:
        raise Http404(say("No fresh set under this address."))
    get_deposit_project_or_404(user, deposit.project.slug)
    return deposit


def get_upload_or_404(user: User, pk: UUID) -> Upload:
    """An upload that the person began and that has not expired, while the person may still bring data to its project."""
    upload = (
        Upload.objects.select_related("project__team").filter(pk=pk, owner=user, expires_at__gt=timezone.now()).first()
    )
    if upload is None:
        raise Http404(say("No upload under this address. It may have expired; begin it anew."))
    get_project_or_404(user, upload.project.slug, role=Role.MEMBER)
    return upload
