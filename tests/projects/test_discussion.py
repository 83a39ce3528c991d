"""The discussion after all reviews are in: changed scores, remarks, one reply, pending decisions and their letters."""

import pytest
from django.core import mail
from django.urls import reverse

from projects import selectors, services
from projects.core.errors import ProjectProblem
from projects.models import PendingDecision, Proposal, Review
from tests.factories import make_handler, make_proposal, make_review, make_team, make_user
from tests.projects.test_reviews import url

SCORES = ((3, 3, 2, 4, 4), (3, 4, 4, 4, 4), (4, 4, 4, 3, 4))


@pytest.fixture
def proposal(db):
    return make_proposal(make_team(make_user("Olga"), name="Northern lights"), submitted=True)


@pytest.fixture
def handler(proposal):
    return make_handler(proposal, make_user("Hanna"))


@pytest.fixture
def reviewers(proposal, handler):
    """Three, whose reviews are all in."""
    return [make_review(proposal, scores=scores).reviewer for scores in SCORES]


def current(proposal: Proposal) -> Proposal:
    return Proposal.objects.select_related("project").get(pk=proposal.pk)


def test_the_handler_is_told_when_the_last_review_is_in(proposal, handler, django_capture_on_commit_callbacks):
    told = []
    for scores in SCORES:
        mail.outbox.clear()
        with django_capture_on_commit_callbacks(execute=True):
            make_review(proposal, scores=scores)
        told.append([message.subject for message in mail.outbox if message.to == [handler.email]])

    assert told == [[], [], ["dlstart: All reviews of Mug finder are in"]]


def test_the_largest_gap_comes_first_while_it_is_discussed(sign_in, proposal, handler, reviewers):
    board = selectors.board_of(handler, current(proposal))
    page = sign_in(reviewers[0]).get(url("review_board", proposal)).content.decode()

    assert (board.rows[0].summary.criterion.key, board.rows[0].gap) == ("feasibility", 2)
    assert [row.gap for row in board.rows] == sorted([row.gap for row in board.rows], reverse=True)
    assert "largest gap first" in page


def test_a_changed_score_keeps_the_first_and_why(sign_in, proposal, handler, reviewers):
    client, page = sign_in(reviewers[0]), url("scores_change", proposal)
    form = {**dict(zip(("dataset", "reuse", "feasibility", "payoff", "fault_tolerance"), "33244", strict=True))}
    form |= {f"{key}_reason": "because" for key in list(form)}

    silent = client.post(page, form | {"feasibility": "4"})
    changed = client.post(page, form | {"feasibility": "4", "why": "The answer on lighting."})
    again = client.post(page, form | {"feasibility": "0", "feasibility_reason": "", "why": "On second thought."})

    shifts = selectors.board_of(handler, current(proposal)).shifts
    assert (silent.status_code, changed.status_code, again.status_code) == (422, 302, 302)
    assert [(s.letter, s.label, s.change.value, s.became, s.change.why) for s in shifts] == [
        ("A", "Feasibility", 2, 4, "The answer on lighting."),
        ("A", "Feasibility", 4, None, "On second thought."),
    ]
    said = client.get(f"/api/v1/proposals/{proposal.pk}/reviews").json()["changes"]
    assert [(one["was"], one["became"]) for one in said] == [(2, 4), (4, None)]
    assert "from 2 to 4" in client.get(url("review_board", proposal)).content.decode()


def test_scores_change_only_in_the_discussion_and_only_ones_own(proposal, handler):
    early = make_review(proposal, scores=SCORES[0]).reviewer
    change = {"scores": {"feasibility": (4, "")}, "why": "Talked to the others."}
    with pytest.raises(ProjectProblem, match="opens when all reviews are in"):
        services.change_scores(proposal=proposal, user=early, **change)
    for scores in SCORES[1:]:
        make_review(proposal, scores=scores)
    with pytest.raises(ProjectProblem, match="Only who has submitted"):
        services.change_scores(proposal=proposal, user=handler, **change)
    with pytest.raises(ProjectProblem, match="needs a reason"):
        services.change_scores(proposal=proposal, user=early, scores={"feasibility": (5, " ")}, why="Why not.")

    assert services.change_scores(proposal=proposal, user=early, **change) == 1
    services.make_decision(proposal=proposal, user=handler, outcome="go", reasons="Good.")

    with pytest.raises(ProjectProblem, match="not under review"):
        services.change_scores(proposal=proposal, user=early, **change)


def test_remarks_are_read_by_those_who_discuss_and_nobody_else(sign_in, proposal, handler, reviewers):
    sign_in(reviewers[1]).post(url("remark_add", proposal), {"text": "zebra-striped thought"})
    sign_in(handler).post(url("remark_add", proposal), {"text": "zebra-striped answer"})
    refused = sign_in(proposal.submitted_by).post(url("remark_add", proposal), {"text": "Hello"})
    empty = sign_in(handler).post(url("remark_add", proposal), {"text": " "})

    said = [(who, remark.text) for who, remark in selectors.remarks_for(reviewers[0], current(proposal))]
    services.make_decision(proposal=proposal, user=handler, outcome="stop", reasons="No.")
    readers = {"owner": proposal.submitted_by, "reader": make_user(), "reviewer": reviewers[2]}
    shown = {n: "zebra" in sign_in(p).get(url("review_board", proposal)).content.decode() for n, p in readers.items()}

    assert said == [("Reviewer B", "zebra-striped thought"), ("The handler", "zebra-striped answer")]
    assert (refused.status_code, empty.status_code) == (403, 422)
    assert shown == {"owner": False, "reader": False, "reviewer": True}


def test_the_team_replies_once_in_500_words(sign_in, proposal, handler, reviewers):
    client, page = sign_in(proposal.submitted_by), url("reply_send", proposal)

    long = client.post(page, {"text": "word " * 501})
    sent = client.post(page, {"text": "We will take 100 photos of the new belt."})
    twice = client.post(page, {"text": "And another thing."})

    assert (long.status_code, sent.status_code, twice.status_code) == (422, 302, 422)
    assert [words in long.content.decode() for words in ("501 words", "word word")] == [True, True]
    seen = {who: selectors.reply_for(who, current(proposal)) is not None for who in (handler, *reviewers, make_user())}
    assert list(seen.values()) == [True, True, True, True, False]


def test_nobody_replies_or_reads_before_the_reviews_are_open(proposal, handler):
    make_review(proposal, scores=SCORES[0])

    with pytest.raises(ProjectProblem, match="opens when all reviews are in"):
        services.reply_for_team(proposal=proposal, user=proposal.submitted_by, text="We disagree.")


def test_the_handler_may_open_the_discussion_before_who_is_late_and_keeps_them_blind(sign_in, proposal, handler):
    late = make_review(proposal).reviewer
    client = sign_in(handler)
    client.post(url("discussion_open", proposal))
    early = current(proposal).reviews_opened_at
    make_review(proposal, scores=SCORES[0])

    client.post(url("discussion_open", proposal))

    opened = current(proposal)
    assert (early, opened.reviews_opened_at is not None) == (None, True)
    assert selectors.visible_reviews(late, opened).count() == 0
    assert selectors.visible_reviews(proposal.submitted_by, opened).count() == 1


DECISION = {"outcome": "hold", "reasons": "zebra-striped reasons", "hold_until": "May", "dissent": "B would go."}


def test_a_pending_decision_is_seen_by_the_handler_alone_until_its_letter_is_sent(
    sign_in, proposal, handler, reviewers, django_capture_on_commit_callbacks
):
    kept = sign_in(handler).post(url("decision_make", proposal), DECISION | {"go": "pending"})
    people = {"owner": proposal.submitted_by, "reviewer": reviewers[0], "boss": make_user(is_administrator=True)}
    pages = (url("review_board", proposal), reverse("projects:outbox"), reverse("evaluations:home"))
    seen = {n: any(b"zebra" in sign_in(who).get(page).content for page in pages) for n, who in people.items()}
    client = sign_in(handler)
    shown = b"zebra" in client.get(pages[0]).content and b"Mug finder" in client.get(pages[1]).content
    preview = client.post(url("decision_make", proposal), DECISION | {"go": "letter"})
    words = client.get(preview["Location"]).content.decode()
    own = client.post(url("letter_edit", proposal), {"letter": "Dear team, not before May.", "go": "keep"})
    still = current(proposal).state
    mail.outbox.clear()
    with django_capture_on_commit_callbacks(execute=True):
        sent = client.post(url("letter_edit", proposal), {"letter": "Dear team, not before May.", "go": "send"})

    decided = current(proposal)
    assert (kept.status_code, own.status_code, sent.status_code) == (302, 302, 302)
    assert (seen, shown, still) == ({"owner": False, "reviewer": False, "boss": False}, True, "in_review")
    assert "Decision: hold until: May." in words
    assert (decided.state, decided.decision.dissent, PendingDecision.objects.count()) == ("decided", "B would go.", 0)
    assert [(m.to, "not before May" in m.body) for m in mail.outbox] == [([proposal.submitted_by.email], True)]


def test_a_letter_holds_no_name_of_a_reviewer(proposal, handler, reviewers):
    pending = services.save_pending_decision(proposal=proposal, user=handler, letter=True, **DECISION)

    assert [person.name for person in reviewers if person.name in pending.letter] == []


@pytest.mark.parametrize(("reviews", "mind"), [(0, ""), (1, ""), (1, "100 photos")])
def test_a_letter_says_reviewed_only_of_what_was_reviewed(sign_in, proposal, handler, reviews, mind):
    for _ in range(reviews):
        review = make_review(proposal, scores=SCORES[0])
        Review.objects.filter(pk=review.pk).update(change_mind=mind)
    pending = services.save_pending_decision(
        proposal=proposal, user=handler, outcome="stop", reasons="Too dear.", letter=True
    )

    page = sign_in(handler).get(url("letter_edit", proposal)).content.decode()

    said = [
        words in pending.letter for words in ("was reviewed", "without a review", "reviews are open to you", "minds is")
    ]
    assert said == [bool(reviews), not reviews, bool(reviews), bool(mind)]
    assert ["the team sees the reviews" in page, "No review is in" in page] == [bool(reviews), not reviews]


@pytest.mark.parametrize("values", [{"outcome": "hold", "reasons": "Later."}, {"outcome": "go", "reasons": " "}])
def test_a_pending_decision_is_held_to_the_same_rules(proposal, handler, reviewers, values):
    with pytest.raises(ProjectProblem):
        services.save_pending_decision(proposal=proposal, user=handler, **values)
    with pytest.raises(ProjectProblem, match="Only the handler"):
        services.save_pending_decision(proposal=proposal, user=reviewers[0], outcome="go", reasons="I like it.")


def test_a_floor_blocks_a_pending_approval(proposal, handler):
    for _ in range(3):
        make_review(proposal, scores=(5, 5, 5, 5, 1))

    with pytest.raises(ProjectProblem, match="below the floor of 2"):
        services.save_pending_decision(proposal=proposal, user=handler, outcome="go", reasons="Payoff!")
