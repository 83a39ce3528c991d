"""What people do in the journeys, by the words on the page."""

import re
from dataclasses import dataclass

from django.test import Client
from playwright.sync_api import BrowserContext, Locator, Page, expect

from projects.models import User
from tests.factories import make_user

PASSWORD = "correct horse battery"


@dataclass
class Person:
    """Somebody at a browser of their own."""

    name: str
    window: BrowserContext
    page: Page

    def go(self, path: str) -> Page:
        self.page.goto(path)
        return self.page

    def press(self, name: str, *, exact: bool = False) -> None:
        """The button of this name, or the link, once either is there: the page may still be on its way."""
        button = self.page.get_by_role("button", name=name, exact=exact)
        link = self.page.get_by_role("link", name=name, exact=exact)
        button.or_(link).first.wait_for()
        self.click((button if button.count() else link).first)

    def click(self, place: Locator) -> None:
        """Press it; where it leads to another page, that one is there with its script."""
        place.click()
        self.page.wait_for_load_state()

    def sees(self, words: str | re.Pattern[str]) -> None:
        expect(self.page.locator("body")).to_contain_text(words)

    def sees_nothing_of(self, *words: str) -> None:
        source = self.page.content()
        assert [word for word in words if word in source] == []

    @property
    def heading(self) -> Locator:
        return self.page.get_by_role("heading", level=1)


def join(window: BrowserContext, link: str, name: str) -> Person:
    """Open an invitation, make an account with it, and use it."""
    person = Person(name, window, window.new_page())
    person.go(link)
    person.press("Make an account")
    person.page.get_by_label("Your name").fill(name)
    person.page.get_by_label("E-mail address").fill(f"{name.lower()}@example.org")
    for label in ("Password", "Password (again)"):
        person.page.get_by_label(label, exact=True).fill(PASSWORD)
    person.press("Make my account")
    expect(person.heading).to_have_text("My work")
    return person


def enter(window: BrowserContext, user: User | None, address: str) -> None:
    """Signed in without the form."""
    if user is None:
        return
    client = Client()
    client.force_login(user)
    window.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": address}])


def colleague(window: BrowserContext, name: str, address: str) -> Person:
    """Somebody who is in the organisation and signed in already."""
    enter(window, make_user(name), address)
    return Person(name, window, window.new_page())


def sign_in(window: BrowserContext, name: str) -> Person:
    """Enter with address and password."""
    person = Person(name, window, window.new_page())
    person.go("/accounts/login/")
    person.page.get_by_label("E-mail address").fill(f"{name.lower()}@example.org")
    person.page.get_by_label("Password", exact=True).fill(PASSWORD)
    person.press("Sign in", exact=True)
    expect(person.heading).to_have_text("My work")
    return person


def invite(administrator: Person) -> str:
    """A link into the organisation, made on the page People."""
    administrator.go("/people/")
    administrator.press("Make a link")
    return administrator.page.get_by_label("Address", exact=True).input_value()


def invite_into_team(owner: Person, *, team: str) -> str:
    """A link into a team, made on the team's page."""
    owner.go("/teams/")
    owner.press(team)
    owner.press("Make a link")
    return owner.page.get_by_label("Address", exact=True).input_value()
