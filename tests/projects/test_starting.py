"""The start page, its list of classes, good graves with their reminders, and two weeks of trying."""

import ast
from datetime import UTC, date, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from datasets.models import Dataset
from datasets.services.awaited import tell_awaited
from projects import selectors, services
from projects.core import start
from projects.core.errors import ProjectProblem
from projects.models import Decision, Notice
from tests.factories import (
    make_approved_project,
    make_handler,
    make_proposal,
    make_review,
    make_team,
    make_user,
    make_version,
)

pytestmark = pytest.mark.django_db
NOON = datetime(2027, 5, 22, 12, tzinfo=UTC)


@pytest.fixture
def stopped():
    proposal = make_proposal(make_team(make_user("Olga")), submitted=True, name="Mug finder")
    services.withdraw_proposal(proposal=proposal)
    return proposal.project


def owner_of(project):
    return project.team.memberships.get(role="owner").user


def test_first_programs_can_be_read_by_python():
    assert [bool(ast.parse(program)) for program in start.KITS.values()] == [True, True]


def test_the_talks_frameworks_are_all_listed_with_a_status():
    listed = {one.name for one in start.FRAMEWORKS if one.in_talk}

    assert listed == {"TensorFlow", "Torch", "Caffe", "CNTK", "MXNet", "Keras", "Theano"}
    assert {one.status for one in start.FRAMEWORKS} == {"living", "retired"}


def test_an_administrator_edits_the_classes_and_an_empty_list_brings_ours_back(sign_in):
    client = sign_in(make_user(is_administrator=True))
    page, shown = reverse("projects:class_links"), reverse("projects:start_page")

    refused = client.post(page, {"lines": "Our class\nEvil | javascript:alert(1)"})
    client.post(page, {"lines": "Our class | https://learn.example.org/ | on Mondays"})
    ours = client.get(shown).context["links"]
    client.post(page, {"lines": ""})

    assert "Line 1: write" in str(refused.context["form"].errors["lines"])
    assert ours == [start.Link("Our class", "https://learn.example.org/", "on Mondays")]
    assert client.get(shown).context["links"] == list(start.LINKS)


def test_a_grave_is_for_what_is_stopped(sign_in, stopped):
    running = make_approved_project(stopped.team, name="Weigher")
    client = sign_in(owner_of(stopped))
    words = {"learned": "The washer was replaced.", "remind_on": "2027-05-22"}

    answers = [client.post(reverse("projects:project_grave", args=[one.slug]), words) for one in (running, stopped)]

    assert [answer.status_code for answer in answers] == [422, 302]
    assert [project.name for project in client.get(reverse("projects:grave_list")).context["page"]] == ["Mug finder"]
    with pytest.raises(ProjectProblem, match="under way"):
        services.write_grave(project=running, user=owner_of(running), learned="x")


def test_a_grave_keeps_the_reasons_from_whom_a_conflict_closes_the_reviews(sign_in):
    proposal, named = make_proposal(submitted=True), make_user()
    owner, handler = proposal.submitted_by, make_handler(proposal)
    services.note_conflict(project=proposal.project, user=named, by=owner, kind="benefits")
    services.make_decision(proposal=proposal, user=handler, outcome="stop", reasons="Too early.")

    readers = owner, make_user(), named
    shown = [sign_in(who).get(reverse("projects:grave_list")).context["page"][0].reasons for who in readers]

    assert shown == ["Too early.", "Too early.", None]


def test_the_team_is_reminded_once_on_the_day(stopped):
    services.write_grave(project=stopped, user=owner_of(stopped), learned="x", remind_on=date(2027, 5, 22))

    told = [services.remind_of_graves(now=NOON + timedelta(days=days)) for days in (-1, 0, 1)]

    assert told == [0, 1, 0]
    assert Notice.objects.get().words == "Look at Mug finder again: the day you named has come"


def test_the_team_is_told_once_of_data_that_it_waits_for(stopped):
    services.write_grave(project=stopped, user=owner_of(stopped), learned="x", watch="belt, mug")
    other = make_approved_project(stopped.team, name="Another")
    make_version(other)
    Dataset.objects.update(name="Belt photos")

    told = [tell_awaited(now=timezone.now()) for _ in range(2)]

    assert told == [1, 0]
    assert "“Belt photos” is in the catalogue" in Notice.objects.get(words__contains="catalogue").words


def test_two_weeks_of_trying_end_with_a_question(sign_in):
    proposal = make_proposal(make_team(make_user("Olga")), submitted=True)
    make_handler(proposal)
    for _ in range(3):
        make_review(proposal, scores=(4, 4, 4, 4, 4))
    Decision.objects.create(proposal=proposal, outcome="try", reasons="Small.", decided_by=proposal.project.handler)
    now, owner = timezone.now(), owner_of(proposal.project)

    ending = [bool(selectors.tries_ending(owner, now + timedelta(days=days))) for days in (1, 12, 20)]

    assert ending == [False, True, True]


def test_a_try_has_a_budget_of_hours_that_is_shown_and_warned_of(sign_in):
    proposal = make_proposal(make_team(make_user("Olga")), submitted=True)
    handler, owner = make_handler(proposal), owner_of(proposal.project)
    for _ in range(3):
        make_review(proposal, scores=(4, 4, 4, 4, 4))
    address = reverse("projects:decision_make", args=[proposal.project.slug, proposal.number])
    said = {"outcome": "try", "reasons": "Small."}

    too_many = sign_in(handler).post(address, said | {"try_hours": "99999"})
    sign_in(handler).post(address, said | {"try_hours": "40"})

    decision, now = Decision.objects.get(), timezone.now()
    assert (too_many.status_code, decision.try_hours) == (422, 40)
    assert decision.try_until == decision.decided_at + timedelta(hours=40)
    assert selectors.tries_ending(owner, now) == [decision]
    page = reverse("projects:project_detail", args=[proposal.project.slug])
    assert "Try it: 40 hours" in sign_in(owner).get(page).content.decode()
    Decision.objects.update(decided_at=now - timedelta(hours=41))
    assert "Its 40 hours were used up" in sign_in(owner).get(page).content.decode()
    assert "its 40 hours were used up" in sign_in(owner).get(reverse("evaluations:home")).content.decode()


def test_a_try_without_a_number_has_two_weeks_and_other_outcomes_have_none():
    proposal = make_proposal(make_team(make_user("Olga")), submitted=True)
    handler = make_handler(proposal)
    make_review(proposal, scores=(4, 4, 4, 4, 4))
    kept = services.save_pending_decision(proposal=proposal, user=handler, outcome="try", reasons="Small.")

    other = services.save_pending_decision(proposal=proposal, user=handler, outcome="go", reasons="Good.", try_hours=40)

    assert (kept.try_hours, other.try_hours) == (336, None)
