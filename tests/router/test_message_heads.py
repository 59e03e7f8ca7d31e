"""What counts as the same head, and what does not."""

from __future__ import annotations

import pytest

from marquee_router.message_heads import KnownHead

HEAD = b"POST /graphql HTTP/1.1\r\nHost: here\r\nContent-Length: %s\r\nAccept: */*\r\n\r\n"
BODY = b'{"query":"{ hello }"}'
WHOLE = HEAD % b"21" + BODY


def known() -> KnownHead:
    head = KnownHead.of(WHOLE, BODY)
    assert head is not None
    return head


def test_a_head_is_known_whatever_the_length_of_its_body() -> None:
    assert known().length == b"21"
    assert known().read(WHOLE) == (b"21", BODY)
    assert known().read(HEAD % b"3" + b"abc") == (b"3", b"abc")
    assert known().read(HEAD % b"0") == (b"0", b"")
    assert known().read(HEAD % b"1234567" + b"x" * 1_234_567) == (b"1234567", b"x" * 1_234_567)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        WHOLE[:30],
        WHOLE[:-1],
        WHOLE + b" ",
        WHOLE + WHOLE,
        b"\r\n" + WHOLE,
        WHOLE.replace(b"here", b"hero"),
        WHOLE.replace(b"*/*", b"x/*"),
        WHOLE.replace(b"\r\nAccept", b"\r\nExpect: 100-continue\r\nAccept"),
        HEAD % b"" + b"",
        HEAD % b"+3" + b"abc",
        HEAD % b"3 " + b"abc",
        HEAD % b" 3" + b"abc",
        HEAD % "\u0663".encode() + b"abc",
        HEAD % b"3\r\nContent-Length: 3" + b"abc",
        HEAD % b"12345678" + b"x" * 12_345_678,
        HEAD.replace(b"\r\n", b"\n") % b"3" + b"abc",
    ],
)
def test_whatever_else_comes_is_parsed(data: bytes) -> None:
    assert known().read(data) is None


@pytest.mark.parametrize(
    ("data", "body"),
    [
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", b"abc"),
        (b"HTTP/1.1 200 OK\r\n\r\nabc", b"abc"),
        (b"HTTP/1.1 200 OK\r\nX-Content-Length: 3\r\n\r\nabc", b"abc"),
        (WHOLE + WHOLE[:20], BODY),
        (b"", b""),
    ],
)
def test_what_does_not_say_its_length_is_not_known(data: bytes, body: bytes) -> None:
    assert KnownHead.of(data, body) is None
