"""Five wrong passwords in a quarter of an hour, whichever process of pages was asked."""

import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client

from dlstart_web import settings as as_it_runs
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def log_in(address: str, password: str) -> str:
    """What the page says to a new visitor."""
    given = {"login": address, "password": password}
    return Client().post("/accounts/login/", given, follow=True).content.decode()


def test_the_sixth_try_is_refused_even_with_the_right_password(settings):
    settings.ACCOUNT_RATE_LIMITS = as_it_runs.ACCOUNT_RATE_LIMITS
    user = make_user("Wanda", password="correct horse battery")
    cache.clear()
    for _ in range(5):
        assert "My work" not in log_in(user.email, "wrong")
    refused = log_in(user.email, "correct horse battery")
    assert "My work" not in refused
    assert "Too many" in refused
    cache.clear()
    assert "My work" in log_in(user.email, "correct horse battery")


def test_another_process_reads_the_same_count():
    cache.set("tries", 4)
    asked = "import django; django.setup(); from django.core.cache import cache; print(cache.get('tries'))"
    environment = os.environ | {
        "DLSTART_DATA": str(settings.DATA),
        "DJANGO_SETTINGS_MODULE": "dlstart_web.settings_test",
    }
    told = subprocess.run([sys.executable, "-c", asked], env=environment, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "4"
    cache.delete("tries")
