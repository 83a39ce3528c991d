"""The success criterion: what the rows can tell of any measure, guard measures and slices, the record that stays."""

import hashlib
import json
import math

import numpy as np
import pytest
from django.urls import reverse

from datasets.models import Look, Seal
from evaluations import selectors, training
from evaluations import services as evaluation_services
from evaluations.models import Behaviour, Verdict
from evaluations.words import speech
from projects import selectors as project_selectors
from projects import services
from projects.core.errors import ProjectProblem
from projects.models import Criterion, Membership
from tests.factories import do_submissions, make_approved_project, make_done_ladder, make_sealed_version

SAID = {"metric": "accuracy", "level": 0.9, "smallest_difference": 0.02, "reason": "So.", "results_seen": 2}


def owner_of(project):
    return project.team.memberships.filter(role=Membership.Role.OWNER).first().user


@pytest.fixture
def project(db):
    return make_approved_project()


def lock(project, **more) -> Criterion:
    return services.lock_criterion(project=project, user=owner_of(project), **SAID | more)


def test_a_record_without_guards_keeps_the_fingerprint_it_always_had(project):
    locked = Criterion.objects.get(pk=lock(project).pk)
    record = {
        "project": str(project.pk), "number": 1, "locked_at": locked.locked_at.isoformat(),
        "locked_by": locked.locked_by_id, **SAID,
    }  # fmt: skip

    canonical = json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    assert locked.fingerprint == hashlib.sha256(canonical.encode()).hexdigest()
    assert project_selectors.fingerprint_of(locked) == locked.fingerprint


@pytest.mark.parametrize("beside", [{"today": 0.91}, {"people": 0.98}, {"looks_wanted": 0}])
def test_what_stands_beside_the_level_is_in_the_fingerprint(project, beside):
    locked = Criterion.objects.get(pk=lock(project, **beside).pk)
    assert project_selectors.fingerprint_of(locked) == locked.fingerprint

    Criterion.objects.filter(pk=locked.pk).update(**dict.fromkeys(beside))

    assert project_selectors.fingerprint_of(Criterion.objects.get(pk=locked.pk)) != locked.fingerprint


def test_a_record_changed_behind_its_lock_is_called_so(sign_in, project):
    locked = lock(project, guards=[{"metric": "recall", "level": 0.9}])
    page, client = reverse("evaluations:criterion", args=[project.slug]), sign_in(owner_of(project))
    before = client.get(page).content.decode()

    Criterion.objects.filter(pk=locked.pk).update(guards=[{"metric": "recall", "level": 0.5}])

    said = [
        "the record was changed after it was locked" in text for text in (before, client.get(page).content.decode())
    ]
    assert said == [False, True]


@pytest.mark.parametrize(
    "more",
    [
        {"guards": [{"metric": "accuracy", "level": 0.9}]},
        {"guards": [{"metric": "recall", "level": 0.9}] * 2},
        {"guards": [{"metric": "recall", "level": 90}]},
        {"guards": [{"metric": "luck", "level": 0.9}]},
        {"slices": [{"column": "belt", "value": " ", "level": 0.9}]},
        {"slices": [{"column": "belt", "value": "new", "level": 2}]},
        {"slices": [{"column": "belt", "value": str(n), "level": 0.9} for n in range(6)]},
        {"today": 91},
        {"people": 1.2},
        {"looks_wanted": -1},
        {"looks_wanted": 101},
    ],
)
def test_guards_that_mean_nothing_are_refused(project, more):
    with pytest.raises(ProjectProblem):
        lock(project, **more)

    assert not project.criteria.exists()


FORM = {
    "metric": "accuracy", "level": "95", "smallest_difference": "1", "stop_rule": "no rung reaches 85",
    "guard_1": "recall", "guard_1_level": "90", "slice_1_column": "belt", "slice_1_value": "new", "slice_1_level": "93",
}  # fmt: skip


def test_the_page_locks_guards_and_slices_and_shows_them_for_ever(sign_in, project):
    client, page = sign_in(owner_of(project)), reverse("evaluations:criterion", args=[project.slug])

    half = client.post(page, FORM | {"slice_1_value": ""})
    client.post(page, FORM)
    client.post(page, {"metric": "f1", "level": "90", "smallest_difference": "1", "reason": "New belt."})

    first, second = project.criteria.order_by("number")
    words = client.get(page).content.decode()
    assert (half.status_code, first.number, second.guards) == (422, 1, [])
    assert first.guards == [{"metric": "recall", "level": 0.9}]
    assert first.slices == [{"column": "belt", "value": "new", "level": 0.93}]
    shown = ("Recall at least 90", "belt = new: at least 93", "no rung reaches 85", "New belt.", "superseded")
    assert [said for said in shown if said not in words] == []


BESIDE = {"today": "91", "people": "93", "looks_wanted": "2"}
ABOVE = "People reach 93.0%, and at least 95.0% is wanted: more than skilled people do."


def test_today_people_and_looks_are_locked_and_shown_and_an_old_criterion_has_none(sign_in, project):
    client, page = sign_in(owner_of(project)), reverse("evaluations:criterion", args=[project.slug])

    asked = client.post(page, FORM | BESIDE | {"go": "ask"}).content.decode()
    wrong = client.post(page, FORM | BESIDE | {"today": "910"})
    client.post(page, FORM)
    before = client.get(page).content.decode()
    client.post(page, FORM | BESIDE | {"reason": "Measured."})
    after = client.get(page).content.decode()

    old, new = project.criteria.order_by("number")
    assert ABOVE in asked
    assert (wrong.status_code, "What is reached today is 910" in wrong.content.decode()) == (422, True)
    assert [(one.today, one.people, one.looks_wanted) for one in (old, new)] == [(None, None, None), (0.91, 0.93, 2)]
    said = ("today 91.0%, people 93.0%", ABOVE, "2 test looks are planned before deciding, 0 spent so far.")
    assert [words in before for words in said] == [False] * 3
    assert [words in after for words in said] == [True] * 3
    report = selectors.report(project, owner_of(project))
    assert "- **Today:** 91.0%\n- **People:** 93.0%" in selectors.report_markdown(report["sections"], [])
    [whole, *_] = selectors.appendix(project, owner_of(project), report)
    amended = dict(whole.sections)["Success criterion and its amendments"][-1]
    assert amended[1] == "Share sorted right, at least 95.0%, today 91.0%, people 93.0%. Measured."


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize(("metric", "scale"), [("accuracy", 1), ("brier", 0.1)])
def test_an_amendment_begins_with_all_that_is_in_force(sign_in, project, metric, scale, language):
    guards = [{"metric": name, "level": 0.07} for name in ("recall", "precision", "f1")]
    slices = [{"column": "belt", "value": str(n), "level": 0.93 * scale} for n in range(3)]
    said = {
        "metric": metric, "level": 0.951 * scale, "smallest_difference": 0.035 * scale, "guards": guards,
        "slices": slices, "today": 0.29 * scale, "people": 0.57 * scale, "looks_wanted": 0, "stop_rule": "by May",
    }  # fmt: skip
    lock(project, reason="First.", **said)
    (owner := owner_of(project)).language = language
    owner.save()
    client, page = sign_in(owner), reverse("evaluations:criterion", args=[project.slug])
    fields = list(client.get(page).context["form"])
    boxes = {box.html_name: box.field.widget.format_value(box.value()) or "" for box in fields}

    client.post(page, {name: "".join(box) for name, box in boxes.items()} | {"reason": "Said again."})

    assert boxes["reason"] == ""
    again = project.criteria.get(number=2)
    assert {name: getattr(again, name) for name in said} == said


def test_a_level_without_its_measure_is_not_dropped(sign_in, project):
    client, page = sign_in(owner_of(project)), reverse("evaluations:criterion", args=[project.slug])

    answer = client.post(page, FORM | {"guard_1": ""})

    assert answer.status_code == 422
    assert "Must also hold: say which measure must reach 90" in answer.content.decode()


@pytest.mark.parametrize(
    ("metric", "level", "people", "is_said"),
    [("accuracy", 0.9, 0.9, False), ("accuracy", 0.9, 0.89, True), ("rmse", 4, 3, False), ("rmse", 4, 5, True)],
)
def test_people_who_do_less_well_than_the_level_are_said(metric, level, people, is_said):
    assert bool(selectors.people_words(Criterion(metric=metric, level=level, people=people))) == is_said


def test_more_looks_than_planned_are_said_and_forbid_nothing():
    criterion, looks = Criterion(looks_wanted=1), [Look(state=state) for state in ("scored", "spent", "voided")]

    assert "1 test look is planned before deciding, 2 spent so far. That is more" in selectors.looks_wanted_words(
        criterion, looks
    )
    assert "more" not in selectors.looks_wanted_words(criterion, looks[1:])
    assert selectors.looks_wanted_words(Criterion(), looks) == ""


@pytest.mark.django_db
def test_the_always_same_answer_counts_no_sealed_label(sign_in):
    version = make_sealed_version(rows=900)
    project, seal = version.dataset.project, version.seal
    seal.classes = {
        "no": {"train": 60, "validation": 15, "final": 0, "checkpoint": 0},
        "yes": {"train": 20, "validation": 5, "final": 900, "checkpoint": 90},
    }
    Seal.objects.filter(pk=seal.pk).update(classes=seal.classes)

    client = sign_in(owner_of(project))
    page = client.get(reverse("evaluations:criterion", args=[project.slug])).content.decode()
    told = client.get(f"/api/v1/projects/{project.slug}/criterion").json()

    assert "“no” for every row: 75.0% sorted right, of 100 rows of train and validation" in page
    assert told["always_same"] == {"answer": "no", "share": 0.75, "rows": 100}


def test_one_may_ask_what_the_rows_tell_of_another_measure_without_locking(sign_in, project):
    version = make_sealed_version(rows=900)
    project = version.dataset.project
    client, page = sign_in(owner_of(project)), reverse("evaluations:criterion", args=[project.slug])

    before = project.criteria.count()
    asked = client.post(
        page, FORM | {"metric": "roc_auc", "level": "0.9", "slice_1_level": "0.9", "go": "ask", "reason": "x"}
    )

    assert (asked.status_code, project.criteria.count()) == (200, before)
    assert "of them true): a true 0.9" in asked.content.decode()


@pytest.mark.parametrize(
    ("metric", "level", "rows", "positives", "words"),
    [
        (
            "accuracy",
            0.95,
            620,
            None,
            "620 final rows: a true 95.0 will read 93.2 to 96.6. To be within 1 point: about 1,825 rows.",
        ),
        ("recall", 0.9, 620, 0.25, "620 final rows (about 155 of them true): a true 90.0 will read 85.2 to 94.2."),
        ("roc_auc", 0.9, 620, 0.25, "620 final rows (about 155 of them true): a true 0.90 will read 0.87 to 0.93."),
        ("rmse", 4.0, 620, None, "620 final rows: a true 4.0 will read 3.8 to 4.2."),
        ("recall", 0.9, 620, None, ""),
        ("accuracy", 0.9, 0, None, ""),
    ],
)
def test_the_sentence_fits_the_measure(metric, level, rows, positives, words):
    assert selectors.power_words(speech(metric), level, rows, positives) == words


@pytest.mark.django_db
def test_what_the_rows_tell_of_a_loss_rests_on_the_first_run():
    version = make_sealed_version(rows=900)
    ladder = make_done_ladder(version, only=("always_same", "linear"))
    run = selectors.best_run(ladder.project)
    y, said = training.encoded(version).y("validation"), training.predictions(run, "validation")[:, 1]
    half = 1.959964 * np.std((y - said) ** 2, ddof=1) / np.sqrt(400)

    before = selectors.power_words(speech("brier"), 0.1, 400)
    after = selectors.power_words(speech("brier"), 0.1, 400, spread=selectors.spread_of(run))
    log_loss = selectors.power_words(speech("log_loss"), 0.4, 400, spread=selectors.spread_of(run))

    assert "Ask after the first run" in before
    places = 1 - math.floor(math.log10(2 * half)) - 1
    assert f"a true {0.1:.{places}f} will read {max(0, 0.1 - half):.{places}f} to {0.1 + half:.{places}f}." in after
    assert "as far apart as those of Linear model on validation" in after
    assert log_loss.startswith("400 final rows: a true 0.4")


@pytest.mark.django_db
def test_guards_stand_beside_the_best_run_as_met_not_met_or_open():
    version = make_sealed_version(rows=900)
    ladder = make_done_ladder(version, only=("always_same", "linear"))
    run = selectors.best_run(ladder.project)
    found = Behaviour.objects.get(run=run).found
    one = next(part for part in found["slices"] if part["column"] == "colour")
    criterion = Criterion(
        metric="accuracy",
        guards=[
            {"metric": "recall", "level": 0.01},
            {"metric": "precision", "level": 1.0},
            {"metric": "brier", "level": 0.1},
        ],
        slices=[
            {"column": "colour", "value": one["value"], "level": 0.02},
            {"column": "no", "value": "such", "level": 0.5},
        ],
    )

    rows = selectors.guard_rows(criterion, run)

    assert [row.state for row in rows] == ["met", "not met", "cannot tell", "met", "cannot tell"]
    assert rows[3].label == f"Share sorted right on colour = {one['value']}"
    assert [row.value for row in selectors.guard_rows(criterion, None)] == ["–"] * 5


@pytest.mark.django_db
def test_guards_are_scored_in_the_opening_of_the_verdict_and_change_nothing(sign_in):
    version = make_sealed_version(rows=900)
    owner = owner_of(version.dataset.project)
    ladder = make_done_ladder(version, only=("always_same", "linear"))
    run = selectors.best_run(ladder.project)
    part = next(one for one in Behaviour.objects.get(run=run).found["slices"] if one["column"] == "colour")["value"]
    before = services.lock_criterion(
        project=ladder.project,
        user=owner,
        **SAID
        | {
            "guards": [{"metric": "precision", "level": 1.0}, {"metric": "top5_accuracy", "level": 0.5}],
            "slices": [
                {"column": "colour", "value": part, "level": 0.02},
                {"column": "colour", "value": "no such", "level": 0.5},
            ],
        },
    )
    asked = evaluation_services.ask_opening(project=ladder.project, user=owner, simple=run, deep=None)
    evaluation_services.agree_opening(opening=asked, user=ladder.project.handler)
    do_submissions()

    verdict = Verdict.objects.select_related("opening").get()
    precision, unfit, on_slice, unknown = (guard["simple"] for guard in verdict.opening.result["guards"])
    page = sign_in(owner).get(reverse("evaluations:verdict", args=[ladder.project.slug])).content.decode()

    assert (precision["state"], precision["n"], precision["low"] < precision["score"] < 1) == (
        "not met", verdict.opening.result["n"], True,
    )  # fmt: skip
    assert (on_slice["state"], 10 <= on_slice["n"] < precision["n"]) == ("met", True)
    assert [(one["state"], one["score"]) for one in (unfit, unknown)] == [("cannot tell", None)] * 2
    assert verdict.opening.result["criterion"] == before.number
    assert "precision" not in verdict.sentence + verdict.footnote
    assert "Not met by the simple model: precision at least 100" in page
    assert f"Share sorted right on colour = {part}" in page
    assert "precision at least 100.0% (simple not met)" in selectors.report(ladder.project, owner)["must_hold"].lower()


@pytest.mark.django_db
def test_the_api_locks_and_shows_guards(client):
    project = make_approved_project()
    client.force_login(owner_of(project))
    url = f"/api/v1/projects/{project.slug}/criterion"
    said = {"metric": "accuracy", "level": 0.9, "guards": [{"metric": "recall", "level": 0.9}], "stop_rule": "by May"}
    said |= {"today": 0.8, "people": 0.95}

    refused = client.post(
        f"{url}/lock", said | {"guards": [{"metric": "luck", "level": 1}]}, content_type="application/json"
    )
    made = client.post(f"{url}/lock", said, content_type="application/json")

    assert (refused.status_code, made.status_code) == (422, 201)
    names = ("guards", "slices", "stop_rule", "today", "people", "looks_wanted", "always_same", "costs")
    assert {name: client.get(url).json()[name] for name in names} == {
        "guards": [{"metric": "recall", "level": 0.9}], "slices": [], "stop_rule": "by May",
        "today": 0.8, "people": 0.95, "looks_wanted": None, "always_same": None, "costs": None,
    }  # fmt: skip
