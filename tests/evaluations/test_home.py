"""My work: what waits in which order, the mail of the day, in how many queries."""

from datetime import UTC, datetime, time, timedelta

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from datasets.models import Opening, TestSet
from evaluations.models import ResultDecision, Verdict
from evaluations.selectors import tasks_of
from evaluations.services.telling import tell_due
from projects import services
from projects.models import Decision, Project, Review, User
from tests.factories import (
    make_approved_project,
    make_handler,
    make_project,
    make_proposal,
    make_review,
    make_sealed_version,
    make_team,
    make_user,
)

pytestmark = pytest.mark.django_db


def make_opening(project: Project, **fields) -> Opening:
    """The opening of sealed rows, without a model: what waits asks for no score."""
    test_set = TestSet.objects.create(
        version=make_sealed_version(project, rows=60).test_sets.first().version,
        lineage=project.datasets.get().lineage, tier=TestSet.Tier.FRESH, number=1, rows=10,
    )  # fmt: skip
    return Opening.objects.create(test_set=test_set, project=project, asked_by=project.created_by, **fields)


def make_verdict(project: Project) -> Verdict:
    return Verdict.objects.create(
        opening=make_opening(project, state=Opening.State.SCORED), project=project, code="UNDECIDED", title="Undecided"
    )


def make_everything(person: User, today) -> None:
    """One of each kind of task, those that come first made last."""
    mine, noon = make_team(person), datetime.combine(today, time(12), UTC)
    make_project(mine, name="draft")
    make_approved_project(mine, name="lock")
    make_sealed_version(make_approved_project(mine, name="data"), rows=60)
    Project.objects.filter(name="data").update(reached=Project.Step.REVIEW)
    asked = make_proposal(mine, name="question", submitted=True)
    services.ask_team(proposal=asked, user=make_handler(asked), text="Which belt?")
    make_handler(make_proposal(name="reviewers", submitted=True), person)
    judged = make_proposal(name="decide", submitted=True)
    make_handler(judged, person)
    for _ in range(3):
        make_review(judged, scores=(4, 4, 4, 4, 4))
    make_proposal(name="handler", submitted=True)
    for name, make in (("agree", make_opening), ("verdict", make_verdict)):
        project = make_approved_project(name=name)
        services.assign_handler(project=project, handler=person, by=make_user(is_administrator=True))
        make(project)
    make_review(make_proposal(name="review", submitted=True), person)
    tried = make_approved_project(mine, name="try")
    Decision.objects.filter(proposal__project=tried).update(
        outcome="try", try_hours=48, decided_at=noon - timedelta(days=1)
    )
    Project.objects.filter(pk=tried.pk).update(reached=Project.Step.SIMPLE)
    paid = make_verdict(make_approved_project(mine, name="paid"))
    ResultDecision.objects.create(
        verdict=paid, project=paid.project, outcome="ship", decided_by=make_user(), check_on=today - timedelta(days=3)
    )


def test_what_is_due_comes_first_then_what_others_wait_for_then_the_rest(sign_in):
    person, today = make_user("Pat", is_administrator=True), timezone.localdate()
    make_everything(person, today)
    Review.objects.filter(reviewer=person).update(due_on=today - timedelta(days=1))

    page = sign_in(person).get(reverse("evaluations:home"))

    tasks = page.context["tasks"]
    assert [str(task.words) for task in tasks] == [
        "Say whether “paid” paid",
        "Review “review”",
        "Say what came of trying “try”",
        "Answer a question on “question”",
        "Name reviewers for “reviewers”",
        "Decide on “decide”",
        "Name a handler for “handler”",
        "Agree to open fresh set 1 of “agree”",
        "Decide from the verdict on “verdict”",
        "Go on with the proposal of “draft”",
        "lock: lock the success criterion",
        "data: bring the data",
    ]
    assert [bool(task.due) for task in tasks] == [True] * 3 + [False] * 9
    assert "what is due first, then what others wait for, the oldest first" in page.content.decode()
    assert "was due" in str(tasks[0].note)
    assert tasks[1].note.startswith("was due")


def test_the_mail_of_the_day_names_every_task_once_and_whom_one_wanted_to_be_reminded_of():
    person, now = make_user("Pat", is_administrator=True), timezone.now().replace(hour=23)
    make_everything(person, timezone.localdate(now))
    stopped = make_proposal(person.teams.get(), name="grave", submitted=True)
    services.make_decision(proposal=stopped, user=make_handler(stopped), outcome="stop", reasons="Too dear.")
    services.write_grave(project=stopped.project, user=person, learned="Wait.", remind_on=timezone.localdate(now))
    User.objects.exclude(pk=person.pk).update(digest_hour=None)

    tell_due(now=now)
    services.remind_of_graves(now=now)
    services.send_digests(now=now, tasks_of=tasks_of)

    [sent] = mail.outbox
    tasks = tasks_of(person, now)
    lines = [line.removeprefix("- ") for line in sent.body.splitlines() if line.startswith("- ")]
    assert lines[: len(tasks)] == [f"{task.words} ({task.minutes} min)" for task in tasks]
    assert "Look at grave again: the day you named has come" in lines
    assert not [line for line in lines if "Half a year" in line]  # it stands among what waits
    assert f"{len(tasks)} things wait for you, about {sum(task.minutes for task in tasks)} minutes." in sent.body
    assert all(str(task.words) in sent.alternatives[0].content.replace("&quot;", '"') for task in tasks)
