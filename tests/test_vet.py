"""`dlstart vet` through its own door: a process, files in and out, exit codes."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer

DOCUMENT = "dlstart file rejected dataset ladder best best_simple refit next_step forecast final seconds"
DATASET = "rows_read rows_used columns target task metric greater_is_better classes group time parts findings seconds"
ENTRY = "rung recipe state reason train validation seconds rows_trained curve diagnosis"


def write_tumours(path: Path, *, classes: tuple[int, ...] = (0, 1)) -> Path:
    """Scikit-learn's breast cancer data as a CSV file, the rows of the classes in the order given."""
    data = load_breast_cancer()
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*(name.replace(" ", "_") for name in data.feature_names), "kind"])
        for wanted in classes:
            for row, label in zip(data.data, data.target, strict=True):
                if label == wanted:
                    writer.writerow([*row, data.target_names[label]])
    return path


def vet(*arguments: object) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("DLSTART_", "DJANGO_"))}
    environment |= {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "passive"}
    environment.pop("DATABASE_URL", None)  # a home of its own
    command = [sys.executable, "-c", "import sys; from dlstart_web.cli import main; sys.exit(main())", "vet"]
    return subprocess.run(
        [*command, *map(str, arguments)], env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def first(home) -> tuple[subprocess.CompletedProcess[str], dict, Path]:
    """The first vet of a file in a home, with the final opened and rows predicted."""
    data, out, predictions = write_tumours(home / "tumours.csv"), home / "first.json", home / "predictions.csv"
    rows = write_tumours(home / "rows.csv", classes=(1, 0))
    done = vet(
        data, "--target", "kind", "--level", 0.9, "--open-final", "--yes", "--predict", rows, "--out", predictions,
        "--home", home, "--json", out,
    )  # fmt: skip
    return done, json.loads(out.read_text()), predictions


def test_vet_writes_the_whole_contract(first):
    done, document, _ = first

    assert done.returncode == 0, done.stderr
    assert " ".join(document) == DOCUMENT
    assert " ".join(document["dataset"]) == DATASET
    assert document["dataset"]["classes"] == {"benign": 357, "malignant": 212}
    assert document["dataset"]["parts"] == {"train": 341, "validation": 114, "checkpoint": 0, "final": 114}
    ran = [entry for entry in document["ladder"] if entry["state"] != "skipped"]
    recipes = ["always_same", "linear", "forest", "boosting", "boosting_wide", "network", "blend"]
    assert [entry["recipe"] for entry in document["ladder"]][:7] == recipes
    assert [entry["recipe"] for entry in ran][:6] == recipes[:6]
    assert all(sorted(entry) == sorted(ENTRY.split()) for entry in document["ladder"])
    assert all(
        entry["validation"]["low"] <= entry["validation"]["score"] <= entry["validation"]["high"] for entry in ran
    )
    later = {entry["recipe"]: entry["reason"] for entry in document["ladder"][7:] if entry["state"] == "skipped"}
    assert later.pop("own_rule") == "no rule was given; --rule takes one"
    assert set(later.values()) == {"does not fit features of kind number"}
    assert "Kept as the sandbox project" in done.stdout


def test_vet_opens_the_final_once_and_says_the_stored_answer_again(first, home):
    _, document, _ = first

    again = vet(
        home / "tumours.csv", "--target", "kind", "--level", 0.99, "--open-final", "--yes", "--only", "linear",
        "--home", home, "--json", home / "again.json",
    )  # fmt: skip

    assert document["final"]["verdict"] == "SIMPLE_IS_ENOUGH"
    assert document["final"]["n"] == 114
    assert again.returncode == 0, again.stderr
    assert json.loads((home / "again.json").read_text())["final"] == document["final"]


def test_vet_predicts_every_row_in_order_and_ignores_its_label(first):
    _, _, predictions = first

    with predictions.open() as file:
        rows = list(csv.DictReader(file))

    assert list(rows[0]) == ["id", "prediction", "score_benign", "score_malignant"]
    assert [row["id"] for row in rows] == [str(place) for place in range(569)]
    assert sum(row["prediction"] == "benign" for row in rows[:357]) >= 340
    assert sum(row["prediction"] == "malignant" for row in rows[357:]) >= 200


@pytest.mark.long
def test_vet_keeps_to_its_budget_and_says_what_was_not_fitted_again(tmp_path):
    random = np.random.default_rng(0)
    cells = random.normal(size=(8_000, 150))
    names = [f"c{place}" for place in range(150)]
    frame = pd.DataFrame(cells, columns=names)
    frame["label"] = np.where(cells[:, :40].sum(axis=1) + random.normal(size=8_000) > 0, "yes", "no")
    frame.to_csv(tmp_path / "wide.csv", index=False)
    out = tmp_path / "out.json"

    done = vet(
        tmp_path / "wide.csv", "--target", "label", "--only", "boosting_wide", "--budget", 5, "--home", tmp_path / "home",
        "--json", out,
    )  # fmt: skip

    document = json.loads(out.read_text())
    (entry,) = [entry for entry in document["ladder"] if entry["recipe"] == "boosting_wide"]
    assert (done.returncode, entry["state"], document["refit"]) == (0, "done", False)
    assert "Not fitted again on train and validation" in entry["reason"]
    assert entry["seconds"] < 15  # encoding and predicting come on top of the fit, and a busy neighbour slows all of it


@pytest.mark.long
def test_vet_divides_a_file_in_a_new_home_as_before(first, tmp_path):
    _, document, _ = first
    copy = write_tumours(tmp_path / "tumours.csv")

    done = vet(
        copy, "--target", "kind", "--only", "linear", "--home", tmp_path, "--json", tmp_path / "out.json", "--quiet"
    )

    again = json.loads((tmp_path / "out.json").read_text())
    linear = next(entry for entry in document["ladder"] if entry["recipe"] == "linear")
    assert (done.returncode, done.stdout) == (0, "")
    assert [entry["recipe"] for entry in again["ladder"]] == ["linear"]
    assert again["ladder"][0]["validation"]["score"] == linear["validation"]["score"]


def test_vet_refuses_a_broken_file_and_keeps_nothing_of_it(home, first):
    broken = home / "broken.csv"
    broken.write_text("a,b,kind\n1,2,x\n1,2,3,y\n" + "1,2,x\n" * 20)
    before = sorted(path for path in (home / "var").rglob("*") if path.is_file() and "sqlite3" not in path.name)

    done = vet(broken, "--target", "kind", "--home", home, "--json", home / "broken.json")

    document = json.loads((home / "broken.json").read_text())
    after = sorted(path for path in (home / "var").rglob("*") if path.is_file() and "sqlite3" not in path.name)
    assert done.returncode == 3
    assert document["rejected"]["code"] == "FIELD_COUNT"
    assert document["rejected"]["message"] in done.stderr
    assert (document["dataset"], document["ladder"]) == (None, [])
    assert after == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--target", "kind", "--open-final"], "--open-final needs --level"),
        (["--target", "kind", "--out", "x.csv"], "--predict and --out go together"),
        (["--target", "kind", "--only", "magic"], "invalid choice: 'magic'"),
        (["--target", "kind", "--only", "own_rule"], "--only own_rule needs --rule"),
    ],
)
def test_vet_names_what_does_not_go_together(tmp_path, arguments, words):
    done = vet(write_tumours(tmp_path / "tumours.csv"), *arguments, "--home", tmp_path)

    assert done.returncode == 2
    assert words in done.stderr
    assert not (tmp_path / "var").exists()
