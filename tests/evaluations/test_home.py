"""My work: what waits in which order, the mail of the day, in how many queries."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.core.signing import get_cookie_signer
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from datasets import services as dataset_services
from datasets import vault
from datasets.models import Dataset, DataUse, Lineage, Opening, TestSet
from datasets.selectors import look_status, looks_now
from dlstart_web.kit.text import day_words, moment_words
from evaluations.models import Ladder, ResultDecision, Verdict
from evaluations.selectors import tasks_of
from evaluations.selectors.surprises import guesses_beaten
from evaluations.services.telling import tell_due
from projects import services
from projects.models import Decision, Project, Review, User
from tests.factories import (
    make_approved_project,
    make_entry,
    make_handler,
    make_project,
    make_proposal,
    make_review,
    make_team,
    make_user,
)

pytestmark = pytest.mark.django_db


def make_test_set(project: Project, *, number: int = 0) -> TestSet:
    """Sealed rows in the database alone: the pooled final tier, or with a number a fresh set."""
    Project.objects.filter(pk=project.pk).update(reached=Project.Step.TEST_SET)
    version = make_entry(project).versions.get()
    tier = TestSet.Tier.FRESH if number else TestSet.Tier.FINAL
    return TestSet.objects.create(
        version=version, lineage=version.dataset.lineage, tier=tier, number=number, is_pooled=not number, rows=200
    )


def make_opening(project: Project, **fields) -> Opening:
    """The opening of a fresh set, without a model: what waits asks for no score."""
    test_set = make_test_set(project, number=1)
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
    make_approved_project(mine, name="data").criteria.create(metric="accuracy", level=0.9, locked_at=timezone.now())
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
        "Set dlstart up",
        "Go on with the proposal of “draft”",
        "lock: lock the success criterion",
        "data: bring the data",
    ]
    assert [bool(task.due) for task in tasks] == [True] * 3 + [False] * 10
    assert "what is due first, then what others wait for, the oldest first" in page.content.decode()
    assert "was due" in str(tasks[0].note)
    due = day_words(today - timedelta(days=1))
    assert tasks[1].note == f"was due {due} · others stay hidden until yours is in"


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


def spend(test_set: TestSet, project: Project, now: datetime) -> None:
    vault.spend_look(
        test_set=test_set, project=project, team=project.team, user=project.created_by, model_name="m",
        predictions_digest=project.name, idempotency_key=project.name, now=now,
    )  # fmt: skip


def test_my_projects_say_whether_there_is_a_look_as_their_own_page_does(sign_in):
    owner, boss, now = make_user("Olga", time_zone="Europe/Berlin"), make_user(is_administrator=True), timezone.now()
    names = ("fresh", "spent", "granted", "closed", "opened", "used up", "unsealed", "uses")
    made = {name: make_approved_project(make_team(owner), name=name) for name in names}
    sets = {name: make_test_set(made[name]) for name in names[:6]}
    for name in ("spent", "granted"):
        spend(sets[name], made[name], now - timedelta(days=6))
    dataset_services.grant_look(project=made["granted"], user=boss, reason="The server was down.")
    Lineage.objects.filter(pk=sets["closed"].lineage_id).update(looks_open=False)
    Opening.objects.create(test_set=sets["opened"], project=made["opened"], asked_by=owner, state=Opening.State.AGREED)
    TestSet.objects.filter(pk=sets["used up"].pk).update(looks=10**8)
    others = make_test_set(make_project(name="of others")).version.dataset
    DataUse.objects.create(dataset=others, project=made["uses"], begun_by=owner)
    Project.objects.filter(name="uses").update(reached=Project.Step.TEST_SET)

    rows = sign_in(owner).get(reverse("evaluations:home")).context["rows"]

    shown = {row["project"].name: str(row["look"]) for row in rows if "look" in row}
    opens = moment_words(now + timedelta(days=1), ZoneInfo("Europe/Berlin"))
    assert shown == {
        "fresh": "look: available",
        "spent": f"next look: {opens}",
        "granted": "look: available",
        "closed": "looks: closed",
        "opened": "looks: over",
        "used up": "looks: used up",
        "uses": "look: available",
    }
    refused = looks_now(Project.objects.all(), owner, now)
    for name in shown:
        status = look_status(made[name], owner, now)
        refusal = refused[made[name].pk]
        assert (status.refusal, status.reason) == ((str(refusal), refusal.reason) if refusal else (None, None)), name


def was_here(client: Client, person: User, here_at: datetime) -> None:
    """The browser as it was left then."""
    signer = get_cookie_signer(salt=f"visit{person.pk}")
    client.cookies["visit"] = signer.sign(f"{here_at.isoformat()} ")


def test_fifty_projects_ask_as_many_queries_as_two(sign_in, django_assert_num_queries):
    team = make_team(owner := make_user())
    client, page = sign_in(owner), reverse("evaluations:home")
    was_here(client, owner, timezone.now() - timedelta(days=2))

    for count in (2, 50):
        while Project.objects.count() < count:
            make_test_set(make_project(team, name=f"Idea {Project.objects.count()}"))
        with django_assert_num_queries(24):
            assert len(client.get(page).context["rows"]) == count


def test_since_i_left_names_what_others_decided_and_brought_and_how_my_guesses_came_out(sign_in, ladder):
    person, page, left = ladder.asked_by, reverse("evaluations:home"), timezone.now() - timedelta(days=2)
    client = sign_in(person)
    first = client.get(page)
    was_here(client, person, left)
    for name, fields in (("Shifts", {}), ("Secret", {"is_private": True})):
        proposal = make_proposal(name=name, submitted=True, **fields)
        services.make_decision(proposal=proposal, user=make_handler(proposal), outcome="stop", reasons="Too dear.")
    make_entry(proposal.project, name="secret rows", is_listed=False)
    make_entry(make_proposal(submitted=True).project, name="dish-belt-2026")
    Decision.objects.exclude(proposal__project__name__in=("Shifts", "Secret")).update(decided_at=left)
    Dataset.objects.filter(project=ladder.project).update(created_at=left)
    Ladder.objects.filter(pk=ladder.pk).update(guess=1.0)

    shown, again = client.get(page), client.get(page)

    assert (first.context["left_at"], first.context["since"]) == (None, [])
    assert [str(words) for words, _ in shown.context["since"]] == [
        "1 decision (Shifts: stop)",
        "1 new data set (dish-belt-2026)",
        "your guess beat 1 of 1 result",
    ]
    assert again.context["left_at"] == shown.context["left_at"] == left
    assert again.context["since"] == shown.context["since"]
    assert sign_in(make_user()).get(page).context["left_at"] is None  # another person at the same browser


@pytest.mark.parametrize(("guess", "beaten"), [(1.0, 1), (0.01, 0), (None, None)])
def test_a_guess_beats_a_result_only_from_outside_its_range(ladder, guess, beaten):
    Ladder.objects.filter(pk=ladder.pk).update(guess=guess)
    long_ago = timezone.now() - timedelta(days=2)

    found = guesses_beaten(ladder.asked_by, long_ago)

    assert found == ((0, 0) if beaten is None else (beaten, 1))
    Project.objects.update(is_private=True)
    ladder.project.team.memberships.update(left_at=timezone.now())
    assert guesses_beaten(ladder.asked_by, long_ago) == (0, 0)  # may not read it any more
    assert guesses_beaten(make_user(), long_ago) == guesses_beaten(ladder.asked_by, timezone.now()) == (0, 0)
