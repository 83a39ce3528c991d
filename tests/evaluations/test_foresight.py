"""A reviewer's own scores beside verdicts and outcomes; for that person alone."""

import uuid
from datetime import date

import pytest
from django.urls import reverse
from django.utils import timezone

from datasets.models import Opening
from evaluations import selectors
from evaluations.models import ResultDecision, Verdict
from projects import services
from projects.models import Project
from tests.factories import make_handler, make_proposal, make_review, make_sealed_version, make_user

PAGE = reverse("evaluations:review_foresight")


@pytest.fixture
def judged(db):
    """Makes a project that this reviewer scored, with a verdict and what became of it."""
    test_set = make_sealed_version(rows=300).test_sets.get(tier="final")

    def make(reviewer, score: int, code: str, paid: str = "", *, later: int | None = None) -> Project:
        proposal = make_proposal(submitted=True)
        handler = make_handler(proposal)
        make_review(proposal, reviewer, scores=(4, 4, score, score, 4))
        for _ in range(2):
            make_review(proposal, scores=(4, 4, 4, 4, 4))
        services.begin_discussion(proposal=proposal, user=handler)
        if later is not None:
            services.change_scores(
                proposal=proposal, user=reviewer, scores={"feasibility": (later, "Dark.")}, why="The answer."
            )
        services.make_decision(proposal=proposal, user=handler, outcome="go", reasons="Yes.")
        project = proposal.project
        opening = Opening.objects.create(
            pk=uuid.uuid4(), test_set=test_set, project=project, asked_by=handler, state="withdrawn"
        )
        verdict = Verdict.objects.create(opening=opening, project=project, code=code, title="", rules_version="1")
        if paid:
            ResultDecision.objects.create(
                verdict=verdict, project=project, outcome="ship", reasons="So.", decided_by=handler, paid=paid,
                check_on=date(2027, 1, 1), paid_at=timezone.now(),
            )  # fmt: skip
        return project

    return make


@pytest.mark.django_db
def test_verdicts_and_what_paid_stand_beside_first_scores(sign_in, judged):
    reviewer, other = make_user(), make_user()
    for _ in range(4):
        judged(reviewer, 5, "SIMPLE_IS_ENOUGH", "paid")
    judged(reviewer, 5, "BOTH_MISS", "never", later=1)
    judged(reviewer, 2, "UNDECIDED")
    judged(other, 1, "BOTH_MISS")

    found = selectors.foresight_of(reviewer)
    page = sign_in(reviewer).get(PAGE).content.decode()

    feasible, payoff = found["feasibility"], found["payoff"]
    assert (feasible.n, feasible.bands[0].worked, feasible.bands[0].n) == (5, 4, 5)
    assert (payoff.n, payoff.bands[0].worked) == (4, None)
    assert ("80" in page, "4 so far: decisions" in page) == (True, True)
    assert selectors.foresight_of(other)["feasibility"].n == 1
    assert "so far" in sign_in(make_user()).get(PAGE).content.decode()


@pytest.mark.django_db
def test_a_conflict_that_came_later_takes_the_project_out(judged):
    reviewer = make_user()
    project = judged(reviewer, 5, "DEEP_WINS")
    before = selectors.foresight_of(reviewer)["feasibility"].n

    services.note_conflict(project=project, user=reviewer, by=project.handler, kind="benefits")

    assert (before, selectors.foresight_of(reviewer)["feasibility"].n) == (1, 0)
