"""The portfolio: bands of what one may see, evidence beside reviews, a budget's cut, downloads."""

import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from datasets import services as dataset_services
from evaluations import selectors
from evaluations import services as evaluation_services
from evaluations.selectors.operating import behaviour_of
from projects import selectors as project_selectors
from projects import services
from projects.models import Plan, Proposal, User
from tests.evaluations.test_services import open_final
from tests.factories import (
    do_ingestions,
    do_submissions,
    make_approved_project,
    make_done_ladder,
    make_handler,
    make_project,
    make_proposal,
    make_review,
    make_sealed_version,
    make_team,
    make_user,
    make_version,
)

TABLE = reverse("evaluations:portfolio")
PLAN = {"places": "10", "times": "100", "worth": "3", "share": "60", "build": "500", "run": "50", "years": "2"}


def reviewed(handler: User, name: str, *scores: int, build: str = "500", reviews: int = 3) -> Proposal:
    """A proposal of this handler with as many reviews of these five scores."""
    proposal = make_proposal(submitted=True, name=name)
    make_handler(proposal, handler)
    for _ in range(reviews):
        make_review(proposal, scores=tuple(scores))
    Plan.objects.create(proposal=proposal, kind="payoff", values=PLAN | {"build": build})
    return proposal


@pytest.fixture
def handler(db):
    return make_user("Edda")


@pytest.fixture
def three(handler):
    """Good, weak and blocked."""
    return [
        reviewed(handler, "Router", 4, 4, 5, 3, 4, build="8"),
        reviewed(handler, "Menu", 2, 2, 3, 2, 3, build="=900"),
        reviewed(handler, "Cart", 4, 4, 4, 5, 1, build="40"),
    ]


def people_around(proposal: Proposal) -> dict[str, User]:
    """Everybody who may stand in some relation to a proposal."""
    project = proposal.project
    services.join_team(team=project.team, user=(member := make_user()))
    named, gone = make_user(), make_user()
    services.note_conflict(project=project, user=named, by=proposal.submitted_by, kind="benefits")
    services.join_team(team=project.team, user=gone)
    services.leave_team(membership=project.team.memberships.get(user=gone))
    shared = make_team(member, colleague := make_user())
    make_project(shared, name="Shared", user=member)
    services.note_conflict(
        project=project, user=(glass := make_user(is_administrator=True)), by=proposal.submitted_by, kind="benefits"
    )
    services.break_glass(project=project, by=glass, reason="A complaint came in.")
    return {
        "owner": proposal.submitted_by, "member": member, "named": named, "gone": gone,
        "colleague": colleague, "reader": make_user(),
        "handler": project.handler, "administrator": make_user(is_administrator=True), "glass": glass,
        "demo": make_user(is_demo=True), "done": make_review(proposal, scores=(3, 3, 3, 3, 3)).reviewer,
        "waiting": make_review(proposal).reviewer, "declined": services.give_back_review(
            review=make_review(proposal), why="declined").reviewer,
        "conflict": services.give_back_review(review=make_review(proposal), why="conflict").reviewer,
    }  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("is_private", [False, True])
def test_the_rule_for_all_proposals_is_the_rule_for_one(handler, is_private):
    proposal = make_proposal(submitted=True)
    type(proposal.project).objects.filter(pk=proposal.project_id).update(is_private=is_private)
    make_handler(proposal, handler)
    people = people_around(proposal)

    def both() -> dict[str, tuple[int, int]]:
        current = Proposal.objects.select_related("project__team", "project__handler").get(pk=proposal.pk)
        return {
            name: (
                project_selectors.visible_reviews(person, current).count(),
                project_selectors.readable_reviews(person).filter(proposal=current).count(),
            )
            for name, person in people.items()
        }

    steps = [both()]
    services.begin_discussion(proposal=proposal, user=handler)
    steps.append(both())
    services.make_decision(proposal=proposal, user=handler, outcome="stop", reasons="No.")
    steps.append(both())

    assert [name for step in steps for name, (one, all_) in step.items() if one != all_] == []
    assert sum(one > 0 for one, _ in steps[0].values()) == 3  # the handler, who is done, and who broke the glass
    shut_out = ("named", "gone", "colleague", "conflict")
    assert [steps[2][name] for name in (*shut_out, "owner", "member", "handler")] == [(0, 0)] * 4 + [(1, 1)] * 3


def test_bands_come_best_first_and_a_blocker_is_shown(sign_in, handler, three):
    found = selectors.portfolio(handler)
    page = sign_in(handler).get(TABLE).content.decode()

    assert [(entry.band, entry.rank, entry.name) for entry in found.entries] == [
        ("A", 1, "Router"), ("A", 2, "Cart"), ("B", 3, "Menu"),
    ]  # fmt: skip
    assert found.overlaps == ["Ranks 1 and 2 overlap"]
    assert "Ranks 1 and 2 overlap; do not read the order as certain." in page
    assert (page.count(">blocker<"), "From 10 projects on" in page) == (2, True)


def test_nobody_sees_a_project_whose_reviews_are_closed_to_them(sign_in, handler, three):
    for person in (make_user(), three[0].submitted_by, make_user(is_administrator=True)):
        shown = sign_in(person).get(TABLE).content.decode()
        assert ("Menu" in shown, "Cart" in shown) == (False, False)


def test_fewer_than_three_reviews_are_not_ranked(handler):
    reviewed(handler, "Early", 5, 5, 5, 5, 5, reviews=2)

    found = selectors.portfolio(handler)

    assert ([entry.name for entry in found.entries], [entry.name for entry in found.provisional]) == ([], ["Early"])


def named(client, **asked: str) -> list[str]:
    """The projects of the table in their order, as the page draws it."""
    page = client.get(TABLE, asked)
    return [entry.name for _, entries in page.context["bands"] for entry in entries]


def test_the_table_is_sorted_by_its_heads_and_ranks_stay(sign_in, handler, three):
    client = sign_in(handler)

    by_payoff, unknown = client.get(TABLE, {"sort": "payoff"}), client.get(TABLE, {"sort": "password"})

    assert (named(client, sort="payoff"), named(client, sort="name")) == (
        ["Cart", "Router", "Menu"], ["Cart", "Menu", "Router"],
    )  # fmt: skip
    assert [entry.rank for entry in by_payoff.context["bands"][0][1]] == [2, 1, 3]
    assert ('aria-sort="descending"' in by_payoff.content.decode(), "?sort=gap" in by_payoff.content.decode()) == (
        True,
        True,
    )
    assert [band for band, _ in unknown.context["bands"]] == ["A", "B"]


def test_the_table_is_narrowed_by_state_team_and_department_and_the_budget_with_it(sign_in, handler, three):
    client, owner = sign_in(handler), three[2].submitted_by
    User.objects.filter(pk=owner.pk).update(department="Canteen")
    services.begin_discussion(proposal=three[1], user=handler)
    services.make_decision(proposal=three[1], user=handler, outcome="stop", reasons="No.")

    here = client.get(TABLE, {"state": "in_review", "sort": "name", "budget": "200"})

    assert [entry.name for entry in here.context["shown"]] == ["Router", "Cart"]
    assert here.context["cut"]["fits"] == ["Router"]
    assert '<input type="hidden" name="state" value="in_review">' in here.content.decode()
    assert named(client, state="stop") == ["Menu"]
    assert named(client, department="Canteen") == ["Cart"]
    assert named(client, team=three[0].project.team.name, gate="1") == ["Router"]
    assert "No ranked project fits" in client.get(TABLE, {"team": "Nobody"}).content.decode()


def test_a_filter_names_no_team_that_a_blind_review_hides(sign_in, three):
    first = three[0]
    reviewer = first.reviews.first().reviewer
    services.begin_discussion(proposal=first, user=first.project.handler)
    services.make_decision(proposal=first, user=first.project.handler, outcome="revise", reasons="Again.")
    first.project.proposals.filter(number=2).update(state="in_review")
    make_review(first.project.proposals.get(number=2), reviewer)

    page = sign_in(reviewer).get(TABLE)

    assert [entry.name for entry in page.context["shown"]] == ["Router"]
    assert first.project.team.name not in page.content.decode()


def test_a_budget_draws_the_cut_without_script(sign_in, handler, three):
    client = sign_in(handler)

    drawn = client.get(TABLE, {"budget": "200"})
    odd = client.get(TABLE, {"budget": "lots"})

    page = drawn.content.decode()
    assert drawn.context["cut"] == {"fits": ["Router"], "out": ["Menu"], "blocked": ["Cart"], "unknown": []}
    assert ("<strong>Menu</strong>" in page, ">falls out<" in page) == (True, True)
    assert ("“lots” is none" in odd.content.decode(), odd.context["cut"]) == (True, None)


def test_the_plot_says_what_it_shows_in_a_sentence_and_in_a_table(sign_in, handler, three):
    client = sign_in(handler)

    page = client.get(TABLE)
    body = page.content.decode()
    table = body[body.index("Mean of the reviewers, with their range") :]

    assert page.context["finding"] == "Cart promises most: payoff 5.0, at a feasibility of 4.0"
    assert f"<figcaption>{page.context['finding']}</figcaption>" in body
    assert [dot["name"] for dot in page.context["plot"]] == [entry.name for entry in page.context["shown"]]
    for name, feasible, payoff, asked, weakest in (
        ("Router", "5.0 (5–5)", "3.0 (3–3)", "108", "Payoff"),
        ("Cart", "4.0 (4–4)", "5.0 (5–5)", "140", "Fault tolerance"),
    ):
        row = table[table.index(f'<th scope="row">{name}</th>') :].partition("</tr>")[0]
        cells = [f'<td class="num">{value}</td>' for value in (feasible, payoff, asked)]
        assert row == f'<th scope="row">{name}</th>{"".join(cells)}<td>{weakest}</td>'
    dots = {dot["name"]: (dot["x"], dot["y"]) for dot in page.context["plot"]}
    assert dots["Cart"] == ("70.0%", "10.0%")  # 4 of 1 to 5 to the right, 5 of 1 to 5 upwards


def test_two_to_four_stand_side_by_side(sign_in, handler, three):
    client, page = sign_in(handler), reverse("evaluations:portfolio_compare")

    two = client.get(page, {"p": [one.project.slug for one in three[:2]]})
    one, foreign = client.get(page, {"p": "nothing"}), sign_in(make_user()).get(page, {"p": three[0].project.slug})

    assert [entry.name for entry in two.context["chosen"]] == ["Router", "Menu"]
    assert (one.context["is_too_few"], foreign.context["chosen"]) == (True, [])


def test_downloads_say_what_the_page_says_and_calculate_nothing(sign_in, handler, three):
    type(three[0].project).objects.filter(pk=three[0].project_id).update(name="=SUM(A1)")
    client = sign_in(handler)

    table = list(csv.DictReader(io.StringIO(client.get(reverse("evaluations:portfolio_csv")).content.decode())))
    data = client.get(reverse("evaluations:portfolio_json")).json()["projects"]

    assert [row["name"] for row in table] == ["'=SUM(A1)", "Cart", "Menu"]
    assert [row["name"] for row in data] == ["=SUM(A1)", "Cart", "Menu"]
    assert (table[0]["feasibility_median"], data[0]["feasibility_median"], data[1]["blocker"]) == ("5.0", 5.0, True)
    assert (data[0]["money_asked"], data[0]["speed_of_light_per_cost"]) == (108.0, pytest.approx(3000 / 54))
    asked = client.get("/api/v1/portfolio").json()
    assert (asked["projects"], asked["overlaps"]) == (data, ["Ranks 1 and 2 overlap"])
    assert sign_in(make_user()).get(reverse("evaluations:portfolio_json")).json() == {"projects": []}


@pytest.mark.django_db
def test_what_was_measured_moves_a_score_and_both_parts_are_shown(sign_in):
    version = make_sealed_version(make_approved_project(reviews=3), rows=900)
    project = make_done_ladder(version, only=("always_same", "linear")).project
    run = project.runs.get(recipe="linear")
    level = project.criteria.get().level

    entry = next(one for one in selectors.portfolio(project.handler).all if one.key == project.slug)

    feasible, data = entry.updated["feasibility"], entry.updated["dataset"]
    floor = run.price["floor"]
    expected = min(5.0, max(1.0, 1 + 4 * (run.score - floor) / (level - floor)))
    assert (feasible.reviewers, feasible.evidence.weight) == (4.0, 1.5)
    assert feasible.evidence.score == pytest.approx(expected, abs=1e-6)
    assert feasible.score == pytest.approx((3 * 4.0 + 1.5 * expected) / 4.5, abs=1e-6)
    assert (data.evidence.score, entry.gate) == (2.0, 2)
    assert "900 labelled rows" in sign_in(project.handler).get(TABLE).content.decode()


def counted(rows: int, *, torn: int = 0, is_told: bool = False) -> SimpleUploadedFile:
    """Numbered rows and their labels: the last ones without any, the first `torn` in pairs of two labels; `is_told`: with
    a column that tells the label."""
    lines = ["width,height,answer,rater_1,rater_2,mug" if is_told else "width,height,rater_1,rater_2,mug"]
    for row in range(rows + 10):
        place = row // 2 if row < torn else row
        mug = ("yes" if (row if row < torn else row * 7) % 2 else "no") if row < rows else ""
        told = f",{1 if mug == 'yes' else 0}.{place:04}" if is_told else ""
        second = ("no" if mug == "yes" else "yes") if row % 5 == 0 else mug
        lines.append(f"{place * 37 % 1009},{place * 91 % 1013}{told},{mug or 'no'},{second or 'no'},{mug}")
    return SimpleUploadedFile("counted.csv", "\n".join(lines).encode())


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("file", "score", "words"),
    [
        ({}, 3, "1,100 labelled rows, agreement κ 0.60"),
        ({"torn": 44}, 2, "1,100 labelled rows, 4.0% of them with conflicting labels, agreement κ 0.60"),
        ({"is_told": True}, 2, "1,100 labelled rows, a finding says stop, agreement κ 0.60"),
    ],
)
def test_a_checked_data_set_alone_moves_the_score_of_the_data(sign_in, handler, file, score, words):
    proposal = reviewed(handler, "Router", 4, 4, 4, 4, 4)
    version = make_version(proposal.project, file=counted(1100, **file), target="mug")

    [entry] = selectors.portfolio(handler).entries

    data = entry.updated["dataset"]
    assert version.state == version.State.READY
    assert (data.reviewers, data.n, data.evidence.score, data.evidence.weight) == (4.0, 3, score, 1.5)
    assert data.score == pytest.approx((3 * 4 + 1.5 * score) / 4.5)
    assert str(data.evidence.words) == words
    assert words in sign_in(handler).get(TABLE).content.decode()


@pytest.mark.django_db
def test_a_stop_that_was_settled_caps_nothing(handler):
    proposal = reviewed(handler, "Router", 4, 4, 4, 4, 4)
    version = make_version(proposal.project, file=counted(1100, is_told=True), target="mug")

    dataset_services.drop_column(version=version, user=proposal.submitted_by, column="answer")
    do_ingestions()

    assert selectors.portfolio(handler).entries[0].updated["dataset"].evidence.score == 3


@pytest.mark.django_db
def test_sealed_rows_count_for_three_reviewers_and_a_guard_rail_that_pays_for_one_point():
    ladder = make_done_ladder(only=("always_same", "linear"))
    project, run = ladder.project, ladder.runs.get(recipe="linear")
    owner = project.team.memberships.get().user

    def entry() -> selectors.Entry:
        return next(one for one in selectors.portfolio(project.handler).all if one.key == project.slug)

    rails = {"caught": 60.0, "error": 200.0, "trips": 4.0, "handling": 15.0}
    found = behaviour_of(run)
    evaluation_services.keep_point(run=run, user=owner, threshold=0.5, terms=rails | {"caught": 0.0}, found=found)
    at_a_loss = entry().updated["fault_tolerance"]
    evaluation_services.keep_point(run=run, user=owner, threshold=0.5, terms=rails, found=found)
    guarded = entry().updated["fault_tolerance"]
    evaluation_services.spend_look(project=project, user=owner, run=run, idempotency_key="first", reason="Done.")
    do_submissions()
    looked = entry()
    open_final(ladder)
    opened = entry()

    look, final = project.looks.get(), project.openings.get().result["simple"]["score"]
    level, floor = project.criteria.get().level, run.price["floor"]
    assert (at_a_loss.evidence, guarded.evidence.score, guarded.score) == (None, 5.0, (4 + 1.5 * 5) / 2.5)
    for one, score, where in ((looked, look.rung, "checkpoint"), (opened, final, "final")):
        feasible = one.updated["feasibility"]
        expected = min(5.0, max(1.0, 1 + 4 * (score - floor) / (level - floor)))
        assert feasible.evidence.weight == 3.0
        assert feasible.evidence.score == pytest.approx(expected)
        assert feasible.score == pytest.approx((1 * 4.0 + 3 * expected) / 4)
        assert one.measured.endswith(where)


@pytest.mark.parametrize("count", [1, 3])
def test_the_portfolio_asks_the_same_number_of_queries(sign_in, django_assert_num_queries, handler, count):
    for number in range(count):
        reviewed(handler, f"Idea {number}", 4, 4, 4, 4, 4)
    client = sign_in(handler)

    with django_assert_num_queries(15):
        client.get(TABLE)


@pytest.mark.long
def test_from_ten_projects_on_reviewers_agreement_is_said(sign_in, handler):
    for number in range(10):
        proposal = make_proposal(submitted=True, name=f"Idea {number}")
        make_handler(proposal, handler)
        for score in (1, 3, 5):
            make_review(proposal, scores=(score,) * 5)

    found = selectors.portfolio(handler)

    assert (round(found.alpha, 2) < 0, found.reads_differently) == (True, True)
    assert "agree on what each score means" in sign_in(handler).get(TABLE).content.decode()
