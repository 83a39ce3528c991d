"""No oracle: until a look is answered nothing depends on the sealed labels, and when it is answered does not either."""

from datetime import timedelta

import numpy as np
import pytest
from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from datasets import selectors as dataset_selectors
from datasets.core.budget import answer_at
from datasets.models import Look
from datasets.vault import box
from dlstart_web.kit.jobs import JobState
from evaluations import scoring, services
from evaluations.models import Submission
from projects.models import Membership
from tests.factories import make_done_ladder, make_sealed_version

pytestmark = pytest.mark.django_db
TICK = 60


class Clock:
    """A scorer's clock: the scoring took `slow` seconds; each pause moves it on and looks at the pages meanwhile."""

    def __init__(self, slow, look_around=lambda: None):
        self.at, self.slow, self.look_around, self.pauses = timezone.now(), slow, look_around, 0

    def now(self):
        return self.at + timedelta(seconds=self.slow)

    def sleep(self, seconds):
        self.pauses += 1
        if self.pauses == 1:
            self.look_around()
        self.at += timedelta(seconds=seconds)


@pytest.fixture(scope="module")
def climbed(kept):
    return make_done_ladder(make_sealed_version(secret=bytes([1] * 32)), only=("always_same", "linear"))


@pytest.fixture(autouse=True)
def tick(settings):
    settings.LOOK_TICK = TICK


def owner_of(project):
    return project.team.memberships.get(role=Membership.Role.OWNER, left_at=None).user


def spend(ladder) -> Submission:
    run = ladder.runs.get(recipe="linear")
    return services.spend_look(project=ladder.project, user=owner_of(ladder.project), run=run, idempotency_key="a")


def relabel(version, labels) -> None:
    """Seal other labels in the place of the true ones."""
    place = settings.VAULT / str(version.pk) / "final"
    plain = place.with_name("plain.npz")
    np.savez(plain, labels=labels)
    place.unlink()
    with plain.open("rb") as content:
        box._encrypt(content, place, key=box._open_key(version), what=f"{version.pk}/final")
    plain.unlink()


def test_moment_of_the_answer_and_all_before_it_do_not_depend_on_labels_or_on_the_time_of_the_scoring(ladder, sign_in):
    project, version = ladder.project, ladder.version
    client = sign_in(owner_of(project))
    truth = box.labels_of(dataset_selectors.test_set_for_looks(version))[0]
    other = np.where(truth == "yes", "no", "yes")
    seen, told = [], []
    pages = (reverse("evaluations:look_fragment", args=[project.slug]), f"/api/v1/projects/{project.slug}/looks")
    submission = spend(ladder)
    token = str(submission.token)

    def look_around():
        bodies = [client.get(page).content.replace(str(submission.pk).encode(), b"") for page in pages]
        seen.append((bodies, Look.objects.values_list("state", "number", "scored_at", "sentence").get()))

    for labels in (truth, other, np.roll(truth, 1), np.full(len(truth), "no")):
        relabel(version, labels)
        for slow in (0.0, 3.0, 29.0):
            place = transaction.savepoint()
            clock = Clock(slow, look_around)
            scoring.execute(submission_id=str(submission.pk), token=token, now=clock.now, sleep=clock.sleep)
            look = Look.objects.get()
            assert look.state == Look.State.SCORED
            told.append((look.scored_at, look.sentence))
            transaction.savepoint_rollback(place)
    relabel(version, truth)  # files stay as a test leaves them

    assert len({str(each) for each in seen}) == 1
    assert len(seen) == 12
    assert {moment for moment, _ in told} == {submission.look.answer_at}
    assert len({sentence for _, sentence in told}) == 2
    assert submission.look.answer_at == answer_at(submission.look.spent_at, TICK)


def test_late_scorer_waits_for_the_next_minute_and_a_clock_set_back_does_not_hold_it(ladder, sign_in):
    submission, place = spend(ladder), transaction.savepoint()
    look, minute = submission.look, timedelta(seconds=TICK)
    client, slug = sign_in(owner_of(ladder.project)), ladder.project.slug

    page = client.get(reverse("evaluations:look_list", args=[slug])).content.decode()
    told = client.get(f"/api/v1/projects/{slug}/looks").json()["looks"][0]
    late, back = Clock(100.0), Clock(-3600.0)
    scoring.execute(submission_id=str(submission.pk), token=str(submission.token), now=late.now, sleep=late.sleep)
    scored_at = Look.objects.get().scored_at
    transaction.savepoint_rollback(place)
    scoring.execute(submission_id=str(submission.pk), token=str(submission.token), now=back.now, sleep=back.sleep)

    assert f'answer at <time datetime="{look.answer_at.isoformat(timespec="seconds")}"' in page
    assert (told["state"], told["answer_at"]) == ("spent", look.answer_at.isoformat().replace("+00:00", "Z"))
    assert (told["scored_at"], told["sentence"], told["bits"]) == (None, "", None)
    assert scored_at in (look.answer_at + minute, look.answer_at + 2 * minute)
    assert back.pauses == 2 * TICK
    assert Submission.objects.get().state == JobState.DONE
