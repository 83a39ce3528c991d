"""Fixtures for all tests."""

import gc
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import Client

# Luck decides nothing, nor how busy the machine is: the same examples each time. `--hypothesis-profile=search` draws new ones.
hypothesis.settings.register_profile(
    "same", derandomize=True, deadline=None, database=None, suppress_health_check=list(hypothesis.HealthCheck)
)
hypothesis.settings.register_profile("search", hypothesis.settings.get_profile("same"), derandomize=False)
hypothesis.settings.load_profile("same")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first, the browser's and then those of the whole product, so that both processes end together."""
    whole = Path(__file__).parent
    items.sort(key=lambda item: (item.get_closest_marker("browser") is None, item.path.parent != whole))


def pytest_collection_finish() -> None:
    """What is loaded by now stays; looking through it for garbage again and again took an eighth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """The database of each test begins anew; the mark that says how far its log had come goes before anything is made in it."""
    settings.AUDIT_MARK.unlink(missing_ok=True)


@pytest.fixture
def sign_in(client: Client):
    """Sign a person in at the test client; a new one if none is given."""

    # Only here: the process that hands out the tests would load every model library for it, while the others wait.
    from tests.factories import make_user

    def enter(user=None) -> Client:
        client.force_login(user or make_user())
        return client

    return enter


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """SQLite's flush between tests deletes rows, which ledger and log refuse; their tests put the guards back."""
    with django_db_blocker.unblock():
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute("DROP TRIGGER look_no_delete")
                cursor.execute("DROP TRIGGER audit_no_delete")


@pytest.fixture(scope="module")
def kept(django_db_setup, django_db_blocker) -> Iterator[None]:
    """Rows that fixtures make under this one stay for all tests of a module, each of which is rolled back to them.

    Not for tests that commit. What is handed to a test is a deep copy, so that none finds what another did to it.
    Files stay as a test leaves them: one that overwrites any puts them back.
    """
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)
