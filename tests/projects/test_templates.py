"""Templates: letters about decisions, shapes and examples, as administrators write them anew."""

import pytest
from django.urls import reverse

from dlstart_web.kit import audit
from projects import selectors, services
from projects.core.errors import ProjectProblem
from projects.core.letters import OUTCOMES
from projects.core.shapes import SHAPES
from projects.models import Decision, Project, TemplateWording
from tests.factories import make_handler, make_project, make_proposal, make_review, make_team, make_user
from tests.projects.test_reviews import url

LETTERS, SHAPE_PAGE, MUG = (
    reverse("projects:template_change", args=[key]) for key in ("letters", "shapes", "example-coffee-mug")
)
GALLERY = reverse("projects:shape_list")
OURS = "Dear {team},\r\n\r\n“{project}” is decided: {outcome} until {until}."


def change(seen: int = 1, **words: str) -> dict[str, str]:
    return {"seen": str(seen), "reason": "Our own words."} | words


@pytest.fixture
def boss(db):
    return make_user("Boss", is_administrator=True)


@pytest.fixture
def proposal(db):
    proposal = make_proposal(make_team(make_user("Olga"), name="Northern lights"), submitted=True)
    make_handler(proposal, make_user("Hanna"))
    make_review(proposal, scores=(3, 3, 3, 3, 3))
    return proposal


def hold(proposal, **more):
    return {"proposal": proposal, "user": proposal.project.handler, "outcome": "hold", "reasons": "R.", **more}


def test_a_letter_is_the_template_in_force_and_stays_once_it_is_in_the_outbox(
    sign_in, boss, proposal, mailoutbox, django_capture_on_commit_callbacks
):
    pending = services.save_pending_decision(**hold(proposal, hold_until="May"), letter=True)
    sign_in(boss).post(LETTERS, change(hold=OURS))

    edit = sign_in(proposal.project.handler).get(url("letter_edit", proposal)).content.decode()
    fresh = services.save_pending_decision(**hold(proposal, hold_until="June"), letter=True)
    sign_in(boss).post(LETTERS, change(seen=2, hold="Later words."))
    with django_capture_on_commit_callbacks(execute=True):
        services.send_pending_decision(pending=fresh, user=proposal.project.handler)

    assert str(pending.letter).startswith("The proposal “Mug finder”, version 1, was reviewed.")
    assert "The proposal “Mug finder”" in edit
    assert fresh.letter == "Dear Northern lights,\n\n“Mug finder” is decided: hold until June."
    assert fresh.letter in mailoutbox[0].body
    assert not [fault for fault in audit.verify().faults if fault.table == TemplateWording._meta.db_table]


@pytest.mark.parametrize(("reviews", "words"), [(1, "The reviews are open to you. What would"), (0, "")])
def test_a_letter_of_ours_speaks_of_reviews_only_where_there_are_some(sign_in, boss, reviews, words):
    proposal = make_proposal(submitted=True)
    make_handler(proposal, make_user("Hanna"))
    for _ in range(reviews):
        make_review(proposal, scores=(3, 3, 3, 3, 3))
    sign_in(boss).post(LETTERS, change(stop="Stopped. {reviews}"))

    pending = services.save_pending_decision(**hold(proposal, outcome="stop"), letter=True)

    assert (str(pending.letter).startswith(f"Stopped. {words}"), "reviews" in pending.letter) == (True, bool(reviews))


def test_emptied_a_letter_is_the_one_that_came_with_dlstart_again(sign_in, boss, proposal):
    client = sign_in(boss)
    client.post(LETTERS, change(hold=OURS))

    client.post(LETTERS, change(seen=2))

    page = client.get(LETTERS).content.decode()
    pending = services.save_pending_decision(**hold(proposal, hold_until="May"), letter=True)
    assert "Decision: hold until: May." in pending.letter
    assert [(each.number, each.words) for each in TemplateWording.objects.all()] == [
        (3, {}),
        (2, {"hold": OURS.replace("\r\n", "\n")}),
    ]
    assert ("<ins>Dear" in page, "<del>Dear" in page, "Our own words." in page, "Boss," in page) == (True,) * 4


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_a_preview_shows_an_invented_proposal_and_keeps_nothing(sign_in, boss, outcome):
    typed = "{outcome}: {project} of {team}, version {version}. {reasons}"

    shown = sign_in(boss).post(LETTERS, {"seen": "1", "preview": "1", outcome: typed})

    page = shown.content.decode()
    words = OUTCOMES[outcome].lower()
    assert shown.status_code == 200
    assert f"{words}: Coffee mug of Northlight Canteens, version 1. Everything a reviewer looks for is here." in page
    assert typed in page
    assert not TemplateWording.objects.exists()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "{projct}",
            "Go: there is no field {projct}. This letter knows {project}, {version}, {team}, {outcome}, {reasons}, {reviews}.",
        ),
        ("{until}", "Go: there is no field {until}."),
        ("{project.team}", "Go: there is no field {project.team}."),
        ("{project!r:>9}", "Go: there is no field {project!r:&gt;9}."),
        ("{", "Go: a brace stands alone. Write {{ or }} for one that is no field."),
        ("w" * 5001, "Go: Letter: 5,001 characters; at most 5,000 are kept. Shorten it."),
    ],
)
@pytest.mark.parametrize("button", [{}, {"preview": "1"}])
def test_a_letter_that_cannot_be_filled_in_keeps_what_was_typed(sign_in, boss, text, words, button):
    refused = sign_in(boss).post(LETTERS, change(go=text) | button)

    assert refused.status_code == 422
    assert words in refused.content.decode()
    assert refused.context["form"]["go"].value() == text
    assert not TemplateWording.objects.exists()


def test_outcomes_of_letters_are_those_of_decisions():
    assert [(key, str(label)) for key, label in OUTCOMES.items()] == [(o.value, str(o.label)) for o in Decision.Outcome]


def test_of_two_administrators_the_second_sees_what_changed_and_keeps_what_was_typed(sign_in, boss):
    sign_in(boss).post(LETTERS, change(go="First.", stop="First too."))
    second = sign_in(make_user("Second", is_administrator=True))

    refused = second.post(LETTERS, change(stop="Second."))
    form = refused.context["form"]
    saved = second.post(LETTERS, {name: form[name].value() for name in form.fields})

    assert (refused.status_code, saved.status_code) == (422, 302)
    assert "Version 2 holds by now, and you read version 1." in refused.content.decode()
    assert "Changed meanwhile: Go: Letter. Stop: Letter." in refused.content.decode()
    assert selectors.wordings_in_force()["letters"].own == {"go": "First.", "stop": "Second."}


def test_what_cannot_stand_and_what_changed_meanwhile_are_said_at_once(sign_in, boss):
    sign_in(boss).post(LETTERS, change(go="First."))

    refused = sign_in(boss).post(LETTERS, change(stop="{oops}"))

    page, form = refused.content.decode(), refused.context["form"]
    assert refused.status_code == 422
    assert ("Stop: there is no field {oops}." in page, "Changed meanwhile: Go: Letter." in page) == (True, True)
    assert [form[name].value() for name in ("seen", "go", "stop")] == [2, "First.", "{oops}"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({}, "Nothing is different from the texts in force."),
        ({"go": "Go.", "reason": " "}, "Reason: fill this in."),
    ],
)
def test_a_change_without_difference_or_reason_is_refused(sign_in, boss, data, words):
    refused = sign_in(boss).post(LETTERS, change(**data))

    assert (refused.status_code, TemplateWording.objects.count()) == (422, 0)
    assert words in refused.content.decode()


def test_shapes_are_written_anew_added_hidden_and_put_in_order(sign_in, boss):
    hidden, first = SHAPES[0], SHAPES[3]
    new = {
        "name": "Kiln watch",
        "x": "picture of a glaze",
        "x_kind": "picture",
        "y": "is it cracked?",
        "y_kind": "yes_no",
        "row_means": "one glaze",
        "size": "500 glazes",
        "measure": "recall",
        "begin": "a look at the colour",
    }
    words = {f"{hidden.key}_place": "0", f"{first.key}_place": "1", f"{first.key}_measure": "share sold"}
    words |= {f"own-1_{part}": text for part, text in new.items()}

    saved = sign_in(boss).post(SHAPE_PAGE, change(**words))

    ada = make_user("Ada")
    page = sign_in(ada).get(GALLERY).content.decode()
    sign_in(ada).post(
        reverse("projects:project_create"), {"name": "Kilns", "team": make_team(ada).pk, "begin": "shape-own-1"}
    )
    assert saved.status_code == 302
    assert [shape.key for shape in selectors.shape_gallery()] == [
        first.key,
        *(shape.key for shape in SHAPES[1:] if shape is not first),
        "own-1",
    ]
    assert ("share sold" in page, "Kiln watch" in page, hidden.size in page) == (True, True, False)
    assert (Project.objects.get().proposals.get().y, Project.objects.get().proposals.get().y_kind) == (
        "is it cracked?",
        "yes_no",
    )


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ({"own-1_name": "Kiln watch"}, "Usual data: a new shape needs it."),
        ({"recommendation_place": "first"}, "Place: “first” is no whole number from 0 to 99."),
        ({"recommendation_place": "9" * 5000}, "5,000 characters; at most 200 are kept."),
        ({"recommendation_x_kind": "smell"}, "Recommendation: Kind of X: choose one of those shown."),
        ({f"{shape.key}_place": "0" for shape in SHAPES}, "All shapes are hidden. Leave at least one."),
    ],
)
def test_shapes_that_cannot_be_shown_are_refused(sign_in, boss, words, told):
    refused = sign_in(boss).post(SHAPE_PAGE, change(**words))

    assert (refused.status_code, TemplateWording.objects.count()) == (422, 0)
    assert told in refused.content.decode()
    assert {name: refused.context["form"][name].value() for name in words} == words


def test_an_example_beside_the_form_has_the_texts_in_force(sign_in, boss):
    sign_in(boss).post(MUG, change(name="Mug of ours", G1="Mugs stop our belt.", pair_1_x="photo_1"))

    team = make_team(make_user("Olga"))
    project = make_project(team, user=team.memberships.get().user)
    client = sign_in(project.created_by)
    example = client.get(reverse("projects:example_detail", args=["coffee-mug"])).content.decode()
    section = client.get(reverse("projects:proposal_section", args=[project.slug, 1, "problem"])).content.decode()
    assert [words in example for words in ("Mug of ours", "Mugs stop our belt.", "photo_1 →")] == [True] * 3
    assert ("Mugs stop our belt." in section, "Mug of ours" in section) == (True, True)


def test_templates_are_read_by_all_and_changed_by_administrators(sign_in, boss):
    reader = sign_in(make_user())

    assert reader.get(LETTERS).status_code == 200
    assert reader.post(LETTERS, change(go="Mine.")).status_code == 403
    assert sign_in(boss).get(reverse("projects:template_change", args=["menu"])).status_code == 404
    with pytest.raises(ProjectProblem):
        services.change_wording(by=make_user(), template="letters", words={"go": "Mine."}, reason="R.", seen=1)
    assert not TemplateWording.objects.exists()
