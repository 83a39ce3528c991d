"""Who may, with data sets. A page asks here in its first line; what one may not see answers like what is not there."""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils import timezone

from datasets.models import Dataset, DatasetVersion, Upload
from projects.models import Project, User
from projects.permissions import CHECKS, Role, get_project_or_404, is_member, is_owner, may_read


def is_steward(user: User, project: Project) -> bool:
    """A data steward or the administrator standing in; in a sandbox whoever is in the team, and nobody else."""
    if project.is_sandbox:
        return is_member(user, project)
    return CHECKS[Role.STEWARD](user, project)


def require_steward(user: User, project: Project) -> None:
    """PermissionDenied for who may not seal."""
    if not is_steward(user, project):
        raise PermissionDenied("Only a data steward seals; ask one, and name the project.")


def may_see_data(user: User, project: Project) -> bool:
    """The report with its columns and values, and the open parts: the team and the stewards."""
    return is_member(user, project) or is_steward(user, project)


def may_divide(user: User, project: Project) -> bool:
    """Choose the split: the team's owner, or a steward."""
    return is_owner(user, project) or is_steward(user, project)


def get_data_project_or_404(user: User, slug: str | UUID) -> Project:
    """A project whose data the person may see; 403 for who may read the proposal only, 404 for all others."""
    field = "pk" if isinstance(slug, UUID) else "slug"
    project = Project.objects.select_related("team").filter(**{field: slug}).first()
    if project is not None and may_see_data(user, project):
        return project
    if project is not None and may_read(user, project):
        raise PermissionDenied(f"Only members of {project.team} and data stewards see this data.")
    raise Http404("No project under this address.")


def get_version_or_404(user: User, pk: UUID) -> DatasetVersion:
    """A version whose data the person may see; refused as in `get_data_project_or_404`."""
    version = (
        DatasetVersion.objects.select_related("dataset__project__team", "dataset__lineage", "uploaded_by", "seal")
        .filter(pk=pk)
        .first()
    )
    if version is None:
        raise Http404("No data under this address.")
    get_data_project_or_404(user, version.dataset.project_id)
    return version


def get_certificate_version_or_404(user: User, pk: UUID) -> DatasetVersion:
    """A sealed version whose certificate the person may read: everybody who may read the proposal."""
    version = (
        DatasetVersion.objects.select_related("dataset__project__team", "seal__sealed_by", "uploaded_by")
        .filter(pk=pk, state=DatasetVersion.State.SEALED)
        .first()
    )
    project = version.dataset.project if version else None
    if version is None or project is None or not (may_read(user, project) or may_see_data(user, project)):
        raise Http404("No certificate under this address.")
    return version


def get_dataset_or_404(user: User, pk: UUID) -> Dataset:
    """A data set of a team the person is in, or that the person stewards."""
    dataset = Dataset.objects.select_related("project__team", "lineage").filter(pk=pk).first()
    if dataset is None:
        raise Http404("No data under this address.")
    get_data_project_or_404(user, dataset.project_id)
    return dataset


def get_upload_or_404(user: User, pk: UUID) -> Upload:
    """An upload that the person began and that has not expired, while the person may still bring data to its project."""
    upload = (
        Upload.objects.select_related("project__team").filter(pk=pk, owner=user, expires_at__gt=timezone.now()).first()
    )
    if upload is None:
        raise Http404("No upload under this address. It may have expired; begin it anew.")
    get_project_or_404(user, upload.project.slug, role=Role.MEMBER)
    return upload
