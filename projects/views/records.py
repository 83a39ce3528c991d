"""Pages about projects: my work, the list, one project, search."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from projects import permissions, selectors, services
from projects.core import examples, form
from projects.core.errors import ProjectProblem
from projects.forms import PersonChoiceForm, ProjectForm
from projects.http import Request
from projects.models import Project, Proposal, User
from projects.permissions import Role

NUMBERS = (
    "Nothing waits",
    "One thing waits",
    "Two things wait",
    "Three things wait",
    "Four things wait",
    "Five things wait",
)


def in_rows(projects: list[Any]) -> list[dict[str, Any]]:
    """Projects as the table draws them."""
    return [
        {
            "project": project,
            "steps": selectors.project_steps(project),
            "step": Project.Step(min(project.reached + 1, Project.Step.VERDICT)).label,
            "state": Proposal.State(project.proposal_state).label.lower() if project.proposal_state else "–",
            "outcome": project.outcome,
        }
        for project in projects
    ]


@login_required
@require_safe
def home(request: Request) -> HttpResponse:
    """What waits for me, and where my projects stand."""
    tasks = selectors.tasks_of(request.user)
    projects = list(selectors.with_state(selectors.projects_of(request.user), request.user)[:50])
    count = len(tasks)
    waiting = NUMBERS[count] if count < len(NUMBERS) else f"{count} things wait"
    context = {
        "tasks": tasks,
        "rows": in_rows(projects),
        "waiting": waiting,
        "minutes": sum(task.minutes for task in tasks),
    }
    return render(request, "projects/home.html", context)


@login_required
@require_safe
def project_list(request: Request) -> HttpResponse:
    """Every project one may read, newest first."""
    projects = selectors.with_state(selectors.readable_projects(request.user).filter(is_sandbox=False), request.user)
    page = Paginator(projects, 50).get_page(request.GET.get("page"))
    return render(request, "projects/project_list.html", {"page": page, "rows": in_rows(list(page))})


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
    return render(request, "projects/search.html", {"search_text": text, "page": page, "rows": in_rows(list(page))})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def project_create(request: Request) -> HttpResponse:
    """An idea in 30 seconds; the rest of the form follows."""
    page_form = (
        ProjectForm(request.POST, user=request.user) if request.method == "POST" else ProjectForm(user=request.user)
    )
    if page_form.is_valid():
        project = services.create_project(user=request.user, **page_form.cleaned_data)
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
        "hides_team": owes_review(own, latest),
        "decision": getattr(latest, "decision", None) if latest else None,
        "criterion_url": selectors.page_or_blank("evaluations:criterion", project),
        "parts": upper_parts(project),
    }
    return render(request, "projects/project_detail.html", context)


def upper_parts(project: Project) -> list[dict[str, str]]:
    """What upper apps have to say of a project: the fragment that is loaded, and the page it stands for without script."""
    names = [("Data", "datasets:project_fragment", "datasets:project_data")]
    if project.is_sandbox or project.reached >= Project.Step.TEST_SET:
        names.append(("Ladder", "evaluations:project_fragment", "evaluations:ladder"))
    parts = [
        {
            "label": label,
            "fragment": selectors.page_or_blank(fragment, project),
            "page": selectors.page_or_blank(page, project),
        }
        for label, fragment, page in names
    ]
    return [part for part in parts if part["page"]]


def owes_review(own, proposal: Proposal | None) -> bool:
    """A blind review is still to be written: then the page does not name the team."""
    return (
        own is not None
        and proposal is not None
        and own.state in ("invited", "drafting")
        and proposal.state in ("submitted", "in_review")
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def handler_assign(request: Request, slug: str) -> HttpResponse:
    """The administrator names who decides; nobody with a conflict is on the list."""
    project = permissions.get_project_or_404(request.user, slug, role=Role.ADMINISTRATOR)
    people = selectors.handler_candidates(project)
    data = request.POST if request.method == "POST" else None
    page_form = PersonChoiceForm(data, people=people, label="Handler", initial={"person": project.handler_id})
    if page_form.is_valid():
        handler: User = page_form.cleaned_data["person"]
        try:
            services.assign_handler(project=project, handler=handler, by=request.user)
        except ProjectProblem as problem:
            page_form.add_error("person", str(problem))
        else:
            messages.success(request, f"{handler} handles {project} now.")
            return redirect("projects:home")
    context = {"project": project, "form": page_form, "nobody": not people.exists()}
    return render(request, "projects/handler_assign.html", context, status=422 if page_form.is_bound else 200)


@login_required
@require_safe
def example_detail(request: Request, key: str) -> HttpResponse:
    """An invented proposal to read beside the form."""
    example = examples.BY_KEY.get(key)
    if example is None:
        raise Http404("No example under this name.")
    lines = [
        (section, [(q, example.replies.get(q.id, form.Reply())) for q in section.questions])
        for section in form.SECTIONS
    ]
    return render(
        request, "projects/example_detail.html", {"example": example, "lines": lines, "examples": examples.EXAMPLES}
    )
