"""Top 5 accuracy from the criterion to the verdict: one of eight signs, from a light that says where it likely stands."""

import csv
import io
from random import Random

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from datasets.models import Look, SealedLadder
from evaluations import services
from evaluations.models import PredictionsFile, Run, Verdict
from evaluations.words import speech
from projects.models import Project
from tests.evaluations.test_services import open_final, owner_of
from tests.factories import (
    do_files,
    do_submissions,
    make_approved_project,
    make_done_ladder,
    make_ladder,
    make_sealed_version,
)

pytestmark = pytest.mark.django_db
SIGNS = "ABCDEFGH"


def make_signs(rows=900, signs=SIGNS):
    """The light stands near the place of the sign among the letters."""
    random = Random(0)
    lines = ["light,colour,sign"]
    for _ in range(rows):
        place = random.randrange(len(signs))
        lines.append(f"{place + random.gauss(0, 1.2):.6f},{random.choice(('red', 'blue'))},{signs[place]}")
    return SimpleUploadedFile("signs.csv", "\n".join(lines).encode())


def sealed(signs=SIGNS):
    return make_sealed_version(
        make_approved_project(), metric="top5_accuracy", file=make_signs(signs=signs), target="sign", secret=bytes(32)
    )


def test_top_5_is_read_in_looks_told_in_the_verdict_and_asks_for_scores(client, sign_in):
    ladder = make_done_ladder(sealed(), only=("always_same", "linear"))
    project, linear = ladder.project, ladder.runs.get(recipe="linear")
    owner = owner_of(project)
    sign_in(owner)

    def inputs(part):
        answer = client.get(reverse("evaluations:inputs_download", args=[project.slug, part, "csv"]))
        return list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))

    def hand_in(head, line):
        lines = [line(row) for part in ("validation", "final") for row in inputs(part)]
        file = SimpleUploadedFile("preds.csv", "\n".join([head, *lines]).encode())
        services.hand_in_predictions(project=project, user=owner, file=file)
        do_files()
        return PredictionsFile.objects.first()

    def chances(row):
        near = [1 / (0.1 + abs(place - float(row["light"]))) for place in range(len(SIGNS))]
        return ",".join([row["id"], *(f"{one / sum(near):.6f}" for one in near)])

    refused = hand_in("id,prediction", lambda row: f"{row['id']},{SIGNS[0]}")
    taken = hand_in("id," + ",".join(f"score_{sign}" for sign in SIGNS), chances)
    upload = Run.objects.get(recipe="upload")
    services.spend_look(project=project, user=owner, run=upload, reason="x", guess=0.9, idempotency_key="a")
    do_submissions()
    board = client.get(reverse("api_leaderboard", args=[project.slug])).json()
    opening = open_final(ladder, deep="upload")

    assert refused.refusal["code"] == "SCORES_MISSING"
    assert "Nothing was scored or spent." in refused.problem
    assert taken.state == "done"
    assert 0.5 < ladder.runs.get(recipe="always_same").score < 0.75 < linear.score <= 1
    assert (linear.price["form"], linear.price["is_share"]) == ("kl", True)
    look, sealed_ladder = Look.objects.get(), SealedLadder.objects.get()
    assert (look.released, sealed_ladder.metric) == (True, "top5_accuracy")
    assert look.lower <= look.rung <= look.upper
    assert board["metric"] == "top5_accuracy"
    assert (opening.result["metric"], Verdict.objects.get().code) == ("top5_accuracy", "SIMPLE_IS_ENOUGH")
    assert speech("top5_accuracy").span(0.946, 0.932, 0.957) == "94.6 (93.2–95.7)"


def test_five_classes_or_fewer_have_no_top_5(client, sign_in):
    version = sealed(signs="ABCDE")
    project = Project.objects.get(pk=version.dataset.project_id)
    offered = sign_in(owner_of(project)).get(reverse("evaluations:criterion", args=[project.slug])).content.decode()

    with pytest.raises(services.OutOfTurn, match="needs 6 classes or more, and the target has 5"):
        make_ladder(version)
    assert 'value="balanced_accuracy"' in offered
    assert 'value="top5_accuracy"' not in offered
