"""Requests a second of the leaderboard at 10,000 entries: the API's page and the page for people, one process, no network.

    python bench/leaderboard.py [ENTRIES] [REQUESTS]

Makes a database of its own in a temporary folder. Prints CPU milliseconds a request, requests a second of one core,
and the queries of a request.
"""

import os
import sys
import tempfile
import time

os.environ["DLSTART_DATA"] = os.path.join(tempfile.mkdtemp(prefix="dlstart-bench-"), "var")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dlstart_web.settings_test")

import django

django.setup()

from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import override_settings
from django.utils import timezone
from knox.models import AuthToken

from datasets.models import Dataset, DatasetVersion, Lineage, Seal
from evaluations.models import Ladder, Run
from projects import services
from projects.models import Project, User


def main(entries: int, requests: int) -> None:
    """Fill a board and ask for its first and its last page."""
    call_command("migrate", verbosity=0)
    user = User.objects.create_user("ada@example.org", name="Ada")
    project = services.create_project(user=user, team=services.create_team(user=user, name="Bench"), name="Board")
    fill(project, user, entries)
    token = AuthToken.objects.create(user)[1]
    program, person = Client(headers={"Authorization": f"Token {token}"}), Client()
    person.force_login(user)
    last = -(-entries // 50)
    print(f"{entries:,} entries, {requests} requests each, one process ({connection.vendor})")
    with override_settings(ALLOWED_HOSTS=["testserver"]):
        for name, client, path in (
            ("API, who am I", program, "/api/v1/me"),  # what every request costs
            ("API, first page", program, f"/api/v1/projects/{project.slug}/leaderboard"),
            ("API, last page", program, f"/api/v1/projects/{project.slug}/leaderboard?page={last}"),
            ("page for people", person, f"/projects/{project.slug}/leaderboard/"),
            ("page, sorted by time", person, f"/projects/{project.slug}/leaderboard/?sort=time&page={last}"),
        ):
            measure(name, client, path, requests)


def measure(name: str, client: Client, path: str, requests: int) -> None:
    """CPU time and queries of one address."""
    queries: list[str] = []

    def note(execute, sql, params, many, context):
        queries.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code, answer.content[:300])
    for _ in range(10):
        client.get(path)
    began = time.process_time()
    for _ in range(requests):
        client.get(path)
    seconds = (time.process_time() - began) / requests
    print(
        f"{name:22} {seconds * 1000:6.2f} ms CPU, {1 / seconds:6.0f} a second, {len(queries)} queries, {len(answer.content):,} bytes"
    )
    if os.environ.get("SHOW"):
        for query in queries:
            print("    ", query[:300])


def fill(project: Project, user: User, entries: int) -> None:
    """A sealed version and a board of runs whose scores fall slowly; each fifth is an upload, whose cost nobody knows."""
    dataset = Dataset.objects.create(lineage=Lineage.objects.create(), project=project, name="bench", created_by=user)
    version = DatasetVersion.objects.create(
        dataset=dataset, number=1, state="sealed", file_name="b.csv", bytes=1, sha256="0" * 64, uploaded_by=user,
        target="y", task="binary", rule="random",
    )  # fmt: skip
    Seal.objects.create(
        version=version, sealed_by=user, rule="random", rows_used=10_000, classes=None, fingerprints={}, features=[],
        parts={"train": 6000, "validation": 2000, "checkpoint": 1000, "final": 1000}, is_pooled=False,
    )  # fmt: skip
    ladder = Ladder.objects.create(project=project, version=version, metric="roc_auc", budget=120, asked_by=user)
    recipes = ("boosting", "forest", "linear", "network", "upload")
    now = timezone.now()
    Run.objects.bulk_create(
        [
            Run(
                ladder=ladder, project=project, version=version, recipe=recipes[i % 5], rung=4, metric="roc_auc", state="done",
                name="resnet18" if i % 5 == 4 else "", cpu_seconds=None if i % 5 == 4 else float(i % 97),
                score=0.95 - i / 50_000, low=0.9 - i / 50_000, high=0.97 - i / 50_000, goodness=0.95 - i / 50_000,
                train_score=0.99, rank=1 if i < 40 else i + 1, rows_validation=2000, ended_at=now,
            )
            for i in range(entries)
        ],
        batch_size=500,
    )  # fmt: skip


if __name__ == "__main__":
    main(*(int(argument.replace("_", "")) for argument in (*sys.argv[1:], "10000", "300")[:2]))
