"""A large file from a browser: the line breaks, the page is loaded again, and what had arrived is not sent twice."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from datasets.models import DatasetVersion, Upload
from tests.factories import make_project
from tests.journeys.conftest import WAIT

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PIECE = 8 * 2**20


@pytest.fixture
def window(browser: Browser, live_server) -> Iterator[BrowserContext]:
    """A window whose lost connections are no fault of its pages."""
    window = browser.new_context(base_url=live_server.url)
    window.set_default_timeout(WAIT)
    yield window
    window.close()


def test_upload_goes_on_after_a_break_and_after_a_reload(window, live_server, tmp_path: Path, settings, shoot):
    settings.SITE_ADDRESS, settings.CSRF_TRUSTED_ORIGINS = live_server.url, [live_server.url]
    path = tmp_path / "belt.csv"
    path.write_bytes(b"id,mug\n" + Random(3).randbytes(20 * 2**20))
    project = make_project()
    page = signed_in(window, project, live_server.url)
    sent: list[int] = []

    def line(route: Route) -> None:
        """The second piece is lost once; from the third on the line is dead until the page is loaded again."""
        request = route.request
        if request.method == "PATCH":
            sent.append(int(request.headers["upload-offset"]))
            if len(sent) == 2 or sent[-1] == 2 * PIECE:
                return route.abort()
        return route.continue_()

    page.route("**/api/v1/uploads/*", line)
    choose(page, project, path)
    expect(page.get_by_text("The connection is lost at 79%. Tries again in").first).to_be_visible()
    shoot(page, "upload-lost")
    assert sent[:4] == [0, PIECE, PIECE, 2 * PIECE]
    assert Upload.objects.get().offset == 2 * PIECE

    page.unroute("**/api/v1/uploads/*")
    page.on("dialog", lambda dialog: dialog.accept())
    with page.expect_request(lambda request: request.method == "PATCH") as continued:
        choose(page, project, path)
    expect(page).to_have_url(re.compile(r"/data/versions/[0-9a-f-]{36}/$"))

    assert continued.value.headers["upload-offset"] == str(2 * PIECE)
    assert DatasetVersion.objects.get().sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def signed_in(window, project, address: str) -> Page:
    client = Client()
    client.force_login(project.team.memberships.get(role="owner", left_at=None).user)
    window.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": address}])
    return window.new_page()


def choose(page: Page, project, path: Path) -> None:
    page.goto(f"/projects/{project.slug}/data/upload/")
    page.get_by_label("Labelled file").set_input_files(path)
    page.get_by_role("button", name="Upload and check").click()
