from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dlstart_web.kit import text


@pytest.mark.parametrize(
    ("value", "low", "high", "percent", "words"),
    [
        (0.9460, 0.9322, 0.9571, True, ("94.6", "93.2–95.7")),
        (0.75, 0.60, 0.8571, True, ("75", "60–86")),
        (0.9, 0.89996, 0.90004, True, ("90.0", "90.0–90.0")),
        (0.946, None, None, True, ("94.6", "")),
        (0.3512, 0.3401, 0.3687, False, ("0.351", "0.340–0.369")),
        (0.353, 0.2, 0.6, False, ("0.35", "0.20–0.60")),
        (23412.4, 21900.0, 24903.0, False, ("23,412", "21,900–24,903")),
        (-0.021, -0.3, 0.2, False, ("−0.02", "−0.30–0.20")),
        (None, 0.1, 0.2, True, ("–", "")),
        (float("nan"), 0.1, 0.2, True, ("–", "")),
    ],
)
def test_score_words_let_the_decimals_follow_the_range(value, low, high, percent, words):
    assert text.score_words(value, low, high, percent=percent) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.04, "0.0 s"),
        (9.9, "9.9 s"),
        (48.3, "48 s"),
        (59.7, "1 min"),
        (200, "3 min 20 s"),
        (7500, "2 h 5 min"),
        (timedelta(days=3), "3 days"),
        (None, "–"),
    ],
)
def test_duration_words_name_two_units_at_most(seconds, words):
    assert text.duration_words(seconds) == words


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "0 bytes"), (999, "999 bytes"), (1000, "1.0 kB"), (41_300_000, "41.3 MB"), (2_000_000_000_000, "2,000.0 GB")],
)
def test_file_size_words_count_in_thousands(size, words):
    assert text.file_size_words(size) == words


def test_thousands_part_a_count_and_write_a_dash_for_none():
    assert [text.thousands(n) for n in (7, 1240, 1_000_000, -1500, None, "x")] == [
        "7",
        "1,240",
        "1,000,000",
        "−1,500",
        "–",
        "–",
    ]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-10, "just now"),
        (-60, "1 minute ago"),
        (-7300, "2 hours ago"),
        (30, "in less than a minute"),
        (6 * 86400 + 5, "in 6 days"),
        (7 * 86400 - 5, "in 7 days"),
    ],
)
def test_distance_words_use_one_unit(seconds, words):
    now = datetime(2026, 11, 22, 14, 31, tzinfo=UTC)

    assert text.distance_words(now + timedelta(seconds=seconds), now) == words


def test_moment_words_name_the_zone():
    moment = datetime(2026, 11, 29, 13, 31, tzinfo=UTC)

    assert text.moment_words(moment, ZoneInfo("Europe/Berlin")) == "Sun 29 Nov 2026 14:31 CET"


def test_position_stays_within_the_drawing():
    assert [text.position(v, 70, 100) for v in (60, 70, 95, 200)] == ["0.00%", "0.00%", "83.33%", "100.00%"]
    assert text.position(3, 5, 5) == "0.00%"
