"""The API of evaluations: the same record as the pages, and refusals that a program can act on."""

import uuid

import pytest
from django.db import connection
from knox.models import AuthToken
from rest_framework.test import APIClient

from datasets.models import Look
from evaluations import selectors
from evaluations.models import Run
from projects.models import Membership
from tests.factories import (
    do_submissions,
    make_approved_project,
    make_ladder,
    make_sealed_version,
    make_user,
)

pytestmark = pytest.mark.django_db
QUICK = ("always_same", "linear")


def owner_of(project):
    return project.team.memberships.get(role=Membership.Role.OWNER, left_at=None).user


def as_person(user):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {AuthToken.objects.create(user)[1]}")
    return client


@pytest.fixture
def api(ladder):
    return as_person(owner_of(ladder.project))


def test_everything_asks_for_a_token_and_hides_what_one_may_not_read(ladder):
    slug, run = ladder.project.slug, ladder.runs.first()
    reads = [f"projects/{slug}/{name}" for name in ("criterion", "leaderboard", "looks", "verdict", "report")]
    reads += [f"ladders/{ladder.pk}", f"runs/{run.pk}", f"runs/{run.pk}/curves"]
    writes = [f"projects/{slug}/{name}" for name in ("criterion/lock", "criterion/amend", "ladders", "looks")] + [
        f"runs/{run.pk}/cancel"
    ]
    ladder.project.is_private = True
    ladder.project.save()
    stranger = as_person(make_user())

    assert [APIClient().get(f"/api/v1/{path}").status_code for path in reads] == [401] * len(reads)
    assert [stranger.get(f"/api/v1/{path}").status_code for path in reads] == [404] * len(reads)
    assert [stranger.post(f"/api/v1/{path}", {}).status_code for path in writes] == [404] * len(writes)
    ladder.project.is_private = False
    ladder.project.save()
    assert [stranger.post(f"/api/v1/{path}", {}).status_code for path in writes] == [403] * len(writes)


def test_ladder_is_queued_with_202_and_refused_while_it_runs():
    version = make_sealed_version()
    api = as_person(owner_of(version.dataset.project))
    path = f"/api/v1/projects/{version.dataset.project.slug}/ladders"

    answer = api.post(path, {"seed": 7, "only": ["linear"]}, format="json")
    again = api.post(path, {}, format="json")

    assert answer.status_code == 202
    assert answer.json()["seed"] == 7
    assert [run["recipe"] for run in answer.json()["runs"]] == ["linear"]
    assert api.get(answer.headers["Location"]).json()["runs"][0]["state"] == "queued"
    assert (again.status_code, again.json()["type"]) == (409, "ladder-running")


def test_ladder_without_a_locked_criterion_is_409():
    version = make_sealed_version()
    version.dataset.project.criteria.all().delete()

    answer = as_person(owner_of(version.dataset.project)).post(
        f"/api/v1/projects/{version.dataset.project.slug}/ladders", {}
    )

    assert (answer.status_code, answer.json()["type"]) == (409, "criterion-not-locked")
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_fields_that_count_are_set_by_the_server(api, ladder):
    run = ladder.runs.get(recipe="linear")
    posted = {
        "run": str(run.pk),
        "reason": "x",
        "state": "scored",
        "rung": 0.99,
        "released": True,
        "spent_at": "2020-01-01T00:00:00Z",
    }

    answer = api.post(
        f"/api/v1/projects/{ladder.project.slug}/looks", posted, format="json", headers={"Idempotency-Key": "k"}
    )

    assert answer.status_code == 202
    assert (answer.json()["state"], answer.json()["rung"], answer.json()["released"]) == ("spent", None, None)
    assert Look.objects.get().spent_at.year > 2020


def test_look_needs_its_key_repeats_for_free_and_is_then_429(api, ladder):
    path = f"/api/v1/projects/{ladder.project.slug}/looks"
    linear, dummy = (
        {"run": str(ladder.runs.get(recipe=name).pk), "reason": "done"} for name in ("linear", "always_same")
    )

    assert api.post(path, linear, format="json").status_code == 428
    first, repeat = (api.post(path, linear, format="json", headers={"Idempotency-Key": "a"}) for _ in range(2))
    refused = api.post(path, dummy, format="json", headers={"Idempotency-Key": "b"})
    do_submissions()
    ledger = api.get(path).json()

    assert first.json()["id"] == repeat.json()["id"]
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 6 * 86400
    body = refused.json()
    assert (body["type"], body["looks_left"], body["counted_by"]) == ("no-look-left", 0, "team")
    assert body["next_look_at"].endswith("+00:00")
    assert (ledger["looks_left"], len(ledger["looks"]), ledger["looks"][0]["state"]) == (0, 1, "scored")
    assert ledger["next_look_at"]


def test_run_has_its_interval_and_its_curve_best_and_last_point(api, ladder):
    run = ladder.runs.get(recipe="linear")

    body = api.get(f"/api/v1/runs/{run.pk}").json()
    curve = api.get(f"/api/v1/runs/{run.pk}/curves").json()

    assert body["low"] <= body["score"] <= body["high"]
    assert (body["part"], body["rows_validation"]) == ("validation", run.rows_validation)
    assert curve["open"] is False
    assert curve["last_x"] == curve["points"][-1]["x"]
    assert curve["best_x"] == run.best_x


def test_cancel_ends_an_open_run_once():
    ladder = make_ladder(only=("linear",))
    api = as_person(owner_of(ladder.project))
    path = f"/api/v1/runs/{ladder.runs.get().pk}/cancel"

    assert api.post(path).json()["state"] == "cancelled"
    assert api.post(path).status_code == 409


def test_criterion_is_locked_then_amended_with_a_reason():
    project = make_approved_project()
    api = as_person(owner_of(project))
    path = f"/api/v1/projects/{project.slug}/criterion"

    assert api.get(path).status_code == 404
    locked = api.post(
        f"{path}/lock", {"metric": "accuracy", "level": 0.95, "locked_at": "2020-01-01T00:00:00Z"}, format="json"
    )
    assert locked.status_code == 201
    assert not locked.json()["locked_at"].startswith("2020")
    assert api.post(f"{path}/lock", {"metric": "accuracy", "level": 0.9}, format="json").status_code == 409
    assert api.post(f"{path}/amend", {"metric": "accuracy", "level": 0.9}, format="json").status_code == 422
    assert (
        api.post(f"{path}/amend", {"metric": "accuracy", "level": 0.9, "reason": "y"}, format="json").json()["number"]
        == 2
    )
    assert api.get(path).json()["level"] == 0.9


def test_report_and_verdict_are_data_too(api, ladder):
    slug = ladder.project.slug

    body = api.get(f"/api/v1/projects/{slug}/report").json()

    assert [row["name"] for row in body["ladder"]] == ["Linear model", "Always the same answer"]
    assert len(body["medians"]) == 5
    assert body["verdict"] is None
    assert api.get(f"/api/v1/projects/{slug}/verdict").status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_leaderboard_takes_the_same_queries_for_any_length(api, ladder, django_assert_num_queries, count):
    run = ladder.runs.get(recipe="linear")
    for _ in range(count):
        run.pk, run._state.adding = uuid.uuid4(), True
        run.save(force_insert=True)
    path = f"/api/v1/projects/{ladder.project.slug}/leaderboard"
    api.get(path)

    with django_assert_num_queries(LEADERBOARD_QUERIES):
        body = api.get(path).json()

    assert len(body["entries"]) == 2 + count
    assert [entry["rank"] for entry in body["entries"]] == sorted(entry["rank"] for entry in body["entries"])


LEADERBOARD_QUERIES = 6


@pytest.mark.parametrize("sort", ["score", "time"])
def test_a_page_of_the_board_is_read_in_the_order_of_an_index_and_uploads_come_last(ladder, sort):
    linear = ladder.runs.get(recipe="linear")
    for name, cost in (("upload", None), ("quick", 0.0), ("slow", 99.0)):
        Run.objects.create(
            ladder=ladder, project=ladder.project, version=ladder.version, recipe="upload", rung=6, metric=ladder.metric,
            name=name, state="done", score=0.5, rank=99, cpu_seconds=cost,
        )  # fmt: skip

    entries = selectors.board(ladder.project_id, ladder.version_id, ladder.metric, sort=sort)

    names = list(entries.filter(rank=99).values_list("name", flat=True))
    assert names == ["quick", "slow", "upload"]
    assert linear in entries
    if connection.vendor == "sqlite":
        assert "TEMP B-TREE" not in entries.explain()


def test_leaderboard_pages_by_50_and_refuses_other_pages(api, ladder):
    run = ladder.runs.get(recipe="linear")
    Run.objects.bulk_create(
        Run(**{field.attname: getattr(run, field.attname) for field in Run._meta.fields if field.name != "id"})
        for _ in range(60)
    )
    path = f"/api/v1/projects/{ladder.project.slug}/leaderboard"

    first = api.get(path).json()
    second = api.get(first["next"]).json()

    assert (len(first["entries"]), len(second["entries"]), second["next"]) == (50, 12, None)
    assert not {entry["id"] for entry in first["entries"]} & {entry["id"] for entry in second["entries"]}
    assert api.get(path, {"page": "0"}).status_code == 422
