"""All reviewed proposals side by side, as far as a person may see their reviews."""

from dataclasses import dataclass
from statistics import fmean

from django.db.models import Exists, OuterRef, Q, QuerySet

from projects import permissions
from projects.core import payoff
from projects.core.payoff import Payoff
from projects.core.scoring import Profile, profile
from projects.models import Decision, Membership, Plan, Proposal, Review, User
from projects.selectors.records import (
    OPEN_STATES,
    PENDING,
    active_memberships,
    conflicted,
    entrusted_projects,
    readable_projects,
)
from projects.selectors.reviews import rules_of


def readable_reviews(user: User) -> QuerySet[Review]:
    """The rule of `visible_reviews` for all proposals at once."""
    same = Review.objects.filter(proposal=OuterRef("proposal"), reviewer=user)
    owes = Exists(same.filter(state__in=PENDING)) & Q(proposal__state__in=OPEN_STATES)
    owns = Exists(active_memberships(user, "proposal__project__team").filter(role=Membership.Role.OWNER)) & Q(
        proposal__reviews_opened_at__isnull=False
    )
    open_to_all = readable_projects(user).filter(Q(is_mine=True) | ~conflicted(user))
    decided = Q(proposal__state=Proposal.State.DECIDED, proposal__project__in=open_to_all.values("pk"))
    involved = Q(proposal__project__handler=user) | Exists(same.filter(state=Review.State.SUBMITTED))
    free = Q(proposal__project__in=entrusted_projects(user))
    reach = Q(proposal__project__is_demo=True) if user.is_demo else Q()
    named = permissions.outside_conflict(user.pk, OuterRef("proposal__project"))
    usual = (decided | owns | (free & involved)) & ~named & ~owes
    return Review.objects.filter(
        reach,
        usual | permissions.broken_glass(user, OuterRef("proposal__project")),
        state=Review.State.SUBMITTED,
    )


@dataclass(frozen=True)
class Judged:
    """The newest reviewed version of a project, with what its reviews say and what it asks for."""

    proposal: Proposal
    profile: Profile
    overalls: dict[str, float]  # of each reviewer, by an opaque key
    scores: list[tuple[int, ...]]  # by criterion, one a reviewer, for the agreement of all
    decision: Decision | None
    payoff: Payoff
    team: str  # "" while a blind review hides it from the person
    departments: tuple[str, ...]  # of the team's people; none while the team is hidden


def judged_proposals(user: User) -> list[Judged]:
    """One for each project of which the person may see reviews; sandboxes have none."""
    reviews = readable_reviews(user).filter(proposal__project__is_sandbox=False)
    found: dict[object, tuple[Proposal, list[Review]]] = {}
    for review in (
        reviews.select_related("proposal__project__team", "proposal__decision", "proposal__review_rules")
        .prefetch_related("scores")
        .order_by("-proposal__number", "submitted_at", "pk")
    ):
        proposal, those = found.setdefault(review.proposal.project_id, (review.proposal, []))
        if review.proposal_id == proposal.pk:
            those.append(review)
    plans = dict(
        Plan.objects.filter(
            proposal__in=[proposal.pk for proposal, _ in found.values()], kind=Plan.Kind.PAYOFF
        ).values_list("proposal", "values")
    )
    owed = Review.objects.filter(reviewer=user, state__in=PENDING, proposal__state__in=OPEN_STATES)
    blind = set(owed.values_list("proposal__project", flat=True))
    departments: dict[object, set[str]] = {}
    for team, department in Membership.objects.filter(
        team__in={proposal.project.team_id for proposal, _ in found.values()}, left_at=None
    ).values_list("team", "user__department"):
        if department:
            departments.setdefault(team, set()).add(department)
    judged = []
    for proposal, those in found.values():
        project = proposal.project
        is_blind = project.pk in blind
        where = () if is_blind else tuple(sorted(departments.get(project.team_id, ())))
        judged.append(
            _judged(proposal, those, plans.get(proposal.pk, {}), "" if is_blind else project.team.name, where)
        )
    return judged


def _judged(
    proposal: Proposal, reviews: list[Review], plan: dict[str, str], team: str, departments: tuple[str, ...]
) -> Judged:
    given = [{score.criterion: score.value for score in review.scores.all()} for review in reviews]
    overalls = {
        str(review.reviewer_id): fmean(values)
        for review, scores in zip(reviews, given, strict=True)
        if (values := [value for value in scores.values() if value is not None])
    }
    whole = profile(given, rules_of(proposal).criteria)
    return Judged(
        proposal,
        whole,
        overalls,
        [summary.scores for summary in whole.criteria],
        getattr(proposal, "decision", None),
        payoff.of_words(plan),
        team,
        departments,
    )
