"""Correcting what the columns are: page, API, reading again, and what it reaches."""

from random import Random

import polars as pl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from rest_framework.test import APIClient

from datasets import services, store
from datasets.models import DatasetVersion
from evaluations import training
from tests.factories import do_ingestions, make_csv, make_project, make_sealed_version, make_version

pytestmark = pytest.mark.django_db(transaction=True)
State = DatasetVersion.State


def codes(rows: int = 200) -> SimpleUploadedFile:
    """Whole numbers that are codes, a label, and a column to name the row."""
    random = Random(1)
    lines = [f"{i % 12 + 1},{random.random():.4f},r{i},{random.choice(('yes', 'no'))}" for i in range(rows)]
    return SimpleUploadedFile("codes.csv", "\n".join(["shop,size,row,y", *lines]).encode())


def corrected(version: DatasetVersion, **kinds) -> DatasetVersion:
    services.correct_kinds(version=version, user=version.uploaded_by, kinds=kinds)
    do_ingestions()
    return DatasetVersion.objects.get(pk=version.pk)


def test_corrected_kinds_reach_seal_and_encoder():
    version = make_version(make_project(is_sandbox=True), file=codes(), target="y")
    assert version.findings.get(code="D111").column == "shop"

    version = corrected(version, shop="category", row="id")

    assert version.state == State.READY
    assert version.kinds == {"shop": "category", "size": "number", "row": "id", "y": "category"}
    assert version.found == {"shop": "number", "row": "category"}
    assert not version.findings.filter(code="D111").exists()
    services.seal_version(version=version, user=version.uploaded_by)
    do_ingestions()
    version = DatasetVersion.objects.select_related("seal").get(pk=version.pk)
    assert version.seal.features == [{"name": "shop", "kind": "category"}, {"name": "size", "kind": "number"}]
    assert pl.read_parquet(store.part_path(version, "train"))["shop"].dtype == pl.String
    encoded = training.encoded(version)
    assert [(feature.source, feature.kind) for feature in encoded.features] == [
        ("size", "number"),
        ("shop", "category"),
    ]


def test_kind_that_does_not_fit_changes_nothing():
    version = make_version(file=codes(), target="y")
    before = store.table_path(version).read_bytes()

    version = corrected(version, row="number")

    assert version.state == State.READY
    assert version.rejection["code"] == "KIND_DOES_NOT_FIT"
    assert version.rejection["next"] == "Mend the cells, or choose category or text. All stays as it was."
    assert version.corrections == {}
    assert store.table_path(version).read_bytes() == before


def test_kind_of_the_target_decides_the_task_again():
    file = SimpleUploadedFile("n.csv", b"x,y\n" + b"".join(b"%d,%d\n" % (i, i % 3 * 10) for i in range(25)))
    version = make_version(file=file, target="y")
    assert version.task == "regression"

    assert corrected(version, y="category").task == "multiclass"


def test_taking_a_correction_back_reads_as_found():
    version = corrected(make_version(file=codes(), target="y"), shop="category")

    version = corrected(version, shop="number")

    assert version.corrections == {"kinds": {}, "found": {}}
    assert version.findings.filter(code="D111").exists()


def test_next_version_is_read_like_the_one_before():
    first = corrected(make_version(file=codes(), target=""), shop="category")

    second = make_version(
        first.dataset.project, user=first.uploaded_by, file=codes(240), target="", dataset=first.dataset
    )

    assert second.kinds["shop"] == "category"
    assert services.found_kinds(second)["shop"] == "number"


def test_label_column_is_not_set_aside(sign_in):
    version = make_version(file=codes(), target="y")

    answer = sign_in(version.uploaded_by).post(
        reverse("datasets:version_columns", args=[version.pk]), {"kind_3": "ignore"}
    )

    assert answer.status_code == 422
    assert "Column 'y' is the label column and cannot be of the kind ignore" in answer.content.decode().replace(
        "&#x27;", "'"
    )


def test_page_corrects_and_finding_makes_a_category(sign_in):
    version = make_version(file=codes(), target="y")
    client = sign_in(version.uploaded_by)
    address = reverse("datasets:version_columns", args=[version.pk])
    assert 'aria-label="Kind of shop"' in client.get(address).content.decode()

    answer = client.post(address, {"kind_2": "ignore"})
    do_ingestions()
    assert answer.url == reverse("datasets:version_detail", args=[version.pk])
    finding = version.findings.get(code="D111")
    client.post(reverse("datasets:version_finding", args=[version.pk]), {"category": finding.pk})
    do_ingestions()

    version.refresh_from_db()
    assert version.corrections["kinds"] == {"row": "ignore", "shop": "category"}


def test_api_corrects_and_names_what_is_not_there():
    version = make_version(file=codes(), target="")
    client = APIClient()
    client.force_authenticate(version.uploaded_by)
    address = reverse("api_version_columns", args=[version.pk])

    unknown = client.post(address, {"kinds": {"shap": "category"}}, format="json")
    wrong = client.post(address, {"kinds": {"shop": "colour"}}, format="json")
    taken = client.post(address, {"kinds": {"shop": "category"}}, format="json")
    do_ingestions()

    assert (unknown.status_code, wrong.status_code, taken.status_code) == (422, 422, 202)
    assert unknown.data["type"].endswith("no-such-column")
    report = client.get(reverse("api_version_report", args=[version.pk])).data
    assert report["columns"][0] == {"name": "shop", "kind": "category"}


def test_sealed_version_is_not_read_again():
    version = make_sealed_version(file=make_csv(80))

    with pytest.raises(services.NotYet) as refusal:
        services.correct_kinds(version=version, user=version.uploaded_by, kinds={"belt": "id"})

    assert refusal.value.code == "sealed"
