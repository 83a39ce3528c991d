"""The same rows under another project: one lineage, one count of looks, one opening, and nothing sealed is trained on."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile

from datasets import ingestion, lineages, selectors, services, store, vault
from datasets.core.sealed_ladder import SealedScore
from datasets.models import DatasetVersion, Ingestion, Lineage
from projects import services as project_services
from projects.models import Membership, Project
from tests.factories import (
    do_ingestions,
    make_approved_project,
    make_csv,
    make_project,
    make_sealed_version,
    make_version,
)

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


def as_upload(frame: pl.DataFrame, name: str = "again.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, frame.write_csv().encode())


def rows() -> pl.DataFrame:
    """400 rows; no cell of two of them is the same in width."""
    frame = pl.read_csv(make_csv(400))
    return frame.with_columns(width=pl.col("width") + pl.int_range(400) / 1000)


def widths(version: DatasetVersion, *parts: str) -> set[float]:
    """The rows of these parts, each by its width to six decimals."""
    return {round(width, 6) for part in parts for width in pl.read_parquet(store.part_path(version, part))["width"]}


CHANGES = {
    "same": lambda frame: frame.with_columns(pl.col("height") + 0),
    "shuffled": lambda frame: frame.sample(fraction=1, shuffle=True, seed=3),
    "column more": lambda frame: frame.with_columns(note=pl.int_range(400) % 11),
    "half": lambda frame: frame.sample(fraction=0.5, seed=3),
    "reformatted": lambda frame: frame.with_columns(
        pl.col("width") * (1 + 1e-12), pl.col("height").cast(pl.String) + "0"
    ),
    "reordered, another target": lambda frame: frame.select("mug", "belt", "height", "colour", "width"),
}


def test_rows_sealed_in_one_project_are_never_trained_on_in_another():
    first = make_sealed_version(make_project(is_sandbox=True), file=as_upload(rows()))
    sealed, trained = widths(first, "checkpoint", "final"), widths(first, "train", "validation")

    for name, change in CHANGES.items():
        changed = change(rows())
        second = make_sealed_version(
            make_project(is_sandbox=True),
            file=as_upload(changed),
            target="colour" if "target" in name else "mug",
        )

        assert second.dataset.lineage == first.dataset.lineage, name
        assert widths(second, "train", "validation") & sealed == set(), name
        assert widths(second, "final") & trained == set(), name
        assert second.test_sets.get().family == first.test_sets.get().family, name
        told = second.findings.get(code="D119")
        assert told.message.startswith(
            f"{second.seal.parts['final']} of these rows are sealed in a data set of another"
        )
        assert first.dataset.project.name not in told.message, name
        assert second.seal.sealed_elsewhere == second.seal.parts["final"], name
    assert Lineage.objects.count() == 1


def test_person_is_told_before_anything_is_chosen():
    make_sealed_version(make_project(is_sandbox=True), file=as_upload(rows()))

    version = make_version(make_project(is_sandbox=True), file=as_upload(rows().head(200)), target="")

    assert version.findings.get(code="D119").severity == "look"


def test_other_rows_stay_a_lineage_of_their_own():
    first = make_sealed_version(make_project(is_sandbox=True), file=make_csv(400))

    second = make_sealed_version(make_project(is_sandbox=True), file=make_csv(400, seed=9))

    assert second.dataset.lineage != first.dataset.lineage
    assert not second.findings.filter(code="D119").exists()


class Share:
    """Just enough of a metric for the vault."""

    name, greater_is_better = "accuracy", True

    def sealed(self, y, prediction, best_prediction, *, floor, scale, groups, seed):
        right = (y == prediction).astype(float)
        return SealedScore(float(right.mean()), float(right.mean() - floor), 0.01, len(y), "kl")

    def from_sealed(self, value, scale):
        return value


def owner_of(version: DatasetVersion):
    return version.dataset.project.team.memberships.get(role=Membership.Role.OWNER).user


def spend(version: DatasetVersion, now: datetime, user=None):
    return vault.spend_look(
        test_set=selectors.test_set_for_looks(version),
        project=version.dataset.project,
        team=version.dataset.project.team,
        user=user or owner_of(version),
        model_name="a model",
        predictions_digest=f"{version.pk}{now}",
        idempotency_key=f"{version.pk}{now}"[:64],
        now=now,
    )


def answer(look, version: DatasetVersion):
    drafted = vault.draft(
        look=look,
        predictions=np.full(selectors.test_set_for_looks(version).rows, "yes"),
        best_predictions=lambda best: None,
        metric=Share(),
        floor=0.5,
        scale=None,
        prepare=lambda labels: labels,
    )
    return vault.answer(drafted, now=NOW)


def test_two_projects_share_looks_people_and_the_opening():
    first = make_sealed_version(make_approved_project(name="First"), file=as_upload(rows()))
    second = make_sealed_version(
        make_approved_project(name="Second"), file=as_upload(rows().sample(fraction=1, shuffle=True, seed=1))
    )

    answer(spend(first, NOW), first)
    status = selectors.look_status(second.dataset.project, owner_of(second), NOW)
    assert status is not None
    assert (status.t, status.looks_now) == (2, 1)
    assert answer(spend(second, NOW), second).number == 2
    assert selectors.test_set_for_looks(first).looks == 2

    project_services.join_team(team=second.dataset.project.team, user=owner_of(first))
    with pytest.raises(PermissionDenied, match="both look at this data"):
        spend(first, NOW + timedelta(days=8))

    project = second.dataset.project
    opening = services.ask_opening(test_set=selectors.test_set_final(second), project=project, user=owner_of(second))
    with pytest.raises(services.NotYet, match="asked for by Second"):
        services.ask_opening(
            test_set=selectors.test_set_final(first), project=first.dataset.project, user=owner_of(first)
        )
    services.agree_opening(opening=opening, user=project.handler)
    assert selectors.opening_of_rows(selectors.test_set_final(first)) == opening


def test_data_that_grows_into_two_lineages_makes_them_one():
    left, right = rows().head(200), pl.read_csv(make_csv(200, seed=7))
    first = make_sealed_version(make_project(is_sandbox=True), file=as_upload(left))
    second = make_sealed_version(make_project(is_sandbox=True), file=as_upload(right))
    first.test_sets.update(looks=2, releases=1, log2_rungs=4.0)
    second.test_sets.update(looks=3, releases=0)

    third = make_sealed_version(
        first.dataset.project, file=as_upload(pl.concat([left, right]), "both.csv"), dataset=first.dataset
    )

    second.refresh_from_db()
    tests = third.test_sets.get()
    assert second.dataset.lineage == third.dataset.lineage == first.dataset.lineage
    assert [each["version"] for each in third.dataset.lineage.merged] == [str(second.pk)]
    assert (tests.looks, tests.releases, tests.log2_rungs) == (5, 1, 4.0)
    assert {one.family for version in (first, second, third) for one in version.test_sets.all()} == {tests.family}
    assert widths(third, "train", "validation") & (widths(first, "final") | widths(second, "final")) == set()


def test_two_seals_of_the_same_rows_at_once_do_not_miss_each_other(monkeypatch):
    first = make_version(make_project(is_sandbox=True), file=as_upload(rows()))
    second = make_version(make_project(is_sandbox=True), file=as_upload(rows().head(300)))
    for version in (first, second):
        services.seal_version(version=version, user=version.uploaded_by)
    slow, quick = Ingestion.objects.filter(stage="seal").order_by("queued_at")
    refuse = lineages.refuse_if_overtaken

    def overtake(version, known):
        monkeypatch.setattr(lineages, "refuse_if_overtaken", refuse)
        refuse(version, known - {quick.version.test_sets.get().pk})

    ingestion.execute(str(quick.pk), str(quick.token))
    monkeypatch.setattr(lineages, "refuse_if_overtaken", overtake)
    ingestion.execute(str(slow.pk), str(slow.token))

    first.refresh_from_db()
    assert (first.state, first.rejection["code"]) == (DatasetVersion.State.READY, "SEALED_MEANWHILE")
    services.seal_version(version=first, user=first.uploaded_by)
    do_ingestions()
    first.refresh_from_db()
    assert first.dataset.lineage == DatasetVersion.objects.get(pk=second.pk).dataset.lineage


def test_demo_and_real_data_are_not_compared():
    demo = make_project(is_sandbox=True)
    Project.objects.filter(pk=demo.pk).update(is_demo=True)
    make_sealed_version(demo, file=as_upload(rows()))

    version = make_sealed_version(make_project(is_sandbox=True), file=as_upload(rows()))

    assert version.dataset.lineage.datasets.count() == 1


def test_sealed_rows_far_from_train_hold_the_seal_until_somebody_says_why():
    first = make_sealed_version(make_project(is_sandbox=True), file=as_upload(rows()))
    kept = pl.concat(pl.read_parquet(store.part_path(first, part)) for part in ("train", "validation"))
    trained = kept["width"].round(6)
    old = rows().filter(~pl.col("width").round(6).is_in(trained.implode()))
    other = rows().with_columns(pl.col("width") + 100, pl.col("height") + 50)
    owner = first.uploaded_by
    following = make_version(
        first.dataset.project, user=owner, dataset=first.dataset, file=as_upload(pl.concat([old, other]))
    )

    services.seal_version(version=following, user=owner)
    do_ingestions()

    following.refresh_from_db()
    stop = following.findings.get(code="D302")
    assert (following.state, stop.severity, hasattr(following, "seal")) == ("ready", "stop", False)
    assert services.seal_obstacle(following).code == "stop-open"
    assert not store.part_path(following, "train").exists()
    assert not store.part_path(following, "final").exists()
    assert selectors.finding_acts(stop, following) == ["split", "drop", "keep"]

    services.choose_split(version=following, user=owner, meets="same")
    assert services.seal_obstacle(following) is None
    services.seal_version(version=following, user=owner)
    do_ingestions()
    services.keep_finding(finding=following.findings.get(code="D302"), user=owner, reason="New machines came.")
    services.seal_version(version=following, user=owner)
    do_ingestions()

    following.refresh_from_db()
    assert following.state == "sealed"
    assert [each.kept_reason for each in following.findings.filter(code="D302")] == ["New machines came."]


def test_seal_page_warns_before_few_later_rows_retire_many_sealed_ones(sign_in):
    dated = pl.read_csv(make_csv(400)).with_columns(day=pl.date(2020, 1, 1) + pl.duration(days=pl.int_range(400)))
    project = make_project(is_sandbox=True)

    def brought(rows, dataset=None):
        version = make_version(project, file=as_upload(dated.head(rows)), dataset=dataset, target="")
        services.choose_target(version=version, user=version.uploaded_by, target="mug")
        do_ingestions()
        version.refresh_from_db()
        services.choose_split(version=version, user=version.uploaded_by, meets="later", time="day")
        do_ingestions()
        version.refresh_from_db()
        return version

    first = brought(300)
    services.seal_version(version=first, user=first.uploaded_by)
    do_ingestions()
    few = brought(350, first.dataset)
    client = sign_in(first.uploaded_by)
    page = client.get(f"/data/versions/{few.pk}/seal/").content.decode()

    assert "has 60 sealed rows" in page
    assert "cut from the later rows alone: about 10." in page
