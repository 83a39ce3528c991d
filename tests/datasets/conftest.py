"""Each test has its own store, vault and quarantine."""

import pytest


@pytest.fixture(autouse=True)
def folders(settings, tmp_path):
    for name in ("STORE", "VAULT", "QUARANTINE"):
        folder = tmp_path / name.lower()
        folder.mkdir(mode=0o700)
        setattr(settings, name, folder)
