"""The API keeps to its schema: it is complete, and no request that fits it breaks anything."""

import json
from typing import Any

import pytest
import requests
import schemathesis
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import transaction
from django.http import HttpResponseBase
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.world import World, make_world

schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")
PROBLEM = {"type", "title", "status", "detail"}


def test_schema_is_complete(tmp_path):
    call_command("spectacular", validate=True, fail_on_warn=True, file=str(tmp_path / "schema.yml"))

    assert (tmp_path / "schema.yml").stat().st_size > 10_000


@pytest.mark.django_db
def test_no_request_breaks_the_api():
    attempt_everything(examples=5)


@pytest.mark.long
@pytest.mark.django_db
def test_no_request_breaks_the_api_in_full():
    attempt_everything(examples=50)


def attempt_everything(*, examples: int) -> None:
    """What the schema allows, sent to every operation as the owner of a team, to things that exist and to invented ones."""
    world, client = make_world(), Client(raise_request_exception=False)
    client.force_login(world.people["owner"])
    schema = schemathesis.openapi.from_dict(SchemaGenerator().get_schema(public=True))
    tried = 0
    for found in schema.get_all_operations():
        operation = found.ok()
        tried += 1

        @settings(max_examples=examples)
        @given(case=operation.as_strategy(), is_real=st.booleans())
        def attempt(case: Any, is_real: bool) -> None:
            if is_real:
                case.path_parameters = {
                    name: real(case.operation.path, name, world) for name in case.path_parameters or {}
                }
            with transaction.atomic():
                answer = send(client, case)
                check(case, answer)
                transaction.set_rollback(True)

        attempt()
    assert tried > 30


def real(path: str, name: str, world: World) -> object:
    """Something that exists under this part of an address."""
    kind = path.removeprefix("/api/v1/").split("/")[0]
    things = {
        "projects": world.result.slug,
        "proposals": world.values["proposal"],
        "datasets": world.values["dataset"],
        "versions": world.ready.pk,
        "ladders": world.ladder.pk,
        "runs": world.values["run"],
        "predictions": world.values["file"],
        "predicted": world.values["prediction"],
        "tokens": world.values["token"],
        "uploads": world.values["upload"],
        "access-requests": world.values["request"],
        "fresh-deposits": world.values["deposit"],
        "openings": world.values["opening"],
    }
    part = "final" if "/inputs/" in path else "train"
    return {"part": part, "ending": "csv", "finding": world.values["finding"], "review": world.values["review"]}.get(
        name, things[kind]
    )


def send(client: Client, case: Any) -> HttpResponseBase:
    """One generated request through the test client."""
    headers = {
        name: value for name, value in (case.headers or {}).items() if name.lower() not in ("cookie", "authorization")
    }
    options: dict[str, Any] = {"headers": headers, "query_params": case.query or None}
    if isinstance(case.body, schemathesis.core.NotSet):
        data: Any = None
    elif isinstance(case.body, bytes):
        data, options["content_type"] = case.body, case.media_type
    elif (case.media_type or "").startswith("multipart/"):
        data = {name: as_part(value) for name, value in case.body.items()} if isinstance(case.body, dict) else {}
    else:
        data, options["content_type"] = json.dumps(case.body), "application/json"
    if case.method.upper() == "GET":
        return client.get(case.formatted_path, **options)
    return getattr(client, case.method.lower())(case.formatted_path, data, **options)


def as_part(value: Any) -> Any:
    return SimpleUploadedFile("rows.csv", value) if isinstance(value, bytes) else str(value)


def check(case: Any, answer: HttpResponseBase) -> None:
    """No fault of ours; a refusal in the one form; anything else as the schema says."""
    assert answer.status_code < 500, (case.method, case.formatted_path, case.body)
    if answer.streaming:
        b"".join(answer.streaming_content)  # a client reads to the end, which closes the file
    kind = answer.headers.get("Content-Type", "")
    if answer.status_code >= 400:
        said = json.loads(answer.content)
        assert kind == "application/problem+json", (case.method, case.formatted_path, answer.status_code, kind)
        assert set(said) >= PROBLEM
        assert said["status"] == answer.status_code
    elif "json" in kind:
        case.operation.validate_response(as_schemathesis(answer), case=case)


def as_schemathesis(answer: HttpResponseBase) -> schemathesis.Response:
    """The answer as schemathesis reads it."""
    headers = {name: [value] for name, value in answer.headers.items()}
    asked = requests.Request("GET", "http://testserver/").prepare()
    return schemathesis.Response(answer.status_code, headers, answer.content, asked, elapsed=0.0, verify=True)
