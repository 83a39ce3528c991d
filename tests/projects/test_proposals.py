"""Writing a proposal: autosave, two editors, the builder, submission, frozen versions, revision, search."""

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse

from projects import selectors, services
from projects.core.errors import FrozenVersion, ProjectProblem, StaleSave
from projects.core.examples import BY_KEY
from projects.core.form import BUILT_IN
from projects.models import Answer, Project, Proposal
from tests.factories import (
    fill_proposal,
    make_approved_project,
    make_handler,
    make_project,
    make_proposal,
    make_review,
    make_team,
    make_user,
)

HTMX = {"headers": {"HX-Request": "true"}}


def section(project: Project, name: str = "problem", number: int = 1) -> str:
    return reverse("projects:proposal_section", args=[project.slug, number, name])


def autosave(project: Project, question: str = "G1", number: int = 1) -> str:
    return reverse("projects:proposal_answer", args=[project.slug, number, question])


def stored(project: Project, question: str = "G1") -> tuple[str, int]:
    return Answer.objects.values_list("text", "revision").get(proposal__project=project, question=question)


@pytest.fixture
def project(db) -> Project:
    return make_project(make_team(make_user("Olga")))


@pytest.fixture
def owner(project):
    return project.team.memberships.get().user


def test_an_idea_begins_a_project(sign_in, project, owner):
    response = sign_in(owner).post(
        reverse("projects:project_create"),
        {"name": "Mug finder", "idea": "Mugs jam the washer.", "team": project.team.pk},
    )

    made = Project.objects.exclude(pk=project.pk).get()
    assert (response.status_code, response["Location"], made.slug) == (302, section(made), "mug-finder-2")
    assert stored(made) == ("Mugs jam the washer.", 1)


def test_a_project_is_made_in_ones_own_team_only(sign_in, owner):
    other = make_team()

    response = sign_in(owner).post(reverse("projects:project_create"), {"name": "X", "team": other.pk})

    assert (response.status_code, list(response.context["form"].errors)) == (422, ["team"])


def test_autosave_keeps_one_answer_and_hands_out_the_next_revision(sign_in, project, owner):
    client = sign_in(owner)

    first = client.post(autosave(project), {"G1": "Mugs", "G1_revision": "0", "G2": "not this one"}, **HTMX)
    second = client.post(autosave(project), {"G1": "Mugs jam", "G1_revision": "1"}, **HTMX)

    assert (first.status_code, second.status_code) == (200, 200)
    assert 'value="2"' in second.content.decode()
    assert stored(project) == ("Mugs jam", 2)
    assert Answer.objects.count() == 1


def test_autosave_tells_the_strip_of_sections_how_far_the_form_is(sign_in, project, owner):
    client = sign_in(owner)

    saved = client.post(autosave(project), {"G1": "Mugs", "G1_revision": "0"}, **HTMX).content.decode()

    page = client.get(section(project)).content.decode()
    words = dict.fromkeys(BUILT_IN.by_key, "not begun") | {"problem": "1 of 4"}
    for key, told in words.items():
        assert f'<small id="progress-{key}" hx-swap-oob="innerHTML">{told}</small>' in saved
        assert f'<small id="progress-{key}">{told}</small>' in page


def test_the_same_text_twice_is_no_conflict(sign_in, project, owner):
    client = sign_in(owner)
    data = {"G1": "Mugs", "G1_revision": "0"}

    assert [client.post(autosave(project), data, **HTMX).status_code for _ in range(2)] == [200, 200]
    assert stored(project) == ("Mugs", 1)


def test_two_editors_lose_nothing_by_autosave(sign_in, project, owner):
    services.save_answer(
        proposal=project.proposals.get(), user=make_user("Bob"), question="G1", text="Bob's text", revision=0
    )

    late = sign_in(owner).post(autosave(project), {"G1": "Olga's text", "G1_revision": "0"}, **HTMX)

    page = late.content.decode()
    assert late.status_code == 422
    assert ("Bob saved another text" in page, "Bob&#x27;s text" in page) == (True, True)
    assert stored(project) == ("Bob's text", 1)


def test_two_editors_lose_nothing_by_a_plain_post(sign_in, project, owner):
    services.save_answer(
        proposal=project.proposals.get(), user=make_user("Bob"), question="G1", text="Bob's text", revision=0
    )
    client = sign_in(owner)
    data = {"G1": "Olga's text", "G1_revision": "0", "G2": "The arm", "G2_revision": "0", "go": "dataset"}

    late = client.post(section(project), data)
    page = late.content.decode()

    assert late.status_code == 409
    assert ("Olga&#x27;s text" in page, "Bob&#x27;s text" in page) == (True, True)
    assert (stored(project), stored(project, "G2")) == (("Bob's text", 1), ("The arm", 1))

    chosen = client.post(section(project), data | {"G1_revision": "1", "G2_revision": "1"})
    assert (chosen.status_code, stored(project)) == (302, ("Olga's text", 2))


def test_save_and_go_leads_on_without_script(sign_in, project, owner):
    response = sign_in(owner).post(
        section(project, "dataset"), {"D3": "95%", "D3_revision": "0", "D3_choice": "tried", "go": "reuse"}
    )

    assert (response.status_code, response["Location"]) == (302, section(project, "reuse"))
    assert Answer.objects.get(question="D3").choice == "tried"


def test_too_long_a_text_stays_in_the_form(sign_in, project, owner):
    response = sign_in(owner).post(section(project), {"G1": "x" * 20_001, "G1_revision": "0", "go": "dataset"})

    assert (response.status_code, list(response.context["form"].errors)) == (422, ["G1"])
    assert "x" * 20_001 in response.content.decode()


def test_the_text_of_a_signed_out_writer_stays(client, project):
    response = client.post(autosave(project), {"G1": "Mugs", "G1_revision": "0"}, **HTMX)

    assert response.status_code == 422
    assert "you are signed out" in response.content.decode()


def pairs(count: int, **more) -> dict[str, str]:
    """The builder's fields with a number of pairs, the last one hard."""
    data = {
        "x": "photo",
        "y": "is it a mug?",
        "x_kind": "picture",
        "y_kind": "yes_no",
        "mapping_revision": "0",
        "pair_count": str(count),
    }
    for number in range(1, count + 1):
        data |= {f"pair_{number}_x": f"photo {number}", f"pair_{number}_y": "yes"}
    return data | {f"pair_{count}_hard": "on"} | more


def test_the_builder_keeps_pairs_and_adds_one_without_script(sign_in, project, owner):
    client = sign_in(owner)

    added = client.post(section(project, "feasibility"), pairs(3, add="pair"))
    page = client.get(section(project, "feasibility"))

    assert (added.status_code, added["Location"]) == (302, section(project, "feasibility") + "#pairs")
    assert len(page.context["builder"].rows()) == 4
    saved = client.post(autosave(project, "F1"), pairs(4, mapping_revision="1"), **HTMX)
    assert saved.status_code == 200
    assert list(project.proposals.get().pairs.values_list("x", "is_hard")) == [
        ("photo 1", False),
        ("photo 2", False),
        ("photo 3", False),
        ("photo 4", True),
    ]


def test_the_builder_shows_magic_and_takes_it_away(sign_in, project, owner):
    client = sign_in(owner)

    vague = client.post(autosave(project, "F1"), pairs(3, y="the best strategy"), **HTMX).content.decode()
    clear = client.post(autosave(project, "F1"), pairs(3, mapping_revision="1"), **HTMX).content.decode()

    assert ("Magic goes here" in vague, "Magic goes here" in clear) == (True, False)


def test_two_editors_of_the_mapping_lose_nothing(sign_in, project, owner):
    services.save_mapping(proposal=project.proposals.get(), revision=0, values={"x": "theirs", "y": "theirs"}, pairs=[])

    late = sign_in(owner).post(section(project, "feasibility"), pairs(3, go="payoff"))

    assert late.status_code == 409
    assert ("Given one theirs" in late.content.decode(), 'value="photo 3"' in late.content.decode()) == (True, True)
    assert project.proposals.get().x == "theirs"


def test_submission_is_blocked_by_empty_starred_questions_alone(sign_in, project, owner):
    client, page = sign_in(owner), reverse("projects:proposal_submit", args=[project.slug, 1])
    proposal = project.proposals.get()
    fill_proposal(proposal, owner)
    for question in ("P2", "D5"):
        services.save_answer(proposal=proposal, user=owner, question=question, text=" ", revision=1)

    refused = client.post(page)
    services.save_answer(proposal=proposal, user=owner, question="P2", text="unknown", revision=2)
    accepted = client.post(page)

    assert refused.status_code == 422
    assert section(project, "payoff") + "#id_P2" in refused.content.decode()
    assert [question.id for _, question in refused.context["missing"]] == ["P2"]
    assert (accepted.status_code, project.proposals.get().state) == (302, "submitted")
    assert Project.objects.get(pk=project.pk).reached == Project.Step.IDEA


def test_a_submitted_version_is_frozen_and_late_text_is_shown(sign_in, project, owner):
    proposal = make_proposal(project=project, submitted=True)
    client = sign_in(owner)
    before = stored(project)

    typed = client.post(section(project), {"G1": "Too late", "G1_revision": "1", "go": "dataset"})
    silent = client.post(autosave(project), {"G1": "Too late", "G1_revision": "1"}, **HTMX)

    assert (typed.status_code, silent.status_code, stored(project)) == (409, 422, before)
    assert "Too late" in typed.content.decode()
    for act in (
        lambda: services.save_mapping(proposal=proposal, revision=1, values={}, pairs=[]),
        lambda: services.submit_proposal(proposal=proposal, user=owner),
    ):
        with pytest.raises(FrozenVersion):
            act()


def test_a_revision_begins_with_the_old_words_and_shows_what_changed(sign_in, project, owner):
    proposal = make_proposal(project=project, submitted=True)
    handler = make_handler(proposal)
    services.make_decision(proposal=proposal, user=handler, outcome="revise", reasons="Take new photos.")
    fresh = project.proposals.get(number=2)
    services.save_answer(proposal=fresh, user=owner, question="G1", text="G1: Another answer.", revision=0)

    page = sign_in(owner).get(reverse("projects:proposal_changes", args=[project.slug, 2]))

    assert (fresh.state, fresh.x, fresh.pairs.count(), fresh.answers.count()) == ("draft", "photo", 3, 24)
    assert [change.question.id for change in page.context["changes"]] == ["G1"]
    assert ("<del>An</del>" in page.content.decode(), "<ins>Another</ins>" in page.content.decode()) == (True, True)
    assert stored_of(proposal) == "G1: An answer."


def test_what_changed_in_plans_and_attachments_is_told_entry_by_entry(sign_in, project, owner):
    proposal = make_proposal(project=project, submitted=False)
    payoff = {"places": "12", "times": "8,000"}
    services.save_plan(proposal=proposal, user=owner, kind="payoff", values=payoff, base={})
    services.save_plan(
        proposal=proposal, user=owner, kind="rails", values={"wrong_1": "a jam", "rail_1": "a limit"}, base={}
    )
    for name, words in (("same.txt", "a"), ("other.txt", "b"), ("gone.txt", "c")):
        services.attach_file(proposal=proposal, user=owner, name=name, file=ContentFile(words.encode()))
    services.submit_proposal(proposal=proposal, user=owner)
    services.make_decision(proposal=proposal, user=make_handler(proposal), outcome="revise", reasons="Again.")
    fresh = project.proposals.get(number=2)
    address = reverse("projects:proposal_changes", args=[project.slug, 2])
    same = sign_in(owner).get(address)

    services.save_plan(
        proposal=fresh, user=owner, kind="payoff", base=payoff, values={"places": "14", "times": "", "worth": "3.00"}
    )
    services.save_plan(
        proposal=fresh, user=owner, kind="rails", base={"rail_1": "a limit"}, values={"rail_1": "a stop button"}
    )
    for name in ("other.txt", "gone.txt"):
        services.remove_attachment(attachment=fresh.attachments.get(name=name))
    services.attach_file(proposal=fresh, user=owner, name="other.txt", file=ContentFile(b"new"))
    page = sign_in(owner).get(address)

    assert same.context["tables"] == []
    assert "Nothing differs" in same.content.decode()
    payoff_rows, rails_rows, files = (
        [(row.kind, row.name, row.was, row.now) for row in table.rows] for table in page.context["tables"]
    )
    assert payoff_rows == [
        ("changed", "How many places would use it?", "12", "14"),
        ("removed", "How many times a year at each?", "8,000", ""),
        ("added", "What is one right answer worth?", "", "3.00"),
    ]
    assert rails_rows == [("changed", "Guard rail, row 1", "a limit", "a stop button")]
    assert [row[:2] for row in files] == [("changed", "other.txt"), ("removed", "gone.txt")]
    assert "<del>12</del>" in page.content.decode()


def stored_of(proposal: Proposal) -> str:
    return proposal.answers.get(question="G1").text


def test_readers_never_see_the_next_draft(sign_in, project, owner):
    proposal = make_proposal(project=project, submitted=True)
    services.make_decision(proposal=proposal, user=make_handler(proposal), outcome="revise", reasons="Again.")
    fresh = project.proposals.get(number=2)
    services.save_answer(proposal=fresh, user=owner, question="G1", text="a secret plan", revision=0)
    services.save_mapping(proposal=fresh, revision=0, values={"x": "secret sensor", "y": "?"}, pairs=[])
    reader = make_user()
    client = sign_in(reader)

    for page in ("project_list", "project_detail", "search"):
        address = reverse(f"projects:{page}", args=[project.slug] if page == "project_detail" else [])
        body = client.get(address, {"q": "sec"}).content.decode()
        assert "secret" not in body, page
    assert client.get(reverse("projects:proposal_preview", args=[project.slug, 2])).status_code == 404
    assert list(selectors.search_projects(reader, "secret")) == []
    assert list(selectors.search_projects(owner, "secret")) == [project]


def test_revising_waits_for_the_decision(project, owner):
    make_proposal(project=project, submitted=True)

    with pytest.raises(ProjectProblem):
        services.revise_proposal(project=project)


def test_withdrawing_hides_a_version_from_readers(sign_in, project, owner):
    make_proposal(project=project, submitted=True)

    response = sign_in(owner).post(reverse("projects:proposal_withdraw", args=[project.slug, 1]))

    assert response.status_code == 302
    assert sign_in(make_user()).get(reverse("projects:project_detail", args=[project.slug])).status_code == 404
    assert services.revise_proposal(project=project).number == 2


@pytest.mark.django_db
def test_search_finds_words_in_answers_and_names_but_never_in_reviews(sign_in):
    proposal = make_proposal(submitted=True)
    review = make_review(proposal, scores=(1, 1, 1, 1, 1), text="unfindable")

    found = {
        text: selectors.search_projects(make_user(), text).count()
        for text in ("P3: An answer", "Mug", "glass", "photo", "unfindable")
    }

    assert found == {"P3: An answer": 1, "Mug": 1, "glass": 0, "photo": 1, "unfindable": 0}
    for person in (proposal.project.handler, review.reviewer, proposal.submitted_by):
        assert list(selectors.search_projects(person, "unfindable")) == []


def test_the_example_page_reads(sign_in, owner):
    for key in BY_KEY:
        assert sign_in(owner).get(reverse("projects:example_detail", args=[key])).status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("count", [1, 3])
def test_lists_of_projects_ask_the_same_number_of_queries(sign_in, django_assert_num_queries, count):
    team = make_team(owner := make_user())
    for _ in range(count):
        make_proposal(team, submitted=True)
        make_project(team)
    client = sign_in(owner)

    with django_assert_num_queries(11):
        client.get(reverse("evaluations:home"))
    with django_assert_num_queries(5):
        client.get(reverse("projects:project_list"))
    with django_assert_num_queries(5):
        client.get(reverse("projects:search"), {"q": "mug"})


@pytest.mark.django_db
def test_steps_open_up_to_the_next_one():
    project = make_approved_project()

    steps = selectors.project_steps(project)

    assert [step["state"] for step in steps] == ["done", "done", "now", "later", "later", "later"]
    assert [bool(step["url"]) for step in steps] == [True, True, True, False, False, False]
    services.reach_step(project=project, step=Project.Step.IDEA)
    assert Project.objects.get(pk=project.pk).reached == Project.Step.REVIEW
    assert [step["state"] for step in selectors.project_steps(project, here=1)] == [
        "now",
        "done",
        "later",
        "later",
        "later",
        "later",
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("metric", "level", "difference"),
    [
        ("accuracy", 0.9, 0.02),
        ("roc_auc", 1.0, 0.5),
        ("rmse", 120.0, 5.0),
        ("r2", -0.1, 0.02),
        ("log_loss", 2.0, 0.1),
    ],
)
def test_a_criterion_is_locked_with_its_fingerprint(metric, level, difference):
    project = make_approved_project()
    owner = project.team.memberships.get().user

    first = services.lock_criterion(
        project=project,
        user=owner,
        metric=metric,
        level=level,
        smallest_difference=difference,
        reason="",
        results_seen=0,
    )

    assert (first.number, len(first.fingerprint), first.locked_by) == (1, 64, owner)
    assert selectors.current_criterion(project) == first
    with pytest.raises(ProjectProblem, match="needs its reason"):
        services.lock_criterion(
            project=project,
            user=owner,
            metric=metric,
            level=level,
            smallest_difference=difference,
            reason=" ",
            results_seen=3,
        )
    second = services.lock_criterion(
        project=project,
        user=owner,
        metric=metric,
        level=level,
        smallest_difference=difference,
        reason="New belt",
        results_seen=3,
    )
    assert (second.number, selectors.current_criterion(project)) == (2, second)
    assert second.fingerprint != first.fingerprint


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("metric", "level", "difference"),
    [
        ("luck", 0.9, 0.02),
        ("accuracy", 90, 0.02),
        ("accuracy", 0, 0.02),
        ("accuracy", 0.9, 0),
        ("accuracy", 0.9, 1.0),
        ("rmse", -1, 0.02),
        ("r2", 1.5, 0.02),
        ("accuracy", float("nan"), 0.02),
    ],
)
def test_a_criterion_that_means_nothing_is_refused(metric, level, difference):
    project = make_project()
    owner = project.team.memberships.get().user

    with pytest.raises(ProjectProblem):
        services.lock_criterion(
            project=project,
            user=owner,
            metric=metric,
            level=level,
            smallest_difference=difference,
            reason="",
            results_seen=0,
        )

    assert project.criteria.count() == 0


@pytest.mark.django_db
def test_only_an_owner_locks_the_criterion():
    team = make_team(make_user(), member := make_user())
    project = make_project(team)

    with pytest.raises(ProjectProblem):
        services.lock_criterion(
            project=project,
            user=member,
            metric="accuracy",
            level=0.9,
            smallest_difference=0.02,
            reason="",
            results_seen=0,
        )


@pytest.mark.django_db
def test_a_stale_save_names_what_is_stored():
    proposal = make_project().proposals.get()
    user = make_user()
    services.save_answer(proposal=proposal, user=user, question="G1", text="one", revision=0)

    with pytest.raises(StaleSave) as stale:
        services.save_answer(proposal=proposal, user=user, question="G1", text="two", revision=0)

    assert stale.value.saved.text == "one"
