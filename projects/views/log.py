"""The log of acts, for administrators."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from dlstart_web.kit import audit
from dlstart_web.kit.models import AuditEvent
from dlstart_web.kit.say import say
from projects import permissions, selectors, services
from projects.forms import LogCheckForm, LogNoteForm
from projects.http import Request

PAGE = 50
SHOWN = 50  # faults that are listed


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def audit_log(request: Request) -> HttpResponse:
    """Who did what and when, the latest first; `?check` computes the chain again, a post adds a note."""
    permissions.require_administrator(request.user)
    form = LogNoteForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        services.write_note(user=request.user, text=form.cleaned_data["text"])
        messages.success(request, say("The note is in the log."))
        return redirect("projects:audit_log")
    page = Paginator(AuditEvent.objects.order_by("-number"), PAGE).get_page(request.GET.get("page"))
    check = LogCheckForm(request.GET if "check" in request.GET else None)
    checked = audit.verify(check.cleaned_data["head"]) if check.is_bound and check.is_valid() else None
    context = {
        "form": form,
        "check": check,
        "checked": checked,
        "faults": checked.faults[:SHOWN] if checked else (),
        "older": audit.behind(),
        "page": page,
        "entries": selectors.log_entries(list(page.object_list)),
    }
    failed = form.is_bound or (check.is_bound and checked is None)
    return render(request, "projects/audit_log.html", context, status=422 if failed else 200)
