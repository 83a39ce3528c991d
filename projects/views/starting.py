"""Where one begins, and the good graves."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from dlstart_web.kit.say import say
from projects import permissions, selectors, services
from projects.core import start
from projects.core.errors import ProjectProblem
from projects.forms import GraveForm, LinksForm
from projects.http import Request
from projects.models import Grave
from projects.permissions import Role


@login_required
@require_safe
def start_page(request: Request) -> HttpResponse:
    """The six steps, classes, frameworks with today's status, first programs, and the demo to try it on."""
    context = {
        "links": selectors.class_links(),
        "frameworks": start.FRAMEWORKS,
        "kits": start.KITS,
        "demo": selectors.demo_project(request.user),
    }
    return render(request, "projects/start.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def class_links(request: Request) -> HttpResponse:
    """The administrator edits the list of classes, one a line."""
    permissions.require_administrator(request.user)
    initial = {"lines": start.lines_of_links(selectors.class_links())}
    page_form = LinksForm(request.POST) if request.method == "POST" else LinksForm(initial=initial)
    if page_form.is_valid():
        services.set_class_links(links=page_form.cleaned_data["lines"])
        messages.success(request, say("The list of classes is saved."))
        return redirect("projects:start_page")
    return render(request, "projects/class_links.html", {"form": page_form}, status=422 if page_form.is_bound else 200)


@login_required
@require_safe
def grave_list(request: Request) -> HttpResponse:
    """Stopped ideas: why, what was learned, what would reopen them."""
    page = Paginator(selectors.stopped_projects(request.user), 50).get_page(request.GET.get("page"))
    return render(request, "projects/grave_list.html", {"page": page})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def project_grave(request: Request, slug: str) -> HttpResponse:
    """An owner writes down what a stopped idea taught."""
    project = permissions.get_project_or_404(request.user, slug, role=Role.OWNER)
    grave = Grave.objects.filter(project=project).first()
    stored = {name: getattr(grave, name) for name in GraveForm.base_fields} if grave else {}
    page_form = GraveForm(request.POST) if request.method == "POST" else GraveForm(initial=stored)
    if page_form.is_valid():
        try:
            services.write_grave(project=project, user=request.user, **page_form.cleaned_data)
        except ProjectProblem as problem:
            page_form.add_error(None, str(problem))
        else:
            messages.success(request, say("It is written down."))
            return redirect("projects:grave_list")
    context = {"project": project, "form": page_form, "grave": grave, "may": selectors.may_be_buried(project)}
    return render(request, "projects/project_grave.html", context, status=422 if page_form.is_bound else 200)
