"""The next look as a calendar file: one event of iCalendar (RFC 5545), in UTC."""

from datetime import UTC, datetime, timedelta

LINE = 75  # octets a line may have, RFC 5545 section 3.1


def next_look_event(*, opens_at: datetime, project: str, address: str, now: datetime) -> bytes:
    """A calendar file with the moment at which a project's next look opens.

    Parameters
    ----------
    opens_at : datetime
        With its zone. Seconds are rounded up, so that nobody comes too early.
    project : str
        Its name, as people wrote it.
    address : str
        Of the page where the look is spent. With the moment it names the event: the same one, fetched twice, is one.
    now : datetime
        When the file is made.

    Returns
    -------
    content : bytes
        UTF-8, lines of 75 octets at most that end in CRLF.
    """
    opens = opens_at.astimezone(UTC)
    if opens.second or opens.microsecond:
        opens = opens.replace(second=0, microsecond=0) + timedelta(minutes=1)
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//dlstart//next look//EN",
        "BEGIN:VEVENT",
        f"UID:{_text(f'{opens:%Y%m%dT%H%MZ} {address}')}",
        f"DTSTAMP:{now.astimezone(UTC):%Y%m%dT%H%M%SZ}",
        f"DTSTART:{opens:%Y%m%dT%H%M%SZ}",
        "DURATION:PT15M",
        f"SUMMARY:{_text(f'{project}: the next look opens')}",
        f"DESCRIPTION:{_text('Validation scores stay free until then. ' + address)}",
        f"URL:{address}",
        "TRANSP:TRANSPARENT",  # it does not make anybody busy
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return b"".join(_folded(line) for line in lines)


def _text(words: str) -> str:
    """A text value: RFC 5545 section 3.3.11. A line break in a name would begin a line of its own."""
    escaped = words.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return "\\n".join(escaped.splitlines())


def _folded(line: str) -> bytes:
    """A line in pieces of 75 octets, each next one begun by a space; no character is cut in two."""
    pieces, piece = [], b""
    for character in line:
        octets = character.encode()
        if len(piece) + len(octets) > LINE:
            pieces.append(piece)
            piece = b" "
        piece += octets
    return b"\r\n".join([*pieces, piece]) + b"\r\n"
