"""The three gates: what each needs, the decision from the verdict, and whether it paid."""

import json
from copy import deepcopy
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from dlstart_web.kit.text import day_words
from evaluations import selectors, services
from evaluations.models import ResultDecision
from evaluations.services.telling import tell_due
from projects import services as project_services
from projects.core.errors import ProjectProblem
from projects.models import Membership, Notice, Project
from tests.evaluations.test_services import open_final
from tests.factories import (
    make_approved_project,
    make_csv,
    make_done_ladder,
    make_handler,
    make_proposal,
    make_review,
    make_sealed_version,
    make_user,
)

REASONS = {"reasons": "It is good enough, and it is here."}


def states(project, user) -> list[list[bool | None]]:
    return [[need.is_met for need in gate.needs] for gate in selectors.gates_of(project, user)]


@pytest.fixture(scope="module")
def opened(kept):
    version = make_sealed_version(make_approved_project(reviews=3))
    return open_final(make_done_ladder(version, only=("always_same", "linear"))).project


@pytest.fixture
def judged(opened, db):
    """A project with its verdict."""
    return deepcopy(opened)


def owner_of(project):
    return project.team.memberships.filter(role=Membership.Role.OWNER).first().user


def test_an_idea_shows_what_gate_1_needs_and_no_reader_learns_of_reviews(db):
    proposal = make_proposal(submitted=True)
    project, handler = proposal.project, make_handler(proposal)
    owner, reader = owner_of(project), make_user()
    before = {who: states(project, who)[0] for who in (owner, reader)}

    for _ in range(3):
        make_review(proposal, scores=(4, 4, 4, 4, 1))

    assert {who: states(project, who)[0] for who in (reader,)} == {reader: before[reader]}
    assert (before[owner], states(project, owner)[0]) == ([True, True, None, None], [True, True, True, False])
    assert states(project, handler)[0] == [True, True, True, False]


def test_gates_close_one_after_the_other(judged):
    handler = judged.handler

    gates = selectors.gates_of(judged, handler)

    assert [gate.passed for gate in gates] == ["Go", "The ladder may run", ""]
    assert [need.is_met for gate in gates for need in gate.needs] == [True] * 11
    assert gates[2].is_open


def test_the_handler_decides_from_the_verdict_once_and_otherwise_if_there_are_reasons(sign_in, judged):
    client, page = sign_in(judged.handler), reverse("evaluations:result_decide", args=[judged.slug])

    silent = client.post(page, {"outcome": "stop"})
    vague = client.post(page, REASONS | {"outcome": "hold"})
    decided = client.post(page, REASONS | {"outcome": "ship", "dissent": "One of us would wait."})
    again = client.post(page, REASONS | {"outcome": "stop"})
    others = [
        sign_in(who).post(page, REASONS | {"outcome": "stop"}).status_code for who in (owner_of(judged), make_user())
    ]

    decision = ResultDecision.objects.get()
    assert [answer.status_code for answer in (silent, vague, decided, again)] == [422, 422, 302, 422]
    assert (others, decision.outcome, decision.dissent) == ([403, 403], "ship", "One of us would wait.")
    said = ("Ship the simple one", REASONS["reasons"], "One of us would wait.", str(judged.handler))
    client = sign_in(owner_of(judged))
    gates, verdict = (
        client.get(reverse(f"evaluations:{name}", args=[judged.slug])).content.decode() for name in ("gates", "verdict")
    )
    assert [words for words in (*said, "asks whether it paid") if words not in gates] == []
    assert [words for words in (*said, "It stands in the one-page report") if words not in verdict] == []
    answer = client.get(reverse("api_verdict", args=[judged.slug])).json()["decision"]
    assert (answer["outcome"], answer["dissent"], answer["decided_by"]) == (
        "ship", "One of us would wait.", str(judged.handler),
    )  # fmt: skip


def test_the_verdict_says_that_nothing_is_decided_and_asks_its_handler(sign_in, judged):
    owner, handler = (
        sign_in(who).get(reverse("evaluations:verdict", args=[judged.slug])).content.decode()
        for who in (owner_of(judged), judged.handler)
    )

    assert ("Nothing is decided yet" in owner, "Decide, at gate 3" in owner) == (True, False)
    assert "Decide, at gate 3" in handler
    assert sign_in().get(reverse("api_verdict", args=[judged.slug])).json()["decision"] is None


def test_nothing_is_decided_without_a_verdict_or_by_others(db):
    proposal = make_proposal(submitted=True)
    handler = make_handler(proposal)

    with pytest.raises(services.OutOfTurn, match="no verdict"):
        services.decide_result(project=proposal.project, user=handler, outcome="ship", **REASONS)
    with pytest.raises(ProjectProblem, match="Only the handler"):
        services.decide_result(project=proposal.project, user=make_user(), outcome="ship", **REASONS)


def test_whoever_is_asked_to_agree_is_told(judged):
    told = Notice.objects.get(user=judged.handler, kind="asked")

    assert str(told.words) == f"{owner_of(judged)} asks you to agree: open the final tier of {judged} once"
    assert told.page == reverse("evaluations:opening", args=[judged.slug])


def test_gate_1_calls_good_only_what_goes_on_and_is_open_again_for_a_revision(db):
    proposal = make_proposal(submitted=True)
    project, handler = proposal.project, make_handler(proposal)
    project_services.make_decision(proposal=proposal, user=handler, outcome="revise", reasons="Say who labels.")
    stopped = selectors.gates_of(project, handler)[0]
    revision = project.proposals.get(number=2)
    project_services.submit_proposal(proposal=revision, user=owner_of(project))
    again = selectors.gates_of(project, handler)[0]

    assert (str(stopped.passed), stopped.status) == ("Revise", "plain")
    assert again.passed == ""


def test_the_decision_from_the_verdict_stands_in_every_form_of_the_report(sign_in, judged):
    services.decide_result(project=judged, user=judged.handler, outcome="ship", **REASONS)
    client = sign_in(owner_of(judged))

    page, text, data = (
        client.get(reverse(f"evaluations:{name}", args=[judged.slug])).content.decode()
        for name in ("report", "report_text", "report_data")
    )

    said = json.loads(data)["result_decision"]
    assert f">Ship the simple one, {day_words(timezone.now(), with_year=True)}, by {judged.handler}</dd>" in page
    assert "## Decision from the verdict\n\n- **Decided:** Ship the simple one, " in text
    assert {key: said[key] for key in ("outcome", "dissent", "decided_by", *REASONS)} == REASONS | {
        "outcome": "ship", "dissent": "", "decided_by": str(judged.handler),
    }  # fmt: skip


def waiting(*people, now=None) -> list[list[str]]:
    """What waits for each of them."""
    asked = [selectors.tasks_of(person, now or timezone.now()) for person in people]
    return [[str(task.words) for task in tasks] for tasks in asked]


def test_a_verdict_waits_for_its_handler_until_it_is_decided(sign_in, judged):
    owner, handler = owner_of(judged), judged.handler
    before = waiting(owner, make_user(is_administrator=True), handler)
    told = [tell_due(now=timezone.now()) for _ in range(2)]
    notice = Notice.objects.get(key__startswith="verdict:")
    page = sign_in(handler).get(reverse("evaluations:home"))

    sign_in(handler).post(notice.page, REASONS | {"outcome": "ship"})

    assert before == [[], ["Set dlstart up"], ["Decide from the verdict on “Mug finder”"]]
    assert (told, notice.user, str(notice.words)) == (
        [1, 0],
        handler,
        "Mug finder has a verdict: decide what comes of it",
    )
    assert [(task.act, task.minutes, task.url) for task in page.context["tasks"]] == [("Decide", 15, notice.page)]
    assert waiting(owner, handler) == [[], []]


def test_a_verdict_does_not_wait_for_a_handler_with_a_conflict(judged):
    project_services.note_conflict(project=judged, user=judged.handler, by=owner_of(judged), kind="benefits")

    assert (waiting(judged.handler), tell_due(now=timezone.now())) == ([[]], 0)


def test_an_opening_waits_for_who_may_agree(db):
    version = make_sealed_version(make_approved_project(), file=make_csv(seed=1))
    ladder = make_done_ladder(version, only=("always_same", "linear"))
    project, owner = Project.objects.get(pk=ladder.project_id), owner_of(ladder.project)
    project_services.join_team(team=project.team, user=(member := make_user()))
    opening = services.ask_opening(project=project, user=owner, simple=ladder.runs.get(recipe="linear"), deep=None)
    asked = waiting(owner, member, make_user(), project.handler)
    Project.objects.update(is_sandbox=True)
    in_a_sandbox = waiting(owner, member)
    Project.objects.update(is_sandbox=False)

    services.agree_opening(opening=opening, user=project.handler)

    words = "Agree to open the final tier of “Mug finder”"
    assert asked == [[], [], [], [words]]
    assert in_a_sandbox == [[words], [words]]
    assert waiting(project.handler) == [[]]


def test_whether_it_paid_waits_for_owners_and_handler_from_its_day_on(judged):
    begun = timezone.now()
    project_services.join_team(team=judged.team, user=(member := make_user()))
    decision = services.decide_result(project=judged, user=judged.handler, outcome="ship", now=begun, **REASONS)
    owner, due = owner_of(judged), begun + timedelta(days=182)
    early = waiting(owner, judged.handler, now=due - timedelta(days=1)), tell_due(now=due - timedelta(days=1))
    asked = waiting(owner, judged.handler, member, now=due)
    told = [tell_due(now=due) for _ in range(2)]

    services.note_outcome(decision=decision, user=owner, paid="no", now=due)

    words = ["Say whether “Mug finder” paid"]
    assert early == ([[], []], 0)
    assert (asked, told) == ([words, words, []], [2, 0])
    assert set(Notice.objects.filter(key__startswith="paid:").values_list("user", flat=True)) == {
        owner.pk,
        judged.handler_id,
    }
    assert waiting(owner, judged.handler, now=due) == [[], []]


def test_half_a_year_later_it_is_asked_whether_it_paid(sign_in, judged):
    long_ago = timezone.now() - timedelta(days=183)
    decision = services.decide_result(project=judged, user=judged.handler, outcome="ship", now=long_ago, **REASONS)
    page, owner = reverse("evaluations:result_paid", args=[judged.slug]), owner_of(judged)
    with pytest.raises(ProjectProblem, match="too early"):
        services.note_outcome(decision=decision, user=owner, paid="paid", now=long_ago + timedelta(days=181))

    asked = (
        "Say whether it paid" in sign_in(owner).get(reverse("evaluations:gates", args=[judged.slug])).content.decode()
    )
    told = sign_in(owner).post(page, {"paid": "partly", "words": "Two belts of three."})
    foreign = sign_in(make_user()).post(page, {"paid": "no"})

    decision.refresh_from_db()
    assert (asked, told.status_code, foreign.status_code) == (True, 302, 403)
    assert (decision.paid, decision.paid_words, decision.paid_by) == ("partly", "Two belts of three.", owner)
