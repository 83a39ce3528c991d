"""Bodies that trickle in are ended, over a real socket and gunicorn's own reader; those that come are read to their end."""

import json
import socket
import threading

import pytest
from gunicorn.http.body import Body, LengthReader
from gunicorn.http.unreader import SocketUnreader

from dlstart_web.pace import SteadyBody

LENGTH = 5_000


def application(environ, start_response):
    try:
        body = environ["wsgi.input"].read()
    except OSError:
        start_response("400 Bad Request", [])
        return [b""]
    start_response("200 OK", [])
    return [str(len(body)).encode()]


def ask(send):
    """Status and body that a client hears who sends as `send(line)` does."""
    client, server = socket.socketpair()
    sender = threading.Thread(target=send, args=[client])
    sender.start()
    said = []
    unreader = SocketUnreader(server)
    environ = {"wsgi.input": Body(LengthReader(unreader, LENGTH))}
    answer = SteadyBody(application, grace=0.3, least=100_000)(environ, lambda *words: said.append(words))
    server.close()
    sender.join()
    client.close()
    return said[-1][0], b"".join(answer)


def send_whole(line):
    line.sendall(b"x" * LENGTH)


def send_some_and_wait(line):
    line.sendall(b"x" * 100)
    line.recv(1)  # until the other side ends it


def send_drops(line):
    line.settimeout(0.05)
    for _ in range(LENGTH):
        try:
            line.sendall(b"x")
            if line.recv(1) == b"":
                return
        except TimeoutError:
            continue
        except OSError:
            return


def test_a_body_that_comes_is_read_to_its_end():
    assert ask(send_whole) == ("200 OK", b"5000")


@pytest.mark.parametrize("send", [send_some_and_wait, send_drops])
def test_a_body_that_stops_or_trickles_is_ended_in_words(send):
    status, body = ask(send)

    assert status == "408 Request Timeout"
    assert json.loads(body)["status"] == 408
