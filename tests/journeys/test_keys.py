"""Everything that has a key does by that key what its button does; none acts on somebody who types."""

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from projects import services
from projects.models import Review
from tests.factories import make_handler, make_project, make_proposal, make_review, make_team, make_user
from tests.journeys.people import enter
from tests.world import make_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

FOCUSED = "[document.activeElement.textContent.trim(), getComputedStyle(document.activeElement).outlineStyle]"


def test_rows_and_pages_are_reached_by_key(open_window, live_server):
    olga = make_user("Olga")
    team = make_team(olga)
    for name in ("Mug finder", "Weigher", "Belt watcher"):
        make_project(team, name=name, user=olga)
    window = open_window(live_server.url)
    enter(window, olga, live_server.url)
    page = window.new_page()
    page.goto("/projects/")
    seen = []
    for key in "jjjjkk":
        page.keyboard.press(key)
        words, outline = page.evaluate(FOCUSED)
        seen.append(words)
        assert outline == "solid"
    assert seen == ["Belt watcher", "Weigher", "Mug finder", "Mug finder", "Weigher", "Belt watcher"]
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{live_server.url}/projects/belt-watcher/")

    for keys, path in (("gh", "/"), ("gl", "/projects/"), ("gp", "/portfolio/"), ("gd", "/data/"), ("?", "/keys/")):
        for key in keys:
            page.keyboard.press(key)
        expect(page).to_have_url(live_server.url + path)
    expect(page.locator("tbody")).to_contain_text("next or previous row")

    page.goto("/projects/")
    page.keyboard.press("/")
    page.keyboard.type("j?gh")
    expect(page.locator("#search")).to_be_focused()
    expect(page.locator("#search")).to_have_value("j?gh")

    page.goto("/keys/")
    page.get_by_role("button", name="Switch the keys off").click()
    page.goto("/projects/")
    for key in "j/gh?":
        page.keyboard.press(key)
    assert page.evaluate("document.activeElement === document.body")
    expect(page).to_have_url(f"{live_server.url}/projects/")


def test_a_review_is_written_by_key(open_window, live_server):
    rita = make_user("Rita")
    reviews = []
    for name in ("Mug finder", "Weigher"):
        proposal = make_proposal(submitted=True, name=name)
        make_handler(proposal, make_user())
        reviews.append(make_review(proposal, rita))
        services.accept_review(review=reviews[-1])
    window = open_window(live_server.url)
    enter(window, rita, live_server.url)
    page = window.new_page()
    page.goto(f"/projects/{reviews[0].proposal.project.slug}/proposal/1/review/")

    def chosen() -> list[str]:
        return page.locator("fieldset.scale input:checked").evaluate_all("boxes => boxes.map(box => box.value)")

    for key in ("3", "n", "4", "n", "0", "n", "n", "4", "p", "3"):
        page.keyboard.press(key)
    assert chosen() == ["3", "4", "0", "3", "4"]
    assert page.evaluate("getComputedStyle(document.activeElement.closest('.scale__option')).outlineStyle") == "solid"
    box = page.get_by_label("One worry")
    box.fill("")
    box.press_sequentially("3 np0")
    expect(box).to_have_value("3 np0")
    assert chosen() == ["3", "4", "0", "3", "4"]

    with page.expect_response(lambda answer: "np0" in (answer.request.post_data or "")):
        box.press("Control+s")
    expect(page.locator("#saved")).to_contain_text("Saved")
    assert Review.objects.get(pk=reviews[0].pk).worry == "3 np0"

    page.get_by_label("middle").check()
    page.get_by_label("What would change your mind?").fill("A second camera.")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your review of Weigher")
    assert Review.objects.get(pk=reviews[0].pk).state == "submitted"


@pytest.mark.long
def test_every_list_is_gone_through_by_key(open_window, live_server):
    world = make_world()
    board = reverse("evaluations:leaderboard", args=[world.result.slug])
    lists = [("owner", path) for path in ("/", "/portfolio/", "/data/", board)] + [("reviewer", "/reviews/")]
    for role, path in lists:
        window = open_window(live_server.url)
        enter(window, world.people[role], live_server.url)
        page = window.new_page()
        page.goto(path)

        assert first_row(page), path
        leads_to = page.evaluate("document.activeElement.href")
        page.keyboard.press("Enter")
        expect(page).to_have_url(leads_to)


def first_row(page: Page) -> bool:
    """Whether `j` leads to a link of the first row, and one sees that it does."""
    page.keyboard.press("j")
    return page.evaluate(
        "document.activeElement.matches('main :is(tr, li) a')"
        " && getComputedStyle(document.activeElement).outlineStyle === 'solid'"
    )
