"""Spending a look and answering it; what the ledger remembers and refuses to forget."""

import hashlib
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from shutil import copytree
from uuid import uuid4

import numpy as np
import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection, transaction

from datasets import selectors, services, vault
from datasets.core.budget import NoLookLeft
from datasets.core.sealed_ladder import SealedScore
from datasets.migrations import _ledger_guards
from datasets.models import Look, Opening, SealedLadder, TestSet
from datasets.vault import box
from projects.models import Membership
from tests.datasets.conftest import make_folders
from tests.factories import make_approved_project, make_csv, make_project, make_sealed_version, make_team, make_user

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 14, 5, tzinfo=UTC)
WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Accuracy:
    """The share of rows sorted right, with what the vault asks of a metric."""

    name: str = "accuracy"
    greater_is_better: bool = True

    def sealed(self, y, prediction, best_prediction, *, floor, scale=None, groups=None, seed):
        right = (y == prediction).astype(float)
        before = np.full(len(y), floor) if best_prediction is None else (y == best_prediction).astype(float)
        difference = right - before
        error = difference.std(ddof=1) / np.sqrt(len(y))
        return SealedScore(right.mean(), difference.mean(), float(error), len(y), "kl")

    def from_sealed(self, value, scale=None):
        return value


@pytest.fixture(scope="module")
def sealed(kept, tmp_path_factory):
    """A sealed version for all tests here, and the folder of its files."""
    root = tmp_path_factory.mktemp("sealed")
    with pytest.MonkeyPatch.context() as patch:
        make_folders(root, partial(patch.setattr, settings))
        return make_sealed_version(), root


@pytest.fixture
def version(sealed, folders, tmp_path, db):
    version, root = sealed
    copytree(root, tmp_path, dirs_exist_ok=True)
    return deepcopy(version)


def owner_of(version):
    return version.dataset.project.team.memberships.get(role=Membership.Role.OWNER, left_at=None).user


def spend(version, *, user=None, now=NOW, key="", digest="", **fields) -> Look:
    project = version.dataset.project
    return vault.spend_look(
        test_set=selectors.test_set_for_looks(version),
        project=project,
        team=project.team,
        user=user or owner_of(version),
        model_name="random forest",
        predictions_digest=digest or hashlib.sha256(uuid4().bytes).hexdigest(),
        idempotency_key=key or uuid4().hex,
        now=now,
        **fields,
    )


def labels_of(version) -> np.ndarray:
    return box.labels_of(selectors.test_set_for_looks(version))[0]


def draft(look, predictions, *, best=None, floor=0.5) -> vault.Draft:
    return vault.draft(
        look=look,
        predictions=predictions,
        best_predictions=lambda ladder: best[ladder.best_look_id],
        metric=Accuracy(),
        floor=floor,
        scale=None,
        prepare=lambda labels: labels,
    )


def answer(look, predictions, *, best=None, now=NOW, floor=0.5) -> Look:
    return vault.answer(draft(look, predictions, best=best, floor=floor), now=now)


def test_first_look_is_open_at_once_and_the_second_a_week_later(version):
    spend(version)

    with pytest.raises(NoLookLeft) as refusal:
        spend(version, now=NOW + WEEK - timedelta(seconds=1))
    spend(version, now=NOW + WEEK)

    assert refusal.value.next_look_at == NOW + WEEK
    assert refusal.value.counted_by == "team"
    assert str(refusal.value).startswith(
        "Your team's next look opens Sun 29 Nov 14:05 UTC, in 1 min. Last look: person"
    )
    assert Look.objects.count() == 2


def test_same_key_returns_the_same_look(version):
    first = spend(version, key="once")

    assert spend(version, key="once") == first
    assert spend(version, key="once", now=NOW + WEEK) == first
    assert Look.objects.count() == 1


def test_same_predictions_are_not_charged_twice(version):
    first = answer(spend(version, digest="d" * 64), labels_of(version))

    again = spend(version, digest="d" * 64, now=NOW + WEEK)

    assert again == first
    assert again.sentence.startswith("New best: read ")
    assert selectors.look_status(version.dataset.project, owner_of(version), NOW + WEEK).looks_now == 1


def test_gap_runs_for_the_person_too(version):
    project = version.dataset.project
    spend(version)
    newcomer = make_user()
    Membership.objects.create(team=project.team, user=newcomer, role=Membership.Role.OWNER)

    with pytest.raises(NoLookLeft) as refusal:
        spend(version, user=newcomer)

    assert refusal.value.counted_by == "team"


def test_stranger_and_plain_member_may_not_spend(version):
    project = version.dataset.project
    member = make_user()
    Membership.objects.create(team=project.team, user=member)

    with pytest.raises(PermissionDenied, match="Only members"):
        spend(version, user=make_user())
    with pytest.raises(PermissionDenied, match="allows members to"):
        spend(version, user=member)
    services.set_gate(
        lineage=version.dataset.lineage,
        project=project,
        user=owner_of(version),
        gap_days=7,
        looks_open=True,
        members_may_look=True,
    )

    assert spend(version, user=member).user == member


def test_member_of_two_teams_on_one_lineage_is_refused(version):
    both = owner_of(version)
    other = make_approved_project(make_team(both, name="Second team"), name="Second")
    other.datasets.create(lineage=version.dataset.lineage, name="same rows", created_by=both)

    with pytest.raises(PermissionDenied, match="Leave one before you spend a look"):
        spend(version)
    Membership.objects.filter(team=other.team, user=both).update(left_at=NOW)

    assert spend(version).user == both


def test_sandbox_has_no_looks():
    version = make_sealed_version(make_project(is_sandbox=True))

    with pytest.raises(NoLookLeft) as refusal:
        spend(version)

    assert refusal.value.reason == "closed"
    assert refusal.value.next_look_at is None


def test_owner_lengthens_the_gap_and_never_shortens_it(version):
    settings = {"lineage": version.dataset.lineage, "project": version.dataset.project, "user": owner_of(version)}
    gate = {"looks_open": True, "members_may_look": False}
    services.set_gate(**settings, **gate, gap_days=14)
    spend(version)

    with pytest.raises(services.NotYet, match="can be lengthened, not shortened to 7"):
        services.set_gate(**settings, **gate, gap_days=7)
    with pytest.raises(NoLookLeft) as refusal:
        spend(version, now=NOW + WEEK)

    assert refusal.value.next_look_at == NOW + 2 * WEEK


def test_gate_is_set_by_an_owner_of_a_project_on_this_data(version):
    other = make_approved_project(name="Other data")
    owner = other.team.memberships.get(role=Membership.Role.OWNER).user

    with pytest.raises(PermissionDenied, match="for its own data"):
        services.set_gate(
            lineage=version.dataset.lineage,
            project=other,
            user=owner,
            gap_days=30,
            looks_open=False,
            members_may_look=False,
        )

    version.dataset.lineage.refresh_from_db()
    assert (version.dataset.lineage.look_gap_days, version.dataset.lineage.looks_open) == (7, True)


def test_gap_of_0_closes_the_looks(version):
    lineage = services.set_gate(
        lineage=version.dataset.lineage,
        project=version.dataset.project,
        user=owner_of(version),
        gap_days=0,
        looks_open=True,
        members_may_look=False,
    )

    assert (lineage.look_gap_days, lineage.looks_open) == (7, False)
    with pytest.raises(NoLookLeft) as refusal:
        spend(version)
    assert refusal.value.reason == "closed"


def test_full_ledger_refuses_for_good(version):
    version.test_sets.update(looks=60, releases=4, log2_rungs=18.6)

    with pytest.raises(NoLookLeft) as refusal:
        spend(version)

    assert refusal.value.reason == "bits"
    assert refusal.value.next_look_at is None


def test_answer_is_a_rung_with_its_interval_and_then_the_one_word_no(version):
    truth = labels_of(version)
    first = answer(spend(version), truth)

    second = answer(spend(version, now=NOW + WEEK), truth, best={first.pk: truth}, now=NOW + WEEK)

    test_set, ladder = TestSet.objects.get(), SealedLadder.objects.get()
    assert (first.number, first.releases_before, first.released, first.bits) == (1, 0, True, 1.0 + 1.0)
    assert first.rung == pytest.approx(ladder.floor + ladder.best * ladder.step)
    assert first.lower < first.rung <= first.upper
    assert (second.number, second.releases_before, second.released) == (2, 1, False)
    assert (second.rung, second.lower, second.upper) == (None, None, None)
    assert second.sentence == "Not measurably better than your best on the checkpoint set."
    assert (test_set.looks, test_set.releases, test_set.log2_rungs) == (2, 1, pytest.approx(np.log2(ladder.rungs)))


def test_answer_is_given_once(version):
    truth = labels_of(version)
    look = spend(version)
    doubled = draft(look, truth[::-1])
    first = answer(look, truth)

    again = vault.answer(doubled, now=NOW)

    assert again.sentence == first.sentence
    assert TestSet.objects.get().looks == 1
    with pytest.raises(ValueError, match="is not spent, or has its answer"):
        draft(look, truth)


def test_answer_that_was_overtaken_by_another_look_is_worked_out_again(version):
    truth = labels_of(version)
    first, second = spend(version), spend(version, now=NOW + WEEK)
    early = draft(second, truth)
    answer(first, truth)

    with pytest.raises(vault.Overtaken):
        vault.answer(early, now=NOW + WEEK)
    told = answer(second, truth, best={first.pk: truth}, now=NOW + WEEK)

    assert (told.number, told.released) == (2, False)
    assert TestSet.objects.get().looks == 2


def test_floor_and_measure_are_frozen_at_the_first_look(version):
    truth = labels_of(version)
    first = answer(spend(version), truth, floor=0.5)
    answer(spend(version, now=NOW + WEEK), truth, floor=0.9, best={first.pk: truth}, now=NOW + WEEK)

    assert SealedLadder.objects.get().floor == 0.5


def test_voided_look_gives_the_gap_back(version):
    look = spend(version)

    assert vault.void_look(look=look, sentence="Its scorer died three times; nothing was read.", now=NOW)
    spend(version)

    assert list(Look.objects.values_list("state", flat=True)) == ["voided", "spent"]
    assert TestSet.objects.get().looks == 0


def test_answered_look_is_not_given_back(version):
    look = answer(spend(version), labels_of(version))

    assert not vault.void_look(look=look, sentence="Again.", now=NOW)


def test_status_says_when_and_how_many(version):
    project, owner = version.dataset.project, owner_of(version)
    before = selectors.look_status(project, owner, NOW)
    spend(version)
    after = selectors.look_status(project, owner, NOW)

    assert (before.looks_now, before.next_look_at, before.t, before.j, before.bits_spent) == (1, NOW + WEEK, 1, 0, 0)
    assert (after.looks_now, after.next_look_at, after.counted_by) == (0, NOW + WEEK, "team")


# ---- the database holds the line


def install_guards():
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":  # tests/conftest.py took it away
            cursor.execute("DROP TRIGGER IF EXISTS look_no_delete")
            cursor.execute(_ledger_guards.SQLITE["look_no_delete"])


def run_sql(statement: str, *values) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)


def test_database_refuses_to_delete_or_change_a_look(version):
    look = answer(spend(version), labels_of(version))
    pk = look.pk.hex if connection.vendor == "sqlite" else look.pk
    with transaction.atomic():
        install_guards()
        with pytest.raises(DatabaseError, match="append-only"):
            run_sql("DELETE FROM datasets_look WHERE id = %s", pk)
        with pytest.raises(DatabaseError, match="append-only"):
            run_sql("UPDATE datasets_look SET rung = 1 WHERE id = %s", pk)
        with pytest.raises(DatabaseError, match="append-only"):
            run_sql("UPDATE datasets_look SET state = 'spent' WHERE id = %s", pk)
        transaction.set_rollback(True)

    assert Look.objects.get().rung == look.rung


def test_database_refuses_to_move_the_moment_of_a_spent_look(version):
    spend(version)

    with pytest.raises(DatabaseError, match="append-only"):
        run_sql("UPDATE datasets_look SET spent_at = %s", NOW - WEEK)


def test_looks_of_the_demo_can_be_removed(version):
    project = version.dataset.project
    spend(version)
    project.is_demo = True
    project.save()
    with transaction.atomic():
        install_guards()
        run_sql("DELETE FROM datasets_look")
        assert Look.objects.count() == 0
        transaction.set_rollback(True)


def test_code_refuses_to_delete_a_look(version):
    look = spend(version)

    with pytest.raises(TypeError, match="append-only"):
        look.delete()
    with pytest.raises(TypeError, match="append-only"):
        Look.objects.all().delete()


# ---- the final tier


def agreed(version) -> Opening:
    project = version.dataset.project
    opening = services.ask_opening(test_set=selectors.test_set_final(version), project=project, user=owner_of(version))
    return services.agree_opening(opening=opening, user=project.handler)


def test_final_opens_once_after_owner_and_handler(version):
    project = version.dataset.project
    opening = services.ask_opening(test_set=selectors.test_set_final(version), project=project, user=owner_of(version))
    with pytest.raises(PermissionDenied):
        vault.open_final(opening=opening, score=lambda labels, groups: {}, now=NOW)
    with pytest.raises(PermissionDenied):
        services.agree_opening(opening=opening, user=owner_of(version))
    opening = services.agree_opening(opening=opening, user=project.handler)

    first = vault.open_final(opening=opening, score=lambda labels, groups: {"n": len(labels)}, now=NOW)
    again = vault.open_final(opening=opening, score=lambda labels, groups: {"n": 0}, now=NOW)

    assert first.result == again.result == {"n": version.seal.parts["final"]}
    with pytest.raises(services.NotYet, match="were opened on 22 Nov 2026"):
        services.ask_opening(test_set=selectors.test_set_final(version), project=project, user=owner_of(version))


def test_opened_pooled_set_takes_no_more_looks(version):
    agreed(version)

    with pytest.raises(NoLookLeft) as refusal:
        spend(version)

    assert refusal.value.reason == "opened"


def test_alpha_of_a_pooled_set_pays_for_its_looks(version):
    assert agreed(version).alpha == 0.05

    other = make_sealed_version(make_approved_project(name="Other"), file=make_csv(seed=1))
    answer(spend(other), labels_of(other))

    assert agreed(other).alpha < 0.05 / 12


def test_opening_waits_for_a_look_without_its_answer(version):
    spend(version)

    with pytest.raises(services.NotYet, match="waits for its answer"):
        agreed(version)


def test_opening_can_be_withdrawn_and_asked_again(version):
    project, owner = version.dataset.project, owner_of(version)
    final = selectors.test_set_final(version)
    opening = services.ask_opening(test_set=final, project=project, user=owner)

    services.withdraw_opening(opening=opening, user=owner)

    assert services.ask_opening(test_set=final, project=project, user=owner) != opening
