"""Each test has its own store, vault and quarantine."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest


def make_folders(root: Path, name: Callable[[str, Path], None]) -> None:
    for each in ("STORE", "VAULT", "QUARANTINE"):
        folder = root / each.lower()
        folder.mkdir(mode=0o700)
        name(each, folder)


@pytest.fixture(autouse=True)
def folders(settings, tmp_path):
    make_folders(tmp_path, partial(setattr, settings))
