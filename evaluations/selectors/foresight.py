"""A reviewer's own scores beside what became of the ideas; for that person alone."""

from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce

from evaluations.core.foresight import Foresight, foresight
from evaluations.models import ResultDecision, Verdict
from projects.models import APPROVING, Review, Score, ScoreChange, User
from projects.selectors import readable_projects
from projects.selectors.records import conflicted

REACHED = {
    "SIMPLE_IS_ENOUGH": True, "DEEP_WINS": True, "DEEP_REACHES_SIMPLE_UNDECIDED": True, "BOTH_MISS": False,
}  # fmt: skip
PAID = {
    ResultDecision.Paid.PAID.value: True, ResultDecision.Paid.PARTLY.value: True, ResultDecision.Paid.NO.value: False,
}  # fmt: skip


def foresight_of(user: User) -> dict[str, Foresight]:
    """Feasibility beside verdicts, payoff beside what was said half a year later; undecided and never built count nowhere.

    The score is the one given before the discussion, on the version that was approved, of projects that the person may
    still read and has no conflict with.
    """
    first = ScoreChange.objects.filter(score=OuterRef("pk")).order_by("changed_at", "pk").values("value")[:1]
    given = (
        Score.objects.filter(
            criterion__in=("feasibility", "payoff"),
            review__reviewer=user,
            review__state=Review.State.SUBMITTED,
            review__proposal__decision__outcome__in=APPROVING,
            review__proposal__project__in=readable_projects(user).values("pk"),
        )
        .exclude(conflicted(user, "review__proposal__project", "review__proposal__project__team"))
        .annotate(first=Coalesce(Subquery(first), "value"))
        .order_by("review__proposal__number")
        .values_list("criterion", "review__proposal__project", "first")
    )
    scores = {(criterion, project): value for criterion, project, value in given if value is not None}
    projects = {project for _, project in scores}
    verdicts = dict(Verdict.objects.filter(project__in=projects).values_list("project", "code"))
    paid = dict(ResultDecision.objects.filter(project__in=projects).values_list("project", "paid"))
    worked = {
        **{("feasibility", project): REACHED[code] for project, code in verdicts.items() if code in REACHED},
        **{("payoff", project): PAID[said] for project, said in paid.items() if said in PAID},
    }
    return {
        key: foresight([(score, worked[at]) for at, score in scores.items() if at[0] == key and at in worked])
        for key in ("feasibility", "payoff")
    }
