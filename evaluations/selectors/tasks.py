"""What waits for a person, over all apps."""

from collections.abc import Iterator
from datetime import date, datetime

from django.db.models import Exists, Q
from django.urls import reverse
from django.utils import timezone

from datasets.models import Opening, TestSet
from dlstart_web.kit.say import joined, say
from evaluations.models import ResultDecision, Verdict
from projects import selectors as project_selectors
from projects.models import Membership, User
from projects.selectors import Task


def tasks_of(user: User, now: datetime) -> list[Task]:
    """All that waits for a person, in the order in which it is shown, in a fixed number of queries."""
    return project_selectors.in_order(
        [
            *project_selectors.tasks_of(user, now),
            *_verdicts(user),
            *_openings(user),
            *_outcomes(user, timezone.localdate(now)),
        ]
    )


def _handled(user: User) -> Q:
    """The rule of `projects.permissions.is_handler` for the rows of a list."""
    return Q(project__handler=user, project__in=project_selectors.entrusted_projects(user))


def _verdicts(user: User) -> Iterator[Task]:
    undecided = Verdict.objects.filter(_handled(user), decision=None, project__archived_at=None)
    for verdict in undecided.select_related("project"):
        yield Task(
            say("Decide from the verdict on “{project}”", project=verdict.project),
            verdict.title,
            reverse("evaluations:result_decide", args=[verdict.project.slug]),
            say("Decide"),
            15,
            verdict.made_at,
        )


def _openings(user: User) -> Iterator[Task]:
    """The rule of `permissions.may_agree` for the rows of a list."""
    mine = Q(Exists(project_selectors.active_memberships(user, "project__team")))
    may_agree = Q(project__is_sandbox=False) & _handled(user) | Q(project__is_sandbox=True) & mine
    asked = Opening.objects.filter(may_agree, state=Opening.State.ASKED, project__archived_at=None)
    for opening in asked.select_related("project", "test_set", "asked_by"):
        project, test_set = opening.project, opening.test_set
        words = say("Agree to open the final tier of “{project}”", project=project)
        page = reverse("evaluations:opening", args=[project.slug])
        if test_set.tier == TestSet.Tier.FRESH:
            words = say("Agree to open fresh set {number} of “{project}”", number=test_set.number, project=project)
            page = reverse("evaluations:fresh_set", args=[project.slug, test_set.pk])
        yield Task(
            words,
            say("{user} asks; it opens once", user=opening.asked_by),
            page,
            say("Agree"),
            5,
            opening.asked_at,
            others_wait=opening.asked_by_id != user.pk,
        )


def _outcomes(user: User, today: date) -> Iterator[Task]:
    """The rule of `services.note_outcome` for the rows of a list."""
    owned = project_selectors.active_memberships(user, "project__team").filter(role=Membership.Role.OWNER)
    untold = ResultDecision.objects.filter(Q(Exists(owned)) | _handled(user), paid="", check_on__lte=today)
    for decision in untold.select_related("project"):
        due = project_selectors.due_words(decision.check_on, today)
        yield Task(
            say("Say whether “{project}” paid", project=decision.project),
            joined(" · ", [decision.get_outcome_display(), due]),
            reverse("evaluations:result_paid", args=[decision.project.slug]),
            say("Say whether it paid"),
            5,
            decision.decided_at,
            decision.check_on,
        )
