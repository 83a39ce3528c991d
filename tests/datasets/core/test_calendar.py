"""The next look as a calendar file."""

from datetime import UTC, datetime, timedelta, timezone

from datasets.core.calendar import next_look_event

NOW = datetime(2026, 11, 22, 14, 5, 9, tzinfo=UTC)
ADDRESS = "https://dlstart.example.org/projects/mugs/look/"


def event(project="Mug finder", opens_at=NOW + timedelta(days=7)) -> bytes:
    return next_look_event(opens_at=opens_at, project=project, address=ADDRESS, now=NOW)


def unfolded(content: bytes) -> list[str]:
    return content.replace(b"\r\n ", b"").decode().split("\r\n")


def test_next_look_event_is_one_event_in_utc():
    assert unfolded(event()) == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//dlstart//next look//EN",
        "BEGIN:VEVENT",
        f"UID:20261129T1406Z {ADDRESS}",
        "DTSTAMP:20261122T140509Z",
        "DTSTART:20261129T140600Z",
        "DURATION:PT15M",
        "SUMMARY:Mug finder: the next look opens",
        f"DESCRIPTION:Validation scores stay free until then. {ADDRESS}",
        f"URL:{ADDRESS}",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]


def test_next_look_event_of_another_zone_is_written_in_utc():
    abroad = timezone(timedelta(hours=5, minutes=30))

    assert "DTSTART:20261129T140500Z" in unfolded(event(opens_at=datetime(2026, 11, 29, 19, 35, tzinfo=abroad)))


def test_next_look_event_escapes_a_name_and_folds_by_octets():
    content = event("Tassen; Gläser, \\ und\r\nEND:VEVENT " + "ü" * 60)

    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
    [summary] = [line for line in unfolded(content) if line.startswith("SUMMARY")]
    assert summary == f"SUMMARY:Tassen\\; Gläser\\, \\\\ und\\nEND:VEVENT {'ü' * 60}: the next look opens"
