"""The Peeking Lab in a real browser: the same numbers as the ladder of the server, for hand, keyboard and ear."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import expect

from datasets.core.sealed_ladder import bits, interval
from tests.datasets.peeking import DAYS, Game

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
CELLS = """() => ["naive", "weekly", "sealed"].map((name) =>
    ["files", "says"].map((what) => document.querySelector(`[data-lab-${name}-${what}]`).textContent))"""


def told(game: Game) -> list[list[str]]:
    """What the table of the page says at this point of a game."""
    exact = {name: f"{100 * game.says[name]:.1f}%" if game.says[name] else "–" for name in ("naive", "weekly")}
    sealed = "no" if game.files["sealed"] else "–"
    sealed = f"{100 * game.says['sealed']:.0f}% or more" if game.says["sealed"] else sealed
    return [[str(game.files[name]), said] for name, said in (exact | {"sealed": sealed}).items()]


def test_lab_plays_the_game_of_the_server(live_server, open_window, shoot):
    window = open_window(live_server.url, reduced_motion="reduce")
    page = window.new_page()
    page.goto(reverse("datasets:peeking_lab"))
    game = Game(15)

    page.get_by_role("button", name="One file").press("Enter")
    assert page.evaluate(CELLS) == told(game.play(1))
    page.get_by_role("button", name="A week of files").press("Space")
    assert page.evaluate(CELLS) == told(game.play(7))
    page.get_by_role("button", name="The rest of the year").click()
    assert page.evaluate(CELLS) == told(game.play(DAYS - 8))
    expect(page.get_by_role("status").first).to_contain_text("The year is over")
    expect(page.get_by_role("button", name="One file")).to_be_disabled()
    page.get_by_role("button", name="Reveal the true score").click()

    game.reveal()
    low, high = game.interval
    status = page.locator("[data-lab-status]")
    expect(status).to_contain_text("The true score is 50.0% on every board")
    expect(status).to_contain_text(f"true score {100 * low:.1f}% to {100 * high:.1f}%")
    shoot(page, "peeking-lab")
    assert Axe().run(page).response["violations"] == []
    page.get_by_role("button", name="Start again").press("Enter")
    assert page.evaluate(CELLS) == told(Game(16))


def test_lab_has_the_ladder_of_the_server(live_server, open_window):
    page = open_window(live_server.url).new_page()
    page.goto(reverse("datasets:peeking_lab"))
    cases = [(1, 0), (4, 1), (12, 2), (12, 4), (52, 4)]

    found = page.evaluate(
        "(cases) => cases.map(([t, j]) => [peekingLab.bits(t, j), ...peekingLab.interval(0.84, peekingLab.bits(t, j))])",
        [list(case) for case in cases],
    )

    for (t, j), (spent, low, high) in zip(cases, found, strict=True):
        assert spent == pytest.approx(bits(t, j, 25), abs=1e-9)
        assert (low, high) == pytest.approx(interval(0.84, 0.02, 1000, spent), abs=1e-9)
