"""A file comes in."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from datasets import permissions, services
from datasets.core.errors import DataProblem
from datasets.forms import DatasetUploadForm
from datasets.models import Upload
from datasets.views.common import GET_POST, page_context, status_of
from dlstart_web.kit.say import say
from dlstart_web.kit.uploads import upload_refused
from projects.http import Request
from projects.models import Project
from projects.permissions import Role, get_project_or_404


@login_required
@GET_POST
def dataset_upload(request: Request, slug: str) -> HttpResponse:
    """Bring a file: a new data set, or with `?dataset=` the next version of one.

    With script the file has come in pieces before, and the form names the upload instead.
    """
    project = get_project_or_404(request.user, slug, role=Role.MEMBER)
    dataset = None
    if key := request.GET.get("dataset"):
        try:
            dataset = project.datasets.filter(pk=UUID(key)).first()
        except ValueError:
            dataset = None
        if dataset is None:
            raise Http404(say("No data under this address."))
    problem = None
    if request.method != "POST":
        form = DatasetUploadForm(is_next=dataset is not None)
    else:
        form = DatasetUploadForm(request.POST, request.FILES, is_next=dataset is not None)
        try:
            if size := upload_refused(request):
                form.fields["file"].required = False
                raise services.too_large(size)
            if key := request.POST.get("upload"):
                form.fields["file"].required = False
                upload = _upload_or_404(request, key, project)
            if form.is_valid():
                given = form.cleaned_data | {"user": request.user, "dataset": dataset}
                if key:
                    del given["file"]
                    version = services.finish_upload(upload=upload, **given)
                else:
                    version = services.accept_upload(project=project, **given)
                return redirect("datasets:version_detail", version.pk)
        except (DataProblem, services.NotYet) as refusal:
            problem = refusal
            form.add_error("file", str(refusal))
    context = page_context(request, project, form=form, dataset=dataset, problem=problem)
    return render(request, "datasets/dataset_upload.html", context, status=status_of(form))


def _upload_or_404(request: Request, key: str, project: Project) -> Upload:
    try:
        upload = permissions.get_upload_or_404(request.user, UUID(key))
    except ValueError:
        raise Http404(say("No upload under this address.")) from None
    if upload.project_id != project.pk:
        raise Http404(say("This upload is for another project."))
    return upload
