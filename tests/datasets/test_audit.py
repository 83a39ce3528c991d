"""The log of acts: whatever is changed behind its back is found and named."""

import math
import threading
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import DatabaseError, connection, models, transaction
from django.db.models import F, Q
from django.utils import timezone

from datasets import selectors, services, vault
from datasets.core.budget import NoLookLeft
from datasets.models import Dataset, LookGate
from dlstart_web.kit import audit
from dlstart_web.kit.models import AuditEvent, AuditHead
from projects import services as project_services
from projects.models import User
from tests.datasets.test_ledger import NOW, WEEK, answer, labels_of, owner_of, spend
from tests.factories import make_sealed_version, make_team, make_user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def version():
    """A sealed data set with looks answered and waiting, an opening asked for, a grant, a gate and roles that were set."""
    version = make_sealed_version()
    project, owner = version.dataset.project, owner_of(version)
    steward, administrator = make_user(is_steward=True), make_user()
    project_services.update_person(person=steward, is_administrator=False, is_steward=True, is_active=True)
    project_services.update_person(person=administrator, is_administrator=True, is_steward=False, is_active=True)
    newcomer = make_user()
    project_services.join_team(team=project.team, user=newcomer)
    project_services.set_member_role(membership=project.team.memberships.get(user=newcomer), role="owner", by=owner)
    project_services.leave_team(membership=project.team.memberships.get(user=newcomer), by=newcomer)
    gate = {"gap_days": 7, "looks_open": True, "members_may_look": True}
    services.set_gate(lineage=version.dataset.lineage, project=project, user=owner, **gate)
    answer(spend(version), labels_of(version))
    spend(version, now=NOW + WEEK)
    final = version.test_sets.get(tier="final")
    services.ask_opening(test_set=final, project=project, user=owner)
    other = make_team()
    asked = services.ask_access(dataset=version.dataset, team=other, user=other.members.get(), purpose="To compare.")
    services.decide_access(request=asked, user=owner, grant=True)
    # the factories give offices without a service
    audit.note("offices-set", *User.objects.filter(Q(is_administrator=True) | Q(is_steward=True)))
    return version


@pytest.fixture
def open_log():
    """A log whose triggers are out of the way, as for somebody who owns the database; all is undone afterwards."""
    with transaction.atomic():
        on_table = " ON kit_auditevent" if connection.vendor == "postgresql" else ""
        on_looks = " ON datasets_look" if connection.vendor == "postgresql" else ""
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TRIGGER audit_no_change{on_table}")
            cursor.execute(f"DROP TRIGGER look_no_change{on_looks}")
            if on_table:
                cursor.execute(f"DROP TRIGGER audit_no_delete{on_table}")
                cursor.execute(f"DROP TRIGGER look_no_delete{on_looks}")
        yield
        transaction.set_rollback(True)


def test_log_of_what_was_done_agrees_with_the_database(version):
    checked = audit.verify()

    assert checked.faults == ()
    assert checked.events == AuditEvent.objects.count() == AuditHead.objects.get().number
    assert checked.head == AuditEvent.objects.last().digest
    acts = set(AuditEvent.objects.values_list("act", flat=True))
    assert acts == {
        *("team-made", "team-joined", "role-set", "team-left", "offices-set", "sealed", "gate-set"),
        *("look-spent", "look-answered", "opening-asked", "access-decided"),
    }


def test_events_are_neither_changed_nor_deleted():
    make_team()

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        AuditEvent.objects.filter(number=1).update(actor="2")
    with connection.cursor() as cursor:  # put back what the tests of SQLite take away, see tests/conftest.py
        if connection.vendor == "sqlite":
            cursor.execute(
                "CREATE TRIGGER audit_no_delete BEFORE DELETE ON kit_auditevent "
                "BEGIN SELECT RAISE(ABORT, 'The log of acts is append-only.'); END"
            )
    try:
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            AuditEvent.objects.filter(number=1).delete()
    finally:
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute("DROP TRIGGER audit_no_delete")


# ---- tampering

TYPES = {"BooleanField": bool, "CharField": str, "TextField": str, "DateTimeField": datetime, "FloatField": float}
NEW = {str: "x", datetime: datetime(2026, 1, 1, tzinfo=UTC), float: 0.5, int: 1, bool: True}


def changed(field: models.Field, value, random: Random):
    """The value, changed as little as can be."""
    target = field.target_field if field.is_relation else field
    if isinstance(target, models.UUIDField):
        return UUID(int=random.getrandbits(128))
    if isinstance(target, models.JSONField):
        return [value, 1]
    if value is None:
        return NEW[TYPES.get(target.get_internal_type(), int)]
    if isinstance(value, bool):
        return not value
    if isinstance(value, str):
        return value[:-1] + ("y" if value[-1:] == "x" else "x")
    if isinstance(value, datetime):
        return value + timedelta(microseconds=1)
    return math.nextafter(value, 1e9) if isinstance(value, float) else value + random.choice((1, 1000))


def fields_of(model: type[models.Model]) -> list[models.Field]:
    names = getattr(model, "AUDITED", None)
    return [f for f in model._meta.concrete_fields if (f.attname in names if names else f.name != "id")]


def known(model: type[models.Model]) -> list:
    """Keys of the rows that the log knows."""
    rows = model._base_manager.order_by("pk")
    if hasattr(model, "AUDITED"):
        rows = rows.exclude(model.AUDIT_MAY_LACK)
    return list(rows.values_list("pk", flat=True))


def tamper(random: Random) -> tuple[str, set[str], str]:
    """Change something behind the log's back: the table, the rows that were touched, the field if it was one."""
    tables = [model for model in (*audit.audited_models(), AuditEvent, AuditHead) if known(model)]
    model = random.choice(tables)
    rows, keys = model._base_manager, known(model)
    pk, field = random.choice(keys), random.choice(fields_of(model))
    how = random.choice(("field", "field", "delete", "swap", "insert"))
    if how == "field":
        old = rows.values_list(field.attname, flat=True).get(pk=pk)
        rows.filter(pk=pk).update(**{field.attname: changed(field, old, random)})
        return model._meta.db_table, {str(pk)}, field.attname if hasattr(model, "AUDITED") else ""
    if how == "delete":
        rows.filter(pk=pk)._raw_delete(connection.alias)
        return model._meta.db_table, {str(pk)}, ""
    if how == "swap":
        other = random.choice(keys)
        values = {key: rows.values_list(field.attname, flat=True).get(pk=key) for key in (pk, other)}
        if values[pk] == values[other] or field.primary_key:
            raise DatabaseError("nothing to swap")
        rows.filter(pk=pk).update(**{field.attname: values[other]})
        rows.filter(pk=other).update(**{field.attname: values[pk]})
        return model._meta.db_table, {str(pk), str(other)}, field.attname if hasattr(model, "AUDITED") else ""
    copy = rows.get(pk=pk)
    copy.pk = uuid4() if isinstance(model._meta.pk, models.UUIDField) else max(keys) + random.choice((1, 1000))
    for unique in ("idempotency_key", "email", "family", "tier", "next_look_at"):
        if hasattr(copy, unique) and isinstance(getattr(copy, unique), str):
            setattr(copy, unique, uuid4().hex[:10])
    copy.save_base(raw=True, force_insert=True)
    if hasattr(model, "AUDITED") and copy.pk not in known(model):
        raise DatabaseError("a row as anybody may make one, such as a lineage of nothing sealed")
    # an event out of its place is named by the place that is empty
    return model._meta.db_table, {str(max(keys) + 1 if model is AuditEvent else copy.pk)}, ""


@pytest.mark.parametrize("times", [50, pytest.param(1000, marks=pytest.mark.long)])
def test_each_tampering_is_found_and_named(version, open_log, times):
    random, missed, done = Random(times), [], 0
    while done < times:
        place = transaction.savepoint()
        try:
            with transaction.atomic():
                table, rows, field = tamper(random)
        except DatabaseError:  # a constraint of the database was quicker, or there was nothing to swap
            continue
        faults = audit.verify().faults
        named = {fault.row for fault in faults if fault.table == table and (not field or fault.field == field)}
        if not rows <= named:
            missed.append((table, rows, field, [str(fault) for fault in faults]))
        transaction.savepoint_rollback(place)
        done += 1

    assert missed == []


def test_end_cut_off_is_found_by_the_mark_and_by_a_kept_head(version, open_log):
    kept = audit.verify().head
    last = AuditEvent.objects.last()
    AuditEvent.objects.filter(number=last.number)._raw_delete(connection.alias)
    AuditHead.objects.update(number=F("number") - 1, digest=last.previous)

    by_mark = [str(fault) for fault in audit.verify().faults]
    settings.AUDIT_MARK.unlink()
    by_head = [str(fault) for fault in audit.verify(kept).faults]

    assert any("This database is older than the one in use before" in words for words in by_mark)
    assert any(f"does not hold the kept head {kept}" in words for words in by_head)
    assert not any("older" in words and "kept head" not in words for words in by_head)


# ---- an older database comes back


def test_restored_backup_gives_no_look_back():
    version = make_sealed_version()
    lineage = version.dataset.lineage
    settings.AUDIT_MARK.write_text(f"{AuditEvent.objects.count() + 3} {'a' * 64}\n")  # as written after the backup

    status = selectors.look_status(version.dataset.project, owner_of(version), NOW)
    with pytest.raises(NoLookLeft) as refusal:
        spend(version)
    event = services.accept_restored(now=NOW)
    with pytest.raises(NoLookLeft) as wait:
        spend(version, now=NOW + WEEK - timedelta(seconds=1))

    assert (status.looks_now, status.reason, status.next_look_at) == (0, "restored", None)
    assert status.refusal == str(refusal.value)
    assert refusal.value.reason == "restored"
    assert "dlstart audit accept" in str(refusal.value)
    assert (event.act, audit.behind()) == ("accepted", "")
    assert (wait.value.reason, wait.value.next_look_at) == ("gap", NOW + WEEK)
    assert LookGate.objects.filter(lineage=lineage).count() == 1
    assert spend(version, now=NOW + WEEK).user == owner_of(version)
    assert audit.verify().faults == ()


def test_look_in_flight_when_a_backup_was_made_opens_no_gate_when_it_is_given_back():
    version, now = make_sealed_version(), timezone.now()
    look = spend(version, now=now)
    settings.AUDIT_MARK.write_text(f"{AuditEvent.objects.count() + 3} {'a' * 64}\n")
    services.accept_restored(now=now + timedelta(days=2))

    assert vault.void_look(look=look, sentence="Its scorer is gone.", now=now + timedelta(days=2))

    with pytest.raises(NoLookLeft) as wait:
        spend(version, now=now + timedelta(days=3))
    assert wait.value.next_look_at == now + timedelta(days=9)


def test_command_names_the_row_and_ends_with_1(version, capsys):
    call_command("audit", "verify")
    good = capsys.readouterr().out
    head = audit.verify().head
    Dataset.objects.filter(pk=version.dataset_id).update(removed_at=NOW)
    person = make_user()
    User.objects.filter(pk=person.pk).update(is_administrator=True)

    with pytest.raises(CommandError) as refused:
        call_command("audit", "verify", head="f" * 64)

    out = capsys.readouterr().out
    assert good.endswith(f"rows compared. Head: {head}\n")
    assert refused.value.returncode == 1
    assert f"datasets_dataset {version.dataset_id}: No event of the log says how it came.\n" in out
    assert f"projects_user {person.pk}: No event of the log says how it came.\n" in out
    assert f"The log does not hold the kept head {'f' * 64}" in out


# ---- one chain, whoever writes


@pytest.mark.parametrize("each", [3, pytest.param(40, marks=pytest.mark.long)])
def test_parallel_writers_make_one_chain(each):
    people = [make_user() for _ in range(6)]
    problems: list[Exception] = []

    def work(person: User) -> None:
        try:
            for number in range(each):
                project_services.create_team(user=person, name=f"{person} {number}")
        except Exception as problem:
            problems.append(problem)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert problems == []
    assert audit.verify().faults == ()
    assert list(AuditEvent.objects.values_list("number", flat=True)) == list(range(1, 6 * each + 1))
