"""The Peeking Lab: its worked table holds, and the page plays the same game as the ladder of the server."""

import re

from django.urls import reverse

from tests.datasets.peeking import DAYS, Game

SEED = 15  # as the page begins
SHOWN = (7, 28, 84, 182, DAYS)


def test_worked_table_is_what_our_own_ladder_says(client):
    page = client.get(reverse("datasets:peeking_lab")).content.decode()
    rows = re.findall(r'<tr><td class="num">(\d+)</td>' + r'<td class="num">([^<]*)</td>' * 3, page)
    game, expected = Game(SEED), []

    for day in SHOWN:
        game.play(day - game.day)
        sealed = game.says["sealed"]
        told = "no" if sealed is None else f"{100 * sealed:.0f}% or more"
        expected.append((str(day), f"{100 * game.says['naive']:.1f}%", f"{100 * game.says['weekly']:.1f}%", told))
    low, high = game.interval

    assert rows == expected
    assert f"from {100 * low:.1f}% to {100 * high:.1f}%" in page
    assert f'data-lab="{SEED}" hidden' in page


def test_lab_is_open_to_everybody_read_only_and_linked(client):
    url = reverse("datasets:peeking_lab")

    assert client.post(url).status_code == 405
    assert f'href="{url}"' in client.get(reverse("kit:method")).content.decode()
