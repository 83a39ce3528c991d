"""The idea wall and the gallery of shapes."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dlstart_web.kit.say import say
from projects import selectors, services
from projects.core import mapping
from projects.forms import IdeaForm
from projects.http import Request


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def idea_wall(request: Request) -> HttpResponse:
    """Ideas of everybody, and two boxes for one's own."""
    page_form = IdeaForm(request.POST) if request.method == "POST" else IdeaForm()
    if page_form.is_valid():
        services.write_idea(user=request.user, **page_form.cleaned_data)
        messages.success(request, say("Your idea is on the wall."))
        return redirect("projects:idea_wall")
    text = request.GET.get("q", "").strip()[:200]
    page = Paginator(selectors.idea_wall(request.user, text), 50).get_page(request.GET.get("page"))
    context = {"page": page, "idea_text": text, "form": page_form}
    return render(request, "projects/idea_wall.html", context, status=422 if page_form.is_bound else 200)


@login_required
@require_POST
def idea_back(request: Request, pk: int) -> HttpResponse:
    """Say that one would use it; once more takes it back."""
    idea = get_object_or_404(selectors.idea_wall(request.user), pk=pk)
    services.back_idea(idea=idea, user=request.user, would_use=not idea.backers.filter(pk=request.user.pk).exists())
    return redirect("projects:idea_wall")


@login_required
@require_POST
def idea_close(request: Request, pk: int) -> HttpResponse:
    """Its writer takes it down, or an administrator."""
    idea = get_object_or_404(selectors.idea_wall(request.user), pk=pk)
    if idea.by_id != request.user.pk and not request.user.is_administrator:
        raise PermissionDenied(say("Only who wrote an idea takes it down, or an administrator."))
    services.close_idea(idea=idea)
    return redirect("projects:idea_wall")


@login_required
@require_safe
def shape_list(request: Request) -> HttpResponse:
    """Mappings that are known to work, to begin with."""
    gallery = selectors.shape_gallery()
    cards = [(shape, mapping.X_KINDS[shape.x_kind], mapping.Y_KINDS[shape.y_kind]) for shape in gallery]
    return render(request, "projects/shape_list.html", {"cards": cards})
