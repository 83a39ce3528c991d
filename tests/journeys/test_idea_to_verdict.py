"""The whole way once, on real data, in real browsers, with a real worker: from the first sign-up to the verdict."""

import csv
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sklearn.datasets import load_breast_cancer

from projects.core.criteria import CRITERIA
from projects.core.form import QUESTIONS, SECTIONS
from tests.journeys.installation import Installation, running
from tests.journeys.people import Person, colleague, invite, invite_into_team, join

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PROJECT = "/projects/biopsy-reader/"
PAIRS = [
    ("needle 17, 12 mm", "benign", False),
    ("needle 40, 23 mm", "malignant", False),
    ("needle 8, 15 mm", "malignant", True),
]
Shoot = Callable[[Page, str], None]


def test_an_idea_goes_all_the_way_to_its_verdict(open_window, shoot, tmp_path):
    with running() as installation:
        new = lambda **options: open_window(installation.address, **options)  # noqa: E731
        ada = join(new(), first_link(installation), "Ada")
        otto = join(new(), invite(ada), "Otto")
        cora = join(new(), invite_into_team(otto, team="Team of Otto"), "Cora")
        names = ("Hanna", "Rita", "Raul", "Sven")
        hanna, rita, raul, sven = (colleague(new(), name, installation.address) for name in names)
        link_works_once(new(), first_link(installation))
        make_steward(ada, "Sven")

        write_proposal(otto, cora, shoot)
        submit(otto)
        name_handler(ada, "Hanna", shoot)
        for name in ("Rita", "Raul"):
            ask_for_review(hanna, name)
        review(rita, score=4, words="Rita: the labels come from the laboratory.", hidden=("Raul:",), shoot=shoot)
        review(raul, score=3, words="Raul: one clinic only.", hidden=("Rita:", "Rita"), shoot=None)
        decide(hanna, shoot)
        lock_criterion(otto, shoot)

        version = upload(otto, biopsies(tmp_path), shoot)
        choose_target_and_split(otto, version, shoot)
        seal(sven, version, shoot)
        climb(otto, shoot)
        see_curves(otto, shoot)
        spend_look(otto, shoot)
        ask_for_the_final(otto, shoot)
        agree_and_judge(hanna, otto, shoot)


def first_link(installation: Installation) -> str:
    """The one-time link that an empty installation prints."""
    return re.search(r"http\S+/join/\S+", installation.words)[0]


def link_works_once(window, link: str) -> None:
    page = window.new_page()

    answer = page.goto(link)

    assert answer is not None
    assert answer.status == 410


def make_steward(ada: Person, name: str) -> None:
    ada.go("/people/")
    row = ada.page.get_by_role("row").filter(has_text=f"{name.lower()}@example.org")
    row.get_by_label("data steward").check()
    ada.click(row.get_by_role("button"))
    expect(row.get_by_label("data steward")).to_be_checked()


# --- the proposal ---------------------------------------------------------------------------------------------------------


def write_proposal(otto: Person, cora: Person, shoot: Shoot) -> None:
    otto.go("/projects/new/")
    otto.page.get_by_label("Name of the idea").fill("Biopsy reader")
    otto.press("Keep the idea and go on")
    for section in SECTIONS:
        expect(otto.heading).to_contain_text(section.label.lower())
        for question in section.questions:
            if question.kind == "mapping":
                write_mapping(otto.page)
            else:
                otto.page.locator(f"#id_{question.id}").fill(f"{question.good} ({question.id})")
        expect(otto.page.locator("#saved")).to_contain_text(re.compile(r"Saved \d\d:\d\d"))
        if section.key == "problem":
            shoot(otto.page, "proposal")
            expect(otto.page.locator("#id_G4_revision")).to_have_value("1")
            clash(otto, cora)
        if section.key == "feasibility":
            shoot(otto.page, "mapping")
        otto.click(otto.page.locator(".stickybar button").first)
    otto.sees("None. Every question has an answer.")
    shoot(otto.page, "preview")


def write_mapping(page: Page) -> None:
    page.get_by_label("Given one").fill("biopsy")
    page.get_by_label("Kind of X").select_option("table")
    page.get_by_label("Say", exact=True).fill("best treatment")
    expect(page.get_by_role("heading", name="Magic goes here")).to_be_visible()
    page.get_by_label("Say", exact=True).fill("is it malignant?")
    page.get_by_label("Kind of Y").select_option("one_of")
    for number, (x, y, is_hard) in enumerate(PAIRS, start=1):
        page.get_by_label(f"X of pair {number}").fill(x)
        page.get_by_label(f"Y of pair {number}").fill(y)
        page.get_by_label(f"Pair {number} is hard").set_checked(is_hard)
    expect(page.get_by_role("heading", name="Magic goes here")).to_be_hidden()
    expect(page.get_by_text("Looks like classification of table rows.")).to_be_visible()


def clash(otto: Person, cora: Person) -> None:
    """Two editors of one answer: the second is shown the first one's text and loses none of hers."""
    cora.go(f"{PROJECT}proposal/1/write/problem/")
    expect(cora.page.locator("#id_G2")).to_have_value(f"{QUESTIONS['G2'].good} (G2)")
    otto.page.locator("#id_G2").fill("The pathologist reads these first.")
    expect(otto.page.locator("#id_G2_revision")).to_have_value("2")

    cora.page.locator("#id_G2").fill("The clinic calls the patient the same day.")
    note = cora.page.locator("#conflict-G2")
    expect(note).to_contain_text("Otto saved another text")
    expect(note).to_contain_text("The pathologist reads these first.")
    cora.click(note.get_by_role("button", name="Compare and choose"))

    expect(cora.page.get_by_role("alert")).to_contain_text("A colleague saved the same answer")
    expect(cora.page.locator("#id_G2")).to_have_value("The clinic calls the patient the same day.")
    cora.page.locator("#id_G2").fill("The pathologist reads these first; the clinic calls the patient the same day.")
    cora.press("Save and read it as reviewers will")
    cora.sees("the clinic calls the patient the same day.")
    otto.page.reload()


def submit(otto: Person) -> None:
    otto.press("Submit…")
    otto.press("Submit for review")
    otto.sees("Version 1 is submitted and stays as it is.")
    otto.go(f"{PROJECT}proposal/1/write/problem/")
    expect(otto.page).to_have_url(re.compile(r"/proposal/1/$"))


# --- the review -----------------------------------------------------------------------------------------------------------


def name_handler(ada: Person, name: str, shoot: Shoot) -> None:
    ada.go("/")
    shoot(ada.page, "home")
    ada.go(f"{PROJECT}handler/")
    assert ada.page.get_by_label("Handler").locator("option", has_text=re.compile("Otto|Cora")).count() == 0
    ada.page.get_by_label("Handler").select_option(label=name)
    ada.press("Name the handler")
    ada.sees(f"{name} handles Biopsy reader now.")


def ask_for_review(hanna: Person, name: str) -> None:
    hanna.go(f"{PROJECT}proposal/1/board/")
    choice = hanna.page.get_by_label("Reviewer", exact=True)
    if not choice.is_visible():
        hanna.page.get_by_text("Choose somebody yourself").click()
    choice.select_option(label=name)
    hanna.click(hanna.page.locator("form").filter(has=choice).get_by_role("button", name="Ask for a review"))
    hanna.sees(f"{name} is asked for a review.")


def review(person: Person, *, score: int, words: str, hidden: tuple[str, ...], shoot: Shoot | None) -> None:
    """Score blind: nothing of the other reviews, nor their number, before one's own is in."""
    person.go("/")
    person.press("Review it" if person.page.get_by_role("link", name="Review it").count() else "Review")
    for path in (
        f"{PROJECT}proposal/1/review/",
        f"{PROJECT}proposal/1/board/",
        PROJECT,
        "/reviews/",
        "/search/?q=laboratory",
    ):
        person.go(path)
        person.sees_nothing_of(*hidden)
    person.go(f"{PROJECT}proposal/1/review/")
    page = person.page
    for criterion in CRITERIA:
        scale = page.locator("fieldset.scale").filter(has=page.locator("legend", has_text=criterion.label))
        scale.locator(f"input[value='{score}']").check()
        scale.locator("textarea").fill(words)
    page.get_by_label("middle", exact=True).check()
    page.get_by_label("What would change your mind?").fill(words)
    expect(page.locator("#saved")).to_contain_text("5 of 5 scored.")
    if shoot:
        shoot(page, "review")
    person.press("Submit review")
    person.sees("Your review is in.")
    person.sees(words)


def decide(hanna: Person, shoot: Shoot) -> None:
    hanna.go(f"{PROJECT}proposal/1/board/")
    hanna.sees("Rita: the labels come from the laboratory.")
    shoot(hanna.page, "decision")
    hanna.page.get_by_label("Go: collect the data").check()
    hanna.page.get_by_label("Reasons to the team").fill("The labels are there. Start with one clinic.")
    hanna.press("Decide")
    hanna.sees("Version 1 of Biopsy reader is decided.")


# --- criterion, data, seal ------------------------------------------------------------------------------------------------


def lock_criterion(otto: Person, shoot: Shoot) -> None:
    otto.go(f"{PROJECT}criterion/")
    otto.page.get_by_label("Measure", exact=True).select_option("accuracy")
    otto.page.get_by_label("Good enough").fill("90")
    otto.page.get_by_label("What deep learning must gain").fill("2")
    otto.press("Lock it")
    otto.sees("Criterion 1 is locked.")
    shoot(otto.page, "criterion")


def biopsies(folder: Path) -> Path:
    """scikit-learn's breast cancer data as somebody would export it: 569 rows, 30 measurements, the diagnosis in words."""
    data = load_breast_cancer()
    path = folder / "biopsies.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*data.feature_names, "diagnosis"])
        writer.writerows([*row, data.target_names[label]] for row, label in zip(data.data, data.target, strict=True))
    return path


def upload(otto: Person, path: Path, shoot: Shoot) -> str:
    """Bring the file; the address of its version."""
    otto.go(f"{PROJECT}data/upload/")
    otto.page.get_by_label("Labelled file").set_input_files(path)
    otto.page.get_by_label("Name of the data set").fill("Biopsies")
    shoot(otto.page, "upload")
    otto.click(otto.page.locator("main form button[type=submit]"))
    expect(otto.page).to_have_url(re.compile(r"/data/versions/[0-9a-f-]{36}/$"))
    otto.sees("569 rows read, 31 columns")
    return otto.page.url


def choose_target_and_split(otto: Person, version: str, shoot: Shoot) -> None:
    otto.press("Choose the label column")
    otto.page.get_by_label("Label column").select_option("diagnosis")
    shoot(otto.page, "target")
    otto.press("Choose and check")
    otto.click(otto.page.get_by_role("link", name="Choose the split"))
    otto.page.get_by_label("The same kind of rows").check()
    shoot(otto.page, "split")
    otto.press("Use this split")
    otto.sees("With 114 test rows the two sealed tiers are one set")
    otto.go(version)
    shoot(otto.page, "report-of-data")
    keep = otto.page.get_by_role("button", name="Keep it, say why").or_(
        otto.page.get_by_role("link", name="Keep it, say why")
    )
    for stops in range(keep.count(), 0, -1):  # single measurements that tell much of the diagnosis, known before it
        expect(keep).to_have_count(stops)
        otto.click(keep.first)
        otto.page.get_by_label("Why may it stay?").fill("Measured on the picture, before anybody knew the diagnosis.")
        otto.press("Keep it with this reason")
    expect(otto.page.get_by_role("heading", name="Ready for the seal")).to_be_visible()


def seal(sven: Person, version: str, shoot: Shoot) -> None:
    sven.go(f"{version}seal/")
    shoot(sven.page, "seal")
    sven.press("Seal for good")
    sven.click(sven.page.get_by_role("link", name="Certificate").first)
    sven.sees("In full")
    shoot(sven.page, "certificate")


# --- ladder, look, verdict ------------------------------------------------------------------------------------------------


def climb(otto: Person, shoot: Shoot) -> None:
    """Queue the ladder and see it end on the same page, without a reload by hand."""
    otto.go(f"{PROJECT}ladder/")
    otto.press("Run the ladder")
    expect(otto.page.get_by_role("button", name="Run the ladder again")).to_be_visible()
    rungs = otto.page.locator(".ladder tbody tr")
    expect(rungs).to_have_count(7)
    assert otto.page.locator(".ladder .score").count() >= 6  # a blend that gains nothing has no score
    shoot(otto.page, "ladder")
    otto.go(f"{PROJECT}leaderboard/")
    expect(otto.page.locator("table.board tbody tr").first).to_be_visible()
    shoot(otto.page, "leaderboard")


def see_curves(otto: Person, shoot: Shoot) -> None:
    otto.go(f"{PROJECT}ladder/")
    otto.click(otto.page.locator(".ladder").get_by_role("link", name="Small neural network"))
    expect(otto.page.locator(".chart svg.main-svg, figure svg.main-svg").first).to_be_visible()
    shoot(otto.page, "run")


def spend_look(otto: Person, shoot: Shoot) -> None:
    late = otto.window.new_page()
    late.goto(f"{PROJECT}look/")
    otto.go(f"{PROJECT}look/")
    otto.page.get_by_label("Why now?").fill("The ladder is finished.")
    otto.page.get_by_label("Your guess").fill("95")
    otto.page.get_by_label("Type LOOK to confirm").fill("LOOK")
    shoot(otto.page, "look")
    otto.press("Spend 1 look")
    answer = otto.page.locator("#looks tbody tr").first
    expect(answer).to_contain_text(re.compile(r"read \d\d\.\d|no"))
    expect(otto.page.get_by_text("Being scored.")).to_be_hidden()
    shoot(otto.page, "looks")
    refuse_second_look(otto, late, shoot)


def refuse_second_look(otto: Person, late: Page, shoot: Shoot) -> None:
    """Within the week there is no second look, not even from a page that was open before; the refusal names the next moment."""
    late.get_by_label("Run", exact=True).select_option(index=1)
    late.get_by_label("Why now?").fill("Once more.")
    late.get_by_label("Type LOOK to confirm").fill("LOOK")
    late.get_by_role("button", name="Spend 1 look").click()
    expect(late.get_by_role("heading", level=1)).to_contain_text("no look now")
    expect(late.get_by_role("alert")).to_contain_text(re.compile(r"\d\d:\d\d"))
    shoot(late, "look-refused")
    late.close()
    otto.go(f"{PROJECT}look/")
    expect(otto.page.get_by_role("button", name="Spend 1 look")).to_have_count(0)
    otto.sees(re.compile(r"next look .*\d\d:\d\d", re.IGNORECASE))


def ask_for_the_final(otto: Person, shoot: Shoot) -> None:
    otto.go(f"{PROJECT}final/")
    otto.page.get_by_label("Type OPEN to ask").fill("OPEN")
    shoot(otto.page, "final")
    otto.press("Ask to open the final tier")
    otto.sees("Hanna is asked to agree.")


def agree_and_judge(hanna: Person, otto: Person, shoot: Shoot) -> None:
    hanna.go(f"{PROJECT}final/")
    hanna.press("Agree and open")
    hanna.page.get_by_role("link", name="One-page report").wait_for()
    hanna.sees(re.compile("you've won|earns its cost|Not reached|We cannot tell yet"))
    otto.go(f"{PROJECT}verdict/")
    shoot(otto.page, "verdict")
    otto.press("One-page report")
    otto.sees("Biopsy reader")
    shoot(otto.page, "report")
