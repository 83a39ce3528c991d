"""What people do about findings, and what stays of it: merges, groups, times, reasons over versions."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from datasets import services
from datasets.models import DatasetVersion
from tests.factories import (
    do_ingestions,
    make_csv,
    make_project,
    make_sealed_version,
    make_team,
    make_user,
    make_version,
)

pytestmark = pytest.mark.django_db
State = DatasetVersion.State


def table(rows=200, name="t.csv", spellings=("yes", "Yes ")):
    """Width, a machine of four rows each, a label in two spellings."""
    lines = ["width,machine_id,mug"]
    for i in range(rows):
        label = spellings[i % 20 == 0] if (i * 31) % 17 + (i * 13) % 11 > 12 else "no"
        lines.append(f'{(i * 31) % 17 + i / 1000},m{(i * 7) % 50},"{label}"')
    return SimpleUploadedFile(name, "\n".join(lines).encode())


@pytest.fixture
def owner(client):
    user = make_user("owner")
    client.force_login(user)
    return user


@pytest.fixture
def version(owner):
    return make_version(make_project(make_team(owner)), user=owner, file=table(spellings=("yes", "YES")))


def act(client, version, **said):
    return client.post(reverse("datasets:version_finding", args=[version.pk]), said, follow=True)


def test_merged_labels_are_one_label_until_the_merge_is_taken_back(client, version):
    finding = version.findings.get(code="D405")

    act(client, version, merge=finding.pk)
    do_ingestions()
    version.refresh_from_db()
    page = client.get(reverse("datasets:version_detail", args=[version.pk])).content.decode()

    assert (version.task, version.merged) == ("binary", {"YES": "yes"})
    assert not version.findings.filter(code="D405").exists()
    assert "&#x27;YES&#x27; read as &#x27;yes&#x27;" in page

    client.post(reverse("datasets:label_merge", args=[version.pk, version.merges.get().pk]))
    do_ingestions()
    version.refresh_from_db()
    assert (version.task, version.merged) == ("multiclass", {})


def test_a_spelling_of_one_row_is_a_stop_and_no_refusal(client, owner):
    file = table(spellings=("yes", "yes"))
    file.file.seek(0)
    content = file.read().replace(b'"yes"', b'"Yes "', 1)
    version = make_version(make_project(make_team(owner)), user=owner, file=SimpleUploadedFile("t.csv", content))

    assert version.state == State.READY
    assert [each.severity for each in version.findings.filter(code="D405")] == ["stop"]


def test_merges_stand_on_the_certificate_and_pass_to_the_next_version(client):
    sealed = make_sealed_version(file=table(spellings=("yes", "YES")), before_seal=merge_all)
    owner = sealed.uploaded_by
    client.force_login(owner)

    page = client.get(reverse("datasets:certificate", args=[sealed.pk])).content.decode()
    following = make_version(
        sealed.dataset.project, user=owner, dataset=sealed.dataset, file=table(220, "next.csv", ("yes", "YES"))
    )

    assert sorted(sealed.seal.classes) == ["no", "yes"]
    assert "Labels merged before sealing: &#x27;YES&#x27; read as &#x27;yes&#x27;" in page
    assert (following.merged, following.task) == ({"YES": "yes"}, "binary")


def merge_all(version):
    for finding in version.findings.filter(code="D405"):
        services.merge_labels(finding=finding, user=version.uploaded_by)
        do_ingestions()
        version = services.choose_split(version=version, user=version.uploaded_by, meets="same")


def test_machines_become_the_group_by_one_button(client, version):
    page = act(client, version, group=version.findings.get(code="D208").pk).content.decode()

    version.refresh_from_db()
    assert (version.rule, version.group_column) == ("group", "machine_id")
    assert "Rows are divided by “machine_id”." in page
    assert ">Group by machine_id<" not in page
    assert version.state == State.CHECKING

    do_ingestions()
    version.refresh_from_db()
    assert (version.state, version.rule) == (State.READY, "group")
    assert not version.findings.filter(code="D208").exists()


def test_a_large_group_is_said_before_the_seal(client, owner):
    lines = ["width,machine_id,mug"]
    for i in range(300):
        lines.append(f"{(i * 31) % 17 + i / 1000},{'big' if i % 3 else f'm{i % 50}'},{'yes' if i % 7 < 3 else 'no'}")
    file = SimpleUploadedFile("t.csv", "\n".join(lines).encode())
    version = make_version(make_project(make_team(owner)), user=owner, file=file)

    client.post(reverse("datasets:version_split", args=[version.pk]), {"meets": "new", "group": "machine_id"})
    do_ingestions()

    assert [each.column for each in version.findings.filter(code="D301")] == ["machine_id"]


def test_acts_that_have_a_page_lead_there(client, version):
    page = client.get(reverse("datasets:version_detail", args=[version.pk])).content.decode()
    version.findings.create(code="D205", severity="look", message="m", needs_target=True)
    version.findings.create(code="D112", severity="look", message="m")
    version.findings.create(code="D101", severity="tip", message="m", column="width")
    more = client.get(reverse("datasets:version_detail", args=[version.pk])).content.decode()

    links = {
        "Upload a mended file": f"{reverse('datasets:dataset_upload', args=[version.dataset.project.slug])}?dataset={version.dataset_id}",
        "Divide it otherwise": reverse("datasets:version_split", args=[version.pk]),
        "Look at the first lines": reverse("datasets:version_header", args=[version.pk]),
        "Correct the kinds": reverse("datasets:version_columns", args=[version.pk]),
    }
    drawn = [f'<a class="button button--small" href="{href}">{words}</a>' for words, href in links.items()]
    assert [link in page for link in drawn] == [True, False, False, False]
    assert [link in more for link in drawn] == [True] * 4
    assert [client.get(href).status_code for href in links.values()] == [200] * 4


def test_the_split_page_proposes_what_the_report_found(client, version):
    page = client.get(reverse("datasets:version_split", args=[version.pk])).content.decode()

    assert '<option value="machine_id" selected>' in page
    assert "The report proposes &#x27;machine_id&#x27;." in page


def test_members_do_not_choose_the_group(client, version):
    member = make_user("member")
    project = version.dataset.project
    project.team.memberships.create(user=member, role="member")
    client.force_login(member)

    page = client.get(reverse("datasets:version_detail", args=[version.pk])).content.decode()
    answer = act(client, version, group=version.findings.get(code="D208").pk)

    assert ">Group by machine_id<" not in page
    assert answer.status_code == 403


def test_a_muted_look_is_folded_away_and_keeps_its_reason_over_versions(client, version):
    finding = version.findings.get(code="D208")

    page = act(client, version, keep=finding.pk, reason="Machines are renamed daily.").content.decode()
    following = make_version(
        version.dataset.project,
        user=version.uploaded_by,
        dataset=version.dataset,
        file=table(220, "next.csv", ("yes", "YES")),
    )

    folded = page.split('<details class="findings__muted">')[1].split("</details>")[0]
    assert "1 muted finding, with the reason" in folded
    assert "“Machines are renamed daily.”" in folded
    assert following.findings.get(code="D208").kept_reason == "Machines are renamed daily."


def test_the_api_does_the_same(client, version):
    finding = version.findings.get(code="D405")
    report = client.get(reverse("api_version_report", args=[version.pk])).json()

    acted = client.post(
        reverse("api_finding_act", args=[version.pk, finding.pk]), {"act": "merge"}, content_type="application/json"
    )
    do_ingestions()
    merges = client.get(reverse("api_version_report", args=[version.pk])).json()["merges"]

    assert next(each["acts"] for each in report["findings"] if each["id"] == finding.pk) == ["merge", "keep"]
    assert acted.status_code == 202
    assert [(merge["label"], merge["spellings"]) for merge in merges] == [("yes", ["YES"])]


def test_annotators_stand_in_the_report_and_are_no_features(client, owner):
    lines = ["width,rater_1,rater_2,mug"]
    for i in range(200):
        label = "yes" if (i * 31) % 17 + (i * 13) % 11 > 12 else "no"
        other = {"yes": "no", "no": "yes"}[label] if i % 10 == 0 else label
        lines.append(f"{(i * 31) % 17 + i / 1000},{label},{other},{label}")
    file = SimpleUploadedFile("t.csv", "\n".join(lines).encode())
    sealed = make_sealed_version(file=file)
    client.force_login(sealed.uploaded_by)

    page = client.get(reverse("datasets:version_detail", args=[sealed.pk])).content.decode()

    assert [feature["name"] for feature in sealed.seal.features] == ["width"]
    assert "How far the annotators agree" in page
    assert '<th scope="row">rater_1 and rater_2</th><td class="num">200</td><td class="num">0.90</td>' in page


def test_a_feature_that_is_no_column_of_single_annotators_alone(client, version):
    answer = client.post(
        reverse("datasets:version_target", args=[version.pk]), {"target": "mug", "annotators": ["machine_id"]}
    )

    assert answer.status_code == 422
    assert "One annotator agrees with nobody" in answer.content.decode()


def test_group_column_settles_a_stop(client, owner):
    version = make_version(make_project(make_team(owner)), user=owner, file=make_csv())
    version.findings.create(code="D201", severity="stop", column="belt", message="m", needs_target=True)

    before = services.seal_obstacle(version).code
    version = services.choose_split(version=version, user=version.uploaded_by, meets="new", group="belt")

    assert before == "stop-open"
    assert services.seal_obstacle(version).code == "criterion-not-locked"
