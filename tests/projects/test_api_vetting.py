"""Reviewing, replying and deciding by API: the same services and the same blindness as the pages."""

import json

import pytest

from projects import services
from projects.core.criteria import KEYS
from projects.models import Decision, PendingDecision, Proposal, Review
from tests.factories import make_handler, make_proposal, make_review, make_user


def send(client, method: str, path: str, body: dict | None = None):
    return client.generic(method, f"/api/v1{path}", json.dumps(body or {}), content_type="application/json")


@pytest.fixture
def proposal(db) -> Proposal:
    proposal = make_proposal(submitted=True)
    make_handler(proposal)
    return proposal


def owner_of(proposal: Proposal):
    return proposal.submitted_by


def test_a_reviewer_accepts_skips_writes_and_submits(sign_in, proposal):
    reviewer = make_review(proposal).reviewer
    client, mine = sign_in(reviewer), f"/proposals/{proposal.pk}/reviews/mine"

    accepted, skipped = send(client, "POST", f"{mine}/accept"), send(client, "POST", f"{mine}/skip")
    early = send(client, "POST", f"{mine}/submit")
    scores = {key: {"value": 4, "reason": "So."} for key in KEYS}
    send(client, "PUT", mine, {"scores": scores, "confidence": 2})
    done, again = send(client, "POST", f"{mine}/submit"), send(client, "POST", f"{mine}/accept")

    assert [one.status_code for one in (accepted, skipped, early, done, again)] == [200, 200, 422, 200, 422]
    assert (accepted.json()["state"], done.json()["state"]) == ("accepted", "submitted")
    assert Review.objects.get(reviewer=reviewer).skipped_at is not None


@pytest.mark.parametrize("why", ["declined", "abstained", "conflict"])
def test_a_review_is_given_back(sign_in, proposal, why):
    reviewer = make_review(proposal).reviewer
    client, mine = sign_in(reviewer), f"/proposals/{proposal.pk}/reviews/mine"

    odd = send(client, "POST", f"{mine}/give-back", {"why": "bored"})
    gone = send(client, "POST", f"{mine}/give-back", {"why": why})

    assert (odd.status_code, gone.status_code) == (422, 204)
    assert (Review.objects.get(reviewer=reviewer).state, send(client, "GET", mine).status_code) == (why, 403)


def test_who_declares_a_conflict_sees_no_reviews_from_then_on(sign_in, proposal):
    reviewer = make_review(proposal, scores=(4, 4, 4, 4, 4)).reviewer
    client, reviews = sign_in(reviewer), f"/proposals/{proposal.pk}/reviews"
    before = send(client, "GET", reviews).json()["reviews"]

    declared = send(client, "POST", f"/projects/{proposal.project.slug}/conflicts/mine")

    assert (len(before), declared.status_code) == (1, 204)
    assert send(client, "GET", reviews).json()["reviews"] == []


def test_the_team_replies_once_and_only_those_who_see_the_reviews_read_it(sign_in, proposal):
    done, waiting = make_review(proposal, scores=(3, 3, 3, 3, 3)).reviewer, make_review(proposal).reviewer
    path, text = f"/proposals/{proposal.pk}/reply", {"text": "The new belt is lit."}

    early = send(sign_in(owner_of(proposal)), "POST", path, text)
    services.begin_discussion(proposal=proposal, user=proposal.project.handler)
    owner = sign_in(owner_of(proposal))
    sent, again = send(owner, "POST", path, text), send(owner, "POST", path, text)

    assert [one.status_code for one in (early, sent, again)] == [422, 201, 422]
    read = {who: send(sign_in(who), "GET", path).status_code for who in (done, waiting, make_user())}
    assert list(read.values()) == [200, 404, 404]


def test_a_decision_is_kept_where_nobody_else_sees_it_and_then_sent(sign_in, proposal):
    make_review(proposal, scores=(4, 4, 4, 4, 4))
    handler, path = sign_in(proposal.project.handler), f"/proposals/{proposal.pk}/decision"
    said = {"outcome": "go", "reasons": "Good.", "dissent": "One would wait."}

    nothing = send(handler, "GET", f"{path}/pending")
    kept = send(handler, "PUT", f"{path}/pending", said)
    letter = send(handler, "PUT", f"{path}/pending", said | {"letter": "Dear team, yes."})
    others = [send(sign_in(who), "GET", f"{path}/pending").status_code for who in (owner_of(proposal), make_user())]
    before = send(sign_in(owner_of(proposal)), "GET", path)
    sent = send(sign_in(proposal.project.handler), "POST", f"{path}/pending/send")
    after = send(sign_in(make_user()), "GET", path)

    assert (nothing.status_code, kept.json()["letter"], letter.json()["letter"]) == (404, "", "Dear team, yes.")
    assert (others, before.status_code, sent.status_code) == ([403, 403], 404, 201)
    assert (after.json()["outcome"], after.json()["dissent"]) == ("go", "One would wait.")
    assert (Decision.objects.count(), PendingDecision.objects.count()) == (1, 0)


def test_floors_and_offices_hold_for_decisions_too(sign_in, proposal):
    make_review(proposal, scores=(4, 4, 1, 4, 4))
    path = f"/proposals/{proposal.pk}/decision"

    blocked = send(sign_in(proposal.project.handler), "POST", path, {"outcome": "go", "reasons": "Still."})
    endless = send(sign_in(proposal.project.handler), "POST", path, {"outcome": "hold", "reasons": "Later."})
    stranger = send(sign_in(make_user()), "POST", path, {"outcome": "stop", "reasons": "No."})
    decided = send(sign_in(proposal.project.handler), "POST", path, {"outcome": "revise", "reasons": "An X, a Y."})

    assert [one.status_code for one in (blocked, endless, stranger, decided)] == [422, 422, 403, 201]
    assert "below the floor" in blocked.json()["detail"]
