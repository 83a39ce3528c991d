"""Parts of an answer, as players ask for them."""

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from dlstart_web.kit.ranges import ranged


def asked(wanted, method="get", **headers):
    request = getattr(RequestFactory(), method)("/", headers={"range": wanted, **headers})
    answer = ranged(request, HttpResponse(b"0123456789", content_type="audio/flac"))
    return answer.status_code, answer.content, answer.headers.get("Content-Range")


@pytest.mark.parametrize(
    ("wanted", "content", "said"),
    [
        ("bytes=0-3", b"0123", "bytes 0-3/10"),
        ("bytes=7-", b"789", "bytes 7-9/10"),
        ("bytes=7-99", b"789", "bytes 7-9/10"),
        ("bytes=9-9", b"9", "bytes 9-9/10"),
        ("bytes=-2", b"89", "bytes 8-9/10"),
        ("bytes=-99", b"0123456789", "bytes 0-9/10"),
    ],
)
def test_part_that_is_there_comes_alone(wanted, content, said):
    assert asked(wanted) == (206, content, said)


@pytest.mark.parametrize("wanted", ["bytes=10-", "bytes=10-12", "bytes=-0", "bytes=999999999999999-"])
def test_part_that_is_not_there_is_told_how_long_the_whole_is(wanted):
    assert asked(wanted) == (416, b"", "bytes */10")


@pytest.mark.parametrize(
    "wanted",
    [
        "",
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=5-2",
        "bytes=0-1,4-5",
        "lines=0-1",
        "bytes=٣-٤",
        "bytes=" + "9" * 5000 + "-",
    ],
)
def test_whole_comes_to_any_other_question(wanted):
    assert asked(wanted) == (200, b"0123456789", None)


def test_whole_comes_where_a_state_of_the_file_is_named_or_the_content_is_not_wanted():
    assert asked("bytes=0-3", if_range='"known"')[0] == 200
    assert asked("bytes=0-3", method="head")[0] == 200
