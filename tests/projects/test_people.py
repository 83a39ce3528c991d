"""Invitations, teams, offices: through the pages and the services behind them."""

from datetime import UTC, datetime, timedelta
from io import StringIO
from threading import Barrier, Thread

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from knox.models import AuthToken

from projects import permissions, selectors, services
from projects.core.errors import InvitationSpent, ProjectProblem
from projects.models import Invitation, Membership, Team, User
from tests.factories import PASSWORD, make_project, make_proposal, make_team, make_user

SIGN_UP = "/accounts/signup/"


def sign_up(client: Client, name: str = "Ada", **more):
    return client.post(
        SIGN_UP,
        {"name": name, "email": f"{name.lower()}@example.org", "password1": PASSWORD, "password2": PASSWORD, **more},
    )


def join(secret: str) -> str:
    return reverse("projects:invitation_accept", args=[secret])


@pytest.mark.django_db
def test_sign_up_without_an_invitation_is_closed(client):
    assert sign_up(client).status_code == 200
    assert User.objects.count() == 0


@pytest.mark.django_db
def test_an_invitation_makes_an_account_in_the_team_once(client):
    team = make_team()
    _, secret = services.create_invitation(by=None, team=team)

    page = client.get(join(secret))
    made = sign_up(client)

    assert (page.status_code, made.status_code) == (200, 302)
    ada = User.objects.get(email="ada@example.org")
    assert list(ada.memberships.values_list("team", "role")) == [(team.pk, "member")]
    assert (ada.name, ada.is_administrator) == ("Ada", False)
    assert Client().get(join(secret)).status_code == 410
    assert client.get(reverse("evaluations:home")).status_code == 200


@pytest.mark.django_db
def test_reading_the_link_uses_nothing_up(client):
    _, secret = services.create_invitation(by=None)

    assert [client.get(join(secret)).status_code for _ in range(3)] == [200, 200, 200]
    assert Invitation.objects.get().used_at is None


@pytest.mark.django_db
def test_an_expired_or_withdrawn_or_guessed_link_opens_nothing(client):
    _, secret = services.create_invitation(by=None, now=timezone.now() - timedelta(days=8))
    other, withdrawn = services.create_invitation(by=None)
    services.withdraw_invitation(invitation=other)

    assert [client.get(join(text)).status_code for text in (secret, withdrawn, "guess")] == [410, 410, 410]
    assert sign_up(client).status_code == 200
    assert User.objects.count() == 0


@pytest.mark.django_db
def test_a_link_used_while_the_form_was_filled_in_makes_no_account(client):
    _, secret = services.create_invitation(by=None)
    client.get(join(secret))
    services.accept_invitation(secret=secret, user=make_user("bob"))

    response = sign_up(client)

    assert (response.status_code, response["Location"]) == (302, join(secret))
    assert list(User.objects.values_list("name", flat=True)) == ["bob"]


@pytest.mark.django_db
def test_whoever_is_in_no_team_gets_one(client):
    _, secret = services.create_invitation(by=None)
    client.get(join(secret))

    sign_up(client)

    assert list(Membership.objects.values_list("team__name", "role")) == [("Team of Ada", "owner")]


@pytest.mark.django_db
def test_an_existing_account_joins_by_the_same_link(sign_in):
    team, bob = make_team(), make_user("bob")
    _, secret = services.create_invitation(by=None, team=team, role="owner")
    client = sign_in(bob)

    seen, joined, again = client.get(join(secret)), client.post(join(secret)), client.post(join(secret))

    assert (seen.status_code, joined.status_code, again.status_code) == (200, 302, 410)
    assert list(bob.memberships.values_list("team", "role")) == [(team.pk, "owner")]


@pytest.mark.django_db
def test_only_a_hash_of_the_secret_is_kept(sign_in, django_capture_on_commit_callbacks):
    team = make_team(owner := make_user("Olga"))
    client = sign_in(owner)

    with django_capture_on_commit_callbacks(execute=True):
        page = client.post(
            reverse("projects:invitation_create", args=[team.slug]), {"email": "new@example.org", "role": "member"}
        )

    secret = page.context["address"].rstrip("/").rsplit("/", 1)[1]
    stored = Invitation.objects.values().get()
    assert secret not in str(stored)
    assert [message.to for message in mail.outbox] == [["new@example.org"]]
    assert page.context["address"] in mail.outbox[0].body
    assert secret not in client.get(reverse("projects:team_detail", args=[team.slug])).content.decode()


@pytest.mark.django_db
def test_an_invitation_says_until_when_it_works(django_capture_on_commit_callbacks):
    now = datetime(2026, 11, 19, 14, 31, tzinfo=UTC)

    with django_capture_on_commit_callbacks(execute=True):
        services.create_invitation(by=make_user("Olga"), email="new@example.org", now=now)

    assert "It works once, until Thu 26 Nov 2026 14:31 UTC." in mail.outbox[0].body


@pytest.mark.django_db(transaction=True)
def test_two_people_at_the_same_moment_use_a_link_once():
    team, people = make_team(), [make_user() for _ in range(4)]
    _, secret = services.create_invitation(by=None, team=team)
    barrier, outcomes = Barrier(4), []

    def use(user: User) -> None:
        try:
            barrier.wait()
            services.accept_invitation(secret=secret, user=user)
            outcomes.append("in")
        except InvitationSpent:
            outcomes.append("late")
        finally:
            connection.close()

    threads = [Thread(target=use, args=[user]) for user in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["in", "late", "late", "late"]
    assert team.memberships.count() == 2


@pytest.mark.django_db
def test_the_first_administrator_comes_by_a_printed_link(client):
    first, second = StringIO(), StringIO()
    call_command("invite_administrator", stdout=first, stderr=StringIO())
    call_command("invite_administrator", stdout=second, stderr=StringIO())
    old, new = (text.getvalue().strip().rstrip("/").rsplit("/", 1)[1] for text in (first, second))

    assert client.get(join(old)).status_code == 410
    client.get(join(new))
    sign_up(client)

    assert list(User.objects.values_list("name", "is_administrator")) == [("Ada", True)]
    with pytest.raises(CommandError):
        call_command("invite_administrator")


@pytest.mark.django_db
def test_open_sign_up_is_said_on_the_people_page(sign_in, settings):
    client = sign_in(make_user(is_administrator=True))
    closed = client.get(reverse("projects:person_list")).content.decode()
    settings.OPEN_SIGNUP = True
    opened = client.get(reverse("projects:person_list")).content.decode()

    assert ("Sign-up is open" in closed, "Sign-up is open" in opened) == (False, True)
    assert sign_up(Client(), "Eve").status_code == 302


@pytest.mark.django_db
def test_the_last_owner_stays():
    team = make_team(owner := make_user(), member := make_user())
    last = team.memberships.get(user=owner)

    for act in (
        lambda: services.leave_team(membership=last),
        lambda: services.set_member_role(membership=last, role="member"),
    ):
        with pytest.raises(ProjectProblem):
            act()

    services.set_member_role(membership=team.memberships.get(user=member), role="owner")
    services.leave_team(membership=last)
    assert [(m.user, m.role, m.left_at is None) for m in team.memberships.order_by("pk")] == [
        (owner, "owner", False),
        (member, "owner", True),
    ]


@pytest.mark.django_db
def test_leaving_keeps_the_conflict_and_coming_back_the_row():
    team = make_team(make_user(), member := make_user())
    project = make_project(team)
    membership = team.memberships.get(user=member)

    services.leave_team(membership=membership)
    member_now, conflict = permissions.is_member(member, project), permissions.has_conflict(member, project)
    services.join_team(team=team, user=member)

    assert (member_now, conflict) == (False, True)
    assert team.memberships.get(user=member).pk == membership.pk
    assert permissions.is_member(member, project)


@pytest.mark.django_db
def test_the_last_administrator_stays_and_closing_an_account_ends_its_tokens(sign_in):
    boss, worker = make_user("boss", is_administrator=True), make_user("worker")
    services.create_token(user=worker)
    client, page = sign_in(boss), reverse("projects:person_edit", args=[boss.pk])

    refused = client.post(page, {"is_active": "on"})
    closed = client.post(reverse("projects:person_edit", args=[worker.pk]), {"is_steward": "on"})

    boss.refresh_from_db()
    worker.refresh_from_db()
    assert (refused.status_code, boss.is_administrator, closed.status_code) == (409, True, 302)
    assert (worker.is_active, worker.is_steward, AuthToken.objects.count()) == (False, True, 0)


@pytest.mark.django_db
def test_settings_are_kept_and_the_zone_is_used(sign_in):
    client = sign_in(ada := make_user("ada"))
    page = reverse("projects:my_settings")

    saved = client.post(page, {"name": "Ada L", "time_zone": "Asia/Tokyo"})
    wrong = client.post(page, {"name": "", "time_zone": "Mars/Olympus"})

    ada.refresh_from_db()
    assert (saved.status_code, ada.name, ada.time_zone, ada.keys_on) == (302, "Ada L", "Asia/Tokyo", False)
    assert (wrong.status_code, set(wrong.context["form"].errors)) == (422, {"name", "time_zone"})
    assert "JST" in client.get(reverse("evaluations:home")).content.decode()


@pytest.mark.django_db
def test_a_token_is_shown_once(sign_in):
    client = sign_in(make_user())
    page = reverse("projects:token_list")

    token = client.post(page, {"days": "30"}).context["token"]

    assert token not in client.get(page).content.decode()
    assert client.post(page, {"days": "900"}).status_code == 422
    client.post(reverse("projects:token_delete", args=[token[:15]]))
    assert AuthToken.objects.count() == 0


@pytest.mark.django_db
def test_team_names_are_taken_once_and_slugs_differ(sign_in):
    client = sign_in(make_user())
    page = reverse("projects:team_create")

    statuses = [client.post(page, {"name": name}).status_code for name in ("North", "north", "North!", "")]

    assert statuses == [302, 422, 302, 422]
    assert list(Team.objects.order_by("pk").values_list("slug", flat=True)) == ["north", "north-2"]


@pytest.mark.django_db
@pytest.mark.parametrize("count", [1, 3])
def test_lists_of_people_and_teams_ask_the_same_number_of_queries(sign_in, django_assert_num_queries, count):
    boss = make_user(is_administrator=True)
    team = make_team(boss, *[make_user() for _ in range(count)])
    client = sign_in(boss)

    with django_assert_num_queries(4):
        client.get(reverse("projects:person_list"))
    with django_assert_num_queries(7):
        client.get(reverse("projects:team_detail", args=[team.slug]))


@pytest.mark.django_db
@pytest.mark.parametrize("submitted", [False, True])
@pytest.mark.parametrize("kind", ["", "is_private", "is_sandbox"])
def test_the_list_of_readable_projects_agrees_with_may_read(submitted, kind):
    team = make_team(owner := make_user(), gone := make_user())
    services.leave_team(membership=team.memberships.get(user=gone))
    project = make_project(team, **({kind: True} if kind else {}))
    make_proposal(team, project=project, submitted=submitted)
    handler = make_user()
    services.assign_handler(project=project, handler=handler, by=make_user(is_administrator=True))
    project.refresh_from_db()

    for person in (owner, gone, handler, make_user(), make_user(is_steward=True)):
        assert selectors.readable_projects(person).filter(pk=project.pk).exists() is permissions.may_read(
            person, project
        )
