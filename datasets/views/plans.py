"""What labelling would cost, before anybody labels."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from datasets import permissions, selectors
from datasets.forms import LabelPlanForm
from datasets.views.common import page_context, status_of
from datasets.views.lists import reader_role
from projects.http import Request
from projects.permissions import get_project_or_404

USUAL = {"double": 20, "people": 2, "equal": 90}


@login_required
@require_safe
def label_plan(request: Request, slug: str) -> HttpResponse:
    """The sums of labelling to a target; everything is in the address, so that it can be sent to a colleague."""
    project = get_project_or_404(request.user, slug, role=reader_role(request, slug))
    newest = selectors.version_list(project).first() if permissions.may_see_data(request.user, project) else None
    have = (newest.rows_read or 0) if newest else 0
    form = LabelPlanForm(request.GET if "each" in request.GET else None, initial=USUAL | {"have": have})
    said = form.plan() if form.is_valid() else {}
    context = page_context(request, project, form=form, **said)
    return render(request, "datasets/label_plan.html", context, status=status_of(form) if form.errors else 200)
