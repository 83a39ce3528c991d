"""When a team may look next, how many looks are left, and the words of a refusal."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from datasets.core.budget import (
    Gate,
    NoLookLeft,
    answer_at,
    check_look,
    looks_left_without_release,
    next_look_at,
    spent_bits,
    write_moment,
    write_wait,
)
from datasets.core.sealed_ladder import bits

OPENS = datetime(2026, 11, 26, 14, 5, tzinfo=UTC)
TEAM = Gate(opens_at=OPENS, counted_by="team", last_look_at=OPENS - timedelta(days=7), last_look_by="Ana")
NOW = OPENS - timedelta(days=3, hours=4)


def look(**changes):
    check_look(**{"now": NOW, "looks_open": True, "gates": [TEAM], "t": 5, "j": 1, "M": 25} | changes)


def refusal(**changes):
    with pytest.raises(NoLookLeft) as caught:
        look(**changes)
    return caught.value


def test_next_look_at_is_at_once_and_then_a_gap_of_24_hour_days():
    last = datetime(2026, 10, 22, 14, 5, tzinfo=ZoneInfo("Europe/Berlin"))  # the clocks change on the 25th

    assert next_look_at(None, 7) is None
    assert next_look_at(last, 7) == last.astimezone(UTC) + timedelta(hours=168)
    assert next_look_at(last, 30).astimezone(UTC) - last.astimezone(UTC) == timedelta(days=30)


@pytest.mark.parametrize(
    ("spent", "ready", "told"),
    [
        ("14:05:00", None, "14:06:00"),
        ("14:05:29", "14:05:31", "14:06:00"),
        ("14:05:30", "14:05:31", "14:06:00"),
        ("14:05:31", "14:05:32", "14:07:00"),
        ("14:05:31", "14:06:59.999", "14:07:00"),
        ("14:05:31", "14:07:00", "14:07:00"),
        ("14:05:31", "14:07:00.001", "14:08:00"),
    ],
)
def test_answer_is_told_on_a_whole_minute_that_the_request_alone_decides(spent, ready, told):
    def at(clock: str) -> datetime:
        return datetime.fromisoformat(f"2026-11-26T{clock}+00:00")

    assert answer_at(at(spent), 60, at(ready) if ready else None) == at(told)
    assert answer_at(at(spent), 0, at(ready) if ready else None) == at(spent)


@pytest.mark.parametrize(("t", "j", "spent"), [(5, 1, 14.1), (13, 2, 26.4), (13, 4, 39.9), (27, 3, 39.2)])
def test_spent_bits_of_the_worked_examples(t, j, spent):
    assert spent_bits(t, j, 25) == pytest.approx(spent, abs=0.05)


@pytest.mark.parametrize(("t", "j", "left"), [(13, 2, 511), (13, 4, 18), (27, 3, 63), (52, 4, 0)])
def test_looks_left_without_release_of_the_worked_examples(t, j, left):
    assert looks_left_without_release(t, j, 25) == left


@pytest.mark.parametrize(("t", "j"), [(1, 0), (4, 1), (13, 4), (200, 3)])
def test_looks_left_without_release_ends_where_the_ledger_is_full(t, j):
    left = looks_left_without_release(t, j, 25)

    assert left == 0 or bits(t + left - 1, j, 25) <= 48
    assert bits(t + left, j, 25) > 48


def test_looks_left_counts_the_rungs_of_other_ladders():
    assert looks_left_without_release(13, 2, 25, log2_rungs=20.0) < looks_left_without_release(13, 2, 25)


def test_check_look_grants_the_first_look_and_one_at_the_very_moment():
    look(gates=[], t=1, j=0)
    look(gates=[Gate(opens_at=None, counted_by="team")], t=1, j=0)
    look(now=OPENS)
    look(now=OPENS, clock_mark=OPENS)


def test_check_look_names_the_moment_the_wait_and_the_last_look():
    refused = refusal()

    assert str(refused) == (
        "Your team's next look opens Thu 26 Nov 14:05 UTC, in 3 d 4 h. Last look: Ana, 19 Nov. "
        "Validation scores stay free."
    )
    facts = (refused.reason, refused.next_look_at, refused.last_look_by, refused.looks_spent, refused.counted_by)
    assert facts == ("gap", OPENS, "Ana", 4, "team")


def test_check_look_names_the_gate_that_opens_last():
    person = Gate(opens_at=OPENS + timedelta(days=1), counted_by="person")

    refused = refusal(gates=[TEAM, person])

    assert (refused.counted_by, refused.next_look_at, refused.last_look_by) == ("person", person.opens_at, "")
    assert str(refused) == (
        "Your own next look, in any team, opens Fri 27 Nov 14:05 UTC, in 4 d 4 h. Validation scores stay free."
    )
    assert refusal(gates=[person, TEAM], now=OPENS).counted_by == "person"


def test_check_look_refuses_once_the_ledger_is_full():
    refused = refusal(now=OPENS, t=52, j=4)

    assert (refused.reason, refused.next_look_at, refused.looks_spent) == ("bits", None, 51)
    assert str(refused).startswith("Look 52 would bring this checkpoint set to 52.8 of its 48 bits. Time does not")
    look(now=OPENS, t=52, j=4, limit=53)


def test_check_look_refuses_while_looks_are_closed_even_for_the_first():
    assert refusal(looks_open=False, gates=[], t=1, j=0).reason == "closed"


def test_check_look_refuses_after_the_final_opening():
    assert refusal(is_opened=True, now=OPENS).reason == "opened"


def test_check_look_refuses_when_the_clock_went_back():
    refused = refusal(now=OPENS, clock_mark=OPENS + timedelta(hours=2))

    assert refused.reason == "clock"
    assert "reads Thu 26 Nov 14:05 UTC, but it has recorded Thu 26 Nov 16:05 UTC before" in str(refused)


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        (UTC, "Thu 26 Nov 14:05 UTC"),
        (ZoneInfo("Europe/Berlin"), "Thu 26 Nov 15:05 CET (14:05 UTC)"),
        (ZoneInfo("Asia/Tokyo"), "Thu 26 Nov 23:05 JST (14:05 UTC)"),
        (timezone(timedelta(hours=12), "NZST"), "Fri 27 Nov 02:05 NZST (Thu 26 Nov 14:05 UTC)"),
    ],
)
def test_write_moment_in_the_readers_zone_and_utc(zone, words):
    assert write_moment(OPENS, zone) == words


@pytest.mark.parametrize(
    ("wait", "words"),
    [
        (timedelta(days=7), "7 d"),
        (timedelta(days=3, hours=4, minutes=59), "3 d 4 h"),
        (timedelta(hours=23, minutes=59, seconds=30), "1 d"),
        (timedelta(hours=4, minutes=12), "4 h 12 min"),
        (timedelta(seconds=61), "2 min"),
        (timedelta(microseconds=1), "1 min"),
    ],
)
def test_write_wait_in_two_units_rounded_up_to_the_minute(wait, words):
    assert write_wait(wait) == words
