"""A sandbox: own data at once, without review and without looks."""

import pytest
from django.urls import reverse

from projects.models import Project
from tests.factories import make_project

pytestmark = pytest.mark.django_db


def test_a_sandbox_begins_with_its_data(sign_in):
    team = make_project().team
    owner = team.memberships.get().user

    response = sign_in(owner).post(
        reverse("projects:project_create"), {"name": "Try it", "team": team.pk, "is_sandbox": "on"}
    )

    made = Project.objects.get(name="Try it")
    assert made.is_sandbox
    assert (response.status_code, response["Location"]) == (302, reverse("datasets:dataset_upload", args=[made.slug]))
