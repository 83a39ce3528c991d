"""The report on paper: one page, whatever was written, on A4 and on Letter."""

import os
import re
from pathlib import Path
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser, Page

from evaluations.services import decide_result
from projects.models import Answer, Decision, Pair, Plan, Proposal
from tests.journeys.conftest import WAIT
from tests.world import World, make_world

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.django_db(transaction=True)]
LONG = "Words that go on and on, since somebody had much to say about this and nobody stopped them. " * 40


def fill_up(world: World) -> None:
    """As much as each field takes."""
    proposal = world.judged.proposals.get()
    Proposal.objects.filter(pk=proposal.pk).update(x=LONG[:200], y=LONG[:200])
    Pair.objects.filter(proposal=proposal).update(x=LONG[:200], y=LONG[:200])
    Answer.objects.filter(proposal=proposal).update(text=LONG)
    Decision.objects.filter(proposal=proposal).update(reasons=LONG, dissent=LONG)
    decide_result(project=world.judged, user=world.judged.handler, outcome="ship", reasons=LONG)
    run = world.judged.ladders.get().runs.get(recipe="linear")
    for recipe in ("own_rule", "forest", "boosting", "boosting_wide", "network", "blend"):
        run.pk, run.recipe = uuid4(), recipe
        run.save(force_insert=True)
    rows = {
        f"{name}_{number}": LONG[:500] for name in ("wrong", "notices", "rail", "tested") for number in range(1, 21)
    }
    Plan.objects.update_or_create(proposal=proposal, kind=Plan.Kind.RAILS, defaults={"values": rows})


def pages_of(page: Page, paper: str, name: str) -> int:
    """How many pages a reader's printer would give."""
    pdf = page.pdf(format=paper, print_background=True)
    if folder := os.environ.get("DLSTART_SHOTS"):
        (Path(folder) / f"{name}-{paper}.pdf").write_bytes(pdf)
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf))


def test_the_report_is_one_page_on_every_paper(browser: Browser, live_server) -> None:
    world = make_world()
    client = Client()
    client.force_login(world.people["owner"])
    window = browser.new_context(base_url=live_server.url)
    window.set_default_timeout(WAIT)
    window.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}])
    page = window.new_page()
    counted = {}
    for state in ("as it is", "filled up"):
        if state == "filled up":
            fill_up(world)
        for project in (world.judged, world.result, world.idea):
            page.goto(reverse("evaluations:report", args=[project.slug]))
            for paper in ("A4", "Letter"):
                counted[state, project.name, paper] = pages_of(page, paper, f"report-{project.slug}-{state[:2]}")
    page.goto(reverse("evaluations:report_appendix", args=[world.judged.slug]))
    appendix = pages_of(page, "A4", "appendix")
    window.close()

    assert {key for key, pages in counted.items() if pages != 1} == set()
    assert (len(counted), appendix > 1) == (12, True)
