"""The page of the log of acts."""

import pytest
from django.urls import reverse

from dlstart_web.kit import audit
from dlstart_web.kit.models import AuditEvent, AuditNote
from projects import selectors, services
from projects.selectors.log import THINGS
from tests.factories import make_team, make_user

pytestmark = pytest.mark.django_db


def test_administrator_reads_who_did_what_and_when_and_writes_a_note(client, sign_in):
    ada = make_user("Ada")
    team = make_team(ada, name="Belt team")
    sign_in(make_user("Root", is_administrator=True))
    url = reverse("projects:audit_log")

    posted = client.post(url, {"text": "The copy of Monday was restored."})
    entries = selectors.log_entries(AuditEvent.objects.order_by("number"))
    body = client.get(url).content.decode()

    assert posted.status_code == 302
    assert [(entry.act, entry.actor, entry.text) for entry in entries] == [
        ("team made", "Ada", ""),
        ("note written", "Root", "The copy of Monday was restored."),
    ]
    assert entries[0].rows == (f"membership {team.memberships.get().pk}",)
    assert f"{AuditEvent.objects.first().at:%Y-%m-%d %H:%M:%S}" in body
    assert "The copy of Monday was restored." in body


def test_check_names_what_was_changed_and_finds_a_kept_head(client, sign_in):
    make_team()
    person = make_user(is_administrator=True)
    audit.note("offices-set", person)
    sign_in(person)
    url = reverse("projects:audit_log") + "?check=1&head="
    head = audit.verify().head

    good = client.get(url + head).content.decode()
    lost = client.get(url + "f" * 64).content.decode()
    wrong = client.get(url + "f")
    services.write_note(user=person, text="Before.")
    note = AuditNote.objects.get().pk
    AuditNote.objects.update(text="After.")
    changed = client.get(url).content.decode()

    assert "each is as the log says" in good
    assert head in good
    assert f"does not hold the kept head {'f' * 64}" in lost
    assert (wrong.status_code, "it has 64 characters" in wrong.content.decode()) == (422, True)
    assert f"kit_auditnote {note}, text: It is &#x27;After.&#x27;; event 3 wrote &#x27;Before.&#x27;." in changed


@pytest.mark.parametrize("count", [1, 3])
def test_log_takes_the_same_queries_for_any_length(django_assert_num_queries, count):
    person = make_user(is_administrator=True)
    for _ in range(count):
        services.write_note(user=person, text="A note.")

    with django_assert_num_queries(3):  # events, people, notes
        selectors.log_entries(AuditEvent.objects.order_by("number"))


def test_every_kind_of_row_has_its_word():
    assert set(THINGS) == {model._meta.db_table for model in audit.audited_models()}
