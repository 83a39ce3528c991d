"""What a team takes away of a run: the model, a card, a script."""

import tempfile
import zipfile
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from evaluations import permissions, selectors
from evaluations.core.rungs import family
from evaluations.models import Run
from evaluations.views.common import page_of
from projects.http import Request
from projects.models import Project
from projects.permissions import Role

IN_MEMORY = 8 * 2**20  # bytes of a ZIP beyond which it goes through a file


@login_required
@require_safe
def run_takeaway(request: Request, pk: UUID) -> HttpResponse:
    """The files of a run, and what to do with them."""
    run = permissions.get_run_or_404(request.user, pk)
    step = Project.Step.DEEP if family(run.recipe) == "deep" else Project.Step.SIMPLE
    page = page_of(request, run.project, step, "run") | {"run": run, "title": selectors.run_title(run.recipe)}
    if run.score is not None:
        page |= selectors.takeaway_facts(run) | {"script": selectors.reproduce_script(run, dlstart=settings.VERSION)}
    return render(request, "evaluations/run_takeaway.html", page)


@login_required
@require_safe
def run_card(request: Request, pk: UUID) -> HttpResponse:
    """The model card as Markdown, for everybody who may read the project."""
    run = _scored(permissions.get_run_or_404(request.user, pk))
    card = selectors.model_card(run, request.user, dlstart=settings.VERSION)
    return _file(card, f"model-card-{run.recipe}.md", "text/markdown; charset=utf-8")


@login_required
@require_safe
def run_script(request: Request, pk: UUID) -> HttpResponse:
    """The program that makes the run again; for the team, whose data it needs."""
    run = _scored(permissions.get_run_or_404(request.user, pk, role=Role.MEMBER))
    script = selectors.reproduce_script(run, dlstart=settings.VERSION)
    return _file(script, f"reproduce-{run.recipe}.py", "text/x-python; charset=utf-8")


@login_required
@require_safe
def run_model(request: Request, pk: UUID) -> FileResponse:
    """The recommended model with its encoder, card and script as a ZIP; for the team."""
    run = _scored(permissions.get_run_or_404(request.user, pk, role=Role.MEMBER))
    folder = settings.STORE / "runs" / str(run.pk) / "model"
    encoder = settings.STORE / "encoded" / str(run.version_id) / "encoder.json"
    if not folder.is_dir() or not encoder.is_file():
        raise Http404("The files of this run are gone. Run it again.")
    archive = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as made:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                made.write(path, Path("model") / path.relative_to(folder))
        made.write(encoder, "encoder.json")
        made.writestr("reproduce.py", selectors.reproduce_script(run, dlstart=settings.VERSION))
        made.writestr("model-card.md", selectors.model_card(run, request.user, dlstart=settings.VERSION))
    archive.seek(0)
    name = f"{run.project.slug}-{run.recipe}.zip"
    return FileResponse(archive, as_attachment=True, filename=name, content_type="application/zip")


def _scored(run: Run) -> Run:
    if run.score is None:
        raise Http404("This run has no score, so there is nothing to take away.")
    return run


def _file(words: str, name: str, kind: str) -> HttpResponse:
    return HttpResponse(words, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})
