"""How often a team may look."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render

from datasets import permissions, services
from datasets.forms import GateForm
from datasets.views.common import GET_POST, page_context, status_of
from projects.http import Request
from projects.permissions import is_owner


@login_required
@GET_POST
def look_gate(request: Request, pk: UUID) -> HttpResponse:
    """How often the team may look at this data, and who spends: its owner's to say."""
    dataset = permissions.get_dataset_or_404(request.user, pk)
    project = dataset.project
    if not is_owner(request.user, project):
        raise PermissionDenied(f"Only an owner of {project.team} sets this.")
    form = GateForm(request.POST if request.method == "POST" else None, lineage=dataset.lineage)
    if form.is_valid():
        services.set_gate(lineage=dataset.lineage, project=project, user=request.user, **form.cleaned_data)
        messages.success(request, f"Looks at {dataset}: saved. A longer gap holds from the next look on.")
        return redirect("datasets:project_data", project.slug)
    return render(
        request,
        "datasets/look_gate.html",
        page_context(request, project, dataset=dataset, form=form),
        status=status_of(form),
    )
