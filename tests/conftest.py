"""Fixtures for all tests."""

import pytest
from django.db import connection
from django.test import Client

from tests.factories import make_user


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The browser first: it takes longest, and so both processes end at about the same time."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is None)


@pytest.fixture
def sign_in(client: Client):
    """Sign a person in at the test client; a new one if none is given."""

    def enter(user=None) -> Client:
        client.force_login(user or make_user())
        return client

    return enter


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """SQLite's flush between tests deletes rows, which the ledger refuses; tests/datasets/test_ledger.py puts the guard back."""
    with django_db_blocker.unblock():
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute("DROP TRIGGER look_no_delete")
