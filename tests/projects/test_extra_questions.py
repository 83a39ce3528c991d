"""Questions that an administrator adds to the proposal form: who is asked them, where their answers are read."""

import json

import pytest
from django.urls import reverse

from dlstart_web.kit import audit
from projects import selectors, services
from projects.core.extras import Extra
from projects.models import Answer, Project, Proposal, QuestionSet, Team, User
from tests.factories import fill_proposal, make_handler, make_project, make_proposal, make_review, make_team, make_user

PAGE = reverse("projects:questions_change")
SITE = {"label": "Which of our sites?", "help": "Its number.", "section": "dataset", "required": "on"}
HTMX = {"headers": {"HX-Request": "true"}}


def filled(*rows: dict[str, str], seen: int = 1, reason: str = "The board wants it.") -> dict[str, str]:
    """The form as the page sends it."""
    data = {"seen": str(seen), "reason": reason}
    for number, row in enumerate(rows, start=1):
        data |= {f"{part}_{number}": words for part, words in ({"section": "problem"} | row).items()}
    for spare in range(len(rows) + 1, len(rows) + 3):
        data |= {f"label_{spare}": "", f"help_{spare}": "", f"section_{spare}": "problem"}
    return data


def ask(boss: User, *questions: Extra) -> QuestionSet:
    """The next version, of these questions."""
    seen = selectors.extras_in_force().number
    return services.change_questions(by=boss, questions=questions, reason="It is so.", seen=seen)


def site(name: str = "", **other) -> Extra:
    return Extra(
        **{"id": name, "label": SITE["label"], "help": SITE["help"], "section": "dataset"} | other, required=True
    )


def write(client, proposal: Proposal, question: str, text: str):
    address = reverse("projects:proposal_answer", args=[proposal.project.slug, proposal.number, question])
    return client.post(address, {question: text, f"{question}_revision": "0"}, **HTMX)


def page(name: str, proposal: Proposal, *more) -> str:
    return reverse(f"projects:{name}", args=[proposal.project.slug, proposal.number, *more])


@pytest.fixture
def boss(db) -> User:
    return make_user("Boss", is_administrator=True)


@pytest.fixture
def owner(db) -> User:
    return make_user("Olga")


@pytest.fixture
def old(owner) -> Project:
    """Begun before anything was added."""
    return make_project(make_team(owner), name="Old idea", user=owner)


def test_a_question_is_asked_in_versions_begun_after_it(sign_in, boss, owner, old):
    changed = sign_in(boss).post(PAGE, filled(SITE))

    new = make_project(old.team, name="New idea", user=owner)
    client = sign_in(owner)
    forms = [client.get(page("proposal_section", p.proposals.get(), "dataset")).content.decode() for p in (old, new)]
    refused = [write(client, p.proposals.get(), "X1", "Site 7.").status_code for p in (old, new)]
    assert changed.status_code == 302
    assert ["Which of our sites?" in form for form in forms] == [False, True]
    assert refused == [404, 200]
    assert Answer.objects.get(question="X1").text == "Site 7."
    assert not [fault for fault in audit.verify().faults if fault.table == QuestionSet._meta.db_table]


def test_everybody_reads_the_questions_with_their_history_and_only_administrators_change_them(sign_in, boss, owner):
    sign_in(boss).post(PAGE, filled(SITE | {"label": "<b>Which</b> site?"}))

    client = sign_in(owner)
    read, tried = client.get(PAGE), client.post(PAGE, filled(SITE, seen=2))

    shown = read.content.decode()
    assert (read.status_code, tried.status_code) == (200, 403)
    assert "X1 is new: “&lt;b&gt;Which&lt;/b&gt; site?”" in shown
    assert "The board wants it." in shown
    assert "Make the next version" not in shown
    assert QuestionSet.objects.count() == 1


@pytest.mark.parametrize(
    ("rows", "other", "words"),
    [
        ([], {}, "Nothing is different from the questions in force."),
        ([SITE], {"reason": " "}, "Reason: fill this in"),
        ([SITE], {"seen": 7}, "Version 1 holds by now, and you read version 7."),
        ([{"help": "Its number."}], {}, "Question 1: write its words; there is only a hint"),
        ([SITE | {"label": "w" * 201}], {}, "Question 1: at most 200 characters are kept; shorten it"),
        ([SITE | {"section": "nowhere"}], {}, "&#x27;nowhere&#x27; is not among the choices"),
        ([SITE, SITE], {}, "“Which of our sites?” is asked twice. Leave one out."),
    ],
)
def test_a_change_that_cannot_be_made_keeps_what_was_typed(sign_in, boss, rows, other, words):
    answer = sign_in(boss).post(PAGE, filled(*rows, **other))

    shown = answer.content.decode()
    assert answer.status_code == 422
    assert words in shown
    assert all(row.get("help", "") in shown for row in rows)
    assert not QuestionSet.objects.exists()


def again(answer) -> dict[str, object]:
    """The form of a page as its reader sends it back."""
    form = answer.context["form"]
    return {name: value for name in form.fields if (value := form[name].value()) not in (None, False)}


def test_of_two_administrators_the_second_reads_what_changed_and_saves_knowingly(sign_in, boss):
    ask(boss, site(), site(label="Which line?"), site(label="Which shift?"))
    second = sign_in(make_user("Second", is_administrator=True))
    ask(boss, site("X1", help="Two digits."), site("X3", label="Which shift?"), site(label="Which door?"))

    read = [{**SITE, "section": "reuse"}, {**SITE, "label": "Which line?"}, {**SITE, "label": "Which shift?"}]
    read[1]["help"] = "Its colour."
    answer = second.post(PAGE, filled(*read, {"label": "Which belt?"}, seen=2, reason="We move."))
    told, saved = answer.context["form"].non_field_errors(), second.post(PAGE, again(answer))

    assert (answer.status_code, saved.status_code) == (422, 302)
    assert told == [
        "Version 3 holds by now, and you read version 2. Read what changed, then make the next version.",
        "Changed meanwhile: X2 is no longer asked: “Which line?” X1 has another hint: “Two digits.” "
        "X4 is new: “Which door?” What you changed stands below as you typed it, all else as it is now.",
    ]
    assert [(one.id, one.label, one.help, one.section) for one in selectors.extras_in_force().questions] == [
        ("X1", "Which of our sites?", "Two digits.", "reuse"),
        ("X3", "Which shift?", SITE["help"], "dataset"),
        ("X4", "Which door?", SITE["help"], "dataset"),
        ("X5", "Which line?", "Its colour.", "dataset"),
        ("X6", "Which belt?", "", "problem"),
    ]


def test_what_is_wrong_and_what_changed_meanwhile_are_said_at_once(sign_in, boss):
    ask(boss, site())
    answer = sign_in(boss).post(PAGE, filled({"label": "w" * 201}, seen=1))

    shown = answer.content.decode()
    assert "at most 200 characters are kept" in shown
    assert "Changed meanwhile: X1 is new: “Which of our sites?”" in shown
    assert "w" * 201 in shown
    assert answer.context["form"]["seen"].value() == 2


def test_questions_are_put_in_another_order(sign_in, boss, owner):
    ask(boss, site(), site(label="Which line?"), site(label="Which shift?"))
    client = sign_in(boss)
    rows = [{**SITE, "label": label} for label in (SITE["label"], "Which line?", "Which shift?")]

    up = client.post(PAGE, filled(*rows[:2], rows[2] | {"place": "1"}, seen=2))
    first = [one.id for one in selectors.extras_in_force().questions]
    down = client.post(PAGE, filled(rows[2] | {"place": "2"}, *rows[:2], seen=3))

    shown = client.get(PAGE).content.decode()
    assert (up.status_code, down.status_code) == (302, 302)
    assert first == ["X3", "X1", "X2"]
    assert [one.id for one in selectors.extras_in_force().questions] == ["X1", "X3", "X2"]
    assert "They are asked in the order X3, X1, X2 now." in shown


def test_an_id_never_comes_back_for_another_question(sign_in, boss):
    client = sign_in(boss)
    client.post(PAGE, filled(SITE))
    client.post(PAGE, filled(SITE | {"gone": "on"}, seen=2))
    client.post(PAGE, filled({"label": "Whose budget?"}, seen=3))
    client.post(PAGE, filled({"label": "Which budget?"}, seen=4))

    asked = [[one["id"] for one in made.questions] for made in QuestionSet.objects.order_by("number")]
    assert asked == [["X1"], [], ["X2"], ["X3"]]


def test_a_revision_takes_the_newest_questions_and_the_old_version_keeps_its_answers(sign_in, boss, owner, old):
    ask(boss, site(), site(label="Which line?"))
    first = fill_proposal(make_project(old.team, name="New idea", user=owner).proposals.get(), owner, "As at first.")
    services.submit_proposal(proposal=first, user=owner)
    ask(boss, site("X1"), Extra("", "Which shift?", "", "dataset", False))
    services.withdraw_proposal(proposal=first)

    second = services.revise_proposal(project=first.project)

    client = sign_in(owner)
    read = [client.get(page("proposal_preview", each)).content.decode() for each in (first, second)]
    compared = client.get(page("proposal_changes", second)).content.decode()
    assert [text in read[0] for text in ("Which line?", "X2: As at first.", "Which shift?")] == [True, True, False]
    assert [text in read[1] for text in ("Which line?", "X2: As at first.", "Which shift?")] == [False, False, True]
    assert [("27 questions" in shown, "X1: As at first." in shown) for shown in read] == [(True, True)] * 2
    assert "1 of 28 answers differ." in compared
    assert "<del>X2: As at first.</del>" in compared


def test_a_demo_is_asked_the_25_alone(boss, owner):
    ask(boss, site())
    team = make_team(owner)
    Team.objects.update(is_demo=True)
    team.refresh_from_db()

    proposal = make_proposal(team, submitted=True)
    services.withdraw_proposal(proposal=proposal)

    revised = services.revise_proposal(project=proposal.project)
    assert [len(selectors.form_of(each).questions) for each in (proposal, revised)] == [25, 25]


def test_a_needed_question_holds_the_submission(sign_in, boss, owner):
    ask(boss, site())
    proposal = fill_proposal(make_project(make_team(owner), user=owner).proposals.get(), owner)
    Answer.objects.filter(question="X1").delete()
    client = sign_in(owner)

    refused = client.post(page("proposal_submit", proposal))
    write(client, proposal, "X1", "unknown")
    submitted = client.post(page("proposal_submit", proposal))

    proposal.refresh_from_db()
    assert (refused.status_code, submitted.status_code, proposal.state) == (422, 302, Proposal.State.SUBMITTED)
    assert "X1: Which of our sites?" in refused.content.decode()
    points = selectors.form_of(proposal).open_points(selectors.replies_of(proposal), selectors.mapping_of(proposal))
    assert [(question.id, str(why)) for question, why in points] == [("X1", "not known yet")]


def test_readiness_names_an_empty_question(boss, owner):
    ask(boss, site())
    proposal = fill_proposal(make_project(make_team(owner), user=owner).proposals.get(), owner)
    Answer.objects.filter(question="X1").delete()

    first = selectors.readiness_of(proposal)[0]

    assert (first.is_met, first.note, first.section, first.field) == (False, "X1", "dataset", "X1")


def test_two_writers_of_an_extra_question_lose_nothing(sign_in, boss, owner):
    ask(boss, site())
    mate = make_user("Mate")
    proposal = make_project(make_team(owner, mate), user=owner).proposals.get()

    first = write(sign_in(owner), proposal, "X1", "Site 7.")
    clash = write(sign_in(mate), proposal, "X1", "Site 12.")

    texts = sign_in(mate).get(page("answer_texts", proposal, "X1")).content.decode()
    assert (first.status_code, clash.status_code) == (200, 422)
    assert "Site 7." in clash.content.decode()
    assert "Site 12." in texts


def test_reviewers_read_it_search_finds_it_and_the_team_comments_on_it(sign_in, boss, owner):
    ask(boss, site())
    proposal = make_proposal(make_team(owner))
    Answer.objects.filter(question="X1").update(text="The zebra site.")
    services.submit_proposal(proposal=proposal, user=owner)
    make_handler(proposal)
    reviewer = make_user("Rita")
    make_review(proposal, reviewer)

    read = sign_in(reviewer).get(page("review_edit", proposal)).content.decode()
    found = sign_in(reviewer).get(reverse("projects:search"), {"q": "zebra"}).content.decode()
    commented = sign_in(owner).post(page("comment_list", proposal), {"question": "X1", "text": "Which one?"})
    astray = sign_in(owner).post(page("comment_list", proposal), {"question": "X2", "text": "Which one?"})

    assert "Which of our sites?" in read
    assert "The zebra site." in read
    assert proposal.project.name in found
    assert (commented.status_code, astray.status_code) == (302, 422)
    assert proposal.comments.get().question == "X1"


def test_the_api_gives_the_questions_and_takes_their_answers(sign_in, boss, owner):
    ask(boss, site())
    proposal = make_project(make_team(owner), user=owner).proposals.get()
    client, path = sign_in(owner), f"/api/v1/proposals/{proposal.pk}"

    def patch(answers: dict[str, dict[str, str]]):
        tag = client.get(path)["ETag"]
        body = json.dumps({"answers": answers})
        return client.patch(path, body, content_type="application/json", headers={"If-Match": tag})

    saved, astray = patch({"X1": {"text": "Site 7."}}), patch({"X2": {"text": "Site 7."}})

    asked = {"id": "X1", "label": SITE["label"], "help": SITE["help"], "section": "dataset", "required": True}
    assert (saved.status_code, astray.status_code) == (200, 422)
    assert saved.json()["extra_questions"] == [asked]
    assert saved.json()["answers"]["X1"]["text"] == "Site 7."
    assert "There is no question X2." in astray.content.decode()


def test_their_words_stay_as_written_in_german(sign_in, boss, owner):
    ask(boss, site())
    proposal = make_project(make_team(owner), user=owner).proposals.get()
    User.objects.filter(pk=owner.pk).update(language="de")

    shown = sign_in(owner).get(page("proposal_section", proposal, "dataset")).content.decode()

    assert "Which of our sites?" in shown
    assert "von dieser Organisation gefragt" in shown
