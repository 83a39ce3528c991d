"""A look whose request, scorer or fault is cut off at any statement: one look, one score, or the look given back whole."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from datasets import selectors as dataset_selectors
from datasets.models import Look, LookGate, TestSet
from dlstart_web.kit import jobs
from dlstart_web.kit.jobs import JobState
from evaluations import scoring, services
from evaluations.models import Submission
from projects.models import Membership
from tests.factories import do_submissions

pytestmark = [
    pytest.mark.django_db,
    # a cursor of PostgreSQL whose fetching was cut off is closed with its connection, here only with the test
    pytest.mark.filterwarnings(
        "ignore:Exception ignored in.*ServerCursorMixin:pytest.PytestUnraisableExceptionWarning"
    ),
    pytest.mark.filterwarnings("ignore:.*ServerSideCursor object.*was deleted while still open:ResourceWarning"),
]


class Killed(BaseException):
    """The process is gone: nothing that waits for an Exception runs."""


class Fault(Exception):
    """Something of ours broke."""


def cut_off(at: int, end: type[BaseException]):
    """Lets so many statements pass, and ends there once."""
    seen = 0

    def execute(run, sql, params, many, context):
        nonlocal seen
        if not sql.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")):  # begin and commit where no test is around it
            seen += 1
            if seen == at:
                raise end(sql)
        return run(sql, params, many, context)

    return connection.execute_wrapper(execute)


def sweep(do, end: type[BaseException], check, stride: int) -> int:
    """Cut `do` off at its first statement, at a later one, ... until it runs through; `check` what is left each time."""
    at = 1
    while True:
        place, was_cut = transaction.savepoint(), False
        try:
            with cut_off(at, end):
                do()
        except end:
            was_cut = True
            transaction.set_rollback(False)
        check(was_cut)
        transaction.savepoint_rollback(place)
        if not was_cut:
            return at
        at += stride


@pytest.fixture(params=[9, pytest.param(1, marks=pytest.mark.long)])
def stride(request):
    """Every statement in the long suite."""
    return request.param


def owner_of(project):
    return project.team.memberships.get(role=Membership.Role.OWNER, left_at=None).user


def spend(ladder, key="once") -> Submission:
    run = ladder.runs.get(recipe="linear")
    return services.spend_look(project=ladder.project, user=owner_of(ladder.project), run=run, idempotency_key=key)


def score(submission: Submission) -> None:
    scoring.execute(submission_id=str(submission.pk), token=str(submission.token))


def bury_and_score() -> None:
    """The reaper finds what fell silent, and another scorer takes it."""
    Submission.objects.filter(state=JobState.RUNNING).update(heartbeat_at=timezone.now() - timedelta(hours=1))
    jobs.reap(timezone.now())
    do_submissions()


def looks_now(ladder) -> int:
    status = dataset_selectors.look_status(ladder.project, owner_of(ladder.project), timezone.now())
    return status.looks_now


def assert_one_look_one_score() -> None:
    look = Look.objects.get()
    assert (look.state, look.number) == (Look.State.SCORED, 1)
    assert TestSet.objects.get(version=look.test_set.version, tier=look.test_set.tier).looks == 1
    assert Submission.objects.get().state == JobState.DONE


def test_request_that_dies_anywhere_and_is_sent_again_spends_one_look(ladder, stride):
    def check(was_cut):
        assert Look.objects.count() == (0 if was_cut else 1)  # all of it, or nothing
        assert LookGate.objects.filter(next_look_at__gt=timezone.now()).count() == (0 if was_cut else 2)
        first, again = spend(ladder), spend(ladder)  # the answer was lost: the client repeats itself
        assert first == again
        do_submissions()
        assert spend(ladder) == first
        assert_one_look_one_score()

    assert sweep(lambda: spend(ladder), Killed, check, stride) > 20


def test_scorer_that_dies_anywhere_gives_one_score_for_one_look(ladder, stride):
    submission = spend(ladder)

    def check(was_cut):
        assert Look.objects.filter(state=Look.State.SCORED).exists() != was_cut
        assert TestSet.objects.filter(looks__gt=0).exists() != was_cut
        bury_and_score()
        score(submission)  # the message comes once more
        assert_one_look_one_score()
        assert looks_now(ladder) == 0

    assert sweep(lambda: score(submission), Killed, check, stride) > 20


def test_fault_anywhere_gives_the_look_back_untold_or_leaves_one_score(ladder, stride):
    submission = spend(ladder)

    def check(was_cut):
        look, job = Look.objects.get(), Submission.objects.get()
        if look.state == Look.State.SCORED:
            return assert_one_look_one_score()
        assert was_cut
        if job.state in jobs.OPEN_STATES:  # before the scorer knew that it had it
            bury_and_score()
            return assert_one_look_one_score()
        assert (job.state, look.state) == (JobState.FAILED, Look.State.VOIDED)
        assert (look.number, look.released, look.bits, look.rung) == (None, None, None, None)
        assert "given back" in look.sentence
        assert not TestSet.objects.filter(looks__gt=0).exists()
        assert looks_now(ladder) == 1
        spend(ladder, key="twice")
        do_submissions()
        assert list(Look.objects.values_list("state", "number")) == [("voided", None), ("scored", 1)]
        return None

    assert sweep(lambda: score(submission), Fault, check, stride) > 20
