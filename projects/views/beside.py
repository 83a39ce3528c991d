"""Pages of what lies beside a proposal: attachments, comments, the archive."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dlstart_web.kit.say import say
from projects import permissions, selectors, services
from projects.core.errors import ProjectProblem
from projects.forms import AttachmentForm, CommentForm
from projects.http import Request
from projects.permissions import Role


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def attachment_list(request: Request, slug: str, number: int) -> HttpResponse:
    """The files beside a version; the team adds to a draft."""
    role = Role.MEMBER if request.method == "POST" else Role.READER
    project = permissions.get_project_or_404(request.user, slug, role=role)
    proposal = selectors.get_proposal_or_404(request.user, project, number)
    page_form = AttachmentForm(request.POST, request.FILES) if request.method == "POST" else AttachmentForm()
    if page_form.is_valid():
        file = page_form.cleaned_data["file"]
        try:
            services.attach_file(proposal=proposal, user=request.user, name=file.name, file=file)
        except ProjectProblem as problem:
            page_form.add_error("file", str(problem))
        else:
            messages.success(request, say("“{name}” is attached.", name=file.name))
            return redirect("projects:attachment_list", project.slug, proposal.number)
    own = selectors.my_review(request.user, proposal)
    context = {
        "project": project,
        "proposal": proposal,
        "attachments": proposal.attachments.filter(removed_at=None).select_related("by"),
        "may_write": permissions.is_member(request.user, project) and proposal.state == "draft",
        "is_member": permissions.is_member(request.user, project),
        "own": own,
        "form": page_form,
    }
    return render(request, "projects/attachment_list.html", context, status=422 if page_form.is_bound else 200)


@login_required
@require_safe
def attachment_download(request: Request, slug: str, number: int, pk: UUID) -> FileResponse:
    """A file, always to be saved and never to be shown: a browser must not guess what it is."""
    project = permissions.get_project_or_404(request.user, slug)
    proposal = selectors.get_proposal_or_404(request.user, project, number)
    attachment = get_object_or_404(proposal.attachments, pk=pk, removed_at=None)
    try:
        file = services.attachment_path(attachment.stored).open("rb")
    except FileNotFoundError as gone:
        raise Http404("The file is gone.") from gone
    response = FileResponse(file, as_attachment=True, filename=attachment.name, content_type=attachment.kind)
    response["X-Content-Type-Options"] = "nosniff"
    return response


@login_required
@require_POST
def attachment_remove(request: Request, slug: str, number: int, pk: UUID) -> HttpResponse:
    """The team takes a file away from a draft."""
    project = permissions.get_project_or_404(request.user, slug, role=Role.MEMBER)
    proposal = selectors.get_proposal_or_404(request.user, project, number)
    attachment = get_object_or_404(proposal.attachments, pk=pk, removed_at=None)
    try:
        services.remove_attachment(attachment=attachment)
    except ProjectProblem as problem:
        messages.error(request, str(problem))
    return redirect("projects:attachment_list", project.slug, proposal.number)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def comment_list(request: Request, slug: str, number: int) -> HttpResponse:
    """Notes of the team to itself, open ones first."""
    project = permissions.get_project_or_404(request.user, slug, role=Role.MEMBER)
    proposal = selectors.get_proposal_or_404(request.user, project, number)
    questions = selectors.form_of(proposal).questions
    if request.method == "POST":
        page_form = CommentForm(request.POST, questions=questions)
    else:
        page_form = CommentForm(initial=request.GET.dict(), questions=questions)
    if page_form.is_valid():
        services.write_comment(proposal=proposal, user=request.user, **page_form.cleaned_data)
        return redirect("projects:comment_list", project.slug, proposal.number)
    comments = sorted(proposal.comments.select_related("by"), key=lambda one: one.done_at is not None)
    context = {"project": project, "proposal": proposal, "comments": comments, "form": page_form}
    return render(request, "projects/comment_list.html", context, status=422 if page_form.is_bound else 200)


@login_required
@require_POST
def comment_finish(request: Request, slug: str, number: int, pk: int) -> HttpResponse:
    """A note is dealt with."""
    project = permissions.get_project_or_404(request.user, slug, role=Role.MEMBER)
    proposal = selectors.get_proposal_or_404(request.user, project, number)
    services.finish_comment(comment=get_object_or_404(proposal.comments, pk=pk))
    return redirect("projects:comment_list", project.slug, proposal.number)


@login_required
@require_POST
def project_archive(request: Request, slug: str) -> HttpResponse:
    """Out of the lists, or back."""
    project = permissions.get_project_or_404(request.user, slug, role=Role.OWNER)
    try:
        services.archive_project(project=project, archived=project.archived_at is None)
    except ProjectProblem as problem:
        messages.error(request, str(problem))
    return redirect("projects:project_detail", project.slug)
