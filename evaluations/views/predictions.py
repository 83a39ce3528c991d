"""Unlabelled rows come in, predictions go out."""

from pathlib import Path
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from datasets import services as dataset_services
from datasets.core.errors import DataProblem
from dlstart_web.kit.say import say
from dlstart_web.kit.uploads import upload_refused
from evaluations import permissions, selectors, services
from evaluations.forms import PredictForm
from evaluations.views.common import GET_POST, page_of
from evaluations.words import speech
from projects.http import Request
from projects.models import Project
from projects.permissions import Role, get_project_or_404


@login_required
@GET_POST
def predict(request: Request, slug: str) -> HttpResponse:
    """Bring rows for the recommended model, and fetch what it said of those before; for the team."""
    project = get_project_or_404(request.user, slug, role=Role.MEMBER)
    page = page_of(request, project, Project.Step.VERDICT, "predict")
    version = page["version"]
    metric = selectors.project_metric(project, version) if version else ""
    run = selectors.run_recommended(project, version) if version else None
    form = PredictForm(request.POST, request.FILES) if request.method == "POST" else PredictForm()
    try:
        if size := upload_refused(request):
            form.fields["file"].required = False
            raise dataset_services.too_large(size)
        if run is not None and form.is_valid():
            services.ask_prediction(project=project, run=run, file=form.cleaned_data["file"], user=request.user)
            return redirect("evaluations:predict", slug=slug)
    except DataProblem as refusal:
        form.add_error("file", str(refusal))
    predictions = list(project.predictions.select_related("run", "asked_by")[: selectors.PREDICTIONS])
    page |= {
        "run": run,
        "says": speech(metric) if metric else None,
        "title": selectors.run_title(run.recipe, run.change, run.name) if run else "",
        "form": form,
        "predictions": [
            {"job": job, "title": selectors.run_title(job.run.recipe, job.run.change, job.run.name)}
            for job in predictions
        ],
        "is_open": any(job.is_open for job in predictions),
    }
    return render(request, "evaluations/predict.html", page, status=422 if request.method == "POST" else 200)


@login_required
@require_safe
def prediction_download(request: Request, pk: UUID) -> FileResponse:
    """The predictions as CSV: ids and answers; for the team."""
    job = permissions.get_prediction_or_404(request.user, pk)
    path = selectors.prediction_path(job)
    if path is None:
        raise Http404(say("No predictions under this address."))
    name = f"{Path(job.file_name).stem}-predicted.csv"
    return FileResponse(path.open("rb"), as_attachment=True, filename=name, content_type="text/csv; charset=utf-8")
