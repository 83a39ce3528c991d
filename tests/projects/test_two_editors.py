"""Two people in one section: what both wrote survives."""

import json
from datetime import timedelta

import pytest
from django.urls import reverse

from projects import selectors, services
from projects.core.errors import StaleSave
from projects.models import Answer, AnswerText, Proposal, User
from tests.factories import fill_proposal, make_project, make_team, make_user

pytestmark = pytest.mark.django_db


def test_an_answer_left_blank_does_not_replace_a_colleagues(sign_in):
    project = make_project()
    owner = project.team.memberships.get().user
    proposal = project.proposals.get()
    address = reverse("projects:proposal_section", args=[project.slug, proposal.number, "problem"])
    for question in ("G2", "G4"):
        services.save_answer(proposal=proposal, user=owner, question=question, revision=0, text=f"Anna on {question}.")

    client = sign_in(owner)
    opened_before = {"G2": "Bert on G2.", "G2_revision": 0, "G4": "", "G4_revision": 0}
    clash = client.post(address, opened_before)
    shown = {name: clash.context["form"].data[name] for name in opened_before}
    client.post(address, shown)

    assert clash.status_code == 409
    stored = dict(Answer.objects.filter(question__in=("G2", "G4")).values_list("question", "text"))
    assert stored == {"G2": "Bert on G2.", "G4": "Anna on G4."}


@pytest.fixture
def pair() -> tuple[Proposal, User, User]:
    """A draft and its two writers."""
    anna, bert = make_user("Anna"), make_user("Bert")
    project = make_project(make_team(anna, bert), user=anna, idea="Mugs jam the washer.")
    return project.proposals.get(), anna, bert


def save(proposal: Proposal, user: User, text: str, revision: int, **more):
    return services.save_answer(proposal=proposal, user=user, question="G1", text=text, revision=revision, **more)


def test_changes_at_two_places_are_brought_together(pair):
    proposal, anna, bert = pair
    save(proposal, anna, "Each day mugs jam the washer.", 1)

    first = save(proposal, bert, "Mugs jam the washer. It costs 3.00.", 1)
    more = save(proposal, bert, "Mugs jam the washer. It costs 3.00 each.", first.revision)

    assert (first.merged, first.answer.text) == (True, "Each day mugs jam the washer. It costs 3.00.")
    assert more.answer.text == "Each day mugs jam the washer. It costs 3.00 each."


def test_who_only_looked_changes_nothing(pair):
    proposal, anna, bert = pair
    save(proposal, anna, "Another text.", 1)

    looked = save(proposal, bert, "Mugs jam the washer.", 1)

    assert (looked.answer.text, looked.answer.revision) == ("Another text.", 2)


def test_a_save_whose_answer_was_lost_is_taken_once(pair):
    proposal, anna, bert = pair
    save(proposal, anna, "Mugs jam the washer daily.", 1)
    save(proposal, bert, "Mugs jam the washer daily. Help.", 2)

    again = save(proposal, anna, "Mugs jam the washer daily.", 1)

    assert (again.merged, again.answer.text, again.revision) == (True, "Mugs jam the washer daily. Help.", 2)


def test_both_texts_of_one_place_are_kept_and_either_can_be_put_back(pair, sign_in):
    proposal, anna, bert = pair
    save(proposal, anna, "Anna's text.", 1)
    for typed in ("Bert's", "Bert's text."):
        with pytest.raises(StaleSave):
            save(proposal, bert, typed, 1)
    page = reverse("projects:answer_texts", args=[proposal.project.slug, 1, "G1"])
    client = sign_in(bert)

    texts = client.get(page).context["texts"]
    back = client.post(page, {"text": texts[0].pk, "revision": 2})
    late = client.post(page, {"text": texts[0].pk, "revision": 2})

    assert [(text.text, text.revision) for text in texts] == [("Bert's text.", None)]
    assert (back.status_code, late.status_code) == (302, 409)
    assert Answer.objects.get().text == "Bert's text."
    assert "Anna's text." in {text.text for text in selectors.earlier_texts(proposal, "G1")}


def test_a_choice_and_a_text_of_two_people_come_together(pair):
    proposal, anna, bert = pair
    services.save_answer(proposal=proposal, user=anna, question="D3", text="95%", choice="expected", revision=0)
    services.save_answer(proposal=proposal, user=anna, question="D3", text="95% of 200", choice="expected", revision=1)

    saved = services.save_answer(proposal=proposal, user=bert, question="D3", text="95%", choice="tried", revision=1)

    assert (saved.answer.text, saved.answer.choice) == ("95% of 200", "tried")
    with pytest.raises(StaleSave):
        services.save_answer(proposal=proposal, user=anna, question="D3", text="95%", choice="unknown", revision=1)


def test_submission_keeps_the_last_text_of_each_sitting(pair):
    proposal, anna, _ = pair
    for number, text in enumerate(("one", "two", "three"), start=1):
        save(proposal, anna, text, number)
    fill_proposal(proposal, anna)

    services.submit_proposal(proposal=proposal, user=anna)

    assert list(AnswerText.objects.filter(answer__question="G1").values_list("text", flat=True)) == ["three"]


def test_the_builder_is_merged_field_by_field(pair, sign_in):
    proposal, _, bert = pair
    address = reverse("projects:proposal_answer", args=[proposal.project.slug, 1, "F1"])
    client = sign_in(bert)
    section = reverse("projects:proposal_section", args=[proposal.project.slug, 1, "feasibility"])
    form = client.get(section).context["builder"]
    services.save_mapping(proposal=proposal, revision=0, values={"x": "photo"}, pairs=[("photo 1", "yes", False)])
    sent = {
        "mapping_revision": "0",
        "mapping_base": form["mapping_base"].value(),
        "pair_count": "3",
        "y": "is it a mug?",
        "pair_2_x": "photo 2",
    }

    merged = client.post(address, sent, headers={"HX-Request": "true"})
    clash = client.post(address, sent | {"x": "sound"}, headers={"HX-Request": "true"})

    proposal.refresh_from_db()
    assert (merged.status_code, clash.status_code) == (200, 422)
    assert merged.context["revision"] == 0  # the photo is not on the page yet
    assert (proposal.x, proposal.y) == ("photo", "is it a mug?")
    assert list(proposal.pairs.values_list("x", "y")) == [("photo 1", "yes"), ("photo 2", "")]


def test_who_else_writes_is_named_for_some_minutes(pair):
    proposal, anna, bert = pair
    moment = save(proposal, anna, "Another text.", 1).answer.edited_at

    seen = [
        selectors.writing_now(proposal, user, moment + timedelta(minutes=after))
        for user, after in ((bert, 1), (bert, 9), (anna, 1))
    ]

    assert seen == [["Anna"], [], []]


def test_a_page_is_told_what_a_colleague_saved_and_nothing_else(pair, sign_in, django_assert_num_queries):
    proposal, anna, bert = pair
    address = reverse("projects:proposal_news", args=[proposal.project.slug, 1])
    client = sign_in(bert)
    client.get(address)  # the session is there
    with django_assert_num_queries(6):
        nothing = client.get(address, {"G1_revision": 1, "G2_revision": 0})
    save(proposal, anna, "Anna's <text>.", 1)

    news = client.get(address, {"G1_revision": 1, "G2_revision": 0})
    shown = client.get(address, {"G1_revision": 1, "G1_shown": 2, "G2_revision": 0})

    assert (nothing.status_code, nothing.content, shown.status_code) == (204, b"", 204)
    assert [(one.question, one.revision) for one in news.context["answers"]] == [("G1", 2)]
    assert "Anna wrote this at" in news.content.decode()
    assert "data-text>Anna&#x27;s &lt;text&gt;.</p>" in news.content.decode()


def test_a_page_is_told_that_the_mapping_changed_and_that_the_version_was_handed_in(pair, sign_in):
    proposal, anna, bert = pair
    address = reverse("projects:proposal_news", args=[proposal.project.slug, 1])
    client = sign_in(bert)
    services.save_mapping(proposal=proposal, revision=0, values={"x": "photo"}, pairs=[])

    changed = client.get(address, {"mapping_revision": 0})
    seen = client.get(address, {"mapping_revision": 0, "mapping_shown": 1})
    fill_proposal(proposal, anna)
    services.submit_proposal(proposal=proposal, user=anna)
    over = client.get(address, {"mapping_revision": 9})

    assert "A colleague changed the mapping." in changed.content.decode()
    fields = json.loads(changed.context["fields"])
    assert (fields["x"], fields["mapping_revision"], fields["pair_3_x"]) == ("photo", 1, None)
    assert seen.status_code == 204
    assert "handed in meanwhile" in over.content.decode()
