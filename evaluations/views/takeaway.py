"""What a team takes away of a run: the model, a card, a script."""

from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dlstart_web.kit.say import say
from evaluations import permissions, selectors
from evaluations.core.rungs import family
from evaluations.views.common import page_of
from projects.http import Request
from projects.models import Project
from projects.permissions import Role


@login_required
@require_safe
def run_takeaway(request: Request, pk: UUID) -> HttpResponse:
    """The files of a run, and what to do with them."""
    run = permissions.get_fitted_run_or_404(request.user, pk, is_scored=False)
    step = Project.Step.DEEP if family(run.recipe) == "deep" else Project.Step.SIMPLE
    page = page_of(request, run.project, step, "run") | {
        "run": run,
        "title": selectors.run_title(run.recipe, run.change, run.name),
    }
    if run.score is not None:
        page |= selectors.takeaway_facts(run) | {"script": selectors.reproduce_script(run, dlstart=settings.VERSION)}
    return render(request, "evaluations/run_takeaway.html", page)


@login_required
@require_safe
def run_card(request: Request, pk: UUID) -> HttpResponse:
    """The model card as Markdown, for everybody who may read the project."""
    run = permissions.get_fitted_run_or_404(request.user, pk)
    card = selectors.model_card(run, request.user, dlstart=settings.VERSION)
    return _file(card, f"model-card-{run.recipe}.md", "text/markdown; charset=utf-8")


@login_required
@require_safe
def run_script(request: Request, pk: UUID) -> HttpResponse:
    """The program that makes the run again; for the team, whose data it needs."""
    run = permissions.get_fitted_run_or_404(request.user, pk, role=Role.MEMBER)
    script = selectors.reproduce_script(run, dlstart=settings.VERSION)
    return _file(script, f"reproduce-{run.recipe}.py", "text/x-python; charset=utf-8")


@login_required
@require_safe
def run_model(request: Request, pk: UUID) -> FileResponse:
    """The recommended model with its encoder, card and script as a ZIP; for the team."""
    run = permissions.get_fitted_run_or_404(request.user, pk, role=Role.MEMBER)
    archive = selectors.model_archive(run, request.user, dlstart=settings.VERSION)
    if archive is None:
        raise Http404(say("The files of this run are gone. Run it again."))
    name = f"{run.project.slug}-{run.recipe}.zip"
    return FileResponse(archive, as_attachment=True, filename=name, content_type="application/zip")


def _file(words: str, name: str, kind: str) -> HttpResponse:
    return HttpResponse(words, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})
