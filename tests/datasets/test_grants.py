"""One more look, granted by an administrator: whom it helps, and that it never makes two."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied

from datasets import selectors, services, vault
from datasets.core.budget import NoLookLeft
from datasets.models import Look, LookGrant, TestSet
from dlstart_web.kit import audit
from projects.models import Membership
from tests.datasets.test_ledger import NOW, WEEK, answer, labels_of, owner_of, spend
from tests.factories import make_approved_project, make_entry, make_sealed_version, make_user

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def version():
    """A sealed version as rows of the database alone."""
    version = make_entry(make_approved_project()).versions.get()
    TestSet.objects.create(
        lineage=version.dataset.lineage, version=version, tier="final", is_pooled=True, rows=200
    )  # fmt: skip
    return version


def grant(version, *, by=None, now=NOW + DAY) -> LookGrant:
    administrator = by or make_user(is_administrator=True)
    project = version.dataset.project
    return services.grant_look(project=project, user=administrator, reason="A board meets on Friday.", now=now)


def faults_of_data() -> list[str]:
    """Without those of people and teams: the factories give offices without a service."""
    return [str(fault) for fault in audit.verify().faults if fault.table.startswith("datasets_look")]


def test_granted_look_is_used_once_counts_like_any_and_starts_the_next_gap():
    version = make_sealed_version()
    truth, later = labels_of(version), NOW + DAY
    first = answer(spend(version), truth)
    given = grant(version)

    status = selectors.look_status(version.dataset.project, owner_of(version), later)
    second = answer(spend(version, now=later), truth, best={first.pk: truth}, now=later)
    with pytest.raises(NoLookLeft) as refusal:
        spend(version, now=NOW + WEEK)

    given.refresh_from_db()
    assert (status.looks_now, status.counted_by, status.grant) == (1, "grant", given)
    assert (given.look, given.reason) == (second, "A board meets on Friday.")
    assert (second.number, TestSet.objects.get().looks) == (2, 2)
    assert second.bits > first.bits
    assert refusal.value.next_look_at == later + WEEK
    assert faults_of_data() == []


def test_there_is_never_more_than_one_look(version):
    with pytest.raises(services.NotYet, match="has a look now"):
        grant(version)
    spend(version)
    given = grant(version)
    with pytest.raises(services.NotYet, match="has a look now"):
        grant(version)

    used = spend(version, now=NOW + WEEK)  # time alone would have brought it

    given.refresh_from_db()
    assert given.look == used
    with pytest.raises(NoLookLeft):
        spend(version, now=NOW + WEEK)


def test_look_is_granted_by_an_administrator_outside_the_team_alone(version):
    project = version.dataset.project
    spend(version)
    inside = make_user(is_administrator=True)
    Membership.objects.create(team=project.team, user=inside, left_at=NOW)

    for person in (owner_of(version), make_user(is_steward=True), inside):
        with pytest.raises(PermissionDenied):
            grant(version, by=person)
    version.test_sets.update(looks=60, releases=4, log2_rungs=18.6)
    with pytest.raises(services.NotYet, match="Time does not restore bits"):
        grant(version)

    assert LookGrant.objects.count() == 0


def test_granted_look_waives_the_gap_of_its_team_and_of_no_other(version):
    other = make_entry(make_approved_project(name="Second")).versions.get()
    other.dataset.lineage = version.dataset.lineage
    other.dataset.save()
    TestSet.objects.create(lineage=version.dataset.lineage, version=other, tier="final", is_pooled=True, rows=200)
    mover = owner_of(other)
    spend(version)
    spend(other)
    grant(version)
    Membership.objects.filter(user=mover).update(left_at=NOW)
    Membership.objects.create(team=version.dataset.project.team, user=mover, role=Membership.Role.OWNER)

    with pytest.raises(NoLookLeft) as refusal:
        spend(version, user=mover, now=NOW + DAY)

    assert refusal.value.counted_by == "person"
    first_owner = version.dataset.project.team.memberships.exclude(user=mover).get().user
    assert spend(version, user=first_owner, now=NOW + DAY).user == first_owner


def test_granted_look_comes_back_with_a_voided_one_and_ends_with_a_restored_database(version):
    spend(version)
    given = grant(version)
    look = spend(version, now=NOW + DAY)

    vault.void_look(look=look, sentence="The scorer died.", now=NOW + DAY)
    came_back = LookGrant.objects.get().look is None
    services.accept_restored(now=NOW + 2 * DAY)

    given.refresh_from_db()
    assert came_back
    assert given.ended_at == NOW + 2 * DAY
    with pytest.raises(NoLookLeft):
        spend(version, now=NOW + 3 * DAY)
    with pytest.raises(TypeError, match="append-only"):
        given.delete()
    assert faults_of_data() == []
    assert Look.objects.count() == 2
