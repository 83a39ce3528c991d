"""The demo organisation: its six projects at their stages, each by real work, and removed without a trace."""

import stat
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection
from django.http import Http404
from django.test import Client
from django.utils import timezone
from knox.models import AuthToken

from datasets import selectors as dataset_selectors
from datasets.models import Dataset, Lineage, Look, Seal, TestSet
from dlstart_web.celery import app
from dlstart_web.demo.advance import advance
from dlstart_web.demo.load import load, logins_path
from dlstart_web.demo.people import PEOPLE
from dlstart_web.demo.remove import remove
from dlstart_web.demo.stories import STORIES
from dlstart_web.kit.jobs import Job, JobState
from dlstart_web.management.commands.run import Command
from evaluations import services as evaluation_services
from evaluations.models import Run, Verdict
from projects import permissions, services
from projects import selectors as project_selectors
from projects.core import form
from projects.core.criteria import KEYS, REASON_NEEDED
from projects.models import Decision, Membership, Project, Proposal, Review, Score, User
from tests.factories import make_proposal, make_team, make_user, make_version

DEMO_TABLES = [
    model
    for model in apps.get_models()
    if model._meta.app_label in ("projects", "datasets", "evaluations", "knox", "sessions")
]


def work_jobs() -> int:
    """What the workers would do now; how many jobs that were."""
    app.loader.import_default_modules()
    waiting = [
        job
        for model in apps.get_models()
        if issubclass(model, Job)
        for job in model.objects.filter(state=JobState.QUEUED)
    ]
    for job in waiting:
        app.tasks[job.TASK](str(job.pk), str(job.token))
    return len(waiting)


def work_to_the_end() -> list[str]:
    """Advance and work in turns until nothing is left to do; where each project with data stands."""
    positions = advance()
    while work_jobs():
        positions = advance()
    assert all(position.is_settled for position in positions), positions
    return [position.words for position in positions]


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Places of our own, so that what is left in them can be counted."""
    with pytest.MonkeyPatch.context() as patch:
        root = tmp_path_factory.mktemp("demo")
        from_settings = {
            "DATA": root,
            "STORE": root / "store",
            "VAULT": root / "vault",
            "QUARANTINE": root / "quarantine",
        }
        for name, place in from_settings.items():
            place.mkdir(exist_ok=True)
            patch.setattr(f"django.conf.settings.{name}", place)
        yield root


@pytest.fixture(scope="module")
def demo(folders, django_db_setup, django_db_blocker):
    """The whole demo, loaded once: its ladders take seconds. Tests that change rows roll them back."""
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        patch.setattr("dlstart_web.demo.advance.LADDER_SECONDS", 5)  # boosting stops early; all else is as in real life
        load()
        words = work_to_the_end()
        yield words
        remove()
        call_command("flush", verbosity=0, interactive=False)  # the log keeps its events, and other tests begin without


def project(name: str) -> Project:
    return Project.objects.get(name=name, is_demo=True)


def person(key: str) -> User:
    return User.objects.get(email=f"{key}@northlight.example")


def medians(name: str) -> dict[str, float | None]:
    profile = project_selectors.profile_of(project(name).proposals.get(number=1))
    return {summary.criterion.key: summary.median for summary in profile.criteria}


# ---- the stories


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_story_answers_every_starred_question(story):
    assert form.BUILT_IN.missing(story.form.replies, story.form.mapping) == []


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_story_reviews_give_the_reasons_that_are_asked_for(story):
    without = [
        (opinion.reviewer, key)
        for opinion in story.opinions
        for key, (score, reason) in opinion.scores.items()
        if score in REASON_NEEDED and not reason
    ]

    assert without == []
    assert all(
        set(opinion.scores) == set(KEYS) and opinion.change_mind
        for opinion in story.opinions
        if opinion.day is not None
    )


def test_stories_with_data_say_what_the_rows_really_are():
    with_data = [story for story in STORIES if story.data]

    assert [story.name for story in with_data] == ["Mug finder", "Invoice router"]
    for story in with_data:
        assert "scikit-learn" in story.form.replies["D4"].text
        assert "demo" in story.data.name
        rows = story.data.cells()
        assert len(rows) == 1798
        assert {len(row) for row in rows} == {65}


# ---- loaded


@pytest.mark.django_db
def test_load_marks_people_teams_and_projects_as_demo(demo):
    assert Project.objects.filter(is_demo=True).count() == 6
    assert User.objects.filter(is_demo=True).count() == len(PEOPLE) == 7
    assert set(Project.objects.filter(is_demo=True).values_list("team__is_demo", flat=True)) == {True}
    assert not User.objects.filter(is_demo=True, is_administrator=True).exists()


@pytest.mark.django_db
def test_load_twice_changes_nothing(demo):
    logins, reviews = logins_path().read_text(), Review.objects.count()

    assert load() is False
    assert work_jobs() == 0
    assert advance() == advance()
    assert (logins_path().read_text(), Review.objects.count(), Run.objects.count()) == (logins, reviews, 14)


@pytest.mark.django_db
def test_load_keeps_the_log_ins_for_the_owner_of_the_installation_alone(demo):
    lines = logins_path().read_text().splitlines()
    email, password = lines[0].split()[:2]

    assert stat.S_IMODE(logins_path().stat().st_mode) == 0o600
    assert len(lines) == len(PEOPLE)
    assert Client().login(request=None, email=email, password=password) or User.objects.get(email=email).check_password(
        password
    )


@pytest.mark.django_db
def test_decisions_are_those_of_the_stories(demo):
    outcomes = dict(
        Decision.objects.filter(proposal__project__is_demo=True).values_list("proposal__project__name", "outcome")
    )

    assert outcomes == {
        "Mug finder": "go",
        "Invoice router": "go",
        "Cafeteria menu predictor": "stop",
        "Delivery cart": "hold",
        "Game-level bot": "revise",
    }
    assert project("Game-level bot").proposals.get(number=2).state == Proposal.State.DRAFT


@pytest.mark.django_db
def test_reviews_show_what_each_story_is_about(demo):
    assert medians("Cafeteria menu predictor")["payoff"] == 1
    assert (medians("Delivery cart")["payoff"], medians("Delivery cart")["fault_tolerance"]) == (5, 1)
    assert medians("Game-level bot")["reuse"] == 1
    assert min(value for value in medians("Mug finder").values() if value) == 4


@pytest.mark.django_db
def test_company_oracle_is_in_review_with_magic_in_its_mapping(demo):
    proposal = project("Company oracle").proposals.get()
    points = form.BUILT_IN.open_points(project_selectors.replies_of(proposal), project_selectors.mapping_of(proposal))

    assert proposal.state == Proposal.State.IN_REVIEW
    assert sorted(proposal.reviews.values_list("state", flat=True)) == ["drafting", "invited", "submitted"]
    assert "Y says “best”" in " ".join(reason for _, reason in points)
    assert not project_selectors.visible_reviews(person("salma"), proposal)
    assert Score.objects.filter(review__proposal=proposal).count() == 7


@pytest.mark.django_db
def test_a_start_makes_log_ins_anew_that_a_restored_copy_lacks(demo):
    logins = logins_path().read_text()
    logins_path().unlink()

    words = Command().prepare()
    email, password = logins_path().read_text().split()[:2]
    assert f"{email}   {password}" in words
    assert User.objects.get(email=email).check_password(password)
    logins_path().write_text(logins)  # the passwords are rolled back
    logins_path().with_name("welcomed").unlink()


# ---- what workers did


@pytest.mark.django_db
def test_mug_finder_has_its_ladder_and_one_look_left(demo):
    finder = project("Mug finder")
    runs = {run.recipe: run for run in finder.runs.all()}
    status = dataset_selectors.look_status(finder, person("teo"), timezone.now())

    assert demo[0] == "ladder done, one look left"
    assert {run.state for name, run in runs.items() if name != "blend"} == {JobState.DONE}
    assert not runs["blend"].is_open
    assert (
        runs["always_same"].score < 0.65 < 0.85 < runs["linear"].score
    )  # which rows are whose differs from load to load
    assert (status.looks_now, finder.looks.count()) == (1, 0)
    assert project_selectors.current_criterion(finder).results_seen == 0


@pytest.mark.django_db
def test_invoice_router_ends_in_simple_is_enough_by_the_rules(demo):
    router = project("Invoice router")
    verdict = Verdict.objects.get(project=router)
    look, opening = router.looks.get(), router.openings.get()

    assert demo[1] == verdict.title
    assert verdict.code == "SIMPLE_IS_ENOUGH"
    assert (look.state, opening.state) == (Look.State.SCORED, "scored")
    assert opening.agreed_by == person("edda")
    assert opening.result["simple"]["recipe"] == "linear"
    assert opening.result["simple"]["low"] >= 0.85
    assert opening.alpha < 0.05, "a pooled set pays for the look it took"


@pytest.mark.django_db
def test_demo_data_is_sealed_by_the_steward(demo):
    seals = Seal.objects.filter(version__dataset__project__is_demo=True)

    assert {seal.sealed_by for seal in seals} == {person("pia")}
    assert [seal.is_pooled for seal in seals] == [True, True]


# ---- demo accounts stay in the demo


@pytest.mark.django_db
def test_demo_accounts_reach_no_real_project(demo):
    real = make_proposal(submitted=True).project

    for key in ("pia", "edda", "ines", "mara"):
        assert set(project_selectors.readable_projects(person(key)).values_list("is_demo", flat=True)) <= {True}
        with pytest.raises(Http404):
            permissions.get_project_or_404(person(key), real.slug)
        with pytest.raises(Http404):
            permissions.get_project_or_404(person(key), real.slug, role=permissions.Role.STEWARD)
    Dataset.objects.create(lineage=Lineage.objects.create(), project=real, name="Real rows", created_by=real.created_by)
    assert set(dataset_selectors.dataset_list_for(person("pia")).values_list("project__is_demo", flat=True)) == {True}


# ---- removed


def rows() -> dict[str, set]:
    return {model._meta.label: set(model._base_manager.values_list("pk", flat=True)) for model in DEMO_TABLES}


def files(root: Path) -> set[Path]:
    return {path for path in root.rglob("*") if path.is_file()}


def make_real_work() -> None:
    """A real project beside the demo, with data, a look in its ledger, a session and a token."""
    owner = make_user("Real Owner")
    team = make_team(owner, name="Real team")
    version = make_version(make_proposal(team, submitted=True, name="Real project").project)
    tier = TestSet.objects.create(
        lineage=version.dataset.lineage, version=version, tier=TestSet.Tier.FINAL, is_pooled=True, rows=60
    )
    Look.objects.create(
        test_set=tier,
        project=version.dataset.project,
        team=team,
        user=owner,
        idempotency_key="real",
        model_name="Linear model",
        predictions_digest="0" * 64,
        spent_at=timezone.now(),
    )
    Client().force_login(owner)
    services.create_token(user=owner)


def play() -> None:
    """What a visitor may do: spend the look, ask for a token, begin projects, take a real colleague into the team."""
    finder, teo, mara = project("Mug finder"), person("teo"), person("mara")
    run = finder.runs.filter(recipe="boosting").get()
    evaluation_services.spend_look(project=finder, user=teo, run=run, idempotency_key="played", reason="to see")
    evaluation_services.run_ladder(project=finder, version=run.version, user=mara)
    services.create_token(user=teo)
    services.create_invitation(by=mara, team=finder.team, email="guest@example.org")
    services.join_team(team=finder.team, user=User.objects.get(name="Real Owner"))
    sandbox = services.create_project(user=mara, team=finder.team, name="Sandbox", is_sandbox=True)
    make_version(sandbox, user=mara)
    services.create_team(user=teo, name="Visitors")
    Client().force_login(teo)


@pytest.mark.django_db
def test_remove_leaves_nothing_of_the_demo_and_all_of_the_rest(demo, folders):
    demo_rows, demo_files = rows(), files(folders)
    make_real_work()
    real_rows = {label: keys - demo_rows[label] for label, keys in rows().items()}
    real_files = files(folders) - demo_files
    play()

    gone = remove()

    assert gone == {"projects": 7, "teams": 3, "people": 7}
    assert rows() == real_rows
    assert files(folders) == real_files
    assert remove() == {"projects": 0, "teams": 0, "people": 0}
    assert not Session.objects.exclude(pk__in=real_rows["sessions.Session"]).exists()
    assert AuthToken.objects.count() == 1
    connection.check_constraints()


@pytest.mark.django_db
def test_remove_closes_the_account_of_who_took_part_in_real_work(folders, monkeypatch):
    load()
    proposal = make_proposal(submitted=True)
    Review.objects.create(proposal=proposal, reviewer=person("jonas"))

    remove()

    closed = Review.objects.get(proposal=proposal).reviewer
    assert (closed.is_active, closed.is_demo, closed.has_usable_password()) == (False, False, False)
    assert load() is True


@pytest.mark.django_db
def test_command_asks_before_it_removes(folders, monkeypatch):
    load()
    monkeypatch.setattr("builtins.input", lambda words: "no")

    with pytest.raises(Exception, match="Nothing was removed"):
        call_command("demo", "remove", stdout=StringIO())

    assert Project.objects.filter(is_demo=True).count() == 6
    call_command("demo", "remove", "--yes", stdout=StringIO())
    assert not Project.objects.filter(is_demo=True).exists()


@pytest.mark.django_db
def test_command_prints_log_ins_and_where_each_project_stands(folders):
    out = StringIO()
    call_command("demo", "load", stdout=out)
    call_command("demo", "status", stdout=out)

    assert "mara@northlight.example" in out.getvalue()
    assert "Company oracle: reached Idea" in out.getvalue()


@pytest.mark.django_db
def test_reviewed_projects_look_back_on_weeks(folders):
    load()

    long_ago = timezone.now() - timedelta(days=20)
    assert not Decision.objects.filter(decided_at__gt=long_ago).exists()
    assert not Membership.objects.filter(joined_at__gt=long_ago).exists()
