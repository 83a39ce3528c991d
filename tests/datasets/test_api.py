"""Data through the API: 202 and a status address, refusals as problems, sealed parts without an address."""

import io

import polars as pl
import pytest
from rest_framework.test import APIClient

from datasets.models import DatasetVersion
from projects import services as project_services
from tests.factories import (
    do_ingestions,
    make_approved_project,
    make_csv,
    make_project,
    make_sealed_version,
    make_user,
    make_version,
)

pytestmark = pytest.mark.django_db(transaction=True)


def client_of(user) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


def owner_of(project):
    return project.team.memberships.get(role="owner", left_at=None).user


def test_whole_way_from_upload_to_parts():
    project = make_approved_project()
    owner = owner_of(project)
    project_services.lock_criterion(
        project=project, user=owner, metric="accuracy", level=0.8, smallest_difference=0.02, reason="", results_seen=0
    )
    client, steward = client_of(owner), client_of(make_user(is_steward=True))

    uploaded = client.post(f"/api/v1/projects/{project.slug}/datasets", {"file": make_csv(400), "name": "belt"})
    address = uploaded.headers["Location"]
    assert (uploaded.status_code, uploaded.data["state"]) == (202, "checking")
    do_ingestions()
    assert client.get(address).data["state"] == "ready"
    assert client.post(f"{address}/target", {"target": "mug"}).status_code == 202
    do_ingestions()
    report = client.get(f"{address}/report").data
    assert (report["task"], report["rows_read"]) == ("binary", 400)
    assert client.post(f"{address}/seal", {"meets": "same"}).status_code == 403
    assert steward.post(f"{address}/seal", {"meets": "same"}).status_code == 202
    do_ingestions()

    certificate = client.get(f"{address}/certificate").data
    assert certificate["parts"] == {"train": 240, "validation": 80, "checkpoint": 0, "final": 80}
    train = client.get(f"{address}/splits/train")
    assert pl.read_parquet(io.BytesIO(train.getvalue())).height == 240
    for part in ("checkpoint", "final"):
        refused = client.get(f"{address}/splits/{part}")
        assert (refused.status_code, refused.json()["type"]) == (403, "sealed")
    assert client.get(f"{address}/splits/labels").status_code == 404


def test_refusal_after_the_answer_has_the_body_of_a_direct_one():
    project = make_project()
    file = make_csv(20)
    file.file.seek(0)
    file.file.truncate()
    file.file.write(b"a,a\n" + b"1,2\n" * 20)
    file.size = file.file.tell()
    file.file.seek(0)
    client = client_of(owner_of(project))

    uploaded = client.post(f"/api/v1/projects/{project.slug}/datasets", {"file": file})
    do_ingestions()
    status = client.get(uploaded.headers["Location"]).data

    assert (uploaded.status_code, status["state"]) == (202, "rejected")
    assert set(status["rejection"]) == {"code", "message", "where", "limit", "found", "next"}
    assert status["rejection"]["code"] == "DUPLICATE_COLUMN"


def test_file_over_the_limit_is_413_with_limit_and_found(settings):
    settings.LIMITS = settings.LIMITS | {"upload": 2000}
    project = make_project()

    refused = client_of(owner_of(project)).post(f"/api/v1/projects/{project.slug}/datasets", {"file": make_csv(300)})

    assert refused.status_code == 413
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert (refused.json()["type"], refused.json()["limit"]) == ("too-large", 2000)
    assert not DatasetVersion.objects.exists()


def test_unknown_column_is_422_and_too_early_is_409():
    version = make_version(make_project())
    client = client_of(version.uploaded_by)

    unknown = client.post(f"/api/v1/versions/{version.pk}/target", {"target": "cup"})
    sandbox = make_version(make_project(is_sandbox=True), target="")
    early = client_of(sandbox.uploaded_by).post(f"/api/v1/versions/{sandbox.pk}/seal", {"meets": "same"})

    assert (unknown.status_code, unknown.json()["type"], unknown.json()["found"]) == (422, "no-such-column", "cup")
    assert (early.status_code, early.json()["type"]) == (409, "target-missing")


def test_server_sets_what_counts():
    project = make_project()

    sent = {"file": make_csv(), "state": "sealed", "sha256": "0" * 64, "rows_read": 7, "uploaded_by": 1}
    data = client_of(owner_of(project)).post(f"/api/v1/projects/{project.slug}/datasets", sent).data

    assert (data["state"], data["rows_read"]) == ("checking", None)
    assert data["sha256"] != "0" * 64


def test_every_address_as_stranger_and_as_nobody():
    version = make_version(make_project())
    addresses = [f"/api/v1/versions/{version.pk}{end}" for end in ("", "/report", "/certificate", "/splits/train")]
    stranger = client_of(make_user())

    assert [stranger.get(address).status_code for address in addresses] == [404] * 4
    assert [APIClient().get(address).status_code for address in addresses] == [401] * 4
    assert stranger.post(f"/api/v1/datasets/{version.dataset_id}/versions", {"file": make_csv()}).status_code == 404
    assert stranger.get("/api/v1/datasets").data["results"] == []


def test_reviewer_reads_the_certificate_and_not_the_report():
    project = make_approved_project()
    reviewer = client_of(project.proposals.get().reviews.first().reviewer)
    version = make_sealed_version(project)

    assert reviewer.get(f"/api/v1/versions/{version.pk}/certificate").status_code == 200
    assert reviewer.get(f"/api/v1/versions/{version.pk}/report").status_code == 403
    assert reviewer.get(f"/api/v1/versions/{version.pk}/splits/train").status_code == 403
