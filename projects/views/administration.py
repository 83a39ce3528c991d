"""Pages of administrators: what holds for everybody, how the installation stands, and reading past a conflict."""

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dlstart_web.kit.say import joined, say, say_count
from dlstart_web.kit.text import file_size_words, thousands
from projects import permissions, selectors, services
from projects.core import letters
from projects.core.errors import ProjectProblem
from projects.core.templates import TEMPLATES
from projects.core.wording import Wording
from projects.forms import QuestionsForm, ReasonForm, RulesForm, WordingForm
from projects.http import Request
from projects.models import GLASS_OPEN, BreakGlass, QuestionSet, ReviewRules, SetupMark, TemplateWording, User
from projects.permissions import Role
from projects.views.writing import number_of

VersionForm = TypeVar("VersionForm", RulesForm, QuestionsForm, WordingForm)


def _days(count: int) -> str:
    return say_count(count, "{count} day", "{count} days")


def _settings() -> list[tuple[str, str, str]]:
    """What the operator sets when the installation starts: what it is, its value, its variable."""
    return [
        (say("Between two looks of a team"), _days(settings.LOOK_GAP_DAYS), "DLSTART_LOOK_GAP_DAYS"),
        (
            say("For one ladder"),
            say("{seconds} CPU seconds", seconds=settings.LADDER_BUDGET),
            "DLSTART_LADDER_BUDGET",
        ),
        (say("Largest file"), file_size_words(settings.LIMITS["upload"]), "DLSTART_LIMIT_UPLOAD"),
        (say("Most rows of a data set"), thousands(settings.LIMITS["rows"]), "DLSTART_LIMIT_ROWS"),
        (say("Most columns of a data set"), thousands(settings.LIMITS["columns"]), "DLSTART_LIMIT_COLUMNS"),
        (say("Uploads under way for one person"), thousands(settings.UPLOADS_OPEN), "DLSTART_UPLOADS_OPEN"),
        (say("An invitation is good for"), _days(settings.INVITATION_DAYS), "DLSTART_INVITATION_DAYS"),
        (
            say("Sign-up without invitation"),
            say("open") if settings.OPEN_SIGNUP else say("closed"),
            "DLSTART_OPEN_SIGNUP",
        ),
    ]


@login_required
@require_safe
def administration(request: Request) -> HttpResponse:
    """What holds here, and how the installation stands."""
    permissions.require_administrator(request.user)
    now = timezone.now()
    standing = selectors.standing(now)
    steps = selectors.setup_steps(standing)
    context = {
        "standing": standing,
        "steps": steps,
        "shows_setup": "setup" in request.GET
        or (selectors.steps_open(steps) > 0 and not selectors.is_setup_put_away()),
        "rules": selectors.rules_in_force(),
        "extras": selectors.extras_in_force(),
        "wordings": selectors.wordings_in_force().values(),
        "now": now,
        "settings": _settings(),
        "glasses": BreakGlass.objects.select_related("user", "project")[:20],
    }
    return render(request, "projects/administration.html", context)


@login_required
@require_POST
def setup_act(request: Request) -> HttpResponse:
    """A first step of an administrator, or the list of them put away."""
    permissions.require_administrator(request.user)
    act = request.POST.get("act", "")
    if act == "worker":
        services.ask_worker()
        messages.success(request, say("A job is on its way to a worker. Load the page again to see the answer."))
    elif act == SetupMark.Key.MAIL_SENT:
        try:
            services.send_mail_to_check(by=request.user)
        except ProjectProblem as problem:
            messages.error(request, str(problem))
        else:
            messages.success(request, _mail_went(request.user))
    elif act in SetupMark.Key.values:
        services.mark_setup(by=request.user, key=act)
    else:
        messages.error(request, say("There is no first step “{act}”. Nothing was changed.", act=act))
    return redirect("projects:administration")


def _mail_went(user: User) -> str:
    if selectors.is_mail_kept_here():
        return say("The mail was written, and kept on this machine: no mail server is set.")
    return say("The mail server took a mail for {address}.", address=user.email)


@login_required
@require_safe
def all_teams(request: Request) -> HttpResponse:
    """Every team; administrators stand in where an owner is missing."""
    permissions.require_administrator(request.user)
    page = Paginator(selectors.teams_of_all(), 50).get_page(request.GET.get("page"))
    return render(request, "projects/all_teams.html", {"page": page})


def _make_version(
    form: VersionForm, change: Callable[..., ReviewRules | QuestionSet | TemplateWording], in_force: Callable[[], Any]
) -> tuple[int, VersionForm]:
    """The number of the version that was made, or 0 and the form refused.

    It says at once what stands in the way and what another administrator changed since it was read, and stands on the
    version in force.
    """
    problem = ""
    if form.is_valid():
        try:
            return change(**form.values()).number, form
        except ProjectProblem as refusal:
            problem = str(refusal)
    read, version = form.version, in_force()
    if version.number != form.cleaned_data.get("seen"):
        form = form.onto(version)
    if problem:
        form.add_error(None, problem)
    if changes := version.changes_from(read):
        meanwhile = say(
            "Changed meanwhile: {changes} What you changed stands below as you typed it, all else as it is now.",
            changes=joined(" ", changes),
        )
        form.add_error(None, meanwhile)
    return 0, form


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def rules_change(request: Request) -> HttpResponse:
    """The rules of reviewing, for everybody to read; administrators change them for proposals submitted from then on."""
    if request.method == "POST":
        permissions.require_administrator(request.user)
        read = selectors.rules_numbered(number_of(request.POST.get("seen", "")))
        change = partial(services.change_rules, by=request.user)
        number, form = _make_version(RulesForm(request.POST, rules=read), change, selectors.rules_in_force)
        if number:
            messages.success(request, say("Version {number} holds for proposals submitted from now on.", number=number))
            return redirect("projects:rules_change")
    else:
        form = RulesForm(rules=selectors.rules_in_force())
    context = {"rules": form.version, "history": selectors.rules_history(), "form": form}
    return render(request, "projects/rules_change.html", context, status=422 if form.is_bound else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def questions_change(request: Request) -> HttpResponse:
    """The extra questions, for everybody to read; administrators change them for versions begun from then on."""
    if request.method == "POST":
        permissions.require_administrator(request.user)
        read = selectors.extras_numbered(number_of(request.POST.get("seen", "")))
        change = partial(services.change_questions, by=request.user)
        number, form = _make_version(QuestionsForm(request.POST, extras=read), change, selectors.extras_in_force)
        if number:
            said = say("Version {number} holds for versions of proposals begun from now on.", number=number)
            messages.success(request, said)
            return redirect("projects:questions_change")
    else:
        form = QuestionsForm(extras=selectors.extras_in_force())
    context = {"extras": form.version, "history": selectors.extras_history(), "form": form}
    return render(request, "projects/questions_change.html", context, status=422 if form.is_bound else 200)


def _letters_as(form: WordingForm) -> list[tuple[str, str]]:
    """Each letter about an invented proposal, in the words of the form; none where they cannot stand."""
    if form.version.template is not letters.TEMPLATE or (form.is_bound and not form.is_valid()):
        return []
    own = form.typed.own
    return [(label, letters.sample(outcome, own.get(outcome, ""))) for outcome, label in letters.OUTCOMES.items()]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def template_change(request: Request, key: str) -> HttpResponse:
    """The texts of a template, for everybody to read; administrators write them anew, from then on."""
    if key not in TEMPLATES:
        raise Http404("No template under this name.")

    def in_force() -> Wording:
        return selectors.wordings_in_force()[key]

    wants_preview = "preview" in request.POST
    if request.method == "POST":
        permissions.require_administrator(request.user)
        read = selectors.wording_numbered(key, number_of(request.POST.get("seen", "")))
        form = WordingForm(request.POST, wording=read)
        if not wants_preview:
            change = partial(services.change_wording, by=request.user, template=key)
            number, form = _make_version(form, change, in_force)
            if number:
                messages.success(request, say("Version {number} holds from now on.", number=number))
                return redirect("projects:template_change", key)
    else:
        form = WordingForm(wording=in_force())
    context = {
        "wording": form.version,
        "history": selectors.wording_history(key),
        "form": form,
        "templates": TEMPLATES.values(),
        "letters": _letters_as(form),
    }
    is_refused = form.is_bound and not (wants_preview and form.is_valid())
    return render(request, "projects/template_change.html", context, status=422 if is_refused else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def glass_break(request: Request, slug: str) -> HttpResponse:
    """Read past a conflict, with a reason that stays."""
    project = permissions.get_project_or_404(request.user, slug, role=Role.ADMINISTRATOR)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            services.break_glass(project=project, by=request.user, reason=form.cleaned_data["reason"])
        except ProjectProblem as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(request, say("The reviews are open to you for an hour. The handler is told."))
            return redirect("projects:review_overview", project.slug)
    context = {"project": project, "form": form, "hours": GLASS_OPEN.seconds // 3600}
    return render(request, "projects/glass_break.html", context, status=422 if form.is_bound else 200)
