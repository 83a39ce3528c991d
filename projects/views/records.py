"""Pages about projects: the list, one project, search."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from dlstart_web.kit.say import say
from projects import permissions, selectors, services
from projects.core import form
from projects.core.errors import ProjectProblem
from projects.core.shapes import Shape
from projects.forms import PersonChoiceForm, ProjectForm
from projects.http import Request
from projects.models import Idea, Project, User
from projects.permissions import Role


@login_required
@require_safe
def project_list(request: Request) -> HttpResponse:
    """Every project one may read, newest first."""
    archived = request.GET.get("archived") == "1"
    found = selectors.readable_projects(request.user).filter(is_sandbox=False, archived_at__isnull=not archived)
    projects = selectors.with_state(found, request.user)
    page = Paginator(projects, 50).get_page(request.GET.get("page"))
    return render(
        request,
        "projects/project_list.html",
        {"page": page, "rows": selectors.project_rows(list(page)), "archived": archived},
    )


@login_required
@require_safe
def search(request: Request) -> HttpResponse:
    """Projects and proposals one may read; reviews are never searched."""
    text = request.GET.get("q", "").strip()[:200]
    found = (
        selectors.with_state(selectors.search_projects(request.user, text), request.user)
        if text
        else Project.objects.none()
    )
    page = Paginator(found, 50).get_page(request.GET.get("page"))
    return render(
        request, "projects/search.html", {"search_text": text, "page": page, "rows": selectors.project_rows(list(page))}
    )


def _beginning(request: Request) -> tuple[Idea | None, Shape | None]:
    """The idea of the wall, or the known shape, that a project begins with."""
    begin = request.POST.get("begin", "")
    idea = request.GET.get("idea", "") or begin.removeprefix("idea-")
    found = selectors.idea_wall(request.user).filter(pk=int(idea), project=None) if idea.isdecimal() else None
    shape = selectors.shape_named(request.GET.get("shape") or begin.removeprefix("shape-"))
    return found.first() if found else None, shape


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def project_create(request: Request) -> HttpResponse:
    """An idea in 30 seconds; the rest of the form follows."""
    idea, shape = _beginning(request)
    initial = {
        "is_sandbox": request.GET.get("sandbox") == "1",
        "begin": f"idea-{idea.pk}" if idea else f"shape-{shape.key}" if shape else "",
    }
    if idea:
        initial |= {"name": idea.y.rstrip("?")[:100], "idea": idea.problem}
    page_form = ProjectForm(request.POST if request.method == "POST" else None, user=request.user, initial=initial)
    if page_form.is_valid():
        values = {name: value for name, value in page_form.cleaned_data.items() if name != "begin"}
        mapping = {"x": idea.x, "y": idea.y} if idea else shape.mapping if shape else None
        project = services.create_project(user=request.user, mapping=mapping, began_as=idea, **values)
        if project.is_sandbox:
            return redirect("datasets:dataset_upload", project.slug)
        return redirect("projects:proposal_section", project.slug, 1, "problem")
    return render(
        request, "projects/project_create.html", {"form": page_form}, status=422 if page_form.is_bound else 200
    )


@login_required
@require_safe
def project_detail(request: Request, slug: str) -> HttpResponse:
    """One project at a glance; what upper apps know is loaded from them."""
    project = permissions.get_project_or_404(request.user, slug)
    versions = selectors.readable_proposals(request.user, project)
    latest = versions[-1] if versions else None
    own = selectors.my_review(request.user, latest) if latest else None
    decision = selectors.shown_decision(request.user, project, getattr(latest, "decision", None))
    context = {
        "project": project,
        "versions": versions,
        "latest": latest,
        "kind": selectors.kind_words(latest) if latest else "",
        "steps": selectors.project_steps(project),
        "criterion": selectors.current_criterion(project),
        "is_member": permissions.is_member(request.user, project),
        "is_owner": permissions.is_owner(request.user, project),
        "is_handler": permissions.is_handler(request.user, project),
        "own": own,
        "hides_team": selectors.owes_review(own, latest),
        "decision": decision,
        "criterion_url": selectors.page_or_blank("evaluations:criterion", project),
        "parts": upper_parts(project),
        "may_be_buried": selectors.may_be_buried(project),
        "try_until": decision.try_until if decision else None,
        "is_try_over": bool(decision and decision.try_until and decision.try_until < timezone.now()),
        "is_muted": selectors.is_muted(request.user, project),
    }
    return render(request, "projects/project_detail.html", context)


def upper_parts(project: Project) -> list[dict[str, str]]:
    """What upper apps have to say of a project: the fragment that is loaded, and the page it stands for without script."""
    names = [(say("Data"), "datasets:project_fragment", "datasets:project_data")]
    if project.is_sandbox or project.reached >= Project.Step.TEST_SET:
        names.append((say("Ladder"), "evaluations:project_fragment", "evaluations:ladder"))
    parts = [
        {
            "label": label,
            "fragment": selectors.page_or_blank(fragment, project),
            "page": selectors.page_or_blank(page, project),
        }
        for label, fragment, page in names
    ]
    return [part for part in parts if part["page"]]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def handler_assign(request: Request, slug: str) -> HttpResponse:
    """The administrator names who decides; nobody with a conflict is on the list."""
    project = permissions.get_project_or_404(request.user, slug, role=Role.ADMINISTRATOR)
    people = selectors.handler_candidates(project, request.user)
    data = request.POST if request.method == "POST" else None
    page_form = PersonChoiceForm(data, people=people, label=say("Handler"), initial={"person": project.handler_id})
    if page_form.is_valid():
        handler: User = page_form.cleaned_data["person"]
        try:
            services.assign_handler(project=project, handler=handler, by=request.user)
        except ProjectProblem as problem:
            page_form.add_error("person", str(problem))
        else:
            messages.success(request, say("{handler} handles {project} now.", handler=handler, project=project))
            return redirect("evaluations:home")
    context = {"project": project, "form": page_form, "nobody": not people.exists()}
    return render(request, "projects/handler_assign.html", context, status=422 if page_form.is_bound else 200)


@login_required
@require_safe
def example_detail(request: Request, key: str) -> HttpResponse:
    """An invented proposal to read beside the form."""
    examples = selectors.example_list()
    example = next((one for one in examples if one.key == key), None)
    if example is None:
        raise Http404("No example under this name.")
    lines = [
        (section, [(q, example.replies.get(q.id, form.Reply())) for q in section.questions])
        for section in form.SECTIONS
    ]
    return render(request, "projects/example_detail.html", {"example": example, "lines": lines, "examples": examples})
