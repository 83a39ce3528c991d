"""What a worker does with a run, called as Celery calls it."""

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from dlstart_web.kit import jobs
from dlstart_web.kit.jobs import JobState
from evaluations import services, training
from evaluations.core.recipes import boosting, load
from evaluations.core.recipes.base import Budget
from evaluations.core.rungs import RUNGS
from evaluations.models import CurvePoint, Run
from evaluations.words import speech
from projects.models import Project
from tests.factories import do_runs, make_done_ladder, make_ladder, make_project, make_sealed_version

pytestmark = pytest.mark.django_db
QUICK = ("always_same", "linear")


def test_ladder_ends_with_scores_ranks_and_curves():
    ladder = make_done_ladder(
        make_sealed_version(secret=bytes(32))
    )  # another split may not tell the dummy from the best

    runs = list(ladder.runs.order_by("rung"))
    assert [run.recipe for run in runs] == [
        "always_same", "linear", "forest", "boosting", "boosting_wide", "network", "blend",
    ]  # fmt: skip
    assert [run.problem for run in runs[:6]] == [""] * 6
    assert {run.state for run in runs[:6]} == {JobState.DONE}
    for run in runs[:6]:
        assert run.low <= run.score <= run.high
        assert run.rows_validation == ladder.version.seal.parts["validation"]
        assert run.rank >= 1
        assert run.points.exists()
        assert len(run.predictions_digest) == 64
    dummy, linear = runs[0], runs[1]
    assert linear.score > dummy.score
    assert dummy.rank > 1
    assert dummy.diagnosis is None
    assert linear.diagnosis["code"]
    assert Project.objects.get(pk=ladder.project_id).reached == Project.Step.DEEP


def test_blend_waits_for_the_rungs_and_mixes_what_they_handed_in():
    ladder = make_ladder(make_sealed_version(rows=900), only=("linear", "network", "blend"))
    mixed = ladder.runs.get(recipe="blend")

    training.execute(run_id=str(mixed.pk), token=str(mixed.token))
    mixed.refresh_from_db()
    early = (mixed.state, mixed.attempts)
    do_runs()

    mixed.refresh_from_db()
    assert early == (JobState.QUEUED, 0)
    if mixed.state == JobState.CANCELLED:  # which rows are whose differs from split to split
        assert mixed.problem == "No mixture was better than the best single rung on rows it was not chosen by."
        return
    weights = mixed.settings["weights"]
    kept = {RUNGS[name].title: name for name in ("linear", "network")}
    said = [
        weight * training.predictions(ladder.runs.get(recipe=kept[title]), "final") for title, weight in weights.items()
    ]
    assert mixed.state == JobState.DONE
    assert sum(weights.values()) == pytest.approx(1)
    np.testing.assert_allclose(training.predictions(mixed, "final"), sum(said), rtol=1e-6)


def test_blend_of_one_rung_is_not_needed_and_says_so():
    ladder = make_ladder(only=("linear", "blend"))
    do_runs()

    mixed = ladder.runs.get(recipe="blend")
    assert (mixed.state, mixed.score) == (JobState.CANCELLED, None)
    assert mixed.problem == "A blend mixes two models or more; 1 of this ladder has a score."


def test_what_a_cheap_rung_leaves_goes_to_those_after_it():
    ladder = make_ladder(only=("linear", "forest", "boosting"), budget=100)
    linear, forest, boosting = ladder.runs.order_by("rung")

    before = training._budget(boosting)
    Run.objects.filter(pk__in=(linear.pk, forest.pk)).update(state=JobState.DONE, cpu_seconds=4)

    assert before == pytest.approx(50)
    assert training._budget(boosting) == pytest.approx(92)


@pytest.mark.long
def test_both_boosters_read_categories_as_one_trial_says(monkeypatch):
    monkeypatch.setattr(boosting, "COARSE", 100)
    trials = []
    trial = boosting._coding
    monkeypatch.setattr(boosting, "_coding", lambda *given: trials.append(1) or trial(*given))

    ladder = make_done_ladder(only=("boosting", "boosting_wide"))

    narrow, wide = (ladder.runs.get(recipe=recipe) for recipe in ("boosting", "boosting_wide"))
    assert narrow.settings["coding"] == wide.settings["coding"]
    assert len(trials) == 1


def test_a_model_that_used_its_budget_is_not_fitted_again_and_says_so():
    run = make_done_ladder(only=("linear",)).runs.get(recipe="linear")
    data = training.encoded(run.version)
    fitted = load(training.run_folder(run) / "fitted", data)

    made = training._predicted(fitted, data, Budget(0))

    assert (run.settings["refit"], made.is_refit) == (True, False)
    assert made.handed_in is fitted
    assert fitted.notes[-1].startswith("Not fitted again on train and validation: ")
    assert fitted.notes[-1].endswith(" CPU seconds, and 0 of this rung's 0 are left.")


def test_ladder_of_a_number_ranks_the_smaller_error_first():
    lines = ["a,b,c,y"]
    noise = np.random.default_rng(0).normal(size=(400, 4))
    for a, b, c, e in noise:
        lines.append(f"{a:.5f},{b:.5f},{c:.5f},{100 + 10 * a - 5 * b + e:.5f}")
    sandbox = make_project(is_sandbox=True)
    version = make_sealed_version(sandbox, file=csv_file(lines), target="y")

    ladder = make_done_ladder(version, only=QUICK)

    dummy, linear = ladder.runs.order_by("rung")
    assert ladder.metric == "rmse"
    assert linear.score < dummy.score
    assert (linear.rank, dummy.rank) == (1, 2)
    assert linear.goodness == -linear.score
    assert linear.price["scale"] > 0
    assert f"validation {speech('rmse').number(linear.score)}" in linear.diagnosis["message"]


def csv_file(lines):
    return SimpleUploadedFile("numbers.csv", "\n".join(lines).encode())


def test_same_seed_gives_the_same_scores():
    version = make_sealed_version()

    first, second = make_done_ladder(version, only=QUICK), make_done_ladder(version, only=QUICK)

    assert [run.score for run in first.runs.order_by("rung")] == [run.score for run in second.runs.order_by("rung")]
    assert [run.predictions_digest for run in first.runs.order_by("rung")] == [
        run.predictions_digest for run in second.runs.order_by("rung")
    ]


def test_matrices_are_written_once_for_all_runs_of_a_version():
    version = make_sealed_version()
    make_done_ladder(version, only=("always_same",))
    written = (training.encoded(version).folder / "encoder.json").stat()

    make_done_ladder(version, only=QUICK)

    assert (training.encoded(version).folder / "encoder.json").stat().st_ino == written.st_ino


def test_training_files_hold_no_sealed_label():
    version = make_sealed_version()
    make_done_ladder(version, only=QUICK)

    data = training.encoded(version)
    assert sorted(path.name for path in data.folder.glob("y_*")) == ["y_train.npy", "y_validation.npy"]
    for run in Run.objects.all():
        part = training.predictions(run, "final")
        assert part.shape == (version.seal.parts["final"], 2)


def test_retried_run_has_no_double_points():
    ladder = make_ladder(only=("linear",))
    run = ladder.runs.get()
    CurvePoint.objects.create(run=run, x=1.5, train_loss=9.0)  # of an attempt that fell silent
    do_runs()
    once = run.points.count()

    assert not run.points.filter(x=1.5).exists()
    assert once == len(set(run.points.values_list("x", flat=True)))


def test_run_taken_by_another_worker_writes_nothing():
    ladder = make_ladder(only=("linear",))
    run = ladder.runs.get()
    claimed = jobs.claim(Run, str(run.pk), str(run.token), owner="slow worker")
    with jobs.Pulse(claimed) as pulse:
        write = training._work(claimed, pulse)
    jobs.requeue(claimed, sentence="Its worker went silent.")

    with pytest.raises(jobs.JobTaken):
        jobs.end(claimed, JobState.DONE)
    assert callable(write)
    run.refresh_from_db()
    assert (run.state, run.score, run.rank) == (JobState.QUEUED, None, None)


def test_problem_of_the_data_fails_the_run_in_its_words():
    ladder = make_ladder(only=("linear",))
    version = ladder.version
    version.seal.features = []
    version.seal.save()

    do_runs()

    run = ladder.runs.get()
    assert run.state == JobState.FAILED
    assert "No column is left to learn from" in run.problem
    assert run.rank is None


def test_cancelled_run_is_not_claimed_and_can_be_retried():
    ladder = make_ladder(only=QUICK)

    assert services.cancel_ladder(ladder) == 2
    do_runs()
    assert set(ladder.runs.values_list("state", flat=True)) == {JobState.CANCELLED}
    assert services.retry_run(ladder.runs.get(recipe="linear"))
    do_runs()

    assert ladder.runs.get(recipe="linear").state == JobState.DONE
    assert not services.retry_run(ladder.runs.get(recipe="linear"))


def test_rows_of_one_group_widen_the_interval_on_validation():
    def belts(seed):
        random = np.random.default_rng(seed)
        widths = random.normal(size=1200)
        answers = np.where(widths + random.normal(size=1200) > 0, "yes", "no")
        rows = (f"{width:.5f},belt {row // 10},{y}" for row, (width, y) in enumerate(zip(widths, answers, strict=True)))
        return csv_file(["width,belt,mug", *rows])

    alone = make_sealed_version(make_project(is_sandbox=True), file=belts(1), target="mug")
    grouped = make_sealed_version(
        make_project(is_sandbox=True), file=belts(2), target="mug", group="belt", meets="new"
    )  # other rows: those of the first would stay in their parts

    narrow, wide = (make_done_ladder(each, only=("linear",), metric="accuracy").runs.get() for each in (alone, grouped))

    groups = training.groups_of(grouped)
    assert training.groups_of(alone) is None
    assert len(groups) == wide.rows_validation
    assert np.bincount(groups).min() >= 10
    assert wide.high - wide.low > 1.5 * (narrow.high - narrow.low)
