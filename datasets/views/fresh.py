"""Fresh sets: a steward brings rows that were labelled later."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render

from datasets import permissions, selectors, services
from datasets.core.errors import DataProblem
from datasets.forms import FreshForm
from datasets.views.common import GET_POST, page_context, status_of
from dlstart_web.kit.say import say
from dlstart_web.kit.uploads import upload_refused
from projects.http import Request


@login_required
@GET_POST
def fresh_deposit(request: Request, slug: str) -> HttpResponse:
    """Bring a file, and see what became of those before."""
    project = permissions.get_deposit_project_or_404(request.user, slug)
    form = FreshForm(request.POST, request.FILES) if request.method == "POST" else FreshForm()
    try:
        if size := upload_refused(request):
            form.fields["file"].required = False
            raise services.too_large(size)
        if form.is_valid():
            services.deposit_fresh(project=project, user=request.user, **form.cleaned_data)
            messages.success(
                request, str(say("The file is here. It is read, compared with all that is known, and sealed."))
            )
            return redirect("datasets:fresh_deposit", slug)
    except (DataProblem, services.NotYet) as refusal:
        form.add_error("file", str(refusal))
    deposits = list(selectors.fresh_deposits(project))
    context = page_context(
        request,
        project,
        form=form,
        deposits=deposits,
        is_open=any(deposit.is_open for deposit in deposits),
        version=selectors.version_sealed_latest(project),
    )
    return render(request, "datasets/fresh_deposit.html", context, status=status_of(form))
