"""Ladders, looks and the opening through the services, from the first run to the verdict."""

import re
from datetime import timedelta

import polars as pl
import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from datasets import selectors as dataset_selectors
from datasets import services as dataset_services
from datasets.core.budget import NoLookLeft
from datasets.models import Look, Opening, SealedLadder
from dlstart_web.kit import jobs
from dlstart_web.kit.jobs import JobState
from evaluations import selectors, services, training
from evaluations.models import BestAgain, Inspection, Run, Submission, Verdict
from projects import selectors as project_selectors
from projects import services as project_services
from projects.models import Membership, Project
from tests.factories import (
    do_ingestions,
    do_inspections,
    do_runs,
    do_submissions,
    make_csv,
    make_done_ladder,
    make_ladder,
    make_project,
    make_sealed_version,
    make_user,
)

pytestmark = pytest.mark.django_db
QUICK = ("always_same", "linear")


def owner_of(project):
    return project.team.memberships.get(role=Membership.Role.OWNER, left_at=None).user


def spend(ladder, recipe="linear", *, key="a", now=None):
    run = ladder.runs.get(recipe=recipe)
    return services.spend_look(
        project=ladder.project,
        user=owner_of(ladder.project),
        run=run,
        reason="ladder done",
        guess=0.9,
        idempotency_key=key,
        now=now,
    )


def test_run_ladder_needs_a_locked_criterion_outside_a_sandbox():
    version = make_sealed_version()
    version.dataset.project.criteria.all().delete()

    with pytest.raises(services.OutOfTurn, match="Lock the success criterion first"):
        make_ladder(version)


def test_run_ladder_in_a_sandbox_takes_the_tasks_own_measure():
    sandbox = make_project(is_sandbox=True)

    ladder = make_ladder(make_sealed_version(sandbox), only=QUICK)

    assert ladder.metric == "roc_auc"
    assert ladder.criterion is None


def test_run_ladder_refuses_a_second_one_while_the_first_runs():
    ladder = make_ladder(only=QUICK)

    with pytest.raises(services.OutOfTurn, match="2 of its runs have not ended"):
        make_ladder(ladder.version)


def test_run_ladder_refuses_a_measure_that_cannot_judge_the_target():
    version = make_sealed_version(metric="accuracy")
    project = version.dataset.project
    project_services.lock_criterion(
        project=project,
        user=owner_of(project),
        metric="rmse",
        level=3,
        smallest_difference=1,
        reason="x",
        results_seen=0,
    )

    with pytest.raises(services.OutOfTurn, match="does not judge a target that is yes or no"):
        make_ladder(version)


def test_run_ladder_rings_after_the_commit(django_capture_on_commit_callbacks):
    version = make_sealed_version()

    with django_capture_on_commit_callbacks() as callbacks:
        make_ladder(version, only=QUICK)

    assert len(callbacks) == 2


def test_look_is_answered_by_the_sealed_ladder_and_the_second_is_refused(ladder):
    submission = spend(ladder)
    do_submissions()

    look = Look.objects.get()
    assert look.state == Look.State.SCORED
    assert (look.number, look.releases_before, look.bits) == (1, 0, pytest.approx(2.0))
    assert look.released
    assert look.lower <= look.rung <= look.upper
    assert re.match(r"New best: read \d\d(\.\d)?% or more", look.sentence)
    assert look.guess == 0.9
    assert Submission.objects.get() == submission
    with pytest.raises(NoLookLeft, match="next look opens"):
        spend(ladder, "always_same", key="b")


def test_look_with_the_same_key_or_predictions_is_not_charged_again(ladder):
    first = spend(ladder)

    assert spend(ladder) == first
    assert spend(ladder, key="another") == first
    assert Look.objects.count() == 1


def test_second_look_of_a_worse_model_says_no_and_nothing_else(ladder):
    spend(ladder)
    do_submissions()
    spend(ladder, "always_same", key="b", now=timezone.now() + timedelta(days=8))
    do_submissions()

    look = Look.objects.get(number=2)
    assert look.sentence == "Not measurably better than your best on the checkpoint set."
    assert (look.released, look.rung, look.lower, look.upper) == (False, None, None, None)


def test_look_whose_scorer_stays_dead_is_given_back_in_sight_of_all(ladder):
    submission = spend(ladder)
    now = timezone.now()
    for _ in range(3):
        submission.refresh_from_db()
        jobs.claim(Submission, str(submission.pk), str(submission.token), owner="dies")
        Submission.objects.update(heartbeat_at=now - timedelta(minutes=5))
        jobs.reap(now)

    submission.refresh_from_db()
    look = Look.objects.get()
    assert submission.state == JobState.FAILED
    assert submission.history.count("went silent") == 2
    assert look.state == Look.State.VOIDED
    assert "given back" in look.sentence
    assert dataset_selectors.look_status(ladder.project, owner_of(ladder.project), timezone.now()).looks_now == 1


def test_look_is_refused_for_runs_that_are_not_done_or_of_other_measures():
    ladder = make_ladder(only=QUICK)
    with pytest.raises(services.OutOfTurn, match="has its validation score"):
        spend(ladder)
    do_runs()
    project = ladder.project
    project_services.lock_criterion(
        project=project,
        user=owner_of(project),
        metric="roc_auc",
        level=0.9,
        smallest_difference=0.02,
        reason="x",
        results_seen=2,
    )

    with pytest.raises(services.OutOfTurn, match="judged by Share sorted right"):
        spend(ladder)


def grown(rows, **columns):
    """A look that became the best on 900 rows, 180 of them sealed; then the ladder of `rows` rows that begin with them."""
    first = make_done_ladder(make_sealed_version(rows=900), only=QUICK)
    spend(first)
    do_submissions()
    file = make_csv(rows)
    if columns.get("without"):
        frame = pl.read_csv(file).drop(columns["without"])
        file = SimpleUploadedFile("fewer.csv", frame.write_csv().encode())
    version = make_sealed_version(first.project, dataset=first.version.dataset, file=file)
    return make_done_ladder(version, only=QUICK), timezone.now() + timedelta(days=8)


def test_best_of_an_earlier_version_is_compared_on_the_rows_of_both():
    ladder, later = grown(960)
    sealed = SealedLadder.objects.get(test_set__version=ladder.version)
    assert sealed.best_share == pytest.approx(180 / 192)
    SealedLadder.objects.filter(pk=sealed.pk).update(best=0)  # so that the gate alone can say no

    spend(ladder, key="b", now=later)
    do_submissions()

    look = Look.objects.get(idempotency_key="b")
    assert (look.number, look.released) == (2, False)


def test_best_of_an_earlier_version_is_handed_in_again_below_nine_tenths(sign_in):
    ladder, later = grown(1200)
    project, person = ladder.project, owner_of(ladder.project)
    test_set = dataset_selectors.test_set_for_looks(ladder.version)

    with pytest.raises(services.OutOfTurn, match="has predictions for 180 of the 240 rows"):
        spend(ladder, key="b", now=later)
    client = sign_in(person)
    page = reverse("evaluations:look", args=[project.slug])
    assert "free, and no answer" in client.get(page).content.decode()
    assert client.post(reverse("evaluations:best_again", args=[project.slug])).url == page
    assert "It is being handed in again" in client.get(page).content.decode()
    asked = BestAgain.objects.get()
    assert services.hand_in_again(project=project, user=person) == asked
    do_submissions()

    test_set.refresh_from_db()
    assert (test_set.looks, Look.objects.count()) == (1, 1)
    with pytest.raises(services.OutOfTurn, match="no best of an earlier version"):
        services.hand_in_again(project=project, user=person)
    spend(ladder, key="b", now=later)
    do_submissions()
    assert Look.objects.get(idempotency_key="b").number == 2


def test_best_that_cannot_read_the_new_rows_leaves_its_reading():
    ladder, later = grown(1200, without="height")
    services.hand_in_again(project=ladder.project, user=owner_of(ladder.project))
    do_submissions()

    assert "lacks the columns height" in BestAgain.objects.get().problem
    sealed = SealedLadder.objects.get(test_set__version=ladder.version)
    assert (sealed.best_look, sealed.best > 0) == (None, True)
    spend(ladder, key="b", now=later)
    do_submissions()
    assert not Look.objects.get(idempotency_key="b").released


def test_removed_data_takes_models_and_predictions_along(sign_in, django_capture_on_commit_callbacks):
    ladder = make_done_ladder(make_sealed_version(make_project(is_sandbox=True)), only=QUICK)
    run, person = ladder.runs.get(recipe="linear"), owner_of(ladder.project)
    services.ask_inspection(run=run, user=person)
    do_inspections()
    assert training.predictions(run, "validation").shape == (60, 2)

    with django_capture_on_commit_callbacks(execute=True):
        dataset_services.remove_dataset(dataset=ladder.version.dataset, user=person, reason="Wrong.")
        do_ingestions()

    assert not training.run_folder(run).exists()
    assert not Inspection.objects.exists()
    client = sign_in(person)
    assert f"{run.score:.1%}"[:2] in client.get(reverse("evaluations:run_detail", args=[run.pk])).content.decode()
    assert client.get(reverse("evaluations:run_model", args=[run.pk])).status_code == 404
    with pytest.raises(services.OutOfTurn, match="was removed"):
        services.ask_inspection(run=Run.objects.get(pk=run.pk), user=person)


def test_sandbox_has_no_looks():
    sandbox = make_project(is_sandbox=True)
    version = make_sealed_version(sandbox)
    owner = owner_of(sandbox)
    project_services.lock_criterion(
        project=sandbox, user=owner, metric="accuracy", level=0.9, smallest_difference=0.02, reason="", results_seen=0
    )
    ladder = make_done_ladder(version, only=QUICK)

    with pytest.raises(NoLookLeft, match="Looks are closed here"):
        spend(ladder)


def open_final(ladder, simple="linear", deep=None):
    project = Project.objects.get(pk=ladder.project_id)
    runs = {run.recipe: run for run in ladder.runs.all()}
    opening = services.ask_opening(
        project=project, user=owner_of(project), simple=runs.get(simple), deep=runs.get(deep)
    )
    services.agree_opening(opening=opening, user=project.handler or owner_of(project))
    do_submissions()
    return Opening.objects.get(pk=opening.pk)


def test_opening_ends_in_a_verdict_once():
    ladder = make_done_ladder(make_sealed_version(rows=900))

    opening = open_final(ladder, deep="network")

    verdict = Verdict.objects.get()
    assert opening.state == Opening.State.SCORED
    assert opening.alpha == 0.05
    assert opening.result["n"] == ladder.version.seal.parts["final"]
    assert {opening.result["simple"]["recipe"], opening.result["deep"]["recipe"]} == {"linear", "network"}
    assert opening.result["simple"]["low"] <= opening.result["simple"]["score"] <= opening.result["simple"]["high"]
    assert verdict.code in ("SIMPLE_IS_ENOUGH", "DEEP_WINS", "BOTH_MISS", "DEEP_REACHES_SIMPLE_UNDECIDED", "UNDECIDED")
    assert verdict.sentence == opening.result["message"]
    assert Project.objects.get(pk=ladder.project_id).reached == Project.Step.VERDICT
    with pytest.raises(services.REFUSALS, match="open once"):
        services.ask_opening(
            project=ladder.project, user=owner_of(ladder.project), simple=ladder.runs.get(recipe="linear"), deep=None
        )


def test_opening_of_a_pooled_set_pays_for_its_looks():
    fresh = open_final(make_done_ladder(make_sealed_version(rows=900), only=QUICK))
    others = make_csv(900, seed=1)  # the same rows would have had their opening
    looked_at = make_done_ladder(make_sealed_version(file=others), only=QUICK)
    spend(looked_at)
    do_submissions()
    paid = open_final(looked_at)

    assert fresh.result["pooled"] is True
    assert paid.alpha < fresh.alpha == 0.05
    said = selectors.verdict_context(looked_at.project, project_selectors.current_criterion(looked_at.project))
    assert said["looked_at"] == (
        "Looked at: the final rows, once. Before that 1 look at the same rows, for which the interval pays, "
        "and 2 scores on validation, where models are chosen."
    )
    width = {
        key: opening.result["simple"]["high"] - opening.result["simple"]["low"]
        for key, opening in (("fresh", fresh), ("paid", paid))
    }
    assert width["paid"] > width["fresh"]
    with pytest.raises(NoLookLeft, match="had their final opening"):
        spend(looked_at, "always_same", key="b", now=timezone.now() + timedelta(days=8))


def test_opening_under_100_rows_shows_scores_and_refuses_a_verdict():
    opening = open_final(make_done_ladder(make_sealed_version(rows=300), only=QUICK))

    verdict = Verdict.objects.get()
    assert verdict.code == "NO_VERDICT"
    assert "a verdict takes at least 100" in verdict.sentence
    assert opening.result["verdict"] is None
    assert 0 < opening.result["simple"]["score"] <= 1


def test_opening_names_runs_of_the_right_family(ladder):
    linear = ladder.runs.get(recipe="linear")

    with pytest.raises(services.OutOfTurn, match="is no deep model"):
        services.ask_opening(project=ladder.project, user=owner_of(ladder.project), simple=linear, deep=linear)
    with pytest.raises(services.OutOfTurn, match="Name the best simple run"):
        services.ask_opening(project=ladder.project, user=owner_of(ladder.project), simple=None, deep=None)


def test_opening_is_agreed_by_the_handler_alone(ladder):
    project = ladder.project
    opening = services.ask_opening(
        project=project, user=owner_of(project), simple=ladder.runs.get(recipe="linear"), deep=None
    )

    for person in (owner_of(project), make_user(), make_user(is_administrator=True)):
        with pytest.raises(PermissionDenied):
            services.agree_opening(opening=opening, user=person)
    assert Submission.objects.count() == 0


def test_opening_that_failed_is_scored_again():
    ladder = make_done_ladder(make_sealed_version(rows=900), only=QUICK)
    project = ladder.project
    opening = services.ask_opening(
        project=project, user=owner_of(project), simple=ladder.runs.get(recipe="linear"), deep=None
    )
    submission = services.agree_opening(opening=opening, user=Project.objects.get(pk=project.pk).handler)
    Submission.objects.update(state=JobState.FAILED)

    assert services.retry_submission(Submission.objects.get(pk=submission.pk))
    do_submissions()

    assert Verdict.objects.count() == 1


def test_next_step_is_suggested_from_validation_alone(ladder):

    step = selectors.next_step(ladder)

    assert set(step) == {"code", "message"}
    assert step["code"] in ("SIMPLE_LOOKS_ENOUGH", "TRY_DEEP")


def test_price_is_said_before_the_look_and_uses_no_sealed_label(ladder, django_assert_num_queries):
    test_set = dataset_selectors.test_set_for_looks(ladder.version)
    run = ladder.runs.get(recipe="linear")

    with django_assert_num_queries(1):
        words = selectors.price_words(run, test_set)

    assert words.startswith("At the validation score of ")
    assert selectors.luck_words(run, test_set) == ""
    test_set.looks = 11
    p, n = run.price["value"], test_set.rows
    run.ladder.agreement = 0.8
    worth = 100 * 1.6292 * (p * (1 - p) / n * 0.2) ** 0.5  # m_12, and r as measured on validation
    assert selectors.luck_words(run, test_set) == (
        f"With this look, the best of 12 is flattered by about {worth:.1f} points through luck alone."
    )
    assert "after this look" in words
