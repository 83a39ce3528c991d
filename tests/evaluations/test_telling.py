"""The six things that are mailed at once: each in plain text and HTML, with its page and the way out of its project."""

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from evaluations.services.telling import tell_endings
from projects import selectors
from projects import services as project_services
from projects.models import Notice, Project, User
from tests.evaluations.test_services import owner_of, spend
from tests.factories import do_submissions, make_handler, make_proposal, make_review

Told = tuple[User, Project, str, str]  # who is told of which project, in which words, with which page


def assigned(ladder) -> Told:
    review = make_review(make_proposal(submitted=True))
    page = reverse("projects:review_edit", args=[review.proposal.project.slug, 1])
    return review.reviewer, review.proposal.project, "You are asked to review Mug finder", page


def asked(ladder) -> Told:
    proposal = make_proposal(submitted=True)
    project_services.ask_team(proposal=proposal, user=make_handler(proposal), text="Which belt?")
    page = reverse("projects:proposal_preview", args=[proposal.project.slug, 1]) + "#questions"
    return owner_of(proposal.project), proposal.project, "Somebody asks your team about Mug finder", page


def last_review(ladder) -> Told:
    proposal = make_proposal(submitted=True)
    handler = make_handler(proposal)
    for _ in range(3):
        make_review(proposal, scores=(4, 4, 4, 4, 4))
    page = reverse("projects:review_board", args=[proposal.project.slug, 1])
    return handler, proposal.project, "All reviews of Mug finder are in", page


def decision(ladder) -> Told:
    proposal = make_proposal(submitted=True)
    project_services.make_decision(
        proposal=proposal, user=make_handler(proposal), outcome="stop", reasons="It costs too much."
    )
    page = reverse("projects:review_board", args=[proposal.project.slug, 1])
    return owner_of(proposal.project), proposal.project, "Mug finder: stop", page


def look_scored(ladder) -> Told:
    spend(ladder)
    do_submissions()
    assert [tell_endings(now=timezone.now()) for _ in range(2)] == [1, 0]
    page = reverse("evaluations:look_list", args=[ladder.project.slug])
    return owner_of(ladder.project), ladder.project, "Your look on Mug finder is scored", page


def job_failed(ladder) -> Told:
    run = ladder.runs.get(recipe="linear")
    ladder.runs.filter(pk=run.pk).update(state="failed", score=None, problem="Out of memory.", ended_at=timezone.now())
    tell_endings(now=timezone.now())
    page = reverse("evaluations:run_detail", args=[run.pk])
    return ladder.asked_by, ladder.project, "A run of Mug finder failed", page


@pytest.mark.parametrize("act", [assigned, asked, last_review, decision, look_scored, job_failed])
def test_each_of_the_six_is_mailed_at_once_in_two_forms(ladder, settings, django_capture_on_commit_callbacks, act):
    settings.SITE_ADDRESS = "https://dlstart.example"

    with django_capture_on_commit_callbacks(execute=True):
        who, project, words, page = act(ladder)

    [sent] = [one for one in mail.outbox if one.to == [who.email] and one.subject == f"dlstart: {words}"]
    [(html, kind)] = [(part.content, part.mimetype) for part in sent.alternatives]
    stop = sent.extra_headers["List-Unsubscribe"].strip("<>")
    token = stop.removesuffix("/").rsplit("/", 1)[1]
    told = Notice.objects.get(user=who, project=project, kind=act.__name__)
    assert (kind, str(told.words), told.page, told.mailed_at is not None) == ("text/html", words, page, True)
    for text in (sent.body, html):
        assert [link for link in (f"https://dlstart.example{page}", stop) if link not in text] == []
        assert "No more mails about Mug finder" in text
    assert selectors.of_mail_token(token) == (who, project)


def test_a_scored_look_on_a_muted_project_stands_in_the_list_alone(ladder, django_capture_on_commit_callbacks):
    project_services.mute_project(user=owner_of(ladder.project), project=ladder.project, muted=True)

    with django_capture_on_commit_callbacks(execute=True):
        look_scored(ladder)

    assert mail.outbox == []
    assert Notice.objects.get(kind=Notice.Kind.LOOK_SCORED).mailed_at is None
