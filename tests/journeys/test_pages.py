"""Every page of a filled installation in a real browser: readable for everybody, on any screen, light, and without script."""

import gzip
import re
from collections.abc import Iterator
from contextlib import closing

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from django.urls import Resolver404, resolve, reverse
from playwright.sync_api import BrowserContext, Page, expect

from evaluations import services as evaluation_services
from projects import services
from projects.core.examples import EXAMPLES
from projects.core.form import SECTIONS
from projects.models import Project, User
from projects.selectors import mail_token
from tests.factories import fill_proposal, make_handler, make_project, make_proposal, make_review, make_user
from tests.journeys.installation import running
from tests.journeys.people import Person, enter
from tests.test_permission_walk import address, table
from tests.world import World, make_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WEIGHT = 60_000  # bytes of an ordinary page, compressed, without charts
KEYBOARD = ("/", "/projects/new/", "/settings/")  # walked stop by stop
CHARTS = "/static/plotly/"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
FAULTS = {"resultTypes": ["violations"], "reporter": "no-passes"}  # what is right, axe would send word for word
WHOLE = {**FAULTS, "runOnly": {"type": "tag", "values": TAGS}}
COLOURS = {**FAULTS, "runOnly": {"type": "rule", "values": ["color-contrast"]}}
FORMS = {**WHOLE, "rules": {"color-contrast": {"enabled": False}}}
PAINTED = {  # all colours come from one style sheet; these pages use most of them
    *("account_login", "kit:method", "evaluations:home", "projects:project_detail", "projects:proposal_section"),
    *("projects:review_edit", "datasets:dataset_detail", "datasets:version_detail", "datasets:certificate"),
    *("evaluations:ladder", "evaluations:leaderboard", "evaluations:look_list", "evaluations:run_detail"),
    *("evaluations:report", "evaluations:verdict"),
}


def pages(world: World) -> Iterator[tuple[str, str]]:
    """Who looks at what."""
    for name in (
        "kit:method",
        "kit:glossary",
        "kit:keys",
        "datasets:peeking_lab",
        "account_login",
        "demo:tour",
        "account_reset_password",
        "account_signup",
        "api_docs",
    ):
        yield "stranger", reverse(name)
    yield "stranger", reverse("projects:invitation_accept", args=[world.values["secret"]])
    yield "stranger", reverse("projects:invitation_accept", args=["spent"])
    yield "stranger", reverse("projects:mail_stop", args=[mail_token(world.people["owner"], world.idea)])
    for role in ("loner", "owner"):
        yield role, reverse("evaluations:home")
    for section in SECTIONS:
        draft = Project.objects.get(name="Other idea")
        yield "other", reverse("projects:proposal_section", args=[draft.slug, 1, section.key])
    for kind in ("payoff", "rails"):
        yield "other", reverse("projects:plan_edit", args=[draft.slug, 1, kind])
    for name in ("attachment_list", "comment_list"):
        yield "owner", reverse(f"projects:{name}", args=[world.idea.slug, 1])
        yield "other", reverse(f"projects:{name}", args=[draft.slug, 1])
    yield "other", reverse("projects:answer_texts", args=[draft.slug, 1, "G1"])
    yield "other", reverse("projects:proposal_submit", args=[draft.slug, 1])
    yield "other", reverse("projects:proposal_preview", args=[draft.slug, 1])
    for name in (
        "my_settings",
        "token_list",
        "team_list",
        "team_create",
        "review_list",
        "project_list",
        "project_create",
        "idea_wall",
        "start_page",
        "grave_list",
        "notice_list",
        "shape_list",
    ):
        yield "owner", reverse(f"projects:{name}")
    yield "owner", reverse("projects:search") + "?q=mug"
    yield "owner", reverse("projects:search") + "?q=nothing-at-all"
    yield "owner", reverse("projects:team_detail", args=[world.values["team"]])
    yield "owner", reverse("projects:example_detail", args=[EXAMPLES[0].key])
    for project in (world.idea, world.result, world.judged):
        yield "owner", reverse("projects:project_detail", args=[project.slug])
        yield "owner", reverse("datasets:project_data", args=[project.slug])
        for name in (
            "criterion",
            "ladder",
            "leaderboard",
            "look",
            "look_list",
            "opening",
            "verdict",
            "report",
            "report_appendix",
        ):
            yield "owner", reverse(f"evaluations:{name}", args=[project.slug])
    yield "owner", reverse("evaluations:run_detail", args=[world.values["run"]])
    yield "owner", reverse("evaluations:run_forecast", args=[world.values["run"]])
    yield "owner", reverse("evaluations:operating_point", args=[world.values["run"]])
    yield "owner", reverse("evaluations:surprise_list")
    yield "owner", reverse("evaluations:predict", args=[world.result.slug])
    yield "owner", reverse("evaluations:hand_in", args=[world.result.slug])
    for name in ("operating_point", "run_inspection", "run_takeaway"):
        yield "owner", reverse(f"evaluations:{name}", args=[world.values["run"]])
    yield "owner", reverse("datasets:dataset_list")
    yield "owner", reverse("datasets:dataset_list") + "?q=nothing-at-all"
    yield "owner", reverse("datasets:dataset_deposit")
    for name in ("dataset_detail", "datasheet", "dataset_remove", "dataset_use"):
        yield "owner", reverse(f"datasets:{name}", args=[world.values["dataset"]])
    yield "owner", reverse("datasets:access_decide", args=[world.values["request"]])
    yield "owner", reverse("datasets:version_figures", args=[world.sealed.pk])
    yield (
        "owner",
        reverse("datasets:label_plan", args=[world.idea.slug])
        + "?have=0&rows=4000&each=0.1&double=100&people=2&equal=90",
    )
    yield "owner", reverse("datasets:column_figures", args=[world.sealed.pk, 1])
    yield "other", reverse("datasets:wanted_detail", args=[world.values["wanted"]])
    yield "owner", reverse("datasets:dataset_upload", args=[world.idea.slug])
    yield "owner", reverse("datasets:look_gate", args=[world.values["dataset"]])
    for name in ("version_detail", "version_target", "version_split"):
        yield "owner", reverse(f"datasets:{name}", args=[world.ready.pk])
    yield "owner", reverse("datasets:version_finding", args=[world.ready.pk]) + f"?keep={world.values['finding']}"
    yield "owner", reverse("datasets:certificate", args=[world.sealed.pk])
    yield "steward", reverse("datasets:version_seal", args=[world.ready.pk])
    yield "reviewer", reverse("projects:review_edit", args=[world.idea.slug, 1])
    yield "reviewer", reverse("projects:review_board", args=[world.result.slug, 1])
    yield "handler", reverse("projects:review_board", args=[world.idea.slug, 1])
    yield "handler", reverse("projects:reviewer_release", args=[world.idea.slug, 1, world.values["review"]])
    yield "member", reverse("projects:person_list")
    yield "administrator", reverse("projects:person_list")
    yield "administrator", reverse("projects:class_links")
    yield "owner", reverse("projects:project_grave", args=[world.idea.slug])
    for name in ("administration", "all_teams", "rules_change", "questions_change"):
        yield "administrator", reverse(f"projects:{name}")
    for key in ("letters", "shapes", "example-coffee-mug"):
        yield "administrator", reverse("projects:template_change", args=[key])
    yield "administrator", reverse("projects:glass_break", args=[world.idea.slug])
    yield "administrator", reverse("projects:handler_assign", args=[world.idea.slug])
    for name in ("account_change_password", "account_email", "account_logout", "mfa_index"):
        yield "owner", reverse(name)
    yield "owner", "/no/such/page/"


def other_pages(world: World) -> Iterator[tuple[str, str]]:
    """Every page of the table of permissions that is not among those, so that none is forgotten: as one who may most."""
    seen = {resolve_name(path) for _, path in pages(world)}
    for (name, method), answers in table().items():
        role = next((role for role in ("administrator", "handler", "owner", *answers) if answers[role] == 200), None)
        if method != "GET" or name in seen or role is None:
            continue
        client, path = Client(), address(name, world)
        if role != "stranger":
            client.force_login(world.people[role])
        with closing(client.get(path)) as answer:
            if answer.headers.get("Content-Type", "").startswith("text/html") and b"<html" in answer.content:
                yield role, path


def later_pages(world: World) -> list[tuple[str, str]]:
    """What there is to see once reviews are discussed, the result is decided and the next version is begun."""
    people, judged = world.people, world.judged
    discussed = make_project(judged.team, name="Discussed", user=people["owner"])
    proposal = fill_proposal(discussed.proposals.get(), people["owner"])
    services.submit_proposal(proposal=proposal, user=people["owner"])
    make_handler(proposal, people["handler"])
    make_review(proposal, people["reviewer"], scores=(2, 3, 4, 3, 2))
    services.begin_discussion(proposal=proposal, user=people["handler"])
    evaluation_services.decide_result(project=judged, user=people["handler"], outcome="ship", reasons="It is enough.")
    services.revise_proposal(project=judged)
    return [
        ("reviewer", reverse("projects:scores_change", args=[discussed.slug, 1])),
        ("reviewer", reverse("projects:review_board", args=[discussed.slug, 1])),
        ("owner", reverse("evaluations:result_paid", args=[judged.slug])),
        ("owner", reverse("projects:proposal_changes", args=[judged.slug, 2])),
    ]


def test_every_page_is_for_everybody(open_window, live_server):
    """Each page once, at its fullest; its other states, and all colours by day and by night, in the long run."""
    world = make_world()
    paths = {resolve_name(path): (role, path) for role, path in (*pages(world), *other_pages(world))}
    assert paths.keys() >= PAINTED
    look_at(world, list(paths.values()), open_window, live_server.url, painted=PAINTED, dark=False)


@pytest.mark.long
def test_every_state_of_every_page_is_for_everybody(open_window):
    world = make_world()
    paths = [*pages(world), *other_pages(world)]
    with running() as installation:
        look_at(world, paths, open_window, installation.address, dark=True)
        look_at(world, later_pages(world), open_window, installation.address, dark=True)


def resolve_name(path: str) -> str:
    """The name of the page at an address; the address itself where there is none."""
    try:
        return resolve(path.partition("?")[0]).view_name
    except Resolver404:
        return path


def look_at(
    world: World,
    paths: list[tuple[str, str]],
    open_window,
    address: str,
    *,
    dark: bool,
    painted: set[str] | None = None,
) -> None:
    """All faults of these pages; those of colour only of the painted ones where these are named, `dark` says whether of the
    night as well."""
    found, seen, sizes = [], {}, {}
    for role, path in paths:
        if role not in seen:
            window = open_window(address, viewport={"width": 320, "height": 800})
            enter(window, world.people.get(role), address)
            seen[role] = window.new_page()
        rules = WHOLE if painted is None or resolve_name(path) in painted else FORMS
        found += [f"{role} {path}: {fault}" for fault in faults_of(seen[role], path, sizes, rules, dark=dark)]

    assert not found, "\n".join(found)


def faults_of(page: Page, path: str, sizes: dict[str, int], rules: dict[str, object], *, dark: bool) -> Iterator[str]:
    """What is wrong with one page."""
    page.set_viewport_size({"width": 320, "height": 800})
    answer = page.goto(path)
    assert answer is not None
    expect(page.locator(".htmx-request, .htmx-settling, [data-figure-url]:empty")).to_have_count(0)
    if answer.status not in (200, 403, 404, 410):
        yield f"answers {answer.status}"
    width = page.evaluate("document.documentElement.scrollWidth")
    if width > 320:
        yield f"scrolls sideways at 320 px, to {width}: {page.evaluate(WIDEST)}"
    if path == reverse("api_docs"):
        expect(page.get_by_role("heading", name=re.compile("dlstart"))).to_be_visible()
        return  # Swagger's own page: its weight and its colours are not ours
    yield from first_stop(page)
    if path in KEYBOARD:
        yield from unseen_stops(page)
    total = weight(page, answer.body(), sizes)
    if total > WEIGHT:
        yield f"weighs {total:,} bytes"
    page.set_viewport_size({"width": 1280, "height": 900})
    yield from complaints(page, Axe(), rules)
    if dark:
        page.emulate_media(color_scheme="dark")
        yield from complaints(page, Axe(axe_script=""), COLOURS)  # it is in the page by now
        page.emulate_media(color_scheme="light")


WIDEST = """[...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > 321 && !e.closest('.table-wrap'))
    .slice(0, 3).map(e => e.tagName + '.' + e.className).join(', ')"""


def first_stop(page: Page) -> Iterator[str]:
    """The first Tab leads to the skip link, and one sees that it does."""
    page.keyboard.press("Tab")
    focused = page.evaluate(
        "(() => { const e = document.activeElement, box = e.getBoundingClientRect();"
        " return [e.className, box.top >= 0 && box.height > 10, getComputedStyle(e).outlineStyle !== 'none'] })()"
    )
    if focused != ["skip", True, True]:
        yield f"the first Tab leads to {focused}"


def unseen_stops(page: Page) -> Iterator[str]:
    """Stops of the keyboard at which nothing shows where it is."""
    for _ in range(25):
        page.keyboard.press("Tab")
        words, is_seen = page.evaluate(
            "(() => { const e = document.activeElement, box = e.getBoundingClientRect();"
            " const ring = [e, e.closest('label') ?? e].map(place => getComputedStyle(place)).some("
            "  s => s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0 || s.boxShadow !== 'none');"
            " return [e.outerHTML.slice(0, 80), e === document.body || ring && box.width > 0] })()"
        )
        if not is_seen:
            yield f"focus is not seen at {words}"


def weight(page: Page, document: bytes, sizes: dict[str, int]) -> int:
    """Compressed bytes of the page and of what it fetches, charts aside."""
    total = len(gzip.compress(document))
    for url in page.evaluate("performance.getEntriesByType('resource').map(entry => entry.name)"):
        if CHARTS in url or "/figure/" in url:
            continue
        if "/static/" not in url:
            total += len(gzip.compress(page.request.get(url).body()))
        else:
            sizes[url] = sizes.get(url) or len(gzip.compress(page.request.get(url).body()))
            total += sizes[url]
    return total


def complaints(page: Page, axe: Axe, options: dict[str, object]) -> Iterator[str]:
    """What axe calls serious or critical."""
    for rule in axe.run(page, options=options).response["violations"]:
        if rule["impact"] in ("serious", "critical"):
            yield f"{rule['id']}: {[node['html'][:120] for node in rule['nodes']][:3]}"


def test_pages_work_without_script(open_window, live_server):
    world = make_world()
    plain = lambda role: Person(role, *plain_page(open_window, world.people[role], live_server.url))  # noqa: E731
    write_without_script(plain("other"))
    owner = plain("owner")
    owner.go(reverse("evaluations:ladder", args=[world.result.slug]))
    expect(owner.page.locator(".ladder .score")).to_have_count(2)
    owner.go(reverse("evaluations:run_detail", args=[world.values["run"]]))
    expect(owner.page.locator("details table tbody tr").first).to_be_attached()
    reviewer = plain("reviewer")
    reviewer.go(reverse("projects:review_edit", args=[world.idea.slug, 1]))
    reviewer.page.get_by_label("What would change your mind?").fill("A second camera.")
    reviewer.press("Save draft")
    expect(reviewer.page.get_by_label("What would change your mind?")).to_have_value("A second camera.")


def plain_page(open_window, user: User, address: str) -> tuple[BrowserContext, Page]:
    window = open_window(address, java_script_enabled=False)
    enter(window, user, address)
    return window, window.new_page()


def write_without_script(person: Person) -> None:
    """An idea, a section, a pair more, the theme: all by plain posts."""
    person.go("/projects/new/")
    person.page.get_by_label("Name of the idea").fill("Plain idea")
    person.press("Keep the idea and go on")
    person.page.locator("#id_G1").fill("The trays jam.")
    person.click(person.page.locator(".stickybar button").first)
    expect(person.heading).to_contain_text("dataset")
    person.go("/projects/plain-idea/proposal/1/write/feasibility/")
    person.press("Add a pair")
    expect(person.page.get_by_label("X of pair 4")).to_be_visible()
    person.go("/projects/plain-idea/proposal/1/")
    person.sees("The trays jam.")
    person.page.locator("details.menu summary").click()
    person.page.get_by_role("button", name="dark").click()
    expect(person.page.locator("html")).to_have_attribute("data-theme", "dark")


def reviewer_page(open_window, address: str, **options) -> tuple[Page, list[str]]:
    """A page of somebody with a review to write, and three addresses: a list, the review, the proposal's project."""
    rita = make_user()
    review = make_review(make_proposal(submitted=True), rita)
    window = open_window(address, **options)
    enter(window, rita, address)
    slug = review.proposal.project.slug
    return window.new_page(), ["/projects/", f"/projects/{slug}/proposal/1/review/", f"/projects/{slug}/"]


def test_nothing_moves_for_who_wants_no_motion(open_window, live_server):
    page, paths = reviewer_page(open_window, live_server.url)
    slow = (  # what somebody may write one day; nothing moves today
        "(() => { document.querySelector('h1').style.transition = 'opacity 9s';"
        " return getComputedStyle(document.querySelector('h1')).transitionDuration })()"
    )
    for path in paths:
        for motion, duration in (("no-preference", "9s"), ("reduce", "0s")):
            page.emulate_media(reduced_motion=motion)
            page.goto(path)
            page.keyboard.press("j")
            page.keyboard.press("Tab")

            assert page.evaluate("document.getAnimations().length") == 0
            assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"
            assert page.evaluate(slow) == duration


def test_focus_and_status_are_seen_in_forced_colours(open_window, live_server):
    page, paths = reviewer_page(open_window, live_server.url, forced_colors="active")
    for path in paths:
        page.goto(path)
        assert list(first_stop(page)) == []
        assert list(unseen_stops(page)) == []
        marks = page.locator("main .tag svg").evaluate_all(
            "marks => marks.map(mark => [getComputedStyle(mark).fill, getComputedStyle(mark.parentElement).color,"
            " getComputedStyle(mark.parentElement).backgroundColor, mark.parentElement.textContent.trim() !== ''])"
        )
        assert marks
        assert all(fill == word != ground and says for fill, word, ground, says in marks), marks
    page.goto(paths[1])
    scale = page.locator(".scale__option").first
    scale.locator("input").check()
    assert scale.evaluate("option => getComputedStyle(option).outlineStyle") == "solid"


def test_paper_holds_the_page_without_its_navigation(open_window, live_server):
    page, paths = reviewer_page(open_window, live_server.url, color_scheme="dark")
    for path in paths:
        page.goto(path)
        for chrome in (".appbar", ".foot"):
            expect(page.locator(chrome)).to_be_visible()
        page.emulate_media(media="print")
        for chrome in (".appbar", ".foot", ".skip", ".toasts", "main .button"):
            expect(page.locator(chrome).filter(visible=True)).to_have_count(0)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        colours = page.locator("h1").evaluate(
            "head => [getComputedStyle(head).color, getComputedStyle(document.documentElement).backgroundColor]"
        )
        assert colours == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]
        page.emulate_media(media="screen")
