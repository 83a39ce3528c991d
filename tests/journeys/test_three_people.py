"""A proposal among three people at once: its author, the handler and a reviewer, with a second reviewer beside them."""

import re
from functools import partial

import pytest
from playwright.sync_api import BrowserContext, Response, expect

from projects.models import Project, User
from tests.factories import make_handler, make_project, make_proposal, make_review, make_team, make_user
from tests.journeys.people import Person, enter

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WORRY = "The belt is dark in winter."
ELSEWHERE = "Two cameras on one belt only."
REPLY = "The new belt is lit; we add photos of it."


def test_three_people_vet_an_idea(open_window, live_server, shoot):
    people = {name: make_user(name) for name in ("Olga", "Hanna", "Rita", "Raul")}
    project = make_project(make_team(people["Olga"]), user=people["Olga"])
    make_proposal(project=project)
    waiting = make_proposal(submitted=True, name="Tray counter")
    make_handler(waiting, people["Hanna"])
    make_review(waiting, people["Rita"])

    olga, hanna, rita, raul = (at_home(open_window, live_server.url, one) for one in people.values())
    submit(olga, project)
    make_handler(project.proposals.get(), people["Hanna"])
    for name in ("Rita", "Raul"):
        ask_for_review(hanna, project, name)

    score_by_keyboard(rita, project, "44344", worry=WORRY)
    rita.press("Submit and next")
    expect(rita.heading).to_have_text("Your review of Tray counter")
    raul.go(address(project, "review"))
    raul.sees_nothing_of(WORRY, "Rita")
    score_by_keyboard(raul, project, "44244", worry=ELSEWHERE)
    raul.page.keyboard.press("Control+Enter")
    raul.sees("Your review is in.")
    expect(raul.heading).to_have_text("My reviews")
    raul.go(address(project, "board"))
    raul.sees(WORRY)

    discuss(olga, hanna, rita, project)
    decide(hanna, project)
    olga.go(f"/projects/{project.slug}/")
    olga.sees("Try it: 40 hours")
    shoot(olga.page, "try-it")


def test_a_button_that_only_has_the_focus_does_nothing(open_window, live_server):
    rita = make_user("Rita")
    review = make_review(make_proposal(submitted=True), rita)
    person = at_home(open_window, live_server.url, rita)
    score_by_keyboard(person, review.proposal.project, "44344", worry=WORRY)
    for key, button in enumerate(("Submit review", "Submit and next", "Save draft", "Skip")):
        worry = f"{WORRY} {key}"
        person.page.get_by_label("One worry").fill(worry)
        with person.page.expect_response(partial(saves, worry)) as saved:
            person.page.get_by_role("button", name=button).focus()
        assert saved.value.url.endswith("/review/")
        assert saved.value.request.post_data_json.get("then") is None
    review.refresh_from_db()
    assert (review.state, review.worry) == (review.State.DRAFTING, f"{WORRY} 3")


def saves(worry: str, answer: Response) -> bool:
    """Whether it answers the request that brought this worry."""
    return answer.request.method == "POST" and answer.request.post_data_json.get("worry") == worry


def at_home(open_window, address: str, user: User) -> Person:
    """Signed in, at a browser of one's own."""
    window: BrowserContext = open_window(address)
    enter(window, user, address)
    return Person(user.name, window, window.new_page())


def address(project: Project, page: str) -> str:
    return f"/projects/{project.slug}/proposal/1/{page}/"


def submit(olga: Person, project: Project) -> None:
    olga.go(address(project, "submit"))
    olga.press("Submit for review")
    olga.sees("Version 1 is submitted and stays as it is.")


def ask_for_review(hanna: Person, project: Project, name: str) -> None:
    hanna.go(address(project, "board"))
    hanna.page.get_by_text("Choose somebody yourself").click()
    choice = hanna.page.get_by_label("Reviewer", exact=True)
    choice.select_option(label=name)
    hanna.click(hanna.page.locator("form").filter(has=choice).get_by_role("button", name="Ask for a review"))
    hanna.sees(f"{name} is asked for a review.")


def score_by_keyboard(person: Person, project: Project, scores: str, *, worry: str) -> None:
    """Accept, then digits and n for the next criterion; a 2 says why."""
    person.go(address(project, "review"))
    person.press("Accept", exact=True)
    person.sees("You accepted.")
    for place, score in enumerate(scores):
        if place:
            person.page.keyboard.press("n")
        person.page.keyboard.press(score)
    if "2" in scores:
        person.page.locator("fieldset.scale").nth(scores.index("2")).locator("textarea").fill(worry)
    person.page.get_by_label("middle", exact=True).check()
    person.page.get_by_label("One worry").fill(worry)
    expect(person.page.locator("#saved")).to_contain_text("5 of 5 scored.")


def discuss(olga: Person, hanna: Person, rita: Person, project: Project) -> None:
    """The handler opens it; a reviewer's remark stays among reviewers, the team's reply reaches them."""
    hanna.go(address(project, "board"))
    hanna.press("Open the discussion now")
    hanna.sees("The discussion is open.")
    rita.go(address(project, "board"))
    rita.page.get_by_label("Your remark").fill("Rita again: is one belt enough?")
    rita.press("Say it")
    rita.sees("is one belt enough?")

    olga.go(address(project, "board"))
    olga.sees(ELSEWHERE)
    olga.sees_nothing_of("is one belt enough?", "Rita", "Raul")
    olga.page.get_by_label("Your team's reply to the reviews").fill(REPLY)
    olga.press("Send the reply")
    olga.sees("Your reply is sent.")
    rita.page.reload()
    rita.sees(REPLY)


def decide(hanna: Person, project: Project) -> None:
    """A try of 40 hours, by a letter that is read before it goes."""
    hanna.go(address(project, "board"))
    hanna.page.get_by_label(re.compile("^Try it")).check()
    hanna.page.get_by_label("Hours to try it").fill("40")
    hanna.page.get_by_label("Reasons to the team").fill("Small and soon.")
    hanna.press("Put the letter in the outbox")
    expect(hanna.page.get_by_label("Letter to the owners of the team")).to_have_value(re.compile("40 hours"))
    hanna.press("Send")
    hanna.sees("is decided, and the letter is sent.")
