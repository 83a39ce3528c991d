"""What is taken away: the script is run for real in a process of its own, the ZIP is opened, the card says what is missing."""

import io
import json
import subprocess
import sys
import zipfile
from importlib.util import find_spec
from pathlib import Path
from random import Random

import pytest
import skops.io
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from datasets import store
from dlstart_web.cli import main
from evaluations import selectors, services
from projects.models import Membership
from tests.evaluations.core.test_pretrained import make_backbone
from tests.factories import do_runs, make_bars, make_done_ladder, make_notes, make_sealed_version, make_user

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]
EACH = """
import runpy, sys
for script in sys.argv[4:]:
    try:
        runpy.run_path(script)
    except SystemExit as end:
        print(script.rsplit("/", 1)[1], int(end.code))
"""


def owner_of(project):
    return project.team.memberships.get(role=Membership.Role.OWNER, left_at=None).user


def make_prices(rows: int = 600) -> SimpleUploadedFile:
    """A price that is partly a sum and partly a matter of cases, so that a mixture does better than any one model."""
    random, lines = Random(4), ["width,height,depth,colour,price"]
    for _ in range(rows):
        width, height, depth = (random.gauss(0, 1) for _ in range(3))
        colour = random.choice(("red", "blue"))
        cases = 2 if (width > 0.3) == (colour == "red") else -2
        price = 2 * (width + height + depth) + cases + random.gauss(0, 1)
        lines.append(f"{width:.4f},{height:.4f},{depth:.4f},{colour},{price:.4f}")
    return SimpleUploadedFile("prices.csv", "\n".join(lines).encode())


def made_again(ladder, folder, pretrained="none"):
    """Run the script of each scored run in one process: recipe, with its change, and what the script ended with."""
    parts = [str(store.part_path(ladder.version, part)) for part in ("train", "validation")]
    names = []
    for run in ladder.runs.filter(score__isnull=False):
        script = selectors.reproduce_script(run, dlstart="0")
        names.append(folder / f"{'changed-' if run.change else ''}{run.recipe}.py")
        names[-1].write_text(script)
        assert len([line for line in script.splitlines() if line and not line.startswith("#")]) <= 20
    done = subprocess.run(
        [sys.executable, "-c", EACH, *parts, str(pretrained), *map(str, names)],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": "", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return {Path(line.split()[0]).stem: line.split()[1] for line in done.stdout.splitlines() if ".py " in line}


def test_scripts_of_rungs_rule_blend_and_a_remedy_reach_the_recorded_scores(tmp_path):
    split = bytes([4] * 32)  # always the same, so that the mixture is always worth its while
    version = make_sealed_version(file=make_prices(), metric="rmse", target="price", secret=split)
    ladder = make_done_ladder(version, rule="4 * width")
    services.try_remedy(run=ladder.runs.get(recipe="boosting"), remedy="halve")
    do_runs()

    ends = made_again(ladder, tmp_path)

    rungs = ("always_same", "own_rule", "linear", "forest", "boosting", "boosting_wide", "network", "blend")
    assert ends == dict.fromkeys([*rungs, "changed-boosting"], "0")


@pytest.mark.long
def test_scripts_of_rungs_on_texts_and_pictures_reach_the_recorded_scores(settings, tmp_path):
    settings.BACKBONE = make_backbone(tmp_path / "tiny")
    words = make_sealed_version(file=make_notes(), target="kind")
    bars = make_sealed_version(file=make_bars(), target="label")
    folders = tmp_path / "words", tmp_path / "bars"
    for folder in folders:
        folder.mkdir()

    texts = made_again(make_done_ladder(words, only=("naive_bayes", "tfidf_linear", "text_network")), folders[0])
    on_pixels = ("linear", "forest", "boosting", "convolutional", "pretrained")
    pictures = made_again(make_done_ladder(bars, only=on_pixels), folders[1], settings.BACKBONE)

    deep = ["pretrained", *(["convolutional"] if find_spec("torch") else [])]
    assert texts == dict.fromkeys(["naive_bayes", "tfidf_linear", "text_network"], "0")
    assert pictures == dict.fromkeys(["linear", "forest", "boosting", *deep], "0")


@pytest.fixture
def run(ladder):
    return ladder.runs.get(recipe="linear")


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


def test_a_downloaded_model_becomes_an_onnx_file(client, tmp_path, capsys):
    run = make_done_ladder(only=("always_same", "boosting")).runs.get(recipe="boosting")
    client.force_login(owner_of(run.project))
    answer = client.get(reverse("evaluations:run_model", args=[run.pk]))
    (tmp_path / "model.zip").write_bytes(b"".join(answer.streaming_content))
    (tmp_path / "none.zip").write_bytes(b"no ZIP")

    done = main(["onnx", str(tmp_path / "model.zip"), str(tmp_path / "model.onnx")])
    unreadable = main(["onnx", str(tmp_path / "none.zip"), str(tmp_path / "none.onnx")])

    assert (done, unreadable) == (0, 2)
    assert "is no model downloaded from a run's page" in capsys.readouterr().err
    assert (tmp_path / "model.onnx").stat().st_size > 1_000
    assert not (tmp_path / "none.onnx").exists()
