"""What is taken away: the script is run for real in a process of its own, the ZIP is opened, the card says what is missing."""

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import skops.io
from django.urls import reverse

from datasets import store
from evaluations import selectors
from projects.models import Membership
from tests.factories import make_done_ladder, make_user

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]
EACH = """
import runpy, sys
for script in sys.argv[3:]:
    try:
        runpy.run_path(script)
    except SystemExit as end:
        print(script[-40:], int(end.code))
"""


def owner_of(project):
    return project.team.memberships.get(role=Membership.Role.OWNER, left_at=None).user


def test_scripts_of_all_rungs_reach_the_recorded_scores(tmp_path):
    ladder = make_done_ladder()
    parts = [str(store.part_path(ladder.version, part)) for part in ("train", "validation")]
    runs = list(ladder.runs.filter(score__isnull=False))
    names = []
    for run in runs:
        script = selectors.reproduce_script(run, dlstart="0")
        names.append(tmp_path / f"{run.recipe}.py")
        names[-1].write_text(script)
        assert len([line for line in script.splitlines() if line and not line.startswith("#")]) <= 20

    done = subprocess.run(
        [sys.executable, "-c", EACH, *parts, *map(str, names)],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": "", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )

    ends = [line for line in done.stdout.splitlines() if line.endswith((" 0", " 1"))]
    assert len(runs) >= 5
    assert [line.rsplit(" ", 1)[1] for line in ends] == ["0"] * len(runs), done.stdout


@pytest.fixture
def run():
    return make_done_ladder(only=("linear",)).runs.get()


def test_model_comes_with_its_encoder_card_and_script(client, sign_in, run):
    sign_in(owner_of(run.project))

    answer = client.get(reverse("evaluations:run_model", args=[run.pk]))

    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as archive:
        assert sorted(archive.namelist()) == [
            "encoder.json",
            "model-card.md",
            "model/fitted.json",
            "model/model.skops",
            "model/scale.json",
            "reproduce.py",
        ]
        assert json.loads(archive.read("encoder.json"))["task"] == "binary"
        assert hasattr(skops.io.loads(archive.read("model/model.skops"), trusted=[]), "predict_proba")
    assert answer["Content-Type"] == "application/zip"


def test_card_prints_gaps_and_what_others_wrote_means_nothing_to_markdown(client, sign_in, run):
    run.project.name = "Mugs <script> # 1"
    run.project.save()
    sign_in(owner_of(run.project))

    card = client.get(reverse("evaluations:run_card", args=[run.pk])).content.decode()

    assert card.startswith("# Model card: Linear model of Mugs \\<script\\> \\# 1\n")
    assert "- **Energy and emissions:** not recorded\n" in card
    assert f"{run.rows_validation} rows) on validation" in card
    assert "- colour = " in card


def test_colleagues_read_the_card_and_get_no_model(client, sign_in, run):
    sign_in(make_user())

    assert client.get(reverse("evaluations:run_card", args=[run.pk])).status_code == 200
    page = client.get(reverse("evaluations:run_takeaway", args=[run.pk])).content.decode()
    assert "also download the model" in page
    assert client.get(reverse("evaluations:run_model", args=[run.pk])).status_code == 403
    assert client.get(reverse("evaluations:run_script", args=[run.pk])).status_code == 403
