"""Who is asked for a review, what a conflict closes, the reviewer's own queue, due dates and reminders."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from projects import permissions, selectors, services
from projects.core.criteria import KEYS
from projects.core.errors import ProjectProblem
from projects.models import Membership, Review, User
from tests.factories import make_handler, make_project, make_proposal, make_review, make_team, make_user
from tests.projects.test_reviews import form_of, url

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


@pytest.fixture
def proposal(db):
    return make_proposal(make_team(make_user("Olga"), name="Northern lights"), submitted=True)


@pytest.fixture
def handler(proposal):
    return make_handler(proposal, make_user("Hanna"))


def from_department(name: str, department: str) -> User:
    return make_user(name, department=department)


def test_whoever_shared_a_project_with_the_team_lately_has_a_conflict(proposal, handler):
    owner, colleague, long_ago = proposal.submitted_by, make_user(), make_user()
    shared = make_team(owner, colleague, long_ago)
    before = permissions.has_conflict(colleague, proposal.project)
    make_project(shared, name="Shared", user=owner)
    Membership.objects.filter(team=shared, user=long_ago).update(left_at=timezone.now() - timedelta(days=366))

    found = [permissions.has_conflict(person, proposal.project) for person in (colleague, long_ago)]

    assert (before, found) == (False, [True, False])
    assert set(selectors.reviewer_candidates(proposal)) & {colleague, long_ago} == {long_ago}
    with pytest.raises(ProjectProblem, match="has a conflict"):
        services.assign_reviewer(proposal=proposal, reviewer=colleague, by=handler)


def test_a_sandbox_makes_no_conflict(proposal):
    owner, colleague = proposal.submitted_by, make_user()
    make_project(make_team(owner, colleague), name="Try", user=owner, is_sandbox=True)

    assert not permissions.has_conflict(colleague, proposal.project)


@pytest.mark.parametrize("kind", ["benefits", "manages"])
def test_who_is_named_beforehand_is_never_asked_and_sees_no_review_after_the_decision(proposal, handler, kind):
    named, owner = make_user(), proposal.submitted_by
    services.note_conflict(project=proposal.project, user=named, by=owner, kind=kind)
    for _ in range(3):
        make_review(proposal, scores=(4, 4, 4, 4, 4))
    with pytest.raises(ProjectProblem):
        services.note_conflict(project=proposal.project, user=make_user(), by=named, kind=kind)

    services.make_decision(proposal=proposal, user=handler, outcome="go", reasons="Good.")
    proposal.refresh_from_db()

    assert named not in selectors.reviewer_candidates(proposal)
    assert named not in selectors.handler_candidates(proposal.project, handler)
    assert [selectors.visible_reviews(who, proposal).count() for who in (named, make_user())] == [0, 3]


def test_a_person_declares_a_conflict_before_anybody_asks(sign_in, proposal, handler):
    person = make_user()

    sent = sign_in(person).post(reverse("projects:conflict_list", args=[proposal.project.slug]), {"declare": "1"})

    assert (sent.status_code, permissions.has_conflict(person, proposal.project)) == (302, True)
    with pytest.raises(ProjectProblem):
        services.note_conflict(project=proposal.project, user=make_user(), by=handler, kind="declared")


def test_names_of_the_conflicted_are_read_by_owners_and_the_handler_alone(sign_in, proposal, handler):
    page = reverse("projects:conflict_list", args=[proposal.project.slug])
    named = make_user("Bruno Benefit")
    sent = sign_in(proposal.submitted_by).post(page, {"person": named.pk, "kind": "benefits"})

    people = {"owner": proposal.submitted_by, "handler": handler, "reader": make_user(), "named": named}
    shown = {name: "Bruno Benefit</th>" in sign_in(who).get(page).content.decode() for name, who in people.items()}

    assert (sent.status_code, shown) == (302, {"owner": True, "handler": True, "reader": False, "named": False})
    assert sign_in(make_user()).post(page, {"person": named.pk, "kind": "benefits"}).status_code == 403


def test_the_team_learns_nothing_by_naming_a_reviewer(proposal, handler):
    for _ in range(3):
        make_review(proposal, scores=(4, 4, 4, 4, 4))
    late = make_review(other := make_proposal(submitted=True))
    for _ in range(3):
        make_review(other, scores=(4, 4, 4, 4, 4))

    services.note_conflict(project=other.project, user=late.reviewer, by=other.submitted_by, kind="benefits")

    other.refresh_from_db()
    assert (Review.objects.get(pk=late.pk).state, other.reviews_opened_at) == ("conflict", None)


def test_suggestions_name_other_departments_first_and_then_who_has_least_to_do(proposal, handler):
    User.objects.filter(pk=proposal.submitted_by.pk).update(department="Kitchen")
    near, far, busy = (from_department(n, d) for n, d in (("Ann", "Kitchen"), ("Bea", "Sales"), ("Cleo", "Sales")))
    make_review(make_proposal(submitted=True), busy)

    found = selectors.reviewer_suggestions(proposal, handler, count=50)

    mine = [one for one in found if one.person in (near, far, busy)]
    assert [(one.person.name, one.words) for one in mine] == [
        ("Bea", "Sales, no review under way"),
        ("Cleo", "Sales, 1 review under way"),
        ("Ann", "Kitchen, no review under way"),
    ]


def test_a_load_counts_nothing_the_handler_must_not_know(proposal, handler):
    reviewer, secret = make_user(), make_proposal(submitted=True)
    make_review(secret, reviewer)
    services.note_conflict(project=secret.project, user=handler, by=handler, kind="declared")

    loads = {one.person: one.load for one in selectors.reviewer_suggestions(proposal, handler, count=50)}

    assert loads[reviewer] == 0


def test_a_click_on_a_suggestion_asks(sign_in, proposal, handler):
    person = from_department("Sam", "Sales")
    client = sign_in(handler)
    page = client.get(url("review_board", proposal)).content.decode()

    asked = client.post(url("reviewer_assign", proposal), {"reviewer-person": person.pk})
    past = client.post(
        url("reviewer_assign", proposal), {"reviewer-person": make_user().pk, "reviewer-due_on": "2020-01-01"}
    )

    review = proposal.reviews.get()
    assert ("no review under way" in page, asked.status_code, past.status_code) == (True, 302, 422)
    assert (review.reviewer, review.due_on) == (person, timezone.localdate(review.invited_at) + timedelta(days=10))


def test_an_invitation_is_accepted_and_abstaining_counts_as_no_review(sign_in, proposal, handler):
    first, second = make_review(proposal), make_review(proposal)

    accepted = sign_in(first.reviewer).post(url("review_accept", proposal))
    abstained = sign_in(second.reviewer).post(url("review_decline", proposal), {"why": "abstained"})
    odd = sign_in(first.reviewer).post(url("review_decline", proposal), {"why": "bored"})

    states = [Review.objects.get(pk=review.pk).state for review in (first, second)]
    assert (accepted.status_code, abstained.status_code, odd.status_code, states) == (
        302, 302, 302, ["accepted", "abstained"],
    )  # fmt: skip
    assert sign_in(second.reviewer).get(url("review_edit", proposal)).status_code == 403
    assert selectors.visible_reviews(second.reviewer, proposal).count() == 0


def queue(reviewer: User, *names: str) -> dict[str, Review]:
    """An invitation for each name."""
    return {name: make_review(make_proposal(submitted=True, name=name), reviewer) for name in names}


def test_the_next_review_is_where_fewest_were_in_at_the_invitation(proposal):
    reviewer = make_user()
    crowded = make_proposal(submitted=True, name="Crowded")
    make_review(crowded, scores=(3, 3, 3, 3, 3))
    full = make_review(crowded, reviewer)
    empty = queue(reviewer, "Empty")["Empty"]
    order = [selectors.next_review(reviewer), selectors.next_review(reviewer, after=empty)]

    for _ in range(2):  # what comes in later changes no order
        make_review(empty.proposal, scores=(3, 3, 3, 3, 3))

    assert order == [empty, full]
    assert selectors.next_review(reviewer) == empty


def test_submit_and_next_goes_on_and_is_remembered(sign_in, proposal):
    reviewer = make_user()
    reviews = queue(reviewer, "First", "Second")
    client, first, second = sign_in(reviewer), reviews["First"].proposal, reviews["Second"].proposal

    sent = client.post(url("review_submit", first), form_of(4, 4, 4, 4, 4) | {"then": "next"})
    page = client.get(sent["Location"])
    last = client.post(url("review_submit", second), form_of(4, 4, 4, 4, 4) | {"then": "next"})

    assert (sent["Location"], last["Location"]) == (url("review_edit", second), reverse("projects:review_list"))
    assert (page.context["goes_on"], page.context["progress"]) == (True, (1, 2))


def test_skipping_keeps_what_was_written_and_goes_to_the_next(sign_in, proposal):
    reviewer = make_user()
    reviews = queue(reviewer, "First", "Second")
    client, first, second = sign_in(reviewer), reviews["First"], reviews["Second"]

    sent = client.post(url("review_skip", first.proposal), {"worry": "half a thought", "revision": "0"})
    untouched = client.post(url("review_skip", second.proposal), {"revision": "0"})

    first.refresh_from_db(), second.refresh_from_db()
    assert (sent["Location"], first.worry, first.state) == (
        url("review_edit", second.proposal), "half a thought", "drafting",
    )  # fmt: skip
    assert (untouched["Location"], second.state) == (url("review_edit", first.proposal), "invited")
    assert client.get(reverse("projects:review_next"))["Location"] == url("review_edit", first.proposal)


@pytest.fixture
def due(proposal, handler, django_capture_on_commit_callbacks):
    """A review due on 12 November, asked for on the 2nd."""
    with django_capture_on_commit_callbacks(execute=True):
        return services.assign_reviewer(
            proposal=proposal, reviewer=make_user("Rita"), by=handler, due_on=date(2026, 11, 12), now=NOON
        )


def sweep(capture, *days: int) -> list[tuple[str, str]]:
    """Mails of sweeps on these days of November, twice each, as (to whom, subject)."""
    mail.outbox.clear()
    for day in days:
        for _ in range(2):
            with capture(execute=True):
                services.send_reminders(now=NOON.replace(day=day))
    return [(message.to[0].split("@")[0], message.subject.removeprefix("dlstart: ")) for message in mail.outbox]


def test_one_reminder_before_one_on_the_day_and_then_the_handler_is_told(due, django_capture_on_commit_callbacks):
    invited = mail.outbox[-1]

    sent = sweep(django_capture_on_commit_callbacks, *range(3, 20))

    assert sent == [
        ("rita", "Your review of Mug finder is due on 12 Nov 2026"),
        ("rita", "Your review of Mug finder is due today"),
        ("hanna", "A review of Mug finder is late"),
    ]
    assert (invited.to, "due on 12 Nov 2026." in invited.body) == (["rita@example.org"], True)


def test_a_reminder_writes_the_day_as_its_reader_does(due, django_capture_on_commit_callbacks):
    User.objects.filter(pk=due.reviewer_id).update(language="de")

    [(_, subject)] = sweep(django_capture_on_commit_callbacks, 10)

    assert subject == "Ihr Gutachten zu Mug finder ist am 12. Nov. 2026 fällig"


def test_a_review_that_is_in_or_given_back_is_not_reminded_of(due, django_capture_on_commit_callbacks):
    services.give_back_review(review=due, why="declined")

    assert sweep(django_capture_on_commit_callbacks, 10, 12, 13) == []


def test_days_without_a_sweep_are_not_made_up_for(due, django_capture_on_commit_callbacks):
    assert sweep(django_capture_on_commit_callbacks, 15) == [("hanna", "A review of Mug finder is late")]


def test_no_mail_about_a_review_reaches_whom_a_conflict_has_come_up_for(
    due, handler, django_capture_on_commit_callbacks
):
    project = due.proposal.project
    services.note_conflict(project=project, user=handler, by=handler, kind="declared")
    services.join_team(team=project.team, user=due.reviewer)

    assert sweep(django_capture_on_commit_callbacks, 10, 12, 13) == []


def test_a_handler_with_a_conflict_is_to_be_replaced(proposal, handler):
    boss = make_user(is_administrator=True)
    before = [task.words for task in selectors.tasks_of(boss, timezone.now())]

    services.note_conflict(project=proposal.project, user=handler, by=handler, kind="declared")

    assert (before, [task.words for task in selectors.tasks_of(boss, timezone.now())]) == (
        ["Set dlstart up"],
        ["Name a handler for “Mug finder”", "Set dlstart up"],
    )


@pytest.mark.django_db
@pytest.mark.parametrize("wanted", [1, 2, 5])
def test_a_handler_names_as_many_reviewers_as_the_rules_want_and_then_decides(wanted):
    boss = make_user(is_administrator=True)
    rules = {"weights": dict.fromkeys(KEYS, 1.0), "floors": dict.fromkeys(KEYS), "names_hidden": True, "reason": "So."}
    services.change_rules(by=boss, reviews_wanted=wanted, seen=1, anchors={}, **rules)
    proposal = make_proposal(submitted=True)
    handler = make_handler(proposal)
    told = []
    for _ in range(wanted):
        told += [(task.act, task.note.split(" ·")[0]) for task in selectors.tasks_of(handler, timezone.now())]
        make_review(proposal, scores=(4, 4, 4, 4, 4))

    assert told == [("Name reviewers", f"{number} of {wanted} reviewers asked") for number in range(wanted)]
    assert [task.act for task in selectors.tasks_of(handler, timezone.now())] == ["Decide"]
