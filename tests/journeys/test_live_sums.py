"""Sums that follow what is typed: the same page, asked again by its own form."""

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from projects.models import Project
from tests.factories import make_done_ladder, make_project, make_sealed_version
from tests.journeys.people import enter

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def opened(open_window, live_server, project: Project, path: str) -> Page:
    window = open_window(live_server.url)
    enter(window, project.team.memberships.get(role="owner", left_at=None).user, live_server.url)
    page = window.new_page()
    page.goto(path)
    return page


def test_the_label_plan_adds_up_while_it_is_filled_in(open_window, live_server):
    project = make_project()
    path = reverse("datasets:label_plan", args=[project.slug])
    page = opened(open_window, live_server, project, path)
    title = page.title()

    page.get_by_label("Labelled rows wanted").fill("4000")
    page.get_by_label("Cost of one label").fill("0.1")
    expect(page.locator("#sum")).to_contain_text("4,800 labels cost 480.00")
    page.get_by_label("Cost of one label").fill("0.2")
    expect(page.locator("#sum")).to_contain_text("4,800 labels cost 960.00")
    page.reload()
    expect(page.locator("#sum")).to_contain_text("4,800 labels cost 960.00")
    page.get_by_label("Cost of one label").fill("much")
    said = page.locator("#sum").get_by_role("link", name="Cost of one label: write a number, such as 0.5")
    expect(said).to_be_visible()
    expect(page.get_by_label("Cost of one label")).to_have_value("much")
    expect(page.get_by_label("Cost of one label")).to_be_focused()
    expect(page).to_have_title(title)

    page.get_by_role("button", name="Add it up").click()
    expect(said).to_be_visible()
    expect(page.get_by_role("alert")).to_be_focused()


@pytest.mark.long
def test_the_operating_point_follows_its_threshold(open_window, live_server):
    run = make_done_ladder(make_sealed_version(), only=("always_same", "linear")).runs.get(recipe="linear")
    page = opened(open_window, live_server, run.project, reverse("evaluations:operating_point", args=[run.pk]))

    page.get_by_label("Threshold as a number").fill("0.3")

    expect(page.locator("#point")).to_contain_text("from 0.30 on")
