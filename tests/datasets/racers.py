"""One of the processes of the race: many threads that all want the one look at the same moment."""

import json
import os
import sys
import threading
from datetime import datetime
from uuid import UUID, uuid4

import django


def main(project_pk: str, user_pk: str, count: int) -> None:
    """For each moment that comes by standard input: send all threads off at once and print how each one fared."""
    django.setup()

    from django.db import connections

    from datasets import selectors, vault
    from datasets.core.budget import NoLookLeft
    from projects.models import Project, User

    connections["default"].settings_dict["NAME"] = os.environ["RACE_DATABASE"]
    project, user = Project.objects.select_related("team").get(pk=UUID(project_pk)), User.objects.get(pk=user_pk)
    test_set = selectors.test_set_for_looks(selectors.version_sealed_latest(project))
    connections.close_all()
    # PostgreSQL admits 100 connections at once, for everybody; who finds them taken waits here, as at a web server.
    doors = threading.BoundedSemaphore(count if connections["default"].vendor == "sqlite" else 15)

    def run(now: datetime, line: threading.Barrier, ends: list[str]) -> None:
        line.wait()
        doors.acquire()
        try:
            asked = {
                "test_set": test_set,
                "project": project,
                "team": project.team,
                "user": user,
                "predictions_digest": uuid4().hex,
                "idempotency_key": uuid4().hex,
                "now": now,
            }
            vault.look_for(**asked)  # as the service that a request calls
            vault.spend_look(**asked, model_name="racer")
            ends.append("granted")
        except NoLookLeft as refusal:
            ends.append(refusal.reason)
        except Exception as fault:
            ends.append(f"{type(fault).__name__}: {fault}")
        finally:
            connections.close_all()
            doors.release()

    print("ready", flush=True)
    for moment in sys.stdin:
        ends: list[str] = []
        line = threading.Barrier(count)
        runners = [
            threading.Thread(target=run, args=(datetime.fromisoformat(moment.strip()), line, ends))
            for _ in range(count)
        ]
        for runner in runners:
            runner.start()
        for runner in runners:
            runner.join()
        print(json.dumps(ends), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
