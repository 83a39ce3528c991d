"""What people are told: the list, mails at once, the mail of the day, muting, the link at the foot."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.urls import reverse

from evaluations.selectors import tasks_of
from evaluations.services.telling import tell_endings
from projects import permissions, selectors, services
from projects.models import Conflict, Notice, User
from tests.factories import (
    make_handler,
    make_ladder,
    make_project,
    make_proposal,
    make_review,
    make_sealed_version,
    make_user,
)

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


def send_digests(now: datetime) -> int:
    return services.send_digests(now=now, tasks_of=tasks_of)


def tell(user: User, kind: str = Notice.Kind.ASKED, **more):
    return services.notify(user=user, kind=kind, words="Somebody asks you", page="/projects/", **more)


def test_what_is_urgent_is_mailed_at_once_in_two_forms(django_capture_on_commit_callbacks):
    ada, project = make_user("Ada"), make_project()
    with django_capture_on_commit_callbacks(execute=True):
        tell(ada, project=project, more="It takes 5 minutes.")
        tell(ada, Notice.Kind.NEWS, project=project)

    [sent] = mail.outbox
    [(html, kind)] = [(part.content, part.mimetype) for part in sent.alternatives]
    assert (sent.to, sent.subject, kind) == (["ada@example.org"], "dlstart: Somebody asks you", "text/html")
    assert ("It takes 5 minutes." in sent.body, "It takes 5 minutes." in html) == (True, True)
    assert sent.extra_headers["List-Unsubscribe"].strip("<>") in sent.body
    assert [bool(notice.mailed_at) for notice in Notice.objects.order_by("pk")] == [True, False]


@pytest.mark.parametrize("how", ["muted", "not at once", "closed account"])
def test_who_wants_no_mail_gets_none(how, django_capture_on_commit_callbacks):
    ada, project = make_user(mails_at_once=how != "not at once", is_active=how != "closed account"), make_project()
    services.mute_project(user=ada, project=project, muted=how == "muted")
    with django_capture_on_commit_callbacks(execute=True):
        tell(ada, project=project)

    assert (mail.outbox, Notice.objects.count()) == ([], 0 if how == "closed account" else 1)


def test_the_mail_of_the_day_comes_once_at_the_hour_in_ones_own_zone():
    user = make_user(digest_hour=13, time_zone="Europe/Berlin")
    tell(user, Notice.Kind.NEWS, now=NOON - timedelta(hours=5))

    sent = [send_digests(NOON + timedelta(minutes=minutes)) for minutes in (-1, 0, 1, 24 * 60)]

    assert sent == [0, 1, 0, 0]  # the next day nothing is new
    assert "Somebody asks you" in mail.outbox[0].body
    assert Notice.objects.get().mailed_at == NOON


def test_the_mail_of_the_day_names_what_waits_with_its_minutes():
    proposal = make_proposal(submitted=True)
    review = make_review(proposal)
    User.objects.exclude(pk=review.reviewer_id).update(digest_hour=None)

    send_digests(NOON)

    [sent] = mail.outbox
    assert (sent.to, "1 thing waits for you, about 20 minutes." in sent.body) == ([review.reviewer.email], True)
    assert reverse("projects:review_edit", args=[proposal.project.slug, 1]) in sent.body


def test_a_mail_is_in_the_language_of_who_gets_it():
    proposal = make_proposal(submitted=True)
    review = make_review(proposal)
    User.objects.exclude(pk=review.reviewer_id).update(digest_hour=None)
    User.objects.filter(pk=review.reviewer_id).update(language="de")

    send_digests(NOON)

    [sent] = mail.outbox
    assert (sent.subject, "1 Sache wartet auf Sie, etwa 20 Minuten." in sent.body) == ("dlstart: Ihr Tag", True), (
        sent.body
    )
    assert '<html lang="de">' in sent.alternatives[0].content


def test_a_link_in_a_mail_stops_what_it_names_and_reading_it_stops_nothing(client):
    ada, project = make_user(), make_project()
    for named in (project, None):
        address = reverse("projects:mail_stop", args=[selectors.mail_token(ada, named)])
        assert client.get(address).status_code == 200
    ada.refresh_from_db()
    before = (selectors.is_muted(ada, project), ada.digest_hour)

    for named in (project, None):
        client.post(reverse("projects:mail_stop", args=[selectors.mail_token(ada, named)]))

    ada.refresh_from_db()
    assert (before, selectors.is_muted(ada, project), ada.digest_hour) == ((False, 7), True, None)
    assert client.post(reverse("projects:mail_stop", args=["made-up"])).status_code == 404


def test_a_question_is_told_to_the_team_and_its_answer_to_who_asked():
    proposal = make_proposal(submitted=True)
    owner = proposal.project.team.memberships.get().user
    review = make_review(proposal)

    question = services.ask_team(proposal=proposal, user=review.reviewer, text="Which secret camera?")
    services.answer_question(question=question, user=owner, text="The old one.")

    asked = Notice.objects.get(user=owner, words__contains="asks")
    answered = Notice.objects.get(user=review.reviewer, words__contains="answered")
    assert (asked.kind, answered.kind) == ("asked", "news")
    assert not Notice.objects.filter(words__contains="camera").exists()


def test_a_conflict_takes_what_is_blind_out_of_the_list(sign_in, django_assert_num_queries):
    proposal = make_proposal(submitted=True)
    handler = make_handler(proposal)
    tell(handler, Notice.Kind.LAST_REVIEW, project=proposal.project)
    before = set(selectors.notices_of(handler).values_list("kind", flat=True))

    services.note_conflict(project=proposal.project, user=handler, by=handler, kind=Conflict.Kind.DECLARED)

    assert permissions.has_conflict(handler, proposal.project)
    assert (before, list(selectors.notices_of(handler))) == ({"assigned", "last_review"}, [])


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_needs_as_many_queries_for_one_as_for_three(count, django_assert_num_queries):
    user = make_user()
    for _ in range(count):
        tell(user, project=make_proposal(submitted=True).project)

    with django_assert_num_queries(2):
        assert len([notice.project.name for notice in selectors.notices_of(user)]) == count


def test_seen_is_what_stood_on_the_page(sign_in):
    user = make_user()
    first = tell(user, Notice.Kind.NEWS)
    client = sign_in(user)
    newest = client.get(reverse("projects:notice_list")).context["newest"]
    tell(user, Notice.Kind.NEWS)

    client.post(reverse("projects:notice_list"), {"upto": newest})

    assert list(Notice.objects.exclude(read_at=None)) == [first]


def test_failed_rungs_of_a_ladder_are_told_once():
    project = make_project(is_sandbox=True)
    ladder = make_ladder(make_sealed_version(project, secret=bytes(32)), only=("always_same", "linear"))
    ladder.runs.update(state="failed", problem="Out of memory.", ended_at=NOON)

    told = [tell_endings(now=NOON + timedelta(minutes=minutes)) for minutes in (1, 2, 90)]

    assert told == [1, 0, 0]
    assert Notice.objects.get(kind=Notice.Kind.JOB_FAILED).user == ladder.asked_by


def test_a_program_reads_the_same_list(sign_in):
    user = make_user()
    tell(user, project=make_proposal(submitted=True).project)

    [event] = sign_in(user).get(reverse("api_events")).json()["results"]

    assert (event["kind"], event["words"], event["project"]) == ("asked", "Somebody asks you", "mug-finder")
