"""A fresh set is opened once, by the rules of the final tier, for models that were named before."""

import csv
import io
from copy import deepcopy

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from datasets import selectors as dataset_selectors
from datasets import services as dataset_services
from datasets.models import Opening, TestSet
from datasets.vault import box
from evaluations import services, training
from evaluations.models import PredictionsFile, Run, Verdict
from projects.models import Project
from tests.evaluations.test_api import as_person
from tests.evaluations.test_services import QUICK, open_final, owner_of
from tests.factories import (
    do_deposits,
    do_files,
    do_submissions,
    make_csv,
    make_done_ladder,
    make_sealed_version,
    make_user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def climbed(kept):
    return make_done_ladder(make_sealed_version(secret=bytes(32)), only=QUICK)


@pytest.fixture
def ladder(ladder):
    """Climbed, with a fresh set of 150 rows beside."""
    dataset_services.deposit_fresh(
        project=ladder.project,
        user=make_user("Stella", is_steward=True),
        file=make_csv(150, seed=7, name="later.csv"),
        origin="The new belt, in March.",
    )
    do_deposits()
    ladder.project = Project.objects.get(pk=ladder.project_id)
    return ladder


def page(name, ladder):
    return reverse(f"evaluations:{name}", args=[ladder.project.slug, TestSet.objects.get(tier="fresh").pk])


def ask(ladder, **runs):
    named = {"simple": ladder.runs.get(recipe="linear"), "deep": None} | runs
    test_set = TestSet.objects.get(tier="fresh")
    return services.ask_opening(project=ladder.project, user=owner_of(ladder.project), test_set=test_set, **named)


def test_fresh_set_is_opened_once_after_the_final_and_stands_beside_the_verdict(client, sign_in, ladder):
    with pytest.raises(services.REFUSALS, match="Open them first"):
        ask(ladder)
    open_final(ladder)
    verdict = Verdict.objects.get()
    sign_in(owner_of(ladder.project))
    asked = client.post(page("fresh_set", ladder), {"simple": ladder.runs.get(recipe="linear").pk, "confirm": "OPEN"})
    waiting = client.get(page("fresh_set", ladder)).content.decode()
    refused = client.post(page("fresh_agree", ladder)).status_code
    sign_in(ladder.project.handler)
    client.post(page("fresh_agree", ladder))
    do_submissions()

    opening = Opening.objects.get(test_set__tier="fresh")
    labels = box.labels_of(opening.test_set)[0]
    said = training.predict_set(ladder.runs.get(recipe="linear"), opening.test_set)
    right = np.array(["no", "yes"])[said.argmax(axis=1)] == labels
    assert (asked.status_code, refused) == (302, 403)
    assert "is asked to agree" in waiting
    assert (opening.state, opening.alpha, opening.result["n"]) == (Opening.State.SCORED, 0.05, 150)
    assert opening.result["simple"]["score"] == pytest.approx(right.mean())
    assert opening.result["simple"]["low"] < right.mean() < opening.result["simple"]["high"]
    assert Verdict.objects.get() == verdict
    for name in ("verdict", "report"):
        assert (
            "labelled later" in client.get(reverse(f"evaluations:{name}", args=[ladder.project.slug])).content.decode()
        )
    body = client.get(page("fresh_set", ladder)).content.decode()
    assert "The new belt, in March." in body
    assert "opened, " in body
    answer = client.get(reverse("api_verdict", args=[ladder.project.slug])).json()
    assert [found["rows"] for found in answer["fresh"]] == [150]
    listed = client.get(reverse("api_fresh_sets", args=[ladder.project.slug])).json()
    assert [(one["part"], one["rows"], one["found"]["rows_read"], one["is_opened"]) for one in listed] == [
        ("fresh-1", 150, 150, True)
    ]
    with pytest.raises(services.REFUSALS, match="The rows of fresh set 1 were opened on"):
        ask(ladder)


def test_fresh_set_gives_a_verdict_where_others_opened_the_final_rows(ladder):
    opening = open_final(ladder)
    Verdict.objects.all().delete()
    other = Opening.objects.get(pk=opening.pk)
    assert other.state == Opening.State.SCORED  # as by another project on the lineage

    services.agree_opening(opening=ask(ladder), user=ladder.project.handler)
    do_submissions()

    assert Verdict.objects.get().opening.test_set.tier == "fresh"


def test_programs_deposit_a_fresh_set_ask_for_its_opening_and_agree(climbed):
    ladder = deepcopy(climbed)
    project, steward = Project.objects.get(pk=ladder.project_id), make_user(is_steward=True)
    owner, handler, steward, stranger = map(as_person, (owner_of(project), project.handler, steward, make_user()))
    sets, openings = (f"/api/v1/projects/{project.slug}/{name}" for name in ("fresh-sets", "openings"))
    run = {"simple": str(ladder.runs.get(recipe="linear").pk)}

    def file():
        return {"file": make_csv(150, seed=7, name="later.csv"), "origin": "The new belt, in March."}

    refused = owner.post(sets, file())
    sent = steward.post(sets, file())
    do_deposits()
    deposit = steward.get(sent.headers["Location"])
    early = owner.post(openings, run | {"part": "fresh-1"}, format="json")
    unknown = owner.post(openings, run | {"part": "fresh-2"}, format="json")
    told = []
    for part in ("final", "fresh-1"):
        asked = owner.post(openings, run | {"part": part}, format="json")
        again = owner.post(openings, run | {"part": part}, format="json")
        place = asked.headers["Location"]
        told.append((asked.status_code, asked.json()["state"], again.json()["id"] == asked.json()["id"]))
        told.append([person.post(f"{place}/agree").status_code for person in (owner, stranger, handler)])
        do_submissions()
        told.append((owner.get(place).json()["state"], owner.get(place).json()["scoring"]))
    listed = owner.get(openings).json()

    assert (refused.status_code, sent.status_code, deposit.json()["part"]) == (403, 202, "fresh-1")
    assert (sent.json()["state"], deposit.json()["found"]["rows"]) == ("queued", 150)
    assert owner.get(sent.headers["Location"]).status_code == 403
    assert (early.status_code, early.json()["type"], unknown.status_code) == (409, "final-first", 404)
    assert told == [(202, "asked", True), [403, 403, 202], ("scored", "done")] * 2
    assert [(one["part"], one["simple"], one["deep"]) for one in listed] == [
        ("fresh-1", run["simple"], None), ("final", run["simple"], None),
    ]  # fmt: skip
    assert owner.post(openings, run | {"part": "fresh-1"}, format="json").json()["type"] == "opened"


def test_uploaded_model_says_in_a_file_what_it_predicts_for_fresh_rows(client, sign_in, ladder):
    sign_in(owner_of(ladder.project))
    open_final(ladder)
    project, rows = ladder.project, {}
    for part in ("validation", "final", "fresh-1"):
        answer = client.get(reverse("evaluations:inputs_download", args=[project.slug, part, "csv"]))
        rows[part] = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))

    def file(*parts):
        lines = [
            f"{row['id']},{'yes' if float(row['width']) + float(row['height']) > 18 else 'no'}"
            for part in parts
            for row in rows[part]
        ]
        return SimpleUploadedFile("preds.csv", "\n".join(["id,prediction", *lines]).encode())

    services.hand_in_predictions(project=project, user=owner_of(project), file=file("validation", "final"))
    do_files()
    run = Run.objects.get(recipe="upload")
    with pytest.raises(services.OutOfTurn, match="has no predictions for fresh set 1"):
        ask(ladder, deep=run)
    wrong = client.post(page("fresh_predictions", ladder), {"run": run.pk, "file": file("validation")})
    do_files()
    sent = client.post(page("fresh_predictions", ladder), {"run": run.pk, "file": file("fresh-1")})
    do_files()
    files = PredictionsFile.objects.filter(of_run=run).order_by("queued_at")
    body = client.get(page("fresh_set", ladder)).content.decode()
    services.agree_opening(opening=ask(ladder, deep=run), user=project.handler)
    do_submissions()

    assert (wrong.status_code, sent.status_code) == (302, 302)
    assert [job.state for job in files] == ["failed", "done"]
    assert files[0].refusal["code"] == "ID_UNKNOWN"
    assert files[1].parts == {"fresh-1": 150}
    assert "kept" in body
    assert Run.objects.filter(recipe="upload").count() == 1
    opening = Opening.objects.get(test_set__tier="fresh")
    assert opening.result["deep"]["recipe"] == "upload"
    assert opening.result["deep"]["score"] > 0.8
    with pytest.raises(services.OutOfTurn, match="wait for no predictions"):  # they are fixed once asked for
        services.hand_in_rows(
            project=project, user=owner_of(project), file=file("fresh-1"), run=run, test_set=opening.test_set
        )
    assert dataset_selectors.opening_latest(project).test_set.tier == "final"
