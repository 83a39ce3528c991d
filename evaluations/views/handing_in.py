"""Inputs go out with public ids, predictions made elsewhere come in."""

from math import ceil

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from datasets import exports, store
from datasets import services as dataset_services
from datasets.core.errors import DataProblem
from datasets.models import DatasetVersion, TestSet
from dlstart_web.kit.say import say
from dlstart_web.kit.uploads import upload_refused
from evaluations import selectors, services
from evaluations.forms import PredictionsForm, RowsForm
from evaluations.models import Run
from evaluations.views.common import GET_POST, page_of
from projects.http import Request
from projects.models import Project, User
from projects.permissions import Role, get_project_or_404

SHOWN = 20


@login_required
@GET_POST
def hand_in(request: Request, slug: str) -> HttpResponse:
    """Download the inputs, bring predictions, and see what became of those before; for the team."""
    project = get_project_or_404(request.user, slug, role=Role.MEMBER)
    page = page_of(request, project, Project.Step.DEEP, "leaderboard")
    try:
        ladder = services.ladder_to_join(project)
    except services.OutOfTurn as refusal:
        page["too_early"] = str(refusal)
        return render(request, "evaluations/hand_in.html", page, status=422 if request.method == "POST" else 200)
    form = PredictionsForm(request.POST, request.FILES) if request.method == "POST" else PredictionsForm()
    status, headers = 422 if form.is_bound else 200, {}
    try:
        if size := upload_refused(request):
            form.fields["file"].required = False
            raise dataset_services.too_large(size)
        if form.is_valid():
            services.hand_in_predictions(project=project, user=request.user, **form.cleaned_data)
            return redirect("evaluations:hand_in", slug=slug)
    except DataProblem as refusal:
        form.add_error("file", str(refusal))
    except services.TooManyRefused as refusal:
        form.add_error("file", str(refusal))
        status, headers = 429, retry_after(refusal)
    files = list(project.handed_in.select_related("run", "asked_by")[:SHOWN])
    page |= {
        "form": form,
        "parts": parts_out(project, ladder.version),
        "endings": endings(ladder.version),
        "files": files,
        "classes": sorted(ladder.version.seal.classes) if ladder.version.seal.classes else [],
        "is_open": any(job.is_open for job in files),
    }
    answer = render(request, "evaluations/hand_in.html", page, status=status)
    for name, value in headers.items():
        answer.headers[name] = value
    return answer


def take_rows(
    request: Request, project: Project, test_set: TestSet, form: RowsForm, run: Run | None = None
) -> tuple[int, dict[str, str]] | None:
    """Hand in the file of a form, for the run that it names or that is known; status and headers of a refusal in it."""
    try:
        if size := upload_refused(request):
            form.fields["file"].required = False
            raise dataset_services.too_large(size)
        if form.is_valid():
            values = form.cleaned_data | ({"run": run} if run else {})
            services.hand_in_rows(project=project, user=request.user, test_set=test_set, **values)
            return None
    except (DataProblem, services.OutOfTurn) as refusal:
        form.add_error("file", str(refusal))
    except services.TooManyRefused as refusal:
        form.add_error("file", str(refusal))
        return 429, retry_after(refusal)
    return 422, {}


def retry_after(refusal: services.TooManyRefused) -> dict[str, str]:
    """The header that says when to come again."""
    return {"Retry-After": str(max(1, ceil((refusal.next_at - timezone.now()).total_seconds())))}


def parts_out(project: Project, version: DatasetVersion) -> list[tuple[str, int]]:
    """The parts whose inputs go out, and their rows; a sandbox has no looks and so no sealed ones."""
    parts = store.scored_parts(version)
    return [(part, version.seal.parts[part]) for part in (parts[:1] if project.is_sandbox else parts)]


def endings(version: DatasetVersion) -> tuple[str, ...]:
    """The formats of inputs; a CSV holds no pictures or sounds."""
    return exports.ENDINGS if not exports.holds_media(version) else ("parquet",)


@login_required
@require_safe
def inputs_download(request: Request, slug: str, part: str, ending: str) -> StreamingHttpResponse:
    """Features of a part with public ids, as CSV or Parquet; for the team."""
    return inputs(request.user, get_project_or_404(request.user, slug, role=Role.MEMBER), part, ending)


def inputs(user: User, project: Project, part: str, ending: str) -> StreamingHttpResponse:
    """The same for whoever was let in; those of sealed rows are written down. 404 for what has no inputs."""
    try:
        version = services.version_to_predict(project)
    except services.OutOfTurn as refusal:
        raise Http404(str(refusal)) from refusal
    parts = dict(parts_out(project, version))
    if store.FRESH.fullmatch(part) and not project.is_sandbox and (fresh := selectors.test_set_called(project, part)):
        version, parts = fresh.version, {part: fresh.rows}
    if part not in parts or ending not in endings(version):
        raise Http404(say("No inputs under this address."))
    if part not in store.OPEN_PARTS:
        dataset_services.take_inputs(project=project, version=version, part=part, user=user)
    return exports.inputs_response(version, part, ending)
