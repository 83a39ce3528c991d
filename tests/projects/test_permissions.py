"""Who reaches which page of projects, of a public proposal too; the walk of permissions has all roles and methods."""

from uuid import uuid4

import pytest
from django.urls import reverse

from projects.models import Proposal
from projects.urls import urlpatterns
from tests.factories import make_handler, make_project, make_proposal, make_review, make_team, make_user
from tests.permission_table import TABLE

METHODS: dict[str, set[str]] = {}  # a page's name -> what it answers, as the table of permissions lists it
for line in TABLE.splitlines():
    if line.startswith("projects:"):
        name, method = line.removeprefix("projects:").split()[:2]
        METHODS.setdefault(name, set()).add(method.lower())
MEMBERS_ONLY = {"proposal_section", "proposal_answer", "proposal_news", "question_answer"}
OWNERS_ONLY = {"proposal_submit", "proposal_withdraw", "proposal_revise"}
ASKED_ONLY = {"question_ask", "review_edit", "review_submit", "review_decline", "review_accept", "review_skip"}
HANDLERS_ONLY = {"reviewer_assign", "reviewer_release", "decision_make"}
ADMINISTRATORS_ONLY = {
    "administration",
    "all_teams",
    "audit_log",
    "glass_break",
    "handler_assign",
    "person_list",
    "person_invite",
    "person_edit",
    "setup_act",
}
OF_PROJECT = {
    name
    for name in METHODS
    if name.startswith(("proposal_", "question_", "review_", "reviewer_", "decision_", "handler_"))
} | {"project_detail"}
OF_PROJECT -= {"review_list", "review_next"}
OF_TEAM = {"team_detail", "team_rename", "invitation_create", "invitation_withdraw", "member_role", "member_leave"}


def address(name: str, proposal: Proposal) -> str:
    """The page's address for a proposal, its project and its team."""
    project = proposal.project
    known = {
        "slug": project.team.slug if name in OF_TEAM else project.slug,
        "number": proposal.number,
        "section": "payoff",
        "question": "P1",
        "key": "coffee-mug" if name == "example_detail" else "nothing",
        "secret": "nothing",
        "review": uuid4(),
        "pk": project.team.memberships.first().pk if name in OF_TEAM else 1,
    }
    pattern = next(p for p in urlpatterns if p.name == name)
    return reverse(f"projects:{name}", kwargs={key: known[key] for key in pattern.pattern.converters})


def call(client, name: str, proposal: Proposal, method: str | None = None):
    method = method or sorted(METHODS[name])[0]
    return getattr(client, method)(address(name, proposal))


def answers(client, names, proposal: Proposal) -> dict[tuple[str, str], int]:
    """The status of each page by each of its methods."""
    return {(name, m): call(client, name, proposal, m).status_code for name in sorted(names) for m in METHODS[name]}


@pytest.mark.django_db
@pytest.mark.parametrize("is_private", [False, True])
def test_a_draft_or_a_private_proposal_is_not_there_for_others(sign_in, is_private):
    proposal = make_proposal(submitted=is_private, project=make_project(is_private=is_private))
    make_team(other := make_user())

    found = answers(sign_in(other), OF_PROJECT | OF_TEAM, proposal)

    assert {key for key, status in found.items() if status != 404} == set()


@pytest.mark.django_db
def test_a_reader_without_the_right_gets_403(sign_in):
    proposal = make_proposal(submitted=True)
    make_team(reader := make_user())

    found = answers(
        sign_in(reader), MEMBERS_ONLY | OWNERS_ONLY | ASKED_ONLY | HANDLERS_ONLY | ADMINISTRATORS_ONLY, proposal
    )

    assert {key for key, status in found.items() if status != 403} == set()


@pytest.mark.django_db
def test_a_member_without_the_right_gets_403(sign_in):
    team = make_team(make_user(), member := make_user())
    proposal = make_proposal(team, submitted=True)

    found = answers(sign_in(member), OWNERS_ONLY | ASKED_ONLY | HANDLERS_ONLY | ADMINISTRATORS_ONLY, proposal)

    assert {key for key, status in found.items() if status != 403} == set()


@pytest.mark.django_db
def test_a_plain_member_does_not_manage_the_team(sign_in):
    team = make_team(make_user(), member := make_user())
    proposal = make_proposal(team)

    found = answers(
        sign_in(member), {"team_rename", "invitation_create", "invitation_withdraw", "member_role"}, proposal
    )

    assert set(found.values()) == {403}


@pytest.mark.django_db
def test_a_member_takes_nobody_out_but_may_leave(sign_in):
    team = make_team(owner := make_user(), member := make_user())
    client = sign_in(member)

    refused = client.post(reverse("projects:member_leave", args=[team.slug, team.memberships.get(user=owner).pk]))
    left = client.post(reverse("projects:member_leave", args=[team.slug, team.memberships.get(user=member).pk]))

    assert (refused.status_code, left.status_code) == (403, 302)
    assert list(team.memberships.filter(left_at=None).values_list("user", flat=True)) == [owner.pk]


@pytest.mark.django_db
def test_the_handler_and_a_reviewer_keep_to_their_parts(sign_in):
    proposal = make_proposal(submitted=True)
    handler = make_handler(proposal)
    reviewer = make_review(proposal).reviewer

    for person, refused in (
        (handler, {"review_edit", "proposal_section"}),
        (reviewer, HANDLERS_ONLY | {"proposal_section"}),
    ):
        for name in refused:
            assert call(sign_in(person), name, proposal).status_code == 403, name
