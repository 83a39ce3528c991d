"""The report in its other forms: appendix, Markdown and JSON say the same, and what was not recorded is said."""

import json
from datetime import UTC, datetime

import pytest
from django.urls import reverse

from datasets.core.datasheet import NOT_RECORDED
from evaluations import selectors
from projects import services
from projects.core.extras import Extra
from projects.models import Decision
from tests.factories import make_approved_project, make_proposal, make_team, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    project = make_approved_project(make_team(make_user("Olga")))
    owner = project.team.memberships.get().user
    services.lock_criterion(
        project=project, user=owner, metric="accuracy", level=0.9, smallest_difference=0.02, reason="", results_seen=0
    )
    return project


def test_the_appendix_fills_in_what_was_recorded_and_names_the_gaps(project):
    report = selectors.report(project, project.handler)

    chapters = {chapter.title: chapter for chapter in selectors.appendix(project, project.handler, report)}
    card, annex = (dict(chapters[name].sections) for name in ("Model Card", "Technical documentation"))

    assert list(chapters) == ["In full", "Model Card", "Datasheet", "Technical documentation"]
    assert dict(card["Intended use"])["What is the problem?"] == "G1: An answer."
    assert (dict(card["Metrics"])["Level asked for"], dict(card["Model details"])["Licence"]) == ("90.0%", NOT_RECORDED)
    assert (len(annex), annex["9. Post-market monitoring plan"]) == (9, [("Plan", NOT_RECORDED)])
    assert chapters["Datasheet"].gaps == 10


def test_answers_to_extra_questions_stand_in_the_appendix(sign_in):
    boss = make_user("Boss", is_administrator=True)
    site = Extra("", "Which of *our* sites?", "", "dataset", False)
    services.change_questions(by=boss, questions=[site], reason="The board wants it.", seen=1)
    project = make_approved_project(make_team(make_user("Olga")))
    client = sign_in(project.team.memberships.get().user)

    text = client.get(reverse("evaluations:report_text", args=[project.slug])).content.decode()
    data = client.get(reverse("evaluations:report_data", args=[project.slug])).json()

    assert "- **Which of \\*our\\* sites?:** X1: An answer." in text
    assert "X1: An answer." in json.dumps(data["appendix"])


def test_markdown_and_json_say_what_the_page_says(project, sign_in):
    client = sign_in(project.team.memberships.get().user)
    forms = {name: reverse(f"evaluations:{name}", args=[project.slug]) for name in ("report_text", "report_data")}

    text = client.get(forms["report_text"]).content.decode()
    data = client.get(forms["report_data"]).json()

    headings = [line for line in text.splitlines() if line.startswith("## ")]
    assert headings[:3] == ["## 1. Five criteria", "## 2. Success criterion", "## 3. Data and seal"]
    assert "- **Reasons:** The labels are there." in text
    assert (data["decision"]["outcome"], data["mapping"]["x"], len(data["appendix"])) == ("go", "photo", 4)
    assert data == client.get(reverse("api_report", args=[project.slug])).json()


def test_the_next_review_is_a_day_in_the_readers_words(project, sign_in):
    Decision.objects.update(outcome="try", decided_at=datetime(2026, 11, 25, 12, tzinfo=UTC))
    owner = project.team.memberships.get().user
    forms = ("report", "report_text", "report_data")

    def answers() -> list[str]:
        client = sign_in(owner)
        return [client.get(reverse(f"evaluations:{name}", args=[project.slug])).content.decode() for name in forms]

    page, text, data = answers()
    assert "next review: 9 Dec 2026" in page
    assert "Next review: 9 Dec 2026." in text
    assert json.loads(data)["review_on"] == "2026-12-09"
    owner.language = "de"
    owner.save()
    assert "nächste Durchsicht: 9. Dez. 2026" in answers()[0]


def test_words_of_people_mean_nothing_to_markdown(sign_in):
    proposal = make_proposal(name="[x](javascript:1) <b># *")

    text = sign_in(proposal.project.team.memberships.get().user).get(
        reverse("evaluations:report_text", args=[proposal.project.slug])
    )

    assert text.content.decode().splitlines()[0] == r"# Vetting report: \[x\](javascript:1) \<b\>\# \*"
