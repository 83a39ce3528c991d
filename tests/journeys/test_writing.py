"""Two people at one proposal, and what befalls them: nothing that was typed is lost."""

from collections.abc import Callable, Iterator

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import Browser, BrowserContext, Error, Page, expect

from projects import services
from projects.models import Answer, Comment, Project, User
from tests.factories import fill_proposal, make_handler, make_project, make_proposal, make_review, make_team, make_user
from tests.journeys.conftest import WAIT
from tests.journeys.installation import Installation, free_port, running
from tests.journeys.people import PASSWORD, enter

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.django_db(transaction=True)]

COMMON = "Mugs jam the washer about four times an hour, and nobody sees it coming."
Window = Callable[..., BrowserContext]


def begin() -> tuple[Project, User, User, str]:
    """A draft with one answer, its two writers, and the address of its first section."""
    anna = make_user("Anna", password=PASSWORD)
    bert = make_user("Bert", password=PASSWORD)
    project = make_project(make_team(anna, bert), user=anna)
    services.save_answer(proposal=project.proposals.get(), user=anna, question="G1", revision=0, text=COMMON)
    return project, anna, bert, f"/projects/{project.slug}/proposal/1/write/problem/"


@pytest.fixture
def open_lonely(browser: Browser) -> Iterator[Window]:
    """Opens a window whose lost connections are no fault of its pages."""
    windows: list[BrowserContext] = []

    def open_one(base_url: str) -> BrowserContext:
        windows.append(browser.new_context(base_url=base_url))
        windows[-1].set_default_timeout(WAIT)
        return windows[-1]

    yield open_one
    for window in windows:
        window.close()


def page_of(open_window: Window, installation: Installation, person: User, path: str) -> Page:
    window = open_window(installation.address)
    enter(window, person, installation.address)
    page = window.new_page()
    page.goto(path)
    return page


def stored(project: Project, question: str = "G1") -> str:
    return Answer.objects.get(proposal__project=project, question=question).text


def saved(page: Page) -> None:
    expect(page.locator("#saved")).to_contain_text("Saved")


def test_two_people_type_at_once_and_both_texts_survive(open_window: Window) -> None:
    project, anna, bert, path = begin()
    with running() as installation:
        first = page_of(open_window, installation, anna, path)
        second = page_of(open_window, installation, bert, path)

        for page, where, words in ((first, "Home", "Every day "), (second, "End", " It costs 3.00 each.")):
            page.locator("#id_G1").focus()
            page.keyboard.press(f"Control+{where}")
            page.keyboard.type(words, delay=15)
        expect(second.locator("#id_G1")).to_have_value(f"Every day {COMMON} It costs 3.00 each.")
        first.locator("#id_G1").focus()
        first.keyboard.press("Control+Home")
        first.keyboard.type("Truly: ", delay=15)
        expect(first.locator("#id_G1")).to_have_value(f"Truly: Every day {COMMON} It costs 3.00 each.")
        saved(first)

        assert stored(project) == f"Truly: Every day {COMMON} It costs 3.00 each."

        here = first.locator(".sections [aria-current]")
        first.locator("#id_G2").fill("Anna's own words.")
        here.focus()
        expect(first.locator("#id_G2_revision")).to_have_value("1")
        expect(here).to_have_text("Problem 2 of 4")
        expect(here).to_be_focused()
        second.locator("#id_G2").fill("Bert's own words.")
        expect(second.locator("#conflict-G2")).to_contain_text("Anna saved another text")
        first.goto(path.replace("write/problem/", "answers/G2/texts/"))
        expect(first.locator("main")).to_contain_text("Anna's own words.")
        expect(first.locator("main")).to_contain_text("Bert's own words.")


def come_back(page: Page) -> None:
    """What a browser tells a page whose window one comes back to, until the page has asked for news."""
    with page.expect_response(lambda answer: "/news/" in answer.url):
        page.evaluate("window.dispatchEvent(new Event('focus'))")


def save_as(person: User, project: Project, question: str, text: str) -> None:
    proposal = project.proposals.get()
    stored = proposal.answers.filter(question=question).first()
    revision = stored.revision if stored else 0
    services.save_answer(proposal=proposal, user=person, question=question, text=text, revision=revision)


def test_what_a_colleague_writes_arrives_by_itself_and_never_over_what_is_typed(open_window: Window) -> None:
    project, anna, bert, path = begin()
    with running() as installation:
        page = page_of(open_window, installation, anna, path)
        box, news = page.locator("#id_G1"), page.locator("#news-G1")
        page.locator("#id_G3").focus()

        save_as(bert, project, "G1", f"Bert: {COMMON}")
        save_as(bert, project, "G2", "Bert's own words.")
        come_back(page)
        expect(box).to_have_value(f"Bert: {COMMON}")
        expect(news).to_contain_text("Bert wrote this at")
        expect(page.locator("#id_G2")).to_have_value("Bert's own words.")

        box.focus()
        save_as(bert, project, "G1", f"Bert: {COMMON} So they say.")
        come_back(page)
        expect(news.locator("[data-text]")).to_have_text(f"Bert: {COMMON} So they say.")
        expect(box).to_have_value(f"Bert: {COMMON}")
        page.locator("#id_G3").focus()
        expect(box).to_have_value(f"Bert: {COMMON} So they say.")
        expect(news.locator("[data-text]")).to_have_count(0)

        box.focus()
        page.keyboard.press("Control+Home")
        save_as(bert, project, "G1", f"Bert: {COMMON} So they say. Daily.")
        page.keyboard.type("Truly: ", delay=15)
        expect(box).to_have_value(f"Truly: Bert: {COMMON} So they say. Daily.")
        expect(news).to_be_empty()

        save_as(bert, project, "G1", "Nothing of all this.")
        page.keyboard.type("verily: ", delay=15)
        expect(page.locator("#conflict-G1")).to_contain_text("Bert saved another text")
        come_back(page)
        expect(box).to_have_value(f"Truly: verily: Bert: {COMMON} So they say. Daily.")
        expect(page.locator("[data-text]")).to_have_count(0)

        page.goto(path.replace("problem", "feasibility"))
        page.locator("#id_y").fill("is it a mug?")
        expect(page.locator("#id_mapping_revision")).to_have_value("1")
        proposal = project.proposals.get()
        values = {"x": "photo", "y": proposal.y}
        services.save_mapping(proposal=proposal, revision=1, values=values, pairs=[("photo 1", "yes", True)])
        come_back(page)
        expect(page.locator("#news-F1")).to_contain_text("A colleague changed the mapping.")
        expect(page.locator("#id_x")).to_have_value("")
        with page.expect_response(lambda answer: "/answers/F1/" in answer.url):
            page.keyboard.type(" Or a plate?", delay=15)
        page.locator("#search").focus()
        come_back(page)
        expect(page.locator("#id_x")).to_have_value("photo")
        expect(page.locator("#id_pair_1_x")).to_have_value("photo 1")
        expect(page.locator("#id_pair_1_hard")).to_be_checked()
        expect(page.locator("#id_y")).to_have_value("is it a mug? Or a plate?")

        fill_proposal(project.proposals.get(), bert)
        services.submit_proposal(proposal=project.proposals.get(), user=bert)
        come_back(page)
        expect(page.locator("#saved")).to_contain_text("handed in meanwhile")


def test_text_survives_a_lost_connection_the_back_button_and_a_session_that_ends(open_lonely: Window) -> None:
    project, anna, _, path = begin()
    with running() as installation:
        page = page_of(open_lonely, installation, anna, path)

        page.context.set_offline(True)
        page.locator("#id_G2").fill("Typed in a tunnel.")
        expect(page.locator("#saved")).to_contain_text("kept in this browser")
        page.context.set_offline(False)
        saved(page)
        assert stored(project, "G2") == "Typed in a tunnel."

        page.context.set_offline(True)
        page.locator("#id_G2").fill("Typed, then the window was closed.")
        expect(page.locator("#saved")).to_contain_text("kept in this browser")
        page.context.set_offline(False)
        page.goto("/")
        page.go_back()
        expect(page.locator("#id_G2")).to_have_value("Typed, then the window was closed.")
        saved(page)
        assert stored(project, "G2") == "Typed, then the window was closed."

        page.context.clear_cookies()  # the token of the forms goes with the session, as after another sign-in
        page.locator("#id_G2").fill("Typed after the session had ended.")
        expect(page.locator("#saved")).to_contain_text("you are signed out")
        enter(page.context, anna, installation.address)
        saved(page)
        assert stored(project, "G2") == "Typed after the session had ended."


def test_a_review_survives_a_lost_connection_and_a_session_that_ends(open_lonely: Window) -> None:
    rita = make_user("Rita", password=PASSWORD)
    review = make_review(make_proposal(submitted=True), rita)
    services.accept_review(review=review)
    with running() as installation:
        page = page_of(open_lonely, installation, rita, f"/projects/{review.proposal.project.slug}/proposal/1/review/")
        box = page.get_by_label("One worry")

        page.context.set_offline(True)
        box.fill("Typed in a tunnel.")
        expect(page.locator("#saved")).to_contain_text("kept in this browser")
        assert page.evaluate("Object.keys(localStorage)") == [f"dlstart:kept:{rita.pk}/{review.proposal_id}/review"]
        page.context.set_offline(False)
        page.goto("/")
        page.go_back()
        expect(box).to_have_value("Typed in a tunnel.")
        saved(page)
        review.refresh_from_db()
        assert review.worry == "Typed in a tunnel."

        page.context.clear_cookies()
        box.fill("Typed after the session had ended.")
        expect(page.locator("#saved")).to_contain_text("you are signed out")
        enter(page.context, rita, installation.address)
        saved(page)
        review.refresh_from_db()
        assert review.worry == "Typed after the session had ended."


def test_text_survives_a_crash_of_the_server(open_lonely: Window) -> None:
    project, anna, _, path = begin()
    port = free_port()
    with running(port) as installation:
        page = page_of(open_lonely, installation, anna, path)
        page.locator("#id_G2").fill("Typed before the crash.")
        saved(page)

        assert installation.process is not None
        installation.process.kill()
        installation.process.wait()
        page.locator("#id_G2").fill("Typed before the crash, and after it.")
        expect(page.locator("#saved")).to_contain_text("kept in this browser")
    with running(port):
        saved(page)

    assert stored(project, "G2") == "Typed before the crash, and after it."


def test_a_form_with_a_button_keeps_its_text_until_it_is_taken(open_lonely: Window) -> None:
    project, anna, bert, _ = begin()
    path, port = f"/projects/{project.slug}/proposal/1/comments/", free_port()
    with running(port) as installation:
        page = page_of(open_lonely, installation, anna, path)
        box, back, write = (
            page.get_by_label("Comment"),
            page.locator("form [role=status]"),
            page.get_by_text("Write it"),
        )

        page.context.set_offline(True)
        box.fill("Typed in a tunnel.")
        write.click()
        expect(page.locator("#toasts")).to_contain_text("No connection: nothing was sent.")
        page.context.set_offline(False)
        write.click()
        expect(page.locator("blockquote")).to_contain_text("Typed in a tunnel.")
        expect(box).to_be_empty()
        expect(back).to_have_count(0)

        box.fill("Typed, then left for another page.")
        page.goto("/")
        page.go_back()
        expect(box).to_have_value("Typed, then left for another page.")
        enter(page.context, bert, installation.address)
        page.goto(path)
        expect(box).to_be_empty()
        assert "left for another" not in page.content()
        enter(page.context, anna, installation.address)
        page.goto(path)
        expect(back).to_contain_text("What you typed at")
        back.get_by_role("button", name="Leave it out").click()
        expect(box).to_be_empty()
        page.goto(path)
        expect(box).to_be_empty()

        box.evaluate("box => box.removeAttribute('maxlength')")
        box.fill("Too long. " * 500)
        write.click()
        expect(page.locator(".error-summary")).to_be_visible()
        page.goto(path)
        expect(box).to_have_value("Too long. " * 500)

        box.fill("Typed after the session had ended.")
        Session.objects.all().delete()
        write.click()
        expect(page).to_have_url(installation.url(f"/accounts/login/?next={path}"))
        assert "Typed after" not in page.content()
        enter(page.context, anna, installation.address)
        page.goto(page.url)
        expect(box).to_have_value("Typed after the session had ended.")
        write.click()
        expect(page.locator("blockquote").last).to_contain_text("Typed after the session had ended.")
        expect(box).to_be_empty()

        box.fill("Typed before the crash.")
        assert installation.process is not None
        installation.process.kill()
        installation.process.wait()
        write.click()
        with pytest.raises(Error, match="ERR_CONNECTION_REFUSED"):
            page.goto(path)
    with running(port):
        page.goto(path)
        expect(box).to_have_value("Typed before the crash.")
        write.click()
        expect(box).to_be_empty()

    texts = ("Typed in a tunnel.", "Typed after the session had ended.", "Typed before the crash.")
    assert tuple(Comment.objects.order_by("pk").values_list("text", flat=True)) == texts


def test_what_can_be_sent_no_more_is_shown_to_be_copied(open_window: Window) -> None:
    project, anna, _, _ = begin()
    proposal = fill_proposal(project.proposals.get(), anna)
    services.submit_proposal(proposal=proposal, user=anna)
    rita = make_user("Rita")
    make_handler(proposal, make_user("Hanna"))
    services.accept_review(review=make_review(proposal, rita))
    question = services.ask_team(proposal=proposal, user=rita, text="Which camera?")
    with running() as installation:
        page = page_of(open_window, installation, anna, f"/projects/{project.slug}/proposal/1/")
        page.get_by_label("Answer of the team").fill("The one above the belt.")
        services.answer_question(question=question, user=anna, text="The old one.")
        page.get_by_role("button", name="Send the answer").click()
        expect(page.locator(".notice .quote")).to_have_text("The one above the belt.")
        page.get_by_role("button", name="I have copied it").click()
        expect(page.locator(".notice .quote")).to_have_count(0)


def test_an_autosave_says_that_the_session_has_ended(open_lonely: Window) -> None:
    project, anna, _, path = begin()
    with running() as installation:
        page = page_of(open_lonely, installation, anna, path)
        Session.objects.all().delete()
        page.locator("#id_G2").fill("Typed after the session had ended.")
        expect(page.locator("#saved")).to_contain_text("you are signed out")
        enter(page.context, anna, installation.address)
        saved(page)

    assert stored(project, "G2") == "Typed after the session had ended."
