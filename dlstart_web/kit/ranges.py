"""A part of an answer, for players that jump to a place (RFC 9110, section 14)."""

import re

from django.http import HttpRequest, HttpResponse

_RANGE = re.compile(r"bytes=(\d{1,15})-(\d{0,15})|bytes=-(\d{1,15})", re.ASCII)


def ranged(request: HttpRequest, whole: HttpResponse) -> HttpResponse:
    """The bytes asked for: 206, or 416 where there are none of them; the whole to whoever asks in another way.

    Parameters
    ----------
    request : HttpRequest
    whole : HttpResponse
        With its content in memory.
    """
    whole["Accept-Ranges"] = "bytes"
    asked = _RANGE.fullmatch(request.headers.get("Range", ""))
    # `If-Range` names a state of the file, and none was ever told
    if not asked or request.method != "GET" or "If-Range" in request.headers:
        return whole
    content = whole.content
    first, last, final = asked.groups()
    start = max(0, len(content) - int(final)) if final else int(first)
    end = min(int(last), len(content) - 1) if last else len(content) - 1
    if last and int(last) < start:
        return whole
    if start >= len(content):
        whole.status_code, whole.content = 416, b""
        whole["Content-Range"] = f"bytes */{len(content)}"
    else:
        whole.status_code, whole.content = 206, content[start : end + 1]
        whole["Content-Range"] = f"bytes {start}-{end}/{len(content)}"
    return whole
