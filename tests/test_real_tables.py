"""What is found in real tables is what docs/findings.md says, code by code."""

import json
import os
import re
from pathlib import Path

import pytest

from tests.test_vet import vet

DOCS = Path(__file__).parents[1] / "docs" / "findings.md"
SMALL = (
    "penguins", "penguins_raw", "seattle_weather", "credit_g", "languages", "segment", "digits", "ames", "food_reviews",
    "wages_panel", "adult", "percussion",
)  # fmt: skip


def documented() -> dict[str, set[str]]:
    """The codes of each set in the table "On real tables"."""
    table = DOCS.read_text().partition("### On real tables")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (\w+) \|(.+)\|$", table, re.MULTILINE)
    return {name: set(re.findall(r"`(D\d+)`", cells)) for name, cells in rows if name != "set"}


def real_set(name: str) -> dict[str, str]:
    """A set of the folder in DLSTART_DATASETS; the test is skipped by name where there is none."""
    folder = os.environ.get("DLSTART_DATASETS")
    manifest = Path(folder or "nowhere") / "manifest.json"
    found = (
        [each for each in json.loads(manifest.read_text())["sets"] if each["name"] == name] if manifest.exists() else []
    )
    if not found:
        pytest.skip(f"no {name}: DLSTART_DATASETS names no folder with it")
    return found[0] | {"path": str(manifest.parent / found[0]["upload"])}


@pytest.mark.long
@pytest.mark.parametrize("name", SMALL)
def test_findings_on_a_real_table_are_those_of_the_docs(name, tmp_path):
    one, out = real_set(name), tmp_path / "out.json"
    task = ["--task", one["kind"]] if one["kind"] in ("binary", "multiclass", "regression") else []
    roles = [word for role in ("group", "time", "text") if one.get(role) for word in (f"--{role}", one[role])]
    target = "label" if one["target"] == "folder" else one["target"]

    done = vet(
        one["path"], "--target", target, *task, *roles, "--only", "always_same", "--seed", 7, "--home", tmp_path / "home",
        "--json", out, "--quiet",
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    findings = json.loads(out.read_text())["dataset"]["findings"]
    found = {finding["code"] for finding in findings} - {"D109"}  # what a check looked at; the docs leave it out
    assert found == documented()[name]


def test_every_set_has_its_line():
    assert {*SMALL, "fashion_mnist"} == set(documented())
