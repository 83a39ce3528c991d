"""Predictions made elsewhere: inputs go out without labels, files come in, and nothing is spent before they fit."""

import csv
import io
import re
from datetime import timedelta
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from datasets import lineages, selectors, store
from datasets.core.row_ids import row_ids
from datasets.models import InputsTaken, Look, SealedLadder
from dlstart_web.kit import audit
from dlstart_web.kit.jobs import JobState
from dlstart_web.kit.models import AuditEvent
from evaluations import services, training
from evaluations.models import Ladder, PredictionsFile, Run
from projects.models import Membership
from tests.factories import (
    do_files,
    do_submissions,
    make_csv,
    make_done_ladder,
    make_project,
    make_sealed_version,
    make_user,
)
from tests.world import sealed_labels_of, weights

pytestmark = pytest.mark.django_db
QUICK = ("always_same", "linear")


def owner_of(project):
    return project.team.memberships.get(role=Membership.Role.OWNER, left_at=None).user


@pytest.fixture
def ladder(ladder, sign_in):
    """Of 300 mugs, yes or no: 60 rows of validation, 60 of the final part, which takes the looks too."""
    sign_in(owner_of(ladder.project))
    return ladder


def inputs(client, project, part, ending="csv"):
    answer = client.get(reverse("evaluations:inputs_download", args=[project.slug, part, ending]))
    assert answer.status_code == 200
    return b"".join(answer.streaming_content)


def rows_of(client, project, part):
    return list(csv.DictReader(io.StringIO(inputs(client, project, part).decode())))


def guess(row):
    return "yes" if float(row["width"]) + float(row["height"]) > 18 else "no"


def as_csv(rows, head="id,prediction"):
    return "\n".join([head, *(",".join(row) for row in rows)]).encode()


def sent(client, project, content, name="preds.csv", **fields):
    file = SimpleUploadedFile(name, content)
    answer = client.post(reverse("evaluations:hand_in", args=[project.slug]), {"file": file, **fields})
    do_files()
    return answer


def newest():
    return PredictionsFile.objects.first()


def refusal(client, project, content):
    """Code, place and words of a file that does not fit; nothing of it is left but these."""
    before = Run.objects.count()
    sent(client, project, content)
    file = newest()
    assert (file.state, Run.objects.count(), Look.objects.count()) == (JobState.FAILED, before, 0)
    assert "Nothing was" in file.problem
    return file.refusal["code"], file.refusal["where"], file.problem


def test_inputs_hold_features_and_ids_that_say_nothing(client, ladder):
    version = ladder.version
    labels = pq.read_table(store.part_path(version, "validation"))["mug"].to_pylist()
    widths = [f"{width}" for width in pq.read_table(store.part_path(version, "validation"))["width"].to_pylist()]

    rows = rows_of(client, ladder.project, "validation")
    final = pq.read_table(pa.BufferReader(inputs(client, ladder.project, "final", "parquet")))

    ids = [row["id"] for row in rows]
    assert list(rows[0]) == ["id", "width", "height", "colour", "belt"]
    assert final.column_names == ["id", "width", "height", "colour", "belt"]
    assert all(re.fullmatch("[0-9a-f]{16}", one) for one in [*ids, *final["id"].to_pylist()])
    assert ids == sorted(ids)
    assert len({*ids, *final["id"].to_pylist()}) == version.seal.parts["validation"] + version.seal.parts["final"]
    assert sorted(row["width"] for row in rows) == sorted(widths)
    by_label = [labels[widths.index(row["width"])] for row in rows]
    assert by_label not in (sorted(labels), sorted(labels, reverse=True), labels)
    for part, ending in (("train", "csv"), ("checkpoint", "csv"), ("final", "xlsx")):
        address = reverse("evaluations:inputs_download", args=[ladder.project.slug, part, ending])
        assert client.get(address).status_code == 404


def test_a_file_for_validation_stands_on_the_board_with_its_interval(client, ladder):
    rows = rows_of(client, ladder.project, "validation")
    models = Run.objects.filter(score__isnull=False).count()

    assert (
        sent(client, ladder.project, as_csv([(row["id"], guess(row)) for row in rows]), name="m.csv").status_code == 302
    )
    shuffled = [(guess(row), row["id"]) for row in Random(1).sample(rows, len(rows))]
    sent(client, ladder.project, as_csv(shuffled, "prediction,id"))

    first, second = Run.objects.filter(recipe="upload").order_by("ended_at")
    truth = pq.read_table(store.part_path(ladder.version, "validation")).to_pylist()
    right = sum(guess(row) == row["mug"] for row in truth) / len(truth)
    assert first.score == second.score == pytest.approx(right)
    assert first.low < first.score < first.high
    assert (first.rows_validation, first.train_score, first.cpu_seconds) == (len(truth), None, None)
    assert (first.rank, first.predictions_digest) == (1, "")
    assert Run.objects.filter(score__isnull=False).count() == models + 2
    assert Ladder.objects.get().optimism > 0
    assert Ladder.objects.get().agreement not in (0, 0.5, 1)  # measured, now that there are three models
    board = client.get(reverse("evaluations:leaderboard", args=[ladder.project.slug])).content.decode()
    assert board.count("Your upload") == 2
    assert board.index("Linear model") < board.index("Your upload")  # inside a rank the cheapest comes first
    for page in ("evaluations:ladder", "evaluations:hand_in", "evaluations:look"):
        assert client.get(reverse(page, args=[ladder.project.slug])).status_code == 200
    for page in ("evaluations:run_detail", "evaluations:operating_point"):
        assert client.get(reverse(page, args=[first.pk])).status_code == 200
    assert client.get(reverse("evaluations:run_takeaway", args=[first.pk])).status_code == 404


@pytest.mark.long
def test_the_same_file_again_is_the_same_entry_and_a_check_is_none(client, ladder):
    content = as_csv([(row["id"], guess(row)) for row in rows_of(client, ladder.project, "validation")])

    sent(client, ladder.project, content, only_check="on")
    sent(client, ladder.project, content, name="resnet.csv")
    sent(client, ladder.project, content, name="again.csv")

    entry, check = PredictionsFile.objects.all()
    assert (check.only_check, check.state, check.run) == (True, JobState.DONE, None)
    assert check.parts == entry.parts == {"validation": len(content.splitlines()) - 1}
    assert [run.pk for run in Run.objects.filter(recipe="upload")] == [entry.pk]
    assert not (settings.QUARANTINE / str(entry.pk)).exists()


@pytest.mark.long
def test_scores_are_chances_of_the_classes(client, ladder):
    rows = rows_of(client, ladder.project, "validation")
    sure = {"yes": "0.9", "no": "0.2"}

    sent(client, ladder.project, as_csv([(row["id"], sure[guess(row)]) for row in rows], "id,score"))
    several = [(row["id"], f"{1 - float(sure[guess(row)]):.1f}", sure[guess(row)]) for row in rows]
    sent(client, ladder.project, as_csv(several, "id,score_no,score_yes"))

    one, other = Run.objects.filter(recipe="upload")
    assert training.predictions(one, "validation") == pytest.approx(training.predictions(other, "validation"))
    assert one.score == other.score


@pytest.mark.long
def test_a_file_that_does_not_fit_is_refused_in_words_and_nothing_is_spent(client, ladder, settings):
    settings.TASKS_IN_PROCESS = frozenset()
    rows = [(row["id"], guess(row)) for row in rows_of(client, ladder.project, "validation")]
    sealed = [(row["id"], guess(row)) for row in rows_of(client, ladder.project, "final")]
    n, m, project = len(rows), len(sealed), ladder.project

    def said(content):
        return refusal(client, project, content)

    assert said(as_csv(rows[5:])) == (
        "IDS_MISSING",
        "validation",
        f"5 of {n} ids of validation missing. Predict every row of validation, however unsure. Nothing was scored or spent.",
    )
    assert said(as_csv([*rows, *sealed[1:]]))[2].startswith(f"1 of {m} ids of final missing.")
    assert said(as_csv(sealed))[2].startswith(f"{n} of {n} ids of validation missing.")
    assert said(as_csv([*rows, rows[0]]))[:2] == ("ID_TWICE", "line 2")
    assert said(as_csv([*rows[:3], ("row-1", "yes"), *rows[3:]]))[:2] == ("ID_UNKNOWN", "line 5")
    assert said(as_csv([("", "yes"), *rows]))[:2] == ("ID_UNKNOWN", "line 2")
    code, where, words = said(as_csv([rows[0], (rows[1][0], "maybe"), *rows[2:]]))
    assert (code, where) == ("CLASS_UNKNOWN", "line 3")
    assert words.startswith("Line 3: 'maybe' is no class. The classes are no, yes.")
    assert said(as_csv([rows[0], (rows[1][0], ""), *rows[2:]]))[:2] == ("PREDICTION_MISSING", "line 3")
    numbers = [(key, "0.5") for key, _ in rows]
    assert said(as_csv([(rows[0][0], "NaN"), *numbers[1:]], "id,score"))[:2] == ("PREDICTION_MISSING", "line 2")
    assert said(as_csv([(rows[0][0], "high"), *numbers[1:]], "id,score"))[:2] == ("PREDICTION_MISSING", "line 2")
    assert said(as_csv([*numbers[:-1], (rows[-1][0], "1.5")], "id,score"))[:2] == ("SCORE_RANGE", f"line {n + 1}")
    assert said(as_csv([(key, "0.5", "0.9") for key, _ in rows], "id,score_no,score_yes"))[0] == "SCORE_RANGE"
    assert said(as_csv([(key, "0.5") for key, _ in rows], "id,score_no"))[0] == "PREDICTION_COLUMNS"
    assert said(as_csv(rows, "row,prediction"))[0] == "PREDICTION_COLUMNS"
    assert said(as_csv([(*row, "1") for row in rows], "id,prediction,sure"))[0] == "PREDICTION_COLUMNS"
    assert sent(client, project, b"").status_code == 422


def test_after_twenty_refused_files_a_day_the_team_waits(client, ladder):
    content = as_csv([(row["id"], guess(row)) for row in rows_of(client, ladder.project, "validation")])
    sent(client, ladder.project, b"id,prediction\nx,yes\n")
    bad = newest()
    for _ in range(19):
        bad.pk = None
        bad.save(force_insert=True)

    answer = sent(client, ladder.project, content)

    assert answer.status_code == 429
    assert 86_000 < int(answer.headers["Retry-After"]) <= 86_400
    assert "20 files of" in answer.content.decode()
    file = SimpleUploadedFile("preds.csv", content)
    told = client.post(f"/api/v1/projects/{ladder.project.slug}/predictions", {"file": file})
    assert (told.status_code, told.json()["type"]) == (429, "too-many-refused")
    assert int(told.headers["Retry-After"]) > 86_000
    PredictionsFile.objects.update(ended_at=timezone.now() - timedelta(days=1))
    assert sent(client, ladder.project, content).status_code == 302


def test_a_look_is_spent_on_an_upload_and_the_same_predictions_cost_no_second(client, ladder):
    rows = rows_of(client, ladder.project, "validation")
    project, owner = ladder.project, owner_of(ladder.project)
    sent(client, project, as_csv([(row["id"], guess(row)) for row in rows]))
    short = Run.objects.get(recipe="upload")
    every = [*rows, *rows_of(client, project, "final")]
    sent(client, project, as_csv([(row["id"], guess(row)) for row in every]), name="Full")
    full = Run.objects.exclude(pk=short.pk).get(recipe="upload")
    shuffled = Random(2).sample(every, len(every))
    sent(client, project, as_csv([(row["id"], guess(row)) for row in shuffled]))
    twin = Run.objects.exclude(pk__in=(short.pk, full.pk)).get(recipe="upload")

    def spend(run, key):
        return services.spend_look(project=project, user=owner, run=run, idempotency_key=key)

    with pytest.raises(services.OutOfTurn, match="covers validation alone"):
        spend(short, "a")
    page = client.get(reverse("evaluations:look", args=[project.slug])).content.decode()
    assert (str(full.pk) in page, str(short.pk) in page) == (True, False)
    first = spend(full, "b")
    do_submissions()

    assert spend(twin, "c").look == first.look
    look = Look.objects.get()
    assert (look.state, look.released) == (Look.State.SCORED, True)
    assert look.model_name.startswith("Your upload")


@pytest.mark.long
def test_no_refusal_holds_a_sealed_label(client, sign_in):
    version = make_sealed_version(metric="rmse", file=weights(seed=4), target="weight")
    project = make_done_ladder(version, only=QUICK).project
    sign_in(owner_of(project))
    rows = [(row["id"], "1.0") for part in ("validation", "final") for row in rows_of(client, project, part)]
    files = [rows[1:], rows[:-1], [*rows, rows[-1]], [*rows, ("x", "1")], [*rows[:-1], (rows[-1][0], "inf")], rows]
    files.append([(key, "-1e20") for key, _ in rows])  # scored, however bad

    for content in files:
        sent(client, project, as_csv(content))

    answers = [
        client.get(reverse(page, args=[project.slug])).content.decode()
        for page in ("evaluations:hand_in", "evaluations:leaderboard")
    ]
    answers += [str(PredictionsFile.objects.values_list("problem", "refusal", "parts"))]
    answers += [inputs(client, project, part).decode() for part in ("validation", "final")]
    states = [file.state for file in PredictionsFile.objects.order_by("queued_at")]
    assert states == [JobState.FAILED] * 5 + [JobState.DONE] * 2
    assert [label for label in sealed_labels_of(version, seed=4) for answer in answers if label in answer] == []


@pytest.mark.long
def test_sealed_inputs_stay_in_a_sandbox_and_simple_models_go_first(client, sign_in):
    sandbox = make_project(is_sandbox=True)
    version = make_sealed_version(sandbox)
    sign_in(owner_of(sandbox))

    early = client.get(reverse("evaluations:hand_in", args=[sandbox.slug])).content.decode()

    assert "Simple models go first" in early
    assert len(rows_of(client, sandbox, "validation")) == version.seal.parts["validation"]
    assert client.get(reverse("evaluations:inputs_download", args=[sandbox.slug, "final", "csv"])).status_code == 404


def test_uploaded_best_is_handed_in_again_by_a_file_free_and_without_an_answer(client, sign_in):
    version = make_sealed_version(secret=bytes(32))
    ladder = make_done_ladder(version, only=("always_same",))
    project, owner = ladder.project, owner_of(ladder.project)
    sign_in(owner)

    def file(version, *parts, say=guess):
        rows = []
        for part in parts:
            table = pq.read_table(store.part_path(version, part)).to_pylist()
            rows += zip(row_ids(store.row_id_key(version), part, len(table)), map(say, table), strict=True)
        return SimpleUploadedFile("preds.csv", as_csv(rows))

    services.hand_in_predictions(project=project, user=owner, file=file(version, "validation", "final"))
    do_files()
    run = Run.objects.get(recipe="upload")
    services.spend_look(project=project, user=owner, run=run, idempotency_key="a", reason="Done.")
    do_submissions()
    assert Look.objects.get().released
    grown = make_sealed_version(project, dataset=version.dataset, file=make_csv(420))
    later = make_done_ladder(grown, only=("always_same",))
    page, again = (reverse(f"evaluations:{name}", args=[project.slug]) for name in ("look", "best_again"))
    test_set = selectors.test_set_for_looks(grown)
    sealed = SealedLadder.objects.get(test_set=test_set)
    assert sealed.best_share < 0.9
    assert "only you can say what it predicts" in client.get(page).content.decode()

    nothing = client.post(again)
    wrong = client.post(again, {"file": file(grown, "validation")})
    do_files()
    right = client.post(again, {"file": file(grown, "final", say=lambda row: "no")})
    do_files()

    sealed.refresh_from_db()
    files = PredictionsFile.objects.filter(of_run=run).order_by("queued_at")
    assert (nothing.status_code, wrong.status_code, right.status_code) == (422, 302, 302)
    assert "Select a file of predictions" in nothing.content.decode()
    assert [(job.state, job.parts) for job in files] == [("failed", {}), ("done", {"final": test_set.rows})]
    assert (sealed.best_on, sealed.best_share, sealed.best_look.submission.run) == (None, 1.0, run)
    assert (Look.objects.count(), Run.objects.filter(recipe="upload").count()) == (1, 1)
    said = training.predictions(run, str(test_set.pk))[:, 1]
    rows = lineages.rows_again(test_set, selectors.test_set_for_looks(version))
    assert (said[rows >= 0] == training.predictions(run, "final")[rows[rows >= 0], 1]).all()  # not what the file says
    assert not said[rows < 0].any()
    services.spend_look(
        project=project, user=owner, run=later.runs.get(), idempotency_key="b", now=timezone.now() + timedelta(days=8)
    )
    do_submissions()
    assert (Look.objects.get(idempotency_key="b").number, Look.objects.get(idempotency_key="b").released) == (2, False)


def test_inputs_of_sealed_rows_are_written_down_and_kept_from_members_where_the_owner_says_so(client, sign_in, ladder):
    project, owner = ladder.project, owner_of(ladder.project)
    gate = reverse("datasets:look_gate", args=[ladder.version.dataset_id])
    sealed, open_one = (
        reverse("evaluations:inputs_download", args=[project.slug, part, "csv"]) for part in ("final", "validation")
    )
    member = make_user("Mia")
    Membership.objects.create(team=project.team, user=member)
    sign_in(member)

    took = [client.get(address).status_code for address in (sealed, open_one)]
    sign_in(owner)
    client.post(gate, {"gap_days": "7", "looks_open": "on"})  # the box is not ticked
    assert client.get(sealed).status_code == 200
    sign_in(member)
    refused = client.get(sealed)
    free = client.get(open_one).status_code

    taken = InputsTaken.objects.filter(project=project)
    history = client.get(reverse("evaluations:look_list", args=[project.slug])).content.decode()
    ledger = client.get(reverse("api_looks", args=[project.slug])).json()
    assert (took, refused.status_code, free) == ([200, 200], 403, 200)
    assert "keep the inputs of sealed rows to themselves" in refused.content.decode()
    assert [(one.user, one.part) for one in taken] == [(owner, "final"), (member, "final")]
    assert "Inputs taken" in history
    assert [(one["by"], one["part"]) for one in ledger["inputs_taken"]] == [(owner.name, "final"), ("Mia", "final")]
    assert [str(fault) for fault in audit.verify().faults if "inputs" in fault.table] == []
    assert AuditEvent.objects.filter(act="inputs-taken").count() == 2
