"""Would more data help? Asked on a page and by a program, measured by a worker, answered in words."""

import json

import pytest
from django.urls import reverse

from dlstart_web.kit.jobs import JobState
from evaluations import services, training
from evaluations.models import Forecast
from projects.models import Membership
from tests.factories import do_forecasts, make_csv, make_done_ladder, make_sealed_version

pytestmark = pytest.mark.django_db


def owner_of(project):
    return project.team.memberships.get(role=Membership.Role.OWNER, left_at=None).user


def make_run(rows=700):
    version = make_sealed_version(file=make_csv(rows))
    return make_done_ladder(version, only=("always_same", "linear")).runs.get(recipe="linear")


def test_a_member_asks_and_reads_the_answer_which_no_test_row_went_into(client):
    run = make_run()
    client.force_login(owner_of(run.project))
    address = reverse("evaluations:run_forecast", args=[run.pk])
    for path in training.encoded(run.version).folder.glob("tree_[cf]*.npy"):  # checkpoint and final
        path.unlink()

    asked = client.post(address, {"row_cost": "0.5"})
    do_forecasts()

    forecast = Forecast.objects.get()
    found = forecast.result
    page = client.get(address).content.decode()
    figure = client.get(reverse("evaluations:run_forecast_figure", args=[run.pk])).json()
    answer = client.get(reverse("api_run_forecast", args=[run.pk])).json()
    assert asked.status_code == 302
    assert (forecast.state, forecast.problem) == (JobState.DONE, "")
    assert (found["sizes"][0], found["sizes"][-1], found["repeats"]) == (30, run.rows_trained, 6)
    assert found["scores"][-1] == pytest.approx(run.score, abs=0.03)
    assert found["n_validation"] == run.rows_validation
    assert answer["message"] in page.replace("&#x27;", "'")
    assert figure["data"][0]["y"] == found["scores"]
    if found["refusals"]:
        assert answer["message"].startswith("No forecast: ")
    else:
        assert answer["rows_needed"] == found["needed"]["likely"]


def test_a_budget_that_is_too_small_says_how_far_it_got():
    run = make_run(rows=300)
    forecast = services.ask_forecast(run=run, user=owner_of(run.project), budget=5)
    Forecast.objects.update(budget=0)
    do_forecasts()

    forecast.refresh_from_db()
    assert forecast.state == JobState.FAILED
    assert forecast.problem == (
        "0 CPU seconds were enough for 0 of 3 passes over 9 data sizes; two are the least. "
        "Ask again with a larger budget."
    )


def test_what_may_not_be_asked_is_refused_in_words(client):
    run = make_run(rows=300)
    user = owner_of(run.project)
    client.force_login(user)
    dummy = run.ladder.runs.get(recipe="always_same")
    services.ask_forecast(run=run, user=user)

    twice = client.post(reverse("api_run_forecast", args=[run.pk]), json.dumps({}), content_type="application/json")
    constant = client.post(
        reverse("api_run_forecast", args=[dummy.pk]), json.dumps({}), content_type="application/json"
    )

    assert (twice.status_code, twice.json()["detail"]) == (409, "The forecast of this run has not ended. Wait for it.")
    assert constant.status_code == 409
    assert constant.json()["detail"] == "Always the same answer does not learn from rows. Ask for another rung."
    assert Forecast.objects.count() == 1
