"""The pages: the whole way by HTTP, who may see what, and how many queries that takes."""

import pytest
from django.urls import reverse

from datasets import services
from datasets.models import DatasetVersion
from projects import services as project_services
from tests.factories import (
    do_ingestions,
    make_approved_project,
    make_csv,
    make_project,
    make_sealed_version,
    make_team,
    make_user,
    make_version,
)

pytestmark = pytest.mark.django_db(transaction=True)
State = DatasetVersion.State


def url(name, *args) -> str:
    return reverse(f"datasets:{name}", args=args)


def owner_of(project):
    return project.team.memberships.get(role="owner", left_at=None).user


def test_whole_way_from_upload_to_certificate(sign_in):
    project = make_approved_project()
    owner, steward = owner_of(project), make_user("Steward", is_steward=True)
    client = sign_in(owner)

    uploaded = client.post(url("dataset_upload", project.slug), {"file": make_csv(3000), "name": "belt"})
    version = DatasetVersion.objects.get()
    assert uploaded.url == url("version_detail", version.pk)
    assert "waits for a worker" in client.get(uploaded.url).content.decode()
    do_ingestions()
    assert "3,000 rows read, 5 columns" in client.get(uploaded.url).content.decode()

    chosen = client.post(url("version_target", version.pk), {"target": "mug", "task": "", "drop": ["belt"]})
    assert chosen.url == uploaded.url
    do_ingestions()
    split = client.post(url("version_split", version.pk), {"meets": "same"})
    assert split.url == url("version_seal", version.pk)
    assert "Lock the success criterion" in client.get(split.url).content.decode()
    project_services.lock_criterion(
        project=project, user=owner, metric="accuracy", level=0.8, smallest_difference=0.02, reason="", results_seen=0
    )
    assert client.post(split.url).status_code == 403

    client = sign_in(steward)
    assert client.post(split.url).url == uploaded.url
    do_ingestions()
    version.refresh_from_db()
    page = client.get(url("certificate", version.pk)).content.decode()

    assert version.state == State.SEALED
    assert (version.task, version.dropped) == ("binary", ["belt"])
    assert "by chance, rows with the same features together" in page
    assert version.seal.fingerprints["final"] in page.replace("<wbr>", "")
    assert "1,800" in page


def test_upload_without_a_file_is_a_field_error(sign_in):
    project = make_project()

    page = sign_in(owner_of(project)).post(url("dataset_upload", project.slug), {"name": "belt"})

    assert page.status_code == 422
    assert page.content.decode().count("Select a labelled table or ZIP file") == 2
    assert "<title>Error: " in page.content.decode()


def test_upload_over_the_limit_is_turned_away(sign_in, settings):
    settings.LIMITS = settings.LIMITS | {"upload": 2000}
    project = make_project()

    page = sign_in(owner_of(project)).post(url("dataset_upload", project.slug), {"file": make_csv(1000)})

    assert page.status_code == 422
    assert "at most 2.0 kB are read" in page.content.decode()
    assert not DatasetVersion.objects.exists()
    assert list(settings.QUARANTINE.iterdir()) == []


def test_refused_file_says_why_and_what_next(sign_in):
    project = make_project()
    file = make_csv(20)
    file.file.write(b"\n1,2,3")
    file.file.seek(0)
    version = make_version(project, file=file, target="")

    page = sign_in(owner_of(project)).get(url("version_detail", version.pk)).content.decode()

    assert version.state == State.REJECTED
    assert version.rejection["message"] in page.replace("&#x27;", "'").replace("&quot;", '"')
    assert "Upload a mended file" in page


def test_status_polls_while_a_worker_is_at_it_and_then_asks_for_the_page(sign_in):
    project = make_project()
    owner = owner_of(project)
    version = services.accept_upload(project=project, user=owner, file=make_csv())
    client = sign_in(owner)
    htmx = {"HX-Request": "true"}

    waiting = client.get(url("version_status", version.pk), headers=htmx)
    do_ingestions()
    ended = client.get(url("version_status", version.pk), headers=htmx)

    assert 'hx-trigger="every 2s"' in waiting.content.decode()
    assert "HX-Refresh" not in waiting.headers
    assert "hx-trigger" not in ended.content.decode()
    assert ended.headers["HX-Refresh"] == "true"


def test_status_answers_204_while_nothing_has_changed(sign_in):
    project = make_project()
    version = services.accept_upload(project=project, user=owner_of(project), file=make_csv())
    client = sign_in(owner_of(project))
    page = client.get(url("version_status", version.pk), headers={"HX-Request": "true"}).content.decode()
    address = page.split('hx-get="')[1].split('"')[0]

    assert client.get(address, headers={"HX-Request": "true"}).status_code == 204


def leaking_version(project):
    rows = [f"{i * 31 % 17},{i % 7},{'yes' if i % 2 else 'no'},{'oui' if i % 2 else 'non'}" for i in range(200)]
    file = make_csv(1, name="leak.csv")
    file.file.seek(0)
    file.file.truncate()
    file.file.write(("a,b,mug,answer\n" + "\n".join(rows)).encode())
    file.size = file.file.tell()
    file.file.seek(0)
    return make_version(project, file=file)


def test_stop_is_settled_by_leaving_the_column_out(sign_in):
    version = leaking_version(make_project())
    stop = version.findings.get(code="D201")

    sign_in(version.uploaded_by).post(url("version_finding", version.pk), {"drop": stop.pk})

    version.refresh_from_db()
    assert version.dropped == ["answer"]


def test_stop_is_settled_by_a_reason_and_not_without(sign_in):
    version = leaking_version(make_project())
    stop = version.findings.get(code="D201")
    client = sign_in(version.uploaded_by)

    asked = client.post(url("version_finding", version.pk), {"keep": stop.pk})
    empty = client.post(url("version_finding", version.pk), {"keep": stop.pk, "reason": " "})
    client.post(url("version_finding", version.pk), {"keep": stop.pk, "reason": "Known at once."})

    assert (asked.status_code, empty.status_code) == (200, 422)
    assert "Say why it may stay" in empty.content.decode()
    stop.refresh_from_db()
    assert (stop.kept_reason, stop.kept_by) == ("Known at once.", version.uploaded_by)
    assert "“Known at once.”" in client.get(url("version_detail", version.pk)).content.decode()


def test_split_by_group_asks_for_its_column(sign_in):
    version = make_version(make_project())
    client = sign_in(version.uploaded_by)

    refused = client.post(url("version_split", version.pk), {"meets": "new"})
    client.post(url("version_split", version.pk), {"meets": "new", "group": "belt"})

    assert refused.status_code == 422
    assert "Choose the column that names the group" in refused.content.decode()
    version.refresh_from_db()
    assert (version.rule, version.group_column) == ("group", "belt")


def test_owner_sets_the_gate_and_cannot_shorten_it(sign_in):
    version = make_sealed_version()
    lineage = version.dataset.lineage
    client = sign_in(owner_of(version.dataset.project))
    address = url("look_gate", version.dataset_id)

    client.post(address, {"gap_days": "14", "looks_open": "on"})
    refused = client.post(address, {"gap_days": "7", "looks_open": "on"})

    lineage.refresh_from_db()
    assert (lineage.look_gap_days, lineage.looks_open, lineage.members_may_look) == (14, True, False)
    assert refused.status_code == 422


# ---- who may


def test_every_page_as_everybody(client):
    owner, member, stranger, other = make_user(), make_user(), make_user(), make_user()
    make_team(other)
    steward = make_user(is_steward=True)
    project = make_approved_project(make_team(owner, member))
    reviewer = project.proposals.get().reviews.first().reviewer
    version = make_sealed_version(project)
    private = make_version(make_project(make_team(owner), name="Draft"))
    people = {"owner": owner, "member": member, "steward": steward, "reviewer": reviewer, "other": other}
    people["stranger"] = stranger
    team = {"owner": 200, "member": 200, "steward": 200, "reviewer": 403, "other": 403, "stranger": 403}
    all_read = dict.fromkeys(people, 200)
    draft = {"owner": 200, "member": 404, "steward": 200, "reviewer": 404, "other": 404, "stranger": 404}
    walk = {
        url("dataset_list"): all_read,
        url("project_data", project.slug): all_read,
        url("project_fragment", project.slug): all_read,
        url("dataset_upload", project.slug): team | {"steward": 403},
        url("version_detail", version.pk): team,
        url("version_status", version.pk): team,
        url("version_target", version.pk): team,
        url("version_split", version.pk): team,
        url("version_seal", version.pk): team,
        url("part_download", version.pk, "train"): team,
        url("part_download", version.pk, "final"): {name: 404 if code == 200 else code for name, code in team.items()},
        url("certificate", version.pk): all_read,
        url("look_gate", version.dataset_id): dict.fromkeys(people, 403) | {"owner": 200},
        url("project_data", private.dataset.project.slug): draft,
        url("version_detail", private.pk): draft,
        url("version_finding", private.pk): dict.fromkeys(people, 404),
        url("certificate", private.pk): dict.fromkeys(people, 404),
    }

    for address, expected in walk.items():
        client.logout()
        assert client.get(address).status_code == 302, address
        found = {}
        for name, person in people.items():
            client.force_login(person)
            answer = client.get(address)
            answer.close()
            found[name] = answer.status_code
        assert found == expected, address


def test_reader_of_the_proposal_sees_sealed_versions_only(sign_in):
    project = make_approved_project()
    make_sealed_version(project, file=make_csv(300, name="sealed-file.csv"))
    make_version(project, file=make_csv(300, seed=3, name="open-file.csv"))

    page = sign_in(make_user()).get(url("project_data", project.slug)).content.decode()

    assert "sealed-file v1" in page
    assert "open-file" not in page
    assert "Looks" not in page


def test_sandbox_of_another_team_is_not_there_even_for_a_steward(sign_in):
    version = make_version(make_project(is_sandbox=True))
    client = sign_in(make_user(is_steward=True))

    assert client.get(url("version_detail", version.pk)).status_code == 404
    assert version.dataset.name not in client.get(url("dataset_list")).content.decode()


@pytest.mark.parametrize("name", ["version_target", "version_split", "version_seal", "version_finding"])
def test_stranger_cannot_write(sign_in, name):
    version = make_version(make_project())

    assert sign_in(make_user()).post(url(name, version.pk), {"target": "belt", "meets": "later"}).status_code == 404
    version.refresh_from_db()
    assert (version.target, version.rule) == ("mug", "random")


def test_wrong_method_is_405(sign_in):
    version = make_version(make_project())
    client = sign_in(version.uploaded_by)

    for name in ("version_detail", "version_status", "certificate"):
        assert client.post(url(name, version.pk)).status_code == 405
    assert client.delete(url("version_seal", version.pk)).status_code == 405


@pytest.mark.parametrize("count", [1, 3])
def test_lists_ask_as_often_for_one_as_for_three(sign_in, django_assert_num_queries, count):
    project = make_project()
    for number in range(count):
        make_version(project, file=make_csv(30, seed=number), target="")
    client = sign_in(owner_of(project))

    with django_assert_num_queries(8):
        client.get(url("dataset_list"))
    with django_assert_num_queries(10):
        client.get(url("project_data", project.slug))
