"""A wrong setting stops the start and names itself; production refuses what only suits a desk."""

import ast
import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from dlstart_web.env import env_bool, env_int, env_list, env_str, kept_secret

ROOT = Path(__file__).resolve().parent.parent
SECRET = "correct-horse-battery-staple-0123456789-abcdefghijkl"


def start(tmp_path: Path, **environment: str) -> subprocess.CompletedProcess:
    """What `dlstart manage check` says under these settings."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    code = "import sys; from dlstart_web.cli import main; sys.exit(main(['manage', 'check']))"
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**kept, "DLSTART_DATA": str(tmp_path / "var"), **environment},
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("PORT", "eighty", "PORT is 'eighty'; use a whole number."),
        ("PORT", "0", "PORT is 0; use 1 or more."),
        ("DLSTART_DEBUG", "maybe", "DLSTART_DEBUG is 'maybe'; use one of 1, true, yes, on, 0, false, no, off."),
        ("DLSTART_LOOK_GAP_DAYS", "0", "DLSTART_LOOK_GAP_DAYS is 0; use 7 or more."),
        ("DLSTART_LIMIT_ROWS", "0", "DLSTART_LIMIT_ROWS is 0; use 1 or more."),
        ("DLSTART_JOB_STALE", "1.5", "DLSTART_JOB_STALE is '1.5'; use a whole number."),
    ],
)
def test_start_stops_at_a_wrong_value_and_names_it(tmp_path, name, value, words):
    answer = start(tmp_path, **{name: value})

    assert (answer.returncode, answer.stderr.strip(), answer.stdout) == (2, f"dlstart: {words}", "")


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"DLSTART_DEBUG": "1", "DLSTART_SECRET_KEY": SECRET, "DLSTART_VAULT_KEY": SECRET}, "DLSTART_DEBUG is on"),
        ({"DLSTART_VAULT_KEY": SECRET}, "DLSTART_SECRET_KEY is missing or too short"),
        ({"DLSTART_SECRET_KEY": "short", "DLSTART_VAULT_KEY": SECRET}, "DLSTART_SECRET_KEY is missing or too short"),
        ({"DLSTART_SECRET_KEY": "a" * 60, "DLSTART_VAULT_KEY": SECRET}, "DLSTART_SECRET_KEY is missing or too short"),
        ({"DLSTART_SECRET_KEY": SECRET}, "DLSTART_VAULT_KEY is missing"),
    ],
)
def test_production_refuses_debug_and_missing_secrets(tmp_path, environment, words):
    answer = start(tmp_path, DLSTART_PRODUCTION="1", **environment)

    assert (answer.returncode, words in answer.stderr) == (2, True)


def test_production_starts_with_its_secrets(tmp_path):
    answer = start(tmp_path, DLSTART_PRODUCTION="1", DLSTART_SECRET_KEY=SECRET, DLSTART_VAULT_KEY=SECRET)

    assert (answer.returncode, answer.stderr) == (0, "")


def test_secret_is_made_once_and_only_its_owner_may_read_it(tmp_path):
    path = tmp_path / "secret"

    first, second = kept_secret(path), kept_secret(path)

    assert first == second
    assert len(first) >= 50
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_value_may_lie_in_a_file(tmp_path, monkeypatch):
    (tmp_path / "key").write_text("from the file\n")
    monkeypatch.setenv("SOME_KEY_FILE", str(tmp_path / "key"))
    assert env_str("SOME_KEY") == "from the file"

    monkeypatch.setenv("SOME_KEY_FILE", str(tmp_path / "none"))
    with pytest.raises(ImproperlyConfigured, match=r"SOME_KEY_FILE names .* which cannot be read"):
        env_str("SOME_KEY")


def test_values_are_read_as_their_kind(monkeypatch):
    monkeypatch.setenv("SOME", " On ")
    assert env_bool("SOME") is True
    monkeypatch.setenv("SOME", "")
    assert (env_bool("SOME", default=True), env_int("SOME", 5)) == (False, 5)
    monkeypatch.setenv("SOME", "2_000")
    assert env_int("SOME", 5) == 2000
    monkeypatch.setenv("SOME", "a, b,,c ")
    assert env_list("SOME") == ["a", "b", "c"]


def test_every_setting_is_in_the_operations_table():
    """Read from the code, so that a new one cannot be forgotten."""
    names = {f"DLSTART_LIMIT_{name.upper()}" for name in settings.LIMITS}
    for path in (ROOT / "dlstart_web").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id.startswith("env_"):
                names |= {word.value for word in node.args[:1] if isinstance(word, ast.Constant)}

    told = set(re.findall(r"^\| `([A-Z_]+)`", (ROOT / "docs" / "operations.md").read_text(), flags=re.M))

    assert (names - told, told - names) == (set(), set())
