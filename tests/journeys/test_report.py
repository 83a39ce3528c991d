"""The report on paper: one page, whatever was written, on A4 and on Letter."""

import os
import re
from pathlib import Path
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser, Page

from datasets.services import deposit_fresh
from evaluations.selectors import TERMS_START, behaviour_of
from evaluations.services import agree_opening, ask_opening, decide_result, keep_point
from projects.models import Answer, Decision, Pair, Plan, Project, Proposal
from projects.services import join_team, lock_criterion
from tests.evaluations.test_services import open_final, owner_of, spend
from tests.factories import (
    do_deposits,
    do_submissions,
    make_approved_project,
    make_csv,
    make_done_ladder,
    make_sealed_version,
    make_user,
)
from tests.journeys.conftest import WAIT
from tests.world import make_world

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.django_db(transaction=True)]
LONG = "Words that go on and on, since somebody had much to say about this and nobody stopped them. " * 40


def measured() -> Project:
    """A project with a look spent, an operating point kept, the final tier and a fresh set open."""
    version = make_sealed_version(make_approved_project(name="Measured"))
    project, owner = version.dataset.project, owner_of(version.dataset.project)
    lock_criterion(
        project=project, user=owner, metric="accuracy", level=0.9, smallest_difference=0.02, reason="So.", results_seen=0,
        guards=[{"metric": "recall", "level": 0.9}], slices=[{"column": "belt", "value": "new", "level": 0.9}],
        today=0.9, people=0.95,
    )  # fmt: skip
    ladder = make_done_ladder(version, only=("always_same", "linear", "network"))
    run = ladder.runs.get(recipe="linear")
    keep_point(run=run, user=owner, threshold=0.5, terms=TERMS_START, found=behaviour_of(run))
    spend(ladder)
    do_submissions()
    opened = open_final(ladder, deep="network")
    steward, file = make_user(is_steward=True), make_csv(150, seed=7, name="later.csv")
    fresh = deposit_fresh(project=opened.project, user=steward, file=file, origin="The new belt.")
    do_deposits()
    fresh.refresh_from_db()
    opening = ask_opening(project=opened.project, user=owner, simple=run, deep=None, test_set=fresh.test_set)
    agree_opening(opening=opening, user=opened.project.handler)
    do_submissions()
    return opened.project


def fill_up(project: Project) -> None:
    """As much as each field takes."""
    proposal = project.proposals.get()
    Proposal.objects.filter(pk=proposal.pk).update(x=LONG[:200], y=LONG[:200])
    Pair.objects.filter(proposal=proposal).update(x=LONG[:200], y=LONG[:200])
    Answer.objects.filter(proposal=proposal).update(text=LONG)
    Decision.objects.filter(proposal=proposal).update(reasons=LONG, dissent=LONG)
    decide_result(project=project, user=project.handler, outcome="hold", reasons=LONG, hold_until=LONG[:200])
    run = project.ladders.get().runs.get(recipe="linear")
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
    world, full = make_world(), measured()
    client = Client()
    join_team(team=full.team, user=world.people["owner"])
    client.force_login(world.people["owner"])
    window = browser.new_context(base_url=live_server.url)
    window.set_default_timeout(WAIT)
    window.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}])
    page = window.new_page()
    counted = {}
    for state in ("as it is", "filled up"):
        if state == "filled up":
            fill_up(world.judged)
            fill_up(full)
        for project in (world.judged, world.result, world.idea, full):
            answer = page.goto(reverse("evaluations:report", args=[project.slug]))
            assert answer.ok
            for paper in ("A4", "Letter"):
                counted[state, project.name, paper] = pages_of(page, paper, f"report-{project.slug}-{state[:2]}")
    page.goto(reverse("evaluations:report_appendix", args=[world.judged.slug]))
    appendix = pages_of(page, "A4", "appendix")
    window.close()

    assert {key for key, pages in counted.items() if pages != 1} == set()
    assert (len(counted), appendix > 1) == (16, True)
