"""What is sealed stays sealed: encrypted, readable by its owner alone, tied to its version and to this installation."""

import stat

import numpy as np
import polars as pl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from datasets import selectors, services, store, vault
from datasets.models import DatasetVersion
from datasets.vault import box
from tests.factories import do_ingestions, make_project, make_sealed_version, make_version

pytestmark = pytest.mark.django_db(transaction=True)


def open_labels(version: DatasetVersion):
    return box.labels_of(selectors.test_set_final(version))


def test_vault_is_readable_by_its_owner_alone(settings):
    version = make_sealed_version()
    folder = settings.VAULT / str(version.pk)

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {
        "key": 0o600,
        "checkpoint": 0o600,
        "final": 0o600,
        "original": 0o600,
    }


def test_labels_come_back_in_the_order_of_their_rows():
    lines = [f"{i * 37 % 90}.5,{'yes' if i * 37 % 90 > 44 else 'no'}" for i in range(90)]
    file = SimpleUploadedFile("order.csv", ("number,mug\n" + "\n".join(lines)).encode())
    project = make_project(is_sandbox=True)
    version = make_version(project, file=file)
    services.keep_finding(finding=version.findings.get(severity="stop"), user=version.uploaded_by, reason="A test.")
    services.seal_version(version=version, user=version.uploaded_by)
    do_ingestions()

    labels, groups = open_labels(version)

    numbers = pl.read_parquet(store.part_path(version, "final"))["number"]
    assert labels.tolist() == ["yes" if number > 45 else "no" for number in numbers]
    assert groups is None


def test_labels_cannot_be_opened_with_another_key(settings):
    version = make_sealed_version()
    settings.VAULT_KEY = "another installation's key, long enough to be one"

    with pytest.raises(vault.SealBroken, match="is not one of this installation"):
        open_labels(version)


@pytest.mark.parametrize("name", ["final", "key"])
def test_a_changed_file_is_noticed(settings, name):
    version = make_sealed_version()
    path = settings.VAULT / str(version.pk) / name
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)

    with pytest.raises(vault.SealBroken):
        open_labels(version)


def test_a_file_cut_short_or_swapped_is_noticed(settings, monkeypatch):
    monkeypatch.setattr(box, "CHUNK", 64)
    version = make_sealed_version()
    folder = settings.VAULT / str(version.pk)
    whole = (folder / "final").read_bytes()

    (folder / "final").write_bytes(whole[: 7 + 2 * (64 + 16)])
    with pytest.raises(vault.SealBroken):
        open_labels(version)

    (folder / "final").write_bytes((folder / "original").read_bytes())
    with pytest.raises(vault.SealBroken):
        open_labels(version)


def test_original_comes_back_byte_for_byte(settings, monkeypatch):
    monkeypatch.setattr(box, "CHUNK", 1000)
    content = b"a,b,mug\n" + b"".join(b"%d,%d,%s\n" % (i, i * 5 % 13, b"yes" if i % 2 else b"no") for i in range(100))
    version = make_sealed_version(make_project(is_sandbox=True), file=SimpleUploadedFile("o.csv", content))

    assert box._decrypt(version, "original") == content


def test_version_that_is_not_being_sealed_does_not_enter(settings, tmp_path):
    version = make_sealed_version()
    before = (settings.VAULT / str(version.pk) / "key").read_bytes()

    with pytest.raises(ValueError, match="is not being sealed"):
        vault.seal(version, labels={}, groups=None, original=tmp_path / "none")

    assert (settings.VAULT / str(version.pk) / "key").read_bytes() == before


def test_sealed_labels_lie_nowhere_else(settings):
    """
    A canary: each label is a number of its own; store, database and quarantine have no byte of a sealed one.

    The labels have no rule, or the mean of two open ones, which the figures may show, could be a sealed one.
    """
    prices = np.random.default_rng(0).choice(1_000_000_000, 400, replace=False) + 1_000_000_000
    lines = [f"{i * 31 % 97},{i * 17 % 83},{price}" for i, price in enumerate(prices)]
    file = SimpleUploadedFile("canary.csv", ("a,b,price\n" + "\n".join(lines)).encode())
    version = make_sealed_version(file=file, target="price", metric="rmse", task="regression")
    assert version.rejection is None, version.rejection
    labels, _ = open_labels(version)
    sealed = [str(int(label)).encode() for label in labels]
    as_numbers = [np.float64(label).tobytes() for label in labels] + [np.int64(label).tobytes() for label in labels]

    places = [path for folder in (settings.STORE, settings.QUARANTINE) for path in folder.rglob("*") if path.is_file()]
    places += list(settings.DATA.glob("*.sqlite3*"))
    assert len(sealed) == 80
    assert len(places) >= 5
    for path in places:
        content = path.read_bytes()
        assert not [label for label in sealed if label in content], path
        assert path.suffix == ".sqlite3" or not [label for label in as_numbers if label in content], path
