"""Guesses before a ladder and what became of them."""

import pytest
from django.urls import reverse

from evaluations import selectors
from evaluations.models import Ladder, Run
from projects.models import Membership
from tests.factories import do_runs, make_project, make_sealed_version, make_team, make_user

pytestmark = pytest.mark.django_db
SURPRISES = "/surprises/"


def owner_of(project):
    return project.team.memberships.get(role=Membership.Role.OWNER, left_at=None).user


def sandbox():
    user = make_user()
    return make_sealed_version(make_project(make_team(user), user=user, is_sandbox=True))


def test_a_guess_in_percent_is_kept_and_compared_with_the_best_rung(client, sign_in):
    version = make_sealed_version()
    project = version.dataset.project
    sign_in(owner_of(project))
    run = reverse("evaluations:ladder_run", args=[project.slug])

    client.post(run, {"guess": "12"})
    ladder = Ladder.objects.get()

    assert (ladder.guess, ladder.results_before) == (0.12, 0)
    assert "Guessed before: 12.0%." in client.get(reverse("evaluations:ladder", args=[project.slug])).content.decode()
    assert selectors.surprises(owner_of(project)) == []
    do_runs()
    [row] = selectors.surprises(owner_of(project))
    assert (row["outcome"], row["is_mine"], row["is_sandbox"]) == ("better", True, False)
    page = client.get(SURPRISES).content.decode()
    assert "better than guessed." in page
    assert "by you" in page


def test_a_guess_that_is_none_starts_nothing(client, sign_in):
    version = sandbox()
    project = version.dataset.project
    sign_in(owner_of(project))

    for guess in ("a lot", "194"):
        answer = client.post(reverse("evaluations:ladder_run", args=[project.slug]), {"guess": guess}, follow=True)
        assert "Nothing was started." in answer.content.decode()

    assert not Ladder.objects.exists()


def test_log_is_empty_in_words_shows_others_nothing_and_marks_sandboxes(client, sign_in, django_assert_num_queries):
    version = sandbox()
    project, owner = version.dataset.project, owner_of(version.dataset.project)
    sign_in(owner)
    assert "No surprises, because nobody guessed" in client.get(SURPRISES).content.decode()

    for _ in range(2):
        client.post(reverse("evaluations:ladder_run", args=[project.slug]), {"guess": "0.999"})
        Ladder.objects.first().runs.exclude(recipe__in=("always_same", "linear")).delete()
        do_runs()
    rows = selectors.surprises(owner)
    run = client.get(reverse("evaluations:run_detail", args=[Run.objects.first().pk])).content.decode()

    assert '<span class="tag">sandbox</span>' in run
    assert [row["is_sandbox"] for row in rows] == [True, True]
    assert sorted(row["results_before"] for row in rows) == [0, 2]
    assert selectors.surprises(make_user()) == []
    with django_assert_num_queries(3):
        selectors.surprises(owner)
    Ladder.objects.first().delete()
    with django_assert_num_queries(3):
        selectors.surprises(owner)
