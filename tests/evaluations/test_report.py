"""The report in its other forms: appendix, Markdown and JSON say the same, and what was not recorded is said."""

import html
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.urls import reverse

from datasets.core.datasheet import NOT_RECORDED
from evaluations import selectors
from evaluations.selectors.report_text import plain
from evaluations.services import decide_result
from projects import services
from projects.core.extras import Extra
from projects.models import Answer, Decision, Pair, Project, Proposal
from tests.factories import make_approved_project, make_proposal, make_team, make_user
from tests.world import HIDDEN_REVIEW, make_world

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
    same = client.get(reverse("api_report", args=[project.slug])).json()
    assert headings[:3] == ["## X→Y", "## 1. Five criteria", "## 2. Success criterion"]
    assert "- **Reason:** The labels are there." in text
    assert (data["decision"]["outcome"], data["mapping"]["x"], len(data["appendix"])) == ("go", "photo", 4)
    assert (data["team"], data["version"], data["reviewers"]) == (project.team.name, 1, 1)
    assert data["decision"]["decided_by"] == str(project.handler)
    for one in (data, same):
        del one["made_at"], one["sections"][0]
    assert data == same


def said_by(page: bytes) -> str:
    """What a page says, without its marks."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", "", page.decode())).split())


def leaves(value) -> Iterator[str]:
    """All words of a JSON."""
    if isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from leaves(one)
    else:
        yield str(value)


def all_forms(client, project) -> dict[str, object]:
    page, appendix, text, data = (
        client.get(reverse(f"evaluations:{name}", args=[project.slug]))
        for name in ("report", "report_appendix", "report_text", "report_data")
    )
    return {
        "page": said_by(page.content),
        "appendix": said_by(appendix.content),
        "text": text.content.decode(),
        "data": set(leaves(data.json())),
    }


def write_at_length(project) -> None:
    """More than the one page has room for."""
    proposal, words = project.proposals.get(), "Words that go on *and* on, <b>and</b> on. " * 20
    Proposal.objects.filter(pk=proposal.pk).update(x=words[:200], y=words[:200])
    for number in range(3):
        Pair.objects.create(proposal=proposal, position=9 + number, x=words[:150], y=f"{number} {words[:150]}")
    Answer.objects.filter(proposal=proposal).update(text=words)
    Decision.objects.filter(proposal=proposal).update(reasons=words, dissent=words)


@pytest.fixture(scope="module")
def walked(kept):
    world = make_world()
    decide_result(project=world.judged, user=world.judged.handler, outcome="ship", reasons="It is at the level.")
    return world


@pytest.mark.parametrize("is_long", [False, True])
@pytest.mark.parametrize("role", ["owner", "reviewer", "handler"])
@pytest.mark.parametrize("name", ["idea", "result", "judged"])
def test_every_fact_of_the_report_stands_in_every_form(walked, sign_in, name, role, is_long):
    project, person = Project.objects.get(pk=getattr(walked, name).pk), walked.people[role]
    if is_long:
        write_at_length(project)

    before = selectors.report(project, person)["sections"]
    forms = all_forms(sign_in(person), project)
    after = selectors.report(project, person)["sections"]  # the minute may have changed

    missing = []
    for section, again in zip(before, after, strict=True):
        for fact, later in zip(section.facts, again.facts, strict=True):
            place = "appendix" if fact.is_cut else "page"
            missing += [
                (where, section.key, fact.name)
                for where, found in (
                    (place, any(" ".join(str(one.words).split()) in forms[place] for one in (fact, later))),
                    ("text", any(plain(one.words) in forms["text"] for one in (fact, later))),
                    ("data", bool({str(one.words) for one in (fact, later)} & forms["data"])),
                )
                if not found
            ]
        if section.beside:
            assert section.beside in forms["page"]
            assert plain(section.beside)[1:] in forms["text"]
            assert str(section.beside) in forms["data"]
    assert missing == []
    assert sum(fact.is_cut for section in before for fact in section.facts) >= 4 * is_long


def test_no_form_names_the_team_or_a_hidden_review_to_who_owes_one(walked, sign_in):
    forms = all_forms(sign_in(walked.people["reviewer"]), walked.idea)

    named = [name for name, words in forms.items() if "Belt team" in words or HIDDEN_REVIEW in words]
    assert named == []
    assert "Team: hidden until you submit your review" in forms["page"]
    assert "Team: Belt team" in all_forms(sign_in(walked.people["owner"]), walked.idea)["page"]


def test_the_next_review_is_a_day_in_the_readers_words(project, sign_in):
    Decision.objects.update(outcome="try", decided_at=datetime(2026, 11, 25, 12, tzinfo=UTC))
    owner = project.team.memberships.get().user
    forms = ("report", "report_text", "report_data")

    def answers() -> list[str]:
        client = sign_in(owner)
        return [client.get(reverse(f"evaluations:{name}", args=[project.slug])).content.decode() for name in forms]

    page, text, data = answers()
    assert "Next review: 9 Dec 2026" in page
    assert "- **Next review:** 9 Dec 2026" in text
    assert json.loads(data)["review_on"] == "2026-12-09"
    owner.language = "de"
    owner.save()
    assert "Nächste Durchsicht: 9. Dez. 2026" in answers()[0]


def test_a_hold_says_until_when_and_pairs_stand_in_one_line(project, sign_in):
    client, until = sign_in(project.team.memberships.get().user), "A bumper stops the cart"
    Decision.objects.update(outcome="hold", hold_until=until)
    proposal = project.proposals.get()
    proposal.pairs.all().delete()
    for position, (x, y) in enumerate([("photo 0412", "yes"), ("photo 1130", "")]):
        Pair.objects.create(proposal=proposal, position=position, x=x, y=y, is_hard=not y)

    forms = all_forms(client, project)
    detail = said_by(client.get(reverse("projects:project_detail", args=[project.slug])).content)

    pairs = "photo 0412 → yes · photo 1130 → (gap) (hard)"
    assert (f"Hold until{until}" in forms["page"], f"Pairs: {pairs}" in forms["page"]) == (True, True)
    assert f"- **Hold until:** {until}" in forms["text"]
    assert f"- **Pairs:** {pairs}" in forms["text"]
    assert {until, pairs} <= forms["data"]
    assert "People" not in forms["data"]  # nobody recorded what they reach
    assert f"on hold until: {until}" in detail


def test_words_of_people_mean_nothing_to_markdown(sign_in):
    proposal = make_proposal(name="[x](javascript:1) <b># *")

    text = sign_in(proposal.project.team.memberships.get().user).get(
        reverse("evaluations:report_text", args=[proposal.project.slug])
    )

    assert text.content.decode().splitlines()[0] == r"# Vetting report: \[x\](javascript:1) \<b\>\# \*"
