"""What people are told: the list, muting a project, the link at the foot of a mail."""

from django.contrib.auth.decorators import login_not_required, login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from projects import permissions, selectors, services
from projects.http import Request
from projects.views.writing import number_of


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def notice_list(request: Request) -> HttpResponse:
    """All of it, newest first; the button marks it as seen."""
    if request.method == "POST":
        services.read_notices(user=request.user, upto=number_of(request.POST.get("upto", "")))
        return redirect("projects:notice_list")
    page = Paginator(selectors.notices_of(request.user), 50).get_page(request.GET.get("page"))
    newest = max((notice.pk for notice in page), default=0)
    return render(request, "projects/notice_list.html", {"page": page, "newest": newest})


@login_required
@require_POST
def project_mute(request: Request, slug: str) -> HttpResponse:
    """No mail about a project, or again."""
    project = permissions.get_project_or_404(request.user, slug)
    services.mute_project(user=request.user, project=project, muted=not selectors.is_muted(request.user, project))
    return redirect("projects:project_detail", project.slug)


@csrf_exempt  # a mail program posts here by one click; the signed token is the right to do it
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def mail_stop(request: HttpRequest, token: str) -> HttpResponse:
    """What the foot of a mail opens: stop the mails about a project, or the mail of the day. Reading it stops nothing."""
    named = selectors.of_mail_token(token)
    if named is None:
        raise Http404("No mail of ours carries this link.")
    user, project = named
    if request.method == "POST" and project is not None:
        services.mute_project(user=user, project=project, muted=True)
    elif request.method == "POST":
        services.stop_digest(user=user)
    return render(request, "projects/mail_stop.html", {"project": project, "done": request.method == "POST"})
