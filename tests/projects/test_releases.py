"""A reviewer is waited for no longer: who may be released and how, what follows, and that no typed text is lost."""

import json
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from projects import selectors, services
from projects.core.criteria import KEYS
from projects.core.errors import ProjectProblem
from projects.models import Notice, Project, Proposal, Review, User
from tests.factories import make_handler, make_proposal, make_review, make_team, make_user
from tests.projects.test_reviews import form_of, url
from tests.projects.test_side_channels import NOISE

WORRY = "The labels come from one belt only."
GOOD = (4, 4, 4, 4, 4)


@pytest.fixture
def proposal(db):
    return make_proposal(make_team(make_user("Olga"), name="Northern lights"), submitted=True)


@pytest.fixture
def handler(proposal):
    return make_handler(proposal, make_user("Hanna"))


@pytest.fixture
def review(proposal, handler):
    """Rita's draft, with time left."""
    review = services.accept_review(review=make_review(proposal, make_user("Rita")))
    return services.save_review(review=review, revision=0, scores={KEYS[0]: (2, "Few labels.")}, worry=WORRY)


def late(review: Review) -> Review:
    """It was due yesterday."""
    Review.objects.filter(pk=review.pk).update(due_on=timezone.localdate() - timedelta(days=1))
    return Review.objects.get(pk=review.pk)


def page_of(review: Review) -> str:
    return url("reviewer_release", review.proposal, review.pk)


def state_of(review: Review) -> str:
    return Review.objects.get(pk=review.pk).state


def opened(proposal: Proposal) -> bool:
    return Proposal.objects.get(pk=proposal.pk).reviews_opened_at is not None


@pytest.mark.parametrize("kind", ["late", "unanswered"])
def test_who_is_late_or_has_not_answered_is_released_without_a_reason(sign_in, handler, proposal, review, kind):
    review = late(review) if kind == "late" else make_review(proposal, make_user("Ulla"))
    client = sign_in(handler)
    page = client.get(page_of(review)).content.decode()

    released = client.post(page_of(review), {})

    said = "and is not in" if kind == "late" else "has not answered yet"
    assert (said in page, released.status_code, state_of(review)) == (True, 302, "released")
    assert released["Location"] == url("review_board", proposal) + "#reviewers"
    board = client.get(released["Location"])
    assert board.context["suggestions"]  # whom to ask next stands right there
    assert page_of(review) not in board.content.decode()


def test_who_said_yes_and_has_time_left_is_released_with_a_reason_that_they_read(sign_in, handler, review):
    client = sign_in(handler)

    silent = client.post(page_of(review), {"reason": " "})
    kept = state_of(review)
    said = client.post(page_of(review), {"reason": "The project was stopped."})

    assert (silent.status_code, kept, said.status_code, state_of(review)) == (422, "drafting", 302, "released")
    assert (
        "The project was stopped." in sign_in(review.reviewer).get(url("review_edit", review.proposal)).content.decode()
    )


def test_only_the_handler_releases_and_only_what_is_not_in(sign_in, handler, proposal, review):
    done, given_back = make_review(proposal, scores=GOOD), make_review(proposal)
    services.give_back_review(review=given_back, why="declined")

    for person in (proposal.submitted_by, done.reviewer, make_user(is_administrator=True)):
        with pytest.raises(ProjectProblem, match="Only the handler"):
            services.release_review(review=late(review), by=person)
    for other in (done, given_back):
        with pytest.raises(ProjectProblem, match="nothing was changed"):
            services.release_review(review=other, by=handler)
        assert sign_in(handler).get(page_of(other)).status_code == 302
    foreign = make_review(make_proposal(submitted=True))
    assert sign_in(handler).get(url("reviewer_release", proposal, foreign.pk)).status_code == 404


@pytest.mark.parametrize(("submitted", "opens"), [(0, False), (2, False), (3, True)])
def test_the_discussion_opens_when_nobody_is_waited_for_and_enough_are_in(
    handler, proposal, review, submitted, opens, django_capture_on_commit_callbacks
):
    for _ in range(submitted):
        make_review(proposal, scores=GOOD)
    mail.outbox.clear()

    with django_capture_on_commit_callbacks(execute=True):
        services.release_review(review=late(review), by=handler)

    assert opened(proposal) is opens
    subjects = ["You need not review Mug finder any more", *(["All reviews of Mug finder are in"] if opens else [])]
    assert [message.subject.removeprefix("dlstart: ") for message in mail.outbox] == subjects


def test_counts_no_longer_wait_for_who_is_released(handler, proposal, review):
    for _ in range(2):
        make_review(proposal, scores=GOOD)

    services.release_review(review=late(review), by=handler)

    [task] = selectors.tasks_of(handler, timezone.now())
    assert (task.act, task.note) == ("Name reviewers", "2 of 3 reviewers asked")
    assert (selectors.tasks_of(review.reviewer, timezone.now()), selectors.progress_of(review.reviewer)) == ([], (0, 0))
    assert services.send_reminders(now=timezone.now() + timedelta(days=1)) == 0


def test_somebody_else_is_asked_in_the_same_act_and_the_discussion_waits_for_them(sign_in, handler, proposal, review):
    for _ in range(3):
        make_review(proposal, scores=GOOD)
    other, named = make_user("Otto"), make_user()
    services.note_conflict(project=proposal.project, user=named, by=handler, kind="benefits")
    client = sign_in(handler)
    assert "the discussion opens at once, unless you ask somebody else here" in (
        client.get(page_of(late(review))).content.decode()
    )

    refused = client.post(page_of(review), {"person": named.pk})
    with pytest.raises(ProjectProblem, match="has a conflict"):
        services.release_review(review=review, by=handler, instead=named)
    kept = state_of(review)
    asked = client.post(page_of(review), {"person": other.pk})

    assert (refused.status_code, kept, asked.status_code) == (422, "drafting", 302)
    assert (state_of(review), proposal.reviews.get(reviewer=other).state) == ("released", "invited")
    assert not opened(proposal)


def test_after_the_reviews_are_open_who_is_late_is_released_and_nobody_new_is_asked(sign_in, handler, proposal, review):
    make_review(proposal, scores=GOOD)
    services.begin_discussion(proposal=proposal, user=handler)
    client = sign_in(handler)

    page = client.get(page_of(late(review)))
    client.post(page_of(review), {})

    assert ("person" in page.context["form"].fields, state_of(review)) == (False, "released")
    assert selectors.visible_reviews(review.reviewer, proposal).count() == 0


@pytest.mark.parametrize("is_private", [False, True])
def test_the_released_reviewer_is_told_kindly_and_keeps_the_draft(
    sign_in, handler, proposal, review, is_private, django_capture_on_commit_callbacks
):
    Project.objects.filter(pk=proposal.project_id).update(is_private=is_private)
    with django_capture_on_commit_callbacks(execute=True):
        services.release_review(review=review, by=handler, reason="We have enough.")
    told, client = mail.outbox[-1], sign_in(review.reviewer)

    [notice] = selectors.notices_of(review.reviewer).filter(kind="released")
    page = client.get(notice.page)
    text = client.get(notice.page + "?download")
    listed = client.get(reverse("projects:review_list")).content.decode()

    assert told.to == [review.reviewer.email]
    assert all(words in told.body for words in ("nothing is held against you", "The handler says: We have enough."))
    assert WORRY not in told.body
    assert all(words in page.content.decode() for words in ("nothing is held against you", WORRY, "Few labels."))
    assert f"One worry\n{WORRY}\n" in text.content.decode()
    assert (text["Content-Disposition"], notice.page in listed) == (
        'attachment; filename="review-mug-finder.txt"',
        True,
    )
    for person in (handler, proposal.submitted_by, make_user()):
        answer = sign_in(person).get(notice.page)
        assert (answer.status_code in (403, 404), WORRY in answer.content.decode()) == (True, False)
    assert selectors.visible_reviews(handler, proposal).count() == 0


@pytest.mark.parametrize("name", ["review_edit", "review_submit", "review_skip", "autosave"])
def test_what_arrives_after_the_release_is_kept_and_counts_for_nothing(sign_in, handler, proposal, review, name):
    Project.objects.filter(pk=proposal.project_id).update(is_private=True)
    services.release_review(review=late(review), by=handler)
    typed = form_of(*GOOD, revision=review.revision) | {"worry": "Typed as the release came."}
    headers = {"HX-Request": "true"} if name == "autosave" else {}

    page = url("review_edit" if name == "autosave" else name, proposal)
    sent = sign_in(review.reviewer).post(page, typed, headers=headers, follow=True)

    current = Review.objects.get(pk=review.pk)
    assert (current.state, current.worry, current.scores.count()) == ("released", "Typed as the release came.", 5)
    assert "so it does not count. What you wrote is kept." in sent.content.decode()


@pytest.mark.parametrize("name", ["review_accept", "review_decline"])
def test_who_answers_after_the_release_reads_of_it_and_changes_nothing(sign_in, handler, proposal, review, name):
    Project.objects.filter(pk=proposal.project_id).update(is_private=True)
    services.release_review(review=late(review), by=handler)

    answer = sign_in(review.reviewer).post(url(name, proposal), {"why": "conflict"})

    current = Review.objects.get(pk=review.pk)
    assert (answer.status_code, current.state, current.worry) == (200, "released", WORRY)
    assert "You need not review Mug finder any more" in answer.content.decode()


def test_two_windows_of_who_was_released_lose_nothing(sign_in, handler, proposal, review):
    services.release_review(review=late(review), by=handler)
    client = sign_in(review.reviewer)

    stale = client.post(url("review_edit", proposal), form_of(*GOOD) | {"worry": "From the other window."})
    long = client.post(url("review_edit", proposal), form_of(*GOOD, revision=1) | {"worry": "x" * 20_001})

    assert (stale.status_code, long.status_code, Review.objects.get(pk=review.pk).worry) == (409, 422, WORRY)
    assert all(words in stale.content.decode() for words in (WORRY, "From the other window."))
    assert "x" * 20_001 in long.content.decode()


def test_who_is_asked_again_goes_on_from_the_draft(sign_in, handler, proposal, review):
    services.release_review(review=late(review), by=handler)
    offered = [one.person for one in selectors.reviewer_suggestions(proposal, handler, count=50)]
    client = sign_in(handler)

    asked = client.post(url("reviewer_assign", proposal), {"reviewer-person": review.reviewer_id})
    page = sign_in(review.reviewer).get(url("review_edit", proposal))

    assert (review.reviewer in offered, asked.status_code, state_of(review)) == (False, 302, "invited")
    assert page.context["form"]["worry"].value() == WORRY
    assert Review.objects.get(pk=review.pk).due_on > timezone.localdate()
    sent = sign_in(review.reviewer).post(url("review_submit", proposal), form_of(*GOOD, revision=review.revision))
    assert (sent.status_code, state_of(review)) == (302, "submitted")


def test_team_readers_and_administrators_in_conflict_learn_nothing_of_a_release(sign_in, handler, proposal, review):
    boss = make_user(is_administrator=True)
    services.note_conflict(project=proposal.project, user=boss, by=proposal.submitted_by, kind="manages")
    pages = [
        url("review_board", proposal), reverse("projects:project_detail", args=[proposal.project.slug]),
        reverse("evaluations:home"), reverse("projects:notice_list"), f"/api/v1/proposals/{proposal.pk}/reviews",
    ]  # fmt: skip
    people = {proposal.submitted_by: pages, make_user(): pages, boss: [*pages, reverse("projects:audit_log")]}

    def seen() -> list[str]:
        return [
            NOISE.sub("", sign_in(who).get(page).content.decode()) for who, those in people.items() for page in those
        ]

    before = seen()
    services.release_review(review=review, by=handler, reason="Enough.")

    assert seen() == before


def test_a_handler_releases_by_api_and_reads_who_was_asked(sign_in, handler, proposal, review):
    other, address = make_user("Otto"), f"/api/v1/proposals/{proposal.pk}/reviewers"
    client = sign_in(handler)

    def release(**body):
        return client.post(f"{address}/{review.pk}/release", json.dumps(body), content_type="application/json")

    silent, odd = release(), release(reason="Enough.", instead="nobody@example.org")
    done = release(reason="Enough.", instead="OTTO@example.org")
    again = release(reason="Enough.")

    assert [answer.status_code for answer in (silent, odd, done, again)] == [422, 422, 200, 422]
    assert done.json() == client.get(address).json()
    assert [(row["reviewer"], row["state"], row["release_reason"]) for row in done.json()] == [
        ("Rita", "released", "Enough."), ("Otto", "invited", ""),
    ]  # fmt: skip
    assert proposal.reviews.get(reviewer=other).state == "invited"

    mine, client = f"/api/v1/proposals/{proposal.pk}/reviews/mine", sign_in(review.reviewer)
    body = {"worry": "By program.", "submit": True}
    put = client.put(mine, json.dumps(body), content_type="application/json")
    kept = client.get(mine).json()

    assert (put.status_code, "does not count" in put.json()["detail"]) == (422, True)
    assert (kept["state"], kept["worry"]) == ("released", "By program.")
    assert client.post(f"{mine}/submit").status_code == 403


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", range(3))
def test_submitting_and_releasing_at_once_have_one_winner_and_the_text_is_kept(turn):
    proposal = make_proposal(submitted=True)
    handler = make_handler(proposal)
    review = make_review(proposal)
    barrier, answers = Barrier(2), {}

    def send(user: User, page: str, data: dict[str, str]) -> None:
        client = Client()
        client.force_login(user)
        barrier.wait()
        answers[page] = client.post(page, data).status_code
        connection.close()

    acts = [
        (review.reviewer, url("review_submit", proposal), form_of(*GOOD) | {"worry": WORRY}),
        (handler, page_of(review), {"reason": "Enough."}),
    ]
    threads = [Thread(target=send, args=act) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    current = Review.objects.get(pk=review.pk)
    assert current.state in ("submitted", "released")
    assert (current.worry, current.scores.count()) == (WORRY, 5)
    assert (current.submitted_at is None, current.released_at is not None) == (current.state == "released",) * 2
    assert Notice.objects.filter(kind="released").count() == (current.state == "released")
    assert set(answers.values()) <= {302, 422}
