"""The label planner: sums in words, from an address alone."""

import pytest
from django.urls import reverse

from tests.factories import make_project, make_team

pytestmark = pytest.mark.django_db
SUM = {"have": 0, "rows": 4000, "each": "0.1", "double": 100, "people": 2, "equal": 90}


@pytest.fixture
def ask(sign_in):
    project = make_project(make_team(), name="Mug finder")
    client = sign_in(project.team.memberships.get().user)
    return lambda **said: client.get(reverse("datasets:label_plan", args=[project.slug]), said)


def test_plan_shows_its_sums(ask):
    page = ask(**SUM).content.decode()

    assert "8,000 labels cost 800.00" in page
    assert "90% equal labels will be known to within 0.9 points" in page


def test_plan_for_a_level_needs_its_final_rows(ask):
    answer = ask(**SUM | {"rows": "", "level": 95, "margin": 1})

    assert answer.context["final"] == 1825
    assert answer.context["plan"].rows == 18_250
    assert "a true 95.0% reads within 1.0 points of it" in answer.content.decode()


def test_plan_without_a_target_says_what_is_missing(ask):
    answer = ask(**SUM | {"rows": ""})

    assert answer.status_code == 422
    assert answer.context["form"].errors["rows"] == [
        "Say how many labelled rows you want, or fill in level and points below"
    ]


def test_plan_is_empty_before_anything_is_said(ask):
    answer = ask()

    assert (answer.status_code, "plan" in answer.context) == (200, False)
