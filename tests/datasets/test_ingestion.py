"""From an upload to a seal, and what a refusal leaves behind: nothing."""

import json

import polars as pl
import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile

from datasets import ingestion, services, store
from datasets.core.errors import DataProblem
from datasets.models import DatasetVersion, Ingestion, LookGate, TestSet
from projects.models import Project
from tests.factories import (
    do_ingestions,
    make_approved_project,
    make_csv,
    make_project,
    make_sealed_version,
    make_team,
    make_user,
    make_version,
)

pytestmark = pytest.mark.django_db(transaction=True)
State = DatasetVersion.State


def files_of(version: DatasetVersion) -> list[str]:
    return sorted(path.name for path in store.version_folder(version).iterdir())


def test_upload_is_read_and_described():
    version = make_version(rows=120, target="")

    assert version.state == State.READY
    assert version.rows_read == 120
    assert [column["name"] for column in version.columns] == ["width", "height", "colour", "belt", "mug"]
    assert files_of(version) == ["head.json", "table.parquet"]
    assert store.quarantine_path(version).stat().st_mode & 0o777 == 0o600


def test_same_file_twice_is_the_same_version(settings):
    project = make_project()
    first = make_version(project, target="")

    again = services.accept_upload(project=project, user=first.uploaded_by, file=make_csv(), dataset=first.dataset)
    other = services.accept_upload(
        project=project, user=first.uploaded_by, file=make_csv(seed=1), dataset=first.dataset
    )

    assert again == first
    assert other.number == 2
    assert sorted(path.name for path in settings.QUARANTINE.iterdir()) == sorted([str(first.pk), str(other.pk)])


def test_refused_file_leaves_nothing(settings):
    project = make_project()
    file = SimpleUploadedFile("twice.csv", b"a,a\n" + b"1,2\n" * 20)

    version = make_version(project, file=file, target="")

    assert version.state == State.REJECTED
    assert version.rejection["code"] == "DUPLICATE_COLUMN"
    assert version.rejection["message"] == str(Ingestion.objects.get().problem)[: len(version.rejection["message"])]
    assert list(settings.QUARANTINE.iterdir()) == []
    assert not (settings.STORE / "versions" / str(version.pk)).exists()


def test_upload_over_the_limit_is_refused_before_a_row(settings):
    settings.LIMITS = settings.LIMITS | {"upload": 1000}

    with pytest.raises(DataProblem) as refusal:
        services.accept_upload(project=make_project(), user=make_user(), file=make_csv())

    assert (refusal.value.code, refusal.value.status, refusal.value.limit) == ("TOO_LARGE", 413, 1000)
    assert DatasetVersion.objects.count() == 0
    assert list(settings.QUARANTINE.iterdir()) == []


def test_target_that_does_not_fit_leaves_the_version_as_it_was():
    version = make_version(target="")

    services.choose_target(version=version, user=version.uploaded_by, target="mug", task="regression")
    do_ingestions()

    version.refresh_from_db()
    assert version.state == State.READY
    assert version.rejection["code"] == "TARGET_NOT_A_NUMBER"


def test_unknown_column_is_refused_with_those_there_are():
    version = make_version(target="")

    with pytest.raises(
        DataProblem, match=r"There is no column 'cup'\. The columns are width, height, colour, belt, mug\."
    ):
        services.choose_target(version=version, user=version.uploaded_by, target="cup")


def test_seal_divides_and_takes_the_labels_away(settings):
    version = make_sealed_version(rows=1000)

    seal, project = version.seal, version.dataset.project
    assert version.state == State.SEALED
    assert seal.parts == {"train": 600, "validation": 200, "checkpoint": 0, "final": 200}
    assert seal.is_pooled
    assert "mug" in pl.read_parquet_schema(store.part_path(version, "train"))
    assert "mug" not in pl.read_parquet_schema(store.part_path(version, "final"))
    assert files_of(version) == [
        *("assignments.parquet", "checkpoint.parquet", "figures.json", "final.parquet"),
        *("train.parquet", "validation.parquet"),
    ]
    assert list(settings.QUARANTINE.iterdir()) == []
    assert list(TestSet.objects.values_list("tier", "is_pooled", "rows")) == [("final", True, 200)]
    assert LookGate.objects.get().team == project.team
    project.refresh_from_db()
    assert project.reached == Project.Step.TEST_SET


def test_seal_keeps_two_tiers_from_600_test_rows_on():
    version = make_sealed_version(rows=3000)

    assert version.seal.parts == {"train": 1800, "validation": 600, "checkpoint": 300, "final": 300}
    assert dict(TestSet.objects.values_list("tier", "rows")) == {"checkpoint": 300, "final": 300}


def test_profile_of_a_sealed_version_says_nothing_of_single_labels():
    lines = [f"{i % 97},{i * 13 % 101},{1_000_000 + i}.5" for i in range(300)]
    file = SimpleUploadedFile("prices.csv", ("a,b,price\n" + "\n".join(lines)).encode())

    version = make_sealed_version(file=file, target="price", metric="rmse", task="regression")

    entry = next(column for column in version.profile["columns"] if column["name"] == "price")
    assert set(entry) == {"name", "kind", "missing", "distinct"}


def test_seal_needs_a_steward_and_a_locked_criterion():
    project = make_approved_project()
    version = make_version(project)

    with pytest.raises(PermissionDenied):
        services.seal_version(version=version, user=version.uploaded_by)
    with pytest.raises(services.NotYet, match="Lock the success criterion first"):
        services.seal_version(version=version, user=make_user(is_steward=True))

    version.refresh_from_db()
    assert version.state == State.READY


def test_member_seals_in_a_sandbox_and_nobody_else():
    owner, member = make_user(), make_user()
    project = make_project(make_team(owner, member), is_sandbox=True)
    version = make_version(project)

    with pytest.raises(PermissionDenied):
        services.seal_version(version=version, user=make_user(is_steward=True))
    services.seal_version(version=version, user=member)
    do_ingestions()

    version.refresh_from_db()
    assert version.state == State.SEALED


def test_stop_must_be_settled_before_the_seal():
    rows = [f"{i * 31 % 17},{i % 7},{'yes' if i % 2 else 'no'},{'oui' if i % 2 else 'non'}" for i in range(200)]
    file = SimpleUploadedFile("leak.csv", ("a,b,mug,answer\n" + "\n".join(rows)).encode())
    project = make_project(is_sandbox=True)
    version = make_version(project, file=file)
    user = version.uploaded_by

    with pytest.raises(services.NotYet, match="D201"):
        services.seal_version(version=version, user=user)
    services.drop_column(version=version, user=user, column="answer")
    do_ingestions()
    services.choose_split(version=version, user=user, meets="same")
    services.seal_version(version=version, user=user)
    do_ingestions()

    version.refresh_from_db()
    assert version.state == State.SEALED
    assert "answer" not in [feature["name"] for feature in version.seal.features]


def test_reason_to_keep_a_column_outlives_a_second_check():
    rows = [f"{i * 31 % 17},{i % 7},{'yes' if i % 2 else 'no'},{'oui' if i % 2 else 'non'}" for i in range(200)]
    file = SimpleUploadedFile("leak.csv", ("a,b,mug,answer\n" + "\n".join(rows)).encode())
    version = make_version(make_project(is_sandbox=True), file=file)
    stop = version.findings.get(code="D201", column="answer")

    services.keep_finding(finding=stop, user=version.uploaded_by, reason="Known at once, says the belt staff.")
    services.drop_column(version=version, user=version.uploaded_by, column="b")
    do_ingestions()

    kept = version.findings.get(code="D201", column="answer")
    assert kept.kept_reason == "Known at once, says the belt staff."


def test_sealed_version_changes_no_more():
    version = make_sealed_version()

    with pytest.raises(services.NotYet, match="is sealed"):
        services.choose_target(version=version, user=version.uploaded_by, target="belt")


def test_next_version_keeps_every_row_in_its_part():
    first = make_sealed_version(rows=1000)
    project = first.dataset.project
    lines = make_csv(1000).read() + b"\n" + make_csv(500, seed=5).read().split(b"\n", 1)[1]

    second = make_sealed_version(project, file=SimpleUploadedFile("more.csv", lines), dataset=first.dataset)

    for part in ("train", "validation", "final"):
        old, new = (pl.read_parquet(store.part_path(version, part)) for version in (first, second))
        assert set(old["width"]) <= set(new["width"])
    assert second.number == 2


def test_next_version_carries_the_wear_of_the_last():
    first = make_sealed_version(rows=1000)
    first.test_sets.update(looks=3, releases=1, log2_rungs=4.5)
    lines = make_csv(1000).read() + b"\n" + make_csv(1500, seed=5).read().split(b"\n", 1)[1]

    second = make_sealed_version(
        first.dataset.project, file=SimpleUploadedFile("more.csv", lines), dataset=first.dataset
    )

    carried = second.test_sets.get()
    assert (carried.is_pooled, carried.looks, carried.releases, carried.log2_rungs) == (True, 3, 1, 4.5)


def test_doubled_message_does_nothing():
    version = make_version(target="")
    job = Ingestion.objects.get()

    ingestion.execute(str(job.pk), str(job.token))

    assert Ingestion.objects.get().attempts == 1
    version.refresh_from_db()
    assert version.state == State.READY


def test_worker_that_died_after_the_seal_leaves_no_labels():
    version = make_sealed_version()
    store.table_path(version).write_bytes(b"labels")
    store.quarantine_path(version).write_bytes(b"labels")

    ingestion.sweep()

    assert not store.table_path(version).exists()
    assert not store.quarantine_path(version).exists()


def test_certificate_fingerprints_are_of_all_four_parts():
    version = make_sealed_version(rows=3000)

    assert sorted(version.seal.fingerprints) == ["checkpoint", "final", "train", "validation"]
    assert {len(value) for value in version.seal.fingerprints.values()} == {64}
    json.dumps(version.seal.classes)
