"""Reads of the start page, of good graves, and of what is being tried."""

from datetime import datetime, timedelta

from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Subquery, When

from projects import permissions
from projects.core import start
from projects.models import ClassLink, Decision, Grave, Project, Proposal, User
from projects.selectors.records import active_memberships, readable_projects

NEARLY = timedelta(days=3)
ENDED = (Decision.Outcome.STOP, Decision.Outcome.HOLD)


def class_links() -> list[start.Link]:
    """What an administrator listed, or what comes with dlstart."""
    kept = [start.Link(link.title, link.address, link.note) for link in ClassLink.objects.all()]
    return kept or list(start.LINKS)


def demo_project(user: User) -> Project | None:
    """The project of the demo that one may walk through."""
    return readable_projects(user).filter(is_demo=True, is_sandbox=False).order_by("-reached", "created_at").first()


def stopped_projects(user: User) -> QuerySet[Project]:
    """Projects that one may read and that were stopped or put on hold, with their grave if they have one.

    `reasons` are empty for whom no review is shown, as in `shown_decision`.
    """
    last = Decision.objects.filter(proposal__project=OuterRef("pk")).order_by("-proposal__number")
    shut_out = permissions.shut_out(user.pk, OuterRef("pk"), OuterRef("team"))
    return (
        readable_projects(user)
        .annotate(
            ended=Subquery(last.values("outcome")[:1]),
            reasons=Case(When(~shut_out, then=Subquery(last.values("reasons")[:1]))),
        )
        .annotate(ended_at=Subquery(last.values("decided_at")[:1]))
        .filter(Q(ended__in=ENDED) | Q(Exists(Grave.objects.filter(project=OuterRef("pk")))))
        .select_related("grave")
        .order_by("-ended_at", "-created_at")
    )


def may_be_buried(project: Project) -> bool:
    """Stopped, on hold, withdrawn or archived: then there is something to remember and nothing to decide."""
    last = project.proposals.order_by("number").last()
    if project.archived_at is not None or last is None:
        return project.archived_at is not None
    if last.state == Proposal.State.WITHDRAWN:
        return True
    return Decision.objects.filter(proposal=last, outcome__in=ENDED).exists()


def tries_ending(user: User, now: datetime) -> list[Decision]:
    """Decisions to try it, of the person's teams, whose hours are used up or nearly so, and that nothing came after."""
    later = Proposal.objects.filter(project=OuterRef("proposal__project"), number__gt=OuterRef("proposal__number"))
    mine = Exists(active_memberships(user, "proposal__project__team"))
    tried = (
        Decision.objects.filter(mine, outcome=Decision.Outcome.TRY)
        .filter(
            ~Exists(later), proposal__project__reached__lt=Project.Step.VERDICT, proposal__project__archived_at=None
        )
        .select_related("proposal__project")
    )
    return [one for one in tried if one.try_until and one.try_until <= now + NEARLY]
