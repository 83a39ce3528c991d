"""What lies beside a proposal: attachments by their bytes, comments of the team, the archive."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from projects import services
from projects.core.errors import FrozenVersion, ProjectProblem
from projects.core.filetypes import kind_of
from projects.models import Attachment, Notice
from tests.factories import fill_proposal, make_handler, make_project, make_proposal, make_team, make_user

pytestmark = pytest.mark.django_db
PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 50


@pytest.fixture
def proposal():
    return make_project(make_team(make_user("Olga"), make_user("Bob"))).proposals.get()


@pytest.fixture
def owner(proposal):
    return proposal.project.team.memberships.get(role="owner").user


def page(proposal, name="attachment_list", *more) -> str:
    return reverse(f"projects:{name}", args=[proposal.project.slug, proposal.number, *more])


def attach(proposal, user, name="belt.png", content=PNG) -> Attachment:
    return services.attach_file(proposal=proposal, user=user, name=name, file=SimpleUploadedFile(name, content))


@pytest.mark.parametrize(
    ("name", "head", "kind"),
    [
        ("a.png", PNG, "image/png"),
        ("a.JPG", b"\xff\xd8\xff\xe0", "image/jpeg"),
        ("a.webp", b"RIFF1234WEBPVP8 ", "image/webp"),
        ("a.pdf", b"%PDF-1.7", "application/pdf"),
        ("a.csv", "größe\n".encode()[:4], "text/csv"),
        ("a.png", b"<html><script>", ""),
        ("a.txt", b"MZ\x00\x01", ""),
        ("a.html", b"<html>", ""),
        ("a.svg", b"<svg>", ""),
        ("png", PNG, ""),
    ],
)
def test_a_file_is_what_its_bytes_and_its_name_say(name, head, kind):
    assert kind_of(name, head) == kind


def test_a_file_is_saved_by_the_browser_and_never_shown(sign_in, proposal, owner):
    client = sign_in(owner)
    client.post(page(proposal), {"file": SimpleUploadedFile("belt.png", PNG)})
    file = Attachment.objects.get()

    answer = client.get(page(proposal, "attachment_download", file.pk))

    assert b"".join(answer.streaming_content) == PNG
    assert answer["Content-Disposition"] == 'attachment; filename="belt.png"'
    assert (answer["X-Content-Type-Options"], answer["Content-Type"]) == ("nosniff", "image/png")


@pytest.mark.parametrize(("name", "content"), [("belt.png", b"<script>"), ("belt.exe", b"MZ"), ("big.txt", b"x" * 101)])
def test_what_is_not_taken_is_named_and_leaves_nothing(sign_in, proposal, owner, settings, name, content):
    settings.LIMITS = settings.LIMITS | {"attachment": 100}
    folder = services.attachment_path(proposal.project.pk).parent
    before = set(folder.iterdir())

    answer = sign_in(owner).post(page(proposal), {"file": SimpleUploadedFile(name, content)})

    assert (answer.status_code, name in str(answer.context["form"].errors)) == (422, True)
    assert (Attachment.objects.count(), set(folder.iterdir()) - before) == (0, set())


def test_the_next_version_has_the_file_and_the_bytes_go_with_the_last(
    proposal, owner, django_capture_on_commit_callbacks
):
    file = attach(proposal, owner)
    fill_proposal(proposal, owner)
    services.submit_proposal(proposal=proposal, user=owner)
    with pytest.raises(FrozenVersion):
        services.remove_attachment(attachment=file)
    services.withdraw_proposal(proposal=proposal)
    fresh = services.revise_proposal(project=proposal.project)
    path = services.attachment_path(file.stored)

    with django_capture_on_commit_callbacks(execute=True):
        services.remove_attachment(attachment=fresh.attachments.get())
    still = path.exists()
    Attachment.objects.filter(pk=file.pk).delete()
    services.attach_file(proposal=fresh, user=owner, name="b.txt", file=SimpleUploadedFile("b.txt", b"b"))
    with django_capture_on_commit_callbacks(execute=True):
        services.remove_attachment(attachment=fresh.attachments.get(removed_at=None))

    assert still
    assert not services.attachment_path(fresh.attachments.get(name="b.txt").stored).exists()


def test_comments_are_the_teams_own_and_the_others_are_told(sign_in, proposal, owner):
    client = sign_in(owner)
    client.post(page(proposal, "comment_list"), {"text": "Is 4 an hour right?", "question": "P2"})
    comment = proposal.comments.get()

    client.post(page(proposal, "comment_finish", comment.pk))

    comment.refresh_from_db()
    assert (comment.question, comment.done_at is not None) == ("P2", True)
    assert [(notice.user.name, notice.words) for notice in Notice.objects.all()] == [
        ("Bob", "Olga commented on Mug finder")
    ]
    assert sign_in(make_user()).get(page(proposal, "comment_list")).status_code == 404


def test_a_handler_reads_attachments_and_no_comments(sign_in):
    proposal = make_proposal(submitted=True)
    client = sign_in(make_handler(proposal))

    assert [client.get(page(proposal, name)).status_code for name in ("attachment_list", "comment_list")] == [200, 403]


def test_an_archived_project_leaves_the_lists_and_comes_back(sign_in, proposal, owner):
    client = sign_in(owner)
    archive, home = reverse("projects:project_archive", args=[proposal.project.slug]), reverse("evaluations:home")

    shown = []
    for _ in range(2):
        client.post(archive)
        shown.append([row["project"].name for row in client.get(home).context["rows"]])

    assert shown == [[], ["Mug finder"]]
    fill_proposal(proposal, owner)
    services.submit_proposal(proposal=proposal, user=owner)
    with pytest.raises(ProjectProblem, match="under review"):
        services.archive_project(project=proposal.project, archived=True)
