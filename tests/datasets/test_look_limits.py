"""What an administrator sets for the looks of everybody: stricter only, with a reason, from the next look on."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone

from datasets import selectors, services
from datasets.models import LookLimits
from dlstart_web.kit import audit
from evaluations import services as evaluation_services
from projects.models import Membership
from tests.factories import make_done_ladder, make_sealed_version, make_user

PAGE = reverse("datasets:look_limits")


@pytest.fixture
def boss(db):
    return make_user(is_administrator=True)


def spend(ladder, key: str, now):
    owner = ladder.project.team.memberships.filter(role=Membership.Role.OWNER).first().user
    run = ladder.runs.get(recipe="linear" if key == "a" else "always_same")
    return evaluation_services.spend_look(project=ladder.project, user=owner, run=run, idempotency_key=key, now=now)


def test_limits_only_grow_stricter_and_say_why(sign_in, boss):
    client = sign_in(boss)
    odd = [
        {"gap_days": "6", "bits": "48", "reason": "Less."},
        {"gap_days": "7", "bits": "49", "reason": "More."},
        {"gap_days": "7", "bits": "48", "reason": "Same."},
        {"gap_days": "14", "bits": "48", "reason": " "},
    ]

    refused = [client.post(PAGE, one).status_code for one in odd]
    client.post(PAGE, {"gap_days": "14", "bits": "30", "reason": "Small data here."})
    back = client.post(PAGE, {"gap_days": "7", "bits": "48", "reason": "Back."})

    made = LookLimits.objects.get()
    assert (refused, back.status_code, made.gap_days, made.bits) == ([422] * 4, 422, 14, 30.0)
    assert "Small data here." in sign_in(make_user()).get(PAGE).content.decode()
    assert "datasets_looklimits" not in {fault.table for fault in audit.verify().faults}
    with pytest.raises(PermissionDenied):
        services.limit_looks(user=make_user(), gap_days=21, bits=30.0, reason="Mine.")


def test_a_longer_gap_counts_from_the_next_look_on_and_fewer_bits_end_the_looks(boss):
    ladder = make_done_ladder(make_sealed_version(rows=900), only=("always_same", "linear"))
    owner = ladder.project.team.memberships.filter(role=Membership.Role.OWNER).first().user
    now = timezone.now()
    spend(ladder, "a", now)
    services.limit_looks(user=boss, gap_days=30, bits=48.0, reason="Small data here.")

    status = lambda at: selectors.look_status(ladder.project, owner, at)  # noqa: E731
    early, due = status(now + timedelta(days=6)), status(now + timedelta(days=8))
    spend(ladder, "b", now + timedelta(days=8))

    assert (early.looks_now, due.looks_now, due.gap_days, due.bits_budget) == (0, 1, 30, 48.0)
    assert status(now + timedelta(days=37)).looks_now == 0
    assert status(now + timedelta(days=39)).looks_now == 1
    services.limit_looks(user=boss, gap_days=30, bits=1.0, reason="Enough.")
    over = status(now + timedelta(days=39))
    assert (over.looks_now, over.reason, over.looks_left) == (0, "bits", 0)
    assert "of its 1 bits" in over.refusal
