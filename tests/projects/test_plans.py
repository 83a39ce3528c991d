"""The planners beside the form: two people fill them in, nothing is lost, reviewers read them."""

import json
import re

import pytest
from django.urls import reverse

from projects import selectors, services
from projects.models import Plan
from tests.factories import fill_proposal, make_project, make_team, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def proposal():
    return make_project(make_team(make_user("Olga"), make_user("Bob"))).proposals.get()


@pytest.fixture
def owner(proposal):
    return proposal.project.team.memberships.get(role="owner").user


def page(proposal, kind="payoff") -> str:
    return reverse("projects:plan_edit", args=[proposal.project.slug, 1, kind])


def values(proposal, kind="payoff") -> dict[str, str]:
    return Plan.objects.get(proposal=proposal, kind=kind).values


def test_a_plan_is_saved_as_it_is_typed_and_by_the_button(sign_in, proposal, owner):
    client = sign_in(owner)

    typed = client.post(page(proposal), {"places": "12", "worth": "???", "base": "{}"}, headers={"HX-Request": "true"})
    button = client.post(page(proposal), {"places": "12", "times": "8,000", "base": json.dumps(values(proposal))})

    assert (typed.status_code, button.status_code) == (200, 302)
    assert "12 × ??? × ???" in typed.content.decode()
    assert values(proposal) == {"places": "12", "times": "8,000"}


def test_a_number_is_typed_and_shown_with_the_readers_marks(sign_in, proposal, owner):
    client = sign_in(owner)
    german = {"headers": {"accept-language": "de"}}

    client.post(page(proposal), {"times": "8.000", "worth": "3,50 je Stück", "base": "{}"}, **german)
    shown = client.get(page(proposal), **german).content.decode()

    assert values(proposal) == {"times": "8,000", "worth": "3.50 je Stück"}
    assert 'value="8.000"' in shown
    assert 'value="3,50 je Stück"' in shown
    assert "??? × 8.000 × 3,50" in shown


def test_each_point_of_readiness_leads_to_the_field_that_mends_it(sign_in, proposal, owner):
    services.save_plan(proposal=proposal, user=owner, kind="rails", values={"wrong_4": "a miss"}, base={})
    client = sign_in(owner)

    listed = client.get(reverse("projects:proposal_submit", args=[proposal.project.slug, 1])).content.decode()

    links = re.findall(r'href="([^"#]*)#(id_\w+)"', listed.partition('<ul class="checks">')[2])
    assert len(links) == 13
    assert (page(proposal, "rails"), "id_notices_4") in links
    for address, field in links:
        assert f'id="{field}"' in client.get(address).content.decode()


def test_two_people_fill_in_one_plan(sign_in, proposal, owner):
    bob = proposal.project.team.memberships.get(role="member").user
    services.save_plan(proposal=proposal, user=bob, kind="payoff", values={"places": "14", "years": "3"}, base={})
    client = sign_in(owner)

    other_field = client.post(page(proposal), {"worth": "3", "base": "{}"}, headers={"HX-Request": "true"})
    same_field = client.post(page(proposal), {"places": "12", "worth": "3", "base": "{}"})
    again = client.post(page(proposal), same_field.context["form"].data.dict())

    assert (other_field.status_code, same_field.status_code, again.status_code) == (200, 409, 302)
    assert same_field.context["clashes"] == [("How many places would use it?", "14")]
    assert values(proposal) == {"places": "12", "worth": "3", "years": "3"}


def test_rails_are_read_with_the_proposal_and_a_blank_is_a_gap(sign_in, proposal, owner):
    client = sign_in(owner)
    client.post(page(proposal, "rails"), {"wrong_4": "A mug is missed", "tested_4": "", "base": "{}"})

    form = client.get(page(proposal, "rails")).context["form"]
    read = client.get(reverse("projects:proposal_preview", args=[proposal.project.slug, 1])).content.decode()

    assert form.count == 6
    assert ("A mug is missed" in read, read.count("gap</span>")) == (True, 3)


def test_a_submitted_plan_is_frozen_and_a_revision_takes_it_over(proposal, owner, sign_in):
    services.save_plan(proposal=proposal, user=owner, kind="payoff", values={"places": "14"}, base={})
    fill_proposal(proposal, owner)
    services.submit_proposal(proposal=proposal, user=owner)

    late = sign_in(owner).post(page(proposal), {"places": "1", "base": "{}"})
    services.withdraw_proposal(proposal=proposal)
    fresh = services.revise_proposal(project=proposal.project)

    assert (late.status_code, values(proposal)) == (409, {"places": "14"})
    assert selectors.plans_of(fresh)[0].places == 14
