"""The one-page report, its appendix, and both as Markdown and JSON."""

from datetime import UTC, tzinfo
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from evaluations import selectors
from evaluations.serializers import ReportSerializer
from projects.http import Request
from projects.permissions import get_project_or_404


def _whole(request: Request, slug: str, zone: tzinfo = UTC) -> dict[str, Any]:
    project = get_project_or_404(request.user, slug)
    report = selectors.report(project, request.user, zone)
    return report | {"chapters": selectors.appendix(project, request.user, report)}


@login_required
@require_safe
def report(request: Request, slug: str) -> HttpResponse:
    """One page that prints; what does not fit stands in the appendix."""
    project = get_project_or_404(request.user, slug)
    told = selectors.report(project, request.user, timezone.get_current_timezone())
    return render(request, "evaluations/report.html", told | {"part": {one.key: one for one in told["sections"]}})


@login_required
@require_safe
def report_appendix(request: Request, slug: str) -> HttpResponse:
    """All that was recorded, along the headings others ask for."""
    return render(request, "evaluations/report_appendix.html", _whole(request, slug, timezone.get_current_timezone()))


@login_required
@require_safe
def report_text(request: Request, slug: str) -> HttpResponse:
    """Report and appendix as Markdown."""
    whole = _whole(request, slug)
    words = selectors.report_markdown(whole["sections"], whole["chapters"])
    headers = {"Content-Disposition": f'attachment; filename="report-{slug}.md"'}
    return HttpResponse(words, content_type="text/markdown; charset=utf-8", headers=headers)


@login_required
@require_safe
def report_data(request: Request, slug: str) -> JsonResponse:
    """Report and appendix as JSON, as the API gives them."""
    headers = {"Content-Disposition": f'attachment; filename="report-{slug}.json"'}
    return JsonResponse(ReportSerializer(_whole(request, slug)).data, headers=headers)
