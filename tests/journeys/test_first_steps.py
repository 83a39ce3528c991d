"""What a new administrator does first, on a real installation."""

import pytest
from playwright.sync_api import expect

from tests.factories import make_user
from tests.journeys.installation import running
from tests.journeys.people import Person, enter

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.django_db(transaction=True)]
RELOADS = 300  # a worker takes its first job within seconds


def test_a_worker_is_there_and_answers(open_window):
    boss = make_user("Boss", is_administrator=True)
    with running() as installation:
        window = open_window(installation.address)
        enter(window, boss, installation.address)
        person = Person("Boss", window, window.new_page())
        person.go("/administration/")
        person.press("Send it a job")
        worker = person.page.locator("#setup li").nth(1)
        for _ in range(RELOADS):
            if "done" in worker.inner_text():
                break
            person.page.reload()
        expect(worker).to_contain_text("A worker answered within")
        person.sees_nothing_of("none answers")

        person.press("I have looked at them")
        expect(person.page.locator("#setup li").nth(3)).to_contain_text("Boss looked at them.")
        person.press("Put this list away")
        expect(person.page.locator("#setup")).to_have_count(0)
        person.press("Show the first steps")
        expect(person.page.locator("#setup")).to_be_visible()
