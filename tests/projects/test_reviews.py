"""Blind review: who may do what, and that nothing leaks before one's own review is in."""

import re

import pytest
from django.urls import reverse

from projects import selectors, services
from projects.core.criteria import KEYS
from projects.core.errors import ProjectProblem, StaleSave
from projects.models import Project, Review
from tests.factories import make_handler, make_proposal, make_review, make_team, make_user

SECRET = "zebra-striped"


def url(name: str, proposal, *more) -> str:
    return reverse(f"projects:{name}", args=[proposal.project.slug, proposal.number, *more])


def form_of(*scores: int, reason: str = "because", revision: int = 0) -> dict[str, str]:
    """The review form filled in."""
    data = {key: str(score) for key, score in zip(KEYS, scores, strict=True)}
    data |= {f"{key}_reason": reason for key in KEYS}
    return data | {"confidence": "2", "revision": str(revision)}


@pytest.fixture
def proposal(db):
    return make_proposal(make_team(make_user("Olga"), name="Northern lights"), submitted=True)


@pytest.fixture
def handler(proposal):
    return make_handler(proposal, make_user("Hanna"))


@pytest.mark.django_db
def test_the_handler_has_no_conflict_and_does_not_score(proposal):
    boss = make_user(is_administrator=True)
    member = proposal.submitted_by
    former = make_user()
    services.join_team(team=proposal.project.team, user=former)
    services.leave_team(membership=proposal.project.team.memberships.get(user=former))
    reviewer = make_review(proposal).reviewer

    for person in (member, former, reviewer):
        with pytest.raises(ProjectProblem):
            services.assign_handler(project=proposal.project, handler=person, by=boss)
    with pytest.raises(ProjectProblem):
        services.assign_handler(project=proposal.project, handler=make_user(), by=member)

    offered = set(selectors.handler_candidates(proposal.project, boss))
    assert offered & {member, former, reviewer} == set()


def test_nobody_reviews_their_own_teams_proposal(proposal, handler):
    former = make_user()
    services.join_team(team=proposal.project.team, user=former)
    services.leave_team(membership=proposal.project.team.memberships.get(user=former))
    asked = make_review(proposal).reviewer

    for person in (proposal.submitted_by, former, handler, asked, make_user(is_active=False)):
        with pytest.raises(ProjectProblem):
            services.assign_reviewer(proposal=proposal, reviewer=person, by=handler)

    assert list(proposal.reviews.values_list("reviewer", flat=True)) == [asked.pk]


def test_only_the_handler_asks_reviewers_and_decides(proposal, handler):
    with pytest.raises(ProjectProblem):
        services.assign_reviewer(proposal=proposal, reviewer=make_user(), by=make_user(is_administrator=True))
    with pytest.raises(ProjectProblem):
        services.make_decision(proposal=proposal, user=proposal.submitted_by, outcome="go", reasons="We like it.")


def test_the_handlers_page_names_reviewers(sign_in, proposal, handler):
    client, one, member = sign_in(handler), make_user("Rita"), proposal.submitted_by

    asked = client.post(url("reviewer_assign", proposal), {"reviewer-person": one.pk})
    refused = client.post(url("reviewer_assign", proposal), {"reviewer-person": member.pk})

    proposal.refresh_from_db()
    assert (asked.status_code, refused.status_code, proposal.state) == (302, 422, "in_review")
    assert "Rita" in client.get(url("review_board", proposal)).content.decode()


def walk(client, proposal) -> dict[str, str]:
    """All pages and API answers about a proposal that a reader can reach."""
    project = proposal.project
    pages = {
        "home": reverse("evaluations:home"),
        "list": reverse("projects:project_list"),
        "search": reverse("projects:search") + f"?q={SECRET}",
        "detail": reverse("projects:project_detail", args=[project.slug]),
        "preview": url("proposal_preview", proposal),
        "board": url("review_board", proposal),
        "edit": url("review_edit", proposal),
        "reviews": reverse("projects:review_list"),
        "api projects": "/api/v1/projects",
        "api project": f"/api/v1/projects/{project.slug}",
        "api proposals": "/api/v1/proposals",
        "api proposal": f"/api/v1/proposals/{proposal.pk}",
        "api reviews": f"/api/v1/proposals/{proposal.pk}/reviews",
        "api mine": f"/api/v1/proposals/{proposal.pk}/reviews/mine",
        "api questions": f"/api/v1/proposals/{proposal.pk}/questions",
    }
    return {name: scrubbed(client.get(address)) for name, address in pages.items()}


def scrubbed(response) -> str:
    """What was answered, without what differs by the clock or at random, and without the words searched for."""
    text = response.content.decode()
    text = re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"|X-CSRFToken": "[^"]+"|\d\d:\d\d(:\d\d(\.\d+)?)?', "", text)
    return (
        f"{response.status_code} {text}".replace(f"“{SECRET}”", "")
        .replace(f'value="{SECRET}"', "")
        .replace(f"q={SECRET}", "")
    )


@pytest.mark.parametrize("who", ["reviewer", "member", "reader", "administrator"])
def test_pages_api_search_and_counts_are_the_same_whether_there_are_reviews_or_none(sign_in, proposal, handler, who):
    review = make_review(proposal, make_user("Rolf"))
    services.join_team(team=proposal.project.team, user=(member := make_user("Mona")))
    make_team(reader := make_user("Rea"))
    people = {
        "reviewer": review.reviewer,
        "member": member,
        "reader": reader,
        "administrator": make_user("Ada", is_administrator=True),
    }
    client = sign_in(people[who])
    before = walk(client, proposal)

    for _ in range(3):
        make_review(proposal, scores=(1, 2, 1, 2, 1), text=SECRET)
    after = walk(client, proposal)

    assert {name for name in before if before[name] != after[name]} == set()
    assert [name for name, body in after.items() if SECRET in body] == []


def test_my_review_opens_the_others_at_once(sign_in, proposal, handler):
    mine = make_review(proposal)
    make_review(proposal, scores=(3, 3, 3, 3, 3), text=SECRET)
    client = sign_in(mine.reviewer)
    hidden = client.get(url("review_board", proposal)).content.decode()

    sent = client.post(url("review_submit", proposal), form_of(4, 4, 4, 4, 4))
    shown = client.get(url("review_board", proposal))

    assert (SECRET in hidden, sent.status_code, sent["Location"]) == (False, 302, url("review_board", proposal))
    assert SECRET in shown.content.decode()
    assert [voice.name for voice in shown.context["board"].voices] == ["", "you"]


def test_a_button_pressed_twice_submits_once_and_says_so(sign_in, proposal):
    mine = make_review(proposal)
    client = sign_in(mine.reviewer)

    said = []
    for _ in range(2):
        sent = client.post(url("review_submit", proposal), form_of(4, 4, 4, 4, 4), follow=True)
        said.append([str(message) for message in sent.context["messages"]])

    assert said == [["Your review is in. You see the others' now."]] * 2


def test_a_pending_review_hides_all_even_from_who_holds_an_office(proposal, handler):
    mine = make_review(proposal, make_user(is_administrator=True, is_steward=True))
    make_review(proposal, scores=(3, 3, 3, 3, 3))

    assert list(selectors.visible_reviews(mine.reviewer, proposal)) == []
    assert selectors.board_of(mine.reviewer, proposal) is None


def test_the_handler_sees_reviews_as_they_come_with_names(sign_in, proposal, handler):
    make_review(proposal, make_user("Rita"), scores=(3, 3, 3, 3, 3), text=SECRET)

    page = sign_in(handler).get(url("review_board", proposal)).content.decode()

    assert (SECRET in page, "A is Rita" in page) == (True, True)


def test_the_team_sees_reviews_without_names_and_in_its_turn(proposal, handler):
    services.join_team(team=proposal.project.team, user=(member := make_user()))
    owner, reader = proposal.submitted_by, make_user()
    seen = lambda: [selectors.visible_reviews(person, proposal).count() for person in (owner, member, reader)]  # noqa: E731
    steps = [seen()]
    for _ in range(3):
        make_review(proposal, scores=(4, 4, 4, 4, 4))
        steps.append(seen())
    services.make_decision(proposal=proposal, user=handler, outcome="go", reasons="Good.")
    proposal.refresh_from_db()
    steps.append(seen())

    assert steps == [[0, 0, 0], [0, 0, 0], [0, 0, 0], [3, 0, 0], [3, 3, 3]]
    assert [voice.name for voice in selectors.board_of(owner, proposal).voices] == ["", "", ""]


def test_reviews_open_together_when_the_last_pending_one_is_given_back(proposal, handler):
    late = make_review(proposal)
    for _ in range(3):
        make_review(proposal, scores=(4, 4, 4, 4, 4))
    assert proposal.reviews_opened_at is None

    services.give_back_review(review=late, why="declined")

    proposal.refresh_from_db()
    assert proposal.reviews_opened_at is not None
    with pytest.raises(ProjectProblem):
        services.assign_reviewer(proposal=proposal, reviewer=make_user(), by=handler)


def test_a_declared_conflict_hides_the_reviews_for_ever(sign_in, proposal, handler):
    review = make_review(proposal)
    make_review(proposal, scores=(4, 4, 4, 4, 4), text=SECRET)
    client = sign_in(review.reviewer)

    client.post(url("review_decline", proposal), {"why": "conflict"})
    services.make_decision(proposal=proposal, user=handler, outcome="stop", reasons="Too early.")

    assert Review.objects.get(pk=review.pk).state == "conflict"
    assert SECRET not in client.get(url("review_board", proposal)).content.decode()
    assert client.get(url("review_edit", proposal)).status_code == 403


def test_a_reviewer_who_joins_the_team_is_in_conflict(sign_in, proposal, handler):
    review = make_review(proposal)
    services.join_team(team=proposal.project.team, user=review.reviewer)

    with pytest.raises(ProjectProblem):
        services.save_review(review=review, revision=0, scores={})
    assert sign_in(review.reviewer).get(url("review_edit", proposal)).status_code == 403


def test_a_draft_is_kept_as_it_is_and_by_script(sign_in, proposal, handler):
    review = make_review(proposal)
    client, page = sign_in(review.reviewer), url("review_edit", proposal)

    first = client.post(page, {"dataset": "3", "worry": "light", "revision": "0"}, headers={"HX-Request": "true"})
    second = client.post(page, {"dataset": "0", "worry": "light", "revision": "1"})

    review.refresh_from_db()
    assert (first.status_code, second.status_code, review.state, review.revision) == (200, 302, "drafting", 2)
    assert "1 of 5 scored. Saved" in first.content.decode()
    assert list(review.scores.filter(criterion="dataset").values_list("value", "cannot_judge")) == [(None, True)]


def test_two_windows_of_a_reviewer_lose_nothing(sign_in, proposal, handler):
    review = make_review(proposal)
    services.save_review(review=review, revision=0, scores={"dataset": (2, "from the other window")})
    client = sign_in(review.reviewer)

    late = client.post(url("review_edit", proposal), form_of(4, 4, 4, 4, 4, reason="from this window"))

    page = late.content.decode()
    assert (late.status_code, "from the other window" in page, "from this window" in page) == (409, True, True)
    with pytest.raises(StaleSave):
        services.save_review(review=review, revision=0, scores={"dataset": (3, "late")})


def test_the_autosave_of_a_click_does_not_stop_the_submission(sign_in, proposal, handler):
    review = make_review(proposal)
    client, data = sign_in(review.reviewer), form_of(4, 4, 4, 4, 4)

    client.post(url("review_edit", proposal), data, headers={"HX-Request": "true"})
    sent = client.post(url("review_submit", proposal), data)

    review.refresh_from_db()
    assert (sent.status_code, review.state) == (302, "submitted")


@pytest.mark.parametrize(
    ("data", "missing"),
    [
        ({}, {"confidence", *KEYS}),
        (form_of(3, 4, 3, 4, 3, reason=""), set()),
        (form_of(1, 2, 3, 4, 5, reason=""), {"dataset_reason", "reuse_reason", "fault_tolerance_reason"}),
        (form_of(0, 0, 0, 0, 0, reason=""), set()),
        (form_of(3, 3, 3, 3, 3) | {"confidence": ""}, {"confidence"}),
    ],
)
def test_a_reason_is_required_for_1_2_and_5(sign_in, proposal, handler, data, missing):
    review = make_review(proposal)

    response = sign_in(review.reviewer).post(url("review_submit", proposal), data)

    review.refresh_from_db()
    if missing:
        assert (response.status_code, set(response.context["form"].errors)) == (422, missing)
        assert review.state == "drafting"
    else:
        assert (response.status_code, review.state) == (302, "submitted")


def test_a_submitted_review_stays(sign_in, proposal, handler):
    review = make_review(proposal, scores=(4, 4, 4, 4, 4))

    response = sign_in(review.reviewer).post(url("review_edit", proposal), form_of(1, 1, 1, 1, 1, revision=1))

    assert response.status_code == 302
    assert list(review.scores.values_list("value", flat=True)) == [4] * 5


def test_questions_are_open_to_both_sides_and_closed_to_readers(sign_in, proposal, handler):
    reviewer, other = make_review(proposal).reviewer, make_review(proposal).reviewer
    sign_in(reviewer).post(url("question_ask", proposal), {"text": "Who corrects a wrong one?"})
    question = proposal.questions.get()
    answered = sign_in(proposal.submitted_by).post(
        url("question_answer", proposal, question.pk), {"text": "The belt staff."}
    )
    again = sign_in(proposal.submitted_by).post(url("question_answer", proposal, question.pk), {"text": "Nobody."})

    pages = {
        name: sign_in(person).get(url("proposal_preview", proposal)).content.decode()
        for name, person in {
            "team": proposal.submitted_by,
            "handler": handler,
            "other": other,
            "reader": make_user(),
        }.items()
    }

    question.refresh_from_db()
    assert (answered.status_code, again.status_code, question.answer) == (302, 422, "The belt staff.")
    assert {name: "The belt staff." in page for name, page in pages.items()} == {
        "team": True,
        "handler": True,
        "other": True,
        "reader": False,
    }
    assert [name for name, page in pages.items() if reviewer.name in page] == []


@pytest.mark.parametrize(("outcome", "reached"), [("go", 2), ("try", 2), ("revise", 1), ("hold", 1), ("stop", 1)])
def test_a_decision_ends_the_version(sign_in, proposal, handler, outcome, reached):
    for _ in range(3):
        make_review(proposal, scores=(4, 4, 4, 4, 4))
    data = {"outcome": outcome, "reasons": "As discussed.", "hold_until": "May" if outcome == "hold" else ""}

    response = sign_in(handler).post(url("decision_make", proposal), data)
    twice = sign_in(handler).post(url("decision_make", proposal), data)

    project = Project.objects.get(pk=proposal.project_id)
    assert (response.status_code, twice.status_code, project.reached) == (302, 422, reached)
    assert list(project.proposals.values_list("number", "state")) == [(1, "decided")] + (
        [(2, "draft")] if outcome == "revise" else []
    )
    assert selectors.is_approved(project) is (outcome in ("go", "try"))


def test_a_missed_floor_blocks_approval_and_nothing_else(sign_in, proposal, handler):
    for _ in range(3):
        make_review(proposal, scores=(5, 5, 5, 5, 1))
    client = sign_in(handler)

    refused = client.post(url("decision_make", proposal), {"outcome": "go", "reasons": "Payoff!"})
    accepted = client.post(
        url("decision_make", proposal), {"outcome": "hold", "reasons": "Guard rails first.", "hold_until": "May"}
    )

    assert (refused.status_code, accepted.status_code) == (422, 302)
    assert "Fault tolerance is below the floor of 2" in refused.content.decode()


def test_approval_needs_a_review_and_fewer_than_three_are_provisional(sign_in, proposal, handler):
    with pytest.raises(ProjectProblem):
        services.make_decision(proposal=proposal, user=handler, outcome="go", reasons="Trust me.")
    make_review(proposal, scores=(4, 4, 4, 4, 4))

    assert "provisional" in sign_in(handler).get(url("review_board", proposal)).content.decode()


def test_the_team_is_not_named_to_who_owes_a_blind_review(sign_in, proposal, handler):
    review = make_review(proposal)
    client = sign_in(review.reviewer)
    pages = [
        reverse("evaluations:home"),
        reverse("projects:project_list"),
        reverse("projects:project_detail", args=[proposal.project.slug]),
        url("proposal_preview", proposal),
        url("review_edit", proposal),
        "/api/v1/projects",
        f"/api/v1/proposals/{proposal.pk}",
    ]

    assert [page for page in pages if "orthern" in client.get(page).content.decode()] == []


@pytest.mark.parametrize("count", [1, 2])
def test_the_board_asks_the_same_number_of_queries(sign_in, django_assert_num_queries, proposal, handler, count):
    for _ in range(count):
        make_review(proposal, scores=(4, 4, 4, 4, 4))
    reviewer = proposal.reviews.first().reviewer
    client = sign_in(reviewer)

    with django_assert_num_queries(18):
        client.get(url("review_board", proposal))
    with django_assert_num_queries(5):
        client.get(reverse("projects:review_list"))


def test_how_strict_one_scores_is_shown_to_that_person_alone(sign_in, proposal, handler):
    generous = make_review(proposal, scores=(4, 4, 4, 4, 4)).reviewer
    for score in (2, 3):
        make_review(proposal, scores=(score,) * 5)
    other = make_proposal(submitted=True)
    make_review(other, generous, scores=(4, 4, 4, 4, 4))

    found = selectors.habit_of(generous)

    page = sign_in(generous).get(reverse("projects:review_list")).content.decode()
    assert (found.n, found.offset, found.distance) == (1, 0.5, 1.5)
    assert "You give 0.5 more than the others" in page
    assert selectors.habit_of(handler).n == 0


@pytest.mark.parametrize("count", [1, 3])
def test_my_work_asks_the_same_number_of_queries(sign_in, django_assert_num_queries, handler, proposal, count):
    reviewer = make_user()
    for _ in range(count):
        other = make_proposal(submitted=True)
        make_handler(other, handler)
        make_review(other, reviewer)

    for person in (reviewer, handler):
        client = sign_in(person)
        with django_assert_num_queries(14):
            client.get(reverse("evaluations:home"))
