"""Correcting what the columns are: page, API, reading again, and what it reaches."""

from random import Random

import polars as pl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from rest_framework.test import APIClient

from datasets import services, store
from datasets.core.errors import DataProblem
from datasets.models import DatasetVersion
from evaluations import training
from tests.datasets.hostile.sheets import workbook
from tests.factories import do_ingestions, make_csv, make_project, make_sealed_version, make_user, make_version

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


def nameless() -> SimpleUploadedFile:
    return SimpleUploadedFile("n.csv", b"".join(b"%d.5,%d,%s\n" % (i % 7, i, b"ab"[i % 2 :][:1]) for i in range(30)))


def test_header_is_confirmed_before_the_target_is_chosen(sign_in):
    version = make_version(file=nameless(), target="")
    client = sign_in(version.uploaded_by)
    address = reverse("datasets:version_header", args=[version.pk])

    assert version.is_header_open
    with pytest.raises(services.NotYet) as refusal:
        services.choose_target(version=version, user=version.uploaded_by, target="column_3")
    assert refusal.value.code == "header-open"
    assert address in client.get(reverse("datasets:version_detail", args=[version.pk])).content.decode()
    assert "1: 0.5,0,a" in client.get(address).content.decode()
    sign_in(steward := make_user(is_steward=True)).get(address)
    assert list(version.viewings.values_list("user", flat=True)) == [steward.pk]  # labels stand in those lines
    client.force_login(version.uploaded_by)

    client.post(address, {"line": "0"})

    version.refresh_from_db()
    assert not version.is_header_open
    assert version.ingestions.count() == 1  # it was read like that
    services.choose_target(version=version, user=version.uploaded_by, target="column_3")


def test_other_header_reads_again_and_forgets_what_was_chosen():
    lines = [b"first,second,y", *(b"%d,%d,%s" % (i, i % 5, b"ab"[i % 2 :][:1]) for i in range(30))]
    version = make_version(file=SimpleUploadedFile("t.csv", b"\n".join(lines)), target="y")
    version = corrected(version, first="id")

    services.correct_header(version=version, user=version.uploaded_by, line=0)
    do_ingestions()
    version = DatasetVersion.objects.get(pk=version.pk)

    assert (version.rows_read, list(version.kinds)) == (31, ["column_1", "column_2", "column_3"])
    assert (version.target, version.task, version.rule) == ("", "", "")
    assert version.corrections == {"kinds": {}, "header": 0, "found": {}}
    assert not version.findings.filter(needs_target=True).exists()


def test_first_lines_go_when_the_version_is_sealed():
    version = make_sealed_version(file=make_csv(80))

    assert "head" not in version.profile


def test_api_says_where_the_table_begins():
    version = make_version(file=nameless(), target="")
    client = APIClient()
    client.force_authenticate(version.uploaded_by)
    address = reverse("api_version_header", args=[version.pk])

    early = client.post(reverse("api_version_target", args=[version.pk]), {"target": "column_3"}, format="json")
    taken = client.post(address, {"line": 0}, format="json")
    far = client.post(address, {"line": 900}, format="json")
    do_ingestions()

    assert (early.status_code, taken.status_code, far.status_code) == (409, 202, 202)
    refused = client.get(reverse("api_version", args=[version.pk])).data
    assert (refused["state"], refused["rejection"]["code"]) == ("ready", "NO_HEADER")
    assert refused["rejection"]["next"].endswith("All stays as it was.")


def test_sheet_is_chosen_where_there_are_several(sign_in):
    rows = [["Report", None], ["size", "y"], *([i, "ab"[i % 2]] for i in range(20))]
    book = SimpleUploadedFile("b.xlsx", workbook({"Notes": [["read me", "first"]] * 12, "Data": rows}))
    version = make_version(file=book, target="")
    client = sign_in(version.uploaded_by)
    address = reverse("datasets:version_header", args=[version.pk])

    assert version.is_header_open
    assert "Which sheet holds the table?" in client.get(address).content.decode()
    client.post(address, {"sheet": "Data", "line": "1"})
    do_ingestions()
    version = DatasetVersion.objects.get(pk=version.pk)
    assert (list(version.kinds), version.profile["head"]["line"]) == (["size", "y"], 2)
    assert version.is_header_open  # another sheet, other first lines

    client.post(address, {"sheet": "Data", "line": "2"})

    version.refresh_from_db()
    assert not version.is_header_open
    assert version.corrections == {"kinds": {}, "found": {}, "sheet": "Data", "header": 2}


def test_sheet_that_is_not_there_is_refused():
    version = make_version(file=codes(), target="")

    with pytest.raises(DataProblem) as refusal:
        services.correct_header(version=version, user=version.uploaded_by, sheet="Data")

    assert refusal.value.code == "NO_SUCH_SHEET"


def open_dates() -> SimpleUploadedFile:
    """Days that fit both orders."""
    lines = [f"0{i % 9 + 1}/0{i % 8 + 1}/2024,{i % 7},{'ab'[i % 2]}" for i in range(60)]
    return SimpleUploadedFile("due.csv", "\n".join(["due,size,y", *lines]).encode())


@pytest.mark.long
def test_the_order_that_cells_settled_holds_for_the_next_version():
    lines = ["due,y", *(f"{13 + i % 9}/01/2024,{'ab'[i % 2]}" for i in range(60))]
    first = make_version(file=SimpleUploadedFile("due.csv", "\n".join(lines).encode()), target="")

    second = services.accept_upload(
        project=first.dataset.project, user=first.uploaded_by, file=open_dates(), dataset=first.dataset
    )
    do_ingestions()

    assert pl.read_parquet(store.table_path(second))["due"][10].isoformat() == "2024-03-02"
    assert not second.findings.filter(code="D113").exists()


def test_the_order_of_open_dates_is_said_by_finding_form_and_api(client):
    version = make_version(file=open_dates(), target="y")
    user = version.uploaded_by
    client.force_login(user)
    page = client.get(reverse("datasets:version_detail", args=[version.pk])).content.decode()
    columns = reverse("datasets:version_columns", args=[version.pk])

    finding = version.findings.get(code="D113")
    client.post(reverse("datasets:version_finding", args=[version.pk]), {"date_month_first": finding.pk})
    do_ingestions()
    by_finding = store.table_path(version).read_bytes()
    form = client.get(columns).content.decode()
    client.post(columns, {"kind_1": "category"})  # the order of the other column stays as it was said
    do_ingestions()
    kept = DatasetVersion.objects.get(pk=version.pk)
    api = APIClient()
    api.force_authenticate(user)
    answer = api.post(
        reverse("api_version_columns", args=[version.pk]), {"kinds": {"due": "date_day_first"}}, format="json"
    )
    do_ingestions()

    assert "The day comes first" in page
    assert '<option value="date_month_first" selected>date, month first</option>' in form
    assert (kept.kinds["due"], kept.corrections["kinds"]) == ("date", {"due": "date_month_first", "size": "category"})
    assert pl.read_parquet(by_finding)["due"][10].isoformat() == "2024-02-03"
    assert answer.status_code == 202
    assert pl.read_parquet(store.table_path(version))["due"][10].isoformat() == "2024-03-02"
    assert not version.findings.filter(code="D113").exists()
