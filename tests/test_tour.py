"""The tour of the demo: be one of its people, and oneself again; nobody gets further than the demo by it."""

import pytest
from django.urls import reverse

from datasets.models import DatasetVersion
from dlstart_web.demo.load import load
from dlstart_web.demo.people import PEOPLE
from dlstart_web.demo.remove import remove
from projects.models import Project, User
from tests.factories import PASSWORD, do_ingestions, make_project, make_team, make_user

TOUR, BACK = reverse("demo:tour"), reverse("demo:view_back")


def view_as(key: str) -> str:
    return reverse("demo:view_as", args=[key])


@pytest.fixture(scope="module")
def loaded(kept):
    load()


@pytest.fixture
def demo(loaded, db):
    pass


def test_each_person_lands_on_a_page_that_opens(client, demo):
    for person in PEOPLE:
        answer = client.post(view_as(person.key), follow=True)
        assert answer.status_code == 200, person
        assert answer.redirect_chain[0][0] == person.where
        assert answer.context["user"].email == person.email


def test_a_visitor_without_an_account_sees_the_demo_and_leaves_it(client, demo, settings):
    real = make_project(name="Real one")
    client.post(view_as("mara"))

    names = client.get("/projects/").content.decode()
    assert "Mug finder" in names
    assert "Real one" not in names
    assert client.get(reverse("projects:project_detail", args=[real.slug])).status_code == 404
    assert client.post(BACK)["Location"] == reverse("account_login")
    assert client.get("/projects/").status_code == 302

    settings.DEMO_OPEN = False
    assert client.get(TOUR)["Location"].startswith(reverse("account_login"))
    assert client.post(view_as("mara"))["Location"].startswith(reverse("account_login"))
    assert client.get("/projects/").status_code == 302


def test_a_person_goes_through_the_demo_and_comes_back(sign_in, demo):
    ada = make_user("Ada", password=PASSWORD)
    client = sign_in(ada)

    client.post(view_as("teo"))
    client.post(view_as("pia"))
    assert "Be yourself again" in client.get(TOUR).content.decode()
    client.post(BACK)

    assert client.get("/").context["user"] == ada


@pytest.mark.parametrize("change", ["password", "is_active"])
def test_an_account_that_was_closed_or_changed_meanwhile_is_not_come_back_to(sign_in, demo, change):
    ada = make_user("Ada", password=PASSWORD)
    client = sign_in(ada)
    client.post(view_as("teo"))
    if change == "password":
        ada.set_password("another long password")
    else:
        ada.is_active = False
    ada.save()

    assert client.post(BACK)["Location"] == reverse("account_login")
    assert client.get("/").status_code == 302


def test_only_people_of_the_demo_can_be_viewed_as(client, demo):
    make_user("Ada", email="ada@northlight.example")
    User.objects.filter(email="mara@northlight.example").update(is_demo=False)

    assert [client.post(view_as(key)).status_code for key in ("ada", "mara", "nobody")] == [404, 404, 404]
    assert client.get(view_as("teo")).status_code == 405
    assert Project.objects.filter(is_demo=True).exists()


def test_without_a_demo_the_tour_says_so(client, db):
    remove()

    assert "There is no demo here" in client.get(TOUR).content.decode()


@pytest.mark.django_db
def test_the_demo_data_comes_into_a_sandbox_with_one_click(sign_in):
    alone, member = make_user(), make_user()
    team = make_team(member)

    nowhere = sign_in(alone).post(reverse("demo:try_it"))
    copied = [sign_in(member).post(reverse("demo:try_it")) for _ in range(2)]
    do_ingestions()

    versions = list(DatasetVersion.objects.filter(dataset__project__is_demo=False))
    assert (nowhere.url, {answer.status_code for answer in copied}) == (reverse("projects:team_list"), {302})
    assert [(one.dataset.project.team, one.dataset.project.is_sandbox) for one in versions] == [(team, True)] * 2
    assert {one.rows_read for one in versions} == {1797}
    assert versions[0].dataset.lineage != versions[1].dataset.lineage
    assert "Try it on the demo data now" in sign_in(member).get(reverse("projects:start_page")).content.decode()
