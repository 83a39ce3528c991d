"""Reads about projects: which one may read, where each stands, search."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.urls import NoReverseMatch, reverse

from dlstart_web.kit.once import once_a_page
from projects import permissions
from projects.core.success import OPTIONAL, fingerprint
from projects.models import (
    APPROVING,
    Answer,
    Criterion,
    Decision,
    Membership,
    Project,
    Proposal,
    Review,
    User,
)
from projects.permissions import GONE

HIDDEN_STATES = (Proposal.State.DRAFT, Proposal.State.WITHDRAWN)
OPEN_STATES = (Proposal.State.SUBMITTED, Proposal.State.IN_REVIEW)
PENDING = (Review.State.INVITED, Review.State.ACCEPTED, Review.State.DRAFTING)
STEP_PAGES = {
    Project.Step.IDEA: "projects:project_detail",
    Project.Step.REVIEW: "projects:review_overview",
    Project.Step.TEST_SET: "datasets:project_data",
    Project.Step.SIMPLE: "evaluations:ladder",
    Project.Step.DEEP: "evaluations:look",
    Project.Step.VERDICT: "evaluations:verdict",
}


def active_memberships(user: User, team: str = "team") -> QuerySet[Membership]:
    """The person's present membership of an outer row's team."""
    return Membership.objects.filter(team=OuterRef(team), user=user, left_at=None)


def conflicted(user: User, project: str = "pk", team: str = "team") -> Q:
    """The rule of `permissions.has_conflict` for the rows of a list."""
    return permissions.conflict(user.pk, OuterRef(project), OuterRef(team))


@once_a_page
def entrusted_projects(user: User) -> list[UUID]:
    """Those a person handles or was asked to review, without a conflict. A few: found first, lists need no such rule a row."""
    asked = Review.objects.filter(proposal__project=OuterRef("pk"), reviewer=user).exclude(state__in=GONE)
    entrusted = Project.objects.filter(Q(handler=user) | Exists(asked)).exclude(conflicted(user))
    return list(entrusted.order_by().values_list("pk", flat=True))


def readable_projects(user: User) -> QuerySet[Project]:
    """The same rule as `permissions.may_read`, for lists. Adds `is_mine`, and `hides_team` while a blind review is owed."""
    owed = Review.objects.filter(
        proposal__project=OuterRef("pk"), reviewer=user, state__in=PENDING, proposal__state__in=OPEN_STATES
    )
    shown = Proposal.objects.filter(project=OuterRef("pk")).exclude(state__in=HIDDEN_STATES)
    reach = Project.objects.filter(is_demo=True) if user.is_demo else Project.objects.all()
    return (
        reach.annotate(is_mine=Exists(active_memberships(user)), hides_team=Exists(owed))
        .filter(
            Q(is_mine=True) | Q(pk__in=entrusted_projects(user)) | Q(is_private=False, is_sandbox=False) & Exists(shown)
        )
        .select_related("team")
    )


def with_state(projects: QuerySet[Project], user: User) -> QuerySet[Project]:
    """Adds `proposal_state`, `proposal_number` and `outcome` of the version that the reader may know of."""
    versions = Proposal.objects.filter(project=OuterRef("pk"))
    known = versions.filter(
        Q(Exists(active_memberships(user, "project__team"))) | ~Q(state__in=HIDDEN_STATES)
    ).order_by("-number")
    return projects.annotate(
        proposal_state=Subquery(known.values("state")[:1]),
        proposal_number=Subquery(known.values("number")[:1]),
        outcome=Subquery(known.values("decision__outcome")[:1]),
    )


def projects_of(user: User) -> QuerySet[Project]:
    """Projects of the person's teams, newest first."""
    return readable_projects(user).filter(Exists(active_memberships(user)))


@once_a_page
def current_criterion(project: Project) -> Criterion | None:
    """The locked success criterion in force, or None."""
    return project.criteria.exclude(locked_at=None).order_by("number").last()


def fingerprint_of(criterion: Criterion) -> str:
    """The fingerprint that the record has now; another one than it was locked with means that the row was changed."""
    names = ("number", "metric", "level", "smallest_difference", "reason", "results_seen", *OPTIONAL)
    record = {name: getattr(criterion, name) for name in names}
    locked_at = criterion.locked_at.isoformat() if criterion.locked_at else ""
    return fingerprint(
        record | {"project": str(criterion.project_id), "locked_at": locked_at, "locked_by": criterion.locked_by_id}
    )


def is_approved(project: Project) -> bool:
    """Go or try was decided on one of its versions."""
    return Decision.objects.filter(proposal__project=project, outcome__in=APPROVING).exists()


def page_or_blank(name: str, project: Project) -> str:
    """The address of a project's page; "" where no app offers it."""
    try:
        return reverse(name, args=[project.slug])
    except NoReverseMatch:
        return ""


def project_steps(project: Project, here: int | None = None) -> list[dict[str, str]]:
    """The six steps as `components/steps.html` draws them; pages open up to the step that comes next."""
    coming = project.reached + 1
    if project.is_sandbox:
        coming = max(coming, Project.Step.SIMPLE)
    current = here or coming
    steps = []
    for step, page in STEP_PAGES.items():
        state = "now" if step == current else "done" if step <= project.reached else "later"
        steps.append(
            {"name": step.label, "url": page_or_blank(page, project) if step <= coming else "", "state": state}
        )
    return steps


def project_rows(projects: Iterable[Any]) -> list[dict[str, Any]]:
    """Projects of `with_state` as the table draws them."""
    return [
        {
            "project": project,
            "steps": project_steps(project),
            "step": Project.Step(min(project.reached + 1, Project.Step.VERDICT)).label,
            "state": Proposal.State(project.proposal_state).label.lower() if project.proposal_state else "–",
            "outcome": project.outcome,
        }
        for project in projects
    ]


def search_projects(user: User, text: str) -> QuerySet[Project]:
    """Projects whose name, mapping or answers hold the text, in versions the person may read; never reviews."""
    versions = Proposal.objects.filter(project=OuterRef("pk")).filter(Q(x__icontains=text) | Q(y__icontains=text))
    answers = Answer.objects.filter(proposal__project=OuterRef("pk"), text__icontains=text)
    everything = Q(Exists(versions)) | Q(Exists(answers))
    published = Q(Exists(versions.exclude(state__in=HIDDEN_STATES))) | Q(
        Exists(answers.exclude(proposal__state__in=HIDDEN_STATES))
    )
    return readable_projects(user).filter(Q(name__icontains=text) | Q(is_mine=True) & everything | published)
