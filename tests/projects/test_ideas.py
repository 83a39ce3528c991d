"""The idea wall and the gallery of shapes: from one sentence to a proposal."""

import pytest
from django.urls import reverse

from projects import services
from projects.core.mapping import X_KINDS, Y_KINDS
from projects.core.shapes import SHAPES
from projects.models import Idea, Project
from tests.factories import make_team, make_user

pytestmark = pytest.mark.django_db
WALL = "/ideas/"


def test_an_idea_of_the_wall_becomes_a_proposal_once(sign_in):
    writer, ada = make_user(), make_user("Ada")
    team = make_team(ada)
    idea = services.write_idea(user=writer, x="photo", y="is it a mug?", problem="Mugs jam.")
    client = sign_in(ada)
    page = reverse("projects:project_create") + f"?idea={idea.pk}"

    form = client.get(page).context["form"]
    begun = client.post(
        page, {"name": "Mug finder", "idea": "Mugs jam.", "team": team.pk, "begin": form["begin"].value()}
    )
    again = client.get(page).context["form"]

    project = Project.objects.get()
    assert (form["name"].value(), form["idea"].value(), begun.status_code) == ("is it a mug", "Mugs jam.", 302)
    assert (project.proposals.get().x, project.ideas.get()) == ("photo", idea)
    assert again["begin"].value() == ""


def test_everybody_may_back_an_idea_and_take_it_back(sign_in):
    idea = services.write_idea(user=make_user(), x="photo", y="is it a mug?")
    client = sign_in()

    for count in (2, 1):
        client.post(reverse("projects:idea_back", args=[idea.pk]))
        assert client.get(WALL).context["page"][0].backing == count


def test_a_demo_account_sees_ideas_of_the_demo_alone(sign_in):
    services.write_idea(user=make_user(), x="secret plan", y="will it work?")
    services.write_idea(user=make_user(is_demo=True), x="photo", y="is it a mug?")

    seen = sign_in(make_user(is_demo=True)).get(WALL).content.decode()

    assert ("photo" in seen, "secret plan" in seen) == (True, False)


def test_an_idea_taken_down_is_kept_and_not_shown(sign_in):
    writer = make_user()
    idea = services.write_idea(user=writer, x="photo", y="is it a mug?")
    client = sign_in(writer)

    client.post(reverse("projects:idea_close", args=[idea.pk]))

    assert (list(client.get(WALL).context["page"]), Idea.objects.count()) == ([], 1)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.key)
def test_a_shape_fills_in_the_first_fields(sign_in, shape):
    ada = make_user()
    team = make_team(ada)

    sign_in(ada).post(reverse("projects:project_create"), {"name": "X", "team": team.pk, "begin": f"shape-{shape.key}"})

    proposal = Project.objects.get().proposals.get()
    assert (proposal.x, proposal.y_kind) == (shape.x, shape.y_kind)
    assert (shape.x_kind in X_KINDS, shape.y_kind in Y_KINDS) == (True, True)
