"""Two people in one section: what one of them left blank never replaces what the other wrote."""

import pytest
from django.urls import reverse

from projects import services
from projects.models import Answer
from tests.factories import make_project

pytestmark = pytest.mark.django_db


def test_an_answer_left_blank_does_not_replace_a_colleagues(sign_in):
    project = make_project()
    owner = project.team.memberships.get().user
    proposal = project.proposals.get()
    address = reverse("projects:proposal_section", args=[project.slug, proposal.number, "problem"])
    for question in ("G2", "G4"):
        services.save_answer(proposal=proposal, user=owner, question=question, revision=0, text=f"Anna on {question}.")

    client = sign_in(owner)
    opened_before = {"G2": "Bert on G2.", "G2_revision": 0, "G4": "", "G4_revision": 0}
    clash = client.post(address, opened_before)
    shown = {name: clash.context["form"].data[name] for name in opened_before}
    client.post(address, shown)

    assert clash.status_code == 409
    stored = dict(Answer.objects.filter(question__in=("G2", "G4")).values_list("question", "text"))
    assert stored == {"G2": "Bert on G2.", "G4": "Anna on G4."}
