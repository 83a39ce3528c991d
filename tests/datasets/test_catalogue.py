"""The catalogue: who finds what, what each filter keeps, datasheets that two cannot overwrite, data between teams."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from datasets import catalogue, permissions, selectors, services, store
from datasets.catalogue import Filters
from datasets.core.budget import NoLookLeft
from datasets.core.datasheet import QUESTIONS
from datasets.models import AccessRequest, Dataset, DatasetVersion, DataUse, Look, LookGate, SheetAnswer, TestSet
from evaluations import services as evaluation_services
from projects import selectors as project_selectors
from projects import services as project_services
from tests.factories import (
    do_ingestions,
    make_approved_project,
    make_csv,
    make_entry,
    make_project,
    make_proposal,
    make_review,
    make_team,
    make_user,
)

pytestmark = pytest.mark.django_db


def url(name, *args) -> str:
    return reverse(f"datasets:{name}", args=args)


def owner_of(project):
    return project.team.memberships.get(role="owner", left_at=None).user


def found(user, **asked) -> set[str]:
    return {entry.name for entry in catalogue.search(catalogue.entries_for(user), Filters(**asked))}


def say(dataset, question, **values) -> SheetAnswer:
    return services.save_sheet_answer(dataset=dataset, user=dataset.created_by, question=question, revision=0, **values)


def test_entries_are_found_by_who_may_find_them_and_lists_agree_with_pages():
    team = make_team()
    own = make_entry(make_project(team), name="own")
    private = make_entry(make_project(is_private=True), name="private")
    listed = make_entry(make_project(is_sandbox=True), name="listed", is_listed=True, is_sealed=False)
    unlisted = make_entry(make_project(is_sandbox=True), name="unlisted")
    submitted = make_proposal(submitted=True).project
    readable = make_entry(submitted, name="readable")
    unsealed = make_entry(submitted, name="unsealed", is_sealed=False)
    granted = make_entry(make_project(is_private=True), name="granted")
    member = owner_of(own.project)
    asked = services.ask_access(dataset=granted, team=team, user=member, purpose="To train.")
    services.decide_access(request=asked, user=granted.created_by, grant=True)
    people = {
        member: {"own", "listed", "readable", "granted"},
        make_user(): {"listed", "readable"},
        make_user(is_steward=True): {"own", "private", "listed", "readable", "unsealed", "granted"},
        make_user(is_demo=True): set(),
    }

    for person, names in people.items():
        assert found(person) == names
        every = (own, private, listed, unlisted, readable, unsealed, granted)
        assert {each.name for each in every if permissions.may_find(person, each)} == names


def test_words_are_searched_in_name_team_sheet_and_columns():
    team = make_team(name="Canteen")
    mugs = make_entry(make_project(team), name="mug belt", columns={"Gewicht größe": "number", "y": "category"})
    make_entry(make_project(team), name="number", columns={"a": "text", 'quo"te': "picture"})
    say(mugs, "gaps", text="No rows of the night shift.")
    user = owner_of(mugs.project)

    assert found(user, q="mug") == {"mug belt"}
    assert found(user, q="canteen") == {"mug belt", "number"}
    assert found(user, q="night CANTEEN") == {"mug belt"}
    assert found(user, q="größe") == {"mug belt"}
    assert found(user, q='o"t') == {"number"}
    assert found(user, q="category") == set()
    assert found(user, q="name") == set()
    assert found(user, q="%") == found(user, q=".*") == set()


def test_columns_of_an_entry_that_is_not_open_are_no_oracle():
    entry = make_entry(make_proposal(submitted=True).project, columns={"salary": "text", "mug": "category"})

    assert found(make_user(), q="salary") == set()
    assert found(make_user(), holds="text") == set()
    assert found(owner_of(entry.project), q="salary") == {"belt"}


def test_the_team_is_hidden_while_a_blind_review_is_owed():
    proposal = make_proposal(make_team(name="Beltline"), submitted=True)
    entry = make_entry(proposal.project)
    reviewer = make_review(proposal).reviewer
    client = APIClient()
    client.force_authenticate(reviewer)

    assert found(reviewer, q="beltline") == set()
    assert client.get("/api/v1/catalogue").data["results"][0]["team"] is None
    client.force_login(reviewer)
    for page in (url("dataset_list"), url("dataset_detail", entry.pk)):
        assert "Beltline" not in client.get(page).content.decode()


def test_each_filter_keeps_what_it_says():
    project = make_project()
    plain = make_entry(project, name="plain", target="", is_sealed=False)
    rich = make_entry(project, name="rich", columns={"photo": "picture", "mug": "category"})
    other = make_entry(name="other", is_listed=True)
    say(rich, "people", choice="none")
    say(rich, "uses", choice="reuse")
    say(rich, "kept", day=date(2028, 6, 30))
    say(plain, "kept", day=date(2027, 6, 30))
    say(plain, "people", choice="some", text="none")
    user = owner_of(project)

    assert found(user, labels=True) == {"rich", "other"}
    assert found(user, task="binary", mine=True) == {"rich"}
    assert found(user, task="regression") == set()
    assert found(user, holds="picture") == found(user, no_people=True) == found(user, reuse=True) == {"rich"}
    assert found(user, kept_until=date(2028, 1, 1)) == {"rich"}
    assert found(user, askable=True) == {"other"}
    assert other.is_listed


@pytest.mark.parametrize("name", ["name__startswith", "ordering", "project__team__name", "lineage__secret__gt", "p"])
def test_unknown_parameters_are_refused(sign_in, name):
    client = sign_in()

    assert client.get(url("dataset_list"), {name: "a"}).status_code == 400
    assert client.get("/api/v1/catalogue", {name: "a"}).json()["type"] == "unknown-parameter"


@pytest.mark.parametrize("count", [1, 3])
def test_catalogue_asks_as_often_for_one_as_for_three(sign_in, django_assert_num_queries, count):
    project = make_project()
    for number in range(count):
        say(make_entry(project, name=f"set {number}"), "why", text="Because.")
        services.want_data(user=owner_of(project), title=f"data {number}")
    client = sign_in(owner_of(project))

    with django_assert_num_queries(8):
        client.get(url("dataset_list") + "?q=set&labels=on")
    with django_assert_num_queries(5):
        client.get("/api/v1/catalogue?q=set")


# ---- datasheets


def test_sheet_is_saved_as_one_types_and_counts(sign_in):
    entry = make_entry()
    client = sign_in(entry.created_by)

    saved = client.post(url("datasheet_answer", entry.pk, "why"), {"why": "Jams.", "why_revision": "0"})
    client.post(url("datasheet_answer", entry.pk, "kept"), {"kept_day": "2028-01-31", "kept_revision": "0"})
    wrong = client.post(url("datasheet_answer", entry.pk, "kept"), {"kept_day": "soon", "kept_revision": "1"})
    page = client.get(url("dataset_detail", entry.pk)).content.decode()

    assert "1 of 10 answered" in saved.content.decode()
    assert 'name="why_revision" id="id_why_revision" value="1"' in saved.content.decode()
    assert (wrong.status_code, "write a date as year-month-day" in wrong.content.decode()) == (422, True)
    assert "2 of 10" in page
    assert "Until 31 Jan 2028." in page
    assert page.count("not recorded") == 8
    assert "1,000" in page


def test_two_editors_cannot_lose_an_answer(sign_in):
    entry = make_entry()
    client = sign_in(entry.created_by)
    say(entry, "why", text="Theirs.")

    late = client.post(url("datasheet_answer", entry.pk, "why"), {"why": "Mine.", "why_revision": "0"})
    whole = client.post(url("datasheet", entry.pk), {"why": "Mine.", "why_revision": "0", "row": "A tray."})
    again = client.post(url("datasheet", entry.pk), {"why": "Both.", "why_revision": "1"})

    assert (late.status_code, "Theirs." in late.content.decode()) == (422, True)
    assert (whole.status_code, "Theirs." in whole.content.decode(), "Mine." in whole.content.decode()) == (
        409,
        True,
        True,
    )
    assert again.url == url("dataset_detail", entry.pk)
    assert dict(entry.sheet.values_list("question", "text"))["why"] == "Both."


def test_sheet_by_the_api_needs_the_tag_it_was_read_with():
    entry, client = make_entry(), APIClient()
    client.force_authenticate(entry.created_by)
    address = f"/api/v1/datasets/{entry.pk}/datasheet"

    read = client.get(address)
    change = {"answers": {"people": {"choice": "none"}, "kept": {"day": "2028-01-31"}}}
    missing = client.patch(address, change, format="json")
    changed = client.patch(address, change, format="json", headers={"If-Match": read.headers["ETag"]})
    stale = client.patch(address, change, format="json", headers={"If-Match": read.headers["ETag"]})
    unknown = client.patch(
        address,
        {"answers": {"people": {"choice": "maybe"}}},
        format="json",
        headers={"If-Match": changed.headers["ETag"]},
    )

    assert [answer.status_code for answer in (read, missing, changed, stale, unknown)] == [200, 428, 200, 412, 422]
    assert (read.data["answered"], changed.data["answered"]) == (0, 2)
    assert set(read.data["answers"]) == set(QUESTIONS)


# ---- deposits, requests, use


def test_deposit_has_a_sandbox_as_its_home_and_a_refused_one_leaves_nothing(sign_in):
    team = make_team()
    client = sign_in(team.memberships.get().user)

    empty = client.post(url("dataset_deposit"), {"team": team.pk, "is_listed": "on", "file": make_csv(0, name="x")})
    client.post(url("dataset_deposit"), {"team": team.pk, "is_listed": "on", "file": make_csv(20), "name": "old logs"})

    dataset = Dataset.objects.get(name="old logs")
    assert (dataset.is_listed, dataset.project.is_sandbox, dataset.project.team) == (True, True, team)
    assert empty.status_code in (302, 422)


def test_deposit_by_the_api(settings):
    team, client = make_team(), APIClient()
    client.force_authenticate(team.memberships.get().user)
    settings.LIMITS = settings.LIMITS | {"upload": 2000}

    kept = client.post("/api/v1/datasets", {"file": make_csv(20), "team": team.slug, "is_listed": False})
    large = client.post("/api/v1/datasets", {"file": make_csv(1000), "team": team.slug})
    foreign = client.post("/api/v1/datasets", {"file": make_csv(20), "team": make_team().slug})

    assert [answer.status_code for answer in (kept, large, foreign)] == [202, 413, 422]
    assert list(Dataset.objects.values_list("name", "is_listed", "project__is_sandbox")) == [("mugs", False, True)]
    assert team.projects.count() == 1


def test_request_is_asked_declined_with_a_reason_asked_again_and_granted(sign_in):
    entry = make_entry(is_listed=True)
    team = make_team(name="Askers")
    asker, keeper = team.memberships.get().user, entry.created_by
    client = sign_in(asker)
    address = url("access_ask", entry.pk)

    assert client.get(url("certificate", entry.versions.get().pk)).status_code == 200
    assert client.get(url("part_download", entry.versions.get().pk, "train")).status_code == 403
    assert client.post(address, {"team": team.pk, "purpose": "To weigh."}).url == url("dataset_detail", entry.pk)
    assert client.post(address, {"team": team.pk, "purpose": "Again."}).status_code == 422
    first = AccessRequest.objects.get()
    assert client.post(url("access_decide", first.pk), {"answer": "grant"}).status_code == 403
    client = sign_in(keeper)
    assert "Askers asks to use belt" in client.get(url("home_fragment")).content.decode()
    silent = client.post(url("access_decide", first.pk), {"answer": "decline"})
    assert (silent.status_code, "Say why not" in silent.content.decode()) == (422, True)
    client.post(url("access_decide", first.pk), {"answer": "decline", "reason": "Faces are in it."})
    client = sign_in(asker)
    assert "Faces are in it." in client.get(url("dataset_detail", entry.pk)).content.decode()
    client.post(address, {"team": team.pk, "purpose": "Without faces."})
    second = AccessRequest.objects.get(state="asked")
    services.decide_access(request=second, user=make_user(is_steward=True), grant=True)

    assert permissions.may_use_rows(asker, entry)
    assert not permissions.may_see_data(asker, entry.project)
    assert "See the answer" in client.get(url("home_fragment")).content.decode()


def test_nobody_grants_to_a_team_of_their_own():
    entry = make_entry(is_listed=True)
    steward = make_user(is_steward=True)
    team = make_team(steward)
    asked = services.ask_access(dataset=entry, team=team, user=steward, purpose="Mine.")

    with pytest.raises(services.sharing.PermissionDenied, match="somebody else answers"):
        services.decide_access(request=asked, user=steward, grant=True)


def test_requests_by_the_api():
    entry, team, client = make_entry(is_listed=True), make_team(), APIClient()
    make_entry(make_project(team))
    client.force_authenticate(team.memberships.get().user)
    address = f"/api/v1/datasets/{entry.pk}/access-requests"

    asked = client.post(address, {"team": team.slug, "purpose": "To weigh."})
    twice = client.post(address, {"team": team.slug, "purpose": "To weigh."})
    decision = f"/api/v1/access-requests/{asked.data['id']}/decision"
    own = client.post(decision, {"grant": True})
    client.force_authenticate(entry.created_by)
    granted = client.post(decision, {"grant": True, "reason": "Gladly."})

    assert [answer.status_code for answer in (asked, twice, own, granted)] == [201, 409, 403, 200]
    assert [row["state"] for row in client.get(address).data] == ["granted"]


def granted_entry():
    """A sealed data set, and an approved project of another team that may use it."""
    entry = make_entry(is_listed=True)
    project = make_approved_project()
    owner = owner_of(project)
    asked = services.ask_access(dataset=entry, team=project.team, user=owner, purpose="To train.")
    services.decide_access(request=asked, user=entry.created_by, grant=True)
    return entry, project, owner


def test_a_grant_is_taken_back_and_its_record_stays(sign_in, mailoutbox, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        entry, project, owner = granted_entry()
    version, keeper = entry.versions.get(), entry.created_by
    version.findings.create(code="D101", severity="look", message="Twelve rows are copies.", needs_target=False)
    project_services.lock_criterion(
        project=project, user=owner, metric="accuracy", level=0.8, smallest_difference=0.02, reason="", results_seen=0
    )
    services.use_dataset(dataset=entry, project=project, user=owner)
    assert "Twelve rows are copies." in sign_in(owner).get(url("dataset_detail", entry.pk)).content.decode()
    address, client = url("access_decide", AccessRequest.objects.get().pk), sign_in(keeper)

    silent = client.post(address, {"answer": "end"})
    with django_capture_on_commit_callbacks(execute=True):
        client.post(address, {"answer": "end", "reason": "Consent was withdrawn."})

    asked = AccessRequest.objects.get()
    assert (silent.status_code, asked.state, asked.ended_by, asked.decided_by) == (422, "ended", keeper, keeper)
    assert "Consent was withdrawn." in client.get(address).content.decode()
    words = sign_in(owner).get(url("dataset_detail", entry.pk)).content.decode()
    assert "What your team has downloaded it keeps." in words
    assert "Twelve rows are copies." not in words
    assert client.get(url("version_download", version.pk)).status_code == 403
    with pytest.raises(evaluation_services.OutOfTurn, match="was taken back from your team"):
        evaluation_services.run_ladder(project=project, version=version, user=owner)
    assert [(mail.to, mail.subject) for mail in mailoutbox if " belt" in mail.subject] == [
        ([keeper.email], f"dlstart: {project.team} asks to use belt"),
        ([owner.email], f"dlstart: {project.team} was granted belt"),
        ([owner.email], f"dlstart: {project.team} may use belt no more"),
    ]
    told = [str(notice.words) for notice in project_selectors.notices_of(owner)]
    assert [words for words in told if " belt" in words] == [
        f"{project.team} may use belt no more",
        f"{project.team} was granted belt",
    ]
    assert services.ask_access(dataset=entry, team=project.team, user=owner, purpose="Anew.").state == "asked"


def test_a_project_uses_the_same_versions_and_so_the_same_lineage_and_budget(sign_in):
    entry, project, owner = granted_entry()
    version = entry.versions.get()
    final = TestSet.objects.create(lineage=entry.lineage, version=version, tier="final", is_pooled=True, rows=200)

    with pytest.raises(services.NotYet, match="Lock the success criterion"):
        services.use_dataset(dataset=entry, project=project, user=owner)
    project_services.lock_criterion(
        project=project, user=owner, metric="accuracy", level=0.8, smallest_difference=0.02, reason="", results_seen=0
    )
    client = sign_in(owner)
    assert client.post(url("dataset_use", entry.pk), {"project": project.pk}).url == url("project_data", project.slug)
    page = client.get(url("project_data", project.slug)).content.decode()
    status = selectors.look_status(project, owner, datetime(2030, 1, 1, tzinfo=UTC))

    assert "from the catalogue" in page
    assert selectors.version_sealed_latest(project) == version
    assert status.test_set == final
    assert selectors.project_has_lineage(project, entry.lineage_id)
    assert selectors.lineage_teams_of(owner, entry.lineage) == [project.team]
    assert catalogue.uses_of(entry, owner)[0] == 2
    with pytest.raises(services.NotYet, match="has data of its own already"):
        services.use_dataset(dataset=make_entry(is_listed=True), project=project, user=owner)


def test_without_a_grant_no_project_begins(sign_in):
    entry = make_entry(is_listed=True)
    project = make_project(is_sandbox=True)
    client = sign_in(owner_of(project))

    assert client.post(url("dataset_use", entry.pk), {"project": project.pk}).status_code == 403
    with pytest.raises(services.NotYet, match="was not granted"):
        services.use_dataset(dataset=entry, project=project, user=owner_of(project))
    assert not DataUse.objects.exists()


# ---- the end of a data set


def test_owners_are_reminded_before_the_day(sign_in):
    soon, later = make_entry(name="soon"), make_entry(name="later")
    today = date(2027, 5, 1)
    say(soon, "kept", day=today + timedelta(days=30))
    say(later, "kept", day=today + timedelta(days=31))

    assert [answer.dataset for answer in catalogue.kept_no_longer(soon.created_by, today)] == [soon]
    assert not catalogue.kept_no_longer(later.created_by, today).exists()
    assert not catalogue.kept_no_longer(make_user(), today + timedelta(days=99)).exists()
    say_past = say(make_entry(soon.project, name="past"), "kept", day=date(2020, 1, 31))
    words = sign_in(soon.created_by).get(url("home_fragment")).content.decode()
    assert f"{say_past.dataset} was to be kept until 31 Jan 2020; that day is past" in words


def test_removal_leaves_a_tombstone_and_gives_no_look_back(sign_in, settings, django_capture_on_commit_callbacks):
    entry, project, owner = granted_entry()
    version, lineage = entry.versions.get(), entry.lineage
    final = TestSet.objects.create(lineage=lineage, version=version, tier="final", is_pooled=True, rows=200, looks=3)
    Look.objects.create(
        test_set=final,
        project=project,
        team=project.team,
        user=owner,
        idempotency_key="a",
        model_name="m",
        predictions_digest="d",
        spent_at=datetime(2026, 1, 1, tzinfo=UTC),
        state=Look.State.SCORED,
    )
    LookGate.objects.create(lineage=lineage, team=project.team, next_look_at=datetime(2026, 1, 8, tzinfo=UTC))
    for path in (store.figures_path(version), store.assignments_path(version), store.quarantine_path(version)):
        path.write_bytes(b"rows")
    (settings.VAULT / str(version.pk)).mkdir()
    (settings.VAULT / str(version.pk) / "key").write_bytes(b"key")
    address = url("dataset_remove", entry.pk)

    assert sign_in(entry.created_by).post(address, {"reason": "Mine.", "is_sure": "on"}).status_code == 403
    client = sign_in(make_user("Steward", is_steward=True))
    assert client.post(address, {"reason": "The consent ended."}).status_code == 422
    with django_capture_on_commit_callbacks(execute=True):
        client.post(address, {"reason": "The consent ended.", "is_sure": "on"})
    with django_capture_on_commit_callbacks(execute=True):
        do_ingestions()
    tombstone = client.get(url("dataset_detail", entry.pk)).content.decode()

    assert list(settings.VAULT.iterdir()) == list(settings.QUARANTINE.iterdir()) == []
    assert [path.name for path in store.version_folder(version).iterdir()] == ["assignments.parquet"]
    assert "The consent ended." in tombstone
    assert "abab abab abab abab" in tombstone
    assert "cdcdcdcd" in client.get(url("certificate", version.pk)).content.decode()
    assert client.get(url("part_download", version.pk, "train")).status_code == 404
    assert client.post(address, {"reason": "Again.", "is_sure": "on"}).status_code == 422
    assert (Look.objects.count(), TestSet.objects.get().looks, LookGate.objects.count()) == (1, 3, 1)
    assert found(make_user(is_steward=True)) == set()
    status = selectors.look_check
    with pytest.raises(NoLookLeft):
        status(
            test_set=TestSet.objects.get(),
            project=project,
            team=project.team,
            user=owner,
            now=datetime(2030, 1, 1, tzinfo=UTC),
        )


def test_removal_waits_for_a_look_that_was_spent():
    entry, project, owner = granted_entry()
    final = TestSet.objects.create(lineage=entry.lineage, version=entry.versions.get(), tier="final", rows=200)
    Look.objects.create(
        test_set=final,
        project=project,
        team=project.team,
        user=owner,
        idempotency_key="a",
        model_name="m",
        predictions_digest="d",
        spent_at=datetime(2026, 1, 1, tzinfo=UTC),
    )

    with pytest.raises(services.NotYet, match="waits for its answer"):
        services.remove_dataset(dataset=entry, user=make_user(is_steward=True), reason="Old.")


def test_an_owner_removes_what_was_never_sealed():
    entry = make_entry(is_sealed=False)

    services.remove_dataset(dataset=entry, user=entry.created_by, reason="The wrong file.")

    assert DatasetVersion.objects.get().dataset.removed_reason == "The wrong file."
    with pytest.raises(services.NotYet, match="Bring a new data set"):
        services.accept_upload(project=entry.project, user=entry.created_by, file=make_csv(20), dataset=entry)


# ---- wanted


def test_wanted_data_is_asked_for_needed_offered_and_closed(sign_in):
    asker, colleague = make_user("Asker"), make_user("Colleague")
    client = sign_in(asker)
    page = client.post(url("wanted_create"), {"title": "photos of the new belt"}).url
    act = page + "answer/"
    client.post(act, {"act": "needs"})
    client = sign_in(colleague)
    client.post(act, {"act": "needs"})
    client.post(act, {"act": "needs"})

    assert "asked by 2" in client.get(url("dataset_list")).content.decode()
    assert client.post(act, {"act": "has"}).status_code == 422
    client.post(act, {"act": "has", "text": "600 of them, in a drawer."})
    assert "600 of them, in a drawer." in client.get(page).content.decode()
    assert client.post(act, {"act": "close"}).status_code == 403
    client = sign_in(asker)
    client.post(act, {"act": "close"})
    assert "photos of the new belt" not in client.get(url("dataset_list")).content.decode()


def test_wanted_answer_names_only_data_that_the_reader_may_find(sign_in):
    hidden = make_entry(make_project(is_private=True), name="secret set")
    wanted = services.want_data(user=make_user(), title="photos")
    services.answer_wanted(wanted=wanted, user=hidden.created_by, kind="has", text="Some.", dataset=hidden)

    assert "secret set" not in sign_in().get(url("wanted_detail", wanted.pk)).content.decode()
    assert "secret set" in sign_in(hidden.created_by).get(url("wanted_detail", wanted.pk)).content.decode()


def test_the_builder_counts_data_of_the_same_shape_that_one_may_find(sign_in):
    entry = make_entry(is_listed=True)
    make_entry()
    task = entry.versions.get().task
    kind = next(kind for kind, name in catalogue.TASKS.items() if name == task)
    client, address = sign_in(make_user()), url("shape_fragment")

    found = client.get(address, {"x_kind": "table", "y_kind": kind}).content.decode()
    none = client.get(address, {"x_kind": "sound", "y_kind": kind}).content.decode()
    unknown = client.get(address, {"x_kind": "table", "y_kind": "order"}).content.decode()

    assert "1 data set here has this shape" in found
    assert f"{url('dataset_list')}?task={task}&amp;holds=" in found
    assert ("No data set here has this shape yet." in none, unknown.strip()) == (True, "")
