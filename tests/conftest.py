"""Fixtures for all tests."""

import pytest
from django.test import Client

from tests.factories import make_user


@pytest.fixture
def sign_in(client: Client):
    """Sign a person in at the test client; a new one if none is given."""

    def enter(user=None) -> Client:
        client.force_login(user or make_user())
        return client

    return enter
