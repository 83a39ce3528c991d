"""A request whose body trickles in is ended: a handful of slow clients would otherwise hold all threads of the server."""

import json
import time
from collections.abc import Callable, Iterable
from typing import Any

GRACE = 30.0  # seconds that are waited for a body, all its pauses together, before its pace counts
LEAST = 1_000  # bytes a second from then on
WORDS = {
    "type": "about:blank",
    "title": "Request Timeout",
    "status": 408,
    "detail": f"The body came at less than {LEAST:,} bytes a second for {GRACE:g} seconds, so the connection was ended.",
    "limit": LEAST,
    "next": "Send it again; a large file in pieces, which go on where they stopped. Nothing was stored.",
}


class TooSlow(OSError):
    """The body of a request came at less than the least pace."""


class SteadyBody:
    """WSGI middleware for gunicorn's threads; with any other server it changes nothing.

    A client in front of a proxy that takes whole requests is never seen here; this is for servers without one.
    """

    def __init__(self, application: Callable[..., Iterable[bytes]], grace: float = GRACE, least: float = LEAST) -> None:
        self.application, self.grace, self.least = application, grace, least

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        reader: Any = getattr(environ.get("wsgi.input"), "reader", None)
        unreader: Any = getattr(reader, "unreader", None) or getattr(getattr(reader, "req", None), "unreader", None)
        if getattr(unreader, "sock", None) is None:
            return self.application(environ, start_response)
        line = unreader.sock
        paced = unreader.sock = _Paced(line, self.grace, self.least)
        began: list[tuple[Any, ...]] = []

        def begin(*words: Any) -> Callable[[bytes], None]:
            began.append(words)
            return _no_write

        try:
            answer = self.application(environ, begin)
        finally:
            unreader.sock = line
            line.settimeout(None)
        if paced.was_slow:
            start_response(
                "408 Request Timeout", [("Content-Type", "application/problem+json"), ("Connection", "close")]
            )
            return [json.dumps(WORDS).encode()]
        start_response(*began[-1])
        return answer


class _Paced:
    """The socket of one request while its body is read."""

    def __init__(self, line: Any, grace: float, least: float) -> None:
        self._line, self._grace, self._least = line, grace, least
        self._waited, self._came = 0.0, 0
        self.was_slow = False

    def recv(self, size: int) -> bytes:
        began = time.monotonic()
        self._line.settimeout(self._grace)
        try:
            data: bytes = self._line.recv(size)
        except TimeoutError as silence:
            self.was_slow = True
            raise TooSlow("The body stopped coming.") from silence
        self._waited += time.monotonic() - began
        self._came += len(data)
        if data and self._waited > self._grace and self._came < self._least * self._waited:
            self.was_slow = True
            raise TooSlow("The body trickled in.")
        return data


def _no_write(data: bytes) -> None:
    raise NotImplementedError("Django returns its bodies")
