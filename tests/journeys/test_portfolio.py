"""The budget of the portfolio in a real browser: by slider, by number, by keyboard, and without script."""

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from tests.evaluations.test_portfolio import reviewed
from tests.factories import make_user
from tests.journeys.people import enter

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def handler():
    """Of three projects that ask for 108, 140 and 1,000; Cart misses a floor."""
    handler = make_user("Edda")
    reviewed(handler, "Router", 4, 4, 5, 3, 4, build="8")
    reviewed(handler, "Cart", 4, 4, 4, 5, 1, build="40")
    reviewed(handler, "Menu", 2, 2, 3, 2, 3, build="=900")
    return handler


def falls_out(page: Page, *names: str) -> None:
    """The cut says so, and the table with it."""
    expect(page.locator("#cut dl")).to_contain_text(f"Fall out{', '.join(names) or 'nothing'}")
    expect(page.locator("#table").get_by_text("falls out", exact=True)).to_have_count(len(names))


def test_the_slider_draws_the_cut_and_lists_what_falls_out(live_server, open_window, shoot, handler):
    window = open_window(live_server.url)
    enter(window, handler, live_server.url)
    page = window.new_page()
    page.goto(reverse("evaluations:portfolio"))
    slider, number = page.get_by_role("slider", name="Budget"), page.get_by_role("textbox", name="Budget")

    slider.focus()
    page.keyboard.press("End")
    expect(number).to_have_value(slider.input_value())
    falls_out(page)
    expect(page).to_have_url(f"{live_server.url}{reverse('evaluations:portfolio')}?budget={slider.input_value()}")
    page.keyboard.press("Home")
    expect(number).to_have_value("0")
    falls_out(page, "Router", "Menu")
    expect(slider).to_be_focused()
    expect(page.locator("#budget").get_by_role("status")).to_contain_text("With 0: 0 fit, 2 fall out")

    number.fill("1,000")
    expect(slider).to_have_value("1000")
    number.press("Enter")
    falls_out(page, "Menu")
    expect(number).to_be_focused()
    shoot(page, "portfolio-budget")
    page.reload()
    falls_out(page, "Menu")
    expect(slider).to_have_value("1000")


def test_a_budget_is_a_form_without_script(live_server, open_window, handler):
    window = open_window(live_server.url, java_script_enabled=False)
    enter(window, handler, live_server.url)
    page = window.new_page()
    page.goto(reverse("evaluations:portfolio"))

    page.get_by_label("Budget", exact=True).first.fill("200")
    page.get_by_role("button", name="Draw the cut").click()

    falls_out(page, "Menu")
    expect(page.locator("#budget input[type=range]")).to_be_hidden()
