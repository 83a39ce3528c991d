"""Reads of the idea wall."""

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from projects.models import Idea, User
from projects.selectors.records import readable_projects


def idea_wall(user: User, text: str = "") -> QuerySet[Idea]:
    """Open ideas, newest first, with how many would use each and whether the reader would; a project only if readable."""
    reach = Idea.objects.filter(is_demo=True) if user.is_demo else Idea.objects.all()
    found = Q(x__icontains=text) | Q(y__icontains=text) | Q(problem__icontains=text)
    mine = Idea.backers.through.objects.filter(idea=OuterRef("pk"), user=user)
    return (
        reach.filter(found, closed_at=None)
        .annotate(
            backing=Count("backers"),
            is_backed=Exists(mine),
            shows_project=Exists(readable_projects(user).filter(pk=OuterRef("project"))),
        )
        .select_related("by", "project")
        .order_by("-at", "-pk")
    )
