"""What one may try after a diagnosis: a run with another setting, and the same run with other seeds."""

import json

import pytest
from django.urls import reverse

from dlstart_web.kit.jobs import JobState
from evaluations import services
from evaluations.models import Run, Spread
from projects.models import Criterion, Membership
from tests.factories import do_runs, do_spreads, make_csv, make_done_ladder, make_sealed_version

pytestmark = pytest.mark.django_db


def owner_of(project):
    return project.team.memberships.get(role=Membership.Role.OWNER, left_at=None).user


def make_run(recipe="boosting", rows=300, only=("boosting", "linear")):
    ladder = make_done_ladder(make_sealed_version(file=make_csv(rows)), only=only)
    return ladder.runs.get(recipe=recipe)


def test_a_press_on_a_remedy_trains_the_rung_anew_and_says_what_it_brought(client):
    run = make_run()
    Run.objects.filter(pk=run.pk).update(diagnosis=run.diagnosis | {"code": "OVERFITTING"})
    Criterion.objects.update(level=0.9999)  # a model that meets it would be left as it is
    client.force_login(owner_of(run.project))
    address = reverse("evaluations:run_detail", args=[run.pk])
    page = client.get(address).content.decode()

    pressed = client.post(reverse("evaluations:run_remedy", args=[run.pk]), {"remedy": "halve"})
    again = client.post(reverse("evaluations:run_remedy", args=[run.pk]), {"remedy": "halve"}, follow=True)
    do_runs()

    tried = Run.objects.get(remedy_of=run)
    after = client.get(reverse("evaluations:run_detail", args=[tried.pk])).content.decode()
    board = client.get(reverse("evaluations:leaderboard", args=[run.project.slug])).content.decode()
    assert ('value="halve"' in page, "Halve it" in page, "Add data" in page) == (True, True, True)
    assert pressed.url == reverse("evaluations:run_detail", args=[tried.pk])
    assert "That was tried already: half the size." in again.content.decode()
    assert (tried.state, tried.budget, tried.change) == (JobState.DONE, run.ladder.budget, {"size": 0.5})
    assert (run.settings["shape"]["num_leaves"], tried.settings["shape"]["num_leaves"]) == (8, 4)
    assert "Tried half the size: " in after
    assert "Boosting, half the size" in board
    assert "Tried after this:" in client.get(address).content.decode()


def test_a_remedy_upon_a_remedy_multiplies():
    run = make_run(only=("boosting",))

    once = services.try_remedy(run=run, remedy="halve")
    do_runs()
    once.refresh_from_db()
    twice = services.try_remedy(run=once, remedy="halve")

    assert twice.change == {"size": 0.25}


def test_what_cannot_be_changed_is_refused_in_words(client):
    run = make_run()
    linear = run.ladder.runs.get(recipe="linear")
    client.force_login(owner_of(run.project))

    def ask(name, of, **body):
        answer = client.post(reverse(name, args=[of.pk]), json.dumps(body), content_type="application/json")
        return answer.status_code, answer.json()["detail"]

    services.ask_spread(run=run, user=owner_of(run.project))
    assert ask("api_run_remedies", linear, remedy="halve") == (
        409,
        "Linear model has no size or length that could be changed.",
    )
    assert ask("api_run_remedies", run, remedy="pray")[0] == 422
    assert ask("api_run_spread", linear) == (409, "Linear model comes out the same with every seed.")
    assert ask("api_run_spread", run) == (409, "The other seeds of this run have not ended. Wait for them.")
    assert Run.objects.filter(remedy_of__isnull=False).count() == 0


def test_five_seeds_say_how_much_of_a_score_is_chance(client):
    run = make_run(only=("boosting",))
    entries = Run.objects.filter(score__isnull=False).count()
    client.force_login(owner_of(run.project))

    client.post(reverse("evaluations:run_spread", args=[run.pk]), {})
    do_spreads()

    found = Spread.objects.get().result
    page = client.get(reverse("evaluations:run_detail", args=[run.pk])).content.decode()
    figure = client.get(reverse("evaluations:run_spread_figure", args=[run.pk])).json()
    scores = [fit["score"] for fit in found["fits"]]
    assert [fit["seed"] for fit in found["fits"]] == [0, 1, 2, 3, 4]
    assert scores[0] == run.score
    assert found["mean"] == pytest.approx(sum(scores) / 5)
    assert len(set(scores)) > 1
    assert "5 seeds: " in page
    assert len(figure["data"]) == 5
    assert Run.objects.filter(score__isnull=False).count() == entries
    assert client.get(reverse("api_run_spread", args=[run.pk])).json()["result"] == found


def test_a_budget_for_too_few_seeds_says_so():
    run = make_run(only=("boosting",))
    services.ask_spread(run=run, user=owner_of(run.project), budget=5)
    Run.objects.filter(pk=run.pk).update(cpu_seconds=50.0)

    do_spreads()

    asked = Spread.objects.get()
    assert asked.state == JobState.FAILED
    assert asked.problem == (
        "5 CPU seconds were enough for 1 of 5 seeds; 3 are the least. One fit took 50.0; ask again with a larger budget."
    )
