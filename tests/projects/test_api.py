"""The API's contract: tokens, problems, If-Match, no totals. Blindness is tested with the pages (test_reviews)."""

import json
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from knox.models import AuthToken

from projects import services
from projects.core.criteria import KEYS
from projects.models import Proposal
from tests.factories import PASSWORD, make_handler, make_project, make_proposal, make_review, make_team, make_user

API = "/api/v1"


def send(client: Client, method: str, path: str, body: dict | None = None, **headers: str):
    return client.generic(method, API + path, json.dumps(body or {}), content_type="application/json", headers=headers)


@pytest.fixture
def owner(db):
    return make_user("Olga", password=PASSWORD)


@pytest.fixture
def proposal(owner) -> Proposal:
    return make_project(make_team(owner, name="North"), user=owner).proposals.get()


def test_a_token_by_password_does_what_the_person_may(client, owner):
    made = send(client, "POST", "/tokens", {"email": owner.email, "password": PASSWORD, "days": 30})
    token = made.json()["token"]

    me = send(client, "GET", "/me", Authorization=f"Token {token}")
    listed = send(client, "GET", "/tokens", Authorization=f"Token {token}")
    closed = send(client, "DELETE", f"/tokens/{made.json()['id']}", Authorization=f"Token {token}")

    assert (made.status_code, me.json()["email"], closed.status_code) == (201, owner.email, 204)
    assert "token" not in listed.json()[0]
    assert send(client, "GET", "/me", Authorization=f"Token {token}").status_code == 401


def test_an_expired_token_opens_nothing(client, owner):
    token = send(client, "POST", "/tokens", {"email": owner.email, "password": PASSWORD, "days": 30}).json()["token"]
    AuthToken.objects.update(expiry=timezone.now() - timedelta(seconds=1))

    assert send(client, "GET", "/me", Authorization=f"Token {token}").status_code == 401


def test_a_wrong_password_an_unknown_address_and_a_closed_account_answer_alike(client, owner):
    make_user("Gone", password=PASSWORD, is_active=False)
    bodies = [
        send(client, "POST", "/tokens", {"email": email, "password": password}).json()
        for email, password in (
            (owner.email, "wrong"),
            ("nobody@example.org", PASSWORD),
            ("gone@example.org", PASSWORD),
        )
    ]

    assert {body["type"] for body in bodies} == {"credentials-wrong"}
    assert send(client, "POST", "/tokens", {}).json()["type"] == "credentials-missing"


def test_a_token_makes_no_further_token(client, owner):
    _, token = services.create_token(user=owner)

    assert send(client, "POST", "/tokens", {}, Authorization=f"Token {token}").status_code == 401


def test_a_signed_in_browser_makes_a_token(sign_in, owner):
    assert send(sign_in(owner), "POST", "/tokens", {"days": 1}).status_code == 201
    assert send(sign_in(owner), "POST", "/tokens", {"days": 0}).status_code == 422


def test_everything_needs_a_person(client, proposal):
    paths = [
        "/me",
        "/tokens",
        "/projects",
        "/proposals",
        f"/proposals/{proposal.pk}",
        f"/proposals/{proposal.pk}/reviews",
    ]

    answers = [client.get(API + path) for path in paths]

    assert {answer.status_code for answer in answers} <= {401, 403}
    assert {answer["Content-Type"] for answer in answers} == {"application/problem+json"}


def test_an_idea_makes_project_and_draft(sign_in, owner, proposal):
    client = sign_in(owner)

    made = send(client, "POST", "/proposals", {"name": "Invoice router", "team": "north", "idea": "Invoices wait."})
    wrong = send(client, "POST", "/proposals", {"name": "Invoice router", "team": "south"})

    assert (made.status_code, made.json()["project"], made.json()["answers"]["G1"]["text"]) == (
        201,
        "invoice-router",
        "Invoices wait.",
    )
    assert made["ETag"]
    assert (wrong.status_code, wrong.json()["type"]) == (422, "unknown-team")


def test_a_change_needs_the_tag_that_was_read(sign_in, owner, proposal):
    client, path = sign_in(owner), f"/proposals/{proposal.pk}"
    tag = client.get(API + path)["ETag"]
    body = {"answers": {"G1": {"text": "Mugs"}}, "mapping": {"x": "photo"}, "pairs": [{"x": "a", "y": "yes"}]}

    missing = send(client, "PATCH", path, body)
    changed = send(client, "PATCH", path, body, **{"If-Match": tag})
    stale = send(client, "PATCH", path, {"answers": {"G1": {"text": "Other"}}}, **{"If-Match": tag})
    again = send(client, "PATCH", path, {"mapping": {"y": "a mug?"}}, **{"If-Match": changed["ETag"]})

    assert [answer.status_code for answer in (missing, changed, stale, again)] == [428, 200, 412, 200]
    assert again.json()["answers"]["G1"]["text"] == "Mugs"
    assert (again.json()["mapping"]["x"], again.json()["mapping"]["y"], len(again.json()["pairs"])) == (
        "photo",
        "a mug?",
        1,
    )


def test_a_refused_change_changes_nothing(sign_in, owner, proposal):
    client, path = sign_in(owner), f"/proposals/{proposal.pk}"
    tag = client.get(API + path)["ETag"]

    answers = [
        send(client, "PATCH", path, {"answers": answers}, **{"If-Match": tag})
        for answers in (
            {"G1": {"text": "x"}, "Z9": {"text": "x"}},
            {"F1": {"text": "x"}},
            {"F2": {"choice": "perhaps"}},
        )
    ]

    assert [answer.status_code for answer in answers] == [422, 422, 422]
    assert client.get(API + path)["ETag"] == tag


def test_submitting_names_what_is_empty_and_then_freezes(sign_in, owner, proposal):
    client, path = sign_in(owner), f"/proposals/{proposal.pk}"
    empty = send(client, "POST", f"{path}/submit")
    make_proposal(project=proposal.project)
    done = send(client, "POST", f"{path}/submit")
    frozen = send(client, "PATCH", path, {"mapping": {"x": "y"}}, **{"If-Match": done["ETag"]})

    assert (empty.status_code, empty.json()["detail"][:17]) == (422, "Still empty: G1, ")
    assert (done.status_code, done.json()["state"], frozen.status_code) == (200, "submitted", 409)


def test_lists_have_no_totals_and_refuse_unknown_parameters(sign_in, owner, proposal):
    client = sign_in(owner)

    listed = client.get(API + "/proposals?state=draft&project=mug-finder").json()

    assert set(listed) == {"next", "previous", "results"}
    assert [row["id"] for row in listed["results"]] == [proposal.pk]
    for path in ("/proposals?stat=draft", "/projects?team=north", "/proposals?state=perfect"):
        assert client.get(API + path).status_code == 400


def test_strangers_find_nothing_and_readers_change_nothing(sign_in, proposal):
    client, path = sign_in(make_user()), f"/proposals/{proposal.pk}"
    hidden = [send(client, method, path + more).status_code for method, more in WRITES]
    make_proposal(project=proposal.project, submitted=True)
    shown = [send(client, method, path + more).status_code for method, more in WRITES]

    assert set(hidden) == {404}
    assert set(shown) == {403}
    assert client.get(API + path).status_code == 200


WRITES = [("PATCH", ""), ("POST", "/submit"), ("PUT", "/reviews/mine"), ("POST", "/questions")]


def test_a_review_is_kept_and_then_counted(sign_in, proposal):
    proposal = make_proposal(project=proposal.project, submitted=True)
    make_handler(proposal)
    review = make_review(proposal)
    client, path = sign_in(review.reviewer), f"/proposals/{proposal.pk}/reviews"
    scores = {key: {"value": 4, "reason": ""} for key in KEYS}

    draft = send(client, "PUT", f"{path}/mine", {"scores": {"dataset": {"value": 1}}})
    early = send(client, "PUT", f"{path}/mine", {"scores": {"dataset": {"value": 1}}, "submit": True})
    wrong = send(client, "PUT", f"{path}/mine", {"scores": {"beauty": {"value": 1}}})
    before = client.get(API + path).json()
    counted = send(client, "PUT", f"{path}/mine", {"scores": scores, "confidence": 3, "submit": True})
    after = client.get(API + path).json()

    assert [answer.status_code for answer in (draft, early, wrong, counted)] == [200, 422, 422, 200]
    assert [len(criterion["anchors"]) for criterion in before.pop("rubric")["criteria"]] == [5] * 5
    assert before == {"reviews": [], "criteria": [], "changes": [], "is_provisional": None}
    assert (len(after["reviews"]), after["is_provisional"], counted.json()["state"]) == (1, True, "submitted")


def test_a_question_is_asked_without_a_name(sign_in, proposal, owner):
    proposal = make_proposal(project=proposal.project, submitted=True)
    reviewer = make_review(proposal).reviewer

    asked = send(sign_in(reviewer), "POST", f"/proposals/{proposal.pk}/questions", {"text": "Who?", "answer": "me"})
    seen = sign_in(owner).get(f"{API}/proposals/{proposal.pk}/questions").content.decode()

    assert (asked.status_code, asked.json()["is_mine"], asked.json()["answer"]) == (201, True, "")
    assert reviewer.name not in seen


@pytest.mark.parametrize("count", [1, 3])
def test_lists_ask_the_same_number_of_queries(sign_in, owner, proposal, django_assert_num_queries, count):
    for _ in range(count):
        make_proposal(proposal.project.team, submitted=True)
    client = sign_in(owner)

    with django_assert_num_queries(4):
        client.get(API + "/projects")
    with django_assert_num_queries(5):
        client.get(API + "/proposals")


def test_the_schema_has_no_warnings(tmp_path, db):
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "schema.yml"))
