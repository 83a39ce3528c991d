"""Nothing that people can do to teams, projects, data or clocks gives a look back before its week is over."""

from datetime import timedelta

import polars as pl
import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from datasets import selectors, services, vault
from datasets.core.budget import NoLookLeft
from datasets.models import Look, TestSet
from dlstart_web.kit import clock
from dlstart_web.kit.clock import Uptime
from projects import services as project_services
from projects.models import Membership, Project, User
from tests.datasets.test_ledger import NOW, WEEK, answer, labels_of, owner_of, spend
from tests.factories import (
    do_ingestions,
    make_approved_project,
    make_csv,
    make_entry,
    make_sealed_version,
    make_team,
    make_user,
)

pytestmark = pytest.mark.django_db
SOON = NOW + WEEK - timedelta(seconds=1)


def spent_once(version):
    gate = {"gap_days": 7, "looks_open": True, "members_may_look": True}
    services.set_gate(lineage=version.dataset.lineage, project=version.dataset.project, user=owner_of(version), **gate)
    return version, spend(version)


@pytest.fixture
def version():
    """A sealed version as rows of the database alone, whose one look was spent; its members may look."""
    version = make_entry(make_approved_project()).versions.get()
    TestSet.objects.create(
        lineage=version.dataset.lineage, version=version, tier="final", is_pooled=True, rows=200
    )  # fmt: skip
    return spent_once(version)[0]


@pytest.fixture
def real_version():
    """The same with its files, and an answer."""
    version, look = spent_once(make_sealed_version())
    answer(look, labels_of(version))
    return version


def membership(version, user) -> Membership:
    return Membership.objects.get(team=version.dataset.project.team, user=user)


def second_account(version) -> User:
    newcomer = make_user()
    project_services.join_team(team=version.dataset.project.team, user=newcomer, role=Membership.Role.OWNER)
    return newcomer


# ---- what people try; each returns who may now want a look, beside those who are or were in the team


def try_a_second_account(version):
    second_account(version)


def try_leaving_and_coming_back(version):
    owner, newcomer = owner_of(version), second_account(version)
    project_services.leave_team(membership=membership(version, owner))
    project_services.join_team(team=version.dataset.project.team, user=owner, role=Membership.Role.OWNER)
    project_services.leave_team(membership=membership(version, newcomer))


def try_leaving_the_team_to_others(version):
    owner = owner_of(version)
    second_account(version)
    project_services.leave_team(membership=membership(version, owner))


def try_new_names(version):
    project_services.rename_team(team=version.dataset.project.team, name="Quite another team")
    User.objects.filter(pk=owner_of(version).pk).update(name="Somebody else")


def try_closing_and_opening_the_account(version):
    owner = owner_of(version)
    second_account(version)
    for is_active in (False, True):
        project_services.update_person(person=owner, is_administrator=False, is_steward=False, is_active=is_active)


def try_the_gate(version):
    settings = {"lineage": version.dataset.lineage, "project": version.dataset.project, "user": owner_of(version)}
    for gap, is_open in ((0, True), (30, False), (30, True)):
        services.set_gate(**settings, gap_days=gap, looks_open=is_open, members_may_look=True)


def try_the_same_data_by_a_grant(version):
    owner, other = owner_of(version), make_team(make_user(), name="Friends")
    friend = other.members.get()
    asked = services.ask_access(dataset=version.dataset, team=other, user=friend, purpose="To compare.")
    services.decide_access(request=asked, user=owner, grant=True)
    project = make_approved_project(other, name="Theirs")
    project_services.lock_criterion(
        project=project, user=friend, metric="accuracy", level=0.8, smallest_difference=0.02, reason="", results_seen=0
    )
    services.use_dataset(dataset=version.dataset, project=project, user=friend)
    second_account(version)
    project_services.leave_team(membership=membership(version, owner))
    project_services.join_team(team=other, user=owner, role=Membership.Role.OWNER)


def try_amending_what_was_asked(version):
    project, owner = version.dataset.project, owner_of(version)
    criterion = {"metric": "roc_auc", "level": 0.9, "smallest_difference": 0.02, "reason": "x", "results_seen": 1}
    project_services.lock_criterion(project=project, user=owner, **criterion)
    project_services.revise_proposal(project=project)


def try_deleting_what_can_be_deleted(version):
    owner = owner_of(version)
    key, _ = project_services.create_token(user=owner)
    project_services.delete_token(user=owner, key=key.token_key)
    sandbox = project_services.create_project(
        user=owner, team=version.dataset.project.team, name="Sandbox", is_sandbox=True
    )
    project_services.delete_sandbox(project=sandbox)
    for delete in (version.dataset.project.delete, owner.delete, version.dataset.project.team.delete):
        with pytest.raises(Exception, match="protected"), transaction.atomic():
            delete()


# ---- and with the rows themselves


def bring_to_another_project_of_the_team(version):
    team = version.dataset.project.team
    shuffled = pl.read_csv(make_csv()).sample(fraction=1, shuffle=True, seed=4).write_csv().encode()
    make_sealed_version(make_approved_project(team, name="Once more"), file=SimpleUploadedFile("x.csv", shuffled))


def bring_to_another_team(version):
    owner = owner_of(version)
    make_sealed_version(make_approved_project(make_team(owner), name="Once more"))
    second_account(version)
    project_services.leave_team(membership=membership(version, owner))


def bring_more_rows(version):
    make_sealed_version(version.dataset.project, dataset=version.dataset, file=make_csv(360))


def bring_again_what_was_removed(version):
    team = version.dataset.project.team
    services.remove_dataset(dataset=version.dataset, user=make_user(is_steward=True), reason="Wrong.")
    do_ingestions()
    make_sealed_version(make_approved_project(team, name="Once more"))


TRICKS = [trick for name, trick in globals().items() if name.startswith("try_")]
UPLOADS = [
    trick for name, trick in globals().items() if name.startswith("bring_")
]  # the removal last: it destroys files


def granted(people, now) -> list[str]:
    """The looks that these people get at one moment, in whatever project; all is undone."""
    got = []
    projects = Project.objects.filter(is_sandbox=False).select_related("team")
    for project in projects:
        sealed = selectors.version_sealed_latest(project)
        test_set = selectors.test_set_for_looks(sealed) if sealed else None
        for user in people if test_set else ():
            place = transaction.savepoint()
            try:
                vault.spend_look(
                    test_set=test_set, project=project, team=project.team, user=user, model_name="again",
                    predictions_digest=f"{project.pk}{user.pk}", idempotency_key=f"{user.pk}", now=now,
                )  # fmt: skip
                got.append(f"{user} in {project}")
            except (NoLookLeft, PermissionDenied):
                pass
            transaction.savepoint_rollback(place)
    return got


def refuse_all(version, tricks) -> None:
    team = version.dataset.project.team
    for trick in tricks:
        place = transaction.savepoint()
        trick(version)
        people = list(User.objects.filter(memberships__team=team))

        assert granted(people, SOON) == [], trick.__name__
        assert granted(people, NOW) == [], trick.__name__
        if trick in (try_a_second_account, try_new_names, bring_to_another_team):
            assert granted(people, NOW + WEEK), trick.__name__  # so that the refusals are for the week
        assert Look.objects.exclude(state=Look.State.VOIDED).count() == 1
        transaction.savepoint_rollback(place)


def test_nothing_done_to_people_teams_and_projects_gives_a_look_back_within_the_week(version):
    refuse_all(version, TRICKS)

    assert len(TRICKS) == 9


@pytest.mark.long
def test_bringing_the_same_rows_again_gives_no_look_back_within_the_week(real_version):
    refuse_all(real_version, UPLOADS)

    assert len(UPLOADS) == 4


@pytest.mark.parametrize("years", [timedelta(hours=1, minutes=1), timedelta(days=8), timedelta(days=3650)])
def test_clock_that_leaps_or_goes_back_gives_no_look_until_an_operator_agrees(version, years):
    up = Uptime("this start", 500.0)
    spent = spend(version, now=NOW + WEEK).spent_at
    clock.beat(spent + WEEK, up)

    for moment in (spent + WEEK + years, spent + WEEK - years):
        with pytest.raises(NoLookLeft) as refusal:
            spend(version, now=moment)
        assert (refusal.value.reason, refusal.value.next_look_at) == ("clock", None)
    clock.accept(spent + WEEK, up)

    assert spend(version, now=spent + WEEK).spent_at == spent + WEEK


def test_page_api_and_status_say_that_the_clock_leapt(version, sign_in):
    clock.beat(timezone.now() - timedelta(days=2), Uptime("another start", 500.0))
    project = version.dataset.project
    client = sign_in(owner_of(version))

    page = client.get(reverse("evaluations:look_list", args=[project.slug])).content.decode()
    ledger = client.get(f"/api/v1/projects/{project.slug}/looks").json()
    status = selectors.look_status(project, owner_of(version), timezone.now())

    words = "Looks wait until an operator has said that this is the right time"
    assert (status.looks_now, status.reason) == (0, "clock")
    assert words in str(status.refusal)
    assert (ledger["looks_left"], ledger["next_look_at"]) == (0, None)
    assert words in ledger["refusal"]
    assert "You have no look now." in page
    clock.accept(timezone.now())
    assert selectors.look_status(project, owner_of(version), timezone.now()).reason != "clock"
