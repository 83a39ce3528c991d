"""A page asks once what it needs several times; no answer outlives its page, and an act asks anew."""

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from dlstart_web.kit.once import OnceAPageMiddleware
from projects import permissions
from tests.factories import make_project, make_team, make_user

pytestmark = pytest.mark.django_db


def asked_of_members(act) -> int:
    """How often an act asks whether somebody is a member."""
    with CaptureQueriesContext(connection) as queries:
        act()
    return sum(query["sql"].startswith('SELECT "projects_membership"') for query in queries)


def test_a_page_asks_once_and_the_next_page_anew(sign_in):
    team = make_team(owner := make_user(), member := make_user())
    project = make_project(team)
    page = reverse("projects:project_detail", args=[project.slug])
    client = sign_in(member)

    assert asked_of_members(lambda: client.get(page)) == 1

    team.memberships.filter(user=member).update(left_at=timezone.now())
    assert client.get(page).status_code == 404
    assert sign_in(owner).get(page).status_code == 200


def test_outside_a_page_every_call_asks():
    team = make_team(make_user(), member := make_user())
    project = make_project(team)

    assert permissions.is_member(member, project)
    team.memberships.filter(user=member).update(left_at=timezone.now())
    assert not permissions.is_member(member, project)


@pytest.mark.parametrize(("method", "after"), [("POST", False), ("GET", True)])
def test_an_act_sees_what_it_changed_itself(method, after):
    team = make_team(make_user(), member := make_user())
    project = make_project(team)

    def leave(request) -> HttpResponse:
        before = permissions.is_member(member, project)
        team.memberships.filter(user=member).update(left_at=timezone.now())
        return HttpResponse(f"{before} {permissions.is_member(member, project)}")

    answer = OnceAPageMiddleware(leave)(RequestFactory().generic(method, "/"))

    assert answer.content.decode() == f"True {after}"
    assert not permissions.is_member(member, project)
