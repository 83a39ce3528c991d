"""The API of what is asked of a run that has its score: what it looks at, its files, predictions, surprises."""

import io
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from knox.models import AuthToken
from rest_framework.test import APIClient

from projects.models import Membership
from tests.factories import (
    do_inspections,
    do_predictions,
    make_csv,
    make_done_ladder,
    make_ladder,
    make_sealed_version,
    make_user,
)

pytestmark = pytest.mark.django_db


def as_person(user):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {AuthToken.objects.create(user)[1]}")
    return client


def owner_of(project):
    return project.team.memberships.get(role=Membership.Role.OWNER, left_at=None).user


@pytest.fixture(scope="module")
def climbed(kept):
    return make_done_ladder(make_sealed_version(file=make_csv(seed=300)), only=("linear",), guess=0.12)


@pytest.fixture
def run(ladder):
    return ladder.runs.get()


@pytest.fixture
def api(run):
    return as_person(owner_of(run.project))


def test_inspection_is_asked_once_and_its_rows_are_for_the_team(api, run):
    path = f"/api/v1/runs/{run.pk}/looks-at"
    assert api.get(path).status_code == 404

    asked, again = api.post(path), api.post(path)
    do_inspections()

    assert (asked.status_code, asked.json()["state"], asked.json()["result"]) == (202, "queued", None)
    assert (again.status_code, again.json()["type"]) == (409, "inspection-running")
    mine, others = api.get(path).json(), as_person(make_user()).get(path).json()
    assert {each["column"] for each in mine["result"]["importance"]["columns"][:2]} == {"width", "height"}
    assert sorted(mine["result"]) == ["dependence", "importance", "wrong"]
    assert sorted(others["result"]) == ["dependence", "importance"]


def test_card_is_for_readers_and_model_and_script_for_the_team(api, run):
    colleague = as_person(make_user())
    path = f"/api/v1/runs/{run.pk}"

    card, script, model = (api.get(f"{path}/{name}") for name in ("card", "script", "model"))

    assert card.content.startswith(b"# Model card: Linear model")
    assert b"RECIPES" in script.content
    with zipfile.ZipFile(io.BytesIO(b"".join(model.streaming_content))) as archive:
        assert {"encoder.json", "model-card.md", "reproduce.py"} < set(archive.namelist())
    assert [colleague.get(f"{path}/{name}").status_code for name in ("card", "script", "model")] == [200, 403, 403]


def test_a_run_without_a_score_has_nothing_to_take_away():
    run = make_ladder(only=("linear",)).runs.get()
    api = as_person(owner_of(run.project))

    answers = [api.get(f"/api/v1/runs/{run.pk}/{name}").status_code for name in ("card", "script", "model")]

    assert answers == [404, 404, 404]
    answer = api.post(f"/api/v1/projects/{run.project.slug}/predict", {"file": rows()}, format="multipart")
    assert (answer.status_code, answer.json()["type"]) == (409, "no-model")


def rows():
    return SimpleUploadedFile("new.csv", b"width,height,colour,belt\n14.0,15.0,red,belt 1\n2.0,3.0,red,belt 1\n")


def test_rows_are_predicted_and_fetched(api, run):
    path = f"/api/v1/projects/{run.project.slug}/predict"

    asked = api.post(path, {"file": rows()}, format="multipart")
    address = asked.headers["Location"]
    early = api.get(f"{address}/rows")
    do_predictions()

    assert (asked.status_code, early.status_code) == (202, 404)
    assert (api.get(address).json()["state"], api.get(address).json()["rows"]) == ("done", 2)
    lines = b"".join(api.get(f"{address}/rows").streaming_content).decode().splitlines()
    assert [line.split(",")[:2] for line in lines] == [["id", "prediction"], ["0", "yes"], ["1", "no"]]
    assert [each["id"] for each in api.get(path).json()] == [asked.json()["id"]]
    assert api.post(path, {}, format="multipart").status_code == 422
    assert as_person(make_user()).get(address).status_code == 403


def test_surprises_say_how_a_guess_came_out(api, run):
    [row] = api.get("/api/v1/surprises").json()

    assert (row["project"], row["run"], row["guess"], row["outcome"]) == (
        run.project.slug, str(run.pk), 0.12, "better",
    )  # fmt: skip
    assert row["low"] <= row["score"] <= row["high"]
