"""A listener that closes first accepts the connections that are made, and no later ones."""

from __future__ import annotations

import socket
import sys

import pytest

from marquee_router.serving.listener import listen
from marquee_router.serving.pending_connections import accept_pending, ignore_newcomers


def test_who_has_connected_is_taken() -> None:
    with listen("127.0.0.1", 0) as listener:
        clients = [socket.create_connection(listener.getsockname()) for _ in range(3)]
        taken = list(accept_pending(listener))
        assert {c.getpeername() for c in taken} == {c.getsockname() for c in clients}
        assert list(accept_pending(listener)) == []
        for connection in (*clients, *taken):
            connection.close()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the filter is Linux's")
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_newcomer_is_ignored_and_who_was_there_is_served(host: str) -> None:
    with listen(host, 0) as listener:
        address = listener.getsockname()[:2]
        client = socket.create_connection(address)
        ignore_newcomers(listener)
        with pytest.raises(TimeoutError):
            socket.create_connection(address, timeout=0.2)
        (taken,) = accept_pending(listener)
        client.sendall(b"ask")
        taken.settimeout(10)
        assert taken.recv(3) == b"ask"
        for connection in (client, taken):
            connection.close()


def test_what_is_no_tcp_is_left_alone() -> None:
    left, right = socket.socketpair()
    ignore_newcomers(left)
    right.sendall(b"x")
    assert left.recv(1) == b"x"
    left.close()
    right.close()
