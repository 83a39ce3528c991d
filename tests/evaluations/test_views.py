"""Pages of criterion, ladder, runs, looks, opening, verdict and report: who may, what they say, what they cost."""

import uuid
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from datasets.models import Look, Opening
from dlstart_web.kit.jobs import JobState
from evaluations import training
from evaluations.models import CurvePoint, Ladder, Run
from projects.models import Membership
from tests.factories import (
    do_runs,
    do_submissions,
    make_approved_project,
    make_done_ladder,
    make_ladder,
    make_project,
    make_sealed_version,
    make_user,
)

pytestmark = pytest.mark.django_db
QUICK = ("always_same", "linear")
SLUG_PAGES = (
    "criterion",
    "ladder",
    "leaderboard",
    "look",
    "look_list",
    "look_fragment",
    "opening",
    "verdict",
    "report",
)
SLUG_POSTS = ("ladder_run", "ladder_cancel", "opening_agree", "opening_retry")
RUN_PAGES = ("run_detail", "run_fragment", "run_figure")
RUN_POSTS = ("run_cancel", "run_retry")


def owner_of(project):
    return project.team.memberships.get(role=Membership.Role.OWNER, left_at=None).user


def page(name, key):
    return reverse(f"evaluations:{name}", args=[key])


def addresses(ladder):
    run = ladder.runs.first()
    slug = ladder.project.slug
    gets = [page(name, slug) for name in SLUG_PAGES] + [page(name, run.pk) for name in RUN_PAGES]
    posts = [page(name, slug) for name in SLUG_POSTS] + [page(name, run.pk) for name in RUN_POSTS]
    return [*gets, page("ladder_fragment", ladder.pk)], posts


def test_strangers_are_sent_to_sign_in_and_colleagues_of_a_private_project_find_nothing(client, sign_in, ladder):
    gets, posts = addresses(ladder)

    for url in gets:
        assert client.get(url).status_code == 302
    for url in posts:
        assert client.post(url).status_code == 302
    ladder.project.is_private = True
    ladder.project.save()
    sign_in(make_user())
    for url in gets:
        assert client.get(url).status_code == 404, url
    for url in posts:
        assert client.post(url).status_code == 404, url


def test_colleagues_read_but_change_nothing(client, sign_in, ladder):
    gets, posts = addresses(ladder)
    sign_in(make_user())

    for url in gets:
        assert client.get(url).status_code in (200, 204), url
    for url in posts:
        assert client.post(url).status_code == 403, url
    slug = ladder.project.slug
    for name in ("criterion", "look", "opening"):
        assert client.post(page(name, slug), {}).status_code == 403, name
    assert Ladder.objects.count() == 1


def test_wrong_methods_are_refused(client, sign_in, ladder):
    gets, posts = addresses(ladder)
    sign_in(owner_of(ladder.project))

    for url in posts:
        assert client.get(url).status_code == 405, url
    for url in gets:
        assert client.put(url).status_code == 405, url


def test_unknown_runs_and_ladders_are_not_found(client, sign_in):
    sign_in()

    for name in (*RUN_PAGES, "ladder_fragment"):
        assert client.get(page(name, uuid.uuid4())).status_code == 404


def test_pages_work_before_anything_exists(client, sign_in):
    project = make_approved_project()
    sign_in(owner_of(project))

    for name in SLUG_PAGES:
        assert client.get(page(name, project.slug)).status_code == 200, name
    assert "Lock your success criterion first" in client.get(page("ladder", project.slug)).content.decode()


def test_pages_of_a_sandbox_work(client, sign_in):
    sandbox = make_project(is_sandbox=True)
    make_done_ladder(make_sealed_version(sandbox), only=QUICK)
    sign_in(owner_of(sandbox))

    for name in SLUG_PAGES:
        assert client.get(page(name, sandbox.slug)).status_code == 200, name


# --- criterion ------------------------------------------------------------------------------------------------------------


def test_criterion_is_locked_in_percent_and_amended_with_a_reason(client, sign_in):
    project = make_approved_project()
    sign_in(owner_of(project))
    url = page("criterion", project.slug)

    answer = client.post(url, {"metric": "accuracy", "level": "95", "smallest_difference": "1", "reason": ""})
    assert answer.status_code == 302
    locked = project.criteria.get()
    assert (locked.level, locked.smallest_difference, locked.results_seen) == (0.95, 0.01, 0)

    refused = client.post(url, {"metric": "accuracy", "level": "90", "smallest_difference": "1", "reason": ""})
    assert refused.status_code == 422
    client.post(url, {"metric": "accuracy", "level": "90", "smallest_difference": "1", "reason": "The arm is slower"})
    body = client.get(url).content.decode()
    assert [one.number for one in project.criteria.all()] == [1, 2]
    assert "95.0%" in body
    assert "90.0%" in body
    assert "The arm is slower" in body


@pytest.mark.parametrize(
    ("metric", "level", "sentence"),
    [
        ("accuracy", "120", "Good enough is 120; Share sorted right goes from 0 to 100"),
        ("roc_auc", "95", "Good enough is 95; Area under the ROC curve goes from 0 to 1"),
        ("accuracy", "many", "Good enough: write a number"),
    ],
)
def test_criterion_refuses_a_level_outside_the_measure(client, sign_in, metric, level, sentence):
    project = make_approved_project()
    sign_in(owner_of(project))

    answer = client.post(
        page("criterion", project.slug), {"metric": metric, "level": level, "smallest_difference": "1"}
    )

    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not project.criteria.exists()


def test_criterion_says_what_the_test_set_can_tell(client, sign_in):
    version = make_sealed_version(rows=900)
    sign_in(owner_of(version.dataset.project))

    body = client.get(page("criterion", version.dataset.project.slug)).content.decode()

    assert "180 final rows: a true 80.0 will read 73.9 to 85.6" in body


# --- ladder and runs --------------------------------------------------------------------------------------------------------


def test_ladder_fragment_polls_while_it_runs_and_stops_when_it_ends(client, sign_in):
    ladder = make_ladder(only=QUICK)
    sign_in(owner_of(ladder.project))
    url = page("ladder_fragment", ladder.pk)

    first = client.get(url).content.decode()
    seen = first.split("?seen=")[1].split('"')[0]
    assert 'hx-trigger="every 2s"' in first
    assert "You can leave this page" in first
    assert client.get(f"{url}?seen={seen}").status_code == 204
    do_runs()
    last = client.get(f"{url}?seen={seen}").content.decode()

    assert "hx-trigger" not in last
    assert "Linear model" in last


def test_ladder_page_draws_the_staircase_the_level_and_the_next_step(client, sign_in, ladder):
    sign_in(owner_of(ladder.project))

    body = client.get(page("ladder", ladder.project.slug)).content.decode()

    assert "good enough" in body
    assert "is flattered by about" in body
    assert "suggested from validation alone" in body
    assert body.count("stair-fill") == 2


def test_ladder_run_queues_and_says_why_not(client, sign_in, django_capture_on_commit_callbacks):
    version = make_sealed_version()
    project = version.dataset.project
    sign_in(owner_of(project))

    client.post(page("ladder_run", project.slug))
    again = client.post(page("ladder_run", project.slug), follow=True).content.decode()

    assert project.runs.count() == 7
    assert "7 of its runs have not ended" in again
    assert "7 runs cancelled." in client.post(page("ladder_cancel", project.slug), follow=True).content.decode()


def test_failed_runs_are_listed_below_and_never_ranked(client, sign_in, ladder):
    sign_in(owner_of(ladder.project))
    run = ladder.runs.get(recipe="always_same")
    failed = Run.objects.create(
        ladder=ladder, project=ladder.project, version=ladder.version, recipe="network", rung=6, metric=ladder.metric,
        state=JobState.FAILED, problem="It ran out of memory.", ended_at=run.ended_at,
    )  # fmt: skip

    board = client.get(page("leaderboard", ladder.project.slug)).content.decode()

    assert "It ran out of memory." in board.split("without a score")[1]
    assert str(failed.pk) not in board.split("without a score")[0]
    assert "Run it again" in client.get(page("run_detail", failed.pk)).content.decode()


def test_run_figure_is_open_while_it_runs_and_says_nothing_new_twice(client, sign_in, ladder):
    run = ladder.runs.get(recipe="linear")
    sign_in(owner_of(ladder.project))
    url = page("run_figure", run.pk)

    figure = client.get(url).json()

    assert figure["open"] is False
    assert [line["name"] for line in figure["data"]][:2] == ["Train", "Validation"]
    assert figure["data"][1]["line"]["color"] == "--chart-validation"
    assert client.get(url, {"seen": figure["seen"]}).status_code == 204
    Run.objects.filter(pk=run.pk).update(state=JobState.RUNNING, score=None)
    assert client.get(url, {"seen": figure["seen"]}).json()["open"] is True


def test_run_curve_is_thinned_and_keeps_first_last_and_best(client, sign_in, ladder):
    run = ladder.runs.get(recipe="linear")
    run.points.all().delete()
    Run.objects.filter(pk=run.pk).update(best_x=777)
    CurvePoint.objects.bulk_create(CurvePoint(run=run, x=x, train_loss=1, validation_loss=1) for x in range(1, 1001))
    sign_in(owner_of(ladder.project))

    xs = client.get(page("run_figure", run.pk)).json()["data"][0]["x"]

    assert len(xs) <= 302
    assert {1, 777, 1000} <= set(xs)


def test_home_fragment_shows_my_open_runs_only(client, sign_in):
    mine, other = make_ladder(only=("linear",)), make_ladder(only=("linear",))
    sign_in(owner_of(mine.project))

    body = client.get(reverse("evaluations:jobs_fragment")).content.decode()

    assert str(mine.runs.get().pk) in body
    assert str(other.runs.get().pk) not in body


# --- looks ------------------------------------------------------------------------------------------------------------------


def look_form(ladder, **changes):
    run = ladder.runs.get(recipe=changes.pop("recipe", "linear"))
    return {
        "run": run.pk,
        "guess": "90",
        "reason": "Ladder finished.",
        "confirm": "LOOK",
        "key": uuid.uuid4(),
    } | changes


def test_look_shows_its_price_then_spends_once_for_a_doubled_post(client, sign_in, ladder):
    sign_in(owner_of(ladder.project))
    url = page("look", ladder.project.slug)

    before = client.get(url).content.decode()
    assert "At the validation score of" in before
    assert "0 left for 7 days" in before
    form = look_form(ladder)
    assert [client.post(url, form).status_code for _ in range(2)] == [302, 302]
    do_submissions()

    ledger = client.get(page("look_list", ladder.project.slug)).content.decode()
    assert Look.objects.count() == 1
    assert Look.objects.get().guess == 0.9
    assert "New best: read" in ledger
    assert "Ladder finished." in ledger


def test_look_without_the_word_is_not_spent(client, sign_in, ladder):
    sign_in(owner_of(ladder.project))

    answer = client.post(page("look", ladder.project.slug), look_form(ladder, confirm="yes"))

    assert answer.status_code == 422
    assert "Type LOOK to confirm: &#x27;yes&#x27; is there" in answer.content.decode()
    assert Look.objects.count() == 0


def test_second_look_is_refused_with_the_moment_of_the_next(client, sign_in, ladder):
    sign_in(owner_of(ladder.project))
    url = page("look", ladder.project.slug)
    client.post(url, look_form(ladder))
    do_submissions()

    answer = client.post(url, look_form(ladder, recipe="always_same"))

    body = answer.content.decode()
    assert answer.status_code == 429
    assert 7 * 86400 - 60 < int(answer.headers["Retry-After"]) <= 7 * 86400 + 1
    assert "next look opens" in body
    assert f"{timezone.now() + timedelta(days=7):%b}" in body
    assert Look.objects.count() == 1


def test_next_look_is_a_calendar_file_once_one_is_waited_for(client, sign_in, ladder):
    slug = ladder.project.slug
    calendar, look_url = reverse("datasets:next_look", args=[slug]), page("look", slug)
    sign_in(owner_of(ladder.project))
    assert client.get(calendar).status_code == 404
    client.post(look_url, look_form(ladder))

    answer = client.get(calendar)

    opens = Look.objects.get().spent_at + timedelta(days=7, minutes=1)
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="next-look-{slug}.ics"'
    assert f"\r\nDTSTART:{opens:%Y%m%dT%H%M}00Z\r\n" in answer.content.decode()
    for name in ("look", "look_list"):
        assert f'<a href="{calendar}" download>' in client.get(page(name, slug)).content.decode()


def test_granted_look_is_read_by_everybody_with_its_reason(client, sign_in, ladder):
    slug = ladder.project.slug
    grant, look_url = reverse("datasets:look_grant", args=[slug]), page("look", slug)
    api = reverse("api_looks", args=[slug])
    sign_in(owner_of(ladder.project))
    client.post(look_url, look_form(ladder))
    do_submissions()
    sign_in(make_user(is_administrator=True))
    link = f'<a href="{grant}">'
    assert link in client.get(look_url).content.decode()

    answers = [client.post(grant, {"reason": "A board meets."}).status_code for _ in range(2)]

    sign_in(make_user())
    shown = [client.get(page(name, slug)).content.decode() for name in ("look", "look_list")]
    ledger = client.get(api).json()
    assert answers == [302, 422]
    for body in shown:
        assert "A board meets." in body
        assert "Not used yet" in body
        assert link not in body
    assert [given["reason"] for given in ledger["grants"]] == ["A board meets."]
    sign_in(owner_of(ladder.project))
    ledger = client.get(api).json()
    assert (ledger["looks_left"], ledger["counted_by"]) == (1, "grant")


def test_members_spend_only_if_the_owner_allows_it(client, sign_in, ladder):
    member = make_user()
    Membership.objects.create(team=ladder.project.team, user=member)
    sign_in(member)
    url = page("look", ladder.project.slug)

    assert client.post(url, look_form(ladder)).status_code == 403
    lineage = ladder.version.dataset.lineage
    lineage.members_may_look = True
    lineage.save()
    assert client.post(url, look_form(ladder)).status_code == 302


def test_look_fragment_stops_polling_once_answered(client, sign_in, ladder):
    sign_in(owner_of(ladder.project))
    client.post(page("look", ladder.project.slug), look_form(ladder))
    url = page("look_fragment", ladder.project.slug)

    waiting = client.get(url).content.decode()
    do_submissions()

    assert 'hx-trigger="every 2s"' in waiting
    assert "hx-trigger" not in client.get(url, {"seen": "spent"}).content.decode()


def test_a_blend_names_its_members_in_the_readers_language(sign_in, ladder):
    run, reader = ladder.runs.get(recipe="linear"), make_user(language="de")
    Run.objects.filter(pk=run.pk).update(
        recipe="blend", settings={"weights": {"Random forest": 0.75, "Boosting": 0.25}}
    )

    shown = sign_in(reader).get(page("run_detail", run.pk)).content.decode()

    assert "<dt>Zufallswald</dt><dd>0,75</dd>" in shown


# --- opening, verdict, report --------------------------------------------------------------------------------------------------


def test_opening_is_asked_by_the_owner_agreed_by_the_handler_and_ends_in_a_page(client, sign_in):
    ladder = make_done_ladder(make_sealed_version(rows=900), only=QUICK)
    project, slug = ladder.project, ladder.project.slug
    sign_in(owner_of(project))
    linear = ladder.runs.get(recipe="linear")

    assert client.post(page("opening", slug), {"simple": linear.pk, "deep": "", "confirm": "no"}).status_code == 422
    assert client.post(page("opening", slug), {"simple": linear.pk, "deep": "", "confirm": "OPEN"}).status_code == 302
    assert client.post(page("opening_agree", slug)).status_code == 403
    client.force_login(project.handler)
    assert "Agree and open" in client.get(page("opening", slug)).content.decode()
    assert client.post(page("opening_agree", slug)).status_code == 302
    assert "is being scored" in client.get(page("verdict", slug)).content.decode()
    do_submissions()

    assert Opening.objects.get().state == Opening.State.SCORED
    assert client.get(page("opening", slug)).status_code == 302
    verdict = client.get(page("verdict", slug)).content.decode()
    assert "180 final rows" in verdict
    assert "one-sided 2.5%" in verdict
    report = client.get(page("report", slug)).content.decode()
    for heading in (
        "1. Five criteria",
        "2. Success criterion",
        "3. Data and seal",
        "4. Ladder",
        "5. Looks",
        "6. Operating point and guard rails",
        "7. Verdict",
    ):
        assert heading in report


def test_report_hides_reviews_from_a_reviewer_who_owes_one(client, sign_in, ladder):
    sign_in(make_user())
    url = page("report", ladder.project.slug)

    assert "1 reviewer, median" in client.get(url).content.decode()  # the proposal is decided: open to colleagues


# --- what a page costs -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 3])
def test_leaderboard_takes_the_same_queries_for_any_length(client, sign_in, django_assert_num_queries, ladder, count):
    run = ladder.runs.get(recipe="linear")
    for _ in range(count):
        run.pk, run._state.adding = uuid.uuid4(), True
        run.save(force_insert=True)
    sign_in(owner_of(ladder.project))
    client.get(page("leaderboard", ladder.project.slug))

    with django_assert_num_queries(LEADERBOARD_QUERIES):
        body = client.get(page("leaderboard", ladder.project.slug)).content.decode()

    assert body.count("Linear model") == 1 + count


LEADERBOARD_QUERIES = 12


def test_ladder_run_takes_a_rule_as_a_rung_and_refuses_one_it_cannot_read(client, sign_in):
    version = make_sealed_version()
    project = version.dataset.project
    sign_in(owner_of(project))

    refused = client.post(page("ladder_run", project.slug), {"rule": "depth > 3"})
    none_yet = project.runs.count()
    client.post(page("ladder_run", project.slug), {"rule": "width + height > 18", "budget": "60"})
    do_runs_of("own_rule")

    run = Run.objects.get(recipe="own_rule")
    shown = client.get(page("ladder", project.slug)).content.decode()
    assert refused.status_code == 422
    assert "there is no column &#x27;depth&#x27;" in refused.content.decode()
    assert none_yet == 0
    assert (run.ladder.budget, run.ladder.rule) == (60, "width + height > 18")
    assert run.state == JobState.DONE, run.problem
    assert run.score > 0.75
    assert "Your own rule" in shown


def do_runs_of(recipe):
    run = Run.objects.get(recipe=recipe)
    training.execute(run_id=str(run.pk), token=str(run.token))
